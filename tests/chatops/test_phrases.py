"""Durations, and the phrases of `history` and `mute`."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chatops.phrases import (
    LastOperations,
    Misread,
    MuteFor,
    OneOperation,
    Unmute,
    leading_duration,
    read_history,
    read_mute,
    spelled,
)

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("30m", (HOUR / 2, 1)),
        ("30 min", (HOUR / 2, 2)),
        ("30 MINUTES", (HOUR / 2, 2)),
        ("2h", (2 * HOUR, 1)),
        ("2 hours and more", (2 * HOUR, 2)),
        ("1 hr", (HOUR, 2)),
        ("1d", (24 * HOUR, 1)),
        ("3 days", (72 * HOUR, 2)),
        ("2 weeks", (336 * HOUR, 2)),
        ("0 h", (timedelta(0), 2)),
        ("", None),
        ("h", None),
        ("2", None),
        ("2 fortnights", None),
        ("2s", None),
        ("-2h", None),
        ("1.5h", None),
        ("2h30m", None),
        ("²h", None),
        ("٢h", None),
        ("100000h", None),
    ],
)
def test_a_duration_at_the_beginning(text: str, expected: tuple[timedelta, int] | None) -> None:
    assert leading_duration(text.split()) == expected


@pytest.mark.parametrize(
    ("minutes", "spelling"),
    [
        (1, "1 minute"),
        (90, "90 minutes"),
        (60, "1 hour"),
        (120, "2 hours"),
        (1440, "1 day"),
        (2160, "36 hours"),
        (20160, "14 days"),
        (0, "0 days"),
    ],
)
def test_a_duration_is_spelled_in_the_largest_unit_that_fits(minutes: int, spelling: str) -> None:
    assert spelled(timedelta(minutes=minutes)) == spelling


@given(st.integers(1, 60 * 24 * 800).map(lambda minutes: timedelta(minutes=minutes)))
def test_a_spelled_duration_is_read_again(duration: timedelta) -> None:
    words = spelled(duration).split()
    if len(words[0]) <= 5:
        assert leading_duration(words) == (duration, 2)


@pytest.mark.parametrize(
    ("text", "asked", "words"),
    [
        ("", LastOperations(), ""),
        ("1", LastOperations(1), "1"),
        ("050", LastOperations(50), "50"),
        ("200", LastOperations(200), "200"),
        ("4F0C1D2E3A4B", OneOperation("4f0c1d2e3a4b"), "4f0c1d2e3a4b"),
        ("123456789012", OneOperation("123456789012"), "123456789012"),
    ],
)
def test_history(text: str, asked: LastOperations | OneOperation, words: str) -> None:
    assert read_history(text.split()) == asked
    assert asked.words == words
    assert read_history(words.split()) == asked


@pytest.mark.parametrize("text", ["0", "201", "-1", "last 10", "4f0c1d2e3a4", "4f0c1d2e3a4g", "4f0c1d2e3a4b 1"])
def test_what_history_refuses(text: str) -> None:
    with pytest.raises(Misread) as caught:
        read_history(text.split())
    assert caught.value.sentence == (
        f"`{text}` is neither a number from 1 to 200 nor the id of an operation (12 of `0-9a-f`)."
    )
    assert read_history(caught.value.instead.split()) == LastOperations(20)


@pytest.mark.parametrize(
    ("text", "asked", "words"),
    [
        ("30m", MuteFor(HOUR / 2), "30 minutes"),
        ("2h", MuteFor(2 * HOUR), "2 hours"),
        ("2 Hours", MuteFor(2 * HOUR), "2 hours"),
        ("for 1 day", MuteFor(24 * HOUR), "1 day"),
        ("1 minute", MuteFor(HOUR / 60), "1 minute"),
        ("1 week", MuteFor(168 * HOUR), "7 days"),
        ("OFF", Unmute(), "off"),
    ],
)
def test_mute(text: str, asked: MuteFor | Unmute, words: str) -> None:
    assert read_mute(text.split()) == asked
    assert asked.words == words
    assert read_mute(words.split()) == asked


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "A duration is missing."),
        ("a while", "`a while` is not a duration."),
        ("for", "`for` is not a duration."),
        ("for off", "`for off` is not a duration."),
        ("2h please", "`2h please` is not a duration."),
        ("off 2h", "`off 2h` is not a duration."),
        ("@all", "`＠all` is not a duration."),
        ("0m", "Muting lasts from 1 minute to 7 days."),
        ("8 days", "Muting lasts from 1 minute to 7 days."),
        ("169h", "Muting lasts from 1 minute to 7 days."),
    ],
)
def test_what_mute_refuses(text: str, sentence: str) -> None:
    with pytest.raises(Misread) as caught:
        read_mute(text.split())
    assert caught.value.sentence == sentence
    assert read_mute(caught.value.instead.split()) == MuteFor(2 * HOUR)
