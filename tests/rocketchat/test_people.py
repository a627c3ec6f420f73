"""Everybody is read once, page by page, and nothing that Rocket.Chat responds keeps the reading from ending."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from bot.clock import SystemClock
from bot.connection.accounts import MOST_READ, NO_ADDRESSES, TWICE, Account, Accounts, People
from bot.connection.unknown import Unknown
from bot.rocketchat import people
from bot.rocketchat.people import MAY_NOT_LIST, TOO_LONG, TOO_MANY, TOO_OFTEN, PeopleList
from bot.rocketchat.rest import Rest
from bot.secret import Secret
from sandbox.rocketchat.standin import RocketChatStandIn, Switches
from tests.support.hurried import HurriedClock
from tests.support.rocket_routes import ABSENT, BOT_ID, FORBIDDEN, Asked, Body, Reply, Routes, rocket

Answer = Callable[[Asked], Body]


def somebody(number: int, **changes: Any) -> Body:
    return {
        "_id": f"id{number}",
        "username": f"user{number:05d}",
        "active": True,
        "emails": [{"address": f"{number}@people.example", "verified": True}],
        "roles": ["user"],
        **changes,
    }


def workspace(size: int, most: int = 100) -> Answer:
    """Everybody with an address; a server that gives at most so many at once."""
    everybody = [somebody(number) for number in range(size)]

    def answer(asked: Asked) -> Body:
        offset, count = int(asked.query["offset"]), min(int(asked.query["count"]), most)
        found = everybody[offset : offset + count]
        return {"users": found, "count": len(found), "offset": offset, "total": size}

    return answer


async def read(reply: Reply, told: list[tuple[int, int]] | None = None) -> tuple[Accounts | Unknown, Routes]:
    routes = Routes({"GET users.list": reply})
    async with rocket(routes) as rest:
        accounts = await PeopleList(rest, SystemClock()).accounts(lambda *far: (told or []).append(far))
    return accounts, routes


@pytest.mark.parametrize(
    ("size", "most", "pages"),
    [(0, 100, 1), (1, 100, 1), (100, 100, 1), (101, 100, 2), (250, 100, 3), (250, 50, 5)],
)
async def test_every_page_is_read(size: int, most: int, pages: int) -> None:
    accounts, routes = await read(workspace(size, most))
    assert accounts == Accounts(size, size, size, ())
    assert len(routes.of("GET users.list")) == pages
    assert {int(asked.query["count"]) for asked in routes.asked} == {100}


async def test_pages_that_are_too_much_together_end_the_list_and_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.bounds.MAX_TOGETHER", 64 * 1024)
    accounts, _ = await read(workspace(1000))
    assert isinstance(accounts, Accounts)
    assert 0 < accounts.read < accounts.total == 1000
    assert accounts.unread.startswith("Rocket.Chat sent an unexpected response: GET /api/v1/users")
    assert accounts.unread.endswith("The pages of this list are together longer than 0 MB.")


async def test_a_name_longer_than_any_is_not_kept() -> None:
    accounts, _ = await read({"users": [somebody(1, username="x" * 10_000, roles=["admin"])], "total": 1})
    assert isinstance(accounts, Accounts)
    assert accounts.administrators == ("",)


async def test_how_far_it_is_is_told_between_the_pages() -> None:
    told: list[tuple[int, int]] = [(0, 0)]
    await read(workspace(250), told)
    assert told[1:] == [(100, 250), (200, 250)]


async def test_the_same_people_one_by_one() -> None:
    everybody = [
        somebody(1, roles=["user", "admin"]),
        somebody(2, active=False, emails=[{"address": "a@x.example"}, {"address": "x" * 10_000}, {"address": 5}]),
        {"_id": "x", "active": True, "roles": []},
    ]
    routes = Routes({"GET users.list": {"users": everybody, "total": 3}})
    async with rocket(routes) as rest:
        people = await PeopleList(rest, SystemClock()).people(lambda *far: None, lambda *far: None)
    assert isinstance(people, People)
    assert people.accounts == (
        Account("user00001", active=True, addresses=("1@people.example",), is_administrator=True),
        Account("user00002", active=False, addresses=("a@x.example",), is_administrator=False),
        Account("", active=True, addresses=None, is_administrator=False),
    )


async def test_what_is_read_of_one() -> None:
    everybody = [
        somebody(1, roles=["user", "admin"]),
        somebody(2, active=False),
        somebody(3, emails=[]),
        somebody(4, emails=[{"address": ""}, "odd", {}]),
        {"_id": "rocket.cat", "type": "bot", "active": True, "roles": ["bot"]},
        {"username": "without id"},
        None,
    ]
    accounts, _ = await read({"users": everybody, "total": 5})
    assert accounts == Accounts(5, 5, 1, ("user00001",))


async def test_an_answer_without_addresses_is_no_absence_of_them() -> None:
    strangers: list[Body] = [{"_id": f"x{number}", "username": "x", "active": True} for number in range(3)]
    accounts, _ = await read({"users": [*strangers, somebody(1, _id=BOT_ID, roles=["bot"])], "total": 4})
    assert isinstance(accounts, Accounts)
    assert (accounts.total, accounts.with_address) == (4, NO_ADDRESSES)


@pytest.mark.parametrize(
    "reply",
    [
        ABSENT,
        {},
        {"users": []},
        {"users": {}, "total": 3},
        {"users": [], "total": "many"},
        {"users": [], "total": True},
        {"users": [], "total": -1},
    ],
)
async def test_what_is_no_list_is_unknown(reply: Reply) -> None:
    accounts, _ = await read(reply)
    assert isinstance(accounts, Unknown)
    assert "users.list" in accounts.reason


async def test_a_refusal_names_the_permission() -> None:
    accounts, _ = await read(FORBIDDEN)
    assert accounts == Unknown("Rocket.Chat does not allow the bot to do this: GET /api/v1/users.list (403, error-unauthorized).", MAY_NOT_LIST)  # fmt: skip  # noqa: E501


class TestNonsense:
    """Each of these would be asked for ever."""

    async def test_the_same_page_again_and_again(self) -> None:
        accounts, routes = await read({"users": [somebody(n) for n in range(100)], "total": 5000})
        assert isinstance(accounts, Accounts)
        assert (accounts.read, accounts.total, accounts.unread) == (100, 5000, TWICE)
        assert len(routes.asked) == 2

    async def test_an_end_before_the_end(self) -> None:
        def answer(asked: Asked) -> Body:
            return {**workspace(120)(asked), "total": 300}

        accounts, routes = await read(answer)
        assert isinstance(accounts, Accounts)
        assert (accounts.read, accounts.total, accounts.unread) == (120, 300, TWICE)
        assert len(routes.asked) == 3

    async def test_a_total_without_end(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(people, "MOST_READ", 500)

        def answer(asked: Asked) -> Body:
            offset = int(asked.query["offset"])
            return {"users": [somebody(offset + n) for n in range(100)], "total": offset + 1000}

        accounts, routes = await read(answer)
        assert isinstance(accounts, Accounts)
        assert (accounts.read, accounts.unread) == (500, TOO_MANY)
        assert str(MOST_READ) in TOO_MANY
        assert len(routes.asked) == 5

    async def test_people_that_are_moved_between_pages_are_counted_once(self) -> None:
        def answer(asked: Asked) -> Body:
            offset = int(asked.query["offset"])
            return {"users": [somebody(max(0, offset - 1) + n) for n in range(100)], "total": 200}

        accounts, _ = await read(answer)
        assert isinstance(accounts, Accounts)
        assert (accounts.read, accounts.total, accounts.unread) == (199, 200, TWICE)


def limited(seconds: int) -> tuple[int, Body]:
    wait = f"You must wait {seconds} seconds before trying this endpoint again. [error-too-many-requests]"
    return 429, {"success": False, "error": f"Error, too many requests. Please slow down. {wait}"}


class TestPatience:
    """What is waited for, on a clock that a test makes run faster."""

    async def test_a_limit_that_ends_soon_is_waited_for(self) -> None:
        routes = Routes({"GET users.list": [workspace(250), limited(20), workspace(250)]})
        clock = HurriedClock()
        async with rocket(routes) as rest:
            with clock.hurrying(50):
                accounts = await PeopleList(rest, clock).accounts(lambda *far: None)
        assert isinstance(accounts, Accounts)
        assert (accounts.read, accounts.unread) == (250, "")

    async def test_one_that_does_not_is_said(self) -> None:
        routes = Routes({"GET users.list": [workspace(250), limited(59), workspace(250)]})
        async with rocket(routes) as rest:
            accounts = await PeopleList(rest, SystemClock()).accounts(lambda *far: None)
        assert isinstance(accounts, Accounts)
        assert (accounts.read, accounts.unread) == (100, TOO_OFTEN)

    async def test_who_waits_is_told_for_how_long_and_waits_longer(self) -> None:
        routes = Routes({"GET users.list": [workspace(2350), limited(59), limited(58), workspace(2350)]})
        clock, told = HurriedClock(), list[tuple[int, int, float]]()
        async with rocket(routes) as rest:
            with clock.hurrying(200):
                people = await PeopleList(rest, clock).people(lambda *far: None, lambda *wait: told.append(wait))
        assert isinstance(people, People)
        assert (len(people.accounts), people.unread) == (2350, "")
        assert told == [(100, 2350, 59 + 2 * 60)]

    async def test_but_not_for_ever(self) -> None:
        routes = Routes({"GET users.list": [workspace(9000), *[limited(59)] * 4]})
        clock = HurriedClock()
        async with rocket(routes) as rest:
            with clock.hurrying(200):
                people = await PeopleList(rest, clock).people(lambda *far: None, lambda *wait: None)
        assert isinstance(people, People)
        assert (len(people.accounts), people.total, people.unread) == (100, 9000, TOO_OFTEN)

    async def test_a_server_that_is_slow_is_not_asked_for_ever(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(people, "PATIENCE", 0.0)
        accounts, routes = await read(workspace(250))
        assert isinstance(accounts, Accounts)
        assert (accounts.read, accounts.total, accounts.unread) == (100, 250, TOO_LONG)
        assert len(routes.asked) == 1

    async def test_one_that_breaks_off_leaves_what_was_read(self) -> None:
        routes = Routes({"GET users.list": [workspace(250), (500, {})]})
        async with rocket(routes) as rest:
            accounts = await PeopleList(rest, SystemClock()).accounts(lambda *far: None)
        assert isinstance(accounts, Accounts)
        assert (accounts.read, accounts.total, accounts.with_address) == (100, 250, 100)
        assert "users.list" in accounts.unread


@asynccontextmanager
async def standin(size: int, *, role: str = "bot") -> AsyncIterator[tuple[RocketChatStandIn, PeopleList]]:
    """With so many accounts besides those that are there, everybody with an address."""
    server = RocketChatStandIn(version="8.8", settle=0.1, switches=Switches())
    await server.start()
    for number in range(size):
        address = {"address": f"{number}@people.example", "verified": True}
        server.people.add(f"user{number}", name="N", password=None, emails=[address])
    account = server.introduction.account(role)
    rest = Rest(server.url, account.user_id, Secret(account.token), clock=SystemClock())
    try:
        yield server, PeopleList(rest, SystemClock())
    finally:
        rest.close()
        await server.stop()


class TestAgainstTheStandIn:
    @pytest.mark.parametrize("size", [0, 1, 100, 101, 250])
    async def test_everybody(self, size: int) -> None:
        async with standin(size) as (server, listing):
            accounts = await listing.accounts(lambda *far: None)
            there = list(server.people)
        assert isinstance(accounts, Accounts)
        entered = [user for user in there if user.active and user.emails]
        assert len(entered) >= size
        assert accounts == Accounts(
            total=len(there),
            read=len(there),
            with_address=len(entered),
            administrators=tuple(sorted(user.username for user in entered if "admin" in user.roles)),
        )

    async def test_without_the_permission(self) -> None:
        async with standin(3) as (server, listing):
            server.people.permissions["view-d-room"] = set()
            accounts = await listing.accounts(lambda *far: None)
        assert isinstance(accounts, Unknown)
        assert accounts.fix == MAY_NOT_LIST

    @pytest.mark.parametrize("size", [1000, pytest.param(10_000, marks=pytest.mark.slow)])
    async def test_ten_thousand_are_read_within_thirty_seconds(self, size: int) -> None:
        """A tenth of them within a tenth of the time."""
        async with standin(size, role="admin") as (server, listing):
            there, began = len(list(server.people)), time.monotonic()
            people = await listing.people(lambda *far: None, lambda *wait: None)
            took = time.monotonic() - began
        assert isinstance(people, People)
        assert (len(people.accounts), people.total, people.unread) == (there, there, "")
        assert took < 30 * size / 10_000

    async def test_a_limiter_ends_it_after_a_thousand(self) -> None:
        async with standin(1200) as (server, listing):
            server.people.permissions["api-bypass-rate-limit"] = set()
            began = time.monotonic()
            async with asyncio.timeout(25):
                accounts = await listing.accounts(lambda *far: None)
            there = len(list(server.people))
        assert isinstance(accounts, Accounts)
        assert (accounts.read, accounts.total) == (1000, there)
        assert accounts.unread == TOO_OFTEN
        assert time.monotonic() - began < 20
