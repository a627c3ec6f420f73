"""Windows, weekdays and dates in the phrases of `schedule`."""

from __future__ import annotations

from datetime import time

import pytest

from bot.schedule.asked import FreezeDays, RotateEvery
from bot.schedule.dates import GivenDay
from bot.schedule.phrases import read
from bot.schedule.spoken import tokens


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["mon–fri,", "2:00-5:00"], "mon - fri 2:00 - 5:00"),
        (["Mon-", "Fri", "–5am"], "Mon - Fri - 5am"),
        (["mon,wed", "a b"], "mon wed a b"),
        (["2026-12-20", "Etc/GMT-5", "America/Port-au-Prince"], "2026-12-20 Etc/GMT-5 America/Port-au-Prince"),
        (["", ","], ""),
    ],
)
def test_commas_and_dashes_part_words(words: list[str], expected: str) -> None:
    assert tokens(words) == tuple(expected.split())


@pytest.mark.parametrize(
    ("typed", "begins", "ends"),
    [
        ("between 2:00 and 5:00", time(2), time(5)),
        ("between 02:00-05:00", time(2), time(5)),
        ("2:00 - 5:00", time(2), time(5)),
        ("2:00 –5:00", time(2), time(5)),
        ("from 2am until 5am", time(2), time(5)),
        ("2 AM to 5 am", time(2), time(5)),
        ("between 10:30pm and 12am", time(22, 30), time(0)),
        ("between noon and 1:15 pm", time(12), time(13, 15)),
        ("between 12pm and 13:00", time(12), time(13)),
        ("between 22:00 and 24:00", time(22), time(0)),
        ("between 23:59 and midnight", time(23, 59), time(0)),
        ("between 12:05am and 5:00", time(0, 5), time(5)),
    ],
)
def test_windows(typed: str, begins: time, ends: time) -> None:
    assert read(f"rotate every 30 days {typed}".split()) == RotateEvery(30, begins, ends)


@pytest.mark.parametrize(
    ("typed", "days"),
    [
        ("mon", {0}),
        ("Mondays", {0}),
        ("mon-fri", {0, 1, 2, 3, 4}),
        ("mon—fri", {0, 1, 2, 3, 4}),
        ("mon - fri", {0, 1, 2, 3, 4}),
        ("monday to friday", {0, 1, 2, 3, 4}),
        ("Mon through Fri", {0, 1, 2, 3, 4}),
        ("weekdays", {0, 1, 2, 3, 4}),
        ("sat-sun", {5, 6}),
        ("on weekends", {5, 6}),
        ("sun-thu", {6, 0, 1, 2, 3}),
        ("fri-mon", {4, 5, 6, 0}),
        ("mon,wed,fri", {0, 2, 4}),
        ("mon, wed, and fri", {0, 2, 4}),
        ("tues weds thurs", {1, 2, 3}),
        ("mon-tue,thu,mon", {0, 1, 3}),
        ("mon-mon", {0}),
        ("weekdays and sat", {0, 1, 2, 3, 4, 5}),
        ("mon-sun", set(range(7))),
        ("weekdays weekend", set(range(7))),
    ],
)
def test_days_of_the_week(typed: str, days: set[int]) -> None:
    assert read(f"rotate every 30 days {typed}".split()) == RotateEvery(30, weekdays=frozenset(days))


@pytest.mark.parametrize(
    ("typed", "first", "last"),
    [
        ("20 December to 7 January", GivenDay(20, 12), GivenDay(7, 1)),
        ("Dec 20 to Jan 7", GivenDay(20, 12), GivenDay(7, 1)),
        ("from December 20th, 2026 until jan 1st", GivenDay(20, 12, 2026), GivenDay(1, 1)),
        ("2026-12-20 to 2027-01-07", GivenDay(20, 12, 2026), GivenDay(7, 1, 2027)),
        ("2026‑12‑20 – 7 Jan", GivenDay(20, 12, 2026), GivenDay(7, 1)),
        ("20 Dec 2026 through 7 Jan 2027", GivenDay(20, 12, 2026), GivenDay(7, 1, 2027)),
        ("3rd may till 22nd sept", GivenDay(3, 5), GivenDay(22, 9)),
        ("29 Feb to 1 Mar", GivenDay(29, 2), GivenDay(1, 3)),
    ],
)
def test_freezes(typed: str, first: GivenDay, last: GivenDay) -> None:
    assert read(f"freeze {typed}".split()) == FreezeDays(first, last)
