"""Who may do what, and where."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.chatops.access import Access, Place, Refused, judge
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
        (replace(ANNA, roles=None), "I cannot see who is an administrator, so nobody is."),
        (replace(ANNA, active=False), "Only active accounts can give commands."),
        (replace(ANNA, type="bot"), "Only people can give commands."),
        (replace(ANNA, type="app"), "Only people can give commands."),
        (replace(ANNA, type=""), "Only people can give commands."),
    ],
)
def test_judge(person: Person, refusal: str | None) -> None:
    found = judge(person, ROLES)
    assert (found.what if found else None) == refusal


def test_nobody_is_an_administrator_where_no_role_is_named() -> None:
    assert judge(ANNA, frozenset()) is not None


def test_missing_sight_names_the_permission() -> None:
    refusal = judge(replace(ANNA, roles=None), ROLES)
    assert refusal is not None
    assert "view-full-other-user-info" in refusal.mend


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


@pytest.mark.parametrize("kind", [Forbidden, Busy, NoAnswer])
async def test_what_cannot_be_asked_is_refused(access: Access, chat: MemoryChat, kind: type[RemoteError]) -> None:
    chat.fail("person", kind)
    with pytest.raises(Refused, match=r"I could not ask Rocket\.Chat who you are"):
        await access.administrator(ANNA.id)


@pytest.mark.parametrize(("seconds", "mend"), [(12.2, "in 13 seconds"), (0.1, "in 1 seconds"), (60, "in a minute")])
async def test_whoever_asks_to_slow_down_says_for_how_long(
    access: Access, chat: MemoryChat, monkeypatch: pytest.MonkeyPatch, seconds: float, mend: str
) -> None:
    async def person(_: str) -> Person:
        busy = Busy("Rocket.Chat", "GET /api/v1/users.info", status=429)
        busy.retry_after = seconds
        raise busy

    monkeypatch.setattr(chat, "person", person)
    with pytest.raises(Refused, match=mend) as caught:
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


@pytest.mark.parametrize("kind", [Busy, NoAnswer])
async def test_a_room_that_cannot_be_asked_about_is_neither(
    access: Access, chat: MemoryChat, kind: type[RemoteError]
) -> None:
    chat.fail("room", kind)
    assert (await access.place(typed("x", room=DIRECT)))[0] is Place.UNKNOWN
