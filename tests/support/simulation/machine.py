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

from bot.errors import StoreUnavailable
from bot.secret import Secret, new_secret
from tests.support.simulation import truths
from tests.support.simulation.process import Process
from tests.support.simulation.virtual import virtual_loop
from tests.support.simulation.weather import ALL_WRITES, CALLS, WRITES, Fault, Kind, Side, Trap
from tests.support.simulation.world import World

HOUR = 3600.0
COMMANDS = (
    "setup",
    "setup",
    "setup --no-email",
    "repair",
    "repair --dry-run",
    "adopt",
    'rename --label "Войти"',
    'rename --label "Encvoy ID"',
    "rotate",
    "rotate",
    "rotate",
    "rotate --dry-run",
    "test",
    "status",
    "enable",
    "disable",
    "remove",
    "remove --dry-run",
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

    @precondition(lambda self: self.world.codes())
    @rule(words=st.sampled_from(("disable", "remove")), back=st.integers(0, 1))
    def type_a_code(self, words: str, back: int) -> None:
        """One that was shown, perhaps for the other command, or long ago."""
        codes = self.world.codes()
        self.do(f"{words} --code {codes[max(0, len(codes) - 1 - back)]}", 60.0)

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

    @rule(form=st.sampled_from((True, False, None)))
    def somebody_hides_the_form(self, form: bool | None) -> None:
        """The form for passwords, on Rocket.Chat's login page; or shows it again."""
        self.world.rocketchat.form = form

    # -- what must hold

    @property
    def alive(self) -> list[Process]:
        """See `World.alive`."""
        return self.world.alive

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
        truths.hold(world)
        self.held = True

    def teardown(self) -> None:
        """Nothing fails any more, and everything gets time: both sides agree, or the answer says why not."""
        try:
            if self.held:  # what follows from a failure would hide it
                truths.come_to_rest(self.world)
                self.holds()
                truths.agree_or_say_why(self.world)
                self.holds()
        finally:
            with contextlib.suppress(Exception):
                self.world.close()
            self._stack.close()
