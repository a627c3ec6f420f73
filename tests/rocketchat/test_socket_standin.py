"""The socket against the Rocket.Chat stand-in: its own chat, logins, streams and switches, on one stepped clock."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest
from aiohttp import web

from bot.chatops.ports import Message
from bot.connection.state import LiveService
from bot.errors import Unauthenticated
from bot.rocketchat.ddp import DEAD_AFTER, PING_AFTER
from bot.rocketchat.messages import message_from
from bot.rocketchat.socket import RealtimeClient
from bot.secret import Secret
from sandbox.ledger import Ledger
from sandbox.rocketchat.chat.chat import Chat
from sandbox.rocketchat.ddp.endpoint import Endpoint
from sandbox.rocketchat.ddp.sockets import Publication, Sockets
from sandbox.rocketchat.ddp.streams import Streams
from sandbox.rocketchat.documents import ddp
from sandbox.rocketchat.login_services import LoginServices
from sandbox.rocketchat.logins import Logins
from sandbox.rocketchat.people import People, User
from sandbox.rocketchat.problems import MeteorError
from sandbox.rocketchat.second_factor import SecondFactor
from sandbox.rocketchat.settings import Settings
from sandbox.serving import Server
from tests.support.clocks import SteppedClock
from tests.support.realtime import StillTime, quiet, until


class Table(LoginServices):
    """One live login service, whose events a test sends itself; None is a field that is gone."""

    def tell(self, kind: str, fields: dict[str, Any]) -> None:
        [record] = self.all()
        for listener in self._listeners:
            listener(kind, record.id, fields, "")


def _no_oauth(*_: object) -> tuple[User, str]:
    raise MeteorError(403, "not here")


class Standin:
    """The parts of the stand-in behind `/websocket`."""

    def __init__(self, clock: SteppedClock) -> None:
        ledger = Ledger()
        settings = Settings(ledger, lambda _: True)
        self.people = People(clock.now)
        self.bot = self.people.add("ssobot", roles=("bot",))
        self.ada = self.people.add("ada", roles=("admin", "user"))
        self.token = Secret(self.people.personal_token(self.bot, "bot"))
        self.table = Table(ledger)
        self.table.write([("encvoyid", {"service": "encvoyid", "scope": "a b", "clientId": "c"})])
        self.sockets = Sockets(clock.monotonic, chance=random.Random(7))
        self.chat = Chat(self.people, settings, clock, ledger)
        logins = Logins(self.people, _no_oauth, SecondFactor(settings, clock.now, ledger))
        streams = Streams(self.chat, self.table, self.sockets)
        self.endpoint = Endpoint(self.chat, logins, streams, self.sockets, clock)
        app = web.Application()
        app.router.add_get("/websocket", self.endpoint.handle)
        self.server = Server(app)
        self.room = self.chat.create_room(self.ada.id, "sso-admins", "p", [self.bot.id])
        self.posted: list[dict[str, Any]] = []
        self.asked = 0

    def say(self, text: str) -> None:
        self.posted.append(ddp(self.chat.post(self.room, self.ada.id, text).document()))

    async def direct_rooms(self) -> Iterable[str]:
        """Stands for `im.list`."""
        return ()

    async def since(self, room_id: str, moment: datetime) -> Iterable[Message]:
        """Stands for `chat.syncMessages`."""
        self.asked += 1
        found = (message_from(document, caught_up=True) for document in self.posted)
        return [message for message in found if message is not None and message.ts >= moment]


@dataclass
class Bench:
    clock: SteppedClock
    standin: Standin
    client: RealtimeClient
    got: list[str] = field(default_factory=list)
    types: set[str] = field(default_factory=set)

    async def read(self) -> None:
        async for message in self.client.messages():
            self.got.append(message.text)
            self.types.add(message.room_type)

    async def connected(self) -> None:
        """Up, and asked for what was missed: what is said from now on is pushed."""
        client = self.client
        await until(lambda: client.state.connected and client.live.unknown is None and self.standin.asked)

    async def lost(self) -> None:
        await until(lambda: not self.client.state.connected)


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    clock = SteppedClock()
    standin = Standin(clock)
    await standin.server.start()
    client = RealtimeClient(
        standin.server.url, standin.bot.id, standin.token, clock, standin, StillTime(clock), jitter=lambda: 0.5
    )
    client.watch(standin.room.id, "p")
    bench = Bench(clock, standin, client)
    tasks = [asyncio.create_task(client.run()), asyncio.create_task(bench.read())]
    yield bench
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    standin.endpoint.close_all()
    await standin.server.stop()


async def test_a_message_typed_is_a_message_heard(bench: Bench) -> None:
    await bench.connected()
    bench.standin.say("!sso status")
    await until(lambda: bench.got)
    assert (bench.got, bench.types) == (["!sso status"], {"p"})


async def test_a_rewritten_record_is_live_at_once(bench: Bench) -> None:
    await bench.connected()
    assert bench.client.live.current("encvoyid") == LiveService("encvoyid", {"scope": "a b", "id": "c"})
    bench.standin.table.tell("changed", {"scope": "b a", "clientId": None})
    await until(lambda: bench.client.live.current("encvoyid") == LiveService("encvoyid", {"scope": "b a"}))
    bench.standin.table.tell("removed", {})
    await until(lambda: bench.client.live.current("encvoyid") is None)


@pytest.mark.parametrize("how", [Publication.REFUSED, Publication.SILENT])
async def test_a_publication_refused_or_silent_shows_nothing_and_holds_nothing_up(
    bench: Bench, how: Publication
) -> None:
    bench.standin.sockets.login_services = how
    await until(lambda: bench.client.state.connected and bench.standin.asked)
    bench.standin.say("!sso status")
    await until(lambda: bench.got)
    assert not isinstance(bench.client.live.current("encvoyid"), LiveService)


async def test_a_cut_loses_nothing(bench: Bench) -> None:
    await bench.connected()
    bench.standin.sockets.cut()
    bench.standin.say("typed meanwhile")
    await bench.lost()
    bench.clock.jump(1)
    await bench.connected()
    await until(lambda: bench.got == ["typed meanwhile"])


async def test_refused_for_ten_seconds_it_comes_back(bench: Bench) -> None:
    await bench.connected()
    bench.standin.sockets.refuse(10)
    bench.standin.sockets.cut()
    await bench.lost()
    bench.standin.say("typed meanwhile")
    for _ in range(12):
        bench.clock.jump(1)
        await quiet()
    bench.clock.jump(10)
    await bench.connected()
    await until(lambda: "typed meanwhile" in bench.got)


async def test_a_frozen_server_is_noticed_and_left(bench: Bench) -> None:
    await bench.connected()
    bench.standin.sockets.freeze()
    bench.standin.say("typed meanwhile")
    bench.clock.jump(PING_AFTER)
    await quiet()
    assert bench.client.state.connected
    bench.clock.jump(DEAD_AFTER - PING_AFTER)
    await bench.lost()
    bench.standin.sockets.thaw()
    bench.clock.jump(1)
    await bench.connected()
    await until(lambda: "typed meanwhile" in bench.got)


async def test_ten_quiet_minutes_cost_no_socket(bench: Bench) -> None:
    await bench.connected()
    for _ in range(60):
        bench.clock.jump(10)
        await asyncio.sleep(0.01)
    assert bench.client.state.connected
    assert bench.standin.sockets.opened == 1


async def test_a_withdrawn_token_is_named_and_a_cut_is_not_needed_to_return(bench: Bench) -> None:
    await bench.connected()
    tokens, bench.standin.bot.tokens = bench.standin.bot.tokens, []
    bench.standin.sockets.cut()
    await bench.lost()
    bench.clock.jump(1)
    await until(lambda: isinstance(bench.client.state.error, Unauthenticated))
    bench.standin.bot.tokens = tokens
    bench.clock.jump(15)
    await bench.connected()
    assert bench.standin.sockets.opened == 2
