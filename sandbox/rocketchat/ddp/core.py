"""The server side of one DDP connection as a pure state machine: frames in, frames out, no I/O and no clock of its own.

    session.receive(text, now) -> what the client asks for (`Method`, `Subscribe`, `Unsubscribe`)
    session.result(...), session.ready(...), session.changed(...) ...  queue frames
    session.take() -> the queued frames, as JSON texts, in order

Behaviour after Meteor's own server (facts/rocketchat.md §5.1–5.3): anything before `connect` is refused, `connect`
without a common version gets `failed` and the end, pings are answered with their id, silence gets a ping and then
the end. Dates travel as `{"$date": ms}`; callers hand them over in that form.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sandbox.rocketchat.ddp.merge_box import MergeBox, MergedFrame
from sandbox.rocketchat.problems import MeteorError

VERSIONS = ("1", "pre2", "pre1")
"""What this server speaks, best first."""


@dataclass(frozen=True)
class Method:
    """The client calls a method."""

    id: str
    name: str
    params: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Subscribe:
    """The client subscribes to a publication."""

    id: str
    name: str
    params: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Unsubscribe:
    """The client gives up a subscription."""

    id: str


ClientFrame = Method | Subscribe | Unsubscribe


@dataclass
class DdpSession:
    """One connection. `heartbeat` and `patience` are seconds: silence before a ping, silence after it to the end."""

    session_id: str
    heartbeat: float = 15.0
    patience: float = 15.0
    connected: bool = False
    closed: bool = False
    """The server is done with this connection: send what `take` gives, then close."""
    last_heard: float = 0.0
    subscriptions: dict[str, Subscribe] = field(default_factory=dict)
    _boxes: dict[str, MergeBox] = field(default_factory=dict)
    _pinged_at: float | None = None
    _queue: list[dict[str, Any]] = field(default_factory=list)

    def open(self, now: float) -> None:
        """The socket is there: Meteor greets with its server id before anybody asked."""
        self.last_heard = now
        self._queue.append({"server_id": "0"})

    def receive(self, text: str, now: float) -> list[ClientFrame]:
        """Takes one frame; protocol answers are queued, the rest is returned. Never raises on bad input."""
        if self.closed:
            return []
        self.last_heard, self._pinged_at = now, None
        message = _parse(text)
        if message is None or not message.get("msg"):
            self._protocol_error("Bad request", message)
            return []
        kind = message["msg"]
        if kind == "connect":
            self._connect(message)
            return []
        if not self.connected:
            self._protocol_error("Must connect first", message)
            return []
        return self._dispatch(kind, message)

    def tick(self, now: float) -> None:
        """Lets time pass: queues a ping after silence, closes when that ping stayed without any answer."""
        if self.closed or not self.connected:
            return
        if self._pinged_at is not None:
            self.closed = now - self._pinged_at >= self.patience
        elif now - self.last_heard >= self.heartbeat:
            self._pinged_at = now
            self._queue.append({"msg": "ping"})

    def next_tick(self) -> float:
        """When `tick` has something to do at the earliest, on the clock of `now`."""
        if self.closed or not self.connected:
            return math.inf
        if self._pinged_at is not None:
            return self._pinged_at + self.patience
        return self.last_heard + self.heartbeat

    def take(self) -> list[str]:
        """The queued frames; the queue is empty afterwards."""
        frames, self._queue = self._queue, []
        return [json.dumps(frame, separators=(",", ":")) for frame in frames]

    # What the server says.

    def result(self, id_: str, value: Any = None) -> None:
        """A method's answer; JavaScript's `undefined` (None) leaves the key out, as Meteor does."""
        frame = {"msg": "result", "id": id_}
        self._queue.append(frame if value is None else frame | {"result": value})

    def fail(self, id_: str, error: MeteorError) -> None:
        """A method's error."""
        self._queue.append({"msg": "result", "id": id_, "error": error.frame()})

    def updated(self, ids: Sequence[str]) -> None:
        """The writes of these methods are visible."""
        self._queue.append({"msg": "updated", "methods": list(ids)})

    def ready(self, ids: Sequence[str]) -> None:
        """These subscriptions have sent what there was at the beginning."""
        self._queue.append({"msg": "ready", "subs": list(ids)})

    def nosub(self, id_: str, error: MeteorError | None = None) -> None:
        """A subscription is refused (with an error) or over (without), and what it alone held is gone first."""
        self.subscriptions.pop(id_, None)
        for collection, box in self._boxes.items():
            self._send(collection, box.drop(id_))
        frame: dict[str, Any] = {"msg": "nosub", "id": id_}
        self._queue.append(frame | {"error": error.frame()} if error else frame)

    def added(self, collection: str, id_: str, fields: dict[str, Any]) -> None:
        """A document came into a collection."""
        self._queue.append({"msg": "added", "collection": collection, "id": id_, "fields": fields})

    def changed(self, collection: str, id_: str, fields: dict[str, Any], cleared: Sequence[str] = ()) -> None:
        """Fields of a document changed; `cleared` names those that are gone."""
        frame: dict[str, Any] = {"msg": "changed", "collection": collection, "id": id_}
        if fields:
            frame["fields"] = fields
        if cleared:
            frame["cleared"] = list(cleared)
        self._queue.append(frame)

    def removed(self, collection: str, id_: str) -> None:
        """A document left a collection."""
        self._queue.append({"msg": "removed", "collection": collection, "id": id_})

    # The same for what several subscriptions of this session may hold.

    def hold(self, subscription: str, collection: str, id_: str, fields: Mapping[str, Any]) -> None:
        """A subscription came to hold a document."""
        self._send(collection, self._box(collection).add(subscription, id_, fields))

    def alter(self, subscription: str, collection: str, id_: str, fields: Mapping[str, Any]) -> None:
        """A subscription is told of a change; None clears a field. Nothing is said of a document that nobody here
        holds."""
        self._send(collection, self._box(collection).change(subscription, id_, fields))

    def release(self, subscription: str, collection: str, id_: str) -> None:
        """A subscription lets go of a document."""
        self._send(collection, self._box(collection).remove(subscription, id_))

    def rerun(self, collection: str, documents: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> None:
        """All its subscriptions started again: by subscription, the documents that it holds now."""
        self._send(collection, self._box(collection).replace(documents))

    def _box(self, collection: str) -> MergeBox:
        return self._boxes.setdefault(collection, MergeBox())

    def _send(self, collection: str, changes: Iterable[MergedFrame]) -> None:
        for change in changes:
            match change.kind:
                case "added":
                    self.added(collection, change.id, dict(change.fields))
                case "changed":
                    self.changed(collection, change.id, dict(change.fields), change.cleared)
                case "removed":
                    self.removed(collection, change.id)

    # How frames are taken.

    def _connect(self, message: dict[str, Any]) -> None:
        if self.connected:
            self._protocol_error("Already connected", message)
            return
        version, support = message.get("version"), message.get("support")
        offered = support if isinstance(support, list) else []
        common = next((v for v in VERSIONS if v in offered), None)
        if common is None or version != common:
            self._queue.append({"msg": "failed", "version": common or VERSIONS[0]})
            self.closed = True
            return
        self.connected = True
        self._queue.append({"msg": "connected", "session": self.session_id})

    def _dispatch(self, kind: str, message: dict[str, Any]) -> list[ClientFrame]:
        if kind == "ping":
            pong: dict[str, Any] = {"msg": "pong"}
            self._queue.append(pong | ({"id": message["id"]} if "id" in message else {}))
            return []
        if kind == "pong":
            return []
        if kind == "method":
            return self._method(message)
        if kind == "sub":
            return self._subscribe(message)
        if kind == "unsub" and isinstance(message.get("id"), str):
            return [Unsubscribe(message["id"])] if message["id"] in self.subscriptions else []
        self._protocol_error("Bad request", message)
        return []

    def _method(self, message: dict[str, Any]) -> list[ClientFrame]:
        id_, name, params = message.get("id"), message.get("method"), message.get("params", [])
        if not isinstance(id_, str) or not isinstance(name, str) or not isinstance(params, list):
            self._protocol_error("Malformed method invocation", message)
            return []
        return [Method(id_, name, tuple(params))]

    def _subscribe(self, message: dict[str, Any]) -> list[ClientFrame]:
        id_, name, params = message.get("id"), message.get("name"), message.get("params", [])
        if not isinstance(id_, str) or not isinstance(name, str) or not isinstance(params, list):
            self._protocol_error("Malformed subscription", message)
            return []
        if id_ in self.subscriptions:
            return []  # Meteor ignores a repeated id: after a reconnect the same sub may be asked for twice
        request = Subscribe(id_, name, tuple(params))
        self.subscriptions[id_] = request
        return [request]

    def _protocol_error(self, reason: str, offending: dict[str, Any] | None) -> None:
        frame: dict[str, Any] = {"msg": "error", "reason": reason}
        self._queue.append(frame | ({"offendingMessage": offending} if offending else {}))


def _parse(text: str) -> dict[str, Any] | None:
    """A DDP frame, or None where the text isn't a JSON object."""
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return message if isinstance(message, dict) else None
