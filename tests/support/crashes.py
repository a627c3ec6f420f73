"""An operation that is killed at one moment and taken up by a new start, and what must be true afterwards.

The moments are found, not listed: the operation is run once without a crash, and every write to either system that the
stand-ins' ledgers then hold is a place to kill it at, before and after it is carried out.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from aiohttp import web
from sqlalchemy import URL

from bot.chatops.audit import ENDED
from bot.chatops.ports import Operation
from bot.clock import SystemClock
from bot.connection.state import Connection
from bot.secret import Fingerprints, Secret
from bot.store.connections import SqlConnections
from bot.store.engine import open_database
from bot.store.fingerprints import kept_fingerprints
from bot.store.notes import SqlNotes
from bot.store.operations import SqlOperations
from bot.store.vault import Vault
from sandbox.faults import Fault, FaultEffect, When
from sandbox.stage import config_from
from tests.support.forked import Forked, Program
from tests.support.programs import run
from tests.support.world import SERVICE, SETTINGS, World, as_people_run_it, world_at

ROUTES = ("/api/v1/settings", "/api/v1/clients", "/api/v1/method.call")
WRITING = {"POST", "PUT", "PATCH", "DELETE"}
ANSWERS = ("/api/v1/chat.sendMessage", "/api/v1/chat.update")


@dataclass(frozen=True)
class Scenario:
    """One command in one world."""

    name: str
    words: str
    on: bool
    """Whether people see the button in the end."""
    before: tuple[str, ...] = ()
    """Commands that were carried out before."""
    said: str = ""
    """What a true answer says if all was done."""
    version: str = "8.8"
    """Of Rocket.Chat."""
    gone: bool = False
    """Whether nothing is left in the end, on either side and in the bot's record."""
    settle: float = 0.1
    """Seconds until what is stored there is live."""
    database: Callable[[], AbstractAsyncContextManager[URL | None]] = field(default=nullcontext, compare=False)
    """Gives the empty database of one play; a file unless given."""


SCENARIOS = (
    Scenario("setup", "setup", on=True, said="checks passed"),
    Scenario("setup-disabled", "setup --disabled", on=False, said="checks passed"),
    Scenario("rotate", "rotate", on=True, before=("setup",), said="Rotated"),
    Scenario("rotate-8.5", "rotate", on=True, before=("setup",), said="Rotated", version="8.5"),
    Scenario("rotate-disabled", "rotate", on=False, before=("setup --disabled",), said="Rotated"),
    Scenario("disable", "disable", on=False, before=("setup",), said="off"),
    Scenario("enable", "enable", on=True, before=("setup --disabled",), said="✓ On: "),
    Scenario("remove", "remove", on=False, before=("setup",), said="✓ Removed: nothing of it is left", gone=True),
)
MODERN = tuple(replace(s, name=f"{s.name}-9.0", version="9.0") for s in SCENARIOS if s.version == "8.8")
"""The same on the modern login engine, over TLS, with the licence."""


@dataclass
class Moment:
    """The `nth` request that fits, just before or just after it is carried out."""

    name: str
    fits: Callable[[web.Request, Any], bool]
    nth: int
    when: When
    reached: bool = field(default=False, init=False)

    def lay(self, world: World, bot: Forked) -> None:
        """Sets the trap on both stand-ins, with one count."""
        seen = 0

        def matches(request: web.Request, body: Any) -> bool:
            nonlocal seen
            seen += self.fits(request, body)
            return not self.reached and seen == self.nth and self.fits(request, body)

        async def kill(_: web.Request) -> None:
            self.reached = True
            await bot.kill()

        for standin in (world.rocketchat, world.encvoy):
            standin.faults.add(Fault(effect=FaultEffect.DROP, when=self.when, matches=matches, call=kill))


def is_write(request: web.Request, _: Any) -> bool:
    """Whether it may change a setting or an application."""
    return request.method in WRITING and request.path.startswith(ROUTES)


def is_settings_write(request: web.Request, body: Any) -> bool:
    """Whether it writes settings of Rocket.Chat."""
    return is_write(request, body) and request.path.startswith("/api/v1/settings")


def is_probe(request: web.Request, _: Any) -> bool:
    """Whether it shows a secret to Encvoy ID."""
    return request.path == "/oidc/request"


def is_answer(*, final: bool) -> Callable[[web.Request, Any], bool]:
    """Whether it puts a text into the thread: the result, which mentions whoever asked, or one on the way."""

    def fits(request: web.Request, body: Any) -> bool:
        if not request.path.startswith(ANSWERS) or not isinstance(body, dict):
            return False
        message = body.get("message")
        text = message.get("msg", "") if isinstance(message, dict) else body.get("text", "")
        in_thread = not isinstance(message, dict) or "tmid" in message
        return in_thread and str(text).startswith("@") is final

    return fits


@dataclass(frozen=True)
class Records:
    """What the bot's database holds."""

    connection: Connection | None
    operations: tuple[Operation, ...]
    unfinished: tuple[Operation, ...]


async def records(world: World, *messages: str) -> Records:
    """Read with the store's own classes; `messages` are ids of commands."""
    config = config_from(world.play.env)
    database = await open_database(config.database_url)
    try:
        operations = SqlOperations(database, SystemClock())
        found = [await operations.of_message(message) for message in messages]
        return Records(
            await SqlConnections(database, Vault(config.keys), SystemClock()).get(),
            tuple(operation for operation in found if operation is not None),
            await operations.unfinished(),
        )
    finally:
        await database.close()


async def fingerprints_of(world: World) -> Fingerprints:
    """Those of the bot whose database this is."""
    config = config_from(world.play.env)
    database = await open_database(config.database_url)
    try:
        return await kept_fingerprints(SqlNotes(database, SystemClock()), Vault(config.keys))
    finally:
        await database.close()


@dataclass(frozen=True)
class Aftermath:
    """What was there before the command, what the first crash left, and where to look now."""

    scenario: Scenario
    world: World = field(repr=False)
    message_id: str
    old_secret: str | None = field(repr=False)
    clients: frozenset[str]
    """Ids of all applications before the command."""
    at_death: Records = field(repr=False)


@asynccontextmanager
async def scene(folder: Path, scenario: Scenario) -> AsyncIterator[World]:
    """A world in which the scenario's command can be typed; no bot in it."""
    options = as_people_run_it(folder, scenario.version)
    async with (
        scenario.database() as database,
        world_at(folder, database=database, settle=scenario.settle, **options) as world,
    ):
        if scenario.before:
            async with world.play.bot():
                for words in scenario.before:
                    await world.ask(words)
        yield world


async def writes_of(folder: Path, scenario: Scenario) -> list[tuple[str, str]]:
    """Runs it without a crash; the writes, from the ledgers."""
    async with scene(folder, scenario) as world, world.play.bot():
        before = len(world.writes())
        await world.ask(scenario.words)
        return world.writes()[before:]


async def survive(
    folder: Path, scenario: Scenario, *moments: Moment, program: Program = run, ill: Fault | None = None
) -> None:
    """Kills the operation at the first moment, each new start at the next one (none: the program does it itself), then
    starts anew and checks everything. `ill` breaks Encvoy ID until the first crash."""
    async with scene(folder, scenario) as world:
        bot = world.forked()
        clients = frozenset(world.encvoy.clients.by_id)
        old = world.state().accepted
        bot.start(program)
        await bot.listening()
        if ill is not None:
            world.encvoy.faults.add(ill)
        for moment in moments[:1]:
            moment.lay(world, bot)
        message_id = await world.admin.send(f"!sso {scenario.words}")
        try:
            await died(world, bot)
            at_death = await records(world, message_id)
            for moment in moments[1:]:
                moment.lay(world, bot)
                bot.start(run)
                await died(world, bot)
            bot.start(run)
            await answered(world, message_id)
            await world.ask("help")  # comes after everything that catching up may have found
        finally:
            await bot.stop()
        await check(Aftermath(scenario, world, message_id, old, clients, at_death))


async def died(world: World, bot: Forked) -> None:
    """Returns when the process is dead; removes the trap."""
    await bot.dead()
    for standin in (world.rocketchat, world.encvoy):
        standin.faults.clear()


async def answered(world: World, message_id: str, timeout: float = 30.0) -> None:
    """Returns when the operation of that message is at rest."""
    config = config_from(world.play.env)
    database = await open_database(config.database_url)
    try:
        operations = SqlOperations(database, SystemClock())
        async with asyncio.timeout(timeout):
            while True:
                found = await operations.of_message(message_id)
                if found is not None and found.delivered:
                    return
                await asyncio.sleep(0.05)
    finally:
        await database.close()


async def check(after: Aftermath) -> None:
    """One application, one service, one secret on both sides, one true answer in the thread, one line in the log of all
    starts that it ended; nothing done twice."""
    _check_systems(after)
    await _check_records(after)
    await _check_answer(after)
    _check_log(after)
    _check_done_once(after)


async def check_case(after: Aftermath) -> None:
    """The same for a kill at any moment: the line in the log may be missing, if the process died between the commit of
    the end and that line."""
    _check_systems(after)
    await _check_records(after)
    await _check_answer(after)
    assert len(_ends(after)) <= 1, "the log says more than once that it ended"
    _check_done_once(after)


def _ends(after: Aftermath) -> list[dict[str, Any]]:
    log = after.world.forked().log.read_text().splitlines()
    return [line for line in map(json.loads, log) if line["event"] == ENDED and line["message"] == after.message_id]


def _check_systems(after: Aftermath) -> None:
    world, state = after.world, after.world.state()
    services = {s.id for s in world.rocketchat.settings if re.fullmatch(r"Accounts_OAuth_Custom-[^-]+", s.id)}
    if after.scenario.gone:
        left = (state.applications, services, world.rocketchat.login_services.get(SERVICE))
        assert left == (0, set(), None), f"left: {left}"
        return
    assert state.applications == 1, f"{state.applications} applications"
    ours = [c for c in world.encvoy.clients.by_id.values() if f"/_oauth/{SERVICE}" in str(c["redirect_uris"])]
    assert len(ours) == 1
    assert re.fullmatch(r"ssobot [0-9a-f]{8}", ours[0]["description"])
    new = frozenset(world.encvoy.clients.by_id) - after.clients
    assert new == (frozenset() if after.scenario.before else {ours[0]["client_id"]})
    assert services == {SETTINGS}
    assert state.stored == state.accepted, "the two sides hold different secrets"
    assert state.live == (state.accepted if after.scenario.on else None)
    assert world.rocketchat.settings.get(SETTINGS) is after.scenario.on
    assert world.rocketchat.settings.get(f"{SETTINGS}-id") == ours[0]["client_id"]


async def _check_records(after: Aftermath) -> None:
    found = await records(after.world, after.message_id)
    connection = found.connection
    if after.scenario.gone:
        assert connection is None
        assert all(operation.receipt is not None for operation in found.operations), "the receipt went with it"
    else:
        assert connection is not None
        assert connection.current is not None
        assert connection.current.reveal() == after.world.state().accepted
        assert (connection.pending, connection.undoing, connection.enabled) == (None, False, after.scenario.on)
    assert found.unfinished == ()
    assert len(found.operations) == 1


async def _check_answer(after: Aftermath) -> None:
    results = await after.world.admin.results(after.message_id)
    assert len(results) == 1, f"{len(results)} answers"
    [text] = results
    progress = [str(message["msg"]) for message in await after.world.admin.thread(after.message_id)]
    assert not any("…" in said.splitlines()[-1] for said in progress), "a progress that never ends"
    now = after.world.state().accepted
    if after.scenario.words == "rotate":
        fingerprints = await fingerprints_of(after.world)
        assert f"fingerprint {fingerprints.of(Secret(now or ''))}" in text, text
    if after.scenario.words == "rotate" and now == after.old_secret:
        assert "Not rotated" in text, text
    else:
        assert after.scenario.said in text, text
        assert "Not done" not in text, text


def _check_log(after: Aftermath) -> None:
    lines = _ends(after)
    assert len(lines) == 1, f"{len(lines)} lines in the log say that it ended"
    assert lines[0]["command"] == after.scenario.words.split()[0]
    assert lines[0]["receipt"] is True


def _check_done_once(after: Aftermath) -> None:
    """The secret that was being changed at the crash is now in use, or the old one again."""
    now = after.world.state().accepted
    connection = after.at_death.connection
    if after.scenario.gone:
        writes = [path for _, path in after.world.writes() if path.endswith("addCustomOAuth")]
        assert len(writes) == 1, "a service was created to be removed"
    on_its_way = None if connection is None or after.scenario.gone else connection.pending or connection.current
    if on_its_way is not None and on_its_way.reveal() != after.old_secret:
        assert now in (on_its_way.reveal(), after.old_secret)
    used = {e.body["secret"] for e in after.world.encvoy.ledger.of("switched")} - {after.old_secret}
    assert len(used) <= 1, "more than one new secret was brought to Encvoy ID"
