"""What is said where the key of the secrets is lost, and what is still known of the connection."""

from __future__ import annotations

import pytest

from bot.connection.lost_key import Locked, LostKey, kept, without_secrets
from bot.connection.state import Connection, ServiceName
from bot.errors import StoreUnavailable

REST = Connection("7f3c0a1b", ServiceName("Encvoy ID", "Encvoyid"), "https://chat.example.org", "Rocket.Chat", {})
LOCKED = Locked(REST, exchanging=False, why="None of the keys fits.", fix="Put it back.")


async def lost() -> Connection | None:
    raise LostKey(LOCKED)


async def there() -> Connection | None:
    return REST


async def away() -> Connection | None:
    raise StoreUnavailable


def test_the_error_names_the_reason_both_ways_on_and_what_is_not_affected() -> None:
    error = LostKey(LOCKED)
    assert error.locked == LOCKED
    for needed in (
        "None of the keys fits.",
        "Signing in does not depend on it",
        "Put it back. If there is none, `/sso adopt`",
    ):
        assert needed in error.text


async def test_what_is_known_without_the_key_is_a_value() -> None:
    assert await kept(lost) == LOCKED
    assert await kept(there) == await without_secrets(lost) == await without_secrets(there) == REST


async def test_another_error_stays_one() -> None:
    for ask in (kept, without_secrets):
        with pytest.raises(StoreUnavailable):
            await ask(away)
