"""A running stand-in with a clock of its own, a browser, and tokens."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from sandbox.encvoy import EncvoyStandIn, Switches
from tests.support.idp_browser import CALLBACK, Answer, Browser, Create, Wall, token_of


@pytest.fixture
def wall() -> Wall:
    """The time of the stand-in."""
    return Wall()


@pytest.fixture
async def idp(wall: Wall) -> AsyncIterator[EncvoyStandIn]:
    """A stand-in on a free port; a hang there lasts 50 ms."""
    stand_in = EncvoyStandIn(clock=wall, switches=Switches(hang_seconds=0.05))
    await stand_in.start()
    yield stand_in
    await stand_in.stop()


@pytest.fixture
async def browser(idp: EncvoyStandIn) -> AsyncIterator[Browser]:
    """A browser with an empty jar."""
    async with Browser(idp) as opened:
        yield opened


@pytest.fixture
async def manager(idp: EncvoyStandIn) -> str:
    """The management token of the manager."""
    return await token_of(idp, "manager")


@pytest.fixture
async def editor(idp: EncvoyStandIn) -> str:
    """The management token of the administrator."""
    return await token_of(idp, "editor")


@pytest.fixture
def create(browser: Browser, manager: str) -> Create:
    """Creates a client as the manager; fields may be added or replaced."""

    async def make(token: str | None = None, **fields: object) -> Answer:
        body = {"name": "Chat", "domain": "https://chat.example", "redirect_uris": [CALLBACK]} | fields
        return await browser.ask("POST", "/api/v1/clients", token=token or manager, body=body)

    return make
