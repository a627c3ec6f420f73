"""What the bot says in the admin room without being asked."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from sqlalchemy import delete

from bot.chatops.notices import SAID
from bot.chatops.origin import FromMessage
from bot.chatops.ports import Operation, OperationState
from bot.chatops.posting import new_message_id
from bot.clock import SystemClock
from bot.store.connections import SqlConnections
from bot.store.engine import Database, open_database
from bot.store.migrate import upgrade
from bot.store.notes import TABLE, SqlNotes
from bot.store.operations import SqlOperations
from bot.store.vault import Vault
from commands.correction import LINKED, REFUSED
from sandbox.faults import Fault, When
from sandbox.rocketchat.chat.rules import Draft
from sandbox.stage import config_from
from tests.answers.conftest import Heard
from tests.support.crashes import SCENARIOS, Moment, died, is_write, scene
from tests.support.crashes import answered as at_rest
from tests.support.grounds import room_of
from tests.support.hurried import HurriedClock
from tests.support.programs import run
from tests.support.snapshot import snapshot
from tests.support.world import World, world_at

case = pytest.mark.case
GROUP = "Unasked"
A_MONTH = 30 * 24 * 3600.0


async def spoken(world: World, words: str) -> str:
    """The first message in the room that holds these words."""
    since = {"roomId": world.admin.room_id, "lastUpdate": "1970-01-01T00:00:00.000Z"}
    async with asyncio.timeout(10):
        while True:
            messages = (await world.admin.call("GET", "chat.syncMessages", params=since))["result"]["updated"]
            if found := [message["msg"] for message in messages if words in message["msg"]]:
                return str(found[0])
            await asyncio.sleep(0.02)


@case(GROUP, "Slash commands are off")
async def test_slash_commands_are_off(world: World, hears: Heard) -> None:
    hears(await spoken(world, "does not work here yet"))


@case(GROUP, "The admin room is public")
async def test_a_public_room(quiet_world: World, hears: Heard) -> None:
    room_of(quiet_world).t = "c"
    async with quiet_world.play.bot():
        hears(await spoken(quiet_world, "This room is public"))
        assert "setup" in await quiet_world.ask("help")


@case(GROUP, "A message has a field that the bot does not know")
async def test_an_unknown_field(world: World, hears: Heard) -> None:
    draft = Draft(room_of(world).id, "!sso help", extra={"writtenBy": "nobody knows"})
    world.rocketchat.chat.send(world.rocketchat.person("admin").id, draft)
    hears(await spoken(world, "contain fields that I do not know"))


@case(GROUP, "The admin room was encrypted while the bot runs")
async def test_a_room_that_is_encrypted_meanwhile(world: World, hears: Heard) -> None:
    world.rocketchat.chat.post_encrypted(room_of(world), world.rocketchat.person("admin").id)
    hears(await spoken(world, "end-to-end encrypted now"))


async def forget(database: Database, key: str) -> None:
    """The note is not there, as in an older database."""
    async with database.writing() as transaction:
        await transaction.execute(delete(TABLE).where(TABLE.c.key == key))


@case(GROUP, "An earlier version made the connection, and promised too much")
async def test_a_promise_that_was_false(quiet_world: World, hears: Heard) -> None:
    async with quiet_world.play.bot() as bot:
        await quiet_world.ask("setup")
        await forget(bot.database, LINKED)
    async with quiet_world.play.bot():
        hears(await spoken(quiet_world, "That was wrong"))


@case(GROUP, "Rocket.Chat signs people in by another engine than when the connection was made")
async def test_another_engine(quiet_world: World, hears: Heard) -> None:
    async with quiet_world.play.bot() as bot:
        await quiet_world.ask("setup")
        await forget(bot.database, LINKED)
        await SqlNotes(bot.database, SystemClock()).put(REFUSED, SAID)
    async with quiet_world.play.bot():
        hears(await spoken(quiet_world, "a different login engine"))


@case(GROUP, "A command was typed while the bot was away")
async def test_typed_while_it_was_away(tmp_path: Path, hears: Heard) -> None:
    clock = HurriedClock()
    async with world_at(tmp_path, clock=clock) as world, world.play.bot(clock):
        await world.ask("help")
        world.rocketchat.sockets.refuse()
        world.rocketchat.sockets.cut()
        message = await world.admin.send("!sso setup")
        clock.hurry(200)
        await clock.sleep(180)
        clock.hurry(20)  # the pause before the next socket, too
        world.rocketchat.sockets.accept()
        [*_, text] = [text async for text in world.admin.answers(message)]
    hears(text, typed="!sso setup")


@case(GROUP, "The bot was killed in the middle of a command, and started again")
async def test_killed_in_the_middle(tmp_path: Path, hears: Heard) -> None:
    async with scene(tmp_path, SCENARIOS[2]) as world:
        answer = await killed_and_started_again(world, Moment("before the switch", is_write, 4, When.BEFORE))
    hears(answer, typed="!sso rotate")


@case(GROUP, "The bot was killed while it put the old secret back, and started again")
async def test_killed_on_the_way_back(tmp_path: Path, hears: Heard) -> None:
    async with scene(tmp_path, SCENARIOS[2]) as world:
        refused = Fault("PUT", "/api/v1/clients/", status=400, body="{}", matches=is_the_switch)
        world.encvoy.faults.add(refused)  # laid before the trap, which does not count what this one answers
        before = world.state()
        answer = await killed_and_started_again(world, Moment("before it is put back", is_write, 4, When.BEFORE))
        now = world.state()
    assert now.accepted == now.stored == now.live == before.live
    hears(answer, typed="!sso rotate")


@case(GROUP, "The bot was killed when everything was done, before it could say so, and started again")
async def test_killed_at_the_end(tmp_path: Path, hears: Heard) -> None:
    async with scene(tmp_path, SCENARIOS[0]) as world:
        answer = await killed_and_started_again(
            world, Moment("before Rocket.Chat is asked", is_asked, 1, When.BEFORE), "setup"
        )
        now = world.state()
    assert now.accepted == now.stored == now.live is not None
    hears(answer, typed="!sso setup")


def is_asked(request: web.Request, _: Any) -> bool:
    """Rocket.Chat, whether it can exchange a code: that comes after the last write."""
    return request.path == "/_oauth/encvoyid" and "code" in request.query


def is_the_switch(_: web.Request, body: Any) -> bool:
    return "client_secret" in (body or {})


async def killed_and_started_again(world: World, moment: Moment, words: str = "rotate") -> str:
    """The answer to a command that was interrupted at this moment."""
    bot = world.forked()
    bot.start(run)
    await bot.listening()
    moment.lay(world, bot)
    message = await world.admin.send(f"!sso {words}")
    await died(world, bot)
    bot.start(run)
    try:
        await at_rest(world, message)
        return await world.admin.said(message)
    finally:
        await bot.stop()


LEFT: dict[str, tuple[str, dict[str, Any], float]] = {
    "The bot was replaced by another version, which does not know the command that was begun": ("translate", {}, 0),
    "The bot's record of what was begun is damaged": ("setup", {"state": OperationState.DONE}, 0),
    "The bot was killed before it wrote anything, and started again much later": ("setup", {}, A_MONTH),
}


@pytest.mark.parametrize("left", [pytest.param(left, marks=case(GROUP, title)) for title, left in LEFT.items()])
async def test_what_is_not_finished(quiet_world: World, hears: Heard, left: tuple[str, dict[str, Any], float]) -> None:
    words, changes, age = left
    message = await quiet_world.admin.send(f"!sso {words}")
    await begun(quiet_world, message, words, timedelta(seconds=age), **changes)
    before = snapshot(quiet_world)
    async with quiet_world.play.bot():
        [*_, text] = [text async for text in quiet_world.admin.answers(message)]
    hears(text, typed=f"!sso {words}")
    assert snapshot(quiet_world) == before


@case(GROUP, "The bot was killed while it put something right, and started again much later")
async def test_killed_while_it_put_something_right(quiet_world: World, hears: Heard) -> None:
    async with quiet_world.play.bot():
        await quiet_world.ask("setup")
    message = await quiet_world.admin.send("!sso setup")
    await begun(quiet_world, message, "setup", timedelta(seconds=A_MONTH), wish=True)
    before = snapshot(quiet_world)
    async with quiet_world.play.bot():
        [*_, text] = [text async for text in quiet_world.admin.answers(message)]
    hears(text, typed="!sso setup")
    assert snapshot(quiet_world) == before


@case(GROUP, "The bot was killed while it put something right, and its author lost the role meanwhile")
async def test_killed_while_somebody_who_lost_the_role_put_something_right(quiet_world: World, hears: Heard) -> None:
    async with quiet_world.play.bot():
        await quiet_world.ask("setup")
    message = await quiet_world.admin.send("!sso setup")
    await begun(quiet_world, message, "setup", timedelta(seconds=5), wish=True)
    before = snapshot(quiet_world)
    quiet_world.rocketchat.person("admin").roles = ["user"]
    async with quiet_world.play.bot():
        [*_, text] = [text async for text in quiet_world.admin.answers(message)]
    hears(text, typed="!sso setup")
    assert snapshot(quiet_world) == before


@case(GROUP, "The bot was killed in the middle of a command, and Encvoy ID is away when it is started again")
async def test_nobody_can_see_what_was_done(tmp_path: Path, hears: Heard) -> None:
    clock = HurriedClock()
    async with world_at(tmp_path, clock=clock) as world:
        async with world.play.bot(clock):
            await world.ask("setup")
        message = await world.admin.send("!sso setup")
        await begun(world, message, "setup", timedelta(0), wish=True)
        await world.encvoy.stop()
        async with world.play.bot(clock):
            clock.hurry(20)
            [*_, text] = [text async for text in world.admin.answers(message)]
        await world.encvoy.start()
    hears(text, typed="!sso setup")


async def begun(world: World, message: str, words: str, age: timedelta, *, wish: bool = False, **changes: Any) -> None:
    """A row of an operation that was authorised; with `wish`, it committed what is desired already."""
    config = config_from(world.play.env)
    admin, clock = world.rocketchat.person("admin"), SystemClock()
    operation = Operation(
        id="begun",
        origin=FromMessage(message, world.admin.room_id, message, admin.id, admin.username),
        words=words,
        reply_id=new_message_id(),
        created_at=clock.now() - age,
        state=OperationState.RUNNING,
    )
    database = await open_database(config.database_url)
    await upgrade(database)
    await SqlOperations(database, clock).accept(replace(operation, **changes))
    connections = SqlConnections(database, Vault(config.keys), clock)
    if wish and (there := await connections.get()) is not None:
        await connections.save(there, operation_id="begun")
    await database.close()
