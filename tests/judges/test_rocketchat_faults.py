"""Faults planted in the Rocket.Chat stand-in: the vendor's clients stumble over each."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from sandbox.rocketchat.logins import Login
from sandbox.rocketchat.rest import login
from sandbox.rocketchat.rest.api import Api
from sandbox.rocketchat.rest.route import RestResponse
from sandbox.rocketchat.second_factor import SecondFactor
from tests.judges.rocketchat import recording
from tests.judges.rocketchat.bending import bend, renamed
from tests.judges.rocketchat.node import OrderFailed, official
from tests.support.rocket import running

pytestmark = pytest.mark.needs("node")
SLASH = "/v1/settings/Message_AllowUnrecognizedSlashCommand"


@pytest.fixture(autouse=True)
def _unjudged() -> Iterator[None]:
    """The schemas would refuse it too, and the run would fail."""
    with recording.diverted():
        yield


async def test_a_login_whose_end_has_another_name(monkeypatch: pytest.MonkeyPatch) -> None:
    bend(monkeypatch, Login, "document", lambda document: renamed(document, "tokenExpires", "expires"))
    async with running() as rocket, official("ddp_client") as client:
        await client.do("connect", rocket.standin.url)
        with pytest.raises(OrderFailed, match=r"\$date"):
            await client.do("loginWithToken", rocket.standin.introduction.account("bot").token)


async def test_a_token_that_has_another_name(monkeypatch: pytest.MonkeyPatch) -> None:
    def changed(document: dict[str, Any]) -> dict[str, Any]:
        return document | {"data": renamed(document["data"], "authToken", "token")}

    bend(monkeypatch, login, "_welcome", changed)
    async with running() as rocket, official("sdk") as client:
        await client.do("connect", rocket.standin.url)
        with pytest.raises(OrderFailed):
            await client.do("login", "admin", rocket.password("admin"))


async def test_a_second_factor_asked_with_another_status(monkeypatch: pytest.MonkeyPatch) -> None:
    def changed(answer: RestResponse) -> RestResponse:
        return replace(answer, status=403)

    bend(monkeypatch, Api, "refusal", changed)
    assert await asked_for_a_second_factor() == []


async def test_a_second_factor_whose_method_has_another_name(monkeypatch: pytest.MonkeyPatch) -> None:
    bend(monkeypatch, SecondFactor, "_details", lambda details: renamed(details, "method", "kind"))
    assert await asked_for_a_second_factor() == []


async def test_without_a_fault_it_is_asked() -> None:
    assert await asked_for_a_second_factor() == [{"method": "password", "invalidAttempt": False}]


async def asked_for_a_second_factor() -> Any:
    """What api-client's handler was asked when a setting was to be changed."""
    async with running() as rocket, official("api_client") as client:
        await client.do("connect", rocket.standin.url)
        await client.do("login", {"user": "admin", "password": rocket.password("admin")})
        await client.do("answerWith", [rocket.password("admin")])
        with contextlib.suppress(OrderFailed):
            await client.do("post", SLASH, {"value": True})
        return await client.do("asked")
