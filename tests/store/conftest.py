"""A database for each test, of either kind."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import URL, make_url

from bot.secret import Secret
from bot.store import migrate
from bot.store.engine import Database, open_database
from bot.store.vault import Vault


@pytest.fixture
async def database(database_url: URL) -> AsyncIterator[Database]:
    """Migrated and open."""
    opened = await open_database(database_url)
    await migrate.upgrade(opened)
    yield opened
    await opened.close()


@pytest.fixture
async def sqlite(tmp_path: Path) -> AsyncIterator[Database]:
    """A file, migrated and open, for what is true of files alone."""
    opened = await open_database(make_url(f"sqlite+aiosqlite:///{tmp_path / 'file.sqlite'}"))
    await migrate.upgrade(opened)
    yield opened
    await opened.close()


@pytest.fixture
def key() -> Secret:
    """A fresh Fernet key."""
    return Secret(Fernet.generate_key().decode())


@pytest.fixture
def vault(key: Secret) -> Vault:
    """With one key."""
    return Vault([key])
