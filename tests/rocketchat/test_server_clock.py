"""Rocket.Chat's clock, counted by a clock that nobody sets."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from bot.rocketchat.server_clock import DOUBT_INTERVAL, DROPPED, FARTHEST, ServerClock

START = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


class Machine:
    """Two clocks: one can be set, and the other stands still while the machine is suspended."""

    def __init__(self) -> None:
        self.wall = START
        self.counted = 500.0

    def now(self) -> datetime:
        return self.wall

    def monotonic(self) -> float:
        return self.counted

    async def sleep(self, seconds: float) -> None:
        raise AssertionError("nobody sleeps here")

    def passes(self, seconds: float) -> None:
        self.wall += timedelta(seconds=seconds)
        self.counted += seconds

    def is_set(self, by: timedelta) -> None:
        self.wall += by

    def is_suspended(self, seconds: float) -> None:
        self.wall += timedelta(seconds=seconds)


class Server:
    """Tells its time, which is ahead of the machine's first one by so much."""

    def __init__(self, machine: Machine, ahead: timedelta = timedelta(0)) -> None:
        self.machine = machine
        self.ahead = ahead
        self.real = timedelta(0)
        self.takes = 0.0
        self.away = False
        self.asked = 0

    async def __call__(self) -> datetime | None:
        self.asked += 1
        self.machine.passes(self.takes / 2)
        told = (START + timedelta(seconds=self.machine.counted - 500.0) + self.real + self.ahead).replace(microsecond=0)
        self.machine.passes(self.takes / 2)
        return None if self.away else told


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.fixture
def server(machine: Machine) -> Server:
    return Server(machine)


@pytest.fixture
def clock(machine: Machine, server: Server) -> ServerClock:
    return ServerClock(machine, server)


async def test_before_it_is_asked_ours_stands_for_it(clock: ServerClock, machine: Machine) -> None:
    machine.passes(30)
    assert (clock.known, clock.now(), clock.started) == (False, machine.wall, START)


@pytest.mark.parametrize("minutes", [-90, -7, 5, 60 * 24])
async def test_it_is_what_the_server_tells(clock: ServerClock, server: Server, machine: Machine, minutes: int) -> None:
    server.ahead = timedelta(minutes=minutes)
    machine.passes(100)
    assert await clock.compare()
    assert clock.known
    assert clock.now() == machine.wall + server.ahead + DROPPED
    assert clock.started == START + server.ahead


async def test_a_second_of_difference_is_the_header_s_own_coarseness(clock: ServerClock, server: Server) -> None:
    server.ahead = timedelta(seconds=1)
    await clock.compare()
    assert clock.now() == START


async def test_the_time_of_the_question_is_half_way_of_the_answer(
    clock: ServerClock, server: Server, machine: Machine
) -> None:
    server.ahead, server.takes = timedelta(hours=1), 6.0
    await clock.compare()
    assert clock.now() == machine.wall + server.ahead + DROPPED


async def test_our_clock_may_jump(clock: ServerClock, machine: Machine) -> None:
    await clock.compare()
    machine.is_set(timedelta(hours=-3))
    machine.passes(60)
    assert (clock.now(), clock.started) == (START + timedelta(seconds=60), START)


async def test_a_server_that_was_away_is_known_later(clock: ServerClock, server: Server) -> None:
    server.away, server.ahead = True, timedelta(hours=1)
    assert not await clock.compare()
    assert not clock.known
    server.away = False
    assert await clock.compare()
    assert clock.started == START + server.ahead


async def test_a_server_that_does_not_tell_any_more_is_still_known(
    clock: ServerClock, server: Server, machine: Machine
) -> None:
    server.ahead = timedelta(hours=1)
    await clock.compare()
    server.away = True
    machine.passes(60)
    assert not await clock.compare()
    assert clock.now() == machine.wall + server.ahead + DROPPED


async def test_how_far_it_was_set_back_is_counted(clock: ServerClock, server: Server, machine: Machine) -> None:
    server.away = True
    await clock.compare()
    server.away, server.ahead = False, timedelta(hours=-1)
    await clock.compare()
    assert clock.set_back == timedelta(0), "before, it was ours"
    for minutes, counted in ((-62, 2), (-30, 2), (-40, 12)):
        server.ahead = timedelta(minutes=minutes)
        machine.passes(100)
        await clock.compare()
        assert clock.set_back == timedelta(minutes=counted)
    machine.is_set(timedelta(hours=-3))
    machine.is_suspended(3600)
    await clock.compare()
    assert clock.set_back == timedelta(minutes=12)


class TestDoubt:
    async def test_it_asks_anew(self, clock: ServerClock, server: Server, machine: Machine) -> None:
        await clock.compare()
        server.ahead = timedelta(hours=1)
        machine.passes(DOUBT_INTERVAL)
        assert await clock.doubt()
        assert clock.now() == machine.wall + server.ahead + DROPPED

    async def test_many_odd_messages_are_one_question(
        self, clock: ServerClock, server: Server, machine: Machine
    ) -> None:
        for _ in range(10):
            machine.passes(1)
            await clock.doubt()
        assert server.asked == 1

    async def test_a_suspended_machine_is_not_asked_too_seldom(
        self, clock: ServerClock, server: Server, machine: Machine
    ) -> None:
        await clock.compare()
        machine.is_suspended(3600)
        server.real = timedelta(hours=1)
        assert clock.now() == START
        assert await clock.doubt()
        assert clock.now() == machine.wall

    async def test_two_at_the_same_time_are_answered_both(self, clock: ServerClock, server: Server) -> None:
        server.ahead = timedelta(hours=1)
        assert all(await asyncio.gather(clock.doubt(), clock.compare()))


async def test_what_nobody_heard_is_for_this_bot_too_but_nothing_older_than_a_day(
    clock: ServerClock, machine: Machine
) -> None:
    machine.passes(3600)
    clock.begin(START + timedelta(minutes=10))
    assert clock.started == START + timedelta(minutes=10)
    clock.begin(START - timedelta(days=30))
    assert clock.started == START + timedelta(hours=1) - FARTHEST


async def test_without_a_note_it_begins_when_it_begins_to_work(clock: ServerClock, machine: Machine) -> None:
    machine.passes(3600)
    for noted in (None, START + timedelta(days=1)):
        clock.begin(noted)
        assert clock.started == START + timedelta(hours=1), "a note of the future hides nothing"
