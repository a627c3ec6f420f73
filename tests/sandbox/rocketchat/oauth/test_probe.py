"""What a callback proves from outside (facts/rocketchat.md §3.1b): the reason probe, and the completed exchange."""

from __future__ import annotations

import asyncio
import base64
import json
import re
import ssl
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest
import trustme
from aiohttp import web

from sandbox.rocketchat.oauth.ending import APP
from sandbox.serving import Server
from tests.sandbox.rocketchat.oauth.provider import TOKEN, Provider, back, complete, connect, state
from tests.support.rocket import Rocket

HANDSHAKE = "Error: Failed to complete OAuth handshake with encvoyid at "


async def reason(rocket: Rocket) -> str | None:
    """What the mobile app would be told after a bogus code; None if nothing."""
    _, config = await back(rocket, {"code": "bogus", "state": state("redirect", redirectUrl=APP)})
    assert config["setCredentialToken"] is False
    return told(config["redirectUrl"])


def told(url: str) -> str | None:
    assert url.startswith("rocketchat://auth?host=")
    query = parse_qs(urlsplit(url).query)
    assert query["type"] == ["oauth"]
    return query["error"][0] if "error" in query else None


# The reason probe.


@pytest.mark.parametrize(
    ("status", "word"), [(401, "Unauthorized"), (400, "Bad Request"), (404, "Not Found"), (503, "Service Unavailable")]
)
async def test_the_status_is_told_in_words(rocket: Rocket, provider: Provider, status: int, word: str) -> None:
    provider.token_status = status
    assert await reason(rocket) == f"{HANDSHAKE}{provider.server.url}/token. {word}"


async def test_an_answer_that_is_no_json(rocket: Rocket, provider: Provider) -> None:
    provider.token_answer = ""
    url = f"{provider.server.url}/token"
    expected = f"{HANDSHAKE}{url}. invalid json response body at {url} reason: Unexpected end of JSON input"
    assert await reason(rocket) == expected


async def test_a_complaint_with_apostrophes_cannot_be_read_once_the_page_is_unescaped(
    rocket: Rocket, provider: Provider
) -> None:
    provider.token_answer = "<html>"
    reply, _ = await back(rocket, {"code": "bogus", "state": state("redirect", redirectUrl=APP)})
    found = re.search(r'<div id="config"[^>]*>(.*?)</div>', reply.text)
    assert found
    with pytest.raises(ValueError, match="Expecting"):
        json.loads(found.group(1).replace("&quot;", '"'))


async def test_a_name_that_does_not_exist(rocket: Rocket, provider: Provider) -> None:
    await connect(rocket, provider, url="http://nothing.invalid")
    said = await reason(rocket) or ""
    assert said.endswith(
        "request to http://nothing.invalid/token failed, reason: getaddrinfo ENOTFOUND nothing.invalid"
    )


async def test_a_name_that_the_server_does_not_find(rocket: Rocket, provider: Provider) -> None:
    """By the switch, for a name that everybody else finds."""
    rocket.standin.unresolved.add("127.0.0.1")
    assert (await reason(rocket) or "").endswith("failed, reason: getaddrinfo ENOTFOUND 127.0.0.1")
    assert provider.seen == []
    rocket.standin.unresolved.clear()
    provider.token_status = 400
    assert (await reason(rocket) or "").endswith("Bad Request")


async def test_a_connection_that_is_closed(rocket: Rocket, provider: Provider) -> None:
    async def drop(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(drop, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        await connect(rocket, provider, url=url)
        assert await reason(rocket) == f"{HANDSHAKE}{url}/token. request to {url}/token failed, reason: socket hang up"


@pytest.mark.parametrize("path", ["http://[", "nothing"])
async def test_an_address_that_is_none(rocket: Rocket, provider: Provider, path: str) -> None:
    await connect(rocket, provider, url="", token_path=path)
    assert await reason(rocket) == f"{HANDSHAKE}{path}. Invalid URL"


async def test_a_certificate_that_signs_itself(rocket: Rocket, provider: Provider) -> None:
    ca = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with ca.cert_pem.tempfile() as certificate, ca.private_key_pem.tempfile() as key:
        context.load_cert_chain(certificate, key)
    server = Server(web.Application(), tls=context)
    await server.start()
    await connect(rocket, provider, url=server.url)
    said = await reason(rocket)
    await server.stop()
    assert (
        said == f"{HANDSHAKE}{server.url}/token. request to {server.url}/token failed, reason: self-signed certificate"
    )


async def test_a_certificate_of_an_unknown_authority(rocket: Rocket, provider: Provider) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    server = Server(web.Application(), tls=context)
    await server.start()
    await connect(rocket, provider, url=server.url)
    said = await reason(rocket) or ""
    await server.stop()
    assert said.endswith("reason: unable to verify the first certificate")


async def test_a_provider_that_is_silent(rocket: Rocket, provider: Provider) -> None:
    silent = asyncio.Event()

    async def wait(request: web.Request) -> web.Response:
        await silent.wait()
        return web.Response()

    app = web.Application()
    app.router.add_post("/token", wait)
    server = Server(app)
    await server.start()
    await connect(rocket, provider, url=server.url)
    assert rocket.standin.sign_in.manners.patience == 20.0
    rocket.standin.sign_in.manners.patience = 0.1
    said = await reason(rocket)
    silent.set()
    await server.stop()
    assert said == f"{HANDSHAKE}{server.url}/token. The user aborted a request."


async def test_a_refused_token_and_a_missing_claim_are_told_too(rocket: Rocket, provider: Provider) -> None:
    provider.identity_status = 403
    url = f"{provider.server.url}/me"
    assert await reason(rocket) == f"Error: Failed to fetch identity from encvoyid at {url}. Forbidden"
    provider.identity_status, provider.claims = 200, None
    assert await reason(rocket) == (
        f"Error: Failed to fetch identity from encvoyid at {url}. CustomOAuth: Failed to extract username"
    )


async def test_what_the_provider_itself_says(rocket: Rocket) -> None:
    given = {"error": "access_denied", "state": state("redirect", redirectUrl=APP)}
    _, config = await back(rocket, given)
    assert told(config["redirectUrl"]) == "access_denied"


async def test_a_service_that_is_off(rocket: Rocket) -> None:
    rocket.standin.settings.write("Accounts_OAuth_Custom-Encvoyid", False)
    rocket.standin.login_services.rewrite()
    assert await reason(rocket) == "ServiceConfiguration.ConfigError: Service not configured"


async def test_a_server_that_leaves_the_reason_out(rocket: Rocket, provider: Provider) -> None:
    provider.token_status = 401
    rocket.standin.sign_in.manners.tells_app = False
    assert await reason(rocket) is None


async def test_a_good_code_hands_the_app_its_credential(rocket: Rocket) -> None:
    _, config = await back(rocket, {"code": "x", "state": state("redirect", redirectUrl=APP)})
    query = parse_qs(urlsplit(config["redirectUrl"]).query)
    assert config["setCredentialToken"] is True
    assert query["credentialToken"] == [TOKEN]
    assert "result" in await complete(rocket, query["credentialSecret"][0])


# Any other address says nothing.


async def test_the_own_address_says_nothing(rocket: Rocket, provider: Provider) -> None:
    provider.token_status = 401
    home = f"{rocket.standin.url}/home"
    _, config = await back(rocket, {"code": "x", "state": state("redirect", redirectUrl=home)})
    assert (config["redirectUrl"], config["setCredentialToken"]) == (home, False)


async def test_a_foreign_one_hides_a_success(rocket: Rocket, provider: Provider) -> None:
    given = state("redirect", redirectUrl="https://elsewhere.example")
    _, config = await back(rocket, {"code": "x", "state": given})
    assert (config["redirectUrl"], config["setCredentialToken"]) == (f"{rocket.standin.url}/", False)
    assert len(provider.seen) == 2


@pytest.mark.parametrize(
    "given",
    [
        state("redirect"),
        state("redirect", redirectUrl=None),
        state("redirect", redirectUrl=7),
        state("odd"),
        base64.b64encode(b"{}").decode(),
    ],
)
async def test_a_missing_one_is_never_answered(rocket: Rocket, given: str) -> None:
    rocket.standin.sign_in.manners.hangs_for = 0.1
    with pytest.raises(aiohttp.ClientError):
        await rocket.get("/_oauth/encvoyid", who=None, code="x", state=given)


async def test_what_hangs_ends_with_the_server(rocket: Rocket) -> None:
    hanging = asyncio.ensure_future(rocket.get("/_oauth/encvoyid", who=None, code="x", state=state("redirect")))
    await rocket.standin.ledger.wait_for(lambda entries: any(e.kind == "sign-in" for e in entries), timeout=5)
    await asyncio.wait_for(rocket.standin.stop(), 5)
    with pytest.raises(aiohttp.ClientError):
        await hanging


# The completed exchange.


async def test_a_completed_exchange_says_so_and_signs_nobody_in(rocket: Rocket) -> None:
    before = len(rocket.standin.people)
    _, config = await back(rocket)
    assert config["setCredentialToken"] is True
    assert len(rocket.standin.people) == before
    assert rocket.standin.ledger.of("sign-in") == []


@pytest.mark.parametrize("change", [{"token_status": 401}, {"identity_status": 500}, {"claims": {"sub": "1"}}])
async def test_whatever_failed_it_says_no_and_not_why(rocket: Rocket, provider: Provider, change: Any) -> None:
    for name, value in change.items():
        setattr(provider, name, value)
    _, config = await back(rocket)
    assert config == {
        "setCredentialToken": False,
        "storagePrefix": "Meteor.oauth.credentialSecret-",
        "isCordova": False,
    }


async def test_a_token_with_odd_letters_is_refused(rocket: Rocket) -> None:
    given = base64.b64encode(json.dumps({"loginStyle": "popup", "credentialToken": "<b>"}).encode()).decode()
    _, config = await back(rocket, {"code": "x", "state": given})
    assert config["setCredentialToken"] is False


async def test_more_than_a_test_allows_in_ten_seconds(rocket: Rocket) -> None:
    rocket.standin.sign_in.manners.at_most = 5
    for _ in range(5):
        await back(rocket)
    assert (await rocket.get("/_oauth/encvoyid", who=None, code="x", state=state())).status == 429
    rocket.clock.shift = 10.0
    await back(rocket)
