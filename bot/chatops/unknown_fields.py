"""Fields of messages that this version does not know: reported once, and the messages are still read.

After an upgrade Rocket.Chat may add a new field to messages, and it may mean that somebody else wrote it. So the bot
reports the field; commands are still carried out.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterable

from bot.chatops.notices import Announcer
from bot.chatops.ports import Notes
from bot.text import quoted

NOTICE = "unknown fields of messages"
"""The key under which their names are kept, a list in JSON."""
MOST_AT_ONCE, MOST = 4, 50
_NAME = re.compile(r"[\w$.-]{1,40}", re.ASCII)


async def known_by_now(notes: Notes) -> tuple[str, ...]:
    """The fields that were named, in alphabetical order; for the doctor. A note that cannot be read names none."""
    try:
        kept = json.loads(await notes.get(NOTICE) or "[]")
    except ValueError:
        return ()
    return tuple(field for field in kept if isinstance(field, str)) if isinstance(kept, list) else ()


class UnknownFields:
    """Names them in the admin room."""

    def __init__(self, room: Announcer, notes: Notes) -> None:
        self._room = room
        self._notes = notes
        self._done: set[str] = set()
        self._order = asyncio.Lock()

    def among(self, fields: Iterable[str]) -> frozenset[str]:
        """The fields that this process has not seen yet; an invalid name is left out, since it would be shown."""
        return frozenset(field for field in fields if field not in self._done and _NAME.fullmatch(field))

    async def saw(self, fields: Iterable[str]) -> None:
        """Reports the new ones, and stores them."""
        async with self._order:
            before = set(await known_by_now(self._notes))
            new = sorted(self.among(fields) - before)[:MOST_AT_ONCE]
            if new and len(before) < MOST:
                await self._room.say(f"{NOTICE} {' '.join(new)}", announcement(new))
                await self._notes.put(NOTICE, json.dumps(sorted({*before, *new})))
            self._done |= {*before, *new}


def announcement(fields: Iterable[str]) -> str:
    """The text about them."""
    names = ", ".join(quoted(field, 40) for field in fields)
    return (
        f"Messages here contain fields that I do not know: {names}. Rocket.Chat has probably been upgraded. I run "
        "commands as before, but I cannot tell whether it means that somebody else wrote them.\n"
        "Better: check for a newer ssobot that knows these fields."
    )
