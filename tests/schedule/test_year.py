"""A year of schedules, as the channel hears it. It begins on Thursday 1 January 2026, and what is drawn is seeded."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest

from bot.errors import UserError
from bot.schedule.adjustments import frozen, postponed, resumed, scheduled, skipped, thawed
from bot.schedule.overdue import SecretAge
from bot.schedule.rotation import Rehearse, Rotate, Warn
from bot.schedule.rules import Freeze, Window
from tests.support.schedule_player import Player
from tests.support.schedules import ANA, local, window

NEW_YORK = "America/New_York"


class Year:
    """What people do to the bot, in local times of 2026."""

    def __init__(self, every: int, window: Window, maximum_days: int) -> None:
        self.zone = window.zone
        now = self.at("01 Jan 12:00")
        known = SecretAge(now - timedelta(days=10), maximum_days)
        draw = random.Random(2026).random
        self.player = Player(scheduled(every, window, ANA, known, now, draw), now, draw, known)

    def at(self, text: str) -> datetime:
        """`01 Jan 12:00`; with a year, if it is another one."""
        text = text if len(text) > 12 else f"{text[:6]} 2026 {text[7:]}"
        return local(f"{datetime.strptime(text, '%d %b %Y %H:%M')}", self.zone)

    def until(self, text: str) -> Player:
        """The bot runs until then."""
        self.player.run(self.at(text))
        return self.player

    def broken(self, first: str, last: str, why: str) -> None:
        """Rehearsals fail for so long."""
        begins, ends = self.at(first), self.at(last)
        self.player.rehearsal = lambda now: why if begins <= now < ends else None

    def refused(self, first: str, last: str, why: str) -> None:
        """Rotations fail for so long, although the rehearsal passed."""
        begins, ends = self.at(first), self.at(last)
        self.player.outcome = lambda now: why if begins <= now < ends else None


def madrid() -> Player:
    """Every 30 days, on working days: postponed, skipped, by hand, refused, broken, suspended, down, frozen."""
    year = Year(30, window(weekdays=range(5)), maximum_days=90)
    p = year.until("18 Feb 12:00")
    p.say("> postpone 2 days")
    p.rotation = postponed(p.rotation, 2, p.known, p.now, p.draw)
    year.until("20 Mar 12:00").say("> skip")
    p.rotation = skipped(p.rotation, p.known, p.now, p.draw)
    year.until("11 May 15:00").say("> rotate")
    p.known = SecretAge(p.now, 90)
    year.refused("10 Jun 00:00", "10 Jun 03:20", "Encvoy ID is away")
    year.until("01 Jul 12:00")
    year.broken("08 Jul 00:00", "09 Jul 13:00", "no rights at Encvoy ID")
    year.until("01 Aug 12:00")
    year.refused("10 Aug 00:00", "12 Aug 00:00", "the secret is refused")
    year.until("12 Aug 10:00").say("> resume")
    p.rotation = resumed(p.rotation, p.now, p.draw)
    year.until("10 Sep 12:00").say("(down for a week)")
    p.now = year.at("17 Sep 12:00")
    year.until("01 Dec 12:00").say("> freeze 14 Dec to 7 Jan")
    holidays = Freeze(date(2026, 12, 14), date(2027, 1, 7), "holidays")
    p.rotation = frozen(p.rotation, holidays, p.now, p.draw)
    return year.until("12 Jan 2027 12:00")


def new_york() -> Player:
    """Every 14 days in the night to Sunday, when the clocks change."""
    year = Year(14, window("23:00", "03:00", NEW_YORK, [5]), maximum_days=30)
    p = year.until("01 Apr 12:00")
    p.say("> freeze 3 Apr to 30 Apr")
    p.rotation = frozen(p.rotation, Freeze(date(2026, 4, 3), date(2026, 4, 30), "audit"), p.now, p.draw)
    year.until("13 Apr 12:00").say("> freeze off")
    p.rotation = thawed(p.rotation, p.now, p.draw)
    year.until("10 Jun 12:00").say("(down for a week)")
    p.now = year.at("17 Jun 12:00")
    year.until("01 Jul 12:00").say("> skip")
    p.rotation = skipped(p.rotation, p.known, p.now, p.draw)
    with pytest.raises(UserError):
        skipped(p.rotation, p.known, p.now, p.draw)
    year.until("12 Aug 15:00").say("> rotate")
    p.known = SecretAge(p.now, 30)
    year.until("27 Sep 12:00").say("> postpone 7 days")
    p.rotation = postponed(p.rotation, 7, p.known, p.now, p.draw)
    return year.until("31 Dec 12:00")


MADRID_HEARD = [
    "Wed 21 Jan 02:14 CET  rotated",
    "Wed 18 Feb 12:00 CET  > postpone 2 days",
    "Mon 23 Feb 03:01 CET  rotated",
    "Fri 20 Mar 12:00 CET  > skip",
    "Fri 24 Apr 02:12 CEST  rotated",
    "Mon 11 May 15:00 CEST  > rotate",
    "Wed 10 Jun 03:12 CEST  failed: Encvoy ID is away",
    "Wed 10 Jun 03:24 CEST  rotated",
    "Thu 09 Jul 09:00 CEST  rehearsal failed: no rights at Encvoy ID",
    "Fri 10 Jul 03:06 CEST  rotated",
    "Mon 10 Aug 03:34 CEST  failed: the secret is refused",
    "Mon 10 Aug 03:46 CEST  failed: the secret is refused",
    "Mon 10 Aug 04:28 CEST  failed: the secret is refused",
    "Mon 10 Aug 04:30 CEST  suspended",
    "Tue 11 Aug 05:00 CEST  overdue by 1 d",
    "Wed 12 Aug 10:00 CEST  > resume",
    "Thu 13 Aug 05:00 CEST  overdue by 3 d",
    "Fri 14 Aug 03:05 CEST  rotated",
    "Thu 10 Sep 12:00 CEST  (down for a week)",
    "Thu 17 Sep 12:00 CEST  missed",
    "Thu 17 Sep 12:00 CEST  overdue by 3 d",
    "Fri 18 Sep 03:32 CEST  rotated",
    "Mon 19 Oct 03:30 CEST  rotated",
    "Wed 18 Nov 03:10 CET  rotated",
    "Tue 01 Dec 12:00 CET  > freeze 14 Dec to 7 Jan",
    "Sat 19 Dec 05:00 CET  overdue by 1 d",
    "Mon 21 Dec 05:00 CET  overdue by 3 d",
    "Fri 25 Dec 05:00 CET  overdue by 7 d",
    "Fri 08 Jan 03:13 CET  rotated",
]

NEW_YORK_HEARD = [
    "Sat 10 Jan 23:21 EST  rotated",
    "Sun 25 Jan 00:30 EST  rotated",
    "Sun 08 Feb 00:32 EST  rotated",
    "Sun 22 Feb 01:34 EST  rotated",
    "Sat 07 Mar 23:12 EST  rotated",
    "Sat 21 Mar 23:40 EDT  rotated",
    "Wed 01 Apr 12:00 EDT  > freeze 3 Apr to 30 Apr",
    "Mon 06 Apr 03:00 EDT  overdue by 1 d",
    "Wed 08 Apr 03:00 EDT  overdue by 3 d",
    "Sun 12 Apr 03:00 EDT  overdue by 7 d",
    "Mon 13 Apr 12:00 EDT  > freeze off",
    "Sun 19 Apr 01:21 EDT  rotated",
    "Sun 03 May 00:38 EDT  rotated",
    "Sun 17 May 01:11 EDT  rotated",
    "Sun 31 May 01:18 EDT  rotated",
    "Wed 10 Jun 12:00 EDT  (down for a week)",
    "Wed 17 Jun 12:00 EDT  missed",
    "Wed 17 Jun 12:00 EDT  overdue by 3 d",
    "Sun 21 Jun 00:45 EDT  rotated",
    "Wed 01 Jul 12:00 EDT  > skip",
    "Sun 19 Jul 00:50 EDT  rotated",
    "Sun 02 Aug 01:27 EDT  rotated",
    "Wed 12 Aug 15:00 EDT  > rotate",
    "Sun 30 Aug 01:26 EDT  rotated",
    "Sun 13 Sep 01:03 EDT  rotated",
    "Sun 27 Sep 01:02 EDT  rotated",
    "Sun 27 Sep 12:00 EDT  > postpone 7 days",
    "Sat 17 Oct 23:45 EDT  rotated",
    "Sun 01 Nov 01:55 EST  rotated",
    "Sun 15 Nov 01:47 EST  rotated",
    "Sun 29 Nov 01:24 EST  rotated",
    "Sun 13 Dec 01:59 EST  rotated",
    "Sun 27 Dec 00:32 EST  rotated",
]


def test_a_year_in_madrid() -> None:
    assert madrid().heard == MADRID_HEARD


def test_a_year_in_new_york() -> None:
    assert new_york().heard == NEW_YORK_HEARD


@pytest.mark.parametrize(
    ("play", "exceptions"),
    [(madrid, ["18 Sep"]), (new_york, [])],  # started again, less than a day before
)
def test_rehearsed_a_day_before_and_said_an_hour_before(play: Callable[[], Player], exceptions: list[str]) -> None:
    """This is not in the lists, because it is the same for every rotation."""
    player = play()
    first = {step.slot: at for at, step in reversed(player.steps) if isinstance(step, Rehearse)}
    said = {step.slot: at for at, step in player.steps if isinstance(step, Warn)}
    rotated = {step.slot for _, step in player.steps if isinstance(step, Rotate)}
    late = [slot for slot in rotated if first[slot] != slot.at - timedelta(days=1)]
    assert {said[slot] - slot.at for slot in rotated} == {timedelta(hours=-1)}
    assert [f"{slot.at:%d %b}" for slot in sorted(late, key=lambda slot: slot.at)] == exceptions
