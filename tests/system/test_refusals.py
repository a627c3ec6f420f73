"""Whoever may not, changes nothing. Judged by effect: both stand-ins are compared before and after, whole.

After each forbidden message the administrator types `!sso test`. Messages are taken up in their order, and `test` waits
its turn behind every operation accepted before it, so its answer proves that the forbidden one was seen, and that
whatever came of it is over.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from aiohttp import web

from bot.sandbox.faults import Effect, Fault, When
from bot.sandbox.rocketchat.chat.messages import Message
from bot.sandbox.rocketchat.chat.rooms import Room
from bot.sandbox.rocketchat.chat.rules import Draft
from bot.sandbox.rocketchat.people import User
from tests.support.snapshot import snapshot
from tests.support.world import World

STANDING = ("rotate", "disable", "slash on")
"""What would change something where there is a connection."""
USERS_INFO = "/api/v1/users.info"

Way = Callable[[World, str], Awaitable[Message | None]]
"""How a command gets into the chat."""


def room(world: World) -> Room:
    found: Room | None = world.rocketchat.chat.rooms.find("sso-admins")
    assert found is not None
    return found


def user(world: World, role: str) -> User:
    found: User = world.rocketchat.person(role)
    return found


def say(world: World, who: User, text: str, where: Room | None = None) -> Message:
    """Somebody sends a message, as far as Rocket.Chat lets them."""
    message: Message | None = world.rocketchat.chat.send(who.id, Draft((where or room(world)).id, text))
    assert message is not None
    return message


# Those who may.


async def the_administrator(world: World, words: str) -> Message:
    return say(world, user(world, "admin"), f"!sso {words}")


async def the_administrator_in_a_direct_message(world: World, words: str) -> Message:
    bot, admin = user(world, "bot"), user(world, "admin")
    return say(world, admin, words, world.rocketchat.chat.direct(admin.id, bot.id))


# Those who may not.


async def a_member(world: World, words: str) -> Message:
    return say(world, user(world, "member"), f"!sso {words}")


async def a_member_with_a_slash(world: World, words: str) -> Message:
    return say(world, user(world, "member"), f"/sso {words}")


async def a_member_in_a_direct_message(world: World, words: str) -> Message:
    bot, member = user(world, "bot"), user(world, "member")
    return say(world, member, f"sso {words}", world.rocketchat.chat.direct(member.id, bot.id))


async def the_owner_of_the_room(world: World, words: str) -> Message:
    member = user(world, "member")
    world.rocketchat.chat.grant(user(world, "admin").id, room(world), member.id, "owner")
    return say(world, member, f"!sso {words}")


async def a_member_named_as_the_administrator(world: World, words: str) -> Message:
    """A name is nobody: it can be changed, and made to look like another."""
    user(world, "member").username = "аdmin"
    user(world, "member").name = "Administrator"
    return say(world, user(world, "member"), f"!sso {words}")


async def an_administrator_in_another_room(world: World, words: str) -> Message:
    return say(world, user(world, "admin"), f"!sso {words}", world.rocketchat.chat.rooms.find("general"))


async def an_administrator_in_a_direct_room_of_three(world: World, words: str) -> Message:
    others = [user(world, role).id for role in ("bot", "member")]
    group = world.rocketchat.chat.direct(user(world, "admin").id, *others)
    return say(world, user(world, "admin"), f"!sso {words}", group)


async def a_webhook_posting_as_the_administrator(world: World, words: str) -> Message:
    message: Message = world.rocketchat.chat.post_as_webhook(room(world), user(world, "admin").id, f"!sso {words}")
    return message


async def a_webhook_with_the_administrators_alias(world: World, words: str) -> Message:
    admin = user(world, "admin")
    message: Message = world.rocketchat.chat.post_as_webhook(room(world), admin.id, f"!sso {words}", "Administrator")
    return message


async def an_alias(world: World, words: str) -> Message:
    world.rocketchat.people.permissions["message-impersonate"].add("user")
    draft = Draft(room(world).id, f"!sso {words}", extra={"alias": "Somebody else"})
    message: Message | None = world.rocketchat.chat.send(user(world, "admin").id, draft)
    assert message is not None
    return message


async def an_edited_message(world: World, words: str) -> Message:
    message = say(world, user(world, "admin"), "good morning")
    world.rocketchat.chat.edit(user(world, "admin").id, message, f"!sso {words}")
    return message


async def an_edit_of_somebody_elses_message(world: World, words: str) -> Message:
    message = say(world, user(world, "member"), "good morning")
    world.rocketchat.chat.edit(user(world, "admin").id, message, f"!sso {words}")
    return message


async def an_old_message(world: World, words: str) -> Message:
    """An hour old; somebody reacts to it, so it is sent once more, as it was."""
    chat, admin = world.rocketchat.chat, user(world, "admin")
    ts = chat.now() - timedelta(hours=1)
    message: Message = chat.post(room(world), admin.id, f"!sso {words}", ts=ts)
    chat.react(admin.id, message, "eyes")
    return message


async def a_system_message(world: World, words: str) -> Message:
    chat, admin = world.rocketchat.chat, user(world, "admin")
    message: Message = chat.system(room(world), "room_changed_topic", chat.author(admin.id), f"!sso {words}")
    return message


async def a_paste_of_several_lines(world: World, words: str) -> Message:
    return say(world, user(world, "admin"), f"!sso {words}\n!sso {words}")


async def the_bots_own_account(world: World, words: str) -> Message:
    return say(world, user(world, "bot"), f"!sso {words}")


async def another_bot_that_is_administrator(world: World, words: str) -> Message:
    robot = world.rocketchat.people.add(f"robot{len(world.rocketchat.people)}", roles=["bot", "admin"], kind="bot")
    message: Message = world.rocketchat.chat.post(room(world), robot.id, f"!sso {words}")
    return message


async def a_deactivated_administrator(world: World, words: str) -> Message:
    gone = user(world, "admin2")
    world.rocketchat.people.deactivate(gone)
    message: Message = world.rocketchat.chat.post(room(world), gone.id, f"!sso {words}")
    return message


async def a_former_administrator(world: World, words: str) -> Message:
    user(world, "admin2").roles = ["user"]
    return say(world, user(world, "admin2"), f"!sso {words}")


async def somebody_nobody_knows(world: World, words: str) -> Message:
    """Their account is gone by the time the bot asks."""
    ghost = world.rocketchat.people.add("ghost", roles=["admin"])
    message: Message = world.rocketchat.chat.post(room(world), ghost.id, f"!sso {words}")
    world.rocketchat.people.delete(ghost)
    return message


STRANGERS: tuple[Way, ...] = (
    a_member,
    a_member_with_a_slash,
    a_member_in_a_direct_message,
    the_owner_of_the_room,
    a_member_named_as_the_administrator,
    an_administrator_in_another_room,
    an_administrator_in_a_direct_room_of_three,
    a_webhook_posting_as_the_administrator,
    a_webhook_with_the_administrators_alias,
    an_alias,
    an_edited_message,
    an_edit_of_somebody_elses_message,
    an_old_message,
    a_system_message,
    a_paste_of_several_lines,
    the_bots_own_account,
    another_bot_that_is_administrator,
    a_deactivated_administrator,
    a_former_administrator,
    somebody_nobody_knows,
)
MAY: tuple[Way, ...] = (the_administrator, the_administrator_in_a_direct_message)


async def all_is_over(world: World) -> None:
    """See above: every message before this moment was seen, and every operation begun by one has ended."""
    await world.ask("test")


def name(way: Way) -> str:
    return way.__name__


@pytest.mark.parametrize("way", MAY, ids=name)
async def test_an_administrators_setup_changes_both_sides(world: World, way: Way) -> None:
    before = snapshot(world)
    await way(world, "setup")
    await all_is_over(world)
    after = snapshot(world)
    assert before.settings != after.settings
    assert before.clients != after.clients
    assert before.writes != after.writes


@pytest.mark.parametrize("way", MAY, ids=name)
@pytest.mark.parametrize("words", STANDING)
async def test_an_administrators_commands_change_a_standing_connection(world: World, way: Way, words: str) -> None:
    await world.ask("setup")
    before = snapshot(world)
    await way(world, words)
    await all_is_over(world)
    assert snapshot(world) != before


@pytest.mark.parametrize("way", STRANGERS, ids=name)
async def test_a_stranger_changes_nothing(world: World, way: Way) -> None:
    before = snapshot(world)
    await way(world, "setup")
    await all_is_over(world)
    assert snapshot(world) == before

    await world.ask("setup")
    before = snapshot(world)
    for words in STANDING:
        await way(world, words)
    await all_is_over(world)
    assert snapshot(world) == before


# One message, one operation.


async def test_a_message_that_is_sent_again_does_nothing_more(world: World) -> None:
    await world.ask("setup")
    message = await the_administrator(world, "disable")
    await world.ask("enable")
    before = snapshot(world)
    world.rocketchat.chat.resend(message)
    world.rocketchat.chat.react(user(world, "member").id, message, "eyes")
    await all_is_over(world)
    assert snapshot(world) == before


async def test_every_event_twice_is_still_one_rotation(world: World) -> None:
    await world.ask("setup")
    world.rocketchat.sockets.duplicate = True
    await the_administrator(world, "rotate")
    await all_is_over(world)
    switched = world.encvoy.ledger.of("switched")
    assert len(switched) == 2, "one by setup, one by the rotation"


async def test_a_message_that_is_sent_again_after_a_restart_does_nothing_more(quiet_world: World) -> None:
    async with quiet_world.play.bot():
        await quiet_world.ask("setup")
        message = await the_administrator(quiet_world, "disable")
        await quiet_world.ask("enable")
    before = snapshot(quiet_world)
    async with quiet_world.play.bot():
        quiet_world.rocketchat.chat.resend(message)
        await all_is_over(quiet_world)
    assert snapshot(quiet_world) == before


# A role that is withdrawn between the command and its first effect.


def withdraw_the_role(world: World, times: int = 1) -> Fault:
    """The first question after the administrator's role is still answered with yes; then it is gone."""

    def withdraw(request: web.Request) -> None:
        user(world, "admin").roles = ["user"]

    return Fault("GET", USERS_INFO, effect=Effect.PASS, when=When.AFTER, call=withdraw, times=times)


async def test_a_role_withdrawn_after_the_command_stops_setup(world: World) -> None:
    before = snapshot(world)
    world.rocketchat.faults.add(withdraw_the_role(world))
    answer = await world.ask("setup")
    assert "Only an administrator may do this" in answer
    assert len(world.rocketchat.ledger.requests("GET", USERS_INFO)) == 2, "it passed at first, and was asked again"
    assert snapshot(world) == before


@pytest.mark.parametrize("words", [*STANDING, "enable"])
async def test_a_role_withdrawn_after_the_command_stops_it(world: World, words: str) -> None:
    await world.ask("setup --disabled" if words == "enable" else "setup")
    before = snapshot(world)
    asked = len(world.rocketchat.ledger.requests("GET", USERS_INFO))
    world.rocketchat.faults.add(withdraw_the_role(world))
    answer = await world.ask(words)
    assert "Only an administrator may do this" in answer
    assert len(world.rocketchat.ledger.requests("GET", USERS_INFO)) == asked + 2
    assert snapshot(world) == before


@pytest.mark.parametrize("words", ["setup", "rotate"])
async def test_a_role_withdrawn_while_the_ground_is_looked_at_stops_it(world: World, words: str) -> None:
    if words == "rotate":
        await world.ask("setup")
    before = snapshot(world)

    def withdraw(request: web.Request) -> None:
        user(world, "admin").roles = ["user"]

    world.encvoy.faults.add(Fault("GET", "/api/v1/clients", effect=Effect.PASS, call=withdraw, times=1))
    answer = await world.ask(words)
    assert "Only an administrator may do this" in answer
    assert snapshot(world) == before


# When it cannot be told who is an administrator, nobody is.


@pytest.mark.parametrize("words", ["setup", "slash on"])
async def test_roles_that_are_not_visible_count_as_none(world: World, words: str) -> None:
    before = snapshot(world)
    world.rocketchat.people.permissions["view-full-other-user-info"].clear()
    answer = await world.ask(words)
    assert "`view-full-other-user-info`" in answer
    assert snapshot(world) == before

    world.rocketchat.people.permissions["view-full-other-user-info"].add("admin")
    await world.ask(words)
    assert snapshot(world) != before


@pytest.mark.parametrize("effect", [Effect.ANSWER, Effect.HANG, Effect.DROP])
@pytest.mark.parametrize("first", [True, False], ids=["at the command", "before the first effect"])
async def test_a_question_without_answer_is_a_no(
    world: World, monkeypatch: pytest.MonkeyPatch, effect: Effect, first: bool
) -> None:
    before = snapshot(world)
    fault = world.rocketchat.faults.add(Fault("GET", USERS_INFO, effect=effect, skip=0 if first else 1))
    with monkeypatch.context() as patch:
        patch.setattr("bot.rocketchat.session.READ_TIMEOUT", 0.2)
        answer = await world.ask("setup")
    assert "I could not ask Rocket.Chat who you are, so I did nothing." in answer
    assert snapshot(world) == before

    world.rocketchat.faults.remove(fault)
    await world.ask("setup")
    assert snapshot(world) != before


async def test_only_the_configured_role_counts(quiet_world: World) -> None:
    quiet_world.play.extra["SSOBOT_ADMIN_ROLES"] = "sso-operator"
    async with quiet_world.play.bot():
        before = snapshot(quiet_world)
        answer = await quiet_world.ask("slash on")
        assert "`sso-operator`" in answer
        assert snapshot(quiet_world) == before

        user(quiet_world, "admin").roles = ["user", "sso-operator"]
        await quiet_world.ask("slash on")
        assert snapshot(quiet_world) != before


@pytest.mark.parametrize("words", ["help", "status"])
async def test_members_of_the_room_may_look(world: World, words: str) -> None:
    before = snapshot(world)
    answer = await (await world.visitor("member")).ask(f"!sso {words}")
    assert "Not done" not in answer
    assert snapshot(world) == before
