"""The rules of the chat, without any socket (facts/rocketchat.md §5.4, §6)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sandbox.ledger import Ledger
from sandbox.rocketchat.chat.chat import Chat
from sandbox.rocketchat.chat.composer import RegisteredCommand, Sent, Swallowed
from sandbox.rocketchat.chat.events import ChatEvent, Deleted, Ephemeral, Membership, Posted
from sandbox.rocketchat.chat.rooms import Room
from sandbox.rocketchat.chat.rules import Draft
from sandbox.rocketchat.people import People
from sandbox.rocketchat.problems import MeteorError, PlainError
from sandbox.rocketchat.settings import Setting, Settings

T0 = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)


@dataclass
class Hands:
    """A clock that moves when told."""

    at: datetime = T0

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.at.timestamp()

    async def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)

    def forward(self, **by: float) -> None:
        self.at += timedelta(**by)


@dataclass
class World:
    chat: Chat
    clock: Hands
    room: Room
    events: list[ChatEvent]

    def posted(self) -> list[str]:
        return [event.message.id for event in self.events if isinstance(event, Posted)]

    def allow(self, role: str, permission: str) -> None:
        """Lets a role of the room, or one person by their id, do something."""
        self.chat.people.permissions.setdefault(permission, set()).add(role)

    def configure(self, name: str, value: Any) -> None:
        self.chat.settings.add(Setting(name, "", value))


@pytest.fixture
def world() -> World:
    """A private room of ada (owner) and bob; eve is outside. Nobody has a permission, and nothing is configured."""
    clock, events = Hands(), list[ChatEvent]()
    people = People(clock.now)
    people.permissions.clear()
    for user_id, username, name in (("u1", "ada", "Ada"), ("u2", "bob", "Bob"), ("u3", "eve", "")):
        people.add(username, name=name, user_id=user_id, roles=[user_id])
    chat = Chat(people, Settings(Ledger(), lambda modules: True), clock, Ledger())
    room = chat.create_room("u1", "sso-admins", "p", ["u2"])
    chat.listen(events.append)
    return World(chat, clock, room, events)


# Sending.


def test_a_message_is_kept_told_and_noted(world: World) -> None:
    message = world.chat.send("u1", Draft(world.room.id, "hello"))
    assert message is not None
    assert world.chat.messages == {message.id: message}
    assert world.posted() == [message.id]
    [entry] = world.chat.ledger.of("message")
    assert entry.who == "u1"
    assert (entry.body["room"], entry.body["text"], entry.body["edited"]) == ("sso-admins", "hello", False)


async def test_a_test_can_await_an_answer(world: World) -> None:
    world.chat.post(world.room, "u2", "done")
    await world.chat.ledger.wait_for(lambda ledger: any(e.body["text"] == "done" for e in ledger.of("message")), 10.0)


def test_the_senders_own_id_is_kept(world: World) -> None:
    message = world.chat.send("u1", Draft(world.room.id, "hello", id="mine"))
    assert message is not None
    assert message.id == "mine"


@pytest.mark.parametrize("second", ["u1", "u2"])
def test_the_same_id_twice_leaves_the_first_message_alone(world: World, second: str) -> None:
    world.chat.send("u1", Draft(world.room.id, "first", id="mine"))
    assert world.chat.send(second, Draft(world.room.id, "second", id="mine")) is None
    assert [m.msg for m in world.chat.messages.values()] == ["first"]
    assert world.posted() == ["mine"]
    assert world.room.msgs == 1


def test_an_outsider_is_refused_in_a_private_room(world: World) -> None:
    with pytest.raises(PlainError, match="error-not-allowed"):
        world.chat.send("u3", Draft(world.room.id, "hello"))


def test_an_unknown_room_is_invalid(world: World) -> None:
    with pytest.raises(PlainError, match="error-invalid-room"):
        world.chat.send("u1", Draft("nowhere", "hello"))


def test_anybody_may_write_into_a_channel(world: World) -> None:
    channel = world.chat.create_room("u1", "general", "c")
    assert world.chat.send("u3", Draft(channel.id, "hello"))


def test_a_readonly_room_takes_only_those_who_may(world: World) -> None:
    world.room.flags["ro"] = True
    world.allow("owner", "post-readonly")
    assert world.chat.send("u1", Draft(world.room.id, "owner speaks"))
    with pytest.raises(PlainError, match="readonly"):
        world.chat.send("u2", Draft(world.room.id, "me too"))


def test_the_size_has_a_limit(world: World) -> None:
    assert world.chat.send("u1", Draft(world.room.id, "x" * 5000))
    with pytest.raises(MeteorError, match="error-message-size-exceeded"):
        world.chat.send("u1", Draft(world.room.id, "x" * 5001))
    assert len(world.chat.messages) == 1


def test_the_size_is_a_setting(world: World) -> None:
    world.configure("Message_MaxAllowedSize", 3)
    with pytest.raises(MeteorError, match="error-message-size-exceeded"):
        world.chat.send("u1", Draft(world.room.id, "four"))


@pytest.mark.parametrize("field", ["alias", "avatar"])
def test_another_face_needs_a_permission(world: World, field: str) -> None:
    draft = Draft(world.room.id, "hello", extra={field: "CI"})
    with pytest.raises(PlainError, match="Not enough permission"):
        world.chat.send("u1", draft)
    world.allow("u1", "message-impersonate")
    message = world.chat.send("u1", draft)
    assert message is not None
    assert message.document()[field] == "CI"


@pytest.mark.parametrize(
    ("off", "kept"), [(timedelta(seconds=9), True), (timedelta(seconds=30), False), (timedelta(seconds=-30), False)]
)
def test_a_clients_time_is_taken_within_ten_seconds(world: World, off: timedelta, kept: bool) -> None:
    message = world.chat.send("u1", Draft(world.room.id, "hello", ts=T0 + off))
    assert message is not None
    assert message.ts == (T0 + off if kept else T0)


def test_a_clients_time_a_minute_off_is_refused(world: World) -> None:
    with pytest.raises(MeteorError, match="error-message-ts-out-of-sync"):
        world.chat.send("u1", Draft(world.room.id, "hello", ts=T0 + timedelta(seconds=61)))


def test_times_are_whole_milliseconds(world: World) -> None:
    world.clock.at = T0.replace(microsecond=123456)
    message = world.chat.post(world.room, "u1", "hello")
    assert message.ts.microsecond == 123000


def test_mentions_channels_and_links_are_found(world: World) -> None:
    message = world.chat.post(world.room, "u1", "@bob @nobody @all see #sso-admins and https://x.example/y")
    document = message.document()
    assert document["mentions"] == [
        {"_id": "u2", "username": "bob", "name": "Bob", "type": "user"},
        {"_id": "all", "username": "all"},
    ]
    assert [channel["name"] for channel in document["channels"]] == ["sso-admins"]
    assert [url["url"] for url in document["urls"]] == ["https://x.example/y"]


def test_an_encrypted_room_takes_no_plain_text(world: World) -> None:
    world.room.flags["encrypted"] = True
    world.configure("E2E_Enable", True)
    with pytest.raises(MeteorError, match="error-not-allowed"):
        world.chat.send("u1", Draft(world.room.id, "plain"))
    assert world.chat.send("u1", Draft(world.room.id, "c2VjcmV0", t="e2e"))


# Threads.


def test_an_answer_in_a_thread_changes_and_resends_its_head(world: World) -> None:
    head = world.chat.post(world.room, "u1", "question")
    world.clock.forward(seconds=5)
    answer = world.chat.send("u2", Draft(world.room.id, "answer", tmid=head.id))
    assert answer is not None
    assert world.posted() == [head.id, answer.id, head.id]
    document = head.document()
    assert (document["tcount"], document["tlm"], document["replies"]) == (1, answer.ts, ["u1", "u2"])
    assert head.updated_at > head.ts


def test_threads_do_not_nest(world: World) -> None:
    head = world.chat.post(world.room, "u1", "question")
    answer = world.chat.post(world.room, "u1", "answer", tmid=head.id)
    nested = world.chat.send("u2", Draft(world.room.id, "deeper", tmid=answer.id))
    assert nested is not None
    assert nested.tmid == head.id


def test_tshow_needs_a_thread(world: World) -> None:
    with pytest.raises(MeteorError, match="tshow provided but missing tmid"):
        world.chat.send("u1", Draft(world.room.id, "hello", extra={"tshow": True}))


# Edits, reactions, deletion, pins.


def test_an_edit_keeps_id_and_time_and_says_who(world: World) -> None:
    message = world.chat.post(world.room, "u1", "helo")
    world.clock.forward(minutes=1)
    world.chat.edit("u1", message, "hello")
    document = message.document()
    assert (document["msg"], document["ts"], document["editedAt"]) == ("hello", T0, world.clock.at)
    assert document["editedBy"] == {"_id": "u1", "username": "ada"}
    assert world.posted() == [message.id, message.id]
    assert world.chat.ledger.of("message")[-1].body["edited"] is True


def test_the_same_text_is_no_edit(world: World) -> None:
    message = world.chat.post(world.room, "u1", "hello")
    world.chat.edit("u1", message, "hello")
    assert message.edited_at is None
    assert world.posted() == [message.id]


def test_editing_can_be_off(world: World) -> None:
    message = world.chat.post(world.room, "u1", "hello")
    world.configure("Message_AllowEditing", False)
    with pytest.raises(MeteorError, match="Message editing not allowed"):
        world.chat.edit("u1", message, "other")


def test_another_persons_message_needs_a_permission_in_the_room(world: World) -> None:
    message = world.chat.post(world.room, "u2", "hello")
    with pytest.raises(MeteorError, match="error-action-not-allowed"):
        world.chat.edit("u1", message, "other")
    world.allow("owner", "edit-message")
    world.chat.edit("u1", message, "other")
    assert message.msg == "other"
    assert [entry.who for entry in world.chat.ledger.of("message")] == ["u2", "u1"]


@pytest.mark.parametrize(("minutes", "blocked"), [(4.99, False), (5, True)])
def test_editing_ends_after_some_minutes(world: World, minutes: float, blocked: bool) -> None:
    world.configure("Message_AllowEditing_BlockEditInMinutes", 5)
    message = world.chat.post(world.room, "u1", "hello")
    world.clock.forward(minutes=minutes)
    if blocked:
        with pytest.raises(MeteorError, match="error-message-editing-blocked"):
            world.chat.edit("u1", message, "other")
        world.allow("u1", "bypass-time-limit-edit-and-delete")
    world.chat.edit("u1", message, "other")
    assert message.msg == "other"


def test_a_reaction_turns_over_and_is_sent_again(world: World) -> None:
    message = world.chat.post(world.room, "u1", "hello")
    world.chat.react("u2", message, "tada")
    assert message.document()["reactions"] == {":tada:": {"usernames": ["bob"]}}
    world.chat.react("u2", message, ":tada:")
    assert "reactions" not in message.document()
    assert len(world.posted()) == 3


def test_a_wanted_reaction_is_not_turned_over(world: World) -> None:
    message = world.chat.post(world.room, "u1", "hello")
    world.chat.react("u2", message, ":tada:", True)
    world.chat.react("u2", message, ":tada:", True)
    assert message.reactions == {":tada:": ["bob"]}


def test_own_messages_may_be_deleted_with_the_permission(world: World) -> None:
    message = world.chat.post(world.room, "u2", "hello")
    with pytest.raises(MeteorError, match="error-action-not-allowed"):
        world.chat.delete("u2", message)
    world.allow("u2", "delete-own-message")
    world.chat.delete("u2", message)
    assert not world.chat.messages
    assert [gone.id for gone in world.chat.trash] == [message.id]
    assert isinstance(world.events[-1], Deleted)


def test_force_delete_goes_past_everything(world: World) -> None:
    message = world.chat.post(world.room, "u2", "hello")
    world.configure("Message_AllowDeleting", False)
    world.allow("u2", "delete-own-message")
    world.allow("u1", "force-delete-message")
    with pytest.raises(MeteorError):
        world.chat.delete("u2", message)
    world.chat.delete("u1", message)
    assert not world.chat.messages


def test_a_pin_leaves_a_system_message(world: World) -> None:
    world.allow("owner", "pin-message")
    message = world.chat.post(world.room, "u2", "hello")
    assert world.chat.pin("u1", message).t == "message_pinned"
    assert message.document()["pinned"] is True


# Coming and going.


def test_a_channel_is_joined_with_a_system_message(world: World) -> None:
    channel = world.chat.create_room("u1", "general", "c")
    world.chat.join("u3", channel)
    world.chat.join("u3", channel)
    assert [(m.t, m.msg, m.author.id) for m in world.chat.messages.values()] == [("uj", "eve", "u3")]
    assert channel.document()["usersCount"] == 2


def test_a_group_is_not_joined(world: World) -> None:
    with pytest.raises(MeteorError, match="error-not-allowed"):
        world.chat.join("u3", world.room)


def test_who_is_added_or_removed_is_named_by_who_did_it(world: World) -> None:
    world.chat.add("u1", world.room, "u3")
    world.chat.remove("u1", world.room, "u3")
    assert [(m.t, m.msg, m.author.id) for m in world.chat.messages.values()] == [
        ("au", "eve", "u1"),
        ("ru", "eve", "u1"),
    ]
    assert [e.kind for e in world.events if isinstance(e, Membership)] == ["inserted", "removed"]


def test_the_last_owner_cannot_leave(world: World) -> None:
    with pytest.raises(MeteorError, match="error-you-are-last-owner"):
        world.chat.leave("u1", world.room)
    world.chat.grant("u1", world.room, "u2", "owner")
    world.chat.leave("u1", world.room)
    assert set(world.room.members) == {"u2"}


def test_a_stranger_cannot_be_removed(world: World) -> None:
    with pytest.raises(MeteorError, match="error-user-not-in-room"):
        world.chat.remove("u1", world.room, "u3")


def test_a_room_name_is_taken_once(world: World) -> None:
    with pytest.raises(MeteorError, match="A channel with name 'sso-admins' exists"):
        world.chat.create_room("u1", "sso-admins", "c")


def test_two_people_have_one_direct_room_with_a_predictable_id(world: World) -> None:
    room = world.chat.direct("u2", "u1")
    assert world.chat.direct("u1", "u2") is room
    assert (room.id, room.t) == ("u1u2", "d")
    assert room.document()["usernames"] == ["bob", "ada"]
    assert room.subscription("u1")["name"] == "bob"


# What only tests and the demo do.


def test_a_webhooks_message_is_by_its_user_and_says_bot(world: World) -> None:
    document = world.chat.post_as_webhook(world.room, "u1", "!sso rotate", alias="CI").document()
    assert document["u"]["_id"] == "u1"
    assert set(document["bot"]) == {"i"}
    assert document["alias"] == "CI"


def test_an_encrypted_message_has_type_and_cipher_text(world: World) -> None:
    document = world.chat.post_encrypted(world.room, "u1").document()
    assert document["t"] == "e2e"
    assert document["msg"] == document["content"]["ciphertext"]


def test_a_message_may_be_old(world: World) -> None:
    message = world.chat.post(world.room, "u1", "long ago", ts=T0 - timedelta(days=1))
    assert message.document()["ts"] == T0 - timedelta(days=1)
    assert message.updated_at == T0


def test_an_event_can_come_again_unchanged(world: World) -> None:
    message = world.chat.post(world.room, "u1", "hello")
    before = message.document()
    world.chat.resend(message)
    assert world.posted() == [message.id, message.id]
    assert message.document() == before


def test_a_typed_command_that_nobody_knows_stays_in_the_client(world: World) -> None:
    typed = world.chat.type_as("u1", world.room, "/sso setup")
    assert isinstance(typed.outcome, Swallowed)
    assert not world.events
    world.configure("Message_AllowUnrecognizedSlashCommand", True)
    typed = world.chat.type_as("u1", world.room, " /sso setup")
    assert isinstance(typed.outcome, Sent)
    assert typed.message is not None
    assert typed.message.msg == "/sso setup"


def test_a_typed_command_that_is_known_is_run(world: World) -> None:
    typed = world.chat.type_as("u1", world.room, "/me waves")
    assert typed.outcome == RegisteredCommand("me", " waves")
    assert typed.message is not None
    assert typed.message.msg == "_waves_"


def test_a_typed_reaction_goes_to_the_last_message(world: World) -> None:
    message = world.chat.post(world.room, "u1", "hello")
    world.chat.type_as("u2", world.room, "+:tada:")
    assert message.reactions == {":tada:": ["bob"]}


def test_a_whisper_is_kept_by_nobody(world: World) -> None:
    world.chat.whisper("u1", world.room.id, "no")
    assert not world.chat.messages
    assert [type(event) for event in world.events] == [Ephemeral]
