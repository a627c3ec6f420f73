"""What the watch decides is carried out: once, in order, and over crashes."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from bot.doctor.incident import Edit, Post, WatchState
from bot.doctor.sight import SeenVersions, Sight
from bot.schedule.ports import ReportRoom
from bot.schedule.watching import OWED_EVERY, KeptWatch, Watcher, WatchStore
from tests.support.clocks import ManualClock
from tests.support.unattended import MemoryRoles, MemoryRoom, MemoryWatch
from tests.support.watched import FINE, failing

LOOK = timedelta(seconds=30)
HOUR = timedelta(hours=1)


class Crash(Exception):
    """The process ends here."""


@dataclass
class CrashingWatch(MemoryWatch):
    """The process ends at the `at`-th commit, before or after it."""

    at: int = 0
    before: bool = True
    puts: int = 0

    async def put(self, kept: KeptWatch) -> None:
        self.puts += 1
        if self.puts == self.at and self.before:
            raise Crash
        await super().put(kept)
        if self.puts == self.at:
            raise Crash


@dataclass
class CrashingRoom(MemoryRoom):
    """The process ends at the `at`-th message, before or after it is posted."""

    at: int = 0
    before: bool = True
    calls: int = 0

    async def post(self, key: str, text: str) -> bool:
        self._crash(before=True)
        posted = await super().post(key, text)
        self._crash(before=False)
        return posted

    def _crash(self, *, before: bool) -> None:
        self.calls += before
        if self.calls == self.at and self.before == before:
            raise Crash


@dataclass
class Desk:
    """A watcher, its store and its room."""

    clock: ManualClock = field(default_factory=ManualClock)
    store: MemoryWatch = field(default_factory=MemoryWatch)
    roles: MemoryRoles = field(default_factory=MemoryRoles)
    room: MemoryRoom = field(init=False)
    watcher: Watcher = field(init=False)

    def __post_init__(self) -> None:
        self.room = MemoryRoom(self.clock)
        self.restart()

    def restart(self) -> None:
        """Another process on the same rows."""
        self.watcher = Watcher(self.store, self.clock)

    def later(self, by: timedelta) -> None:
        self.clock.seconds += by.total_seconds()

    async def saw(self, sight: Sight) -> None:
        await self.watcher.saw(sight, self.room)

    async def tick(self) -> bool:
        return await self.watcher.tick(self.room, self.roles)

    async def failed(self, *ranks: int) -> None:
        """Seen twice, so it counts."""
        await self.saw(failing(*ranks))
        self.later(LOOK)
        await self.saw(failing(*ranks))

    @property
    def said(self) -> list[str]:
        """The first line of each message, in order."""
        return [text.partition("\n")[0] for _, text in self.room.said]


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_the_adapters_are_the_ports(desk: Desk) -> None:
    store: WatchStore = desk.store
    room: ReportRoom = desk.room
    assert (store, room) == (desk.store, desk.room)


async def test_a_new_watch_has_nothing_to_say(desk: Desk) -> None:
    assert await desk.watcher.state() == WatchState()
    assert await desk.watcher.due() is None
    assert await desk.tick() is False
    assert (desk.room.said, desk.store.kept) == ([], KeptWatch(WatchState()))


async def test_a_failure_is_posted_after_its_second_look_and_nothing_is_owed(desk: Desk) -> None:
    await desk.saw(failing(3))
    assert desk.said == []
    assert await desk.watcher.due() == desk.clock.now() + LOOK
    desk.later(LOOK)
    assert await desk.tick() is True
    assert await desk.tick() is True
    await desk.saw(failing(3))
    assert desk.said == ["✗ failed: Check 3: no"]
    assert desk.store.kept.owed == ()
    assert await desk.tick() is False


async def test_nothing_is_written_where_nothing_changes(desk: Desk) -> None:
    await desk.failed(3)
    kept: list[str] = []
    desk.store.called = kept.append
    for _ in range(3):
        await desk.tick()
    assert kept == []


@pytest.mark.parametrize("before", [True, False])
async def test_a_crash_around_a_message_posts_it_once(desk: Desk, before: bool) -> None:
    desk.room = room = CrashingRoom(desk.clock, at=1, before=before)
    await desk.saw(failing(3))
    desk.later(LOOK)
    with pytest.raises(Crash):
        await desk.saw(failing(3))
    assert len(room.said) == (0 if before else 1)
    assert [type(action) for action in desk.store.kept.owed] == [Post]
    assert await desk.watcher.due() == desk.clock.now()
    desk.restart()
    await desk.tick()
    await desk.tick()
    assert desk.said == ["✗ failed: Check 3: no"]
    assert desk.store.kept.owed == ()


@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize("at", range(1, 9))
async def test_a_crash_at_any_commit_says_the_same_in_the_end(desk: Desk, at: int, before: bool) -> None:
    """A failure, a worse cause, and the recovery; whoever was interrupted sees the same again."""
    desk.store = CrashingWatch(at=at, before=before)
    desk.restart()
    for sight in (failing(5), failing(5), failing(2, 5), failing(2, 5), FINE, FINE):
        try:
            await desk.saw(sight)
        except Crash:
            desk.restart()
            await desk.saw(sight)
        desk.later(2 * HOUR)
    await desk.tick()
    said = [line for line in desk.said if not line.startswith("Still failing")]
    assert [line.partition(":")[0] for line in said] == ["✗ failed", "✗ failed", "✓ Recovered"]
    assert ["Check 5" in said[0], "Check 2" in said[1]] == [True, True]
    assert desk.store.kept.owed == ()


async def test_what_is_owed_comes_first_and_in_its_order(desk: Desk) -> None:
    owed = (Post("a", "one"), Edit("a", "one, edited"), Post("b", "two"))
    desk.store.kept = KeptWatch(WatchState(), owed)
    await desk.failed(3)
    assert [text for _, text in desk.room.said][:2] == ["one", "two"]
    assert desk.said[2] == "✗ failed: Check 3: no"
    assert desk.room.texts["a"] == "one, edited"
    assert desk.store.kept.owed == ()


async def test_a_closed_room_keeps_everything_in_order_until_it_opens(desk: Desk) -> None:
    desk.room.closed = True
    await desk.failed(3)
    desk.later(2 * HOUR)
    await desk.saw(FINE)
    kinds = [type(action) for action in desk.store.kept.owed]
    assert kinds[0] is Post
    assert len(kinds) > 1
    assert await desk.watcher.due() == desk.clock.now() + OWED_EVERY
    desk.restart()
    await desk.tick()
    assert desk.said == []
    desk.room.closed = False
    await desk.tick()
    assert [line.partition(":")[0] for line in desk.said] == ["✗ failed", "✓ Recovered"]
    assert desk.store.kept.owed == ()


async def test_what_follows_a_message_that_cannot_be_posted_is_not_posted_before_it(desk: Desk) -> None:
    owed = (Post("a", "one"), Edit("z", "another"))
    desk.store.kept = KeptWatch(WatchState(), owed)
    desk.room.texts["z"] = "there"
    desk.room.closed = True
    await desk.tick()
    assert desk.store.kept.owed == owed
    assert desk.room.texts["z"] == "there"


async def test_a_refused_edit_becomes_a_new_message(desk: Desk) -> None:
    await desk.failed(3)
    desk.room.editable = False
    await desk.saw(failing(3, 4))
    assert desk.said == ["✗ failed: Check 3: no"] * 2
    first, second = desk.room.texts.values()
    assert "Check 4" not in first
    assert "Check 4" in second
    assert desk.store.kept.owed == ()


async def test_an_edit_waits_while_rocketchat_cannot_be_asked(desk: Desk) -> None:
    await desk.failed(3)
    desk.room.away = True
    await desk.saw(failing(3, 4))
    desk.restart()
    await desk.tick()
    assert (len(desk.said), [type(action) for action in desk.store.kept.owed]) == (1, [Edit])
    desk.room.away = False
    await desk.tick()
    assert desk.said == ["✗ failed: Check 3: no"]
    assert "Check 4" in desk.room.edits[-1]
    assert desk.store.kept.owed == ()


async def test_a_refused_edit_of_a_message_of_before_is_given_up(desk: Desk) -> None:
    desk.store.kept = KeptWatch(WatchState(), (Edit("long gone", "text"),))
    await desk.tick()
    assert (desk.said, desk.store.kept.owed) == ([], ())


async def test_a_recovery_is_posted_once_and_the_message_edited(desk: Desk) -> None:
    await desk.failed(3)
    desk.later(2 * HOUR)
    await desk.saw(FINE)
    await desk.tick()
    assert [line.partition(":")[0] for line in desk.said] == ["✗ failed", "✓ Recovered"]
    assert "works again" in desk.room.edits[-1]


async def test_a_reaction_of_an_administrator_acknowledges(desk: Desk) -> None:
    await desk.failed(3)
    [key] = desk.room.texts
    desk.room.reactions[key] = ("marc", "anna")
    await desk.tick()
    incident = (await desk.watcher.state()).incident
    assert incident is not None
    assert incident.acknowledged is not None
    assert incident.acknowledged.by == "anna"
    assert "Acknowledged by @anna" in desk.room.texts[key]


async def test_once_it_is_acknowledged_nobody_looks_at_reactions(desk: Desk) -> None:
    await desk.failed(3)
    await desk.watcher.acknowledge("ben")
    [key] = desk.room.texts
    desk.room.reactions[key] = ("anna",)
    await desk.tick()
    incident = (await desk.watcher.state()).incident
    assert incident is not None
    assert incident.acknowledged is not None
    assert incident.acknowledged.by == "ben"


async def test_an_acknowledgement_posts_with_the_next_tick(desk: Desk) -> None:
    await desk.failed(3)
    before = await desk.watcher.acknowledge("anna")
    assert before.incident is not None
    assert before.incident.acknowledged is None
    assert desk.room.edits == []
    await desk.tick()
    assert "Acknowledged by @anna" in desk.room.edits[0]


async def test_a_mute_holds_back_and_its_end_is_due(desk: Desk) -> None:
    until = desk.clock.now() + 5 * HOUR
    await desk.watcher.mute(until, "maintenance")
    assert await desk.watcher.due() == until
    await desk.failed(3)
    await desk.saw(FINE)
    assert desk.said == ["✗ failed: Check 3: no"]
    desk.later(5 * HOUR)
    assert await desk.tick() is True
    await desk.saw(FINE)
    assert [line.partition(":")[0] for line in desk.said] == ["✗ failed", "✓ Recovered"]


async def test_a_late_message_asks_for_a_look(desk: Desk) -> None:
    """It tells what was seen hours ago."""
    desk.room.closed = True
    await desk.failed(3)
    assert await desk.tick() is False
    desk.later(timedelta(minutes=30))
    desk.restart()
    assert await desk.tick() is False
    desk.room.closed = False
    await desk.watcher.noticed(SeenVersions(), desk.room)
    assert [await desk.tick(), await desk.tick()] == [True, False]


async def test_a_late_message_that_is_posted_by_a_look_asks_for_no_other(desk: Desk) -> None:
    desk.room.closed = True
    await desk.failed(3)
    desk.later(timedelta(minutes=30))
    desk.room.closed = False
    await desk.saw(failing(3))
    assert await desk.tick() is False
    assert len(desk.said) == 1


async def test_a_persons_test_is_posted_with_the_next_tick(desk: Desk) -> None:
    await desk.failed(3)
    desk.later(2 * HOUR)
    await desk.watcher.overheard(FINE, scheduled=False)
    assert len(desk.said) == 1
    assert await desk.watcher.due() == desk.clock.now()
    assert await desk.tick() is False
    assert desk.said[1].startswith("✓ Recovered")


async def test_a_persons_test_where_nothing_is_scheduled_or_open_is_not_kept(desk: Desk) -> None:
    before = desk.store.kept
    await desk.watcher.overheard(failing(3), scheduled=False)
    assert desk.store.kept == before


OLD, NEW = SeenVersions("8.8", "1.0.10"), SeenVersions("8.9", "1.0.10")


async def test_the_first_versions_are_no_change(desk: Desk) -> None:
    await desk.watcher.noticed(OLD, desk.room)
    assert await desk.tick() is False
    assert (await desk.watcher.state()).told == OLD


async def test_a_new_version_asks_for_a_test_once_and_is_told_with_its_verdict(desk: Desk) -> None:
    await desk.watcher.noticed(OLD, desk.room)
    await desk.watcher.noticed(NEW, desk.room)
    assert [await desk.tick(), await desk.tick()] == [True, False]
    await desk.saw(Sight(versions=NEW))
    await desk.watcher.noticed(NEW, desk.room)
    assert await desk.tick() is False
    assert len(desk.said) == 1
    assert "`8.9`" in desk.said[0]


async def test_a_crash_before_the_test_of_a_new_version_notices_it_again(desk: Desk) -> None:
    await desk.watcher.noticed(OLD, desk.room)
    await desk.watcher.noticed(NEW, desk.room)
    desk.restart()
    assert await desk.tick() is False
    await desk.watcher.noticed(NEW, desk.room)
    assert await desk.tick() is True


async def test_two_at_once_do_not_overwrite_each_other(desk: Desk) -> None:
    """A command mutes while an examination is told."""

    @dataclass
    class SlowWatch(MemoryWatch):
        async def put(self, kept: KeptWatch) -> None:
            await asyncio.sleep(0)
            await super().put(kept)

    desk.store = SlowWatch()
    desk.restart()
    until = desk.clock.now() + HOUR
    await asyncio.gather(desk.saw(failing(3)), desk.watcher.mute(until, ""), desk.saw(failing(3)))
    state = await desk.watcher.state()
    assert state.mute is not None
    assert state.suspected_at is not None
    assert replace(state.mute, reason="") == state.mute
