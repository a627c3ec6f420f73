"""What is said where the admin room and the name in SSOBOT_ADMIN_ROOM are not the same any more."""

from __future__ import annotations

import pytest

from sandbox.rocketchat.chat.rooms import Room
from tests.answers.conftest import Doctor, Heard
from tests.answers.test_terminal import ended
from tests.support.grounds import room_of
from tests.support.world import World

case = pytest.mark.case
GROUP = "On the terminal"


@pytest.fixture
async def known(quiet_world: World) -> Room:
    """The room that the bot has found by its name."""
    async with quiet_world.play.bot():
        await quiet_world.ask("help")
    return room_of(quiet_world)


@pytest.fixture
def other(quiet_world: World, known: Room, monkeypatch: pytest.MonkeyPatch) -> Room:
    """Another one that has the name now, to which the bot was invited."""
    known.name = "renamed"
    monkeypatch.setattr("sandbox.rocketchat.chat.rooms.random_id", lambda: "7GrmXcW3hQfKpZd5T")
    admin, bot = (quiet_world.rocketchat.person(role).id for role in ("admin", "bot"))
    room: Room = quiet_world.rocketchat.chat.create_room(admin, "sso-admins", "p", [bot])
    return room


@case(GROUP, "`ssobot doctor`: the admin room was renamed, and another has its name")
async def test_the_doctor_of_a_renamed_room(quiet_world: World, doctor: Doctor, other: Room) -> None:
    assert await doctor(quiet_world) == 0


@case(GROUP, "`ssobot doctor`: the admin room was deleted, and another has its name")
async def test_the_doctor_of_a_deleted_room(quiet_world: World, doctor: Doctor, known: Room, other: Room) -> None:
    quiet_world.rocketchat.chat.delete_room(known)
    assert await doctor(quiet_world) == 1


@case(GROUP, "The admin room was deleted, and another has its name")
async def test_a_deleted_room(quiet_world: World, hears: Heard, known: Room, other: Room) -> None:
    quiet_world.rocketchat.chat.delete_room(known)
    status, said = await ended(quiet_world, "run")
    assert status == 2
    hears(said, typed="ssobot run")
