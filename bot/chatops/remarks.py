"""Answers that belong to no operation: hints, refusals, and what could not be begun.

The id of such an answer follows from the message, so it is said once, also by two instances, or before and after a
crash. Whoever was told that a command is not done can rely on it: it is not carried out later either.
"""

from __future__ import annotations

import asyncio
import re

import structlog

from bot.chatops.background import Background
from bot.chatops.delivery import Recipient, ids_of
from bot.chatops.ports import Message
from bot.chatops.posting import derived_id
from bot.chatops.reply import Outbox, Reply
from bot.errors import RemoteError
from bot.retry import until_available

PATIENCE = 20.0
_MENTION = re.compile(r"^@\S+ ")
_log = structlog.get_logger()


def thread_of(message: Message, room_type: str) -> str | None:
    """The thread of the answer: that of the command, or one that it begins; None in a direct room."""
    return None if room_type == "d" else message.thread_id or message.id


class Remarks:
    """Says them, and knows about which messages one was made."""

    def __init__(self, outbox: Outbox, work: Background) -> None:
        self._outbox = outbox
        self._work = work

    def make(self, message: Message, text: str) -> None:
        """Says it where the message was typed. Never waits and never raises."""
        thread = thread_of(message, message.room_type)
        recipient = Recipient(message.room_id, thread, message.user_id, message.username, message.text)
        reply = Reply(self._outbox, _id(message.id), recipient)

        async def deliver() -> None:
            await reply.finish(text)

        self._work.spawn(deliver())

    async def were_made(self, message_id: str) -> bool:
        """Whether there is one about this message."""
        return bool(await self.standing(_id(message_id)))

    async def standing(self, own_id: str) -> str:
        """The text of an answer with this id, wherever it was posted, without the mention. Empty: there is none, or
        nobody answers that for `PATIENCE` seconds: listening must go on."""

        async def ask() -> str:
            texts = await asyncio.gather(*(self._outbox.chat.text_of(each) for each in ids_of(own_id)))
            return next((text for text in texts if text), "")

        try:
            return _MENTION.sub("", await until_available(ask, patience=PATIENCE))
        except RemoteError as error:
            _log.warning("not known whether it was answered", message=own_id, error=error.what)
            return ""


def _id(message_id: str) -> str:
    return derived_id(message_id, "said")
