"""Scenes of whole sign-ins: claims, response types, pushed requests."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from tests.judges.oidc.ask import PAR
from tests.judges.oidc.records import HYBRID
from tests.judges.oidc.scene import MAIN, Scene, declaring
from tests.judges.oidc.visitor import Visitor, credentials
from tests.support.idp_browser import CALLBACK

SCENES: dict[str, Scene] = {}
scene = declaring(SCENES)


@scene("a sign-in of the main client, which is never asked for consent")
async def _(visitor: Visitor) -> None:
    tokens = await visitor.tokens("{main}", **MAIN)
    await visitor.me(tokens["access_token"])


@scene("a sign-in with all scopes, of somebody who shows everything")
async def _(visitor: Visitor) -> None:
    scope = "openid profile email phone accounts lk catalog locale bogus"
    tokens = await visitor.tokens("basic", "5", scope=scope, nonce="N", max_age="1000")
    await visitor.me(tokens["access_token"])
    await visitor.me(tokens["access_token"], scope="openid email")
    await visitor.ask("POST", "/oidc/me", form={"access_token": tokens["access_token"]})
    await visitor.ask("POST", "/oidc/me", form={"access_token": tokens["access_token"], "scope": "openid lk"})
    await visitor.ask("GET", "/oidc/me", params={"access_token": tokens["access_token"]})


@scene("a sign-in of somebody who has changed nothing")
async def _(visitor: Visitor) -> None:
    tokens = await visitor.tokens("basic", scope="openid profile")
    await visitor.me(tokens["access_token"])
    await visitor.me(tokens["access_token"], scope="openid email")


@scene("consent is remembered")
async def _(visitor: Visitor) -> None:
    await visitor.tokens("post")
    await visitor.tokens("post")


@scene("a sign-in without openid")
async def _(visitor: Visitor) -> None:
    tokens = await visitor.tokens("basic", scope="profile")
    await visitor.me(tokens["access_token"])


@scene("a sign-in without any scope")
async def _(visitor: Visitor) -> None:
    await visitor.through(await visitor.authorize("basic", scope=""))


@scene("a pairwise client")
async def _(visitor: Visitor) -> None:
    tokens = await visitor.tokens("pairwise")
    await visitor.me(tokens["access_token"])
    await visitor.introspect("pairwise", tokens["access_token"])


@scene("a client that wants the time of the login")
async def _(visitor: Visitor) -> None:
    await visitor.tokens("auth-time")


@scene("a pushed request is used once")
async def _(visitor: Visitor) -> None:
    pushed = await visitor.ask("POST", "/oidc/request", form=PAR | credentials("basic") | {"state": "pushed"})
    uri = {"client_id": "basic", "request_uri": pushed.json["request_uri"]}
    await visitor.ask("GET", "/oidc/auth", params=uri | {"state": "beside", "scope": "openid"})
    begun = await visitor.ask("GET", "/oidc/auth", params=uri)
    await visitor.through(begun)
    await visitor.ask("GET", "/oidc/auth", params=uri)
    await visitor.ask("GET", "/oidc/auth", params=uri | {"redirect_uri": CALLBACK, "state": "S"})


@scene("a pushed request begun twice")
async def _(visitor: Visitor) -> None:
    pushed = await visitor.ask("POST", "/oidc/request", form=PAR | credentials("two"))
    uri = {"client_id": "two", "request_uri": pushed.json["request_uri"]}
    first = await visitor.ask("GET", "/oidc/auth", params=uri)
    second = await visitor.ask("GET", "/oidc/auth", params=uri)
    await visitor.through(first)
    await visitor.through(second)


@scene("a pushed request for a prompt that cannot be")
async def _(visitor: Visitor) -> None:
    pushed = await visitor.ask("POST", "/oidc/request", form=PAR | credentials("basic") | {"prompt": "none"})
    uri = {"client_id": "basic", "request_uri": pushed.json["request_uri"]}
    await visitor.ask("GET", "/oidc/auth", params=uri)


@scene("a pushed request after a minute")
async def _(visitor: Visitor) -> None:
    pushed = await visitor.ask("POST", "/oidc/request", form=PAR | credentials("basic"))
    await visitor.side.pass_by(61)
    uri = {"client_id": "basic", "request_uri": pushed.json["request_uri"]}
    await visitor.ask("GET", "/oidc/auth", params=uri)


@scene("a pushed request of another client")
async def _(visitor: Visitor) -> None:
    pushed = await visitor.ask("POST", "/oidc/request", form=PAR | credentials("basic"))
    uri = {"request_uri": pushed.json["request_uri"]}
    await visitor.ask("GET", "/oidc/auth", params=uri | {"client_id": "post"})
    await visitor.ask("GET", "/oidc/auth", params=uri | {"client_id": "unknown"})
    await visitor.ask("GET", "/oidc/auth", params=uri)


for _type in HYBRID:

    @scene(f"response_type {_type}")
    async def _(visitor: Visitor, response_type: str = _type) -> None:
        begun = await visitor.authorize("hybrid", response_type=response_type, nonce="N")
        back = await visitor.through(begun)
        members = parse_qs(urlsplit(back.location).fragment)
        if "access_token" in members:
            await visitor.me(members["access_token"][0])
        if "code" in members:
            await visitor.exchange("hybrid", members["code"][0])


@scene("the answer as a form")
async def _(visitor: Visitor) -> None:
    await visitor.through(await visitor.authorize("basic", response_mode="form_post"))


@scene("a redirect_uri with a query keeps it")
async def _(visitor: Visitor) -> None:
    uri = f"{CALLBACK}?tenant=1&x=a%20b"
    await visitor.side.change("changing", redirect_uris=[uri])
    await visitor.through(await visitor.authorize("changing", redirect_uri=uri))
    await visitor.authorize("changing", redirect_uri=uri, prompt="none")


@scene("an id_token as a hint")
async def _(visitor: Visitor) -> None:
    token = (await visitor.tokens("basic"))["id_token"]
    await visitor.authorize("basic", id_token_hint=token)
    await visitor.authorize("basic", id_token_hint=token, prompt="none")
    await visitor.authorize("basic", id_token_hint=token[:-8] + "A" * 8)
