"""How the loop's news are told."""

from __future__ import annotations

import pytest

from bot.errors import UserError
from bot.secret import Fingerprints
from commands.wording import Narration
from tests.support.counter import Spoken


@pytest.mark.parametrize(
    ("surprise", "lines"),
    [
        (UserError("It is away.", why="It hangs.", fix="Start it."), ["Why: It is away. It hangs.", "Fix: Start it."]),
        (UserError("It is away."), ["Why: It is away."]),
    ],
)
def test_an_alarm_says_what_is_true_why_and_what_fixes_it(surprise: UserError, lines: list[str]) -> None:
    spoken = Spoken()
    Narration(spoken, Fingerprints(b"k" * 32)).stuck(surprise)
    [alarm] = spoken.alarms
    first, *rest = alarm.split("\n")
    assert first == "ALARM: people may be unable to sign in with Encvoy ID now, and I keep trying to fix it."
    assert rest == lines


def test_the_way_back_is_worth_a_line_only_while_it_lasts() -> None:
    spoken = Spoken()
    Narration(spoken, Fingerprints(b"k" * 32)).undoing("It is away.")
    assert spoken.alarms == []
    assert spoken.remarks == ["The rotation is being rolled back: Rocket.Chat gets the old secret again. It is away."]
