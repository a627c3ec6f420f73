"""Both systems, the chat and the store of the simulation: the in-memory adapters of the tests on virtual time, with an
eye on what must never happen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.chatops.origin import FromSchedule
from bot.chatops.ports import Operation, OperationState, Outgoing
from bot.connection.moments import LiveSeen
from bot.connection.ports import ApplicationFields, Awaited
from bot.connection.state import Connection, ServiceName, SettingValue
from bot.errors import NoAnswer, NotLive, Rejected
from bot.schedule.rules import Rotation, Schedule
from bot.secret import Secret
from tests.support.chat import MemoryChat, MemoryOperations
from tests.support.memory_connections import MemoryConnections
from tests.support.memory_encvoy import MemoryEncvoyId
from tests.support.memory_rocketchat import MemoryRocketChat
from tests.support.scripted import Scripted
from tests.support.simulation.virtual import VirtualClock
from tests.support.unattended import MemorySchedules

POLL = 0.1
"""Seconds between two looks at what is live."""


class Quiet(Scripted):
    """Keeps no list of calls, and has no faults: those are on the way to the system."""

    def before(self, call: str) -> None:
        pass

    def after(self, call: str) -> None:
        pass


@dataclass
class Secrets:
    """Every secret that was ever anywhere."""

    seen: set[str] = field(default_factory=set)
    foreign: set[str] = field(default_factory=set)
    """Those that the bot did not choose."""
    leaked: list[str] = field(default_factory=list)
    """Texts that hold one."""

    def saw(self, *secrets: Secret | None) -> None:
        """These exist."""
        self.seen |= {secret.reveal() for secret in secrets if secret}

    def look_at(self, text: str) -> None:
        """A text that people read."""
        if any(secret in text for secret in self.seen):
            self.leaked.append("a secret is in a text")  # which is not repeated here


class SimulatedRocketChat(MemoryRocketChat):
    """What waits there does so in virtual time. A service that is gone cannot be written."""

    def _put(self, key: str, settings: Mapping[str, SettingValue | Secret]) -> None:
        if key not in self.settings:
            raise Rejected("Rocket.Chat", "POST /api/v1/settings")
        super()._put(key, settings)

    async def await_live(self, name: ServiceName, awaited: Awaited, expected: float | None, timeout: float) -> LiveSeen:
        clock = self.world.clock
        began = since = clock.monotonic()
        while True:
            self.tick()
            record = self.live_records.get(name.key)
            now = clock.monotonic()
            if awaited(record[0] if record else None):
                return LiveSeen(now, "poll", since=since, after=now - began, settle=now - began)
            if now >= began + timeout:
                raise NotLive("Rocket.Chat", "live")
            since = now
            await clock.sleep(POLL)


@dataclass
class SimulatedEncvoyId(MemoryEncvoyId):
    """Notes which secrets it has had, and which of them it chose itself."""

    secrets: Secrets = field(default_factory=Secrets)

    async def create_application(self, fields: ApplicationFields) -> str:
        client_id = await super().create_application(fields)
        own = self.applications_by_id[client_id].secret
        self.secrets.saw(own)
        self.secrets.foreign.add(own.reveal())
        return client_id

    async def write_application(self, client_id: str, fields: ApplicationFields) -> None:
        """One that is gone never answers (facts/encvoy-id.md §5)."""
        if client_id not in self.applications_by_id:
            raise NoAnswer("Encvoy ID", "PUT /api/v1/clients/:client_id")
        await super().write_application(client_id, fields)

    async def attach_rules(self, client_id: str, field_names: frozenset[str]) -> None:
        self._refuse_if_gone(client_id)
        await super().attach_rules(client_id, field_names)

    async def detach_rules(self, client_id: str, field_names: frozenset[str]) -> None:
        self._refuse_if_gone(client_id)
        await super().detach_rules(client_id, field_names)

    def _refuse_if_gone(self, client_id: str) -> None:
        if client_id not in self.applications_by_id:
            raise Rejected("Encvoy ID", "POST /api/v1/clients/:client_id/rules")


@dataclass
class WatchedChat(MemoryChat):
    """Every text is looked at as it arrives."""

    secrets: Secrets = field(default_factory=Secrets)
    landing_late: bool = False
    """The next write was on its way when its process ceased to lead."""
    late: set[str] = field(default_factory=set)
    """The messages that landed so."""

    async def post(self, message: Outgoing) -> None:
        self._look_at(message.id, message.text)
        await super().post(message)

    async def edit(self, message_id: str, room_id: str, text: str) -> None:
        self._look_at(message_id, text)
        await super().edit(message_id, room_id, text)

    def _look_at(self, message_id: str, text: str) -> None:
        self.secrets.look_at(text)
        if self.landing_late:
            self.late.add(message_id)
        self.landing_late = False


@dataclass
class LinkedOperations(MemoryOperations):
    """The table, as it hangs together with the connection's."""

    clock: VirtualClock | None = None
    ended: Callable[[Operation], None] = lambda _: None
    """Told of each end, at the moment of its commit."""
    late: list[str] = field(default_factory=list)
    """Operations of a schedule that began after their window."""
    connections: MemoryConnections | None = None

    async def note(self, operation_id: str, state: OperationState) -> None:
        origin = self.rows[operation_id].origin
        assert self.clock is not None
        if isinstance(origin, FromSchedule) and self.clock.now() >= origin.until:
            self.late.append(f"{origin.due} began at {self.clock.now().isoformat()}, after {origin.until.isoformat()}")
        await super().note(operation_id, state)

    async def finish(
        self, operation_id: str, state: OperationState, reply_text: str, receipt: Mapping[str, object] | None = None
    ) -> bool:
        there = await super().finish(operation_id, state, reply_text, receipt)
        assert self.connections is not None
        self.connections.befores.pop(operation_id, None)
        self.ended(self.rows[operation_id])
        return there


@dataclass
class LinkedConnections(MemoryConnections):
    """A receipt is written to the row of its operation."""

    operations: MemoryOperations = field(default_factory=MemoryOperations)
    secrets: Secrets = field(default_factory=Secrets)

    async def save(
        self,
        connection: Connection,
        *,
        operation_id: str | None = None,
        receipt: Mapping[str, Any] | None = None,
    ) -> None:
        self.secrets.saw(connection.current, connection.pending)
        await super().save(connection, operation_id=operation_id, receipt=receipt)
        self._link(operation_id, receipt)

    async def delete(
        self, connection_id: str, *, operation_id: str | None = None, receipt: Mapping[str, Any] | None = None
    ) -> None:
        await super().delete(connection_id, operation_id=operation_id, receipt=receipt)
        self._link(operation_id, receipt)

    def _link(self, operation_id: str | None, receipt: Mapping[str, Any] | None) -> None:
        if operation_id is not None and receipt is not None:
            rows = self.operations.rows
            rows[operation_id] = replace(rows[operation_id], receipt=receipt)


@dataclass
class WatchedSchedules(MemorySchedules):
    """Looks at when a rotation begins."""

    clock: VirtualClock | None = None
    wrong: list[str] = field(default_factory=list)
    begun: dict[str, int] = field(default_factory=dict)
    """How often it was stored for each due time that an operation begins."""

    async def change(self, change: Callable[[Schedule], Schedule]) -> Schedule:
        before = self.kept.rotation
        after = (await super().change(change)).rotation
        if before and after and after.operation is not None and after.operation != before.operation:
            self.begun[after.operation] = self.begun.get(after.operation, 0) + 1
            assert self.clock is not None
            why = why_not(before, self.clock.now())
            self.wrong += [f"{after.operation}: {why}"] if why else []
        return self.kept


def why_not(rotation: Rotation, now: datetime) -> str | None:
    """Why no rotation may begin now, by what an administrator has said; without the calendar's own functions."""
    window, local = rotation.window, now.astimezone(ZoneInfo(rotation.window.zone))
    if rotation.suspended is not None:
        return "it is suspended"
    if not window.begins <= local.time() < window.ends:  # windows across midnight are not played
        return f"{local.time()} is outside of {window.begins} to {window.ends}"
    if local.weekday() not in window.weekdays:
        return f"it is weekday {local.weekday()}"
    freeze = rotation.freeze
    return "it is frozen" if freeze is not None and freeze.first <= local.date() <= freeze.last else None
