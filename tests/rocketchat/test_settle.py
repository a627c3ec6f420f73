"""The race between the publication and the polls, on a clock that moves when it is told to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from bot.connection.ports import LiveSeen
from bot.connection.state import LiveService, ServiceName, Unknown
from bot.errors import BadAnswer, Busy, NoAnswer, RemoteError
from bot.rocketchat.budget import CALLS, WINDOW, Budget
from bot.rocketchat.events import LiveReady, LiveRequested, RecordAdded, RecordChanged, RecordRemoved
from bot.rocketchat.live import LiveTable
from bot.rocketchat.settle import FRESH, ROUTE, Settle
from tests.support.chat import SteppedClock, settle

NAME = ServiceName("Encvoy ID", "Encvoyid")


def record(color: str) -> dict[str, object]:
    return {"service": "encvoyid", "custom": True, "serverURL": "https://id.test", "buttonLabelColor": color}


def shows(color: str) -> Any:
    def awaited(live: LiveService | None) -> bool:
        return live is not None and live.settings.get("button_label_color") == color

    return awaited


@dataclass
class World:
    """A Rocket.Chat of which only the live record is known."""

    clock: SteppedClock = field(default_factory=SteppedClock)
    color: str | None = "#fff"
    polls: list[float] = field(default_factory=list)
    failure: RemoteError | None = None
    delay: float = 0.0
    odd: Mapping[str, Any] | None = None

    def __post_init__(self) -> None:
        self.table = LiveTable()
        self.budget = Budget(self.clock)
        self.settle = Settle(self.read, self.table, self.budget, self.clock)

    async def read(self) -> Mapping[str, Any]:
        self.polls.append(self.clock.monotonic())
        shown = self.color
        if self.delay:
            await self.clock.sleep(self.delay)
        if self.failure is not None:
            raise self.failure
        if self.odd is not None:
            return self.odd
        built_in = {"_id": "g", "name": "github", "custom": False, "clientId": "c"}
        return {"services": [built_in, *([record(shown)] if shown else [])], "success": True}

    def publish(self) -> None:
        """The subscription is made and complete."""
        at = self.clock.monotonic()
        self.table.apply(LiveRequested(), at)
        if self.color:
            self.table.apply(RecordAdded("r", record(self.color)), at)
        self.table.apply(LiveReady(), at)

    def become(self, color: str | None, *, push: bool) -> None:
        at, self.color = self.clock.monotonic(), color
        if push and color:
            self.table.apply(RecordChanged("r", {"buttonLabelColor": color}, ()), at)
        elif push:
            self.table.apply(RecordRemoved("r"), at)

    def waiting(self, color: str, timeout: float = 10.0) -> asyncio.Task[LiveSeen]:
        return asyncio.create_task(self.settle.await_live(NAME, shows(color), timeout))


@pytest.fixture
async def world() -> AsyncIterator[World]:
    yield World()
    for task in asyncio.all_tasks() - {asyncio.current_task()}:
        task.cancel()


class TestThePublication:
    async def test_it_tells_the_moment(self, world: World) -> None:
        world.publish()
        task = world.waiting("#FFF")
        await world.clock.advance(0.1)
        world.become("#FFF", push=True)
        await world.clock.advance(0)
        assert task.result() == LiveSeen(0.1, "publication", since=0.1)
        assert world.polls == []

    async def test_what_is_live_already_is_seen_at_once(self, world: World) -> None:
        world.publish()
        task = world.waiting("#fff")
        await world.clock.advance(0)
        assert task.result().by == "publication"

    async def test_another_change_is_not_taken_for_it(self, world: World) -> None:
        world.publish()
        task = world.waiting("#FFF")
        await world.clock.advance(0.1)
        world.become("#ffF", push=True)
        await world.clock.advance(0.1)
        assert not task.done()
        task.cancel()

    async def test_absence_can_be_awaited(self, world: World) -> None:
        world.publish()
        task = asyncio.create_task(world.settle.await_live(NAME, lambda live: live is None, 10))
        await world.clock.advance(1)
        world.become(None, push=True)
        await world.clock.advance(0)
        assert task.result().by == "publication"

    async def test_live_costs_no_call(self, world: World) -> None:
        world.publish()
        live = await world.settle.live(NAME)
        assert isinstance(live, LiveService)
        assert live.settings["button_label_color"] == "#fff"
        assert world.polls == []


class TestSilence:
    @pytest.mark.parametrize("moment", [2.0, 2.05, 2.1, 2.2])
    async def test_an_open_but_silent_publication_holds_nothing_up(self, world: World, moment: float) -> None:
        world.publish()
        task = world.waiting("#FFF")
        await world.clock.advance(moment)
        world.become("#FFF", push=False)
        await world.clock.advance(0.21)
        assert task.result().by == "poll"
        assert task.result().at - moment < 0.21

    async def test_afterwards_the_poll_is_believed(self, world: World) -> None:
        world.publish()
        task = world.waiting("#FFF")
        world.become("#FFF", push=False)
        await world.clock.advance(3)
        assert task.done()
        live = await world.settle.live(NAME)
        assert isinstance(live, LiveService)
        assert live.settings["button_label_color"] == "#FFF"

    async def test_a_later_push_is_newer_than_the_poll(self, world: World) -> None:
        world.publish()
        world.waiting("#FFF")
        world.become("#FFF", push=False)
        await world.clock.advance(3)
        world.become("#Fff", push=True)
        live = await world.settle.live(NAME)
        assert isinstance(live, LiveService)
        assert live.settings["button_label_color"] == "#Fff"

    async def test_a_push_during_a_poll_beats_its_answer(self, world: World) -> None:
        world.publish()
        world.delay = 0.5
        task = world.waiting("#never")
        await world.clock.advance(2.06)
        world.become("#FFF", push=True)
        await world.clock.advance(1)
        assert world.polls[0] == pytest.approx(2.05)
        live = await world.settle.live(NAME)
        assert isinstance(live, LiveService)
        assert live.settings["button_label_color"] == "#FFF"
        task.cancel()

    async def test_some_calls_are_left_for_later(self, world: World) -> None:
        world.publish()
        task = world.waiting("#never", timeout=50)
        await world.clock.advance(49)
        assert len(world.polls) == CALLS - 2
        task.cancel()


class TestPollsOnly:
    async def test_a_quick_server_is_found_quickly(self, world: World) -> None:
        task = world.waiting("#FFF")
        await world.clock.advance(0.1)
        world.become("#FFF", push=False)
        await world.clock.advance(0.25)
        assert task.result() == LiveSeen(0.3, "poll", since=0.0)

    async def test_it_can_have_been_live_since_the_poll_before(self, world: World) -> None:
        task = world.waiting("#FFF")
        await world.clock.advance(1.1)
        world.become("#FFF", push=False)
        await world.clock.advance(1.0)
        assert task.result() == LiveSeen(2.05, "poll", since=1.0)

    @pytest.mark.parametrize("moment", [2.0, 2.1, 2.2])
    async def test_the_usual_server_is_found_within_a_fifth_of_a_second(self, world: World, moment: float) -> None:
        task = world.waiting("#FFF")
        await world.clock.advance(moment)
        world.become("#FFF", push=False)
        await world.clock.advance(0.21)
        assert task.result().at - moment < 0.21

    async def test_three_changes_in_a_minute_are_all_seen(self, world: World) -> None:
        for color in ("#FFF", "#fff", "#FFf"):
            task = world.waiting(color)
            await world.clock.advance(2.1)
            world.become(color, push=False)
            await world.clock.advance(0.2)
            assert task.result().by == "poll"

    async def test_errors_do_not_end_the_waiting(self, world: World) -> None:
        world.failure = NoAnswer("Rocket.Chat", "GET /api/v1/settings.oauth")
        task = world.waiting("#FFF")
        await world.clock.advance(1.5)
        world.failure = None
        world.become("#FFF", push=False)
        await world.clock.advance(1)
        assert task.result().by == "poll"

    async def test_a_429_ends_the_asking(self, world: World) -> None:
        world.failure = Busy("Rocket.Chat", "GET /api/v1/settings.oauth")
        world.failure.retry_after = 30.0
        task = world.waiting("#FFF", timeout=9)
        await world.clock.advance(9.1)
        assert len(world.polls) == 1
        assert isinstance(task.exception(), NoAnswer)

    async def test_nothing_comes(self, world: World) -> None:
        task = world.waiting("#FFF", timeout=10)
        await world.clock.advance(10.1)
        error = task.exception()
        assert isinstance(error, NoAnswer)
        assert "within 10 seconds" in error.text

    async def test_the_budget_holds_over_many_waits(self, world: World) -> None:
        for _ in range(12):
            task = world.waiting("#never", timeout=9)
            await world.clock.advance(9.1)
            assert isinstance(task.exception(), NoAnswer)
        taken = world.polls
        assert len(taken) > CALLS
        assert all(taken[i + CALLS] - taken[i] >= WINDOW for i in range(len(taken) - CALLS))

    async def test_the_publication_may_come_back_in_between(self, world: World) -> None:
        task = world.waiting("#FFF")
        await world.clock.advance(0.5)
        world.color = "#FFF"
        world.publish()
        await world.clock.advance(0)
        assert task.result().by == "publication"

    async def test_a_cancelled_wait_leaves_no_task_and_no_listener(self, world: World) -> None:
        task = world.waiting("#FFF")
        await world.clock.advance(0.5)
        task.cancel()
        await settle()
        assert task.cancelled()
        assert len(world.table._listeners) == 1
        assert asyncio.all_tasks() == {asyncio.current_task()}


class TestLiveByPoll:
    async def test_one_call(self, world: World) -> None:
        live = await world.settle.live(NAME)
        assert isinstance(live, LiveService)
        assert len(world.polls) == 1

    async def test_no_such_button(self, world: World) -> None:
        world.color = None
        assert await world.settle.live(NAME) is None

    async def test_a_fresh_answer_serves_twice(self, world: World) -> None:
        await world.settle.live(NAME)
        await world.settle.live(NAME)
        assert len(world.polls) == 1
        await world.clock.advance(FRESH + 0.1)
        await world.settle.live(NAME)
        assert len(world.polls) == 2

    async def test_out_of_budget_is_unknown_never_absent(self, world: World) -> None:
        while world.budget.take(ROUTE):
            pass
        assert isinstance(await world.settle.live(NAME), Unknown)
        assert world.polls == []

    async def test_an_error_is_unknown(self, world: World) -> None:
        world.failure = NoAnswer("Rocket.Chat", "GET /api/v1/settings.oauth")
        assert isinstance(await world.settle.live(NAME), Unknown)

    @pytest.mark.parametrize("odd", [{}, {"services": None}, {"services": {}}])
    async def test_an_odd_answer_is_unknown(self, world: World, odd: Mapping[str, Any]) -> None:
        world.odd = odd
        live = await world.settle.live(NAME)
        assert isinstance(live, Unknown)
        assert BadAnswer("Rocket.Chat", "x").what.split(":")[0] in live.reason

    async def test_odd_entries_are_passed_over(self, world: World) -> None:
        world.odd = {"services": [None, 3, "x", {"custom": True}, {**record("#abc"), "custom": False}]}
        assert await world.settle.live(NAME) is None
