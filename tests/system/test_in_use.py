"""Rocket.Chat's own word on a connection: both forms of the proof between both stand-ins, and what each command makes
of it (facts/rocketchat.md §3.1b)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from bot.connection.in_use import InUse, Use
from bot.connection.profile import Engine
from bot.connection.proof import prove_in_use
from bot.rocketchat.instances import MOST
from sandbox.faults import Fault, FaultEffect, When
from sandbox.rocketchat.instance import Instance
from sandbox.rocketchat.standin import Switches
from tests.support.both_clients import Joined
from tests.support.both_clients import joined as joining
from tests.support.world import SERVICE, SETTINGS, World, world_at

CALLBACK = "/_oauth/encvoyid"


# Both forms, end to end.


@pytest.fixture
async def joined() -> AsyncIterator[Joined]:
    async with joining() as pair:
        yield pair


async def proved(pair: Joined) -> InUse:
    return await prove_in_use(pair.connection, Engine.LEGACY, pair.rocketchat, pair.identity)


def brought(pair: Joined) -> int:
    """How many codes were brought to Rocket.Chat."""
    return len(pair.rocket.standin.ledger.requests("GET", CALLBACK))


async def test_the_reason_is_enough(joined: Joined) -> None:
    assert await proved(joined) == InUse(Use.PROVED)
    assert brought(joined) == 1
    assert joined.encvoy.ledger.requests("POST", "/api/interaction/") == []


async def test_another_secret_is_told_by_the_reason(joined: Joined) -> None:
    joined.accept_another_secret()
    assert (await proved(joined)).use is Use.OTHER
    assert brought(joined) == 1


async def test_without_a_reason_a_real_code_proves_it(joined: Joined) -> None:
    joined.rocket.standin.sign_in.manners.tells_app = False
    people = len(joined.rocket.standin.people)
    assert await proved(joined) == InUse(Use.PROVED)
    assert brought(joined) == 2
    assert len(joined.rocket.standin.people) == people


async def test_without_a_reason_another_secret_is_not_told(joined: Joined) -> None:
    joined.rocket.standin.sign_in.manners.tells_app = False
    joined.accept_another_secret()
    assert (await proved(joined)).use is Use.UNKNOWN


async def test_without_a_reason_and_a_user_who_may_not_sign_in(joined: Joined) -> None:
    joined.rocket.standin.sign_in.manners.tells_app = False
    joined.encvoy.clients.rules[joined.client_id] = [joined.encvoy.state.rule("email").id]
    said = await proved(joined)
    assert said.use is Use.UNKNOWN
    assert "my own user cannot sign in there" in said.words
    assert "steps" in said.words
    assert brought(joined) == 1


async def test_an_instance_that_asks_another_address_proves_nothing(joined: Joined) -> None:
    moved = replace(joined.connection, settings={**joined.connection.settings, "url": "http://localhost"})
    said = await prove_in_use(moved, Engine.LEGACY, joined.rocketchat, joined.identity)
    assert said.use is Use.UNKNOWN
    assert "another address" in said.words


# `setup`.


async def test_a_rocketchat_that_cannot_find_encvoy_id_is_not_left_on(world: World) -> None:
    world.rocketchat.unresolved.add("127.0.0.1")
    answer = await world.ask("setup")
    assert "✗ Switched off again: Rocket.Chat cannot sign anybody in with it." in answer
    assert "getaddrinfo ENOTFOUND" in answer
    assert "http://" not in answer.partition("Why: Rocket.Chat says:")[2].partition("\n")[0]
    assert world.state().live is None
    assert world.rocketchat.settings.get(SETTINGS) is False
    assert world.state().stored == world.state().accepted is not None

    world.rocketchat.unresolved.clear()
    assert "Rocket.Chat itself uses the secret" in await world.ask("enable")
    assert world.state().live == world.state().accepted


async def test_whatever_rocketchat_says_is_harmless(world: World) -> None:
    """A proxy in front of Encvoy ID answers it with a page of somebody's."""

    def asks(request: web.Request, _: object) -> bool:
        return request.headers.get("User-Agent", "").startswith("Meteor/")

    page = "@all [sign in](https://evil.example) `x` *now* <b>"
    world.encvoy.faults.add(Fault("POST", "/oidc/token", status=200, body=page, matches=asks))
    answer = await world.ask("setup")
    assert "✗ Switched off again" in answer
    why = next(line for line in answer.splitlines() if line.startswith("Why: Rocket.Chat says"))
    assert "invalid json response body" in why
    assert not set("@`*[]<>") & set(why)
    assert "://" not in why


ODD_PAGES = {
    "a number without end": f'<div id="config">&#{"9" * 5000};</div>',
    "one in a text": f'<div id="config">{{"redirectUrl":"&#{"9" * 5000};"}}</div>',
    "very long": f'<div id="config">{{"redirectUrl":"rocketchat://auth?{"&ab" * 1_000_000}"}}</div>',
}


@pytest.mark.parametrize("page", ODD_PAGES.values(), ids=ODD_PAGES)
async def test_an_odd_page_at_the_callback_proves_nothing_and_stops_nothing(world: World, page: str) -> None:
    """Whoever is between the bot and Rocket.Chat responds in its place, while somebody comes back from Encvoy ID."""
    odd = Fault("GET", CALLBACK, status=200, body=page, content_type="text/html")
    world.rocketchat.faults.add(odd)
    for words in ("setup", "rotate", "disable", "enable"):
        answer = await world.ask(words)
        assert "internal error" not in answer, words
        if words != "disable":
            assert "did not respond like Rocket.Chat (200)" in answer, words
    world.rocketchat.faults.remove(odd)
    assert world.state().live == world.state().stored == world.state().accepted
    assert "still to do" not in (await world.ask("status")).lower()


async def test_setup_disabled_asks_nothing(world: World) -> None:
    answer = await world.ask("setup --disabled")
    assert "Not verified from Rocket.Chat's side, because it is off." in answer
    codes = [entry for entry in world.rocketchat.ledger.requests("GET", CALLBACK) if "code=" in entry.query]
    assert codes == []


async def test_an_address_that_rocketchat_cannot_find_is_taken_back(quiet_world: World) -> None:
    """Encvoy ID moves to a name that only the bot's machine knows."""
    world, standin = quiet_world, quiet_world.encvoy
    async with world.play.bot():
        await world.ask("setup")
    before, old = world.state(), standin.url
    await standin.stop()
    standin.public_url = "http://localhost:{port}"
    await standin.start()
    world.rocketchat.unresolved.add("localhost")
    async with world.play.bot():
        answer = await world.ask("setup")
        assert "✗ Rocket.Chat cannot sign anybody in at the new address; the previous one is back." in answer
        assert "getaddrinfo ENOTFOUND localhost" in answer
        written = [e.body["value"] for e in world.rocketchat.ledger.of("stored") if e.body["_id"] == f"{SETTINGS}-url"]
        assert written == [old, standin.url, old]
        assert world.rocketchat.login_services.get(SERVICE).fields["serverURL"] == old
        assert world.state() == before

        world.rocketchat.unresolved.clear()
        await world.ask("setup")
        assert world.rocketchat.login_services.get(SERVICE).fields["serverURL"] == standin.url


# A server that leaves the reason out.


async def test_silence_is_made_good_by_the_bots_own_user(world: World) -> None:
    world.rocketchat.sign_in.manners.tells_app = False
    people = len(world.rocketchat.people)
    answer = await world.ask("setup")
    assert "my own user cannot sign in there" in answer
    assert "sign in as that user once and fill it in." in answer
    assert world.state().live is not None, "silence undoes nothing"

    world.encvoy.person("manager").email = "ssobot@people.example"
    answer = await world.ask("test --all")
    assert "✓ Secret in use: Encvoy ID accepted what Rocket.Chat sent" in answer
    assert len(world.rocketchat.people) == people


# Instances that do not hear of each other.


@pytest.fixture
async def three(tmp_path: Path) -> AsyncIterator[World]:
    """Three instances that a licence kept together until it ended; people sign in."""
    async with world_at(tmp_path, settle=0.5, switches=Switches(instances=3)) as world, world.play.bot():
        assert "Rocket.Chat itself uses the secret" in await world.ask("setup")
        world.rocketchat.instances.broadcasts = False
        yield world


def balance(world: World, *instances: Instance) -> None:
    """Who is asked, in turn, from now on."""
    world.rocketchat.instances._next = cycle(instances)


def writes_back(world: World, *, reached: bool) -> Instance:
    """The third instance is out of reach while the secret is written. After the first proof somebody changes a colour
    there, so it writes what it knows into what all share. `reached`: from then on it is asked like the others."""
    instances: tuple[Instance, ...] = world.rocketchat.instances.each
    *others, third = instances
    balance(world, *others)

    async def change(_: web.Request) -> None:
        if reached:
            balance(world, *instances)
        third.save(f"{SETTINGS}-button_color", "#112233")
        await asyncio.sleep(0.7)

    fault = Fault("GET", CALLBACK, effect=FaultEffect.PASS, when=When.AFTER, call=change, times=1)
    world.rocketchat.faults.add(fault)
    return third


def secrets_lived(world: World) -> list[str]:
    """The secrets that were live, one after the other."""
    found = [entry.body["fields"]["secret"] for entry in world.rocketchat.ledger.of("live")]
    return [secret for number, secret in enumerate(found) if number == 0 or secret != found[number - 1]]


async def test_an_instance_that_writes_the_old_secret_back_is_fixed(three: World) -> None:
    old = three.state().accepted
    third = writes_back(three, reached=True)
    answer = await three.ask("rotate", timeout=60.0)
    new = three.state().accepted
    assert secrets_lived(three) == [old, new, old, new]
    assert "Rocket.Chat itself uses the new secret: Encvoy ID accepted it from there, at once and once more" in answer
    assert "✗" not in answer
    assert "ALARM" not in answer
    assert three.state().live == three.state().stored == new
    assert third.get(f"{SETTINGS}-secret") == new


async def test_an_instance_out_of_reach_is_an_alarm(three: World) -> None:
    old = three.state().accepted
    written = len(secret_writes(three))
    writes_back(three, reached=False)
    answer = await three.ask("rotate", timeout=60.0)
    assert secrets_lived(three)[-1] == old != three.state().accepted
    assert "ALARM" in answer
    assert "✗ Rocket.Chat uses a different secret than the one it has saved." in answer
    assert "`!sso rotate`" in answer
    assert len(secret_writes(three)) - written <= 2 * MOST + 1

    balance(three, *three.rocketchat.instances.each)
    assert "✗" not in await three.ask("rotate", timeout=60.0)
    assert three.state().live == three.state().stored == three.state().accepted


def secret_writes(world: World) -> list[Any]:
    """Requests that wrote the secret by itself, equal ones included."""
    found: list[Any] = world.rocketchat.ledger.requests("POST", f"/api/v1/settings/{SETTINGS}-secret")
    return found
