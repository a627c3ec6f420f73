"""From when on messages may have been missed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.rocketchat.missed_since import EVER, OVERLAP, MissedSince

START = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def after(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def test_the_first_gap_begins_before_everything() -> None:
    assert MissedSince().gap == EVER


def test_a_room_of_which_nothing_was_missed_has_no_gap() -> None:
    assert MissedSince(complete=True).gap is None


def test_a_closed_gap_is_none() -> None:
    horizon = MissedSince()
    horizon.close()
    assert horizon.gap is None


def test_a_gap_begins_a_little_before_the_newest_message() -> None:
    horizon = MissedSince()
    horizon.close()
    horizon.saw(after(300))
    horizon.saw(after(200))
    horizon.open()
    assert horizon.gap == after(300) - OVERLAP


def test_a_room_in_which_nothing_was_ever_said_is_asked_for_everything() -> None:
    horizon = MissedSince(complete=True)
    horizon.open()
    assert horizon.gap is not None
    assert horizon.gap < after(0) - timedelta(days=365)


def test_messages_over_a_new_socket_do_not_narrow_an_open_gap() -> None:
    horizon = MissedSince()
    horizon.saw(after(900))
    horizon.open()
    assert horizon.gap == EVER


def test_until_it_was_looked_at_nothing_is_known_of_a_room() -> None:
    assert MissedSince().since is None
    assert MissedSince(complete=True).since is not None


def test_what_was_there_at_the_first_look_bounds_every_later_one() -> None:
    horizon = MissedSince()
    horizon.looked(after(100))
    horizon.saw(after(120))
    horizon.close()
    horizon.open()
    assert horizon.since == after(100)


def test_a_clock_that_is_set_back_takes_every_moment_with_it() -> None:
    horizon = MissedSince()
    horizon.looked(after(0))
    horizon.close()
    horizon.saw(after(1000))
    horizon.open()
    horizon.set_back(timedelta(seconds=90))
    assert (horizon.gap, horizon.since) == (after(910) - OVERLAP, after(910) - OVERLAP)
    horizon.close()
    horizon.open()
    assert horizon.gap == after(910) - OVERLAP
    for fresh in (MissedSince(), MissedSince(complete=True)):
        fresh.set_back(timedelta(days=90))
        fresh.open()
        assert fresh.gap is not None


def test_the_last_message_tells_the_time_whatever_it_was_before() -> None:
    horizon = MissedSince(complete=True)
    horizon.heard(after(9000))
    horizon.heard(after(600))
    horizon.open()
    assert horizon.gap == after(600) - OVERLAP


@given(st.lists(st.sampled_from(["push", "lose", "cut", "up", "caught up"]), max_size=60))
def test_no_message_is_ever_outside_of_what_was_pushed_or_asked_for(steps: list[str]) -> None:
    """A model: a message each second at most; it is pushed while the socket is up, else it is missing."""
    horizon, up, missing = MissedSince(), False, set[int]()
    for now, step in enumerate(steps, start=1):
        match step:
            case "push" if up:
                horizon.saw(after(now))
            case "push" | "lose":
                if not up:
                    missing.add(now)
            case "cut":
                up = False
                horizon.open()
            case "up":
                up = True
            case "caught up" if up and horizon.gap is not None:
                since = horizon.gap
                missing = {ts for ts in missing if after(ts) < since}
                horizon.close()
                assert missing == set()
    if missing and up:
        assert horizon.gap is not None
