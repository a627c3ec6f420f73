"""What is live, and the moment in which it changes, on a clock that moves when it is told to."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from bot.connection.moments import LiveSeen
from bot.connection.state import LiveService, ServiceName
from bot.connection.unknown import Unknown
from bot.errors import Busy, NoAnswer, RemoteError
from bot.rocketchat.events import LiveReady, LiveRenewed, LiveRequested, RecordAdded, RecordChanged
from bot.rocketchat.live import LiveTable
from bot.rocketchat.open_routes import Poll
from bot.rocketchat.settle import AROUND, DENSE, EXPECTED, FRESH, KNOWN, RESERVE, Settle
from tests.support.clocks import SteppedClock, settle

NAME = ServiceName("Encvoy ID", "Encvoyid")


def record(color: str) -> dict[str, object]:
    return {"service": "encvoyid", "custom": True, "serverURL": "https://id.test", "buttonLabelColor": color}


def shows(color: str) -> Any:
    def awaited(live: LiveService | None) -> bool:
        return live is not None and live.settings.get("button_label_color") == color

    return awaited


@dataclass
class World:
    """A Rocket.Chat of which only the live record is known, and which counts how often it is asked."""

    clock: SteppedClock = field(default_factory=SteppedClock)
    color: str | None = "#fff"
    unlimited: bool = False
    left: int = 16
    asked: list[float] = field(default_factory=list)
    failure: RemoteError | None = None
    before: float = 0.0
    """Seconds until it looks, after it was asked."""
    renewed: int = 0

    def __post_init__(self) -> None:
        self.table = LiveTable(self.renew)
        self.settle = Settle(self, self.table, self.clock)

    def renew(self) -> None:
        self.renewed += 1

    async def poll(self, *, reserve: int = 0) -> Poll:
        if not self.unlimited:
            if self.left <= reserve:
                raise Busy("Rocket.Chat", "GET /api/v1/settings.oauth")
            self.left -= 1
        sent_at = self.clock.monotonic()
        self.asked.append(sent_at)
        if self.before:
            await self.clock.sleep(self.before)
        if self.failure is not None:
            raise self.failure
        live = LiveService("encvoyid", {"button_label_color": self.color}) if self.color else None
        return Poll({"encvoyid": live} if live else {}, sent_at, frozenset({"encvoyid", "github"}))

    def publish(self) -> None:
        """The subscription is made and complete."""
        at = self.clock.monotonic()
        self.table.apply(LiveRequested(), at)
        if self.color:
            self.table.apply(RecordAdded("r", record(self.color)), at)
        self.table.apply(LiveReady(), at)

    def push(self, color: str) -> None:
        self.table.apply(RecordChanged("r", {"buttonLabelColor": color}, ()), self.clock.monotonic())

    def waiting(
        self, color: str, timeout: float = 10.0, *, expected: float | None = EXPECTED, pushed: bool = True
    ) -> asyncio.Task[LiveSeen]:
        wait = self.settle.await_live(NAME, shows(color), expected, timeout, pushed=pushed)
        return asyncio.create_task(wait)

    async def run(self, seconds: float, step: float = 0.002) -> None:
        """Time passes in small steps, so that what sleeps wakes when it should."""
        for _ in range(round(seconds / step)):
            await self.clock.advance(step)


@pytest.fixture
async def world() -> AsyncIterator[World]:
    yield World()
    for task in asyncio.all_tasks() - {asyncio.current_task()}:
        task.cancel()


@pytest.fixture
def free(world: World) -> World:
    world.unlimited = True
    return world


class TestThePublication:
    async def test_what_is_pushed_is_taken_in_its_moment(self, world: World) -> None:
        world.publish()
        task = world.waiting("#FFF")
        await world.clock.advance(0.1)
        world.push("#FFF")
        await world.clock.advance(0)
        assert task.result() == LiveSeen(0.1, "publication", since=0.0, after=0.1)

    async def test_each_wait_begins_with_a_fresh_subscription(self, world: World) -> None:
        """One that was made before the service was switched on is silent about it."""
        for _ in range(2):
            world.waiting("#FFF").cancel()
            await settle()
            task = world.waiting("#FFF")
            await world.clock.advance(0)
            task.cancel()
        assert world.renewed == 2

    async def test_an_outdated_record_is_never_taken_for_what_is_awaited(self, world: World) -> None:
        """It shows the service although that was switched off and on since: for that REST alone decides."""
        world.publish()
        world.color = None
        task = world.waiting("#fff", pushed=False)
        await world.clock.advance(0.1)
        world.table.apply(LiveRenewed(), world.clock.monotonic())
        await world.clock.advance(0)
        assert not task.done()
        task.cancel()

    async def test_the_gap_is_bounded_by_the_last_look_before_a_push(self, free: World) -> None:
        free.publish()
        task = free.waiting("#FFF")
        await free.run(2.505)
        free.push("#FFF")
        await free.clock.advance(0)
        seen = task.result()
        assert seen.by == "publication"
        assert 0 < seen.at - seen.since <= DENSE + 0.004

    async def test_a_push_that_never_comes_holds_nothing_up(self, world: World) -> None:
        world.publish()
        task = world.waiting("#FFF")
        await world.run(EXPECTED)
        world.color = "#FFF"
        await world.run(0.03)
        assert task.result().by == "poll"

    async def test_another_change_is_not_taken_for_it(self, world: World) -> None:
        world.publish()
        task = world.waiting("#FFF")
        await world.clock.advance(0.1)
        world.push("#ffF")
        await world.clock.advance(0.1)
        assert not task.done()
        task.cancel()


class TestWithoutALimit:
    @pytest.mark.parametrize("moment", [2.35, 2.505, 2.53, 2.7, 3.2])
    async def test_it_is_seen_within_one_step_around_the_expected_moment(self, free: World, moment: float) -> None:
        task = free.waiting("#FFF")
        await free.run(moment)
        free.color = "#FFF"
        await free.run(0.03)
        seen = task.result()
        assert seen.at - moment <= DENSE + 0.004
        assert seen.at - seen.since <= 2 * DENSE + 0.004

    @pytest.mark.parametrize("moment", [0.2, 1.0, 5.0])
    async def test_and_within_a_tenth_of_a_second_away_from_it(self, free: World, moment: float) -> None:
        task = free.waiting("#FFF")
        await free.run(moment)
        free.color = "#FFF"
        await free.run(0.11)
        assert task.done()

    async def test_the_expected_moment_is_what_this_server_took_the_last_time(self, free: World) -> None:
        task = free.waiting("#FFF", expected=0.5)
        await free.run(0.5)
        free.color = "#FFF"
        await free.run(0.02)
        assert task.result().after == pytest.approx(0.5, abs=0.02)

    async def test_answers_that_take_longer_than_a_step_make_no_question_late(self, free: World) -> None:
        free.before = 0.05
        task = free.waiting("#FFF")
        await free.run(2.6)
        near = [at for at in free.asked if 2.3 < at < 2.55]
        assert max(b - a for a, b in itertools.pairwise(near)) <= 2 * DENSE
        task.cancel()

    async def test_no_more_are_under_way_than_there_is_room_for(self, free: World) -> None:
        free.before = 60.0
        task = free.waiting("#FFF")
        await free.run(3.0)
        assert len(free.asked) == 6
        task.cancel()


class TestWithALimit:
    @pytest.mark.parametrize("late", [0.0, 0.015, 0.03, 0.06])
    async def test_the_polls_lie_close_around_the_expected_moment(self, world: World, late: float) -> None:
        task = world.waiting("#FFF")
        await world.run(EXPECTED + late)
        world.color = "#FFF"
        await world.run(0.06)
        assert task.result().at - (EXPECTED + late) <= 0.052

    async def test_some_calls_are_left_for_the_way_back(self, world: World) -> None:
        task = world.waiting("#never", timeout=50)
        await world.run(49, step=0.05)
        assert world.left == RESERVE
        task.cancel()

    async def test_where_milliseconds_do_not_count_less_is_asked_and_all_may_be_used(self, world: World) -> None:
        world.left = 3
        task = world.waiting("#FFF", pushed=False)
        await world.run(EXPECTED + 0.02)
        world.color = "#FFF"
        await world.run(0.02)
        assert task.done()
        assert len(world.asked) == 1

    async def test_what_may_not_be_asked_so_often_is_asked_once_it_may(self, world: World) -> None:
        world.left = 0
        task = world.waiting("#FFF", pushed=False)
        world.color = "#FFF"
        await world.run(10.5, step=0.05)
        assert not task.done(), "nobody has looked"
        world.left = 1
        await world.run(6.0, step=0.05)
        assert (await task).by == "poll"

    async def test_once_it_was_asked_and_is_not_there_the_wait_ends(self, world: World) -> None:
        world.left = 0
        task = world.waiting("#FFF", pushed=False)
        await world.run(10.5, step=0.05)
        world.left = 5
        await world.run(6.0, step=0.05)
        with pytest.raises(NoAnswer):
            await task
        assert world.asked

    async def test_where_it_never_may_the_wait_ends_all_the_same(self, world: World) -> None:
        world.left = 0
        task = world.waiting("#FFF", pushed=False)
        await world.run(10.0 + KNOWN + 7.0, step=0.05)
        with pytest.raises(NoAnswer):
            await task

    async def test_an_exchange_is_never_held_up_by_a_limit(self, world: World) -> None:
        world.left = 0
        task = world.waiting("#FFF")
        await world.run(10.1, step=0.05)
        with pytest.raises(NoAnswer):
            await task

    async def test_what_an_earlier_wait_took_is_expected_of_the_next(self, world: World) -> None:
        for color, pushed in (("#FFF", False), ("#fff", True)):
            task, before = world.waiting(color, expected=None, pushed=pushed), len(world.asked)
            await world.run(2.52)
            world.color = color
            await world.run(0.1)
            assert task.done()
        assert len(world.asked) - before <= 3
        assert task.result().at - task.result().since < 0.05

    async def test_what_was_there_from_the_beginning_measures_nothing(self, world: World) -> None:
        first = world.waiting("#fff", expected=None, pushed=False)
        await world.run(0.4)
        assert first.done()
        task = world.waiting("#FFF", expected=None)
        await world.run(EXPECTED)
        world.color = "#FFF"
        await world.run(0.06)
        assert task.done()

    async def test_a_server_that_was_never_measured_may_be_quicker(self, world: World) -> None:
        task = world.waiting("#FFF", expected=None)
        await world.run(0.2)
        world.color = "#FFF"
        await world.run(0.15)
        assert task.done()

    async def test_no_poll_lies_before_the_beginning(self, world: World) -> None:
        task = world.waiting("#never", expected=0.05)
        await world.run(0.3)
        assert min(world.asked) >= 0.0
        assert len(world.asked) == len([around for around in AROUND if -0.05 < around <= 0.25])
        task.cancel()


class TestWhatAServerNeeds:
    async def took(self, world: World, color: str, seconds: float, *, expected: float | None = None) -> float | None:
        """What a wait tells of a server that took so long, this time."""
        task = world.waiting(color, expected=expected)
        await world.run(seconds)
        world.color = color
        await world.run(0.1)
        return (await task).settle

    async def test_the_usual_time_is_believed_at_once(self, free: World) -> None:
        assert await self.took(free, "#FFF", 2.6) == pytest.approx(2.6, abs=0.05)

    @pytest.mark.parametrize("seconds", [0.3, 4.3], ids=["a run was pending", "somebody changed a setting meanwhile"])
    async def test_what_agrees_with_nothing_is_not_believed(self, free: World, seconds: float) -> None:
        assert await self.took(free, "#FFF", seconds) is None
        assert await self.took(free, "#fff", 2.5) == pytest.approx(2.5, abs=0.05)

    async def test_seen_twice_it_is(self, free: World) -> None:
        assert await self.took(free, "#FFF", 0.5) is None
        assert await self.took(free, "#fff", 0.6) == pytest.approx(0.65, abs=0.1)

    async def test_so_is_what_agrees_with_what_is_kept(self, free: World) -> None:
        assert await self.took(free, "#FFF", 1.1, expected=1.0) == pytest.approx(1.1, abs=0.15)

    async def test_what_was_there_from_the_beginning_tells_nothing(self, free: World) -> None:
        free.color = "#FFF"
        assert await self.took(free, "#FFF", 0.1) is None


class TestSurprises:
    async def test_errors_do_not_end_the_waiting(self, world: World) -> None:
        world.failure = NoAnswer("Rocket.Chat", "GET /api/v1/settings.oauth")
        task = world.waiting("#FFF")
        await world.run(2.5)
        world.failure, world.color = None, "#FFF"
        await world.run(0.1)
        assert task.result().by == "poll"

    async def test_nothing_comes(self, world: World) -> None:
        task = world.waiting("#FFF", timeout=6.0)
        await world.run(6.1, step=0.02)
        error = task.exception()
        assert isinstance(error, NoAnswer)
        assert "for 6.0 seconds" in error.text

    async def test_a_cancelled_wait_leaves_no_task_and_no_listener(self, world: World) -> None:
        task = world.waiting("#FFF")
        await world.clock.advance(0.5)
        task.cancel()
        await settle()
        assert task.cancelled()
        assert not world.table._listeners
        assert asyncio.all_tasks() == {asyncio.current_task()}


class TestLive:
    async def test_rest_decides_even_where_the_publication_flows(self, world: World) -> None:
        world.publish()
        world.color = None
        assert await world.settle.live(NAME) is None

    async def test_a_fresh_answer_serves_twice(self, world: World) -> None:
        await world.settle.live(NAME)
        await world.settle.live(NAME)
        assert len(world.asked) == 1
        await world.clock.advance(FRESH + 0.1)
        await world.settle.live(NAME)
        assert len(world.asked) == 2

    async def test_after_a_write_nothing_is_known(self, world: World) -> None:
        await world.settle.live(NAME)
        world.settle.wrote()
        await world.settle.live(NAME)
        assert len(world.asked) == 2

    async def test_the_answer_of_a_wait_serves_the_look_after_it(self, free: World) -> None:
        task = free.waiting("#FFF", expected=0.1)
        await free.run(0.1)
        free.color = "#FFF"
        await free.run(0.014)
        assert task.done()
        asked = len(free.asked)
        assert await free.settle.live(NAME) == LiveService("encvoyid", {"button_label_color": "#FFF"})
        assert len(free.asked) == asked

    async def test_slow_down_is_not_does_not_answer(self, world: World) -> None:
        world.left = 0
        live = await world.settle.live(NAME)
        assert isinstance(live, Unknown)
        assert live.busy
        assert "Too many requests" in live.reason
        assert world.asked == []

    async def test_what_was_known_a_minute_ago_is_still_known(self, world: World) -> None:
        await world.settle.live(NAME)
        world.left = 0
        await world.clock.advance(KNOWN - 1)
        assert isinstance(await world.settle.live(NAME), LiveService)
        await world.clock.advance(2)
        assert isinstance(await world.settle.live(NAME), Unknown)

    async def test_but_not_after_a_write(self, world: World) -> None:
        await world.settle.live(NAME)
        world.left = 0
        world.settle.wrote()
        assert isinstance(await world.settle.live(NAME), Unknown)

    async def test_an_error_is_unknown(self, world: World) -> None:
        world.failure = NoAnswer("Rocket.Chat", "GET /api/v1/settings.oauth")
        assert isinstance(await world.settle.live(NAME), Unknown)

    async def test_the_other_services_are_in_the_same_answer(self, world: World) -> None:
        await world.settle.live(NAME)
        assert await world.settle.others(NAME) == frozenset({"github"})
        assert len(world.asked) == 1

    async def test_what_cannot_be_asked_is_unknown_of_the_others_too(self, world: World) -> None:
        world.failure = NoAnswer("Rocket.Chat", "GET /api/v1/settings.oauth")
        assert isinstance(await world.settle.others(NAME), Unknown)
