"""Fixtures that every room of the tests may use."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.world import World, world_at


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """Both stand-ins and a bot that listens, in this process."""
    async with world_at(tmp_path) as world, world.play.bot():
        yield world


@pytest.fixture
async def quiet_world(tmp_path: Path) -> AsyncIterator[World]:
    """Both stand-ins, and no bot yet."""
    async with world_at(tmp_path) as world:
        yield world
