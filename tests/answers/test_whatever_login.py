"""What is said where the bot's login at Encvoy ID goes wrong, whatever the command: `setup` stands for all."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

import pytest
from aiohttp import web

from sandbox.faults import Fault
from tests.answers.conftest import Asks
from tests.support.snapshot import snapshot
from tests.support.world import World

case = pytest.mark.case
GROUP = "Whatever the command"


def comes_back_with(**query: str) -> Callable[[World], Fault]:
    """The login is answered at once, with these parameters over those that belong there."""

    def laid(world: World) -> Fault:
        rule = Fault("GET", "/oidc/auth", status=303)

        def answer(request: web.Request) -> None:
            right = {"state": request.query["state"], "iss": world.encvoy.url}
            rule.headers["Location"] = f"{world.encvoy.url}/code?{urlencode(right | query)}"

        rule.call = answer
        return rule

    return laid


def leads_nowhere(world: World) -> Fault:
    return Fault("GET", "/oidc/auth", status=303, headers={"Location": f"{world.encvoy.url}/welcome"})


def goes_round_in_circles(world: World) -> Fault:
    rule = Fault("GET", "/oidc/auth/", status=303)

    def back(request: web.Request) -> None:
        rule.headers["Location"] = request.path

    rule.call = back
    return rule


def stops_at_an_unknown_page(world: World) -> Fault:
    page = '<script>window.__WIDGET_DATA__ = {"initialRoute": "terms-of-use", "envVars": {}};</script>'
    return Fault("POST", "/api/interaction/", status=200, body=page, content_type="text/html")


def gives_no_token(world: World) -> Fault:
    return Fault("POST", "/oidc/token", status=200, body="{}")


ODD = {
    "The login at Encvoy ID is answered for somebody else": comes_back_with(state="another"),
    "The login at Encvoy ID is answered by another issuer": comes_back_with(iss="https://other.example.org"),
    "The login at Encvoy ID is answered without a code": comes_back_with(),
    "The login at Encvoy ID is refused before it begins": comes_back_with(error="invalid_request"),
    "The login at Encvoy ID gives no token": gives_no_token,
    "The login at Encvoy ID leads to no login page": leads_nowhere,
    "The login at Encvoy ID is stuck in a redirect loop": goes_round_in_circles,
    "The login at Encvoy ID stops at a page that is not known": stops_at_an_unknown_page,
}


@pytest.mark.parametrize("laid", [pytest.param(laid, marks=case(GROUP, title)) for title, laid in ODD.items()])
async def test_a_login_that_goes_wrong(world: World, asks: Asks, laid: Callable[[World], Fault]) -> None:
    before = snapshot(world)
    fault = world.encvoy.faults.add(laid(world))
    assert "Not done" in await asks("setup")
    world.encvoy.faults.remove(fault)
    assert snapshot(world) == before
