"""The login by Encvoy ID's pages (facts/encvoy-id.md §6), and each way in which it ends early."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import traceback
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from aiohttp import web

from bot.clock import Clock
from bot.encvoy.client import EncvoyIdClient
from bot.encvoy.login_page import MENDS
from bot.errors import BadAnswer, LoginRefused, NoAnswer, Redirected, Unreachable
from bot.secret import Secret
from sandbox.encvoy.standin import EncvoyStandIn
from sandbox.faults import Fault, FaultEffect

Serve = Callable[[Callable[[web.Request], Awaitable[web.StreamResponse]]], Awaitable[str]]
PASSWORD = "generated-word-8d1f"


async def test_the_login_walks_the_pages_and_ends_with_a_token(standin: EncvoyStandIn, client: EncvoyIdClient) -> None:
    await client.log_in()

    asked = [(entry.method, re.sub(r"/(interaction|auth)/[^/]+", r"/\1/:uid", entry.path)) for entry in standin.ledger]
    assert asked == [
        ("GET", "/.well-known/openid-configuration"),
        ("GET", "/oidc/auth"),
        ("POST", "/api/interaction/:uid/auth"),
        ("GET", "/oidc/auth/:uid"),
        ("POST", "/oidc/token"),
    ]


@pytest.mark.parametrize("role", ["owner", "manager", "editor", "person"])
async def test_everybody_can_log_in(make_client: Callable[..., EncvoyIdClient], role: str) -> None:
    await make_client(role).log_in()


@pytest.mark.parametrize("route", sorted(MENDS.keys() - {"error", "login"}))
async def test_a_login_that_ends_on_another_page_names_it_with_its_fix(
    standin: EncvoyStandIn, client: EncvoyIdClient, route: str
) -> None:
    standin.switches.login_route = route

    with pytest.raises(LoginRefused) as caught:
        await client.log_in()

    assert caught.value.code == route
    assert caught.value.fix == MENDS[route]
    assert f"“{route}”" in caught.value.why


async def test_a_wrong_password_names_the_variables(make_client: Callable[..., EncvoyIdClient]) -> None:
    with pytest.raises(LoginRefused) as caught:
        await make_client(password="another-" + PASSWORD).log_in()

    assert caught.value.code == "error"
    assert "SSOBOT_ENCVOY_PASSWORD" in caught.value.fix
    assert "Invalid credentials" in caught.value.why


async def test_the_words_of_the_page_come_in_the_language_of_the_system(
    standin: EncvoyStandIn, make_client: Callable[..., EncvoyIdClient]
) -> None:
    standin.settings.default_language = "ru-RU"

    with pytest.raises(LoginRefused) as caught:
        await make_client(login="nobody").log_in()

    assert (caught.value.code, caught.value.fix) == ("error", MENDS["error"])
    assert "Пользователь не найден" in caught.value.why


async def test_a_blocked_user_is_told_from_a_wrong_password_by_the_words(
    standin: EncvoyStandIn, client: EncvoyIdClient
) -> None:
    standin.person("manager").blocked = True

    with pytest.raises(LoginRefused) as caught:
        await client.log_in()

    assert "blocked" in caught.value.why


async def test_an_unknown_main_client_names_its_variable(make_client: Callable[..., EncvoyIdClient]) -> None:
    with pytest.raises(LoginRefused) as caught:
        await make_client(client_id="nosuchclient").log_in()

    assert "SSOBOT_ENCVOY_CLIENT_ID" in caught.value.fix
    assert caught.value.code == "invalid_client"


async def test_nobody_there_is_unreachable(standin: EncvoyStandIn, client: EncvoyIdClient) -> None:
    await standin.stop()

    with pytest.raises(Unreachable):
        await client.log_in()


async def test_a_login_that_is_never_answered_ends_in_time(
    standin: EncvoyStandIn, make_client: Callable[..., EncvoyIdClient]
) -> None:
    standin.faults.add(Fault("POST", "/api/interaction/", effect=FaultEffect.HANG))

    with pytest.raises(NoAnswer) as caught:
        await make_client(timeout=1.0).log_in()

    assert caught.value.route == "POST /api/interaction/:uid/auth"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/oidc/auth", 303), ("POST", "/api/interaction/", 302), ("GET", "/oidc/auth/", 303)],
)
@pytest.mark.parametrize(
    "elsewhere", ["https://phish.example/?code=x", "//phish.example/", "http://127.0.0.1:1/code?code=x"]
)
async def test_a_redirect_that_leaves_the_address_is_not_followed(
    standin: EncvoyStandIn, client: EncvoyIdClient, method: str, path: str, status: int, elsewhere: str
) -> None:
    standin.faults.add(Fault(method, path, status=status, headers={"Location": elsewhere}))

    with pytest.raises(Redirected) as caught:
        await client.log_in()

    assert "SSOBOT_ENCVOY_URL" in caught.value.text
    assert "phish" not in caught.value.text


async def test_a_page_that_echoes_the_password_does_not_get_it_into_the_error(
    standin: EncvoyStandIn, make_client: Callable[..., EncvoyIdClient]
) -> None:
    data = json.dumps({"initialRoute": "error", "envVars": {"MESSAGE": f"Not {PASSWORD} surely"}})
    page = f'<body><script id="__WIDGET_DATA__">window.__WIDGET_DATA__ = {data}</script>'
    standin.faults.add(Fault("POST", "/api/interaction/", status=201, body=page, content_type="text/html"))

    with pytest.raises(LoginRefused) as caught:
        await make_client(password=PASSWORD).log_in()

    assert PASSWORD not in _everything(caught.value)


def _everything(error: BaseException) -> str:
    """What a log could show of an error: its texts, and everything chained to it."""
    chained = [error.__cause__, error.__context__]
    assert chained == [None, None]
    return "".join(traceback.format_exception(error)) + repr(error) + repr(vars(error))


class LittleProvider:
    """Just enough of an Encvoy ID to log in to, each answer changeable."""

    def __init__(self) -> None:
        self.url = ""
        self.asked: list[web.Request] = []
        self.forms: list[dict[str, str]] = []
        self.query: dict[str, str] = {}
        self.callback: dict[str, str] = {}
        self.relative = False
        self.token: Any = {"access_token": "t" * 43, "expires_in": 1800, "token_type": "Bearer"}

    def place(self, path: str) -> str:
        return path if self.relative else self.url + path

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request)
        match request.path:
            case "/.well-known/openid-configuration":
                return web.json_response(
                    {
                        "issuer": self.url,
                        "authorization_endpoint": f"{self.url}/oidc/auth",
                        "token_endpoint": f"{self.url}/oidc/token",
                        "userinfo_endpoint": f"{self.url}/oidc/me",
                        "jwks_uri": f"{self.url}/oidc/jwks",
                    }
                )
            case "/oidc/auth":
                self.query = dict(request.query)
                answer = web.Response(status=303, headers={"Location": self.place("/api/interaction/u1")})
                answer.set_cookie("_interaction", "a", path="/api/interaction/u1", httponly=True)
                answer.set_cookie("_interaction_resume", "b", path="/oidc/auth/u1", httponly=True)
                return answer
            case "/api/interaction/u1/auth":
                self.forms.append({key: str(value) for key, value in (await request.post()).items()})
                return web.Response(status=302, headers={"Location": "/oidc/auth/u1"})
            case "/oidc/auth/u1":
                back = {"code": "c1", "state": self.query["state"], "iss": self.url} | self.callback
                query = "&".join(f"{key}={value}" for key, value in back.items() if value)
                return web.Response(status=303, headers={"Location": self.place(f"/code?{query}")})
            case "/oidc/token":
                self.forms.append({key: str(value) for key, value in (await request.post()).items()})
                return web.json_response(self.token)
        return web.Response(status=404)


@pytest.fixture
async def little(serve: Serve) -> LittleProvider:
    provider = LittleProvider()
    provider.url = await serve(provider.handle)
    return provider


@pytest.fixture
async def little_client(little: LittleProvider, clock: Clock) -> Any:
    async with EncvoyIdClient(
        little.url, client_id="main", login="ssobot", password=Secret(PASSWORD), clock=clock, timeout=3.0
    ) as client:
        yield client


@pytest.mark.parametrize("relative", [True, False])
async def test_redirects_may_be_relative_or_absolute(
    little: LittleProvider, little_client: EncvoyIdClient, relative: bool
) -> None:
    little.relative = relative

    await little_client.log_in()

    assert little.forms[0] == {"identifier": "ssobot", "password": PASSWORD, "prompt": "login"}


async def test_cookies_go_only_where_their_path_says(little: LittleProvider, little_client: EncvoyIdClient) -> None:
    await little_client.log_in()

    sent = {request.path: set(request.cookies) for request in little.asked}
    assert sent["/api/interaction/u1/auth"] == {"_interaction"}
    assert sent["/oidc/auth/u1"] == {"_interaction_resume"}
    assert sent["/oidc/token"] == set()


async def test_the_code_is_bound_to_this_login_by_pkce(little: LittleProvider, little_client: EncvoyIdClient) -> None:
    await little_client.log_in()

    verifier = little.forms[1]["code_verifier"]
    digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    assert (little.query["code_challenge"], little.query["code_challenge_method"]) == (digest, "S256")
    assert 43 <= len(verifier) <= 128


async def test_two_logins_share_neither_state_nor_verifier(
    little: LittleProvider, little_client: EncvoyIdClient, clock: Any
) -> None:
    await little_client.log_in()
    first = (little.query["state"], little.forms[1]["code_verifier"])
    clock.seconds += 1800
    await little_client.log_in()

    assert first[0] != little.query["state"]
    assert first[1] != little.forms[3]["code_verifier"]


async def test_the_second_login_begins_without_cookies(
    little: LittleProvider, little_client: EncvoyIdClient, clock: Any
) -> None:
    await little_client.log_in()
    clock.seconds += 1800
    await little_client.log_in()

    begins = [request for request in little.asked if request.path == "/oidc/auth"]
    assert [dict(request.cookies) for request in begins] == [{}, {}]


@pytest.mark.parametrize(
    "callback",
    [{"state": "other"}, {"state": ""}, {"iss": "https://other.example"}, {"iss": ""}, {"code": ""}],
)
async def test_an_answer_that_is_not_to_this_login_is_refused(
    little: LittleProvider, little_client: EncvoyIdClient, callback: dict[str, str]
) -> None:
    little.callback = callback

    with pytest.raises(BadAnswer):
        await little_client.log_in()

    assert [request for request in little.asked if request.path == "/oidc/token"] == []


async def test_an_error_in_the_callback_is_named(little: LittleProvider, little_client: EncvoyIdClient) -> None:
    little.callback = {"code": "", "error": "access_denied"}

    with pytest.raises(LoginRefused) as caught:
        await little_client.log_in()

    assert caught.value.code == "access_denied"


@pytest.mark.parametrize(
    "token",
    [[], {}, {"access_token": "", "expires_in": 5}, {"access_token": "t"}, {"access_token": "t", "expires_in": "5"}],
)
async def test_an_answer_without_a_token_is_bad(
    little: LittleProvider, little_client: EncvoyIdClient, token: Any
) -> None:
    little.token = token

    with pytest.raises(BadAnswer):
        await little_client.log_in()


@pytest.mark.parametrize("path", ["/oidc/auth", "/api/interaction/", "/oidc/auth/", "/oidc/token", "/.well-known"])
@pytest.mark.parametrize("effect", [FaultEffect.HANG, FaultEffect.DROP])
async def test_no_failure_carries_what_was_sent(
    standin: EncvoyStandIn, make_client: Callable[..., EncvoyIdClient], path: str, effect: FaultEffect
) -> None:
    standin.faults.add(Fault("", path, effect=effect))
    standin.person("manager").password = PASSWORD

    with pytest.raises(NoAnswer) as caught:
        await make_client(timeout=0.5).log_in()

    told = _everything(caught.value)
    assert PASSWORD not in told
    assert "state=" not in told
    assert urlsplit(caught.value.route).query == ""
    assert parse_qs(caught.value.route) == {}
