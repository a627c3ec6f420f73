"""Publications: who may subscribe to what, and which events go to whom (facts/rocketchat.md §5.3, §5.5).

A stream is a collection that never holds anything: its only frame is `changed` with the literal id "id", the event's
name and its arguments. `meteor.loginServiceConfiguration` is a real collection with documents that come, change and go.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Protocol

from bot.sandbox.rocketchat.chat.chat import Chat
from bot.sandbox.rocketchat.chat.events import Activity, Deleted, Ephemeral, Event, Membership, Posted
from bot.sandbox.rocketchat.chat.rooms import Room, may_read
from bot.sandbox.rocketchat.ddp.core import Session, Subscribe
from bot.sandbox.rocketchat.ddp.ports import ServiceTable
from bot.sandbox.rocketchat.ddp.sockets import Publication, Sockets
from bot.sandbox.rocketchat.documents import Document, ddp
from bot.sandbox.rocketchat.problems import MeteorError

MY_MESSAGES = "__my_messages__"
LOGIN_SERVICES = "meteor.loginServiceConfiguration"
LOGIN_SERVICES_COLLECTION = "meteor_accounts_loginServiceConfiguration"
EMPTY = frozenset({"meteor_autoupdate_clientVersions", "userData", "activeUsers"})
"""Publications that official clients ask for and that have nothing to say here."""


class Listening(Protocol):
    """A connection, as far as publications know it."""

    session: Session
    user_id: str | None

    def flush(self) -> None:
        """Sends what is queued."""
        ...


class Streams:
    """Decides about subscriptions and passes events to the connections in `sockets.open`."""

    def __init__(self, chat: Chat, login_services: ServiceTable, sockets: Sockets) -> None:
        self._chat = chat
        self._login_services = login_services
        self._sockets = sockets
        self.connections: list[Listening] = []
        chat.listen(self._on_event)
        login_services.listen(self._on_login_service)

    def subscribe(self, connection: Listening, request: Subscribe) -> None:
        """Answers one `sub`: first what there is, then `ready`; or `nosub`."""
        session = connection.session
        try:
            if request.name == LOGIN_SERVICES:
                self._open_login_services(session)
            elif request.name.startswith("stream-"):
                self._check(connection, request)
            elif request.name not in EMPTY:
                raise MeteorError(404, f"Subscription '{request.name}' not found")
        except MeteorError as refusal:
            session.nosub(request.id, refusal)
        else:
            session.ready([request.id])

    def reconsider(self, connection: Listening) -> None:
        """Another user, or none, on this connection: streams that they may not hear are ended, as Meteor does."""
        for request in list(connection.session.subscriptions.values()):
            if request.name.startswith("stream-"):
                try:
                    self._check(connection, request)
                except MeteorError as refusal:
                    connection.session.nosub(request.id, refusal)

    # Who may subscribe.

    def _check(self, connection: Listening, request: Subscribe) -> None:
        event = request.params[0] if request.params else None
        if not isinstance(event, str) or not event:
            raise MeteorError("invalid-event-name")
        user_id, subject = connection.user_id, event.split("/", 1)[0]
        match request.name:
            case "stream-notify-all":
                allowed = True
            case "stream-notify-logged" | "stream-roles":
                allowed = user_id is not None
            case "stream-notify-user":
                allowed = user_id is not None and subject == user_id
            case "stream-room-messages" if event == MY_MESSAGES:
                allowed = user_id is not None
            case "stream-room-messages" | "stream-notify-room" | "stream-notify-room-users":
                allowed = user_id is not None and self._chat.readable(subject, user_id) is not None
            case _:
                raise MeteorError(404, f"Subscription '{request.name}' not found")
        if not allowed:
            raise MeteorError("not-allowed")

    def _open_login_services(self, session: Session) -> None:
        if self._sockets.login_services is Publication.REFUSED:
            raise MeteorError("not-allowed")
        if self._sockets.login_services is Publication.NORMAL:
            for service_id, document in self._login_services.public().items():
                fields = {key: value for key, value in document.items() if key != "_id"}
                session.added(LOGIN_SERVICES_COLLECTION, service_id, fields)

    # What goes to whom.

    def _on_login_service(self, kind: str, service_id: str, fields: Document) -> None:
        """The table was rewritten: subscribers get only what changed, with the time a socket takes."""
        if self._sockets.login_services is not Publication.NORMAL:
            return
        for connection, request in self._subscriptions():
            if request.name != LOGIN_SERVICES:
                continue
            session = connection.session
            if kind == "added":
                session.added(LOGIN_SERVICES_COLLECTION, service_id, fields)
            elif kind == "removed":
                session.removed(LOGIN_SERVICES_COLLECTION, service_id)
            else:
                present = {key: value for key, value in fields.items() if value is not None}
                session.changed(LOGIN_SERVICES_COLLECTION, service_id, present, sorted(fields.keys() - present.keys()))
            connection.flush()

    def _on_event(self, event: Event) -> None:
        match event:
            case Posted(message, room):
                document = ddp(message.document())
                self.emit("stream-room-messages", room.id, [document])
                self._emit_to_participants(room, document)
            case Deleted(message_id, room):
                self.emit("stream-notify-room", f"{room.id}/deleteMessage", [{"_id": message_id}])
            case Activity(room, username, activities):
                self.emit("stream-notify-room", f"{room.id}/user-activity", [username, list(activities), {}])
            case Ephemeral(user_id, document):
                self.emit("stream-notify-user", f"{user_id}/message", [ddp(document)])
            case Membership(user_id, kind, room, subscription):
                self.emit("stream-notify-user", f"{user_id}/subscriptions-changed", [kind, ddp(subscription)])
                self.emit("stream-notify-user", f"{user_id}/rooms-changed", [kind, ddp(room.document())])

    def emit(self, stream: str, event: str, args: Iterable[Any]) -> None:
        """One event to everybody who subscribed to it by name; as often as they did."""
        for connection, request in self._subscriptions():
            if request.name == stream and request.params[0] == event:
                self._send(connection, stream, event, list(args))

    def _emit_to_participants(self, room: Room, document: Document) -> None:
        """`__my_messages__` asks for access at each event, so it follows people in and out of rooms."""
        for connection, request in self._subscriptions():
            if request.name != "stream-room-messages" or request.params[0] != MY_MESSAGES:
                continue
            if connection.user_id is None or not may_read(room, connection.user_id):
                continue
            about: Document = {"roomParticipant": connection.user_id in room.members, "roomType": room.t}
            if room.name:
                about["roomName"] = room.name
            self._send(connection, request.name, MY_MESSAGES, [document, about])

    def _send(self, connection: Listening, stream: str, event: str, args: list[Any]) -> None:
        for _ in range(2 if self._sockets.duplicate else 1):
            connection.session.changed(stream, "id", {"eventName": event, "args": args})
        connection.flush()

    def _subscriptions(self) -> Iterator[tuple[Listening, Subscribe]]:
        for connection in list(self.connections):
            for request in list(connection.session.subscriptions.values()):
                yield connection, request
