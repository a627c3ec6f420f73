"""The ways in which a command gets into the chat: by people who may give it, and by people who may not."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta

from sandbox.rocketchat.chat.messages import Message
from sandbox.rocketchat.chat.rooms import Room
from sandbox.rocketchat.chat.rules import Draft
from sandbox.rocketchat.people import User
from tests.support.grounds import room_of
from tests.support.world import World

Way = Callable[[World, str], Awaitable[Message | None]]
"""How a command gets into the chat."""


def user(world: World, role: str) -> User:
    found: User = world.rocketchat.person(role)
    return found


def say(world: World, who: User, text: str, where: Room | None = None) -> Message:
    """Somebody sends a message, as far as Rocket.Chat lets them."""
    message: Message | None = world.rocketchat.chat.send(who.id, Draft((where or room_of(world)).id, text))
    assert message is not None
    return message


# Those who may.


async def the_administrator(world: World, words: str) -> Message:
    return say(world, user(world, "admin"), f"!sso {words}")


async def the_administrator_in_a_direct_message(world: World, words: str) -> Message:
    bot, admin = user(world, "bot"), user(world, "admin")
    return say(world, admin, words, world.rocketchat.chat.direct(admin.id, bot.id))


async def the_administrator_in_answer_to_a_quoted_message(world: World, words: str) -> Message:
    link = f"{world.rocketchat.url}/group/{room_of(world).name}?msg=abc"
    return say(world, user(world, "admin"), f"[ ]({link})\n!sso {words}")


async def the_administrator_with_code_marks_in_a_direct_message(world: World, words: str) -> Message:
    bot, admin = user(world, "bot"), user(world, "admin")
    return say(world, admin, f"```\n{words}\n```", world.rocketchat.chat.direct(admin.id, bot.id))


# Those who may not, and what is no command.


async def a_member(world: World, words: str) -> Message:
    return say(world, user(world, "member"), f"!sso {words}")


async def a_member_with_a_slash(world: World, words: str) -> Message:
    return say(world, user(world, "member"), f"/sso {words}")


async def a_member_in_a_direct_message(world: World, words: str) -> Message:
    bot, member = user(world, "bot"), user(world, "member")
    return say(world, member, f"sso {words}", world.rocketchat.chat.direct(member.id, bot.id))


async def the_owner_of_the_room(world: World, words: str) -> Message:
    member = user(world, "member")
    world.rocketchat.chat.grant(user(world, "admin").id, room_of(world), member.id, "owner")
    return say(world, member, f"!sso {words}")


async def a_member_named_as_the_administrator(world: World, words: str) -> Message:
    """A name identifies nobody: it can be changed, and made to look like another."""
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
    message: Message = world.rocketchat.chat.post_as_webhook(room_of(world), user(world, "admin").id, f"!sso {words}")
    return message


async def a_webhook_with_the_administrators_alias(world: World, words: str) -> Message:
    admin = user(world, "admin")
    message: Message = world.rocketchat.chat.post_as_webhook(room_of(world), admin.id, f"!sso {words}", "Administrator")
    return message


async def an_alias(world: World, words: str) -> Message:
    world.rocketchat.people.permissions["message-impersonate"].add("user")
    draft = Draft(room_of(world).id, f"!sso {words}", extra={"alias": "Somebody else"})
    message: Message | None = world.rocketchat.chat.send(user(world, "admin").id, draft)
    assert message is not None
    return message


def _marked(field: str, value: object) -> Way:
    """A message of the administrator which came a way that is trusted less (facts/rocketchat.md §5.4)."""

    async def way(world: World, words: str) -> Message:
        draft = Draft(room_of(world).id, f"!sso {words}", extra={field: value})
        admin = world.rocketchat.chat.author(user(world, "admin").id)
        message: Message | None = world.rocketchat.chat.store(admin, room_of(world), draft)
        assert message is not None
        return message

    way.__name__ = f"a_message_with_{field}"
    return way


LESS_TRUSTED: tuple[Way, ...] = tuple(
    _marked(field, value)
    for field, value in {
        "sentByEmail": True,
        "imported": True,
        "federation": {"eventId": "$abc", "version": 1},
        "_hidden": True,
        "private": True,
        "e2e": "done",
    }.items()
)


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
    message: Message = chat.post(room_of(world), admin.id, f"!sso {words}", ts=ts)
    chat.react(admin.id, message, "eyes")
    return message


async def a_system_message(world: World, words: str) -> Message:
    chat, admin = world.rocketchat.chat, user(world, "admin")
    message: Message = chat.system(room_of(world), "room_changed_topic", chat.author(admin.id), f"!sso {words}")
    return message


async def a_paste_of_several_lines(world: World, words: str) -> Message:
    return say(world, user(world, "admin"), f"!sso {words}\n!sso {words}")


async def an_administrator_who_says_more(world: World, words: str) -> Message:
    return say(world, user(world, "admin"), f"!sso {words} for me, please")


async def an_administrator_who_talks_in_a_direct_message(world: World, words: str) -> Message:
    bot, admin = user(world, "bot"), user(world, "admin")
    where = world.rocketchat.chat.direct(admin.id, bot.id)
    return say(world, admin, f"{words} is broken, can you help?", where)


async def a_quoted_command(world: World, words: str) -> Message:
    link = f"{world.rocketchat.url}/group/{room_of(world).name}?msg=abc"
    return say(world, user(world, "admin"), f"[ ]({link})\nthen I typed !sso {words}")


async def the_bots_own_account(world: World, words: str) -> Message:
    return say(world, user(world, "bot"), f"!sso {words}")


async def another_bot_that_is_administrator(world: World, words: str) -> Message:
    robot = world.rocketchat.people.add(f"robot{len(world.rocketchat.people)}", roles=["bot", "admin"], kind="bot")
    message: Message = world.rocketchat.chat.post(room_of(world), robot.id, f"!sso {words}")
    return message


async def a_deactivated_administrator(world: World, words: str) -> Message:
    gone = user(world, "admin2")
    world.rocketchat.people.deactivate(gone)
    message: Message = world.rocketchat.chat.post(room_of(world), gone.id, f"!sso {words}")
    return message


async def a_former_administrator(world: World, words: str) -> Message:
    user(world, "admin2").roles = ["user"]
    return say(world, user(world, "admin2"), f"!sso {words}")


async def somebody_nobody_knows(world: World, words: str) -> Message:
    """Their account is gone by the time the bot asks."""
    ghost = world.rocketchat.people.add("ghost", roles=["admin"])
    message: Message = world.rocketchat.chat.post(room_of(world), ghost.id, f"!sso {words}")
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
    *LESS_TRUSTED,
    an_edited_message,
    an_edit_of_somebody_elses_message,
    an_old_message,
    a_system_message,
    a_paste_of_several_lines,
    an_administrator_who_says_more,
    an_administrator_who_talks_in_a_direct_message,
    a_quoted_command,
    the_bots_own_account,
    another_bot_that_is_administrator,
    a_deactivated_administrator,
    a_former_administrator,
    somebody_nobody_knows,
)
MAY: tuple[Way, ...] = (
    the_administrator,
    the_administrator_in_a_direct_message,
    the_administrator_in_answer_to_a_quoted_message,
    the_administrator_with_code_marks_in_a_direct_message,
    _marked("attachments", [{"text": "what was quoted", "message_link": "https://chat.example.org"}]),
    _marked("writtenBy", {"nobody": "knows"}),
)
