"""Lets the event loop cancel a blocking HTTP call.

The time-out of requests is per read: an answer that arrives byte by byte would block its thread forever, and a
cancelled call would block the end of the loop (facts/rocketchat.md §14). So the socket of each worker's connection is
duplicated when it opens. To cancel, the duplicate is shut down, which ends the blocked read at once, with TLS and
proxies too.
"""

from __future__ import annotations

import contextlib
import math
import socket
import threading
from typing import Any

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

from bot.bounds import Intake
from bot.clock import steady


class CancellableCall:
    """One call, as the event loop sees it. The worker sets `route`, `instance` and `sent`, which are read after its
    end."""

    def __init__(self, intake: Intake | None = None, *, until: float = math.inf, writes: bool = False) -> None:
        """`intake` where the answer is a piece of something longer. After `until` (of `bot.clock.steady`) nothing is
        sent: a process that was stopped meanwhile may not be the one that works any more. `writes`: it may change
        something, which was allowed before."""
        self.intake = intake
        self.until = until
        self.writes = writes
        self.route = ""
        self.instance = ""
        """The process of Rocket.Chat that answered, from `X-Instance-ID`; empty if unknown."""
        self.sent = False
        """Whether a request may have left: a connection was open, TLS included."""
        self._lock = threading.Lock()
        self._line: Line | None = None
        self._cut = False

    @property
    def is_cut(self) -> bool:
        """Whether it was cancelled."""
        return self._cut

    def cut(self) -> None:
        """Cancels it, now or as soon as it has a connection. Thread-safe."""
        with self._lock:
            self._cut = True
            if self._line is not None:
                self._line.shut()

    def on(self, line: Line | None) -> None:
        """Sets the connection of the worker that runs it; None when it has finished."""
        with self._lock:
            self._line = line


class Line:
    """One worker's connection, which outlives its calls. Only `shut` is called by other threads."""

    def __init__(self) -> None:
        self.call = CancellableCall()
        self.reused = False
        """Whether the last request went out on a connection that was open before."""
        self._lock = threading.Lock()
        self._twin: socket.socket | None = None
        self._connection: HTTPConnection | None = None

    def begin(self, call: CancellableCall) -> None:
        """`call` uses this connection from now on."""
        self.call = call
        call.on(self)

    def end(self) -> None:
        """The call is over. The duplicate of a closed connection is closed too, or the other side would not notice."""
        self.call.on(None)
        if self._connection is not None and self._connection.sock is None:
            self.let_go()

    def hold(self, connection: HTTPConnection, sock: socket.socket) -> socket.socket:
        """Keeps a duplicate of a new socket."""
        self.let_go()
        with self._lock:
            self._connection, self._twin = connection, sock.dup()
        if self.call.is_cut:
            self.shut()
        return sock

    def shut(self) -> None:
        """Shuts the duplicate down, which ends every blocked read."""
        with self._lock, contextlib.suppress(OSError):
            if self._twin is not None:
                self._twin.shutdown(socket.SHUT_RDWR)

    def let_go(self) -> None:
        """Closes the duplicate and forgets the connection."""
        with self._lock:
            twin, self._twin, self._connection = self._twin, None, None
        if twin is not None:
            twin.close()


class _Leashed(HTTPConnection):
    """A mixin for both kinds of connection, which reports to its line what was opened and sent."""

    line: Line

    def _new_conn(self) -> socket.socket:
        return self.line.hold(self, super()._new_conn())

    def connect(self) -> None:
        self.line.call.sent = self.line.reused = False
        super().connect()
        self.line.call.sent = True

    def putrequest(self, method: str, url: str, skip_host: bool = False, skip_accept_encoding: bool = False) -> None:
        if self.sock is not None and not self.line.call.sent:
            self.line.call.sent = self.line.reused = True
        super().putrequest(method, url, skip_host, skip_accept_encoding)

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()
        if steady() > self.line.call.until:
            raise TimeoutError("too late to be sent")
        super().send(data)


def leashed_pools(line: Line) -> dict[str, type[HTTPConnectionPool]]:
    """Connection pools by scheme, for `PoolManager.pool_classes_by_scheme`, whose connections report to `line`."""

    class Plain(_Leashed):
        pass

    class Tls(_Leashed, HTTPSConnection):
        pass

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class TlsPool(HTTPSConnectionPool):
        ConnectionCls = Tls

    Plain.line = Tls.line = line
    return {"http": PlainPool, "https": TlsPool}
