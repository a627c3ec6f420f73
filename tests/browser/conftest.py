"""A Chromium for the session, and for each test a world of its own and somebody with an empty browser in it."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from playwright.async_api import Browser

from tests.support.browser import Visit, launched, visiting
from tests.support.world import World, world_at


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """The browser."""
    async with launched() as browser:
        yield browser


@pytest_asyncio.fixture(loop_scope="session")
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """Both stand-ins and a bot that listens, on the browser's loop."""
    async with world_at(tmp_path) as world, world.play.bot():
        yield world


@pytest_asyncio.fixture(loop_scope="session")
async def quiet_world(tmp_path: Path) -> AsyncIterator[World]:
    """Both stand-ins, and no bot."""
    async with world_at(tmp_path) as world:
        yield world


@pytest_asyncio.fixture(loop_scope="session")
async def visit(chromium: Browser, world: World) -> AsyncIterator[Visit]:
    """Somebody at a desk."""
    async with visiting(chromium, world) as visit:
        yield visit


@pytest_asyncio.fixture(loop_scope="session")
async def stack() -> AsyncIterator[contextlib.AsyncExitStack]:
    """For what a test opens itself."""
    async with contextlib.AsyncExitStack() as stack:
        yield stack
