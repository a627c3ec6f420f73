"""The server side of one DDP connection as a pure state machine: frames in, frames out, without I/O or a clock.

    session.receive(text, now) -> what the client asks for (`Method`, `Subscribe`, `Unsubscribe`)
    session.result(...), session.ready(...), session.changed(...) ...  queue frames
    session.take() -> the queued frames, as JSON texts, in order

Behaves as Meteor's own server (facts/rocketchat.md §5.1–5.3): anything before `connect` is refused, `connect` without a
common version is answered `failed` and ends the connection, pings are answered with their id, and after silence the
server sends a ping, then closes. Callers pass dates as `{"$date": ms}`.
"""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sandbox.rocketchat.ddp.merge_box import MergeBox, MergedFrame
from sandbox.rocketchat.problems import MeteorError

VERSIONS = ("1", "pre2", "pre1")
"""What this server speaks, best first."""


@dataclass(frozen=True)
class Request:
    """What the client asks for by name."""

    id: str
    name: str
    params: tuple[Any, ...] = ()


class Method(Request):
    """The client calls a method."""


class Subscribe(Request):
    """The client subscribes to a publication."""


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
    _boxes: defaultdict[str, MergeBox] = field(default_factory=lambda: defaultdict(MergeBox))
    _pinged_at: float | None = None
    _queue: list[dict[str, Any]] = field(default_factory=list)

    def open(self, now: float) -> None:
        """The socket is open: Meteor sends its server id first, unasked."""
        self.last_heard = now
        self._queue.append({"server_id": "0"})

    def receive(self, text: str, now: float) -> list[ClientFrame]:
        """Reads one frame; protocol answers are queued, the rest is returned. Never raises on bad input."""
        if self.closed:
            return []
        self.last_heard, self._pinged_at = now, None
        message = _parse(text)
        if message is None or not message.get("msg"):
            return self._protocol_error("Bad request", message)
        if message["msg"] == "connect":
            return self._connect(message)
        if not self.connected:
            return self._protocol_error("Must connect first", message)
        return self._dispatch(message["msg"], message)

    def tick(self, now: float) -> None:
        """Queues a ping after silence, and closes if nothing came after the ping either."""
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
        """A subscription is refused (with an error) or has ended (without). What it alone held is removed first."""
        self.subscriptions.pop(id_, None)
        for collection, box in self._boxes.items():
            self._send(collection, box.drop(id_))
        frame: dict[str, Any] = {"msg": "nosub", "id": id_}
        self._queue.append(frame | {"error": error.frame()} if error else frame)

    def added(self, collection: str, id_: str, fields: dict[str, Any]) -> None:
        """A document is new in a collection."""
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
        """A subscription begins to hold a document."""
        self._send(collection, self._boxes[collection].add(subscription, id_, fields))

    def alter(self, subscription: str, collection: str, id_: str, fields: Mapping[str, Any]) -> None:
        """A subscription is told of a change; None clears a field. Nothing is sent of a document that nobody holds."""
        self._send(collection, self._boxes[collection].change(subscription, id_, fields))

    def release(self, subscription: str, collection: str, id_: str) -> None:
        """A subscription gives up a document."""
        self._send(collection, self._boxes[collection].remove(subscription, id_))

    def rerun(self, collection: str, documents: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> None:
        """All its subscriptions started again; `documents` by subscription are those that it holds now."""
        self._send(collection, self._boxes[collection].replace(documents))

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

    def _connect(self, message: dict[str, Any]) -> list[ClientFrame]:
        if self.connected:
            return self._protocol_error("Already connected", message)
        version, support = message.get("version"), message.get("support")
        offered = support if isinstance(support, list) else []
        common = next((v for v in VERSIONS if v in offered), None)
        if common is None or version != common:
            self._queue.append({"msg": "failed", "version": common or VERSIONS[0]})
            self.closed = True
        else:
            self.connected = True
            self._queue.append({"msg": "connected", "session": self.session_id})
        return []

    def _dispatch(self, kind: str, message: dict[str, Any]) -> list[ClientFrame]:
        if kind == "ping":
            self._queue.append({"msg": "pong"} | ({"id": message["id"]} if "id" in message else {}))
        elif kind in ("method", "sub"):
            return self._request(kind, message)
        elif kind == "unsub" and isinstance(message.get("id"), str):
            return [Unsubscribe(message["id"])] if message["id"] in self.subscriptions else []
        elif kind != "pong":
            return self._protocol_error("Bad request", message)
        return []

    def _request(self, kind: str, message: dict[str, Any]) -> list[ClientFrame]:
        id_, params = message.get("id"), message.get("params", [])
        name = message.get("method" if kind == "method" else "name")
        if not isinstance(id_, str) or not isinstance(name, str) or not isinstance(params, list):
            what = "method invocation" if kind == "method" else "subscription"
            return self._protocol_error(f"Malformed {what}", message)
        if kind == "method":
            return [Method(id_, name, tuple(params))]
        if id_ in self.subscriptions:
            return []  # Meteor ignores a repeated id: after a reconnect the same sub may be asked for twice
        self.subscriptions[id_] = Subscribe(id_, name, tuple(params))
        return [self.subscriptions[id_]]

    def _protocol_error(self, reason: str, offending: dict[str, Any] | None) -> list[ClientFrame]:
        """Queues the error; what the client asks for by such a frame: nothing."""
        frame: dict[str, Any] = {"msg": "error", "reason": reason}
        self._queue.append(frame | ({"offendingMessage": offending} if offending else {}))
        return []


def _parse(text: str) -> dict[str, Any] | None:
    """A DDP frame, or None where the text isn't a JSON object."""
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return message if isinstance(message, dict) else None
