"""The `World`: both stand-ins, the store, the bot (in this process or as `ssobot run`), and people who talk to it."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import URL

from sandbox.demo import SERVICE, StandIns, look, needs_tls
from sandbox.rocketchat.standin import Switches
from sandbox.stage import Stage, stage
from sandbox.visitor import Visitor
from tests.support.forked import Forked
from tests.support.quick import QUICK_SETTLE, REAL_SETTLE, as_quick
from tools.bot_process import BotProcess

SETTINGS = "Accounts_OAuth_Custom-Encvoyid"
LICENCE = "oauth-enterprise"
VERSIONS = ("8.8", "9.0")
"""Of Rocket.Chat: one for each login engine, as people run it; see `as_people_run_it`."""
READING_METHOD = "/api/v1/method.call/private-settings:get"
"""A POST that changes nothing."""


@dataclass
class World:
    """Both stand-ins, and an administrator in the chat. A test starts the bot if it needs it."""

    play: Stage
    admin: Visitor
    stack: contextlib.AsyncExitStack = field(repr=False)
    settle: float = REAL_SETTLE
    """Seconds, of its Rocket.Chat."""

    @property
    def rocketchat(self) -> Any:
        """The stand-in of Rocket.Chat."""
        return self.play.rocketchat

    @property
    def encvoy(self) -> Any:
        """The stand-in of Encvoy ID."""
        return self.play.encvoy

    def state(self) -> StandIns:
        """The state of both stand-ins, read from themselves."""
        return look(self.play)

    def writes(self) -> list[tuple[str, str]]:
        """Every request that may have changed a service or an application, by method and path, in order of time."""
        routes = ("/api/v1/settings", "/api/v1/clients", "/api/v1/method.call")
        entries = [e for ledger in (self.rocketchat.ledger, self.encvoy.ledger) for e in ledger.writes()]
        entries = [e for e in entries if e.path != READING_METHOD]
        return [(e.method, e.path) for e in sorted(entries, key=lambda e: e.at) if e.path.startswith(routes)]

    async def visitor(self, role: str, room: str = "sso-admins") -> Visitor:
        """Another user at the web client, until the test ends."""
        return await self.stack.enter_async_context(self.play.visitor(role, room))

    async def ask(self, words: str, timeout: float = 30.0) -> str:
        """The administrator types `!sso <words>`; the final answer."""
        return await self.admin.ask(f"!sso {words}", timeout)

    def forked(self) -> Forked:
        """The bot in a process of its own that starts at once and is as quick as its Rocket.Chat; not started yet."""
        return Forked(self.play.env, self.play.folder / "bot.log", self.settle)

    def process(self, **extra: str) -> BotProcess:
        """`ssobot run` as it is, not started yet; `extra` variables over those of the stand-ins."""
        return BotProcess({**self.play.env, **extra}, self.play.folder)


def as_people_run_it(folder: Path, version: str) -> dict[str, Any]:
    """Options of `world_at`: from 9.0 on there is single sign-on with the licence and over TLS alone
    (facts/rocketchat.md §0.2, §3.4)."""
    if not needs_tls(version):
        return {"version": version}
    return {"version": version, "switches": Switches(modules={LICENCE}), "tls": folder / "tls"}


@contextlib.asynccontextmanager
async def world_at(folder: Path, *, database: URL | None = None, **options: Any) -> AsyncIterator[World]:
    """A world without a bot, whose database is a file in `folder` unless given. `options` of `sandbox.stage.stage`;
    settle `QUICK_SETTLE` unless given."""
    async with contextlib.AsyncExitStack() as stack:
        options = {"settle": QUICK_SETTLE, **options}
        stack.enter_context(as_quick(options["settle"]))
        play = await stack.enter_async_context(stage(folder, **options))
        if database is not None:
            play.extra["SSOBOT_DATABASE_URL"] = database.render_as_string(hide_password=False)
        admin = await stack.enter_async_context(play.visitor())
        yield World(play, admin, stack, options["settle"])


__all__ = [
    "LICENCE",
    "REAL_SETTLE",
    "SERVICE",
    "SETTINGS",
    "VERSIONS",
    "World",
    "as_people_run_it",
    "world_at",
]
