"""The world of the simulation: both systems, one database, and the processes of the bot."""

from __future__ import annotations

import asyncio
import json
import random
from dataclasses import dataclass, field
from functools import partial
from typing import Any, cast

from bot.chatops.codes import NOTE
from bot.chatops.heard import heard_until
from bot.chatops.ports import Message, Operation, OperationState
from bot.chatops.reception import Identity
from bot.chatops.registry import Registry
from bot.chatops.service import Chatops
from bot.connection.state import Application, Connection
from bot.leader import lead
from bot.retry import until_available
from bot.rocketchat.names import service_name
from bot.schedule.examination import ConnectionExaminer
from bot.schedule.ports import Floor
from bot.schedule.scheduler import Scheduler
from bot.schedule.watching import Watcher
from bot.secret import Fingerprints
from commands import register_all
from commands.context import CommandContext
from commands.correction import correction
from tests.support.chat import ADMIN_ROOM, ANNA, BOT_ID, BOT_NAME, MARC, MemoryNotes, MemorySlash
from tests.support.memory_history import MemoryHistory
from tests.support.simulation.around import ServersTime, Stream, VirtualWaker
from tests.support.simulation.doctor import Doctor
from tests.support.simulation.process import LeaseRow, Linked, Process, on_its_own, tracking
from tests.support.simulation.systems import (
    LinkedConnections,
    LinkedOperations,
    Quiet,
    Secrets,
    SimulatedEncvoyId,
    SimulatedRocketChat,
    WatchedChat,
    WatchedSchedules,
)
from tests.support.simulation.virtual import VirtualClock, VirtualLoop
from tests.support.simulation.weather import WRITES, Side, Weather
from tests.support.unattended import MemoryWatch

FINGERPRINTS = Fingerprints(b"k" * 32)
ZONE = "Europe/Madrid"


@dataclass
class World:
    """Everything, on one loop."""

    loop: VirtualLoop
    rng: random.Random = field(default_factory=lambda: random.Random(0))
    weather: Weather = field(default_factory=Weather)
    secrets: Secrets = field(default_factory=Secrets)
    heard: list[Message] = field(default_factory=list)
    """Every message that people typed, oldest first."""
    processes: list[Process] = field(default_factory=list)
    meddled: int = 0
    """How often somebody else changed something, or a write landed late."""
    began_after: dict[str, int] = field(default_factory=dict)
    """For each operation, `meddled` when it was first seen."""
    untrue: list[str] = field(default_factory=list)
    """Verdicts with ✓ that were not so when they were committed."""
    troubles: list[str] = field(default_factory=list)
    """What the loop reports: errors of tasks that nobody awaited."""

    def __post_init__(self) -> None:
        self.loop.set_task_factory(tracking)  # typeshed wants every keyword
        self.loop.set_exception_handler(lambda _, about: self.troubles.append(str(about.get("exception"))))
        self.clock = VirtualClock(self.loop)
        quiet = Quiet(self.clock)
        self.lease, self.news = LeaseRow(self.loop), asyncio.Event()
        self.encvoy = SimulatedEncvoyId(quiet, secrets=self.secrets)
        self.rocketchat = SimulatedRocketChat(quiet, accepts=self.encvoy.takes)
        self.chat = WatchedChat({p.id: p for p in (ANNA, MARC)}, secrets=self.secrets)
        self.operations = LinkedOperations(clock=self.clock, ended=self._ended)
        self.connections = LinkedConnections(quiet, operations=self.operations, secrets=self.secrets)
        self.operations.connections = self.connections
        self.schedules = WatchedSchedules(clock=self.clock)
        self.watch, self.notes, self.history = MemoryWatch(), MemoryNotes(), MemoryHistory()
        self.slash = MemorySlash(on=True)

    # -- processes

    def start(self) -> Process:
        """One more process of the bot."""
        process = Process(self.weather, self.lease, self.landed_late)
        self.processes = [*self.alive, process]
        process.start(lambda: lead(cast(Any, process), self.clock, partial(self._work, process)))
        return process

    @property
    def alive(self) -> list[Process]:
        """The processes that were not killed."""
        return [one for one in self.processes if not one.dead]

    async def _work(self, process: Process) -> None:
        store = partial(Linked, process, Side.STORE)
        notes = cast(Any, store(self.notes))
        since = await until_available(partial(heard_until, notes)) or self.clock.true()
        watcher, waker = Watcher(cast(Any, store(self.watch)), self.clock), VirtualWaker(self.clock)
        rocketchat = cast(Any, Linked(process, Side.ROCKETCHAT, self.rocketchat))
        encvoy = cast(Any, Linked(process, Side.ENCVOY, self.encvoy))
        connections, schedules = cast(Any, store(self.connections)), cast(Any, store(self.schedules))
        doctor = Doctor(rocketchat, encvoy)
        context = CommandContext(
            rocketchat=rocketchat,
            encvoy=encvoy,
            connections=connections,
            clock=self.clock,
            fingerprints=FINGERPRINTS,
            rocketchat_url="https://chat.example.org",
            service_name=service_name,
            examine=doctor,
            slash=cast(Any, Linked(process, Side.CHAT, self.slash)),
            notes=notes,
            previous=connections,
            history=self.history,
            schedules=schedules,
            watcher=watcher,
            wake=waker.wake,
            zone=_zone,
            draw=self.rng.random,
        )
        scheduler = Scheduler(
            schedules=schedules,
            watcher=watcher,
            examiner=ConnectionExaminer(context, doctor, _version),
            clock=self.clock,
            waker=waker,
            draw=self.rng.random,
        )

        async def unattended(floor: Floor) -> None:
            await scheduler.run(floor)

        await Chatops(
            chat=cast(Any, Linked(process, Side.CHAT, self.chat)),
            listener=Stream(self, process, since),
            operations=cast(Any, store(self.operations)),
            notes=notes,
            slash=context.slash,
            registry=register_all(Registry(), context),
            clock=self.clock,
            identity=Identity(BOT_ID, BOT_NAME),
            admin_room=ADMIN_ROOM.name,
            admin_roles=frozenset({"admin"}),
            time=ServersTime(self.clock, since),
            whoami=_name,
            announcements=(correction(context),),
            unattended=unattended,
            listeners=(lambda *_: waker.wake(),),
        ).run()

    # -- people

    def type(self, words: str) -> str:
        """Anna types a command; the id of her message."""
        return self.push(
            Message(
                f"m{len(self.heard)}", ADMIN_ROOM.id, "p", ANNA.id, ANNA.username, f"!sso {words}", self.clock.true()
            )
        )

    def push(self, message: Message) -> str:
        """Rocket.Chat pushes a message, perhaps again."""
        self.heard.append(message)
        self.news.set()
        self.news = asyncio.Event()
        return message.id

    # -- time

    def run(self, seconds: float) -> None:
        """Lets so much time pass."""
        self.loop.run_until_complete(asyncio.sleep(seconds))

    def close(self) -> None:
        """Nothing of it goes on."""
        for process in self.processes:
            process.kill()
        self.run(30)
        for task in asyncio.all_tasks(self.loop):
            task.cancel()
        self.run(0.01)
        self.loop.run_until_complete(self.loop.shutdown_asyncgens())

    # -- what is true

    @property
    def connection(self) -> Connection | None:
        """What the store holds."""
        return self.connections.row

    @property
    def application(self) -> Application | None:
        """The one that the connection names."""
        connection = self.connection
        return None if connection is None else self.encvoy.applications_by_id.get(connection.client_id or "")

    def ours(self) -> tuple[int, int]:
        """How many applications and services of ours there are."""
        mine = [a for a in self.encvoy.applications_by_id.values() if a.description.startswith("ssobot ")]
        return len(mine), len(self.rocketchat.settings)

    def disagreement(self) -> str | None:
        """What is not as it should be between both sides and the store."""
        connection, application = self.connection, self.application
        if connection is None or application is None:
            return "there is no application of ours"
        if application.secret != connection.secret:
            return "Encvoy ID has another secret than the store"
        if self.rocketchat.secrets.get(connection.name.key) != connection.secret:
            return "Rocket.Chat has another secret than the store"
        return None

    def codes(self) -> list[str]:
        """The codes that were shown, oldest first."""
        return [row["code"] for row in json.loads(self.notes.values.get(NOTE, "[]"))]

    def landed_late(self, name: str) -> None:
        """A write of a process that may not act any more."""
        self.meddled += 1
        self.chat.landing_late = name in WRITES[Side.CHAT]
        on_its_own(self.loop, self._adopt_as_foreign())

    async def _adopt_as_foreign(self) -> None:
        """What it has left at Encvoy ID is nothing that the present holder chose."""
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        self.secrets.foreign |= {a.secret.reveal() for a in self.encvoy.applications_by_id.values()}

    def _ended(self, operation: Operation) -> None:
        verdict = (operation.reply_text or "").partition("\n")[0]
        quiet = self.began_after.get(operation.id, self.meddled) == self.meddled
        removed = operation.words.startswith("remove") and "Removed: nothing of it is left" in verdict
        if removed and quiet and (self.ours() != (0, 0) or self.rocketchat.live_records or self.connection is not None):
            self.untrue.append(f"{operation.words}: {verdict} But {self.ours()} applications and services are there.")
        claims = (
            operation.words.split()[0] in ("rotate", "setup", "repair", "test") and "--dry-run" not in operation.words
        )
        if operation.state is OperationState.DONE and verdict.startswith("✓") and claims and quiet:
            wrong = self.disagreement()
            if wrong is not None:
                self.untrue.append(f"{operation.words}: {verdict} But {wrong}.")

    def note_begins(self) -> None:
        """To be called after each step of the machine."""
        for operation_id in self.operations.rows:
            self.began_after.setdefault(operation_id, self.meddled)


async def _zone() -> str | None:
    return ZONE


async def _version() -> str:
    return "1.0.10"


async def _name() -> str:
    return BOT_NAME
