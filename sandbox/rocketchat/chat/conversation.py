"""The chat of the workspace: its rules for sending, editing, deleting, reacting, and who may.

Rules and texts are the real server's (facts/rocketchat.md §5.4, §6; its executeSendMessage, executeUpdateMessage and
deleteMessageValidatingPermission). Everything that happens is told to the listeners as a `ChatEvent`; messages also go
to the ledger as entries of kind `message`, so that a test can await an answer:

    await ledger.wait_for(lambda ledger: any("done" in e.body["text"] for e in ledger.of("message")))
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.clock import Clock
from sandbox.ledger import Ledger
from sandbox.rocketchat.chat.attachments import check_attachments
from sandbox.rocketchat.chat.events import ChatEvent, Deleted, Ephemeral, Listener, Posted
from sandbox.rocketchat.chat.messages import Author, Message, channel_names, links, mentioned_names, previews
from sandbox.rocketchat.chat.rooms import Room
from sandbox.rocketchat.chat.rules import Draft, Rules
from sandbox.rocketchat.documents import Document
from sandbox.rocketchat.ids import random_id
from sandbox.rocketchat.people import People
from sandbox.rocketchat.problems import MeteorError, PlainError
from sandbox.rocketchat.settings import Settings


@dataclass(frozen=True)
class Trashed:
    """What is left of a deleted message."""

    id: str
    rid: str
    at: datetime


class Conversation(Rules):
    """Rooms, messages, and the rules between them. `messages` keeps the order of arrival."""

    def __init__(self, people: People, settings: Settings, clock: Clock, ledger: Ledger) -> None:
        super().__init__(people, settings, clock)
        self.ledger = ledger
        self.messages: dict[str, Message] = {}
        self.trash: list[Trashed] = []
        self._listeners: list[Listener] = []

    def listen(self, listener: Listener) -> None:
        """`listener` is called with every event, at once."""
        self._listeners.append(listener)

    def tell(self, event: ChatEvent) -> None:
        """Passes an event on."""
        for listener in self._listeners:
            listener(event)

    # Sending.

    def send(self, user_id: str, draft: Draft) -> Message | None:
        """Sends one message into a room; None if its id was used before, by anybody (the first message stays as it
        was)."""
        ts = self.timestamp(draft)
        self.check_size(draft.msg)
        check_attachments(draft.extra.get("attachments"))
        author = self.author(user_id)
        self.check_thread(draft.tmid)
        draft = self._in_thread(draft)
        if not draft.rid:
            raise PlainError("The 'rid' property on the message object is missing.")
        room = self.writable(draft.rid, user_id)
        self.check_encryption(room, draft)
        if (draft.extra.get("alias") or draft.extra.get("avatar")) and not self.may(
            user_id, "message-impersonate", room
        ):
            raise PlainError("Not enough permission")
        return None if draft.id in self.messages else self.store(author, room, replace(draft, ts=ts))

    def store(self, author: Author, room: Room, draft: Draft) -> Message:
        """Keeps a message and tells everybody, without any check: for system messages, webhooks and tests."""
        now = self.now()
        message = Message(draft.id or random_id(), room.id, draft.msg, draft.ts or now, author, now, draft.t)
        message.tmid, message.extra = draft.tmid, dict(draft.extra)
        self._parse(message, draft.preview_urls)
        self.messages[message.id] = message
        room.msgs += 1
        self._touch(room, message)
        self._note(message, room)
        self.tell(Posted(message, room))
        self._follow(message, room)
        self._preview(message)
        return message

    def system(self, room: Room, t: str, author: Author, msg: str, extra: Document | None = None) -> Message:
        """A message the server itself writes: `uj`, `ul`, `au`, `ru` … (facts/rocketchat.md §5.4)."""
        return self.store(author, room, Draft(room.id, msg, t=t, extra=extra or {}))

    # Changing what was sent.

    def edit(
        self,
        user_id: str,
        message: Message,
        text: str,
        extra: Document | None = None,
        preview_urls: Sequence[str] | None = None,
    ) -> None:
        """Gives a message another text; the same text changes nothing, not even `editedAt`."""
        room = self.rooms.all[message.rid]
        if message.msg == text and not extra:
            return
        if not self.may(user_id, "edit-message", room) and not (
            self.setting("Message_AllowEditing", True) and message.author.id == user_id
        ):
            details = {"method": "updateMessage", "action": "Message_editing"}
            raise MeteorError("error-action-not-allowed", "Message editing not allowed", details)
        if self.too_old(user_id, message, "Message_AllowEditing_BlockEditInMinutes"):
            details = {"method": "updateMessage"}
            raise MeteorError("error-message-editing-blocked", "Message editing is blocked", details)
        self.check_size(text)
        self.writable(room.id, user_id)
        message.msg = text
        message.extra |= extra or {}
        self._parse(message, preview_urls)
        message.edited_at, message.edited_by = self.now(), self.author(user_id)
        self.changed(message)
        self._note(message, room)
        self._preview(message)

    def delete(self, user_id: str, message: Message) -> None:
        """Deletes a message; `error-action-not-allowed` if this person may not."""
        room = self.rooms.all[message.rid]
        if not self.may_delete(user_id, message, room):
            details = {"method": "deleteMessage", "action": "Delete_message"}
            raise MeteorError("error-action-not-allowed", "Not allowed", details)
        del self.messages[message.id]
        self.trash.append(Trashed(message.id, room.id, self.now()))
        head = self.messages.get(message.tmid or "")
        if head is not None:
            head.tcount = max(0, head.tcount - 1)
            self.changed(head)
        self.tell(Deleted(message.id, room))

    def react(self, user_id: str, message: Message, emoji: str, should: bool | None = None) -> None:
        """Adds a reaction (`should`) or removes it (not); None toggles it."""
        room = self.writable(message.rid, user_id)
        emoji = f":{emoji.replace(':', '')}:"
        username = self.author(user_id).username
        names = message.reactions.get(emoji, [])
        if should is not None and should == (username in names):
            return
        if username in names:
            names.remove(username)
        else:
            message.reactions.setdefault(emoji, []).append(username)
        message.reactions = {key: value for key, value in message.reactions.items() if value}
        self._touch(room)
        self.changed(message)

    def pin(self, user_id: str, message: Message) -> Message:
        """Pins a message; returns the system message that says so, as the real server does."""
        room = self.writable(message.rid, user_id)
        if not self.setting("Message_AllowPinning", True) or not self.may(user_id, "pin-message", room):
            details = {"method": "pinMessage", "action": "Message_pinning"}
            raise MeteorError("error-action-not-allowed", "Not authorized", details)
        pinner = self.author(user_id)
        message.pinned_at, message.pinned_by = self.now(), pinner
        self.changed(message)
        quote = {"text": message.msg, "author_name": message.author.username, "ts": message.ts}
        return self.system(room, "message_pinned", pinner, "", {"attachments": [quote]})

    def changed(self, message: Message) -> None:
        """Stamps `_updatedAt` and sends the message again."""
        message.updated_at = self.now()
        self.tell(Posted(message, self.rooms.all[message.rid]))

    def whisper(self, user_id: str, room_id: str, text: str) -> None:
        """An ephemeral note of rocket.cat, as the server sends after a refused message."""
        now = self.now()
        cat = Author("rocket.cat", "rocket.cat", "Rocket.Cat").document()
        note: Document = {"_id": random_id(), "rid": room_id, "msg": text, "u": cat, "private": True}
        self.tell(Ephemeral(user_id, note | {"ts": now, "_updatedAt": now}))

    # The rules in detail.

    def _in_thread(self, draft: Draft) -> Draft:
        """No threads inside threads, and a thread pulls its answers into its own room."""
        head = self.messages.get(draft.tmid or "")
        return replace(draft, tmid=head.tmid or head.id, rid=head.rid) if head else draft

    def _parse(self, message: Message, preview_urls: Sequence[str] | None) -> None:
        """Mentions, channels and links of a text; a system message has none."""
        if message.t is not None:
            return
        message.mentions = []
        for name in mentioned_names(message.msg):
            if name in {"all", "here"}:
                message.mentions.append({"_id": name, "username": name})
            elif user := self.people.named(name):
                mention = {"_id": user.id, "username": user.username, "name": user.name, "type": "user"}
                message.mentions.append(mention)
        rooms = [self.rooms.find(name) for name in channel_names(message.msg)]
        message.channels = [{"_id": room.id, "name": room.name, "fname": room.name} for room in rooms if room]
        if message.extra.get("parseUrls") is not False:
            message.urls = links(message.msg, preview_urls, str(self.setting("Site_Url", "")).rstrip("/"))

    def _preview(self, message: Message) -> None:
        """The message is sent again once the pages of its links were fetched (facts/rocketchat.md §5.3)."""
        fetched = previews(message.urls)
        if fetched != message.urls and self.setting("API_Embed", True):
            message.urls = fetched
            self.changed(message)

    def _follow(self, message: Message, room: Room) -> None:
        """An answer in a thread changes the thread's head, which is sent again (facts/rocketchat.md §5.3)."""
        head = self.messages.get(message.tmid or "")
        if head is None:
            return
        head.tcount += 1
        head.tlm = message.ts
        head.replies = list(dict.fromkeys([*head.replies, head.author.id, message.author.id]))
        self.changed(head)

    def _touch(self, room: Room, message: Message | None = None) -> None:
        room.updated_at = self.now()
        if message is not None:
            room.last_message, room.last_message_at = message.document(), message.ts

    def _note(self, message: Message, room: Room) -> None:
        self.ledger.add(
            "message",
            who=(message.edited_by or message.author).id,
            body={
                "id": message.id,
                "rid": room.id,
                "room": room.name,
                "text": message.msg,
                "tmid": message.tmid,
                "t": message.t,
                "username": message.author.username,
                "edited": message.edited_at is not None,
            },
        )
