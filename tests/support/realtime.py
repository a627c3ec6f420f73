"""A websocket server that does what a test tells it, and a clock that the test moves."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web

from bot.chatops.ports import Message
from sandbox.serving import Server
from tests.support.clocks import START, SteppedClock

RECORDS = "meteor_accounts_loginServiceConfiguration"
ROOM = "room"
SERVICES = "meteor.loginServiceConfiguration"
MESSAGES = "stream-room-messages"


async def until(condition: Callable[[], object], seconds: float = 5.0) -> None:
    """Returns once `condition` holds, looked at between any two steps of the loop; fails after real `seconds`."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - any condition at all, not only one that somebody signals
            await asyncio.sleep(0.001)


async def quiet() -> None:
    """Long enough in real time for frames on loopback to arrive, where a test says that nothing happens."""
    await asyncio.sleep(0.05)


class StillTime:
    """The server's clock, which is ours and by `skew` ahead; counts how often it was compared."""

    def __init__(self, clock: SteppedClock) -> None:
        self._clock = clock
        self.skew = timedelta(0)
        self.ahead = timedelta(0)
        """From the start on."""
        self.set_back = timedelta(0)
        self.compared = 0

    @property
    def started(self) -> datetime:
        return START + self.ahead

    def now(self) -> datetime:
        return self._clock.now() + self.skew + self.ahead

    async def compare(self) -> bool:
        self.compared += 1
        return True


def document(message_id: str, ts: datetime = START, text: str = "!sso status") -> dict[str, object]:
    """A message as DDP carries it."""
    date = {"$date": int(ts.timestamp() * 1000)}
    return {"_id": message_id, "rid": ROOM, "msg": text, "ts": date, "u": {"_id": "anna", "username": "anna"}}


def caught_up(message_id: str, ts: datetime = START) -> Message:
    """A message as a catch-up finds it."""
    return Message(message_id, ROOM, "", "anna", "anna", "!sso status", ts, caught_up=True)


@dataclass
class Connection:
    """One websocket of the server."""

    socket: web.WebSocketResponse
    request: web.Request
    received: list[dict[str, Any]] = field(default_factory=list)

    async def send(self, **frame: object) -> None:
        await self.socket.send_json(frame)

    async def push(self, *documents: dict[str, object], room_type: str = "p") -> None:
        """Message events of a private room, or one of another type."""
        for one in documents:
            fields = {"eventName": "__my_messages__", "args": [one, {"roomParticipant": True, "roomType": room_type}]}
            await self.send(msg="changed", collection=MESSAGES, id="id", fields=fields)

    def cut(self) -> None:
        """Closes the connection without a close frame."""
        assert self.request.transport is not None
        self.request.transport.abort()

    def of(self, kind: str) -> list[dict[str, Any]]:
        """The frames of that kind that came in."""
        return [frame for frame in self.received if frame.get("msg") == kind]

    def subscription(self, name: str) -> str | None:
        """The id of its newest subscription."""
        return next((str(sub["id"]) for sub in reversed(self.of("sub")) if sub["name"] == name), None)


@dataclass
class ScriptedServer:
    """A Rocket.Chat with only `/websocket`; without faults unless a test sets some."""

    user_id: str
    connections: list[Connection] = field(default_factory=list)
    attempts: int = 0
    status: int | None = None
    """Answers this instead of upgrading."""
    headers: dict[str, str] = field(default_factory=dict)
    hang: bool = False
    """Never answers the upgrade."""
    mute: frozenset[str] = frozenset()
    """Kinds of frames that are not answered: connect, method, a subscription's name, ping."""
    login_errors: list[dict[str, object]] = field(default_factory=list)
    """One for each login, until they are used up."""
    refusals: dict[str, list[dict[str, object]]] = field(default_factory=dict)
    """The same for subscriptions, by name."""
    records: dict[str, dict[str, object]] = field(default_factory=dict)
    on_subscribed: Callable[[Connection], Sequence[dict[str, object]]] = lambda _: ()
    """Message documents pushed in the moment of the subscription, before `ready`."""
    _server: Server | None = None

    async def start(self, prefix: str = "") -> None:
        app = web.Application()
        app.router.add_get(f"{prefix}/websocket", self._serve)
        app.router.add_get("/elsewhere", self._serve)
        self._server = Server(app)
        await self._server.start()

    async def stop(self) -> None:
        assert self._server is not None
        await self._server.stop()

    async def restart(self) -> None:
        """On the same port."""
        assert self._server is not None
        await self._server.start()

    @property
    def url(self) -> str:
        assert self._server is not None
        return self._server.url

    @property
    def last(self) -> Connection:
        return self.connections[-1]

    async def subscribed(self, number: int) -> Connection:
        """The connection of that number, from 1, once it asked for messages."""
        await until(lambda: len(self.connections) >= number and self.connections[number - 1].subscription(MESSAGES))
        return self.connections[number - 1]

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        self.attempts += 1
        if self.hang:
            await asyncio.Event().wait()
        if self.status is not None:
            return web.Response(status=self.status, headers=self.headers)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        connection = Connection(socket, request)
        self.connections.append(connection)
        await connection.send(server_id="0")
        async for message in socket:
            frame = message.json()
            connection.received.append(frame)
            if not self.mute & {frame["msg"], frame.get("name")}:
                await self._answer(connection, frame)
        return socket

    async def _answer(self, connection: Connection, frame: dict[str, Any]) -> None:
        match frame["msg"]:
            case "connect":
                await connection.send(msg="connected", session="s")
            case "ping":
                await connection.send(msg="pong", id=frame.get("id"))
            case "method":
                await self._log_in(connection, frame["id"])
            case "sub":
                await self._subscribe(connection, frame["id"], frame["name"])

    async def _log_in(self, connection: Connection, login: str) -> None:
        await connection.send(msg="updated", methods=[login])
        if self.login_errors:
            await connection.send(msg="result", id=login, error=self.login_errors.pop(0))
        else:
            await connection.send(msg="result", id=login, result={"id": self.user_id, "type": "resume"})

    async def _subscribe(self, connection: Connection, sub: str, name: str) -> None:
        if self.refusals.get(name):
            await connection.send(msg="nosub", id=sub, error=self.refusals[name].pop(0))
            return
        if name == SERVICES:
            for key, fields in self.records.items():
                await connection.send(msg="added", collection=RECORDS, id=key, fields=fields)
        elif name == MESSAGES:
            await connection.push(*self.on_subscribed(connection))
        await connection.send(msg="ready", subs=[sub])


class CatchUps:
    """Stands for the REST side: what is asked of the watched room, and what is found."""

    def __init__(self) -> None:
        self.asked: list[datetime] = []
        self.others: dict[str, Callable[[], Awaitable[list[Message]]]] = {}
        """The direct rooms, and what each answers."""
        self.asked_others: list[str] = []
        self.list_errors: list[Exception] = []
        """For each question for the list of direct rooms, until they are used up."""
        self.answers: list[list[Message] | Exception] = []
        """For each question in turn; afterwards nothing is found."""
        self.gate = asyncio.Event()
        self.gate.set()

    async def direct_rooms(self) -> tuple[str, ...]:
        if self.list_errors:
            raise self.list_errors.pop(0)
        return tuple(self.others)

    async def since(self, room_id: str, since: datetime) -> list[Message]:
        if room_id != ROOM:
            self.asked_others.append(room_id)
            return await self.others[room_id]()
        self.asked.append(since)
        await self.gate.wait()
        answer = self.answers.pop(0) if self.answers else []
        if isinstance(answer, Exception):
            raise answer
        return answer
