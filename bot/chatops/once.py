"""What is said once in a room, over all starts, without having been asked for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.chatops.ports import Notices
from bot.chatops.posting import new_message_id
from bot.chatops.reply import Outbox, Reply
from bot.chatops.ways import Address

_SAID = "said"


async def _always() -> bool:
    return True


class _Nothing:
    """See `bot.chatops.ports.Notices`."""

    async def get(self, key: str) -> str | None:
        return None

    async def put(self, key: str, value: str) -> None: ...


NOTHING_SAID: Notices = _Nothing()
"""What a bot knows that has never run, or whose database cannot be read."""


@dataclass(frozen=True)
class Once:
    """One room, and what was said in it."""

    outbox: Outbox
    notices: Notices
    room_id: str

    async def say(self, what: str, text: str, *, if_: Callable[[], Awaitable[bool]] = _always) -> None:
        """Says `text` unless `what` was said here before; `if_` is asked only then."""
        key = f"{what}: {self.room_id}"
        state = await self.notices.get(key)
        if state == _SAID or (state is None and not await if_()):
            return
        # The id is kept before the message is sent, so that a crash in between does not say it twice.
        message_id = state or new_message_id()
        await self.notices.put(key, message_id)
        if await Reply(self.outbox, message_id, Address(self.room_id)).finish(text):
            await self.notices.put(key, _SAID)
