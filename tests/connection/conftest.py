"""A world in memory: both systems, the store, a clock that moves by itself, and a connection to make real."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest

from bot.connection.changes import Change
from bot.connection.ports import Context
from bot.connection.receipt import Receipt
from bot.connection.reconcile import Reconciler
from bot.connection.state import Connection, Marker, ServiceName
from bot.errors import UserError
from bot.secret import Fingerprints, Secret
from tests.support.clocks import ManualClock
from tests.support.memory_connections import MemoryConnections
from tests.support.memory_encvoy import MemoryEncvoyId
from tests.support.memory_rocketchat import MemoryRocketChat
from tests.support.scripted import Scripted

OLD, NEW = Secret("o" * 64), Secret("n" * 64)
FINGERPRINTS = Fingerprints(b"k" * 32)


@dataclass
class Told:
    """A narrator that remembers."""

    did_: list[Change] = field(default_factory=list)
    took: list[float] = field(default_factory=list)
    """Seconds, of each of them."""
    unseen: list[Change] = field(default_factory=list)
    undone: list[str] = field(default_factory=list)
    stuck_: list[str] = field(default_factory=list)
    alarms: list[str] = field(default_factory=list)

    def did(self, change: Change, desired: Connection, seconds: float, *, seen: bool = True) -> None:
        self.did_.append(change)
        self.took.append(seconds)
        self.unseen += [] if seen else [change]

    def alarm(self, why: str) -> None:
        self.alarms.append(why)

    def undoing(self, why: str) -> None:
        self.undone.append(why)

    def stuck(self, surprise: UserError) -> None:
        self.stuck_.append(surprise.text)


@dataclass
class Bench:
    """Everything a test of the loop touches."""

    world: Scripted
    rocketchat: MemoryRocketChat
    encvoy: MemoryEncvoyId
    connections: MemoryConnections
    told: Told = field(default_factory=Told)

    @property
    def context(self) -> Context:
        return Context(self.rocketchat, self.encvoy, self.connections, self.world.clock, FINGERPRINTS)

    async def allowed(self) -> None:
        """Leave to begin."""
        self.world.calls.append("authorize")

    async def run(self, desired: Connection | None = None) -> tuple[Connection, Receipt]:
        """Saves what is desired if it is given, then runs the loop as a new process would."""
        if desired is not None:
            self.connections.row = desired
        assert self.connections.row is not None
        return await Reconciler(self.context, self.told, "op").run(self.connections.row)

    def secrets(self) -> tuple[str, str]:
        """What Rocket.Chat stores and what Encvoy ID accepts."""
        (application,) = self.encvoy.applications_by_id.values()
        return self.rocketchat.secrets["Encvoyid"].reveal(), application.secret.reveal()

    def forget_faults(self) -> None:
        self.world.script = lambda call: None
        self.world.calls.clear()


def new_connection(**changes: object) -> Connection:
    """A connection that was just asked for."""
    connection = Connection(
        id="7f3c0a1b",
        name=ServiceName("Encvoy ID", "Encvoyid"),
        site_url="https://chat.example.org",
        application_name="Rocket.Chat (chat.example.org)",
        settings={
            "url": "https://id.example.org",
            "token_path": "/oidc/token",
            "scope": "openid profile email",
            "merge_users": True,
        },
        pending=OLD,
    )
    return replace(connection, **changes)  # type: ignore[arg-type]


def exchange(connection: Connection, secret: Secret = NEW) -> Connection:
    """What `rotate` asks for."""
    return replace(connection, pending=secret, marker=Marker("button_label_color", "#FFFFFf"))


@pytest.fixture
def bench() -> Bench:
    world = Scripted(ManualClock())
    encvoy = MemoryEncvoyId(world)
    rocketchat = MemoryRocketChat(world, accepts=encvoy.takes)
    return Bench(world, rocketchat, encvoy, MemoryConnections(world))


@pytest.fixture
async def standing(bench: Bench) -> Bench:
    """A connection that was set up and works."""
    await bench.run(new_connection())
    bench.forget_faults()
    bench.told = Told()
    return bench
