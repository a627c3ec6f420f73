"""Several instances of the bot on one PostgreSQL, each a process of its own."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import text

from bot.store.engine import open_database
from sandbox.stage import config_from
from tests.support.forked import Forked, Program
from tests.support.postgres import Postgres
from tests.support.programs import run
from tests.support.quick import QUICK_SETTLE
from tests.support.world import World, world_at


@dataclass
class Several:
    """The world, and the instances in the order of their starts."""

    world: World
    started: list[Forked] = field(default_factory=list)
    program: Program = run
    """What runs in each process."""

    def start(self) -> Forked:
        """One more; it may have to stand by."""
        log = self.world.play.folder / f"bot{len(self.started)}.log"
        bot = Forked(self.world.play.env, log, self.world.settle)
        bot.start(self.program)
        self.started.append(bot)
        return bot

    async def standing_by(self, bot: Forked) -> None:
        """Returns when it says that it stands by."""
        await self.said(bot, "standby")

    async def said(self, bot: Forked, event: str, timeout: float = 30.0) -> None:
        """Returns when its log has a line of this event."""
        async with asyncio.timeout(timeout):
            while True:
                if event in events(bot):
                    return
                await asyncio.sleep(0.02)

    async def leader(self, timeout: float = 40.0) -> Forked:
        """The one that holds the lease, once one does."""
        async with asyncio.timeout(timeout):
            while True:
                holder = await self.holder()
                for bot in self.started:
                    if (
                        bot.process is not None
                        and bot.process.is_alive()
                        and holder
                        and f":{bot.process.pid}:" in holder
                    ):
                        return bot
                await asyncio.sleep(0.05)

    async def holder(self) -> str | None:
        """As the row says; None where its time is over, or it was given back."""
        database = await open_database(config_from(self.world.play.env).database_url)
        try:
            async with database.reading() as connection:
                found = await connection.execute(text("SELECT holder FROM leases WHERE expires_at > now()"))
                holder: str | None = found.scalar()
                return holder
        finally:
            await database.close()

    async def stop(self) -> None:
        """All of them, the ones that are paused too."""
        for bot in self.started:
            if bot.process is not None and bot.process.is_alive():
                resume(bot)
                bot.process.terminate()
        for bot in self.started:
            await bot.dead()


def events(bot: Forked) -> list[str]:
    """What its log says, in order."""
    return [str(line["event"]) for line in lines(bot)]


def lines(bot: Forked) -> list[dict[str, Any]]:
    """Its log, the line that is being written excepted."""
    found = bot.log.read_text().splitlines() if bot.log.exists() else []
    parsed: list[dict[str, Any]] = []
    for line in found:
        with contextlib.suppress(ValueError):
            parsed.append(json.loads(line))
    return parsed


def pause(bot: Forked) -> None:
    """SIGSTOP: it does nothing, and its connections stay."""
    assert bot.process is not None
    assert bot.process.pid is not None
    os.kill(bot.process.pid, signal.SIGSTOP)


def resume(bot: Forked) -> None:
    """SIGCONT."""
    assert bot.process is not None
    assert bot.process.pid is not None
    os.kill(bot.process.pid, signal.SIGCONT)


@asynccontextmanager
async def several(
    folder: Path, postgres: Postgres, count: int, settle: float = QUICK_SETTLE, program: Program = run
) -> AsyncIterator[Several]:
    """So many instances, of which one listens and the others stand by; one after the other, so that the first leads.
    With the settle time of a real server, the lease has its real time as well."""
    async with postgres.database() as url, world_at(folder, database=url, settle=settle) as world:
        made = Several(world, program=program)
        try:
            for _ in range(count):
                bot = made.start()
                await (bot.listening() if len(made.started) == 1 else made.standing_by(bot))
            yield made
        finally:
            await made.stop()
