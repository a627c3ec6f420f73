"""A secret and its marker on one and on several instances."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import cycle

import pytest
from aiohttp import web

from bot.clock import SystemClock
from bot.connection.state import Marker, ServiceName, StoredService
from bot.rocketchat.instances import MOST, OrderedWrites
from bot.rocketchat.quiet import Quiet
from bot.rocketchat.rest import Rest
from bot.secret import Secret
from sandbox.serving import Server

NAME = ServiceName("Encvoy ID", "Encvoyid")
MARKER = Marker("button_label_color", "#FFFFFf")
SECRET = Secret("s" * 64)


class Rocket:
    """Notes which of its instances was given what; an instance without a name does not say who it is."""

    def __init__(self, *instances: str, refused: str = "none", sticky: bool = False) -> None:
        """`sticky`: each connection is kept at one of them."""
        self.turn = cycle(instances)
        self.kept: dict[object, str] | None = {} if sticky else None
        self.asked = 0
        self.refused = refused
        self.written: list[tuple[str, str]] = []

    async def handle(self, request: web.Request) -> web.Response:
        self.asked += 1
        instance = await self._chosen(request)
        if request.method == "POST":
            self.written.append((instance, request.path.rpartition("-")[2]))
        headers = {"X-Instance-ID": instance} if instance else {}
        if request.path.endswith(self.refused):
            return web.json_response({"success": False}, status=400, headers=headers)
        return web.json_response({"success": True}, headers=headers)

    async def _chosen(self, request: web.Request) -> str:
        if self.kept is None:
            return next(self.turn)
        if request.transport not in self.kept:
            self.kept[request.transport] = next(self.turn)
        await asyncio.sleep(0.02)  # calls that are made at once take a connection each
        return self.kept[request.transport]

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


async def test_the_marker_is_shown_by_whichever_instance_comes_last() -> None:
    """One that has the secret alone would rewrite the service without it, if its run comes last."""
    rocket = Rocket(*"abc")
    async with rocket.writes() as writes:
        for _ in range(3):
            await writes.rest.get("me")
        await writes.write_secret(NAME, SECRET, MARKER, 0.0)
    assert {instance for instance, what in rocket.written if what == "button_label_color"} == set("abc")


STORED = StoredService("Encvoyid", False, {"url": "u", "avatar_field": ""}, SECRET, frozenset({"avatar_field"}))


async def test_each_instance_knows_the_settings_before_it_is_switched_on() -> None:
    rocket = Rocket(*"abc")
    async with rocket.writes() as writes:
        for _ in range(3):
            await writes.rest.get("me")
        await writes.switch(NAME, True, STORED)
    wrote = [{i for i, what in rocket.written[n : n + 3]} for n in (0, 3, 6)]
    assert [what for _, what in rocket.written] == ["secret"] * 3 + ["url"] * 3 + ["Encvoyid"] * 3
    assert wrote == [set("abc")] * 3


@pytest.mark.parametrize(("on", "stored"), [(False, STORED), (True, None)])
async def test_nothing_else_is_written_to_switch_it_off(on: bool, stored: StoredService | None) -> None:
    rocket = Rocket(*"ab")
    async with rocket.writes() as writes:
        for _ in range(2):
            await writes.rest.get("me")
        await writes.switch(NAME, on, stored)
    assert rocket.written == [("a", "Encvoyid"), ("b", "Encvoyid")]


async def test_one_instance_is_switched_by_one_write() -> None:
    rocket = Rocket("a")
    async with rocket.writes() as writes:
        await writes.switch(NAME, True, STORED)
    assert rocket.written == [("a", "Encvoyid")]


async def test_settings_that_are_refused_do_not_keep_it_off() -> None:
    rocket = Rocket(*"ab", refused="url")
    async with rocket.writes() as writes:
        for _ in range(2):
            await writes.rest.get("me")
        await writes.switch(NAME, True, STORED)
    assert {i for i, what in rocket.written if what == "Encvoyid"} == set("ab")


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


async def test_behind_a_balancer_that_keeps_connections_the_others_show_themselves() -> None:
    rocket = Rocket(*"abc", sticky=True)
    async with rocket.writes() as writes:
        await asyncio.gather(writes.rest.get("me"), writes.rest.get("me"))
        assert writes.rest.instances() == set("ab")
        await writes.rest.meet_instances()
        assert writes.rest.instances() == set("abc")
        assert await writes.repeat_secret(NAME, SECRET) == set("abc")


async def test_one_instance_is_not_asked_who_else_there_is() -> None:
    rocket = Rocket("a")
    async with rocket.writes() as writes:
        await writes.rest.get("me")
        await writes.rest.meet_instances()
    assert rocket.asked == 1


async def test_what_fails_while_they_are_met_fails_nothing_else() -> None:
    rocket = Rocket(*"ab", refused="me")
    async with rocket.writes() as writes:
        writes.rest.saw("a")
        writes.rest.saw("b")
        await writes.rest.meet_instances()
        await writes.switch(NAME, True, None)
    assert {i for i, what in rocket.written if what == "Encvoyid"} == set("ab")


async def test_it_waits_for_the_quiet() -> None:
    rocket = Rocket("a")
    async with rocket.writes() as writes:
        writes.quiet.wrote()
        began = writes.quiet.clock.monotonic()
        await writes.write_secret(NAME, SECRET, MARKER, 0.1)
        assert writes.quiet.clock.monotonic() - began >= 0.1
