"""Puts a kept database, and both stand-ins as they were beside it, into a world.

The stand-ins are today's, on ports of their own and with people and rooms of their own. So addresses, the room's id and
the administrator's id are exchanged for those of this world, in the copy of the database as in everything else; nothing
else in it is touched.
"""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import sqlite3
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import URL, text

from bot.store.engine import open_database
from sandbox.encvoy.people import Role
from tests.support.databases import empty_database
from tests.support.world import World, world_at
from tests.upgrade.kept import KEY, Database, Kept

SETTLE = 0.1
"""Seconds, of this Rocket.Chat."""
Swap = Callable[[str], str]


@dataclass(frozen=True)
class Restored:
    """A world into which a bot of an older version has left something; no bot in it yet."""

    world: World
    kept: Kept
    secrets: Mapping[str, str | None]
    """By column of `connections`."""
    url: URL
    revision: str
    """The schema that it was written with."""


@contextlib.asynccontextmanager
async def restored(database: Database, folder: Path, request: pytest.FixtureRequest) -> AsyncIterator[Restored]:
    """The copy is the world's database."""
    kept = database.kept
    async with (
        empty_database(database.kind, folder, request) as url,
        world_at(folder, database=url, settle=SETTLE) as world,
    ):
        world.play.keys = KEY
        swap = swapping(kept, world)
        await load(database, url, swap)
        scene = Restored(world, kept, await secrets(url), url, database.revision)
        await _seed_rocketchat(scene, swap)
        _seed_encvoy(scene, swap)
        yield scene


def swapping(kept: Kept, world: World) -> Swap:
    """Exchanges what is of that world for what is of this one."""
    of_this = {
        kept.rocketchat.partition("//")[2]: world.rocketchat.url.partition("//")[2],
        kept.encvoy.partition("//")[2]: world.encvoy.url.partition("//")[2],
        kept.room_id: world.admin.room_id,
        kept.user_id: world.rocketchat.person("admin").id,
    }
    of_that = re.compile("|".join(map(re.escape, of_this)))
    return lambda old: of_that.sub(lambda found: of_this[found[0]], old)


async def load(database: Database, url: URL, swap: Swap = str) -> None:
    """A copy of the file, or what a dump says."""
    if database.kind == "postgresql":
        await _execute(url, swap(database.file.read_text()))
        return
    assert url.database is not None
    shutil.copyfile(database.file, url.database)
    with contextlib.closing(sqlite3.connect(url.database)) as copy:
        copy.create_function("swap", 1, lambda value: swap(value) if isinstance(value, str) else value)
        tables = [name for (name,) in copy.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            columns = [row[1] for row in copy.execute(f"PRAGMA table_info({table})")]
            copy.execute(f"UPDATE {table} SET {', '.join(f'{column} = swap({column})' for column in columns)}")
        copy.commit()


async def _execute(url: URL, script: str) -> None:
    """Many statements at once, which only the driver itself takes."""
    database = await open_database(url)
    try:
        async with database.engine.connect() as connection:
            driver: Any = (await connection.get_raw_connection()).driver_connection
            await driver.execute(script)
    finally:
        await database.close()


async def secrets(url: URL) -> dict[str, str | None]:
    """Read without the bot's own classes, which are what is tested."""
    names = ("current_secret", "pending_secret")
    database = await open_database(url)
    try:
        async with database.reading() as transaction:
            row = (await transaction.execute(text(f"SELECT {', '.join(names)} FROM connections"))).one()
    finally:
        await database.close()
    opened = (None if sealed is None else json.loads(Fernet(KEY).decrypt(sealed.encode()))["secret"] for sealed in row)
    return dict(zip(names, opened, strict=True))


async def _seed_rocketchat(scene: Restored, swap: Swap) -> None:
    """The service, live if it was on, and what was said; all by REST, as the bot and the administrator."""
    world, service = scene.world, scene.kept.service
    people = {"admin": world.admin, "bot": await world.visitor("bot")}
    for said in scene.kept.said:
        message = {"_id": said.id, "rid": world.admin.room_id, "msg": swap(said.text)}
        if said.thread is not None:
            message["tmid"] = said.thread
        await people[said.by].call("POST", "chat.sendMessage", json={"message": message})
    bot, prefix = people["bot"], f"Accounts_OAuth_Custom-{service.key}"
    await bot.call("POST", "settings.addCustomOAuth", json={"name": service.name})
    values = {**service.settings, "secret": scene.secrets.get(service.secret or "") or ""}
    settings = [{"_id": f"{prefix}-{suffix}", "value": _swapped(value, swap)} for suffix, value in values.items()]
    await bot.call("POST", "settings", json={"settings": settings})
    await bot.call("POST", f"settings/{prefix}", json={"value": service.enabled})
    if service.enabled:
        await world.rocketchat.ledger.wait_for(lambda ledger: bool(ledger.of("live")))


def _seed_encvoy(scene: Restored, swap: Swap) -> None:
    """The application, which the bot's user made."""
    encvoy, application = scene.world.encvoy, scene.kept.application
    manager = encvoy.person("manager")
    organisation = next(row for row in encvoy.clients.by_id.values() if row["name"] == f"Org{manager.id}")
    columns = {name: _swapped(value, swap) for name, value in application.columns.items()}
    secret = scene.secrets.get(application.secret or "")
    columns |= {"parent_id": organisation["client_id"]} | ({"client_secret": secret} if secret else {})
    client_id = encvoy.clients.create(columns["created_at"], columns)["client_id"]
    encvoy.people.roles[(client_id, manager.id)] = Role.OWNER
    rules = {rule.field_name: number for number, rule in encvoy.state.rules.items()}
    encvoy.clients.rules[client_id] = [rules[name] for name in application.rules]


def _swapped(value: Any, swap: Swap) -> Any:
    if isinstance(value, list):
        return [_swapped(item, swap) for item in value]
    return swap(value) if isinstance(value, str) else value
