"""What is said once in a room, over all starts, without having been asked for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.chatops.delivery import Address
from bot.chatops.ports import Notices
from bot.chatops.posting import new_message_id
from bot.chatops.reply import Outbox, Reply

SAID = "said"
"""What is kept under the key of what was said."""
Announcement = Callable[["Once"], Awaitable[bool]]
"""Says something by `Once.tell`, if there is a reason to; False: it is to be tried again later."""


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

        async def compose() -> str | None:
            begun = await self.notices.get(key) is not None
            return text if begun or await if_() else None

        await self.tell(key, compose)

    async def tell(self, key: str, compose: Callable[[], Awaitable[str | None]]) -> bool:
        """Says what `compose` returns (None: nothing this time) unless something was said under `key` before, in
        whichever room. False if it could not be delivered."""
        state = await self.notices.get(key)
        if state == SAID:
            return True
        text = await compose()
        if text is None:
            return True
        # The id is kept before the message is sent, so that a crash in between does not say it twice.
        message_id = state or new_message_id()
        await self.notices.put(key, message_id)
        if not await Reply(self.outbox, message_id, Address(self.room_id)).finish(text):
            return False
        await self.notices.put(key, SAID)
        return True
