"""The state machine: what may happen, in any order, and what must hold after each step."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from datetime import timedelta
from typing import Any

import structlog
import structlog.testing
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bot.chatops.answer import is_over
from bot.chatops.origin import FromMessage, FromSchedule
from bot.chatops.ports import OperationState
from bot.chatops.posting import derived_id, second_id
from bot.errors import StoreUnavailable
from bot.secret import Secret, new_secret
from tests.support.simulation.process import Process
from tests.support.simulation.virtual import virtual_loop
from tests.support.simulation.weather import ALL_WRITES, CALLS, WRITES, Fault, Kind, Side, Trap
from tests.support.simulation.world import World

HOUR = 3600.0
COMMANDS = (
    "setup",
    "setup",
    "setup --no-email",
    "rotate",
    "rotate",
    "rotate",
    "rotate --dry-run",
    "test",
    "status",
    "enable",
    "disable",
    "schedule",
    "schedule rotate every 1 day",
    "schedule rotate every 1 day",
    "schedule rotate every 2 days between 01:00 and 04:00 America/New_York",
    "schedule rotate every 3 days between 09:00 and 17:00 Europe/Madrid mon-fri",
    "schedule test every 60 minutes",
    "schedule off rotate",
    "schedule off test",
    "schedule resume rotate",
    "schedule skip",
    "schedule postpone 1 day",
    "schedule maximum 90 days",
    "schedule freeze 25 Nov to 28 Nov",
    "schedule freeze 26 Nov to 3 Dec",
    "schedule freeze off",
    "mute 2h",
    "ack",
)
ALARMED, RECOVERED = "✗", "✓ Recovered"
counted = {"steps": 0, "runs": 0}
"""Over the whole process."""


class Simulation(RuleBasedStateMachine):
    """One world from its begin to its end."""

    def __init__(self) -> None:
        super().__init__()
        self._stack = contextlib.ExitStack()
        self.log: list[Any] = self._stack.enter_context(structlog.testing.capture_logs())
        self.world = World(self._stack.enter_context(virtual_loop()))
        self.held = True
        counted["runs"] += 1

    @initialize(connected=st.booleans(), scheduled=st.booleans())
    def begin(self, connected: bool, scheduled: bool) -> None:
        """A bot, often with a connection."""
        self.world.start()
        self.world.run(1)
        if connected:
            self.do("setup", 60)
        if connected and scheduled:
            self.do("schedule rotate every 1 day", 5)

    def do(self, words: str, seconds: float) -> None:
        """Types it and waits."""
        self.world.type(words)
        self.world.run(seconds)

    # -- what people do

    @rule(words=st.sampled_from(COMMANDS), seconds=st.sampled_from((0.0, 0.05, 1.0, 4.0, 60.0, 60.0)))
    def type(self, words: str, seconds: float) -> None:
        """An administrator gives a command."""
        self.do(words, seconds)

    @precondition(lambda self: self.world.heard)
    @rule(back=st.integers(0, 3))
    def push_again(self, back: int) -> None:
        """Rocket.Chat sends an old message again."""
        heard = self.world.heard
        self.world.push(heard[max(0, len(heard) - 1 - back)])
        self.world.run(1)

    @rule(seconds=st.sampled_from((0.03, 0.5, 2.0, 10.0, 30.0, 120.0, HOUR, 6 * HOUR, 24 * HOUR, 30 * HOUR)))
    def wait(self, seconds: float) -> None:
        """Time passes."""
        self.world.run(seconds)

    # -- what goes wrong

    @rule(where=st.sampled_from(CALLS), kind=st.sampled_from(Kind), times=st.integers(1, 6))
    def fail(self, where: tuple[Side, str], kind: Kind, times: int) -> None:
        """The next calls of one name fail."""
        self.world.weather.faults.append(Fault(*where, kind, times))

    @rule(side=st.sampled_from(Side), kind=st.sampled_from((Kind.REFUSED, Kind.SILENT)))
    def outage(self, side: Side, kind: Kind) -> None:
        """One side does not work."""
        self.world.weather.outages[side] = kind

    @precondition(lambda self: not self.world.weather.calm)
    @rule()
    def clear_up(self) -> None:
        """Everything works again."""
        self.world.weather.clear_up()
        self.world.run(1)

    @rule(
        call=st.sampled_from(sorted(ALL_WRITES | {*WRITES[Side.STORE], "await_marker", "probe", "stored"})),
        moment=st.sampled_from(("before", "sending", "after")),
        kills=st.booleans(),
    )
    def set_trap(self, call: str, moment: str, kills: bool) -> None:
        """The process that comes here is killed, or stopped."""
        self.world.weather.traps.append(Trap(call, moment, kills))

    # -- processes

    @precondition(lambda self: len(self.alive) < 2)
    @rule()
    def start(self) -> None:
        """One more instance, at once or as the next start."""
        self.world.start()
        self.world.run(0.5)

    @precondition(lambda self: self.alive)
    @rule(which=st.integers(0, 1))
    def kill(self, which: int) -> None:
        """One of them is gone."""
        self.alive[which % len(self.alive)].kill()
        self.world.run(0.1)

    @precondition(lambda self: self.alive)
    @rule(which=st.integers(0, 1), seconds=st.sampled_from((1.0, 15.0, 30.0, HOUR)))
    def stop_for_a_while(self, which: int, seconds: float) -> None:
        """One of them stands still, and others may take it for dead."""
        one = self.alive[which % len(self.alive)]
        one.stop()
        self.world.run(seconds)
        one.go_on()
        self.world.run(0.1)

    @precondition(lambda self: any(not one.running.is_set() for one in self.alive))
    @rule()
    def go_on(self) -> None:
        """Whatever stood still goes on."""
        for one in self.alive:
            one.go_on()
        self.world.run(0.1)

    @rule(seconds=st.sampled_from((-26 * HOUR, -HOUR, -30.0, 30.0, HOUR, 26 * HOUR)))
    def set_the_clock(self, seconds: float) -> None:
        """The wall clock of the bot's machine is set."""
        self.world.clock.ahead += timedelta(seconds=seconds)

    @precondition(lambda self: self.world.schedules.kept.rotation is not None)
    @rule(seconds=st.sampled_from((-90.0, -1.0, 1.0, 4 * HOUR)))
    def jump_to_the_window(self, seconds: float) -> None:
        """The clock is set to just before or after a rotation, or behind its window."""
        rotation, clock = self.world.schedules.kept.rotation, self.world.clock
        assert rotation is not None
        clock.ahead += rotation.slot.at - clock.now() + timedelta(seconds=seconds)
        self.world.run(120)

    # -- somebody else

    @precondition(lambda self: self.world.application is not None)
    @rule()
    def somebody_rotates_at_encvoy_id(self) -> None:
        """A secret that the bot does not know."""
        application, secret = self.world.application, new_secret()
        assert application is not None
        self.world.secrets.saw(secret)
        self.world.secrets.foreign.add(secret.reveal())
        self.world.encvoy.applications_by_id[application.client_id] = replace(application, secret=secret)
        self.world.meddled += 1

    @precondition(lambda self: self.world.application is not None)
    @rule()
    def somebody_deletes_the_application(self) -> None:
        """It is gone."""
        application = self.world.application
        assert application is not None
        del self.world.encvoy.applications_by_id[application.client_id]
        self.world.meddled += 1

    @precondition(lambda self: self.world.rocketchat.settings)
    @rule(suffix=st.sampled_from(("scope", "token_path", "secret", "")))
    def somebody_changes_a_setting(self, suffix: str) -> None:
        """In Rocket.Chat's administration."""
        rocketchat = self.world.rocketchat
        for key in rocketchat.settings:
            secret = new_secret()
            self.world.secrets.saw(secret)
            values: dict[str, bool | Secret] = {"": False, "secret": secret}
            rocketchat._put(key, {suffix: values.get(suffix, "other")})
        self.world.meddled += 1

    @precondition(lambda self: self.world.rocketchat.settings)
    @rule()
    def somebody_deletes_the_service(self) -> None:
        """In Rocket.Chat's administration."""
        rocketchat = self.world.rocketchat
        for key in tuple(rocketchat.settings):
            for table in (rocketchat.settings, rocketchat.secrets, rocketchat.switches, rocketchat.live_records):
                table.pop(key, None)
        self.world.meddled += 1

    # -- what must hold

    @property
    def alive(self) -> list[Process]:
        """The processes that were not killed."""
        return [one for one in self.world.processes if not one.dead]

    @invariant()
    def holds(self) -> None:
        """After each step."""
        self.held = False
        counted["steps"] += 1
        world = self.world
        world.note_begins()
        # A database that is away when an operation ends is logged so, and the end is committed later.
        errors = [entry for entry in self.log if entry.get("event") in ("internal error", "schedule.bug")]
        bugs = [entry for entry in errors if entry.get("kind") != StoreUnavailable.__name__]
        assert not bugs, bugs
        self.log.clear()
        assert not world.troubles, world.troubles
        assert not world.secrets.leaked, "a secret is in a text"
        assert not world.untrue, world.untrue
        assert not world.schedules.wrong, world.schedules.wrong
        assert not world.operations.late, world.operations.late
        self.a_secret_that_we_hold_is_valid()
        self.each_message_has_one_result()
        self.each_due_time_rotates_once()
        self.no_recovery_without_a_failure()
        self.held = True

    def a_secret_that_we_hold_is_valid(self) -> None:
        """Unless somebody else chose it."""
        connection, application = self.world.connection, self.world.application
        if connection is None or application is None or connection.current is None:
            return
        held = {connection.current, connection.pending}
        foreign = application.secret.reveal() in self.world.secrets.foreign
        assert application.secret in held or foreign, "no secret of the store is valid at Encvoy ID"

    def each_message_has_one_result(self) -> None:
        """And it says one thing only."""
        world = self.world
        for operation in world.operations.rows.values():
            posted = world.chat.posted.get(operation.reply_id)
            texts = set(posted.texts) if posted else set()
            # While the database is away an answer cannot be stored; a later start may know more of it, or less.
            assert len([text for text in texts if str(StoreUnavailable()) not in text]) < 2, texts
            origin = operation.origin
            if isinstance(origin, FromMessage):
                said = world.chat.posted.get(derived_id(origin.message_id, "said"))
                assert said is None or posted is None, (
                    f"two answers: {said and said.text} And: {posted and posted.text}"
                )
                known = {i for base in _parts(operation.reply_id) for i in (base, second_id(base))}
                thread = [p for p in world.chat.posted.values() if p.thread_id == origin.message_id]
                known.add(derived_id(origin.message_id, "said"))
                assert all(p.id in known or is_over(p.text) for p in thread), [p.text for p in thread]

    def each_due_time_rotates_once(self) -> None:
        """One slot leads to one success."""
        assert all(times == 1 for times in self.world.schedules.begun.values()), self.world.schedules.begun
        rotated = [
            operation.origin.due.rsplit(" ", 1)[0]
            for operation in self.world.operations.rows.values()
            if isinstance(operation.origin, FromSchedule) and operation.state is OperationState.DONE
        ]
        assert len(rotated) == len(set(rotated)), rotated

    def no_recovery_without_a_failure(self) -> None:
        """In the order in which they were posted."""
        failed = False
        for posted in self.world.chat.posted.values():
            if posted.thread_id is None:
                assert failed or not posted.text.startswith(RECOVERED), posted.text
                failed = failed or any(text.startswith(ALARMED) for text in posted.texts)

    def teardown(self) -> None:
        """Nothing fails any more, and everything gets time: both sides agree, or the answer says why not."""
        try:
            if self.held:  # what follows from a failure would hide it
                self.come_to_rest()
                self.holds()
                self.agree_or_say_why()
        finally:
            with contextlib.suppress(Exception):
                self.world.close()
            self._stack.close()

    def come_to_rest(self) -> None:
        """Waits for whatever is unfinished."""
        world = self.world
        world.weather.clear_up()
        for one in self.alive:
            one.go_on()
        if not self.alive:
            world.start()
        for _ in range(12):
            world.run(600)
            if all(operation.delivered for operation in world.operations.rows.values()):
                break
        left = [operation.words for operation in world.operations.rows.values() if not operation.delivered]
        assert not left, f"not answered: {left}"

    def agree_or_say_why(self) -> None:
        """After `setup`, which mends whatever somebody else has changed."""
        world = self.world
        if world.connection is None and world.ours() == (0, 0):
            return
        message_id = world.type("setup")
        world.run(600)
        [mine] = [
            o
            for o in world.operations.rows.values()
            if isinstance(o.origin, FromMessage) and o.origin.message_id == message_id
        ]
        assert mine.reply_text is not None
        if mine.state is OperationState.DONE:
            assert world.disagreement() is None, f"{mine.reply_text} But {world.disagreement()}."
            assert max(world.ours()) <= 1, f"{world.ours()} applications and services of ours"
        else:
            assert "Fix: " in mine.reply_text, mine.reply_text
        self.holds()


def _parts(reply_id: str) -> list[str]:
    """The ids of all messages of one operation."""
    return [reply_id, derived_id(reply_id, "progress"), derived_id(reply_id, "alarm")]
