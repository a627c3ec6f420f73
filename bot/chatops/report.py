"""The report room: where the bot posts what nobody asked for. See `bot.schedule.ports.ReportRoom`.

Nobody has typed a prefix here, so commands stand with the one that every client sends.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import structlog

from bot.chatops.answer import EVERYWHERE, everywhere
from bot.chatops.delivery import Delivery, Manner, Recipient, ids_of, reported
from bot.chatops.ports import Notes
from bot.chatops.posting import derived_id, new_message_id
from bot.chatops.reply import PATIENCE, Outbox, Reply
from bot.errors import RemoteError
from bot.retry import until_available

SEED = "seed of message ids"
"""The key of the note that makes the ids of these messages unguessable: nobody can use one first."""

_log = structlog.get_logger()


@dataclass(frozen=True)
class Report:
    """One room; the admin room hears what it does not take."""

    outbox: Outbox
    notes: Notes
    room_id: str
    admin_room_id: str

    async def post(self, key: str, text: str) -> bool:
        """See `ReportRoom.post`."""
        message_id = await self._id(key)
        try:
            # Posted before a crash, it is edited: an edit of what was posted just now would only mark it as edited.
            known = any([await self.outbox.chat.room_of(each) is not None for each in ids_of(message_id)])
        except RemoteError:
            known = True
        text = everywhere(text)
        return await Reply(self.outbox, message_id, self._recipient(text), known=known).finish(text)

    async def edit(self, key: str, text: str) -> bool | None:
        """See `ReportRoom.edit`."""
        text, manner = everywhere(text), Manner(mention=True, buttons=self.outbox.buttons)
        delivery = Delivery(self.outbox.chat, await self._id(key), self._recipient(text), known=True, manner=manner)
        try:
            await until_available(partial(delivery.rewrite, text), patience=PATIENCE)
        except RemoteError as error:
            _log.info("report not edited", room=self.room_id, error=error.what)
            return None if error.transient else False
        return True

    async def reacted(self, key: str) -> tuple[str, ...]:
        """See `ReportRoom.reacted`."""
        try:
            return await self.outbox.chat.reacted(await self._id(key))
        except RemoteError as error:
            _log.info("reactions not read", room=self.room_id, error=error.what)
            return ()

    def _recipient(self, text: str) -> Recipient:
        return reported(self.room_id, self.admin_room_id, commands=f"`{EVERYWHERE} " in text)

    async def _id(self, key: str) -> str:
        seed = await self.notes.get(SEED)
        if seed is None:
            await self.notes.put(SEED, new_message_id())
            seed = await self.notes.get(SEED)
        return derived_id(f"{seed}", key)
