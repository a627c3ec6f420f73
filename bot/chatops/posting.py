"""One message of the bot in one place: posted with an id that the bot chooses, and edited.

If editing is off, the last text becomes a second message. Its id is derived from the first one, so that it is found
after a crash and not posted twice.
"""

from __future__ import annotations

import contextlib
import hashlib
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from bot.chatops.answer import buttons
from bot.chatops.ports import Chat, Outgoing
from bot.errors import Forbidden, Rejected
from bot.redaction import redact
from bot.text import SIZE_LIMIT, fit

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTWXYZabcdefghijkmnopqrstuvwxyz"
"""The alphabet of Rocket.Chat's own ids: no 0, 1, I, O, U, V, l."""
ID_LENGTH = 17
TOO_LONG = "error-message-size-exceeded"
SMALLEST_LIMIT = 100
"""Characters; a server that accepts less (`Message_MaxAllowedSize`) gets no answers."""


def new_message_id() -> str:
    """17 random characters: nobody can guess it and use it first."""
    return "".join(secrets.choice(ALPHABET) for _ in range(ID_LENGTH))


def derived_id(message_id: str, purpose: str) -> str:
    """The id of another message that belongs to the first one."""
    number = int.from_bytes(hashlib.sha256(f"{purpose} {message_id}".encode()).digest(), "big")
    digits = []
    for _ in range(ID_LENGTH):
        number, digit = divmod(number, len(ALPHABET))
        digits.append(ALPHABET[digit])
    return "".join(digits)


def second_id(message_id: str) -> str:
    """The id of the second message, if the first one cannot be edited."""
    return derived_id(message_id, "second")


@dataclass(frozen=True)
class Way:
    """Where a message can be put."""

    room_id: str
    thread_id: str | None = None
    lead: str = ""
    """Before the text: whom it mentions, or what is shown for a command elsewhere."""
    tail: str = ""
    """After the text: outside of the thread, which command it answers."""
    in_channel: bool = False
    """A message in a thread that is shown in the room as well."""
    buttons: bool = False
    """With a button for each command that the text tells to type next."""


class Posting:
    """The message. Errors: `bot.errors.RemoteError`; Forbidden and Rejected if it cannot be put there at all."""

    def __init__(self, chat: Chat, message_id: str, way: Way, *, known: bool = False) -> None:
        """`known`: it may have been posted by an earlier run, with whatever text."""
        self._chat = chat
        self._id = message_id
        self._way = way
        self._limit = SIZE_LIMIT
        self._first_text: str | None = None
        self._shown: str | None = None
        self._unsure = known
        self._tried = known
        self._editable = True
        self._buttons = way.buttons
        self.posted = False
        """Whether it is there, in whatever form."""

    async def put(self, text: str) -> None:
        """Shows this text if it can; where editing is off, the one before stays."""
        await self._fitting(text, self._put)

    async def conclude(self, text: str) -> None:
        """Shows the last text, in a second message if it must be."""
        await self._fitting(text, self._conclude)

    async def rewrite(self, text: str) -> None:
        """Another text for what stands there. Rejected if nothing does."""
        await self._fitting(text, self._edit)

    async def _fitting(self, text: str, act: Callable[[str], Awaitable[None]]) -> None:
        """`Message_MaxAllowedSize` is the server's own, and may be less than usual."""
        # The last check: every message of the bot passes here.
        whole = redact(f"{self._way.lead}{text}{self._way.tail}")
        while True:
            try:
                return await act(fit(whole, self._limit))
            except Rejected as error:
                if error.code != TOO_LONG or self._limit < 2 * SMALLEST_LIMIT:
                    raise
                self._limit //= 2
                self._first_text = None

    async def _put(self, text: str) -> None:
        """What an unanswered request left there is not known, so the post is repeated with the text of the first try,
        and a text that differs is put there by an edit."""
        if not self.posted:
            self._first_text = self._first_text or text
            await self._post_first(self._first_text, text)
        if self._shown == text or not self._editable:
            return
        try:
            await self._edit(text)
        except (Forbidden, Rejected) as error:
            if error.code == TOO_LONG:
                raise
            self._editable = False

    async def _conclude(self, text: str) -> None:
        await self._put(text)
        if self._shown != text:
            try:
                await self._send(second_id(self._id), text)
            except (Forbidden, Rejected):
                # It was not the editing alone, so that may be possible again together with the rest.
                self._editable = True
                raise
            self._shown = text

    async def _post_first(self, first: str, text: str) -> None:
        again, self._tried = self._tried, True
        try:
            await self._send(self._id, first)
        except Rejected as refusal:
            # A server may refuse an id that it has already. Only an edit that is taken tells that it is there.
            if not again:
                raise
            with contextlib.suppress(Forbidden, Rejected):
                await self._edit(text)
            if self._shown != text:
                raise refusal from None
        self.posted = True
        if not self._unsure:
            self._shown = first

    async def _send(self, message_id: str, text: str) -> None:
        """With its buttons, or without where the server does not take them: the text is complete."""
        way, pressed = self._way, buttons(text) if self._buttons else ()
        message = Outgoing(message_id, way.room_id, text, way.thread_id, way.in_channel, pressed)
        try:
            await self._chat.post(message)
        except (Forbidden, Rejected) as error:
            if not pressed or error.code == TOO_LONG:
                raise
            await self._chat.post(replace(message, buttons=()))
            self._buttons = False

    async def _edit(self, text: str) -> None:
        await self._chat.edit(self._id, self._way.room_id, text)
        self._shown = text
