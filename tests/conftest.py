"""Fixtures that every room of the tests may use."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy import URL

from tests.judges.rocketchat import plugin
from tests.support import needs, secrets_watch
from tests.support.databases import KINDS, empty_database
from tests.support.postgres import Postgres, running
from tests.support.rocket import Rocket
from tests.support.rocket import running as rocket_running
from tests.support.world import World, world_at


def pytest_configure(config: pytest.Config) -> None:
    """Every test of the suite is watched for secrets in clear, and none is left out unsaid."""
    config.addinivalue_line("markers", f"{secrets_watch.EXEMPT}: logs a secret to see that it is masked")
    config.pluginmanager.register(secrets_watch.install(), "secrets-watch")
    config.addinivalue_line("markers", "needs(*what): `node` or `chromium`; skipped where it is missing")
    config.pluginmanager.register(needs.install(), "needs")
    config.addinivalue_line("markers", "case(group, title): one answer of docs/answers.md")
    if judging := plugin.install(config):
        config.pluginmanager.register(judging, "rocketchat-judges")


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


@pytest.fixture
async def rocket() -> AsyncIterator[Rocket]:
    """The stand-in of Rocket.Chat alone, and what asks it by REST."""
    async with rocket_running() as rocket:
        yield rocket


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A server for this process, started by the first test that asks for it."""
    with running() as server:
        yield server


@pytest.fixture(params=KINDS)
async def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[URL]:
    """An empty database, of either kind."""
    async with empty_database(request.param, tmp_path, request) as url:
        yield url
