"""Nothing here waits in real time: retries are tried at once, and the clock is stepped."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import stamina

from bot.chatops.registry import Registry
from bot.chatops.reply import Outbox
from tests.support.chat import MemoryChat, MemoryNotes
from tests.support.clocks import SteppedClock
from tests.support.desk import Desk, example_registry


@pytest.fixture(autouse=True)
def _retry_at_once() -> Iterator[None]:
    with stamina.set_testing(True, attempts=200):
        yield


@pytest.fixture
def clock() -> SteppedClock:
    return SteppedClock()


@pytest.fixture
def registry() -> Registry:
    return example_registry()


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def chat() -> MemoryChat:
    return MemoryChat()


@pytest.fixture
def notes() -> MemoryNotes:
    return MemoryNotes()


@pytest.fixture
def outbox(chat: MemoryChat, clock: SteppedClock) -> Outbox:
    return Outbox(chat, clock)
