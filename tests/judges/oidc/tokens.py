"""Scenes around tokens: their life, refreshing, introspection, revocation."""

from __future__ import annotations

from tests.judges.oidc.scene import MAIN, OFFLINE, Scene, declaring
from tests.judges.oidc.visitor import Visitor

SCENES: dict[str, Scene] = {}
scene = declaring(SCENES)


@scene("offline_access without consent")
async def _(visitor: Visitor) -> None:
    await visitor.tokens("basic", scope="openid offline_access")


@scene("offline_access of a client without the grant")
async def _(visitor: Visitor) -> None:
    await visitor.tokens("no-refresh", **OFFLINE)


@scene("a refresh token of a confidential client is kept for most of its life")
async def _(visitor: Visitor) -> None:
    token = (await visitor.tokens("basic", **OFFLINE))["refresh_token"]
    kept = (await visitor.refresh("basic", token)).json["refresh_token"]
    await visitor.side.pass_by(0.6 * 86400)
    kept = (await visitor.refresh("basic", kept)).json["refresh_token"]
    assert kept == token
    await visitor.side.pass_by(0.15 * 86400)
    rotated = (await visitor.refresh("basic", token)).json
    assert rotated["refresh_token"] != token
    await visitor.me(rotated["access_token"])
    await visitor.refresh("basic", token)
    await visitor.refresh("basic", rotated["refresh_token"])
    await visitor.me(rotated["access_token"])


@scene("a refresh token of a public client is used once")
async def _(visitor: Visitor) -> None:
    first = await visitor.tokens("{main}", **OFFLINE, **MAIN)
    second = (await visitor.refresh("{main}", first["refresh_token"])).json
    assert second["refresh_token"] != first["refresh_token"]
    await visitor.me(second["access_token"])
    await visitor.refresh("{main}", first["refresh_token"])
    await visitor.refresh("{main}", second["refresh_token"])
    await visitor.me(first["access_token"])
    await visitor.me(second["access_token"])


@scene("a chain of refresh tokens ends a day after the login")
async def _(visitor: Visitor) -> None:
    token = (await visitor.tokens("{main}", **OFFLINE, **MAIN))["refresh_token"]
    await visitor.side.pass_by(40_000)
    token = (await visitor.refresh("{main}", token)).json["refresh_token"]
    await visitor.side.pass_by(40_000)
    token = (await visitor.refresh("{main}", token)).json["refresh_token"]
    await visitor.introspect("{main}", token)
    await visitor.side.pass_by(7_000)
    await visitor.refresh("{main}", token)


@scene("the scope of a refresh")
async def _(visitor: Visitor) -> None:
    token = (await visitor.tokens("basic", prompt="consent", scope="openid offline_access email"))["refresh_token"]
    await visitor.refresh("basic", token, scope="openid")
    await visitor.refresh("basic", token, scope="openid offline_access email")
    await visitor.refresh("basic", token, scope="openid phone")
    await visitor.refresh("basic", token, scope="openid phone lk")
    await visitor.refresh("basic", token, scope="bogus")
    await visitor.refresh("basic", token, scope="email")


@scene("a refresh token of another client")
async def _(visitor: Visitor) -> None:
    token = (await visitor.tokens("basic", **OFFLINE))["refresh_token"]
    await visitor.refresh("post", token)
    await visitor.refresh("basic", token)


@scene("an access token instead of a refresh token, and the other way round")
async def _(visitor: Visitor) -> None:
    tokens = await visitor.tokens("basic", **OFFLINE)
    await visitor.refresh("basic", tokens["access_token"])
    await visitor.me(tokens["refresh_token"])
    await visitor.me(tokens["id_token"])


@scene("tokens with a life of their own")
async def _(visitor: Visitor) -> None:
    tokens = await visitor.tokens("short", **OFFLINE)
    await visitor.introspect("short", tokens["access_token"])
    await visitor.introspect("short", tokens["refresh_token"])
    await visitor.side.pass_by(11)
    await visitor.me(tokens["access_token"])
    await visitor.introspect("short", tokens["access_token"])
    await visitor.side.pass_by(11)
    await visitor.refresh("short", tokens["refresh_token"])


@scene("tokens end with the session")
async def _(visitor: Visitor) -> None:
    await visitor.side.change("changing", access_token_ttl=200_000)
    tokens = await visitor.tokens("changing", **OFFLINE)
    await visitor.side.change("changing", access_token_ttl=1800)
    await visitor.side.pass_by(86_000)
    await visitor.me(tokens["access_token"])
    await visitor.side.pass_by(500)
    await visitor.me(tokens["access_token"])
    await visitor.refresh("changing", tokens["refresh_token"])
    await visitor.introspect("changing", tokens["access_token"])


@scene("introspection tells the owner, and nobody else")
async def _(visitor: Visitor) -> None:
    tokens = await visitor.tokens("basic", **OFFLINE)
    for kind in ("access_token", "refresh_token"):
        await visitor.introspect("basic", tokens[kind])
        await visitor.introspect("basic", tokens[kind], token_type_hint="refresh_token")
        await visitor.introspect("post", tokens[kind])
        await visitor.introspect("public", tokens[kind])
        await visitor.introspect("basic", tokens[kind], client_secret="wrong")
    await visitor.introspect("basic", tokens["id_token"])
    await visitor.introspect("basic", await visitor.code("basic"))


@scene("introspection as the management API does it")
async def _(visitor: Visitor) -> None:
    tokens = await visitor.tokens("{main}", **OFFLINE, **MAIN)
    await visitor.introspect("{main}", tokens["access_token"])
    await visitor.introspect("{main}", tokens["refresh_token"])


@scene("revoking the access token leaves the refresh token")
async def _(visitor: Visitor) -> None:
    tokens = await visitor.tokens("basic", **OFFLINE)
    await visitor.revoke("basic", tokens["access_token"])
    await visitor.revoke("basic", tokens["access_token"])
    await visitor.me(tokens["access_token"])
    await visitor.refresh("basic", tokens["refresh_token"])


@scene("revoking the refresh token ends both")
async def _(visitor: Visitor) -> None:
    tokens = await visitor.tokens("basic", **OFFLINE)
    await visitor.revoke("basic", tokens["refresh_token"], token_type_hint="access_token")
    await visitor.me(tokens["access_token"])
    await visitor.refresh("basic", tokens["refresh_token"])


@scene("revoking the token of another client")
async def _(visitor: Visitor) -> None:
    tokens = await visitor.tokens("basic", **OFFLINE)
    await visitor.revoke("post", tokens["access_token"])
    await visitor.revoke("public", tokens["refresh_token"])
    await visitor.me(tokens["access_token"])
