"""Roles by id and name, and who holds them, as servers of all versions tell it."""

from __future__ import annotations

import pytest

from bot.clock import SystemClock
from bot.errors import BadAnswer, Forbidden, Rejected
from bot.rocketchat.rest import Rest
from bot.rocketchat.roles import holders, roles
from bot.secret import Secret
from sandbox.rocketchat.permissions import Role
from sandbox.rocketchat.standin import RocketChatStandIn
from tests.support.rocket_routes import FORBIDDEN, Body, Routes, rocket

NO_SUCH = (400, {"success": False, "error": "x [error-roleid-not-found]", "errorType": "error-roleid-not-found"})


@pytest.mark.parametrize("version", ["7.10", "8.8", "9.0"])
async def test_a_role_that_was_made_has_another_id_than_name(version: str) -> None:
    standin = RocketChatStandIn(version=version)
    await standin.start()
    standin.people.roles["kQ3xZ9"] = Role("kQ3xZ9", "sso-manager", protected=False)
    standin.person("member").roles.append("kQ3xZ9")
    bot = standin.introduction.account("bot")
    rest = Rest(standin.url, bot.user_id, Secret(bot.token), clock=SystemClock())
    try:
        found = await roles(rest)
        assert (found["kQ3xZ9"], found["admin"]) == ("sso-manager", "admin")
        assert await holders(rest, "kQ3xZ9", "sso-manager") == (standin.person("member").id,)
    finally:
        rest.close()
        await standin.stop()


async def test_an_old_server_is_asked_by_name() -> None:
    async def asked(by: str) -> tuple[str, ...]:
        routes = Routes(
            {"GET roles.getUsersInRole": lambda a: {"users": [{"_id": "u1"}]} if a.query["role"] == by else NO_SUCH}
        )
        async with rocket(routes) as rest:
            return await holders(rest, "kQ3xZ9", "sso-manager")

    assert await asked("kQ3xZ9") == await asked("sso-manager") == ("u1",)


async def test_what_is_refused_stays_refused() -> None:
    async with rocket(Routes({"GET roles.getUsersInRole": FORBIDDEN})) as rest:
        with pytest.raises(Forbidden):
            await holders(rest, "kQ3xZ9", "sso-manager")
    async with rocket(Routes({"GET roles.getUsersInRole": NO_SUCH})) as rest:
        with pytest.raises(Rejected):
            await holders(rest, "admin", "admin")


@pytest.mark.parametrize("answer", [{}, {"roles": {}}, {"roles": None}])
async def test_what_is_no_list_of_roles_is_not_taken_for_one(answer: Body) -> None:
    async with rocket(Routes({"GET roles.list": answer, "GET roles.getUsersInRole": answer})) as rest:
        with pytest.raises(BadAnswer):
            await roles(rest)
        with pytest.raises(BadAnswer):
            await holders(rest, "admin", "admin")


async def test_odd_entries_are_left_out() -> None:
    answer = {"roles": [{"_id": "a", "name": "b"}, {"_id": 3}, {"name": "x"}, "y", {"_id": "c"}]}
    async with rocket(Routes({"GET roles.list": answer})) as rest:
        assert await roles(rest) == {"a": "b", "c": "c"}
