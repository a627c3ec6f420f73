"""The runner on in-memory adapters, with a few commands whose behaviour a test chooses."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta

from bot.chatops.access import Access
from bot.chatops.answer import Answer
from bot.chatops.notices import Announcer
from bot.chatops.ports import Message, Room
from bot.chatops.reception import Identity, Reception
from bot.chatops.registry import Argument, Call, Option, Registry, Trace
from bot.chatops.reply import Outbox
from bot.chatops.runner import Runner
from bot.chatops.unknown_fields import UnknownFields
from bot.errors import Rejected
from tests.support.chat import (
    ADMIN_ROOM,
    ANNA,
    BOT_ID,
    BOT_NAME,
    MARC,
    MemoryChat,
    MemoryNotes,
    MemoryOperations,
    MemoryTime,
    remote,
)
from tests.support.clocks import SteppedClock


@dataclass
class Script:
    """What the example commands do, and what they did."""

    effects: list[str] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    before_authorize: asyncio.Event | None = None
    """Handlers wait for it before they authorize."""
    after_effect: asyncio.Event | None = None
    """Handlers wait for it after their effect."""
    error: Exception | None = None
    """Raised after the effect."""
    steps: tuple[str, ...] = ("Looked",)
    following: tuple[str, ...] = ("status",)
    """What commands with an effect suggest to type next."""
    next: tuple[str, ...] = ()
    """What commands without an effect suggest to type next."""
    private: Answer | None = None
    """What commands without an effect send to the asker alone."""
    after_private: asyncio.Event | None = None
    """They wait for it after that."""
    trace: Trace = Trace.PART
    """What an interrupted run is said to have left."""
    trace_error: Exception | None = None
    revert_error: Exception | None = None
    taken_back: list[str] = field(default_factory=list)
    """The operations that were reverted."""


@dataclass(frozen=True)
class ScriptedRecovery:
    """Gives the answers of the script."""

    script: Script

    async def trace(self, call: Call) -> Trace:
        if self.script.trace_error is not None:
            raise self.script.trace_error
        return self.script.trace

    async def revert(self, call: Call) -> None:
        if self.script.revert_error is not None:
            raise self.script.revert_error
        self.script.taken_back.append(call.operation.id)


def example_registry(script: Script | None = None) -> Registry:
    """`help` and `status` for everyone, `test` without effect, `setup`, `rotate` and `slash` with one."""
    registry = Registry()
    does = script or Script()

    async def look(call: Call) -> Answer:
        does.calls.append(call)
        if does.private is not None:
            await call.private.open()
            await call.private.send(does.private)
        if does.after_private is not None:
            await does.after_private.wait()
        return Answer("All is well.", next=does.next)

    async def change(call: Call) -> Answer:
        does.calls.append(call)
        for step in does.steps:
            call.progress.step(step)
        if does.before_authorize is not None:
            await does.before_authorize.wait()
        if "dry-run" not in call.options:
            await call.authorize()
            does.effects.append(call.arguments.get("name", "effect"))
        if does.after_effect is not None:
            await does.after_effect.wait()
        if does.error is not None:
            raise does.error
        return Answer("✓ Changed.", next=does.following, receipt={"changed": True})

    dry_run = Option("dry-run", "shows what would be done")
    registry.command(
        "help",
        summary="Lists",
        help="",
        arguments=(Argument("command", "which", choices=registry.commands.keys()),),
        effect=False,
        everyone=True,
    )(look)
    registry.command("status", summary="Shows what is", help="", effect=False, everyone=True)(look)
    registry.command("test", summary="Tests", help="", effect=False)(look)
    registry.command(
        "setup",
        summary="Sets it up",
        help="Long text.",
        options=(Option("name", "of the service", takes_value=True), dry_run, Option("disabled", "leaves it off")),
        effect=True,
        recovery=ScriptedRecovery(does),
        examples=("setup", 'setup --name "Encvoy ID" --dry-run'),
    )(change)
    registry.command("rotate", summary="Rotates", help="", options=(dry_run,), effect=True)(change)
    registry.command(
        "slash",
        summary="Turns it on or off",
        help="",
        arguments=(Argument("state", "which", required=True, choices=("on", "off")),),
        effect=True,
    )(change)
    return registry


class Desk:
    """A bot in memory: `type` gives it a message and runs it until nothing is left to do."""

    def __init__(
        self,
        *,
        chat: MemoryChat | None = None,
        operations: MemoryOperations | None = None,
        clock: SteppedClock | None = None,
        notes: MemoryNotes | None = None,
        skew: timedelta = timedelta(0),
    ) -> None:
        """Given `chat`, `operations`, `notes` and `clock` of another desk, it is the next start of the same bot."""
        self.script = Script()
        self.clock = clock or SteppedClock()
        self.time = MemoryTime(self.clock, skew)
        self.chat = chat or MemoryChat({person.id: person for person in (ANNA, MARC)})
        self.operations = operations or MemoryOperations()
        self.notes = notes or MemoryNotes()
        access = Access(self.chat, frozenset({"admin"}), ADMIN_ROOM.id)
        reception = Reception(
            clock=self.clock,
            registry=example_registry(self.script),
            access=access,
            identity=Identity(BOT_ID, BOT_NAME),
            admin_room=ADMIN_ROOM,
            time=self.time,
        )
        outbox = Outbox(self.chat, self.clock)
        self.runner = Runner(
            outbox=outbox,
            operations=self.operations,
            reception=reception,
            access=access,
            admin_room=ADMIN_ROOM,
            unfamiliar=UnknownFields(Announcer(outbox, self.notes, ADMIN_ROOM.id), self.notes),
        )

    async def type(self, message: Message) -> list[str]:
        """Gives a message and returns what is in the rooms when nothing is left to do."""
        await self.runner.handle(message)
        await self.clock.advance(2)
        return self.chat.said()


async def crashed(desk: Desk) -> Desk:
    """The same bot, started again; the old one has ended without a message."""
    await desk.runner._work.cancel()
    return Desk(chat=desk.chat, operations=desk.operations, clock=desk.clock)


def silenced(desk: Desk, *rooms: Room) -> None:
    """Nothing can be written into these rooms."""
    ids = {room.id for room in rooms}
    desk.chat.refusing = lambda room_id, _: remote(Rejected) if room_id in ids else None
