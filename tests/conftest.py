"""Fixtures that every room of the tests may use.

Each imports what it needs when it is asked for: whoever runs one file of pure tests waits for none of it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from tests.judges.rocketchat import plugin
from tests.support import matrix_counts, needs, pure, secrets_watch
from tests.support.databases import KINDS, empty_database

if TYPE_CHECKING:
    from sqlalchemy import URL

    from tests.support.postgres import Postgres
    from tests.support.rocket import Rocket
    from tests.support.world import World


def pytest_configure(config: pytest.Config) -> None:
    """Every test of the suite is watched for secrets in clear, none is left out unsaid, and pure ones are pure."""
    config.addinivalue_line("markers", f"{secrets_watch.EXEMPT}: logs a secret to see that it is masked")
    config.pluginmanager.register(secrets_watch.install(), "secrets-watch")
    config.pluginmanager.register(pure.install(), "pure")
    config.addinivalue_line(
        "markers", "needs(*what): `node`, `chromium`, `pgbouncer` or `promtool`; skipped without it"
    )
    config.pluginmanager.register(needs.install(), "needs")
    config.addinivalue_line("markers", "case(group, title): one answer of docs/answers")
    config.pluginmanager.register(plugin.install(config), "rocketchat-judges")
    config.pluginmanager.register(matrix_counts.install(), "matrix-counts")
    # How long an example takes is the machine's matter; what must be quick has a test that compares.
    settings.register_profile("unhurried", deadline=None)
    settings.load_profile("unhurried")


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """Both stand-ins and a bot that listens, in this process."""
    from tests.support.world import world_at

    async with world_at(tmp_path) as world, world.play.bot():
        yield world


@pytest.fixture
async def quiet_world(tmp_path: Path) -> AsyncIterator[World]:
    """Both stand-ins, and no bot yet."""
    from tests.support.world import world_at

    async with world_at(tmp_path) as world:
        yield world


@pytest.fixture
async def rocket() -> AsyncIterator[Rocket]:
    """The stand-in of Rocket.Chat alone, and what asks it by REST."""
    from tests.support.rocket import running

    async with running() as rocket:
        yield rocket


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A server for this process, started by the first test that asks for it."""
    from tests.support.postgres import running

    with running() as server:
        yield server


@pytest.fixture(params=KINDS)
async def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[URL]:
    """An empty database, of either kind."""
    async with empty_database(request.param, tmp_path, request) as url:
        yield url
