"""A part of an answer that only the asker reads: one direct message, besides the result in the room.

It is posted while the operation runs and is never stored, so `history` shows it to nobody. Its id follows from that of
the result: a run that continues after a crash finds it, and posts nothing twice.
"""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from bot.chatops.answer import EVERYWHERE, Answer, render
from bot.chatops.ports import Chat
from bot.chatops.posting import Posting, Way, derived_id
from bot.errors import Forbidden, Rejected, RemoteError, UserError
from bot.retry import until_available

T = TypeVar("T")

PATIENCE = 30.0
"""Seconds for which Rocket.Chat is asked again while it is unavailable. Other operations wait meanwhile."""


@dataclass(frozen=True)
class PrivateMessage:
    """`bot.chatops.registry.Private`. Errors: `bot.errors.UserError`."""

    chat: Chat
    message_id: str
    """Of the result."""
    asker: str
    """User id."""
    room_id: str | None = None
    """The direct room in which the command was given, if it was."""
    known: bool = False
    """Whether an earlier run may have posted it."""
    buttons: bool = True

    async def open(self) -> str:
        """The id of the direct room."""
        if self.room_id is not None:
            return self.room_id
        try:
            return await _patiently(functools.partial(self.chat.direct_with, self.asker))
        except (Forbidden, Rejected) as error:
            raise _closed(error) from error

    async def send(self, answer: Answer) -> None:
        """Posts it, unless an earlier run has."""
        own_id = derived_id(self.message_id, "private")
        if self.known and await _patiently(functools.partial(self.chat.room_of, own_id)) is not None:
            return
        posting = Posting(self.chat, own_id, Way(await self.open(), buttons=self.buttons))
        text = render((), answer, prefix=EVERYWHERE)
        try:
            await _patiently(functools.partial(posting.conclude, text))
        except (Forbidden, Rejected) as error:
            raise _closed(error) from error


async def _patiently(ask: Callable[[], Awaitable[T]]) -> T:
    return await until_available(ask, patience=PATIENCE)


def _closed(error: RemoteError) -> UserError:
    return UserError(
        "I could not send you a direct message, and this is not for the room.",
        why=error.what,
        fix="Give the bot's account the permission create-d, and do not mute it. Or write to it in a direct message, "
        "and type the command there.",
    )
