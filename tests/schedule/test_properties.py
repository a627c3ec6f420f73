"""What holds for every schedule, whatever fails, whoever speaks, and however the clock jumps."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from bot.errors import UserError
from bot.schedule.adjustments import frozen, postponed, resumed, scheduled, skipped, thawed
from bot.schedule.calendar import day_of, local_date
from bot.schedule.overdue import SecretAge
from bot.schedule.rotation import Missed, Rehearse, Rotate, TellFailedRehearsal, Warn
from bot.schedule.rules import Freeze, Window
from tests.support.schedule_player import Player
from tests.support.schedules import ANA, ZONES, utc

BEGINNING = datetime(2026, 1, 1), datetime(2026, 12, 31)
DAY = timedelta(days=1)

minutes = st.times().map(lambda at: at.replace(second=0, microsecond=0))
windows = st.builds(
    Window, minutes, minutes, st.sampled_from(ZONES), st.frozensets(st.integers(0, 6), min_size=1, max_size=7)
)
Event = Callable[[Player], None]


def ran(days: float) -> Event:
    """The bot runs."""
    return lambda player: player.run(player.now + days * DAY)


def jumped(days: float) -> Event:
    """It was down for so long, or the clock was set, back too."""

    def event(player: Player) -> None:
        player.now += days * DAY

    return event


def rotated_by_hand(player: Player) -> None:
    """Outside of the schedule."""
    player.known = replace(player.known, proved_at=player.now)


def said(order: str, number: int) -> Event:
    """What people say, whether it can be done or not."""

    def event(player: Player) -> None:
        one, known, now, draw = player.rotation, player.known, player.now, player.draw
        today = local_date(now, one.window.zone)
        freeze = Freeze(today + (number - 3) * DAY, today + 2 * number * DAY, "fair")
        with suppress(UserError):
            player.rotation = {
                "skip": lambda: skipped(one, known, now, draw),
                "postpone": lambda: postponed(one, number, known, now, draw),
                "freeze": lambda: frozen(one, freeze, now, draw),
                "thaw": lambda: thawed(one, now, draw),
                "resume": lambda: resumed(one, now, draw),
                "again": lambda: scheduled(number, one.window, ANA, known, now, draw, one),
            }[order]()

    return event


calm: list[st.SearchStrategy[Event]] = [
    st.floats(0, 40).map(ran),
    st.floats(0, 40).map(ran),
    st.floats(0, 15).map(jumped),
    st.just(rotated_by_hand),
    st.builds(said, st.sampled_from(["skip", "postpone", "freeze", "thaw", "resume", "again"]), st.integers(1, 30)),
]
events = st.lists(st.one_of(*calm), max_size=15)
wild_events = st.lists(st.one_of(*calm, st.floats(-30, 0).map(jumped)), max_size=15)


def play(window: Window, every: int, begins: datetime, seed: int, failing: float, happened: list[Event]) -> Player:
    """`failing`: the share of rehearsals and rotations that fail."""
    chance = random.Random(seed)
    now, known = begins.replace(tzinfo=utc("2026-01-01").tzinfo), SecretAge(None, 60)

    def outcome(_: datetime) -> str | None:
        return "refused" if chance.random() < failing else None

    rotation = scheduled(every, window, ANA, known, now, chance.random)
    player = Player(rotation, now, chance.random, known, rehearsal=outcome, outcome=outcome)
    for event in happened:
        event(player)
    player.run(player.now + 3 * DAY)
    return player


plays = st.builds(
    play,
    windows,
    st.integers(1, 60),
    st.datetimes(*BEGINNING),
    st.integers(0, 2**16),
    st.sampled_from([0.0, 0.3, 0.9]),
    wild_events,
)
calm_plays = st.builds(
    play,
    windows,
    st.integers(1, 60),
    st.datetimes(*BEGINNING),
    st.integers(0, 2**16),
    st.sampled_from([0.0, 0.3, 0.9]),
    events,
)


@given(plays)
def test_every_rotation_begins_in_its_window_on_an_allowed_day(player: Player) -> None:
    """The player itself finds out a loop that spins, and a `Wait` that lies in the past."""
    for (at, step), row in zip(player.steps, player.rows, strict=True):
        if isinstance(step, Rotate):
            assert step.slot.begins <= at < step.slot.ends
            day = day_of(row.window, step.slot.begins)
            assert day.weekday() in row.window.weekdays
            assert row.freeze is None or not row.freeze.first <= local_date(at, row.window.zone) <= row.freeze.last


@given(plays)
def test_a_slot_has_one_rotation_that_succeeds_and_three_attempts_at_most(player: Player) -> None:
    slots = Counter(step.slot for _, step in player.steps if isinstance(step, Rotate))
    assert all(count <= 3 for count in slots.values())
    assert all(count == 1 for count in Counter(player.succeeded).values())


@given(calm_plays)
def test_a_slot_is_rehearsed_before_it_rotates_and_told_once(player: Player) -> None:
    rehearsed = set()
    told: Counter[object] = Counter()
    for _, step in player.steps:
        match step:
            case Rehearse(slot):
                rehearsed.add(slot)
            case Rotate(slot):
                assert slot in rehearsed
            case Warn() | Missed() | TellFailedRehearsal():
                told[type(step), step.slot] += 1
    assert all(count == 1 for count in told.values())


@given(windows, st.integers(1, 45), st.datetimes(*BEGINNING), st.integers(0, 2**16))
def test_left_alone_it_rotates_every_interval(window: Window, every: int, begins: datetime, seed: int) -> None:
    """By the dates of its windows, on the first allowed weekday: a change of the clock shifts nothing."""
    player = play(window, every, begins, seed, 0.0, [ran(200)])
    slots = [step.slot for _, step in player.steps if isinstance(step, Rotate)]
    days = [local_date(slot.begins, window.zone) for slot in slots]
    for before, after in pairwise(days):
        assert every <= (after - before).days <= every + 7
    assert len(slots) >= 200 // (every + 7) - 1
    assert player.heard == [line for line in player.heard if line.endswith("rotated")]
