"""Scenes around one browser: its session, interactions that are left, logging out."""

from __future__ import annotations

import re

from tests.judges.oidc.scene import MAIN, OFFLINE, Scene, declaring
from tests.judges.oidc.visitor import Visitor
from tests.support.idp_browser import Answer

SCENES: dict[str, Scene] = {}
scene = declaring(SCENES)


def xsrf_of(page: Answer) -> str:
    """What a page about the end of the session must get back."""
    found = re.search(r'name="xsrf" value="([^"]+)"', page.text)
    assert found is not None
    return found[1]


@scene("a second login in the same jar ends the first one's tokens")
async def _(visitor: Visitor) -> None:
    first = await visitor.tokens("{main}", **MAIN)
    second = await visitor.tokens("{main}", **MAIN)
    await visitor.me(first["access_token"])
    await visitor.me(second["access_token"])


@scene("a login for another client in the same jar")
async def _(visitor: Visitor) -> None:
    first = await visitor.tokens("{main}", **MAIN)
    await visitor.tokens("basic")
    await visitor.me(first["access_token"])


@scene("separate jars do not disturb each other")
async def _(visitor: Visitor) -> None:
    first = await visitor.tokens("{main}", **MAIN)
    async with Visitor(visitor.side) as other:
        await other.tokens("{main}", **MAIN)
    await visitor.me(first["access_token"])


@scene("prompt=none with a live session")
async def _(visitor: Visitor) -> None:
    await visitor.tokens("basic")
    await visitor.authorize("basic", prompt="none")


@scene("somebody else logs in with the same jar")
async def _(visitor: Visitor) -> None:
    first = await visitor.tokens("basic")
    begun = await visitor.authorize("basic")
    form = await visitor.log_in(begun, "5")
    await visitor.me(first["access_token"])
    await visitor.ask("POST", "/oidc/session/end/confirm", form={"logout": "yes", "xsrf": xsrf_of(form)})
    await visitor.me(first["access_token"])
    answer = await visitor.ask("GET", begun.location.replace("/api/interaction/", "/oidc/auth/"))
    await visitor.consent(answer)


@scene("an interaction is over when it has been used")
async def _(visitor: Visitor) -> None:
    begun = await visitor.authorize("{main}", **MAIN)
    await visitor.log_in(begun)
    await visitor.ask("GET", begun.location.replace("/api/interaction/", "/oidc/auth/"))


@scene("an interaction that was not answered")
async def _(visitor: Visitor) -> None:
    begun = await visitor.authorize("basic")
    await visitor.ask("GET", begun.location.replace("/api/interaction/", "/oidc/auth/"))


@scene("consent that was not given")
async def _(visitor: Visitor) -> None:
    asked = await visitor.log_in(await visitor.authorize("basic", prompt="consent"))
    await visitor.ask("GET", asked.location.replace("/api/interaction/", "/oidc/auth/"))


@scene("an interaction of another jar")
async def _(visitor: Visitor) -> None:
    begun = await visitor.authorize("basic")
    visitor.http.cookie_jar.clear()
    await visitor.ask("GET", begun.location.replace("/api/interaction/", "/oidc/auth/"))


@scene("an interaction after a day")
async def _(visitor: Visitor) -> None:
    begun = await visitor.authorize("basic")
    await visitor.side.pass_by(86_401)
    await visitor.ask("GET", begun.location.replace("/api/interaction/", "/oidc/auth/"))


@scene("logging out")
async def _(visitor: Visitor) -> None:
    tokens = await visitor.tokens("basic", **OFFLINE)
    page = await visitor.ask("GET", "/oidc/session/end")
    await visitor.ask("POST", "/oidc/session/end/confirm", form={"logout": "yes", "xsrf": "forged"})
    await visitor.me(tokens["access_token"])
    await visitor.ask("POST", "/oidc/session/end/confirm", form={"xsrf": xsrf_of(page)})
    page = await visitor.ask("GET", "/oidc/session/end")
    await visitor.ask("POST", "/oidc/session/end/confirm", form={"logout": "yes", "xsrf": xsrf_of(page)})
    await visitor.ask("GET", "/oidc/session/end/success")
    await visitor.me(tokens["access_token"])
    await visitor.refresh("basic", tokens["refresh_token"])
