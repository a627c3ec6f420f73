"""Who may do what, and where."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.chatops.access import BUILT_IN, Access, Place, Refused, judge, role_ids
from bot.chatops.origin import FromMessage
from bot.chatops.ports import Message, Person
from bot.errors import Busy, Forbidden, NoAnswer, RemoteError
from tests.support.chat import ADMIN_ROOM, ANNA, DIRECT, GROUP_DIRECT, MARC, OTHER_ROOM, MemoryChat, typed

ROLES = frozenset({"admin", "sso-manager"})


@pytest.mark.parametrize(
    ("person", "refusal"),
    [
        (ANNA, None),
        (replace(ANNA, roles=frozenset({"sso-manager"})), None),
        (MARC, "Only an administrator may do this."),
        (replace(ANNA, roles=frozenset()), "Only an administrator may do this."),
        (replace(ANNA, roles=frozenset({"Admin", "administrator"})), "Only an administrator may do this."),
        (replace(ANNA, roles=None), "I cannot see who is an administrator, so I treat nobody as one."),
        (replace(ANNA, active=False), "Only active accounts can give commands."),
        (replace(ANNA, type="bot"), "Only people can give commands."),
        (replace(ANNA, type="app"), "Only people can give commands."),
        (replace(ANNA, type=""), "Only people can give commands."),
    ],
)
def test_judge(person: Person, refusal: str | None) -> None:
    found = judge(person, ROLES)
    assert (found.what if found else None) == refusal


@pytest.mark.parametrize(
    ("kind", "shown"),
    [
        ("app", "app"),
        ("x" * 19, "x" * 19),
        ("x" * 20, "unknown"),
        ("", "unknown"),
        ("a [link](https://evil)", "unknown"),
        ("a b", "unknown"),
    ],
)
def test_a_type_of_accounts_is_shown_only_if_it_is_a_short_word(kind: str, shown: str) -> None:
    refusal = judge(replace(ANNA, type=kind), ROLES)
    assert refusal is not None
    assert refusal.why == f"This account is of the type {shown}."


def test_a_refusal_names_the_roles_that_would_do() -> None:
    refusal = judge(MARC, ROLES)
    assert refusal is not None
    assert refusal.why == "Your account does not have the role `admin` or `sso-manager`."


def test_nobody_is_an_administrator_where_no_role_is_named() -> None:
    assert judge(ANNA, frozenset()) is not None


def test_missing_sight_names_the_permission() -> None:
    refusal = judge(replace(ANNA, roles=None), ROLES)
    assert refusal is not None
    assert "view-full-other-user-info" in refusal.fix


@pytest.fixture
def chat() -> MemoryChat:
    return MemoryChat({ANNA.id: ANNA})


@pytest.fixture
def access(chat: MemoryChat) -> Access:
    return Access(chat, ROLES, ADMIN_ROOM.id)


async def test_it_is_asked_anew_each_time(access: Access, chat: MemoryChat) -> None:
    assert await access.administrator(ANNA.id) == ANNA
    chat.people[ANNA.id] = replace(ANNA, roles=frozenset({"user"}))
    with pytest.raises(Refused):
        await access.administrator(ANNA.id)


CUSTOM = {"admin": "admin", "user": "user", "kQ3xZ9": "sso-manager", "p7Lw2M": "helpers"}
"""The roles of a workspace in which two were made."""


@pytest.mark.parametrize(
    ("configured", "meant"),
    [
        ({"admin"}, {"admin"}),
        ({"sso-manager"}, {"kQ3xZ9"}),
        ({"kQ3xZ9", "helpers"}, {"kQ3xZ9", "p7Lw2M"}),
        ({"Sso-Manager", "nobody"}, set()),
        ({"admin", "nobody"}, {"admin"}),
    ],
)
def test_roles_are_meant_by_name_or_by_id(configured: set[str], meant: set[str]) -> None:
    assert role_ids(frozenset(configured), CUSTOM) == meant


def test_a_role_that_bears_the_id_of_another_as_its_name_is_not_meant() -> None:
    assert role_ids(frozenset({"admin"}), {"admin": "admin", "kQ3xZ9": "admin"}) == {"admin"}


async def test_whoever_holds_a_role_that_is_configured_by_its_name_is_let_in(access: Access, chat: MemoryChat) -> None:
    chat.known_roles = CUSTOM
    chat.people[ANNA.id] = replace(ANNA, roles=frozenset({"user", "kQ3xZ9"}))
    assert (await access.administrator(ANNA.id)).id == ANNA.id
    del chat.known_roles["kQ3xZ9"]
    with pytest.raises(Refused, match="Only an administrator may do this"):
        await access.administrator(ANNA.id)


async def test_where_roles_cannot_be_asked_nobody_gets_in_by_a_name(access: Access, chat: MemoryChat) -> None:
    chat.people[ANNA.id] = replace(ANNA, roles=frozenset({"kQ3xZ9"}))
    chat.fail("roles", NoAnswer)
    with pytest.raises(Refused, match="could not look up the roles"):
        await access.administrator(ANNA.id)


async def test_the_role_that_every_workspace_has_is_not_asked_about(chat: MemoryChat) -> None:
    chat.people[ANNA.id] = replace(ANNA, roles=frozenset({"user"}))
    with pytest.raises(Refused):
        await Access(chat, frozenset({"admin"}), ADMIN_ROOM.id).administrator(ANNA.id)
    assert "roles" not in chat.calls


async def test_nor_about_all_of_them(chat: MemoryChat) -> None:
    chat.people[ANNA.id] = replace(ANNA, roles=frozenset({"helper"}))
    with pytest.raises(Refused):
        await Access(chat, BUILT_IN, ADMIN_ROOM.id).administrator(ANNA.id)
    assert "roles" not in chat.calls


@pytest.mark.parametrize("kind", [Forbidden, Busy, NoAnswer])
async def test_what_cannot_be_asked_is_refused(access: Access, chat: MemoryChat, kind: type[RemoteError]) -> None:
    chat.fail("person", kind)
    with pytest.raises(Refused, match=r"I could not ask Rocket\.Chat who you are"):
        await access.administrator(ANNA.id)


async def test_where_nobody_says_for_how_long_it_is_a_minute(access: Access, chat: MemoryChat) -> None:
    chat.fail("person", NoAnswer)
    with pytest.raises(Refused) as caught:
        await access.administrator(ANNA.id)
    assert caught.value.fix == "Try again in a minute."


async def test_whoever_holds_no_role_at_all_is_refused_without_asking_for_names(
    access: Access, chat: MemoryChat
) -> None:
    chat.people[ANNA.id] = replace(ANNA, roles=frozenset())
    with pytest.raises(Refused, match="Only an administrator may do this"):
        await access.administrator(ANNA.id)
    assert "roles" not in chat.calls


async def test_what_began_by_a_message_may_go_on_while_its_author_is_an_administrator(
    access: Access, chat: MemoryChat
) -> None:
    origin = FromMessage("m1", ADMIN_ROOM.id, "m1", ANNA.id, ANNA.username)
    await access.may_begin(origin)
    chat.people[ANNA.id] = replace(ANNA, roles=frozenset({"user"}))
    with pytest.raises(Refused):
        await access.may_begin(origin)


@pytest.mark.parametrize(
    ("seconds", "fix"),
    [(12.2, "in 13 seconds"), (0.1, "in 1 seconds"), (0, "in 1 seconds"), (59, "in 59 seconds"), (60, "in a minute")],
)
async def test_whoever_asks_to_slow_down_says_for_how_long(
    access: Access, chat: MemoryChat, monkeypatch: pytest.MonkeyPatch, seconds: float, fix: str
) -> None:
    async def person(_: str) -> Person:
        busy = Busy("Rocket.Chat", "GET /api/v1/users.info", status=429)
        busy.retry_after = seconds
        raise busy

    monkeypatch.setattr(chat, "person", person)
    with pytest.raises(Refused, match=fix) as caught:
        await access.administrator(ANNA.id)
    assert "asks to slow down" in caught.value.text


@pytest.mark.parametrize(
    ("message", "place"),
    [
        (typed("x", room=ADMIN_ROOM), Place.ADMIN_ROOM),
        (typed("x", room=OTHER_ROOM), Place.ELSEWHERE),
        (typed("x", room=DIRECT), Place.DIRECT),
        (typed("x", room=GROUP_DIRECT), Place.ELSEWHERE),
        (replace(typed("x", room=DIRECT), room_type=""), Place.DIRECT),
        (replace(typed("x", room=OTHER_ROOM), room_type=""), Place.ELSEWHERE),
        (replace(typed("x", room=OTHER_ROOM), room_type="d"), Place.ELSEWHERE),
        (replace(typed("x", room=DIRECT), room_id="unknown"), Place.ELSEWHERE),
    ],
)
async def test_places(access: Access, message: Message, place: Place) -> None:
    assert (await access.place(message))[0] is place


@pytest.mark.parametrize(("members", "place"), [(1, Place.DIRECT), (2, Place.DIRECT), (3, Place.ELSEWHERE)])
async def test_a_direct_room_is_of_two_at_most(access: Access, chat: MemoryChat, members: int, place: Place) -> None:
    chat.rooms[DIRECT.id] = replace(DIRECT, members=members)
    assert (await access.place(typed("help", room=DIRECT)))[0] is place


async def test_a_direct_room_that_does_not_say_who_is_in_it_is_elsewhere(access: Access, chat: MemoryChat) -> None:
    chat.rooms[DIRECT.id] = replace(DIRECT, members=0)
    assert (await access.place(typed("x", room=DIRECT)))[0] is Place.ELSEWHERE


@pytest.mark.parametrize("kind", [Busy, NoAnswer])
async def test_a_room_that_cannot_be_asked_about_is_neither(
    access: Access, chat: MemoryChat, kind: type[RemoteError]
) -> None:
    chat.fail("room", kind)
    assert (await access.place(typed("x", room=DIRECT)))[0] is Place.UNKNOWN
