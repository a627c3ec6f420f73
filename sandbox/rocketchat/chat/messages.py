"""A message as Rocket.Chat keeps it (facts/rocketchat.md §5.4)."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

from sandbox.rocketchat.documents import Document

_MENTION = re.compile(r"(?:^|\s|> ?)@([0-9a-zA-Z\-_.]+)")
_CHANNEL = re.compile(r"(?:^|\s)#([0-9a-zA-Z\-_.]+)")
_CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)
_URL = re.compile(r"https?://[^\s<>\"`)\]]+")


@dataclass(frozen=True)
class Author:
    """Who is named in a message."""

    id: str
    username: str
    name: str = ""

    def document(self) -> Document:
        """`{_id, username, name}`; no `name` where there is none."""
        return {"_id": self.id, "username": self.username} | ({"name": self.name} if self.name else {})


@dataclass
class Message:
    """One message. Times are aware, in UTC, whole milliseconds."""

    id: str
    rid: str
    msg: str
    ts: datetime
    author: Author
    updated_at: datetime
    t: str | None = None
    """System type (`uj`, `au`, `e2e` …), None for what a person or a bot wrote."""
    mentions: list[Document] = field(default_factory=list)
    channels: list[Document] = field(default_factory=list)
    urls: list[Document] = field(default_factory=list)
    reactions: dict[str, list[str]] = field(default_factory=dict)
    """Emoji with its colons -> usernames, in order."""
    tmid: str | None = None
    tcount: int = 0
    tlm: datetime | None = None
    replies: list[str] = field(default_factory=list)
    """User ids that follow the thread of which this is the head."""
    edited_at: datetime | None = None
    edited_by: Author | None = None
    pinned_at: datetime | None = None
    pinned_by: Author | None = None
    extra: Document = field(default_factory=dict)
    """What the sender gave and the server keeps as it is: alias, emoji, avatar, attachments, bot, blocks, customFields,
    groupable, parseUrls, tshow, content."""

    def document(self) -> Document:
        """The whole document, dates as `datetime`."""
        document: Document = {
            "_id": self.id,
            "rid": self.rid,
            "msg": self.msg,
            "ts": self.ts,
            "u": self.author.document(),
            "_updatedAt": self.updated_at,
        }
        if self.t is None:
            document |= {
                "urls": self.urls,
                "mentions": self.mentions,
                "channels": self.channels,
                "md": parsed(self.msg),
            }
        else:
            document["t"] = self.t
        return document | self.extra | self._marks()

    def _marks(self) -> Document:
        """What came later: reactions, thread, edit, pin."""
        marks: Document = {}
        if self.reactions:
            marks["reactions"] = {emoji: {"usernames": list(names)} for emoji, names in self.reactions.items()}
        if self.tmid:
            marks["tmid"] = self.tmid
        if self.tcount:
            marks |= {"tcount": self.tcount, "tlm": self.tlm, "replies": list(self.replies)}
        if self.edited_at and self.edited_by:
            editor = {"_id": self.edited_by.id, "username": self.edited_by.username}
            marks |= {"editedAt": self.edited_at, "editedBy": editor}
        if self.pinned_at and self.pinned_by:
            pinner = {"_id": self.pinned_by.id, "username": self.pinned_by.username}
            marks |= {"pinned": True, "pinnedAt": self.pinned_at, "pinnedBy": pinner}
        return marks


def mentioned_names(text: str) -> list[str]:
    """Words after `@`, each once, without the dot that ends a sentence."""
    return list(dict.fromkeys(name.rstrip(".") for name in _MENTION.findall(text)))


def channel_names(text: str) -> list[str]:
    """Words after `#`, each once."""
    return list(dict.fromkeys(name.rstrip(".") for name in _CHANNEL.findall(text)))


def links(text: str, wanted: Collection[str] | None = None, site_url: str = "") -> list[Document]:
    """The `urls` of a message, those in code left out. Of `wanted` (`previewUrls`; None: of all) and of the server's
    own address a preview is fetched, which `previews` puts in; of the others it is not."""
    found = dict.fromkeys(_URL.findall(_CODE.sub(" ", text)))
    return [
        {"url": url, "meta": {}}
        | ({"ignoreParse": True} if wanted is not None and url not in wanted and site_url not in url else {})
        for url in found
    ]


def previews(urls: list[Document]) -> list[Document]:
    """The same as after the fetching. Nothing is fetched here: each page is called after its host."""
    return [url if "ignoreParse" in url else url | {"meta": {"pageTitle": urlsplit(url["url"]).netloc}} for url in urls]


def parsed(text: str) -> list[Document]:
    """`md`, far simpler than the real parser's: plain paragraphs with line breaks. Nobody but the page reads it."""
    return [
        {"type": "PARAGRAPH", "value": [{"type": "PLAIN_TEXT", "value": line}]} if line else {"type": "LINE_BREAK"}
        for line in text.split("\n")
        if text
    ]
