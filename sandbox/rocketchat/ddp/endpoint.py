"""The websocket endpoint `/websocket`: the thin driver between aiohttp and the pure parts.

One connection has a reader (frames in, one after the other, as Meteor works through them) and a writer (wakes when
something is queued or a heartbeat is due). All frames come from `DdpSession` in `core`.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

import aiohttp
from aiohttp import web

from bot.clock import Clock
from sandbox.rocketchat.chat.chat import Chat
from sandbox.rocketchat.ddp.core import ClientFrame, DdpSession, Method, Subscribe, Unsubscribe
from sandbox.rocketchat.ddp.methods import call_method
from sandbox.rocketchat.ddp.sockets import Limiter, Sockets
from sandbox.rocketchat.ddp.streams import Streams
from sandbox.rocketchat.documents import ddp
from sandbox.rocketchat.ids import random_id
from sandbox.rocketchat.instances import REQUEST_KEY
from sandbox.rocketchat.logins import Logins
from sandbox.rocketchat.problems import MeteorError, PlainError, seen_by_caller

MAX_FRAME = 16 * 1024 * 1024


class Endpoint:
    """Serves `/websocket`. One for each stand-in."""

    def __init__(self, chat: Chat, logins: Logins, streams: Streams, sockets: Sockets, clock: Clock) -> None:
        self.chat = chat
        self.logins = logins
        self.streams = streams
        self.sockets = sockets
        self.clock = clock
        self.limiter = Limiter()

    def serve(self, app: web.Application) -> None:
        """Puts `/websocket` on `app`."""
        app.router.add_get("/websocket", self.handle)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Upgrades and serves one connection until it ends."""
        if self.sockets.refusing:
            raise web.HTTPServiceUnavailable(text="Service Unavailable")
        websocket = web.WebSocketResponse(autoping=True, autoclose=True, compress=False, max_msg_size=MAX_FRAME)
        await websocket.prepare(request)
        connection = ClientConnection(self, websocket, request)
        self.sockets.opened += 1
        self.sockets.open.add(connection)
        self.streams.connections.append(connection)
        try:
            await connection.serve()
        finally:
            self.sockets.open.discard(connection)
            self.streams.connections.remove(connection)
        return websocket

    def close_all(self) -> None:
        """Ends every connection, for a stand-in that stops."""
        self.sockets.thaw()
        self.sockets.cut()


class ClientConnection:
    """One client on one websocket."""

    def __init__(self, endpoint: Endpoint, websocket: web.WebSocketResponse, request: web.Request) -> None:
        self._endpoint = endpoint
        self._websocket = websocket
        self._transport = request.transport
        self._wake = asyncio.Event()
        sockets = endpoint.sockets
        self.session = DdpSession(random_id(), sockets.heartbeat, sockets.patience)
        self.user_id: str | None = None
        opened_at = request.get(REQUEST_KEY)
        self.instance = opened_at.id if opened_at else ""
        self.session.open(sockets.now())

    def flush(self) -> None:
        """Wakes the writer."""
        self._wake.set()

    def cut(self) -> None:
        """Ends the connection without a close frame."""
        self.session.closed = True
        if self._transport is not None:
            self._transport.abort()
        self.flush()

    async def serve(self) -> None:
        """Reads and writes until either side is done."""
        reader, writer = asyncio.create_task(self._read()), asyncio.create_task(self._write())
        try:
            await asyncio.wait({reader, writer}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (reader, writer):
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError, ConnectionError):
                    await task

    async def _read(self) -> None:
        async for frame in self._websocket:
            await self._endpoint.sockets.flowing()
            if frame.type is not aiohttp.WSMsgType.TEXT:
                continue
            for request in self.session.receive(frame.data, self._endpoint.sockets.now()):
                self._answer(request)
            self.flush()

    async def _write(self) -> None:
        while True:
            await self._endpoint.sockets.flowing()
            self.session.tick(self._endpoint.sockets.now())
            for text in self.session.take():
                await self._websocket.send_str(text)
            if self.session.closed:
                await self._websocket.close()
                return
            self._wake.clear()
            await self._until_woken()

    async def _until_woken(self) -> None:
        """Waits for a queued frame, or for the next heartbeat at most."""
        patience = min(self.session.next_tick() - self._endpoint.sockets.now(), self._endpoint.sockets.heartbeat)
        waiter = asyncio.ensure_future(self._wake.wait())
        sleeper = asyncio.ensure_future(self._endpoint.clock.sleep(max(0.001, patience)))
        try:
            await asyncio.wait({waiter, sleeper}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiter.cancel()
            sleeper.cancel()

    def _answer(self, request: ClientFrame) -> None:
        match request:
            case Method():
                self._call(request)
            case Subscribe():
                self._subscribe(request)
            case Unsubscribe(subscription):
                self.session.nosub(subscription)

    def _subscribe(self, request: Subscribe) -> None:
        try:
            self._limit("sub", request.name)
        except MeteorError as refusal:
            self.session.nosub(request.id, refusal)
            return
        self._endpoint.streams.subscribe(self, request)

    def _call(self, call: Method) -> None:
        """Calls a method; `result`, `updated` and a login's `added` are sent in random order, as DDP leaves it open."""
        frames: list[Callable[[], None]] = [lambda: self.session.updated([call.id])]
        try:
            self._limit("method", call.name)
            value = self._run(call, frames)
        except (MeteorError, PlainError) as problem:
            error = seen_by_caller(problem)
            frames.append(lambda: self.session.fail(call.id, error))
        else:
            frames.append(lambda: self.session.result(call.id, ddp(value)))
        self._endpoint.sockets.chance.shuffle(frames)
        for frame in frames:
            frame()

    def _run(self, call: Method, frames: list[Callable[[], None]]) -> Any:
        if call.name == "login":
            login = self._endpoint.logins.login(call.params, self.instance)
            self.user_id = login.user_id
            self._endpoint.streams.reconsider(self)
            frames.append(lambda: self.session.added("users", login.user_id, ddp(login.user)))
            return login.document()
        if call.name == "logout":
            self.user_id = None
            self._endpoint.streams.reconsider(self)
            return None
        return call_method(self._endpoint.chat, self.user_id, call.name, call.params)

    def _limit(self, kind: str, name: str) -> None:
        now = self._endpoint.sockets.now()
        self._endpoint.limiter.check(now, self.session.session_id, self.user_id, kind, name)
