"""Rocket.Chat as a place to talk: the port `bot.chatops.ports.Chat` over REST (facts/rocketchat.md §6)."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.chatops.ports import Message, Outgoing, Person, Room
from bot.errors import BadAnswer, Forbidden, Rejected, RemoteError, RouteAbsent
from bot.rocketchat.messages import iso, message_from, moment_from
from bot.rocketchat.responses import SYSTEM, not_its_own
from bot.rocketchat.rest import ClientCall, QueryValue, Rest, Walk, encoded_query
from bot.rocketchat.roles import roles
from bot.text import inert

PAGE = 100
MOST_PAGES = 20
"""Older messages than the newest 2,000 are not answered anyway."""
SMALLER = 4
"""The next page is shorter by this factor if one was too long."""
_NO_PREVIEW: Mapping[str, object] = {"previewUrls": []}
"""Rocket.Chat fetches no preview for any address in the text (§6)."""
_HISTORY = {"c": "channels.history", "p": "groups.history", "d": "im.history"}


@dataclass(frozen=True)
class RestChat:
    """Errors: `bot.errors.RemoteError`."""

    rest: Rest

    async def person(self, user_id: str) -> Person:
        """Fetched each time. Without `view-full-other-user-info` the answer has no roles, and the person has none."""
        person = await self._person(lambda api: api.users_info(user_id=encoded_query(user_id)))
        if person.id != user_id:
            raise not_its_own("GET /api/v1/users.info")
        return person

    async def person_named(self, username: str) -> Person:
        """The same by user name, as reactions have it."""
        return await self._person(lambda api: api.users_info(username=encoded_query(username)))

    async def _person(self, use: ClientCall) -> Person:
        user = _object(await self.rest.call(use), "user", "GET /api/v1/users.info")
        roles = user.get("roles")
        return Person(
            id=str(user.get("_id", "")),
            username=str(user.get("username", "")),
            roles=frozenset(map(str, roles)) if isinstance(roles, list) else None,
            active=user.get("active") is True,
            type=str(user.get("type", "")),
        )

    async def roles(self) -> Mapping[str, str]:
        """See `bot.rocketchat.roles`."""
        return await roles(self.rest)

    async def room(self, name_or_id: str) -> Room | None:
        """By id, then by name; None if there is no such room, or the bot is not in it."""
        wanted = name_or_id.strip().removeprefix("#")
        with contextlib.suppress(Rejected, Forbidden):
            return await self._room(room_id=wanted)
        with contextlib.suppress(Rejected, Forbidden):
            return await self._room(room_name=wanted)
        return None

    async def post(self, message: Outgoing) -> None:
        """Sends with our own id. After any answer but a good one the message is looked for: a server refuses a second
        one of the same id, or the first may have arrived without an answer."""
        body = {"message": _document(message), **_NO_PREVIEW}
        try:
            answer = await self.rest.post("chat.sendMessage", body)
            if answer.get("message") is False:
                # Old servers say so that the bot is muted, or the room read-only (§6).
                raise Rejected(SYSTEM, "POST /api/v1/chat.sendMessage", status=200)
        except RemoteError as error:
            if not (isinstance(error, Rejected) or error.effect_unknown):
                raise
            if not await self._is_there(message.id, message.room_id):
                raise

    async def room_of(self, message_id: str) -> str | None:
        """None for every refusal: it does not exist, or the bot may not read it."""
        message = await self._own(message_id)
        return None if message is None else message.room_id

    async def text_of(self, message_id: str) -> str | None:
        """None as with `room_of`."""
        message = await self._own(message_id)
        return None if message is None else message.text

    async def _own(self, message_id: str) -> Message | None:
        message = message_from(await self._document(message_id))
        return message if message is not None and message.user_id == self.rest.user_id else None

    async def reacted(self, message_id: str) -> tuple[str, ...]:
        """`reactions{':x:': {usernames[]}}` (facts/rocketchat.md §5.4)."""
        document = await self._document(message_id)
        message = message_from(document)
        if message is None or message.user_id != self.rest.user_id or not isinstance(document, Mapping):
            return ()
        reactions = document.get("reactions")
        each = reactions.values() if isinstance(reactions, Mapping) else ()
        lists = [reaction.get("usernames") for reaction in each if isinstance(reaction, Mapping)]
        names = [name for names in lists if isinstance(names, list) for name in names if isinstance(name, str)]
        return tuple(dict.fromkeys(names))

    async def _document(self, message_id: str) -> object:
        try:
            answer = await self.rest.call(lambda api: api.chat_get_message(encoded_query(message_id)))
        except (Rejected, Forbidden):
            return None
        return answer.get("message")

    async def direct_with(self, user_id: str) -> str:
        """By `im.create`, which takes a username: the one that the account has now."""
        username = (await self.person(user_id)).username
        room = _object(await self.rest.post("im.create", {"username": username}), "room", "POST /api/v1/im.create")
        room_id = room.get("_id") or room.get("rid")
        if not isinstance(room_id, str):
            raise not_its_own("POST /api/v1/im.create")
        return room_id

    async def edit(self, message_id: str, room_id: str, text: str) -> None:
        """Forbidden or Rejected where editing is off, or the time for it is over."""
        body = {"roomId": room_id, "msgId": message_id, "text": inert(text), **_NO_PREVIEW}
        await self.rest.post("chat.update", body)

    async def since(self, room_id: str, moment: datetime) -> tuple[Message, ...]:
        """Messages newer than `moment`, oldest first. `chat.syncMessages` in the form of all versions, then in pages,
        then the room's history (§5.6), which begins with the newest: of too many the oldest are left out."""
        documents = await self._documents(room_id, moment)
        found = {m.id: m for d in documents if (m := message_from(d, caught_up=True)) and m.ts > moment}
        return tuple(sorted(found.values(), key=lambda message: message.ts))

    async def _documents(self, room_id: str, moment: datetime) -> list[Any]:
        for form in (self._synced, self._synced_in_pages):
            try:
                return await form(room_id, moment)
            except (Rejected, RouteAbsent):
                continue
            except BadAnswer as error:
                if not _may_be_too_much(error):
                    raise
                break
        return await self._history(room_id, moment)

    async def latest(self, room: Room) -> tuple[Message, ...]:
        """The newest messages of a room, one page of them, in any order."""
        route = _HISTORY.get(room.type, _HISTORY["p"])
        page = (await self.rest.get(route, roomId=room.id, count=PAGE)).get("messages")
        if not isinstance(page, list):
            raise not_its_own(f"GET /api/v1/{route}")
        return tuple(m for document in page if (m := message_from(document)))

    async def direct_rooms(self) -> tuple[str, ...]:
        """Ids of the direct rooms that the bot is in, from the list that it may read."""
        try:
            return await self._listed()
        except (Rejected, Forbidden, RouteAbsent):
            return await self._subscribed()

    async def _listed(self) -> tuple[str, ...]:
        """`im.list`. The library's own ends at a page that a server's limit cut short."""
        ids: dict[str, None] = {}
        offset, walk = 0, Walk(self.rest)
        for _ in range(MOST_PAGES):
            known = len(ids)
            answer = await walk.get("im.list", count=PAGE, offset=offset)
            rooms = answer.get("ims")
            if not isinstance(rooms, list):
                raise not_its_own("GET /api/v1/im.list")
            ids |= dict.fromkeys(str(room["_id"]) for room in rooms if isinstance(room, Mapping) and "_id" in room)
            offset += len(rooms)
            if len(ids) == known or offset >= _int(answer.get("total")):
                break
        return tuple(ids)[: PAGE * MOST_PAGES]

    async def _subscribed(self) -> tuple[str, ...]:
        """`subscriptions.get`: every room, direct or not."""
        subscriptions = (await self.rest.get("subscriptions.get")).get("update")
        if not isinstance(subscriptions, list):
            raise not_its_own("GET /api/v1/subscriptions.get")
        return tuple(
            str(one["rid"])
            for one in subscriptions
            if isinstance(one, Mapping) and one.get("t") == "d" and "rid" in one
        )

    async def _rooms_info(self, **by: str) -> Mapping[str, Any]:
        """The document of one room, by `room_id` or `room_name`."""
        encoded = {name: encoded_query(value) for name, value in by.items()}
        return _object(await self.rest.call(lambda api: api.rooms_info(**encoded)), "room", "GET /api/v1/rooms.info")

    async def _room(self, **by: str) -> Room | None:
        room = await self._rooms_info(**by)
        found = Room(
            id=str(room.get("_id", "")),
            name=str(room.get("name") or room.get("fname") or ""),
            type=str(room.get("t", "")),
            encrypted=room.get("encrypted") is True,
            members=_members(room),
        )
        return found if found.type != "c" or await self._is_member(found.id) else None

    async def _is_member(self, room_id: str) -> bool:
        """A public room can be read by everyone, but its messages are pushed to members only. True if the server does
        not say."""
        try:
            answer = await self.rest.get("subscriptions.getOne", roomId=room_id)
        except (Rejected, Forbidden, RouteAbsent):
            return True
        return "subscription" not in answer or answer["subscription"] is not None

    async def _is_there(self, message_id: str, room_id: str) -> bool:
        """Whether a message of ours has this id in this room; False if unknown."""
        try:
            return await self.room_of(message_id) == room_id
        except RemoteError:
            return False

    async def _synced(self, room_id: str, moment: datetime) -> list[Any]:
        answer = await self.rest.call(
            lambda api: api.chat_sync_messages(encoded_query(room_id), encoded_query(iso(moment)))
        )
        return _updated(answer)

    async def _synced_in_pages(self, room_id: str, moment: datetime) -> list[Any]:
        """The newer form: a cursor of milliseconds, from which on the updated messages are read."""
        documents: list[Any] = []
        cursor: object = str(int(moment.timestamp() * 1000))
        walk = Walk(self.rest)
        for _ in range(MOST_PAGES):
            answer = await walk.get("chat.syncMessages", roomId=room_id, type="UPDATED", next=str(cursor), count=PAGE)
            documents += _updated(answer)
            following, before = answer["result"].get("cursor"), cursor
            cursor = following.get("next") if isinstance(following, Mapping) else None
            if not cursor or cursor == before:
                return documents
        # The oldest come first, but people wait for answers to the newest. Cleared, so that both are not kept at once.
        documents.clear()
        return await self._history(room_id, moment)

    async def _history(self, room_id: str, moment: datetime) -> list[Any]:
        """Newest first, in pages that end where the one before began."""
        room_type = (await self._rooms_info(room_id=room_id)).get("t")
        route = _HISTORY.get(str(room_type), _HISTORY["p"])
        documents: list[Any] = []
        span: dict[str, QueryValue] = {"roomId": room_id, "oldest": moment}
        count, walk = PAGE, Walk(self.rest)
        for _ in range(MOST_PAGES):
            try:
                answer = await walk.get(route, **span, count=count)
            except BadAnswer as error:
                if not _may_be_too_much(error) or (count == 1 and not documents):
                    raise
                if count == 1:
                    break
                count //= SMALLER
                continue
            page = answer.get("messages")
            if not isinstance(page, list):
                raise not_its_own(f"GET /api/v1/{route}")
            documents += page
            moments = [at for d in page if isinstance(d, Mapping) and (at := moment_from(d.get("ts")))]
            if len(page) < count or not moments or span.get("latest") == min(moments):
                break
            span["latest"] = min(moments)
        return documents


def _may_be_too_much(error: BadAnswer) -> bool:
    """Whether it is Rocket.Chat's own answer and exceeds a limit of `bot.bounds`; then a smaller page can be read. The
    error for a gateway's answer has no reason."""
    return error.status in (None, 200) and error.why != ""


def _document(message: Outgoing) -> dict[str, object]:
    """As `chat.sendMessage` takes it (facts/rocketchat.md §6)."""
    document: dict[str, object] = {"_id": message.id, "rid": message.room_id, "msg": inert(message.text)}
    if message.thread_id is not None:
        document["tmid"] = message.thread_id
        if message.in_channel:
            document["tshow"] = True
    if message.buttons:
        document["attachments"] = [{"actions": [_button(command) for command in message.buttons]}]
    return document


def _button(command: str) -> Mapping[str, object]:
    """Sends the command as the person who presses it; the only kind of button that needs no app (§4.5)."""
    return {"type": "button", "text": command, "msg": command, "msg_in_chat_window": True}


def _object(answer: Mapping[str, Any], name: str, route: str) -> Mapping[str, Any]:
    value = answer.get(name)
    if not isinstance(value, Mapping):
        raise not_its_own(route)
    return value


def _members(room: Mapping[str, Any]) -> int:
    """0 if the room does not say; then it does not count as private."""
    people = room.get("uids")
    return _int(room.get("usersCount")) or (len(people) if isinstance(people, list) else 0)


def _updated(answer: Mapping[str, Any]) -> list[Any]:
    updated = _object(answer, "result", "GET /api/v1/chat.syncMessages").get("updated", [])
    return updated if isinstance(updated, list) else []


def _int(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
