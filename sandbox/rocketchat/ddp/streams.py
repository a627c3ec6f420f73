"""Publications: who may subscribe to what, and which events go to whom (facts/rocketchat.md §5.3, §5.5).

A stream is a collection without documents: its only frame is `changed` with the literal id "id", the event's name and
its arguments. `meteor.loginServiceConfiguration` is a real collection, whose documents are added, changed and removed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol

from sandbox.rocketchat.chat.chat import Chat
from sandbox.rocketchat.chat.events import Activity, ChatEvent, Deleted, Ephemeral, Membership, Posted
from sandbox.rocketchat.chat.rooms import Room, may_read
from sandbox.rocketchat.ddp.core import DdpSession, Subscribe
from sandbox.rocketchat.ddp.sockets import Publication, Sockets
from sandbox.rocketchat.documents import Document, ddp
from sandbox.rocketchat.login_services import LoginServices
from sandbox.rocketchat.problems import MeteorError
from sandbox.rocketchat.settings import Notice

MY_MESSAGES = "__my_messages__"
PRIVATE_SETTINGS = "private-settings-changed"
_SETTINGS_PERMISSIONS = ("view-privileged-setting", "edit-privileged-setting", "manage-selected-settings")
LOGIN_SERVICES = "meteor.loginServiceConfiguration"
LOGIN_SERVICES_COLLECTION = "meteor_accounts_loginServiceConfiguration"
EMPTY = frozenset({"meteor_autoupdate_clientVersions", "userData", "activeUsers"})
"""Publications that official clients subscribe to and that are empty here."""


class Subscriber(Protocol):
    """What publications need of a connection."""

    session: DdpSession
    user_id: str | None
    instance: str
    """Id of the server process where it was opened."""

    def flush(self) -> None:
        """Sends what is queued."""
        ...


class Streams:
    """Decides about subscriptions, and passes events on to `connections`."""

    def __init__(
        self,
        chat: Chat,
        login_services: LoginServices,
        sockets: Sockets,
        hears: Callable[[str, str], bool] = lambda at, by: True,
    ) -> None:
        """`hears(at, by)`: whether one instance hears what another tells."""
        self._chat = chat
        self._hears = hears
        self._stale: dict[str, Document] | None = None
        self._login_services = login_services
        self._sockets = sockets
        self.connections: list[Subscriber] = []
        chat.listen(self._on_event)
        login_services.listen(self._on_login_service)

    def subscribe(self, connection: Subscriber, request: Subscribe) -> None:
        """Answers one `sub`: the documents that there are, then `ready`; or `nosub`."""
        session = connection.session
        try:
            if request.name == LOGIN_SERVICES:
                self._open_login_services(session, request.id)
            elif request.name.startswith("stream-"):
                self._check(connection, request)
            elif request.name not in EMPTY:
                raise MeteorError(404, f"Subscription '{request.name}' not found")
        except MeteorError as refusal:
            session.nosub(request.id, refusal)
        else:
            session.ready([request.id])

    def reconsider(self, connection: Subscriber) -> None:
        """Another user, or none, on this connection: streams that they may not hear are ended, and publications start
        again, as in Meteor."""
        session = connection.session
        if anew := {r.id: self._login_service_documents() for r in _of(session, LOGIN_SERVICES)}:
            session.rerun(LOGIN_SERVICES_COLLECTION, anew)
        for request in list(session.subscriptions.values()):
            if request.name.startswith("stream-"):
                try:
                    self._check(connection, request)
                except MeteorError as refusal:
                    session.nosub(request.id, refusal)

    # Who may subscribe.

    def _check(self, connection: Subscriber, request: Subscribe) -> None:
        event = request.params[0] if request.params else None
        if not isinstance(event, str) or not event:
            raise MeteorError("invalid-event-name")
        user_id, subject = connection.user_id, event.split("/", 1)[0]
        match request.name:
            case "stream-notify-all":
                allowed = True
            case "stream-notify-logged" if event == PRIVATE_SETTINGS:
                allowed = user_id is not None and any(self._chat.people.may(user_id, p) for p in _SETTINGS_PERMISSIONS)
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

    def _open_login_services(self, session: DdpSession, subscription: str) -> None:
        if self._sockets.login_services is Publication.REFUSED:
            raise MeteorError("not-allowed")
        for service_id, fields in self._login_service_documents().items():
            session.hold(subscription, LOGIN_SERVICES_COLLECTION, service_id, fields)

    def _login_service_documents(self) -> dict[str, Document]:
        """What a subscription that begins now is answered with."""
        if self._sockets.login_services in {Publication.SILENT, Publication.REFUSED}:
            return {}
        fresh = {service.id: service.public for service in self._login_services.all()}
        if self._sockets.login_services is not Publication.STALE:
            return fresh
        self._stale = fresh if self._stale is None else self._stale
        return self._stale

    # What goes to whom.

    def _on_login_service(self, kind: str, service_id: str, fields: Document, by: str) -> None:
        """The table was rewritten: each connection that is told gets only what differs for it."""
        for connection in list(self.connections):
            if self._hears(connection.instance, by):
                for request in _of(connection.session, LOGIN_SERVICES):
                    self._publish(connection.session, request.id, kind, service_id, fields)
                connection.flush()

    def _publish(self, session: DdpSession, subscription: str, kind: str, service_id: str, fields: Document) -> None:
        where = (LOGIN_SERVICES_COLLECTION, service_id)
        match self._sockets.login_services, kind:
            case Publication.PUSHED, "added":
                session.hold(subscription, *where, fields)
            case Publication.STREAMER, "added" | "changed":
                session.changed(*where, fields)
            case Publication.NORMAL | Publication.PUSHED, "added" | "changed":
                session.alter(subscription, *where, fields)
            case Publication.STREAMER, "removed":
                session.removed(*where)
            case (Publication.PUSHED, "emptied") | (Publication.NORMAL | Publication.PUSHED, "removed"):
                session.release(subscription, *where)

    def on_setting(self, notice: Notice, by: str) -> None:
        """A setting was written: those who may see it are told (facts/rocketchat.md §5.5b)."""
        args = [notice.told.value, notice.document]
        if notice.public:
            self.emit("stream-notify-all", "public-settings-changed", args, by)
        self.emit("stream-notify-logged", PRIVATE_SETTINGS, args, by)

    def _on_event(self, event: ChatEvent) -> None:
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

    def emit(self, stream: str, event: str, args: Iterable[Any], by: str = "") -> None:
        """One event to everybody who subscribed to it by name, as often as they did, and hears the instance `by`."""
        for connection, request in self._subscriptions():
            if request.name == stream and request.params[0] == event and self._hears(connection.instance, by):
                self._send(connection, stream, event, list(args))

    def _emit_to_participants(self, room: Room, document: Document) -> None:
        """`__my_messages__` checks the access to the room at each event, so it follows who joins and leaves."""
        for connection, request in self._subscriptions():
            if request.name != "stream-room-messages" or request.params[0] != MY_MESSAGES:
                continue
            if connection.user_id is None or not may_read(room, connection.user_id):
                continue
            about: Document = {"roomParticipant": connection.user_id in room.members, "roomType": room.t}
            if room.name:
                about["roomName"] = room.name
            self._send(connection, request.name, MY_MESSAGES, [document, about])

    def _send(self, connection: Subscriber, stream: str, event: str, args: list[Any]) -> None:
        for _ in range(2 if self._sockets.duplicate else 1):
            connection.session.changed(stream, "id", {"eventName": event, "args": args})
        connection.flush()

    def _subscriptions(self) -> Iterator[tuple[Subscriber, Subscribe]]:
        for connection in list(self.connections):
            for request in list(connection.session.subscriptions.values()):
                yield connection, request


def _of(session: DdpSession, name: str) -> list[Subscribe]:
    """A session's subscriptions to one publication."""
    return [request for request in session.subscriptions.values() if request.name == name]
