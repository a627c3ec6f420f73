"""The chat half of the Rocket.Chat stand-in on a real port, with a REST and a DDP client for it."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web

from bot.clock import SystemClock
from sandbox.ledger import Ledger
from sandbox.rocketchat.chat.chat import Chat
from sandbox.rocketchat.chat.rooms import Room
from sandbox.rocketchat.ddp.endpoint import Endpoint
from sandbox.rocketchat.ddp.sockets import Sockets
from sandbox.rocketchat.ddp.streams import Streams
from sandbox.rocketchat.instance import Timing
from sandbox.rocketchat.instances import Deployment, Instances
from sandbox.rocketchat.login_services import LoginServices
from sandbox.rocketchat.logins import Logins
from sandbox.rocketchat.people import People, User
from sandbox.rocketchat.problems import MeteorError
from sandbox.rocketchat.rest import chat as chat_routes
from sandbox.rocketchat.rest.api import Api
from sandbox.rocketchat.settings import Setting, Settings
from sandbox.rocketchat.version import Version
from sandbox.rocketchat.workspace import Workspace
from sandbox.serving import Server

PATIENCE = 5.0
"""Seconds a test waits for a frame that must come."""
Frame = dict[str, Any]


def _no_oauth(token: str, secret: str | None, code: str | None, at: str) -> tuple[User, str]:
    raise MeteorError(403, "No matching login attempt found")


@dataclass
class Someone:
    """A seeded account."""

    user: User
    token: str
    password: str

    @property
    def id(self) -> str:
        return self.user.id

    @property
    def headers(self) -> dict[str, str]:
        return {"X-User-Id": self.user.id, "X-Auth-Token": self.token}


@dataclass
class Ddp:
    """A DDP client that keeps the frames it receives."""

    socket: aiohttp.ClientWebSocketResponse
    heard: list[Frame] = field(default_factory=list)
    _numbers: int = 0

    async def send(self, frame: Frame) -> None:
        await self.socket.send_str(json.dumps(frame))

    async def hear(self, wanted: Callable[[Frame], bool], timeout: float = PATIENCE) -> Frame:
        """Takes out the first unread frame that matches; the others stay."""
        async with asyncio.timeout(timeout):
            while True:
                for frame in self.heard:
                    if wanted(frame):
                        self.heard.remove(frame)
                        return frame
                message = await self.socket.receive()
                if message.type is not aiohttp.WSMsgType.TEXT:
                    raise ConnectionError(message.type.name)
                self.heard.append(json.loads(message.data))

    async def ended(self) -> None:
        """Returns when the server has ended the connection."""
        async with asyncio.timeout(PATIENCE):
            while (await self.socket.receive()).type is aiohttp.WSMsgType.TEXT:
                pass

    async def connect(self) -> None:
        await self.send({"msg": "connect", "version": "1", "support": ["1"]})
        await self.hear(lambda frame: frame.get("msg") == "connected")

    async def call(self, method: str, *params: Any) -> Frame:
        """The `result` frame of a method, after its `updated` came too."""
        self._numbers += 1
        number = f"m{self._numbers}"
        await self.send({"msg": "method", "id": number, "method": method, "params": list(params)})
        await self.hear(lambda frame: frame.get("msg") == "updated" and frame["methods"] == [number])
        return await self.hear(lambda frame: frame.get("msg") == "result" and frame["id"] == number)

    async def subscribe(self, name: str, *params: Any) -> Frame:
        """The `ready` or `nosub` frame."""
        self._numbers += 1
        number = f"s{self._numbers}"
        await self.send({"msg": "sub", "id": number, "name": name, "params": list(params)})
        return await self.hear(lambda f: f.get("subs") == [number] or (f.get("msg") == "nosub" and f["id"] == number))

    async def event(self, stream: str, timeout: float = PATIENCE) -> Frame:
        """`fields` of the next event of a stream."""
        frame = await self.hear(lambda f: f.get("msg") == "changed" and f["collection"] == stream, timeout)
        fields: Frame = frame["fields"]
        return fields

    async def quiet(self) -> None:
        """Returns when every earlier frame has arrived: a ping has come back."""
        await self.send({"msg": "ping", "id": "quiet"})
        await self.hear(lambda frame: frame == {"msg": "pong", "id": "quiet"})


@dataclass
class ChatServer:
    """The server, three people (an administrator, a bot, a member), and their private room."""

    server: Server
    http: aiohttp.ClientSession
    ledger: Ledger
    people: People
    settings: Settings
    services: LoginServices
    instances: Instances
    sockets: Sockets
    endpoint: Endpoint
    chat: Chat
    ada: Someone
    bot: Someone
    eve: Someone
    room: Room

    async def get(self, who: Someone, route: str, **query: Any) -> tuple[int, Frame]:
        async with self.http.get(f"{self.server.url}/api/v1/{route}", params=query, headers=who.headers) as response:
            return response.status, await response.json()

    async def post(self, who: Someone, route: str, **body: Any) -> tuple[int, Frame]:
        async with self.http.post(f"{self.server.url}/api/v1/{route}", json=body, headers=who.headers) as response:
            return response.status, await response.json()

    async def open(self) -> Ddp:
        """A websocket without any frame yet."""
        return Ddp(await self.http.ws_connect(f"{self.server.url}/websocket", autoping=True))

    async def ddp(self, who: Someone | None = None) -> Ddp:
        """A connected client, logged in if somebody is named, with nothing unread."""
        client = await self.open()
        await client.connect()
        if who is not None:
            answer = await client.call("login", {"resume": who.token})
            assert "error" not in answer
        await client.quiet()
        client.heard.clear()
        return client


@asynccontextmanager
async def chat_server(
    *, settle: float = 0.01, heartbeat: float = 15.0, patience: float = 15.0
) -> AsyncIterator[ChatServer]:
    """A running server; closed afterwards."""
    clock = SystemClock()
    deployment = Deployment(Timing(settle, jitter=(0.0, 0.0)))
    workspace = Workspace.empty(Version.of("8.8"), (), clock, deployment, random.Random(0))
    ledger, people, settings = workspace.ledger, workspace.people, workspace.settings
    services, instances = workspace.login_services, workspace.instances
    chat, sockets = workspace.chat, workspace.sockets
    sockets.heartbeat, sockets.patience = heartbeat, patience
    for name, value in {"Message_MaxAllowedSize": 5000, "API_Enable_Rate_Limiter": True}.items():
        settings.add(Setting(name, "int", value))
    streams = Streams(chat, services, sockets)
    instances.listen(streams.on_setting)
    endpoint = Endpoint(chat, Logins(people, _no_oauth, workspace.second_factor), streams, sockets, clock)
    api = Api(workspace)
    chat_routes.register(api, chat)
    app = web.Application()
    endpoint.serve(app)
    api.serve(app)
    server = Server(app)
    await server.start()

    def seed(username: str, *roles: str) -> Someone:
        user = people.add(username, name=username.title(), password=f"{username}-password", roles=roles)
        return Someone(user, people.personal_token(user, "test", bypass_two_factor=True), f"{username}-password")

    ada, bot, eve = seed("ada", "admin", "user"), seed("ssobot", "bot", "user"), seed("eve", "user")
    room = chat.create_room(ada.id, "sso-admins", "p", [bot.id])
    async with aiohttp.ClientSession() as http:
        try:
            yield ChatServer(
                server,
                http,
                ledger,
                people,
                settings,
                services,
                instances,
                sockets,
                endpoint,
                chat,
                ada,
                bot,
                eve,
                room,
            )
        finally:
            instances.suspend()
            endpoint.close_all()
    await server.stop()
