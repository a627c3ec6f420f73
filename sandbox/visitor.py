"""A user at the web client of a Rocket.Chat, over REST: types into a room and reads the answer in the thread.

Used by the demo and by tests, and useful in scripts; works with any Rocket.Chat.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp

from sandbox.rocketchat.chat.composer import Sent, Swallowed, composer

SLASH = "Message_AllowUnrecognizedSlashCommand"
LOOK_EVERY = 0.1
_MENTION = re.compile(r"\A@\S+ ")
WORD_JOINER = "\u2060"
"""Keeps a name such as `Rocket.Chat` from becoming a link; it is invisible."""


class RequestRefused(Exception):
    """The server refused; only status and error type are known."""


@dataclass
class Visitor:
    """A logged-in user."""

    session: aiohttp.ClientSession
    url: str
    room_id: str

    async def type(self, text: str) -> str | None:
        """Types a line and presses Enter, as the web client treats it. The id of the message, or None if the client
        swallowed it (facts/rocketchat.md §4.1)."""
        answer = await self.call("GET", "settings.public", params={"_id": SLASH})
        allow = any(s.get("_id") == SLASH and s.get("value") is True for s in answer["settings"])
        outcome = composer(text, (), allow)
        if isinstance(outcome, Swallowed):
            return None
        return await self.send(outcome.text if isinstance(outcome, Sent) else text)

    async def send(self, text: str) -> str:
        """Sends any message; returns its id."""
        answer = await self.call("POST", "chat.postMessage", json={"roomId": self.room_id, "text": text})
        return str(answer["message"]["_id"])

    async def thread(self, message_id: str) -> list[dict[str, Any]]:
        """The messages in the thread of a message as people see them, oldest first."""
        try:
            answer = await self.call("GET", "chat.getThreadMessages", params={"tmid": message_id, "count": "50"})
        except RequestRefused:
            return []
        messages = [m | {"msg": as_seen(str(m["msg"]))} for m in answer["messages"] if m["_id"] != message_id]
        return sorted(messages, key=lambda m: str(m["ts"]))

    async def answers(self, message_id: str, timeout: float = 30.0) -> AsyncIterator[str]:
        """Everything in the thread as one text, without mentions, each time it changes, until the
        result is there. TimeoutError after `timeout` seconds."""
        last, result = "", False
        async with asyncio.timeout(timeout):
            while not result:
                texts = await self._texts(message_id)
                result, text = any(map(is_result, texts)), joined(texts)
                if text != last:
                    last = text
                    yield text
                elif not result:
                    await asyncio.sleep(LOOK_EVERY)

    async def said(self, message_id: str) -> str:
        """Everything in the thread of a command as one text, without mentions, a blank line between messages."""
        return joined(await self._texts(message_id))

    async def results(self, message_id: str) -> list[str]:
        """The results in the thread of a command, without mentions: none before it has ended, then one."""
        return [without_mention(text) for text in await self._texts(message_id) if is_result(text)]

    async def _texts(self, message_id: str) -> list[str]:
        return [str(message["msg"]) for message in await self.thread(message_id)]

    async def ask(self, text: str, timeout: float = 30.0) -> str:
        """Sends a command and waits for its result; everything that was answered, the result last."""
        texts = [text async for text in self.answers(await self.send(text), timeout)]
        return texts[-1]

    async def call(self, method: str, route: str, **request: Any) -> dict[str, Any]:
        """One REST call. Raises RequestRefused for a status other than 200."""
        async with self.session.request(method, f"{self.url}/api/v1/{route}", **request) as response:
            if response.status != 200:
                raise RequestRefused(f"{method} {route}: {response.status}")
            body: dict[str, Any] = await response.json()
            return body


def as_seen(text: str) -> str:
    """A message without invisible characters."""
    return text.replace(WORD_JOINER, "")


def joined(texts: Iterable[str]) -> str:
    """Several messages as one text, without mentions, a blank line between them."""
    return "\n\n".join(without_mention(text) for text in texts)


def without_mention(text: str) -> str:
    """A result or an alarm without the mention of the person who asked."""
    return _MENTION.sub("", text)


def is_result(text: str) -> bool:
    """Whether it ends an operation: only results and alarms begin with a mention."""
    mention = _MENTION.match(text)
    return mention is not None and not text.startswith("✗ ALARM", mention.end())


@asynccontextmanager
async def visiting(
    url: str, user_id: str, token: str, room: str, tls: ssl.SSLContext | None = None
) -> AsyncIterator[Visitor]:
    """A user in the room of that name. `tls` is needed to trust more than the system's authorities."""
    headers = {"X-User-Id": user_id, "X-Auth-Token": token}
    connector = aiohttp.TCPConnector(ssl=tls or True)
    timeout = aiohttp.ClientTimeout(total=10)
    async with aiohttp.ClientSession(connector=connector, headers=headers, timeout=timeout) as session:
        visitor = Visitor(session, url, "")
        found = await visitor.call("GET", "rooms.info", params={"roomName": room})
        visitor.room_id = str(found["room"]["_id"])
        yield visitor
