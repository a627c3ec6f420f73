"""Scenes around a code: PKCE, reuse, whose it is, and records that change while it waits."""

from __future__ import annotations

from tests.judges.oidc.scene import OFFLINE, S256, Scene, declaring
from tests.judges.oidc.visitor import VERIFIER, Visitor
from tests.support.idp_browser import CALLBACK

SCENES: dict[str, Scene] = {}
scene = declaring(SCENES)


for _name, _form in {
    "the right verifier": {"code_verifier": VERIFIER},
    "a wrong verifier": {"code_verifier": "w" * 43},
    "no verifier": {},
    "a verifier too short": {"code_verifier": "v"},
    "a verifier with a blank": {"code_verifier": "v" * 42 + " "},
}.items():

    @scene(f"S256 and {_name}")
    async def _(visitor: Visitor, form: dict[str, str] = _form) -> None:
        await visitor.exchange("basic", await visitor.code("basic", **S256), **form)


@scene("a verifier that nobody announced")
async def _(visitor: Visitor) -> None:
    await visitor.exchange("basic", await visitor.code("basic"), code_verifier=VERIFIER)


@scene("a code used twice takes its tokens with it")
async def _(visitor: Visitor) -> None:
    code = await visitor.code("basic", **OFFLINE)
    tokens = (await visitor.exchange("basic", code)).json
    await visitor.me(tokens["access_token"])
    await visitor.exchange("basic", code)
    await visitor.me(tokens["access_token"])
    await visitor.refresh("basic", tokens["refresh_token"])


@scene("a code and another redirect_uri")
async def _(visitor: Visitor) -> None:
    code = await visitor.code("two")
    await visitor.exchange("two", code, redirect_uri=f"{CALLBACK}/two")
    await visitor.exchange("two", code)


@scene("a code and no redirect_uri")
async def _(visitor: Visitor) -> None:
    await visitor.exchange("basic", await visitor.code("basic"), redirect_uri="")


@scene("a code of another client")
async def _(visitor: Visitor) -> None:
    code = await visitor.code("basic")
    await visitor.exchange("post", code)
    await visitor.exchange("basic", code)


@scene("a code and a bad secret")
async def _(visitor: Visitor) -> None:
    code = await visitor.code("basic")
    await visitor.exchange("basic", code, client_secret="wrong")
    await visitor.exchange("basic", code)


@scene("a code after a minute")
async def _(visitor: Visitor) -> None:
    code = await visitor.code("basic")
    await visitor.side.pass_by(61)
    await visitor.exchange("basic", code)


@scene("the secret is changed while a code waits")
async def _(visitor: Visitor) -> None:
    tokens = await visitor.tokens("changing", **OFFLINE)
    code = await visitor.code("changing")
    await visitor.side.change("changing", client_secret="another")
    await visitor.exchange("changing", code)
    await visitor.exchange("changing", code, client_secret="another")
    await visitor.refresh("changing", tokens["refresh_token"], client_secret="another")


@scene("the redirect_uri is changed while a code waits")
async def _(visitor: Visitor) -> None:
    code = await visitor.code("changing")
    await visitor.side.change("changing", redirect_uris=[f"{CALLBACK}/new"])
    await visitor.authorize("changing")
    await visitor.exchange("changing", code)


@scene("the record breaks while a token lives")
async def _(visitor: Visitor) -> None:
    tokens = await visitor.tokens("changing")
    await visitor.side.change("changing", redirect_uris=[])
    await visitor.me(tokens["access_token"])


@scene("the client is deleted while its tokens live")
async def _(visitor: Visitor) -> None:
    tokens = await visitor.tokens("doomed", **OFFLINE)
    await visitor.side.delete("doomed")
    await visitor.me(tokens["access_token"])
    await visitor.refresh("doomed", tokens["refresh_token"])
    await visitor.introspect("basic", tokens["access_token"])


@scene("the record breaks while a person is at the login page")
async def _(visitor: Visitor) -> None:
    begun = await visitor.authorize("changing")
    await visitor.side.change("changing", redirect_uris=[f"{CALLBACK}#x"])
    await visitor.log_in(begun)


@scene("the redirect_uri is changed while a person is at the login page")
async def _(visitor: Visitor) -> None:
    begun = await visitor.authorize("changing")
    await visitor.side.change("changing", redirect_uris=[f"{CALLBACK}/new"])
    await visitor.through(begun)
