"""What is said where Rocket.Chat does not tell who reads along."""

from __future__ import annotations

import pytest

from bot.errors import Busy
from tests.answers.conftest import Heard
from tests.support.chat import DIRECT, typed
from tests.support.desk import Desk

case = pytest.mark.case


@case("Whatever the command", "Rocket.Chat does not say who reads along in a direct room")
async def test_nobody_says_who_reads_along(hears: Heard) -> None:
    desk = Desk()
    desk.chat.fail("room", Busy)
    hears("\n".join(await desk.type(typed("rotate", room=DIRECT))), "rotate")
