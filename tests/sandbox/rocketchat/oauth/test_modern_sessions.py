"""The cookie of the modern engine: for whom, for how long, and what happens without it (facts/rocketchat.md §3.4)."""

from __future__ import annotations

import re
from email.utils import parsedate_to_datetime
from pathlib import Path

import aiohttp
import pytest

from sandbox.authority import authority_in
from sandbox.rocketchat.oauth_settings import add_service
from sandbox.rocketchat.standin import RocketChatStandIn, Switches
from tests.support.modern import KEY, Modern


async def test_the_cookie_is_for_https_alone_and_for_no_script(modern: Modern) -> None:
    reply = await modern.get("/oauth/encvoyid")
    name, _, attributes = reply.headers["Set-Cookie"].partition("=")
    given = {part.strip().split("=")[0].lower(): part.strip() for part in attributes.split(";")[1:]}
    assert name == "oauth"
    assert set(given) == {"expires", "httponly", "path", "secure", "samesite"}
    assert (given["path"].lower(), given["samesite"].lower()) == ("path=/", "samesite=none")


async def test_it_lives_for_five_minutes(modern: Modern) -> None:
    reply = await modern.get("/oauth/encvoyid")
    found = re.search(r"expires=([^;]+)", reply.headers["Set-Cookie"])
    assert found
    left = parsedate_to_datetime(found.group(1)) - modern.rocket.clock.now()
    assert 298 <= left.total_seconds() <= 301


@pytest.mark.parametrize("proto", ["https", "HTTPS", "https, http"])
async def test_a_proxy_that_says_https_is_trusted(modern: Modern, proto: str) -> None:
    modern.headers = {"X-Forwarded-Proto": proto}
    assert "Set-Cookie" in (await modern.get("/oauth/encvoyid")).headers


@pytest.mark.parametrize("headers", [{}, {"X-Forwarded-Proto": "http"}, {"X-Forwarded-Proto": "http, https"}])
async def test_over_plain_http_there_is_none_and_nobody_comes_in(modern: Modern, headers: dict[str, str]) -> None:
    modern.headers = headers
    assert "Set-Cookie" not in (await modern.get("/oauth/encvoyid")).headers
    reply = await modern.sign_in()
    assert (reply.status, reply.headers["Location"]) == (302, "/login")
    assert modern.provider.seen == []


async def test_tls_of_its_own_is_https_too(tmp_path: Path) -> None:
    authority = authority_in(tmp_path)
    switches = Switches(modules=("oauth-enterprise",))
    standin = RocketChatStandIn(version="9.0", settle=0.01, switches=switches, authority=authority)
    await standin.start()
    try:
        add_service(standin.settings, "Encvoyid", gated=True)
        for suffix, value in (("-url", "https://id.example"), ("-id", "client"), ("-secret", "s"), ("", True)):
            standin.settings.write(KEY + suffix, value)
        standin.login_services.rewrite()
        connector = aiohttp.TCPConnector(ssl=authority.client_context())
        async with (
            aiohttp.ClientSession(connector=connector) as client,
            client.get(f"{standin.url}/oauth/encvoyid", allow_redirects=False) as response,
        ):
            assert "oauth" in response.cookies
    finally:
        await standin.stop()


@pytest.mark.parametrize(("seconds", "fits"), [(299.0, True), (301.0, False)])
async def test_who_comes_back_too_late_is_nobody(modern: Modern, seconds: float, fits: bool) -> None:
    state = (await modern.press())["state"]
    modern.rocket.clock.shift = seconds
    reply = await modern.back(code="generated-code", state=state)
    assert (reply.headers["Location"] != "/login") is fits


async def test_a_browser_keeps_its_cookie_while_it_lives(modern: Modern) -> None:
    await modern.press()
    first = modern.cookie
    assert "Set-Cookie" not in (await modern.get("/oauth/encvoyid")).headers
    assert modern.cookie == first
    modern.rocket.clock.shift = 301.0
    await modern.press()
    assert modern.cookie != first


async def test_who_begins_again_forgets_the_sign_in_before(modern: Modern) -> None:
    first = (await modern.press())["state"]
    second = (await modern.press())["state"]
    assert first != second
    reply = await modern.back(code="generated-code", state=first)
    assert reply.headers["Location"] == "/login"
    reply = await modern.back(code="generated-code", state=second)
    assert reply.headers["Location"] == "/login", "the wrong state ended both"


async def test_two_browsers_do_not_share_a_sign_in(modern: Modern) -> None:
    state = (await modern.press())["state"]
    modern.cookie = ""
    await modern.press()
    assert (await modern.back(code="generated-code", state=state)).headers["Location"] == "/login"
