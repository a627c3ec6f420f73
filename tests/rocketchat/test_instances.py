"""A secret and its marker on one and on several instances."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import cycle

import pytest
from aiohttp import web

from bot.clock import SystemClock
from bot.connection.state import Marker, ServiceName
from bot.rocketchat.instances import MOST, OrderedWrites
from bot.rocketchat.quiet import Quiet
from bot.rocketchat.rest import Rest
from bot.sandbox.serving import Server
from bot.secret import Secret

NAME = ServiceName("Encvoy ID", "Encvoyid")
MARKER = Marker("button_label_color", "#FFFFFf")
SECRET = Secret("s" * 64)


class Rocket:
    """Notes which of its instances was given what; an instance without a name does not say who it is."""

    def __init__(self, *instances: str) -> None:
        self.turn = cycle(instances)
        self.written: list[tuple[str, str]] = []

    async def handle(self, request: web.Request) -> web.Response:
        instance = next(self.turn)
        if request.method == "POST":
            self.written.append((instance, request.path.rpartition("-")[2]))
        headers = {"X-Instance-ID": instance} if instance else {}
        return web.json_response({"success": True}, headers=headers)

    @asynccontextmanager
    async def writes(self) -> AsyncIterator[OrderedWrites]:
        app = web.Application()
        app.router.add_route("*", "/api/v1/{route:.*}", self.handle)
        server = Server(app)
        await server.start()
        clock = SystemClock()
        rest = Rest(server.url, "bot-id", Secret("the-token"), clock=clock)
        try:
            yield OrderedWrites(rest, Quiet(clock))
        finally:
            rest.close()
            await server.stop()

    def before(self, what: str) -> set[str]:
        """The instances that had the secret before the last write of `what`."""
        last = max(n for n, (_, written) in enumerate(self.written) if written == what)
        return {instance for instance, written in self.written[:last] if written == "secret"}


async def test_one_instance_is_written_to_twice() -> None:
    rocket = Rocket("a")
    async with rocket.writes() as writes:
        await writes.write_secret(NAME, SECRET, MARKER, 0.0)
    assert rocket.written == [("a", "secret"), ("a", "button_label_color")]


async def test_answers_that_do_not_say_who_they_are_claim_nothing() -> None:
    rocket = Rocket("")
    async with rocket.writes() as writes:
        await writes.write_secret(NAME, SECRET, MARKER, 0.0)
    assert rocket.written == [("", "secret"), ("", "button_label_color")]


@pytest.mark.parametrize("instances", ["ab", "abc", "abcd"])
async def test_the_instance_that_took_the_marker_has_the_secret(instances: str) -> None:
    rocket = Rocket(*instances)
    async with rocket.writes() as writes:
        await writes.write_secret(NAME, SECRET, MARKER, 0.0)
    took = {instance for instance, what in rocket.written if what == "button_label_color"}
    assert took <= {instance for instance, what in rocket.written if what == "secret"}
    assert len(took) == 1


async def test_every_instance_that_is_known_has_the_secret_before_the_marker() -> None:
    rocket = Rocket(*"abc")
    async with rocket.writes() as writes:
        for _ in range(3):
            await writes.rest.get("me")
        await writes.write_secret(NAME, SECRET, MARKER, 0.0)
    assert rocket.before("button_label_color") == set("abc")


async def test_the_equal_write_reaches_every_instance_that_was_seen() -> None:
    rocket = Rocket(*"abc")
    async with rocket.writes() as writes:
        for _ in range(3):
            await writes.rest.get("me")
        assert await writes.repeat_secret(NAME, SECRET) == set("abc")
    assert len(rocket.written) == 3


async def test_but_it_ends_where_one_never_answers_again() -> None:
    rocket = Rocket("gone", *"a" * 99)
    async with rocket.writes() as writes:
        await writes.rest.get("me")
        await writes.repeat_secret(NAME, SECRET)
    assert len(rocket.written) == MOST


async def test_it_waits_for_the_quiet() -> None:
    rocket = Rocket("a")
    async with rocket.writes() as writes:
        writes.quiet.wrote()
        began = writes.quiet.clock.monotonic()
        await writes.write_secret(NAME, SECRET, MARKER, 0.1)
        assert writes.quiet.clock.monotonic() - began >= 0.1
