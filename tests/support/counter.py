"""Every command on in-memory systems: what it asks, in which order, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.chatops.answer import Answer, render
from bot.chatops.grammar import Invocation, parse
from bot.chatops.ports import Person, Room
from bot.chatops.registry import Call, OperationRef, Registry
from bot.connection.lost_key import Locked
from bot.connection.state import Connection
from bot.doctor.checks import CheckState, Finding, Result
from bot.doctor.verdict import Verdict
from bot.errors import UserError
from bot.rocketchat.names import service_name
from bot.schedule.watching import Watcher
from bot.secret import Fingerprints
from commands import register_all
from commands.context import CommandContext
from tests.support.chat import MemoryNotes
from tests.support.clocks import ManualClock
from tests.support.memory_connections import MemoryConnections
from tests.support.memory_encvoy import MemoryEncvoyId
from tests.support.memory_history import MemoryHistory
from tests.support.memory_rocketchat import MemoryRocketChat
from tests.support.scripted import Scripted
from tests.support.unattended import MemorySchedules, MemoryWatch

WRITES = frozenset(
    {
        "create_service",
        "write_service",
        "remove_service",
        "create_application",
        "write_application",
        "attach_rules",
        "detach_rules",
        "delete_application",
        "save",
        "forget",
        "allow",
        "change_schedule",
        "forget_schedule",
        "keep_watch",
    }
)


_ADMIN_ROOM = Room("r1", "sso-admins", "p", encrypted=False, members=3)
ALL_WELL = Verdict((Finding("Everything", Result(CheckState.PASSED, "it is")),))


@dataclass
class MemorySlash:
    """The setting about slash commands."""

    world: Scripted
    on: bool = False

    async def allowed(self) -> bool:
        self.world.before("allowed")
        return self.on

    async def allow(self, on: bool) -> None:
        self.world.before("allow")
        self.on = on


@dataclass
class MemoryDoctor:
    """A doctor that gives the verdict of the test, and records which connections it examined."""

    verdict: Verdict = ALL_WELL
    examined: list[Connection | Locked | None] = field(default_factory=list)

    async def __call__(self, connection: Connection | Locked | None) -> Verdict:
        self.examined.append(connection)
        return self.verdict


@dataclass
class Spoken:
    """What a command said while it worked."""

    steps: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    alarms: list[str] = field(default_factory=list)
    doings: list[str] = field(default_factory=list)

    def step(self, text: str) -> None:
        self.steps.append(text)

    def did(self, text: str, seconds: float) -> None:
        self.steps.append(text)

    def note(self, text: str) -> None:
        self.notes.append(text)

    def remark(self, text: str) -> None:
        self.remarks.append(text)

    def alarm(self, text: str) -> None:
        self.alarms.append(text)

    def doing(self, text: str) -> None:
        self.doings.append(text)


@dataclass
class MemoryPrivate:
    """The direct message to whoever gave the command."""

    sent: list[Answer] = field(default_factory=list)
    opened: int = 0
    error: UserError | None = None

    async def open(self) -> None:
        self.opened += 1
        if self.error is not None:
            raise self.error

    async def send(self, answer: Answer) -> None:
        self.sent.append(answer)

    @property
    def text(self) -> str:
        """The last one, as people read it."""
        return render((), self.sent[-1], prefix="!sso")


@dataclass
class Counter:
    """Takes commands, with both systems in memory."""

    world: Scripted
    rocketchat: MemoryRocketChat
    encvoy: MemoryEncvoyId
    connections: MemoryConnections
    slash: MemorySlash
    registry: Registry
    doctor: MemoryDoctor
    context: CommandContext
    notes: MemoryNotes
    schedules: MemorySchedules
    watch: MemoryWatch
    history: MemoryHistory
    refusal: UserError | None = None
    """Raised when a command asks whether it may go on."""
    spoken: Spoken = field(default_factory=Spoken)
    private: MemoryPrivate = field(default_factory=MemoryPrivate)
    room: Room = _ADMIN_ROOM
    zone: str | None = "Europe/Madrid"
    """Of the workspace."""
    operation: str = "op1"
    """The id of the operation that a command is."""

    @property
    def woken(self) -> int:
        """How often the scheduler was woken by the last command."""
        return self.world.calls.count("wake")

    async def run(
        self, words: str, *, resumed: bool = False, receipt: Mapping[str, object] | None = None
    ) -> tuple[Answer, str]:
        """Types the words; the answer, and everything as people read it."""
        invocation = parse(f"!sso {words}", self.registry.commands, bot_username="ssobot")
        assert isinstance(invocation, Invocation), invocation
        self.spoken = Spoken()
        self.world.calls.clear()
        answer = await invocation.command.handler(
            Call(
                who=Person("u1", "anna", frozenset({"admin"}), active=True, type="user"),
                room=self.room,
                arguments=invocation.arguments,
                options=invocation.options,
                progress=self.spoken,
                authorize=self._authorize,
                operation=OperationRef(self.operation, resumed=resumed, receipt=receipt),
                private=self.private,
            )
        )
        return answer, render((), answer, prefix="!sso")

    @property
    def writes(self) -> list[str]:
        """The calls of the last command that may have changed something."""
        return [call for call in self.world.calls if call in WRITES]

    async def _authorize(self) -> None:
        self.world.calls.append("authorize")
        if self.refusal is not None:
            raise self.refusal


def new_counter() -> Counter:
    """Two empty systems, nothing connected, and a doctor whose checks all pass."""
    world = Scripted(ManualClock())
    encvoy = MemoryEncvoyId(world)
    rocketchat = MemoryRocketChat(world, accepts=encvoy.takes)
    connections, slash, notes = MemoryConnections(world), MemorySlash(world), MemoryNotes()
    doctor, history = MemoryDoctor(), MemoryHistory()
    schedules, watch = MemorySchedules(called=world.before), MemoryWatch(called=world.before)
    counter: Counter

    async def zone() -> str | None:
        return counter.zone

    context = CommandContext(
        rocketchat=rocketchat,
        encvoy=encvoy,
        connections=connections,
        clock=world.clock,
        fingerprints=Fingerprints(b"k" * 32),
        rocketchat_url="https://chat.example.org",
        service_name=service_name,
        examine=doctor,
        slash=slash,
        notes=notes,
        previous=connections,
        history=history,
        schedules=schedules,
        watcher=Watcher(watch, world.clock),
        wake=lambda: world.calls.append("wake"),
        zone=zone,
        draw=lambda: 0.5,
    )
    registry = register_all(Registry(), context)
    counter = Counter(
        world, rocketchat, encvoy, connections, slash, registry, doctor, context, notes, schedules, watch, history
    )
    return counter
