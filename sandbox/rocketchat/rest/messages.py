"""REST routes about messages: `chat.*` (facts/rocketchat.md §6, §5.6; texts after the real server's v1/chat.ts).

Each handler is a function of the caller and what was given (body or query, already checked against the schema); it
returns the envelope without `success`, or throws what the real server throws.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox.rocketchat.chat.attachments import check_attachments
from sandbox.rocketchat.chat.chat import Chat
from sandbox.rocketchat.chat.messages import Message
from sandbox.rocketchat.chat.rooms import Room, may_read
from sandbox.rocketchat.chat.rules import Draft
from sandbox.rocketchat.ddp.methods import SYSTEM_TYPES
from sandbox.rocketchat.documents import Document, milliseconds
from sandbox.rocketchat.problems import MeteorError, PlainError
from sandbox.rocketchat.rest.paging import page

_KEPT = ("alias", "emoji", "avatar", "attachments", "blocks", "customFields", "tshow", "parseUrls", "groupable")

QUIET = ("You_have_been_muted", "You can't send messages because the room is readonly.")
"""Refusals that old servers keep to themselves (facts/rocketchat.md §6)."""


@dataclass(frozen=True)
class ChatRequest:
    """Who asks, and what was given."""

    chat: Chat
    user_id: str
    given: Document

    def message(self, key: str) -> Message:
        """A message by its id, readable or not: these routes look it up first and ask for access later."""
        message = self.chat.messages.get(self.given.get(key, ""))
        if message is None:
            text = 'The provided "messageId" does not match any existing message.'
            raise MeteorError("error-message-not-found", text)
        return message

    def paged(self, key: str, items: list[Document]) -> Document:
        """The page of `items` that is asked for, under `key`."""
        return page(key, items, self.given, self.chat.settings)

    def readable(self, room_id: str, refusal: MeteorError) -> Room:
        """A room the caller may read, or `refusal`."""
        room = self.chat.readable(room_id, self.user_id)
        if room is None:
            raise refusal
        return room


def post_message(asked: ChatRequest) -> Document:
    """`chat.postMessage`: into one or several rooms; the answer is about the first."""
    given = asked.given
    texts = [given.get("text") or "", *(a.get("text") or "" for a in given.get("attachments") or [])]
    if any(len(text) > asked.chat.setting("Message_MaxAllowedSize", 5000) for text in texts):
        raise PlainError("error-message-size-exceeded")
    check_attachments(given.get("attachments"))
    targets = given.get("roomId") or given.get("channel") or []
    sent = [(target, _post(asked, target)) for target in ([targets] if isinstance(targets, str) else targets)]
    channel, message = sent[0]
    return {"ts": milliseconds(asked.chat.now()), "channel": channel, "message": message.document()}


def _post(asked: ChatRequest, target: str) -> Message:
    chat, given = asked.chat, asked.given
    room = target_room(chat, asked.user_id, target)
    chat.check_thread(given.get("tmid"))
    chat.writable(room.id, asked.user_id)
    attachments = given.get("attachments") or []
    extra: Document = {key: given[key] for key in ("alias", "avatar", "emoji", "customFields") if given.get(key)}
    if "avatar" in extra:
        extra.pop("emoji", None)
    extra |= {"attachments": attachments} if attachments else {}
    extra |= {"parseUrls": given.get("parseUrls", "attachments" not in given), "groupable": False}
    if (extra.get("alias") or extra.get("avatar")) and not chat.may(asked.user_id, "message-impersonate", room):
        raise PlainError("Not enough permission")
    text = (given.get("text") or "").strip()
    return chat.store(chat.author(asked.user_id), room, Draft(room.id, text, tmid=given.get("tmid"), extra=extra))


def target_room(chat: Chat, user_id: str, target: str) -> Room:
    """Where `#name`, `@username`, a name or an id leads: a public channel is joined on the way, a direct room is made
    if there is none; `invalid-channel` where it leads nowhere."""
    name = target[1:] if target[:1] in {"#", "@"} else target
    room = None if target.startswith("@") else chat.rooms.find(name)
    if room is None and not target.startswith("#"):
        other = chat.people.named(name) if target.startswith("@") else None
        other = other or chat.people.get(name)
        if other is not None:
            return chat.direct(user_id, other.id)
        room = chat.rooms.get(name)
    if room is None:
        raise MeteorError("invalid-channel")
    if room.t == "c":
        chat.join(user_id, room)
    return room


def send_message(asked: ChatRequest) -> Document:
    """`chat.sendMessage`. An id used before is not answered with the first message: the real server reads a field of
    nothing and answers 400 with JavaScript's own complaint. The first message stays, alone."""
    message = asked.given["message"]
    if message.get("t") in SYSTEM_TYPES:
        raise PlainError("Cannot send system messages using 'chat.sendMessage'")
    if not message.get("rid"):
        raise PlainError("The 'rid' property on the message object is missing.")
    draft = Draft(
        rid=message["rid"],
        msg=message.get("msg") or "",
        id=message.get("_id"),
        tmid=message.get("tmid"),
        extra={key: message[key] for key in _KEPT if message.get(key) is not None},
        preview_urls=asked.given.get("previewUrls"),
    )
    try:
        sent = asked.chat.send(asked.user_id, draft)
    except PlainError as refusal:
        if asked.chat.quiet_refusals and str(refusal) in QUIET:
            return {"message": False}
        raise
    if sent is None:
        raise PlainError("Cannot read properties of undefined (reading 'starred')")
    return {"message": sent.document()}


def _addressed(asked: ChatRequest) -> Message:
    """The message of `roomId` and `msgId`, as `chat.update` and `chat.delete` find it."""
    given = asked.given
    message = asked.chat.messages.get(given["msgId"])
    if message is None:
        raise PlainError(f'No message found with the id of "{given["msgId"]}".')
    if message.rid != given["roomId"]:
        raise PlainError("The room id provided does not match where the message is from.")
    return message


def update(asked: ChatRequest) -> Document:
    """`chat.update`: the whole message as it is afterwards."""
    message = _addressed(asked)
    custom, wanted = asked.given.get("customFields"), asked.given.get("previewUrls")
    extra = {"customFields": custom} if custom else None
    asked.chat.edit(asked.user_id, message, asked.given["text"], extra, wanted)
    return {"message": message.document()}


def delete(asked: ChatRequest) -> Document:
    """`chat.delete`, also in the author's name with `asUser`."""
    message, user_id = _addressed(asked), asked.user_id
    if asked.given.get("asUser") and message.author.id != user_id:
        room = asked.chat.rooms.all[message.rid]
        if not asked.chat.may(user_id, "force-delete-message", room):
            wanted = 'You must have the permission "force-delete-message" to delete other\'s message as them.'
            raise PlainError(f"Unauthorized. {wanted}")
        user_id = message.author.id
    asked.chat.delete(user_id, message)
    about = {"_id": message.id, "rid": message.rid, "u": message.author.document()}
    return {"_id": message.id, "ts": str(milliseconds(asked.chat.now())), "message": about}


def react(asked: ChatRequest) -> Document:
    """`chat.react {messageId, emoji | reaction, shouldReact?}`."""
    message = asked.message("messageId")
    emoji = asked.given.get("emoji") or asked.given.get("reaction")
    if not emoji:
        raise MeteorError("error-emoji-param-not-provided", 'The required "emoji" param is missing.')
    asked.chat.react(asked.user_id, message, emoji, asked.given.get("shouldReact"))
    return {}


def pin(asked: ChatRequest) -> Document:
    """`chat.pinMessage`: the system message that says so."""
    return {"message": asked.chat.pin(asked.user_id, asked.message("messageId")).document()}


def get_message(asked: ChatRequest) -> Document:
    """`chat.getMessage?msgId=`; a message that isn't there or isn't the caller's to read is a bare failure."""
    message = asked.chat.messages.get(asked.given["msgId"])
    if message is None or not may_read(asked.chat.rooms.all[message.rid], asked.user_id):
        raise PlainError("")
    return {"message": message.document()}


def thread_messages(asked: ChatRequest) -> Document:
    """`chat.getThreadMessages?tmid=`: the answers, oldest first."""
    chat, given = asked.chat, asked.given
    head = chat.messages.get(given["tmid"])
    if head is None:
        raise MeteorError("error-invalid-message", "Invalid Message")
    asked.readable(head.rid, MeteorError("error-not-allowed", "Not Allowed"))
    answers = sorted((m for m in chat.messages.values() if m.tmid == head.id), key=lambda m: m.ts)
    return asked.paged("messages", [m.document() for m in answers])


def sync_messages(asked: ChatRequest) -> Document:
    """`chat.syncMessages` in both forms (facts/rocketchat.md §5.6): everything changed and deleted since `lastUpdate`,
    newest first; or one kind at a time by cursor."""
    given = asked.given
    last_update, kind = given.get("lastUpdate"), given.get("type")
    if not last_update and not kind:
        raise MeteorError("error-param-required", 'The "type" or "lastUpdate" parameters must be provided')
    since = _lenient_date(last_update) if last_update else None
    if last_update and since is None:
        raise MeteorError("error-lastUpdate-param-invalid", 'The "lastUpdate" query parameter must be a valid date')
    room = asked.readable(given["roomId"], MeteorError("error-not-allowed", "Not allowed", {"method": "messages/get"}))
    _check_cursors(given)
    if since is not None:
        return {"result": _since(asked.chat, room, since)}
    cursor = given.get("next") or given.get("previous")
    if not cursor:
        return {"result": {"updated": [], "deleted": []}}  # the real server reads the history and drops it
    return {"result": _by_cursor(asked.chat, room, given)}


def _check_cursors(given: Document) -> None:
    following, previous, kind = given.get("next"), given.get("previous"), given.get("type")
    if kind and kind not in {"UPDATED", "DELETED"}:
        text = 'The "type" parameter must be either "UPDATED" or "DELETED"'
        raise MeteorError("error-type-param-not-supported", text)
    if (following or previous) and not kind:
        text = 'The "type" parameter is required when using the "next" or "previous" parameters'
        raise MeteorError("error-type-param-required", text)
    if following and previous:
        raise MeteorError("error-cursor-conflict", 'You cannot provide both "next" and "previous" parameters')
    if (following or previous) and given.get("lastUpdate"):
        text = 'The attributes "next", "previous" and "lastUpdate" cannot be used together'
        raise MeteorError("error-cursor-and-lastUpdate-conflict", text)


def _since(chat: Chat, room: Room, since: datetime) -> Document:
    changed = [m for m in chat.messages.values() if m.rid == room.id and m.updated_at > since]
    gone = [t for t in chat.trash if t.rid == room.id and t.at > since]
    return {
        "updated": [m.document() for m in sorted(changed, key=lambda m: m.ts, reverse=True)],
        "deleted": [{"_id": t.id, "_deletedAt": t.at} for t in sorted(gone, key=lambda t: t.at, reverse=True)],
    }


def _by_cursor(chat: Chat, room: Room, given: Document) -> Document:
    """Pages by time of change: `next` goes forward from a cursor, `previous` back. One more than `count` is read to see
    whether the pages go on."""
    deleted = given["type"] == "DELETED"
    pool: list[tuple[datetime, Document]]
    if deleted:
        pool = [(t.at, {"_id": t.id, "_deletedAt": t.at}) for t in chat.trash if t.rid == room.id]
    else:
        pool = [(m.updated_at, m.document()) for m in chat.messages.values() if m.rid == room.id]
    forward, count = bool(given.get("next")), int(given.get("count", 20))
    cursor = _cursor(given.get("next") or given["previous"])
    pool = sorted((p for p in pool if (p[0] > cursor if forward else p[0] < cursor)), key=lambda p: p[0])
    page = (pool if forward else pool[::-1])[: count + 1]
    more, page = len(page) > count, page[:count]
    first, last = (str(milliseconds(page[0][0])), str(milliseconds(page[-1][0]))) if page else (None, None)
    following = (last if more else None) if forward else first
    previous = first if forward else (last if more else None)
    documents = [document for _, document in page]
    return {
        "updated": [] if deleted else documents,
        "deleted": documents if deleted else [],
        "cursor": {"next": following, "previous": previous},
    }


def history(asked: ChatRequest, find: Callable[[ChatRequest], Room]) -> Document:
    """`*.history` of the room that `find` finds: newest first, `latest` and `oldest` exclusive unless `inclusive`, at
    most 100 at once."""
    chat, room, given = asked.chat, find(asked), asked.given
    inclusive = given.get("inclusive") in {True, "true"}
    # Our answers come within the millisecond of the message, the real server's never do.
    latest = _lenient_date(given.get("latest")) or chat.now() + timedelta(milliseconds=1)
    oldest = _lenient_date(given.get("oldest"))
    threads = given.get("showThreadMessages") not in {False, "false"}
    found = [
        message
        for message in chat.messages.values()
        if message.rid == room.id
        and (message.ts < latest or (inclusive and message.ts == latest))
        and (oldest is None or message.ts > oldest or (inclusive and message.ts == oldest))
        and (threads or message.tmid is None)
    ]
    found.sort(key=lambda message: message.ts, reverse=True)
    offset, count = int(given.get("offset", 0)), min(int(given.get("count", 20)) or 100, 100)
    answer: Document = {"messages": [message.document() for message in found[offset : offset + count]]}
    if given.get("unreads") in {True, "true"}:
        answer["unreadNotLoaded"] = 0
    return answer


def _lenient_date(value: Any) -> datetime | None:
    """A date as `Date.parse` takes it, in the forms that clients send; naive is UTC."""
    try:
        parsed = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def _cursor(value: Any) -> datetime:
    try:
        return datetime.fromtimestamp(int(value) / 1000, UTC)
    except (ValueError, OverflowError):
        raise PlainError("Invalid Date") from None
