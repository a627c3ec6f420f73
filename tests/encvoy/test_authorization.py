"""A code for an application, of the bot's own user (facts/encvoy-id.md §6), and each way in which there is none."""

from __future__ import annotations

import re
import traceback
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest
from aiohttp import web

from bot.connection.ports import EncvoyId
from bot.encvoy.authorization import MOST_HOPS
from bot.encvoy.client import EncvoyIdClient
from bot.encvoy.login_page import MENDS, UNKNOWN_ROUTE
from bot.errors import BadAnswer, LoginRefused, NoAnswer, Redirected, Rejected
from bot.secret import Secret
from sandbox.encvoy.standin import EncvoyStandIn
from sandbox.faults import Fault, FaultEffect
from tests.support.clocks import ManualClock

CALLBACK = "http://127.0.0.1:1/_oauth/encvoyid"
"""Nobody is there: whoever opened it would fail."""
SCOPE = "openid profile email"
PASSWORD = ("POST", "/api/interaction/:uid/auth")
CONSENT = ("POST", "/api/interaction/:uid/confirm")
STEPS = ("POST", "/api/interaction/:uid/steps")


@dataclass
class Application:
    """Rocket.Chat's application, and how its codes are asked for."""

    standin: EncvoyStandIn
    client: EncvoyIdClient
    client_id: str
    secret: str

    async def code(self, scope: str = SCOPE) -> Secret:
        port: EncvoyId = self.client
        return await port.code(self.client_id, CALLBACK, scope)

    def asked(self) -> list[tuple[str, str]]:
        """What Encvoy ID was asked, without ids."""
        requests = [entry for entry in self.standin.ledger if entry.kind == "request"]
        return [(entry.method, re.sub(r"/(interaction|auth)/[^/]+", r"/\1/:uid", entry.path)) for entry in requests]

    def wants(self, *fields: str) -> None:
        """Attaches the rules of these fields."""
        rules = self.standin.clients.rules
        rules[self.client_id] = [self.standin.state.rule(name).id for name in fields]

    async def exchanged(self, code: Secret) -> Any:
        """What the application gets for a code."""
        form = {
            "grant_type": "authorization_code",
            "code": code.reveal(),
            "redirect_uri": CALLBACK,
            "client_id": self.client_id,
            "client_secret": self.secret,
        }
        async with aiohttp.ClientSession() as http:
            async with http.post(f"{self.standin.url}/oidc/token", data=form) as answer:
                assert answer.status == 200
                bearer = (await answer.json())["access_token"]
            headers = {"Authorization": f"Bearer {bearer}"}
            async with http.get(f"{self.standin.url}/oidc/me", headers=headers) as answer:
                return await answer.json()


@pytest.fixture
async def application(standin: EncvoyStandIn, client: EncvoyIdClient) -> Application:
    row = standin.clients.create(
        standin.state.iso(),
        {"name": "Rocket.Chat", "domain": "http://127.0.0.1:1", "redirect_uris": [CALLBACK]},
    )
    return Application(standin, client, row["client_id"], row["client_secret"])


async def test_the_code_is_of_the_bots_own_user(standin: EncvoyStandIn, application: Application) -> None:
    claims = await application.exchanged(await application.code())
    assert claims["sub"] == str(standin.person("manager").id)


async def test_it_consents_to_what_it_is_asked(standin: EncvoyStandIn, application: Application) -> None:
    application.wants("login")
    claims = await application.exchanged(await application.code())
    assert claims["login"] == standin.person("manager").login
    assert application.asked()[:-2] == [
        ("GET", "/.well-known/openid-configuration"),
        ("GET", "/oidc/auth"),
        PASSWORD,
        STEPS,
        ("GET", "/oidc/auth/:uid"),
        ("GET", "/api/interaction/:uid"),
        CONSENT,
        ("GET", "/oidc/auth/:uid"),
    ]


async def test_it_consents_once(application: Application) -> None:
    application.wants("login")
    await application.code()
    asked = len(application.asked())
    await application.code()
    assert application.asked()[asked:] == [("GET", "/oidc/auth"), PASSWORD, ("GET", "/oidc/auth/:uid")]


async def test_the_token_of_the_management_api_outlives_it(standin: EncvoyStandIn, application: Application) -> None:
    """A second login in the same jar would kill it (facts/encvoy-id.md §2)."""
    await application.client.applications(CALLBACK)
    asked = len(application.asked())
    await application.code()
    await application.client.applications(CALLBACK)
    assert application.asked()[asked:].count(PASSWORD) == 1
    assert 401 not in {entry.status for entry in standin.ledger if entry.kind == "request"}


async def test_a_profile_field_that_the_user_lacks_is_no_consent(application: Application) -> None:
    application.wants("email")
    with pytest.raises(LoginRefused) as caught:
        await application.code()
    assert (caught.value.code, caught.value.fix) == ("steps", MENDS["steps"])
    assert "“steps”" in caught.value.why
    assert STEPS not in application.asked()


@pytest.mark.parametrize("route", sorted(MENDS.keys() - {"error", "login", "publicity", "access"}))
async def test_no_other_page_is_answered(standin: EncvoyStandIn, application: Application, route: str) -> None:
    standin.switches.login_route = route
    with pytest.raises(LoginRefused) as caught:
        await application.code()
    assert (caught.value.code, caught.value.fix) == (route, MENDS[route])
    assert application.asked()[-1] == PASSWORD


async def test_a_page_that_comes_again_is_answered_once(standin: EncvoyStandIn, application: Application) -> None:
    standin.switches.login_route = "publicity"
    with pytest.raises(LoginRefused) as caught:
        await application.code()
    assert (caught.value.code, caught.value.fix) == ("publicity", UNKNOWN_ROUTE)
    assert application.asked().count(STEPS) == 1


async def test_the_main_client_is_given_no_consent(standin: EncvoyStandIn, client: EncvoyIdClient) -> None:
    standin.switches.login_route = "publicity"
    with pytest.raises(LoginRefused):
        await client.log_in()
    assert standin.ledger.requests("POST", "/api/interaction/")[-1].path.endswith("/auth")


async def test_a_wrong_password(make_client: Callable[..., EncvoyIdClient], application: Application) -> None:
    with pytest.raises(LoginRefused) as caught:
        await make_client(password="generated-other").code(application.client_id, CALLBACK, SCOPE)
    assert caught.value.code == "error"


@pytest.mark.parametrize(
    ("known", "callback", "code"),
    [(False, CALLBACK, "invalid_client"), (True, "https://other.example/_oauth/encvoyid", "invalid_redirect_uri")],
)
async def test_an_application_that_is_refused(application: Application, known: bool, callback: str, code: str) -> None:
    """That is no matter of the bot's login: it has logged in to make the application."""
    client_id = application.client_id if known else "nosuchclient"
    with pytest.raises(Rejected) as caught:
        await application.client.code(client_id, callback, SCOPE)
    assert caught.value.code == code
    assert "log in" not in caught.value.what
    assert "before anybody has logged in" in caught.value.why
    assert "`/sso test`" in caught.value.fix
    assert PASSWORD not in application.asked()


async def test_an_error_that_comes_back_instead_of_a_code(application: Application) -> None:
    with pytest.raises(Rejected) as caught:
        await application.code(scope="nothing-known")
    assert caught.value.code == "access_denied"


# Where redirects may lead.

FOREIGN = (
    "https://phish.example/?code=x",
    "//phish.example/",
    "http://127.0.0.1:2/_oauth/encvoyid?code=x",
    "http://127.0.0.1:1/other?code=x",
    "http://127.0.0.1:1/_oauth/encvoyid/more?code=x",
    "http://somebody@127.0.0.1:1/_oauth/encvoyid?code=x",
    "https://127.0.0.1:1/_oauth/encvoyid?code=x",
    "http://[",
    "http://127.0.0.1:port/",
)


@pytest.mark.parametrize("foreign", FOREIGN)
@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/oidc/auth"), ("POST", "/api/interaction/"), ("GET", "/oidc/auth/")]
)
async def test_no_redirect_leads_elsewhere(
    standin: EncvoyStandIn, application: Application, foreign: str, method: str, path: str
) -> None:
    standin.faults.add(Fault(method, path, status=303, headers={"Location": foreign}))
    with pytest.raises(Redirected) as caught:
        await application.code()
    assert "phish" not in caught.value.text


def answered(standin: EncvoyStandIn, **answer: str) -> None:
    """The end of the way leads back with this."""
    headers = {"Location": f"{CALLBACK}?{urlencode(answer)}"}
    standin.faults.add(Fault("GET", "/oidc/auth/", status=303, headers=headers))


async def test_an_answer_to_another_request_is_no_code(standin: EncvoyStandIn, application: Application) -> None:
    answered(standin, code="generated", state="another", iss=standin.url)
    with pytest.raises(BadAnswer, match="belongs to another login"):
        await application.code()


async def test_before_the_password_there_is_no_code(standin: EncvoyStandIn, application: Application) -> None:
    """Not even one that carries our state: nobody has signed in."""

    def at_once(request: web.Request) -> None:
        query = urlencode({"code": "generated", "state": request.query["state"], "iss": standin.url})
        fault.headers["Location"] = f"{CALLBACK}?{query}"

    fault = standin.faults.add(Fault("GET", "/oidc/auth", status=303, headers={}, call=at_once))
    with pytest.raises(BadAnswer, match="does not lead to a login page"):
        await application.code()
    assert PASSWORD not in application.asked()


async def test_a_way_in_circles_ends(standin: EncvoyStandIn, application: Application) -> None:
    standin.faults.add(Fault("GET", "/oidc/auth/", status=303, headers={"Location": "/oidc/auth/again"}))
    with pytest.raises(BadAnswer, match="redirect loop"):
        await application.code()
    assert len(application.asked()) <= MOST_HOPS + 3


async def test_a_page_of_the_proxy_is_its_own_error(standin: EncvoyStandIn, application: Application) -> None:
    standin.faults.add(Fault("POST", "/api/interaction/", status=502, body="<html>", content_type="text/html"))
    with pytest.raises(BadAnswer) as caught:
        await application.code()
    assert caught.value.route == "POST /api/interaction/:uid/auth"


@pytest.mark.parametrize("path", ["/oidc/auth", "/api/interaction/", "/oidc/auth/"])
async def test_no_failure_carries_what_was_sent(
    standin: EncvoyStandIn, make_client: Callable[..., EncvoyIdClient], application: Application, path: str
) -> None:
    standin.faults.add(Fault("", path, effect=FaultEffect.DROP))
    with pytest.raises(NoAnswer) as caught:
        await make_client(timeout=2.0).code(application.client_id, CALLBACK, SCOPE)
    told = "".join(traceback.format_exception(caught.value)) + repr(vars(caught.value))
    assert standin.person("manager").password not in told
    assert "state=" not in told


Serve = Callable[[Callable[[web.Request], Awaitable[web.StreamResponse]]], Awaitable[str]]


async def test_the_callback_may_come_back_normalised(serve: Serve, clock: ManualClock) -> None:
    """`:80` and capitals are gone (facts/encvoy-id.md §7)."""
    state: list[str] = []

    async def answer(request: web.Request) -> web.StreamResponse:
        match request.path:
            case "/oidc/auth":
                state.append(request.query["state"])
                location = "/api/interaction/u1"
            case "/api/interaction/u1/auth":
                location = "http://chat.example/_oauth/encvoyid?" + urlencode(
                    {"code": "generated", "state": state[0], "iss": url}
                )
            case _:
                document = {"authorization": "oidc/auth", "token": "oidc/token", "userinfo": "oidc/me"}
                endpoints = {f"{name}_endpoint": f"{url}/{path}" for name, path in document.items()}
                return web.json_response({"issuer": url, "jwks_uri": f"{url}/oidc/jwks", **endpoints})
        return web.Response(status=303, headers={"Location": location})

    url = await serve(answer)
    async with EncvoyIdClient(url, client_id="m", login="b", password=Secret("generated"), clock=clock) as client:
        code = await client.code("app", "http://Chat.example:80/_oauth/encvoyid", SCOPE)
    assert code == Secret("generated")
