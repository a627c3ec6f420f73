"""Asking what may not be answered."""

from __future__ import annotations

import pytest

from bot.connection.asking import or_unknown
from bot.connection.unknown import Unknown
from bot.errors import Busy, NoAnswer, UserError


async def answer() -> str:
    return "there"


async def refuse(error: Exception) -> str:
    raise error


async def test_what_is_answered_is_passed_on() -> None:
    assert await or_unknown(answer()) == "there"


async def test_slow_down_is_known_as_that() -> None:
    busy = Busy("Rocket.Chat", "GET /api/info", status=429)
    busy.retry_after = 4.2
    reason = "too many requests: Rocket.Chat can be asked again in 5 s"
    assert await or_unknown(refuse(busy)) == Unknown(reason, busy=True)


async def test_a_fault_says_why_and_keeps_what_fixes_it_apart() -> None:
    error = UserError("It failed.", why="It is locked.", fix="Unlock it.")
    assert await or_unknown(refuse(error)) == Unknown("It failed. It is locked.", "Unlock it.")


async def test_silence_is_not_busy() -> None:
    found = await or_unknown(refuse(NoAnswer("Encvoy ID", "GET /x")))
    assert isinstance(found, Unknown)
    assert not found.busy


async def test_a_fault_of_the_program_is_not_swallowed() -> None:
    with pytest.raises(ZeroDivisionError):
        await or_unknown(refuse(ZeroDivisionError()))
