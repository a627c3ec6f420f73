"""Messages wait for whoever reads them, and not too many do."""

from __future__ import annotations

import pytest

from bot.bounds import MAX_TOGETHER, PIECE
from bot.chatops.ports import Message
from bot.errors import BadAnswer
from bot.rocketchat.message_queue import MessageQueue
from tests.support.clocks import START


def message(number: int, text: str = "") -> Message:
    return Message(f"m{number}", "r", "p", "u", "u", text, START)


HALF = "x" * (MAX_TOGETHER // 2 - PIECE)


async def test_they_come_in_order() -> None:
    waiting = MessageQueue()
    waiting.admit([message(1), message(2)])
    for number in (1, 2):
        waiting.put(message(number))
    assert [(await waiting.get()).id for _ in range(2)] == ["m1", "m2"]


async def test_one_too_many_is_refused_until_another_is_read() -> None:
    waiting = MessageQueue()
    waiting.admit([message(1, HALF), message(2, HALF)])
    waiting.put(message(1, HALF))
    with pytest.raises(BadAnswer, match="The messages that I have not read yet are together longer than 16 MB"):
        waiting.admit([message(3)])
    await waiting.get()
    waiting.admit([message(3)])


def test_many_short_ones_are_too_many_as_well() -> None:
    with pytest.raises(BadAnswer):
        MessageQueue().admit([message(number) for number in range(MAX_TOGETHER // PIECE + 1)])


def test_of_several_that_are_too_many_none_counts() -> None:
    waiting = MessageQueue()
    with pytest.raises(BadAnswer):
        waiting.admit([message(1, HALF), message(2, HALF), message(3)])
    waiting.admit([message(1, HALF), message(2, HALF)])
