"""What is asked about the bot itself, and what it comes to; with a Rocket.Chat in memory."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import pytest

from bot.chatops.ports import Message, Person, Room
from bot.connection.entrance import Guarded, Standing
from bot.connection.unknown import Unknown
from bot.doctor.gather_own import MOST_ASKED, OwnGatherer, OwnLooks, is_typed_command
from bot.doctor.own import Administrators, Own, TypedByBot
from bot.errors import Busy, Forbidden, NoAnswer
from tests.support.chat import ADMIN_ROOM, ANNA, BOT_ID, BOT_NAME, MemoryChat

START = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
BOT = Person(BOT_ID, BOT_NAME, frozenset({"bot", "admin"}), active=True, type="user")
T = TypeVar("T")
GONE = Unknown("it did not answer")
SAID = Message("m1", ADMIN_ROOM.id, "p", BOT_ID, BOT_NAME, "!sso status", START)


@dataclass
class Looks:
    """Answers of both systems; an error is raised."""

    held: dict[str, tuple[str, ...]] = field(default_factory=lambda: {"admin": (BOT_ID, ANNA.id)})
    messages: tuple[Message, ...] = ()
    answers: dict[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    async def standing(self) -> Standing:
        return self._answer("standing", Standing(may_create=True, applications=0))

    async def holders(self, role_id: str, name: str) -> tuple[str, ...]:
        return self._answer("holders", self.held.get(role_id, ()))

    async def latest(self, room: Room) -> tuple[Message, ...]:
        return self._answer("latest", self.messages)

    async def websocket(self) -> None:
        self._answer("websocket", None)

    async def guarded(self) -> Guarded:
        return self._answer("guarded", Guarded())

    def _answer(self, name: str, usual: T) -> T:
        self.asked.append(name)
        answer: T = self.answers.get(name, usual)
        if isinstance(answer, Exception):
            raise answer
        return answer


def gatherer(looks: Looks, *roles: str, chat: MemoryChat | None = None) -> OwnGatherer:
    chat = chat or MemoryChat({ANNA.id: ANNA})
    asked = OwnLooks(looks.standing, looks.holders, looks.latest, looks.websocket, looks.guarded)
    return OwnGatherer(chat, asked, BOT_ID, frozenset(roles or ("admin",)))


async def gathered(
    looks: Looks,
    *roles: str,
    chat: MemoryChat | None = None,
    account: Person | Unknown = BOT,
    room: Room | Unknown | None = ADMIN_ROOM,
    login: bool | Unknown = True,
    terminal: bool = True,
) -> Own:
    asked = (answered(account), answered(room), answered(login))
    return await gatherer(looks, *roles, chat=chat).gather(*asked, terminal=terminal)


async def answered(value: T) -> T:
    return value


async def administrators(looks: Looks, *roles: str, chat: MemoryChat | None = None) -> Administrators | Unknown | None:
    return (await gathered(looks, *roles, chat=chat)).administrators


async def test_all_is_well() -> None:
    assert await gathered(Looks()) == Own(
        Standing(may_create=True, applications=0), Administrators(able=ANNA.username), True, Guarded(), TypedByBot(0)
    )


@pytest.mark.parametrize("roles", [("sso-manager",), ("kQ3xZ9",)])
async def test_a_role_is_found_by_its_name_and_by_its_id(roles: tuple[str, ...]) -> None:
    chat = MemoryChat({ANNA.id: replace(ANNA, roles=frozenset({"kQ3xZ9"}))})
    chat.known_roles = {"admin": "admin", "kQ3xZ9": "sso-manager"}
    looks = Looks({"kQ3xZ9": (ANNA.id,)})
    assert await administrators(looks, *roles, chat=chat) == Administrators(able=ANNA.username)


async def test_the_bots_own_account_is_nobody() -> None:
    assert await administrators(Looks({"admin": (BOT_ID,)})) == Administrators(unheld=frozenset({"admin"}))


async def test_a_word_that_is_no_role_and_a_role_that_nobody_holds_are_told_apart() -> None:
    found = await administrators(Looks(), "admin", "user", "Admin")
    assert found == Administrators(frozenset({"Admin"}), frozenset({"user"}), ANNA.username)


async def test_whoever_cannot_give_commands_is_not_taken_for_an_administrator() -> None:
    people = [replace(ANNA, id="p1", active=False), replace(ANNA, id="p2", type="bot"), replace(ANNA, id="p3")]
    chat = MemoryChat({person.id: person for person in people})
    looks = Looks({"admin": ("p1", "p2", "gone")})
    assert await administrators(looks, chat=chat) == Administrators(unfit=3)
    looks.held["admin"] += ("p3",)
    assert await administrators(looks, chat=chat) == Administrators(able=ANNA.username, unfit=3)


async def test_a_crowd_is_not_asked_one_by_one() -> None:
    chat = MemoryChat({ANNA.id: ANNA})
    looks = Looks({"admin": tuple(f"gone{number}" for number in range(MOST_ASKED + 5))})
    assert await administrators(looks, chat=chat) == Administrators(unfit=MOST_ASKED, more=True)
    assert chat.calls.count("person") == MOST_ASKED


async def test_where_roles_are_not_shown_nothing_is_said_of_administrators() -> None:
    chat = MemoryChat({ANNA.id: replace(ANNA, roles=None)})
    assert isinstance(await administrators(Looks(), chat=chat), Unknown)
    refused = Looks(answers={"holders": Forbidden("Rocket.Chat", "GET /api/v1/roles.getUsersInRole")})
    assert isinstance(await administrators(refused), Unknown)


@pytest.mark.parametrize(
    ("text", "counts"),
    [("!sso status", True), ("/SSO setup", True), ("@ssobot sso help", True), ("! sso", False), ("On: …", False)],
)
def test_a_command_is_known_by_how_it_begins(text: str, counts: bool) -> None:
    assert is_typed_command(replace(SAID, text=text), BOT) is counts


@pytest.mark.parametrize(
    "change",
    [{"user_id": ANNA.id}, {"system_type": "uj"}, {"from_integration": True}, {"alias": "somebody"}],
)
def test_what_somebody_else_or_something_else_wrote_is_not_its_own(change: dict[str, Any]) -> None:
    assert not is_typed_command(replace(SAID, **change), BOT)


async def test_commands_of_its_own_account_are_counted_with_the_newest_ones_time() -> None:
    later = replace(SAID, id="m2", ts=START + timedelta(days=1))
    other = replace(SAID, id="m3", user_id=ANNA.id, ts=START + timedelta(days=2))
    found = (await gathered(Looks(messages=(later, other, SAID)))).typed
    assert found == TypedByBot(looked=3, commands=2, last=later.ts)


@pytest.mark.parametrize("room", [None, GONE, replace(ADMIN_ROOM, encrypted=True)])
async def test_a_room_that_cannot_be_read_is_not_asked(room: Room | Unknown | None) -> None:
    looks = Looks()
    assert (await gathered(looks, room=room)).typed is None
    assert "latest" not in looks.asked


async def test_what_is_known_to_be_in_vain_is_not_asked() -> None:
    looks = Looks()
    assert await gathered(looks, account=GONE, login=GONE) == Own()
    assert looks.asked == []


async def test_in_the_chat_nothing_is_sent_that_looks_like_a_write() -> None:
    looks = Looks()
    assert (await gathered(looks, terminal=False)).guarded is None
    assert "guarded" not in looks.asked


@pytest.mark.parametrize("name", ["standing", "holders", "latest", "websocket", "guarded"])
async def test_each_piece_fails_by_itself(name: str) -> None:
    def unknown(found: Own) -> list[Unknown]:
        pieces = (found.standing, found.administrators, found.websocket, found.guarded, found.typed)
        return [piece for piece in pieces if isinstance(piece, Unknown)]

    (silent,) = unknown(await gathered(Looks(answers={name: NoAnswer("Rocket.Chat", "GET /x", fix="Look.")})))
    assert (silent.busy, silent.fix) == (False, "Look.")
    (busy,) = unknown(await gathered(Looks(answers={name: Busy("Rocket.Chat", "GET /x")})))
    assert busy.busy
    assert busy.reason.startswith("too many requests")
