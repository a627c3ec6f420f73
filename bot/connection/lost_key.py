"""A connection with a secret that no key of SSOBOT_KEYS decrypts: the rest of it, and the error.

Both systems have their own copy of the secret, so nobody is kept from signing in; the bot alone cannot compare, prove
or replace it. What needs no secret still works with the rest.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.connection.state import Connection
from bot.errors import UserError

OR_ELSE = "If there is none, `/sso adopt` restores what both systems still hold."
NOT_NEEDED = "Signing in does not depend on it: both systems have their own copy."


@dataclass(frozen=True)
class Locked:
    """What can be read of it."""

    rest: Connection
    """Everything but the secrets that no key decrypts, which are None. To save it as it is would delete them; with new
    secrets it replaces them, and nothing else can."""
    exchanging: bool
    """Whether a secret was being replaced."""
    why: str
    """Why they cannot be decrypted, as a sentence."""
    fix: str
    """How they could be: with the key, or a backup."""


class LostKey(UserError):
    """My copy of the client secret cannot be decrypted."""

    def __init__(self, locked: Locked) -> None:
        super().__init__(why=f"{locked.why} {NOT_NEEDED}", fix=f"{locked.fix} {OR_ELSE}")
        self.locked = locked


async def kept(get: Callable[[], Awaitable[Connection | None]]) -> Connection | Locked | None:
    """What `get` returns, or what can be read of it."""
    try:
        return await get()
    except LostKey as lost:
        return lost.locked


async def without_secrets(get: Callable[[], Awaitable[Connection | None]]) -> Connection | None:
    """The same, for what needs no secret of it."""
    found = await kept(get)
    return found.rest if isinstance(found, Locked) else found
