"""What is away is waited for; what waiting does not fix is raised."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import stamina

from bot.errors import Busy, Forbidden, RemoteError, StoreUnavailable, Unreachable
from bot.retry import until_available, worth_waiting


def remote(kind: type[RemoteError]) -> RemoteError:
    return kind("Rocket.Chat", "POST /api/v1/chat.update")


@pytest.fixture(autouse=True)
def at_once() -> Iterator[None]:
    with stamina.set_testing(True, attempts=3):
        yield


def test_busy_says_how_long_to_wait_and_is_not_believed_without_end() -> None:
    busy = Busy("Rocket.Chat", "POST /api/v1/chat.update")
    for said, waited in [(7.0, 7.0), (0.0, 0.2), (9e9, 60.0)]:
        busy.retry_after = said
        assert worth_waiting(busy) == waited


def test_only_what_passes_is_waited_for() -> None:
    assert worth_waiting(remote(Unreachable)) is True
    assert worth_waiting(remote(Forbidden)) is False
    assert worth_waiting(StoreUnavailable()) is True
    assert worth_waiting(RuntimeError()) is False


class Away:
    """Fails so often, then answers."""

    def __init__(self, error: Exception, times: int) -> None:
        self.error, self.left, self.asked = error, times, 0

    async def __call__(self) -> str:
        self.asked += 1
        if self.asked <= self.left:
            raise self.error
        return "here"


@pytest.mark.parametrize("error", [remote(Unreachable), StoreUnavailable()], ids=["a system", "the database"])
async def test_it_is_asked_until_it_answers(error: Exception) -> None:
    away = Away(error, 2)
    assert await until_available(away) == "here"
    assert away.asked == 3


async def test_what_waiting_does_not_fix_is_raised_at_once() -> None:
    away = Away(remote(Forbidden), 1)
    with pytest.raises(Forbidden):
        await until_available(away)
    assert away.asked == 1


async def test_at_the_end_of_patience_the_last_error_is_raised() -> None:
    with pytest.raises(Unreachable):
        await until_available(Away(remote(Unreachable), 99), patience=5)
