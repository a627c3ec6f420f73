"""What is said where Rocket.Chat does not tell who reads along, and where it takes no message of the bot's."""

from __future__ import annotations

import pytest

from bot.errors import Busy
from tests.answers.conftest import Heard
from tests.support.chat import DIRECT, typed
from tests.support.desk import Desk
from tests.support.world import World
from tests.system.test_undeliverable import answer_in, mute, no_direct_messages, refused, room, unmute

case = pytest.mark.case
GROUP = "Whatever the command"


@case(GROUP, "Rocket.Chat does not say who reads along in a direct room")
async def test_nobody_says_who_reads_along(hears: Heard) -> None:
    desk = Desk()
    desk.chat.fail("room", Busy)
    hears("\n".join(await desk.type(typed("rotate", room=DIRECT))), "rotate")


@case(GROUP, "The bot could write nowhere, and now it can")
async def test_a_bot_that_could_write_nowhere(world: World, hears: Heard) -> None:
    await world.ask("help")
    before = world.writes()
    mute(world)
    no_direct_messages(world)
    await world.admin.send("!sso setup")
    await refused(world, 3)  # the first word twice, and the last one
    unmute(world)
    await world.ask("help")
    said = await answer_in(world, room(world).id, "Not done")
    hears(said.msg, typed="!sso setup")
    assert world.writes() == before


@case("Whatever the command", "The file of the database was removed")
async def test_the_file_was_removed(world: World, hears: Heard) -> None:
    await world.ask("setup")
    before = world.state()
    (world.play.folder / "ssobot.sqlite").unlink()
    hears(await world.ask("rotate"), typed="!sso rotate")
    assert world.state() == before
