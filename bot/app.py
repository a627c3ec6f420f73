"""Builds every part and joins them: the only file that knows them all."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from functools import partial

import click
import structlog

from bot import redaction
from bot.chatops.audit import counted
from bot.chatops.heard import heard_until
from bot.chatops.reception import Identity
from bot.chatops.registry import Registry
from bot.chatops.service import Chatops
from bot.clock import Clock, SystemClock
from bot.config import Config
from bot.connection.asking import or_unknown
from bot.connection.lost_key import Locked, without_secrets
from bot.connection.state import Connection
from bot.connection.unknown import Unknown
from bot.doctor.own import OwnMachine
from bot.doctor.verdict import Verdict
from bot.errors import ConfigError, StoreUnavailable, Unauthenticated, UserError
from bot.http import at_once
from bot.leader import ended, lead, until_one_ends
from bot.retry import until_available
from bot.rocketchat.names import service_name
from bot.schedule.attention import Attention
from bot.schedule.examination import ConnectionExaminer
from bot.schedule.watching import Watcher
from bot.secret import Fingerprints
from bot.store.connections import SqlConnections
from bot.store.engine import Database, open_database
from bot.store.file_lock import alone
from bot.store.fingerprints import kept_fingerprints
from bot.store.history import SqlHistory
from bot.store.lease import Lease, Terms
from bot.store.migrate import NotOurs, check, upgrade
from bot.store.notes import SqlNotes
from bot.store.operations import SqlOperations
from bot.store.retention import Retention
from bot.store.rotations import SqlRotations
from bot.store.schedules import SqlSchedules
from bot.store.sealed import try_keys
from bot.store.vault import Vault
from bot.store.watch import NotedWatch
from bot.systems import Systems, systems
from bot.tls import client_context
from bot.unattended import Unattended
from bot.web.health import application, serving
from bot.web.heartbeat import Heartbeat
from bot.web.metrics import Metrics
from bot.web.port import try_port
from bot.web.readings import Sources
from commands import register_all
from commands.context import CommandContext
from commands.correction import correction
from commands.lost_key import lost_key

_log = structlog.get_logger()

HEALTH_SECONDS = 2.0
"""How long `/healthz` waits for the database; a monitor has a time-out of its own."""

TERMS = Terms()
"""Of the lease that decides which of several instances works."""

SCHEMA_SECONDS = 30.0
"""Seconds between two checks whether the database still has the schema of this version."""


@dataclass
class Bot:
    """The running bot."""

    systems: Systems
    database: Database
    lease: Lease | None = None
    """None: nobody else can use this database."""
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once it listens and has begun to recover what an earlier process left."""
    unattended: Unattended | None = None
    """What works without being asked, while this instance works."""
    heartbeat: Heartbeat = field(init=False)
    metrics: Metrics = field(init=False)

    def __post_init__(self) -> None:
        config, clock = self.systems.config, self.systems.clock
        self.metrics = Metrics(clock)
        self.heartbeat = Heartbeat(config.heartbeat_url, clock, tls=client_context(config.ca_file))

    async def serve(self) -> None:
        """Runs until cancelled. ConfigError if the configuration is wrong or the database is too new."""
        work = partial(self._work, await self._identity())
        working = work() if self.lease is None else lead(self.lease, self.systems.clock, work)
        await until_one_ends(working, self._watch_the_schema())

    async def _work(self, identity: Identity) -> None:
        """What only one instance does, until cancelled."""
        database = self.database if self.lease is None else self.lease.working()
        systems, notes = self.systems, SqlNotes(database, self.systems.clock)
        systems.server_clock.begin(await until_available(partial(heard_until, notes)))
        self.unattended = self._unattended(database)
        fingerprints = await until_available(partial(kept_fingerprints, notes, Vault(systems.config.keys)))
        chatops = self._chatops(identity, database, fingerprints, self.unattended)
        announcing = asyncio.create_task(self._announce(chatops), name="announce")
        beating = asyncio.create_task(self.heartbeat.run(), name="heartbeat")
        try:
            retention = Retention(database, systems.config.history_days)
            await until_one_ends(systems.realtime.run(), chatops.run(), retention.run(systems.clock))
        finally:
            self.ready.clear()
            self.metrics.forget()
            await ended(beating)
            await ended(announcing)

    async def _watch_the_schema(self) -> None:
        """NotOurs as soon as an instance of a newer version has migrated the database under this one."""
        while True:
            await self.systems.clock.sleep(SCHEMA_SECONDS)
            with contextlib.suppress(StoreUnavailable):
                await check(self.database)

    async def _announce(self, chatops: Chatops) -> None:
        await chatops.recovered.wait()
        await self.systems.realtime.connected.wait()
        self.ready.set()
        _log.info("listening", rocketchat=self.systems.config.rocketchat_url)

    async def _identity(self) -> Identity:
        """The bot's own account; waits for Rocket.Chat if it is away."""
        try:
            me = await until_available(self.systems.rocketchat.facts.me)
        except Unauthenticated:
            raise ConfigError(
                "SSOBOT_ROCKETCHAT_USER_ID and SSOBOT_ROCKETCHAT_TOKEN are not accepted by Rocket.Chat."
            ) from None
        return Identity(me.id, me.username)

    async def _whoami(self) -> str:
        return (await self.systems.rocketchat.facts.me()).username

    def _unattended(self, database: Database) -> Unattended:
        clock = self.systems.clock
        watcher = Watcher(NotedWatch(SqlNotes(database, clock)), clock)
        unattended = Unattended(
            SqlSchedules(database, clock), watcher, clock, self.heartbeat.beat, self.metrics.scheduler_event
        )
        connections = SqlConnections(database, Vault(self.systems.config.keys), clock)
        known, rotations = partial(without_secrets, connections.get), SqlRotations(database)
        self.metrics.readings = Sources(unattended.schedules.get, known, rotations.last, watcher.state, clock).read
        return unattended

    def _chatops(
        self, identity: Identity, database: Database, fingerprints: Fingerprints, unattended: Unattended
    ) -> Chatops:
        systems, config = self.systems, self.systems.config
        vault = Vault(config.keys)
        slash, notes = systems.rocketchat.facts, SqlNotes(database, systems.clock)
        systems.remember(notes)
        connections = SqlConnections(database, vault, systems.clock)
        context = CommandContext(
            rocketchat=systems.rocketchat,
            encvoy=systems.encvoy,
            connections=connections,
            clock=systems.clock,
            fingerprints=fingerprints,
            rocketchat_url=config.rocketchat_url,
            service_name=service_name,
            examine=self._examine,
            slash=slash,
            notes=notes,
            previous=connections,
            history=SqlHistory(database),
            schedules=unattended.schedules,
            watcher=unattended.watcher,
            wake=unattended.waker.wake,
            zone=systems.rocketchat.facts.time_zone,
            draw=unattended.draw,
        )
        examiner = ConnectionExaminer(context, self._examine, systems.encvoy.version)
        self.heartbeat.failing = Attention(unattended.schedules, examiner, systems.clock)
        return Chatops(
            chat=systems.chat,
            listener=systems.realtime,
            operations=SqlOperations(database, systems.clock),
            notes=notes,
            slash=slash,
            registry=register_all(Registry(), context),
            clock=systems.clock,
            identity=identity,
            admin_room=config.admin_room,
            admin_roles=config.admin_roles,
            time=systems.server_clock,
            whoami=self._whoami,
            announcements=(lost_key(context), correction(context)),
            buttons=config.buttons,
            report_room=config.report_room,
            unattended=partial(unattended.run, examiner),
            listeners=(lambda *_: unattended.waker.wake(), counted(self.metrics.operation_ended)),
            heard=self.metrics.message_heard,
        )

    async def _examine(self, connection: Connection | Locked | None) -> Verdict:
        verdict = await self.systems.examine(connection)
        self.metrics.verdict(verdict)
        return verdict

    async def health(self) -> Mapping[str, str | None]:
        """For `/healthz`. A standby has nothing to do with Rocket.Chat, and does not listen."""
        if self.lease is not None and not self.lease.held:
            waiting = None if self.lease.elsewhere else "starting"
            return {"database": await self._database_trouble(), "standby": waiting}
        state = self.systems.realtime.state
        reason = None if state.connected else (state.error.text if state.error else "connecting")
        return {
            "rocketchat": reason,
            "database": await self._database_trouble(),
            "listening": None if self.ready.is_set() else "starting",
        }

    async def _database_trouble(self) -> str | None:
        try:
            async with asyncio.timeout(HEALTH_SECONDS):
                await self.database.ping()
        except TimeoutError:
            return "it does not answer"
        except StoreUnavailable as error:
            return error.what
        return None


@contextlib.asynccontextmanager
async def building(config: Config, clock: Clock | None = None) -> AsyncIterator[Bot]:
    """The bot with its database migrated, before it serves. ConfigError if another one uses its file."""
    clock = clock or SystemClock()
    async with contextlib.AsyncExitStack() as stack:
        database = await open_database(config.database_url)
        stack.push_async_callback(database.close)
        await stack.enter_async_context(alone(config.database_url, clock))
        await upgrade(database)
        lease = Lease(database, clock, TERMS) if database.is_postgresql else None
        guard = at_once if lease is None else lease.guard
        yield Bot(await stack.enter_async_context(systems(config, clock, guard)), database, lease)


def run(config: Config) -> int:
    """`ssobot run`: until SIGTERM or SIGINT. Returns the exit status."""
    redaction.redact_values(config.secrets())
    return asyncio.run(_run(config))


async def _run(config: Config) -> int:
    _end_at_a_signal()
    with contextlib.suppress(asyncio.CancelledError):
        async with building(config) as bot, serving(application(bot.health, bot.metrics), config.listen) as listen:
            _log.info("started", health=f"http://{listen}/healthz")
            await bot.serve()
    return 0


def _end_at_a_signal() -> None:
    """Cancels this task at SIGTERM and SIGINT, once. Call it first: the first process of a container ignores every
    signal without a handler."""
    task = asyncio.current_task()
    assert task is not None

    def end() -> None:
        if not task.cancelling():
            task.cancel()

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, end)


def doctor(config: Config) -> int:
    """`ssobot doctor`: prints a line for each check; 1 if one failed."""
    return asyncio.run(_doctor(config))


async def _doctor(config: Config) -> int:
    clock = SystemClock()
    async with systems(config, clock) as both, contextlib.AsyncExitStack() as stack:
        port = await try_port(config.listen)
        try:
            database = await open_database(config.database_url)
            stack.push_async_callback(database.close)
            await check(database)
            notes = SqlNotes(database, clock)
            if await notes.are_there():
                both.remember(notes)
            place = OwnMachine(True, await or_unknown(try_keys(database, Vault(config.keys))), port)
        except NotOurs:
            raise
        except UserError as error:
            place = OwnMachine(Unknown(error.text, "Correct SSOBOT_DATABASE_URL."), None, port)
        verdict = await both.examine(None, place)
    for line in verdict.lines(terminal=True):
        click.echo(line)
    return 1 if verdict.failed else 0
