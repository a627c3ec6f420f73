"""Fixtures that every room of the tests may use."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support import needs, secrets_watch
from tests.support.world import World, world_at


def pytest_configure(config: pytest.Config) -> None:
    """Every test of the suite is watched for secrets in clear, and none is left out unsaid."""
    config.addinivalue_line("markers", f"{secrets_watch.EXEMPT}: logs a secret to see that it is masked")
    config.pluginmanager.register(secrets_watch.install(), "secrets-watch")
    config.addinivalue_line("markers", "needs(*what): `node` or `chromium`; skipped where it is missing")
    config.pluginmanager.register(needs.install(), "needs")


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
