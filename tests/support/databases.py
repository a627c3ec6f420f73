"""An empty database of either kind."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from sqlalchemy import URL

    from tests.support.postgres import Postgres

KINDS = ("sqlite", "postgresql")


@asynccontextmanager
async def empty_database(kind: str, folder: Path, request: pytest.FixtureRequest) -> AsyncIterator[URL]:
    """One of `KINDS`, until the block is left. PostgreSQL is started where it is asked for, and only there."""
    if kind == "sqlite":
        from sqlalchemy import make_url

        yield make_url(f"sqlite+aiosqlite:///{folder / 'ssobot.sqlite'}")
        return
    postgres: Postgres = request.getfixturevalue("postgres")
    async with postgres.database() as url:
        yield url
