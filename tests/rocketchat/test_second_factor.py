"""The write that is guarded by a second factor and changes nothing: at the stand-in, in all its forms."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bot.clock import SystemClock
from bot.connection.entrance import Guarded
from bot.errors import Forbidden, Rejected, RemoteError
from bot.rocketchat.rest import Rest
from bot.rocketchat.second_factor import NOBODYS, try_guard
from bot.secret import Secret
from sandbox.rocketchat.standin import RocketChatStandIn, Switches
from tests.support.rocket_routes import ABSENT, BARE_FAILURE, Reply, Routes, rocket

WRONG = Secret("not-the-password")
IGNORED = Switches(honour_pat_bypass=False)
"""The regression of 8.5: the token's own freedom of the second factor does not count."""


@asynccontextmanager
async def workspace(
    version: str, switches: Switches, password: Secret | None
) -> AsyncIterator[tuple[RocketChatStandIn, Rest]]:
    standin = RocketChatStandIn(version=version, switches=switches)
    await standin.start()
    bot = standin.introduction.account("bot")
    rest = Rest(standin.url, bot.user_id, Secret(bot.token), clock=SystemClock(), password=password)
    try:
        yield standin, rest
    finally:
        rest.close()
        await standin.stop()


def snapshot(standin: RocketChatStandIn) -> dict[str, object]:
    return {setting.id: setting.value for setting in standin.settings}


@pytest.mark.parametrize("version", ["7.10", "8.5", "8.6", "8.8", "9.0"])
async def test_where_none_is_asked_it_is_let_through_and_nothing_changes(version: str) -> None:
    async with workspace(version, Switches(), None) as (standin, rest):
        before = snapshot(standin)
        assert await try_guard(rest) == Guarded()
        assert snapshot(standin) == before
        assert NOBODYS not in before


@pytest.mark.parametrize("version", ["7.10", "8.5", "8.6", "8.8", "9.0"])
async def test_where_one_is_asked_the_password_must_be_there_and_right(version: str) -> None:
    async with workspace(version, IGNORED, None) as (_, rest):
        missing = await try_guard(rest)
    assert "SSOBOT_ROCKETCHAT_PASSWORD" in missing.fix
    assert "totp-required" in missing.barred
    async with workspace(version, IGNORED, WRONG) as (_, rest):
        wrong = await try_guard(rest)
    assert "it is another one" in wrong.fix
    assert "totp-invalid" in wrong.barred
    assert WRONG.reveal() not in repr(wrong)


@pytest.mark.parametrize("version", ["8.5", "8.8"])
async def test_the_right_password_passes(version: str) -> None:
    async with workspace(version, IGNORED, None) as (standin, _):
        bot = standin.introduction.account("bot")
        rest = Rest(standin.url, bot.user_id, Secret(bot.token), clock=SystemClock(), password=Secret(bot.password))
        assert await try_guard(rest) == Guarded()
        rest.close()


async def test_an_answer_of_a_while_ago_does_not_count_again() -> None:
    """The password was right, and is another now: Rocket.Chat remembers the first, and setup would still fail."""
    async with workspace("8.8", IGNORED, None) as (standin, _):
        bot = standin.introduction.account("bot")
        for password, passes in ((Secret(bot.password), True), (WRONG, False)):
            rest = Rest(standin.url, bot.user_id, Secret(bot.token), clock=SystemClock(), password=password)
            assert (await try_guard(rest) == Guarded()) is passes
            rest.close()


async def test_a_code_of_an_app_cannot_be_given() -> None:
    async with workspace("8.8", Switches(twofa="totp", honour_pat_bypass=False), WRONG) as (_, rest):
        assert "totp-required" in (await try_guard(rest)).barred


@pytest.mark.parametrize(
    ("many", "one", "kind"),
    [
        ((400, {"success": False, "error": "x [invalid-params]", "errorType": "invalid-params"}), ABSENT, Rejected),
        (ABSENT, (400, {"success": False, "error": "x [invalid-params]", "errorType": "invalid-params"}), Rejected),
        ((403, {"success": False, "error": "no [error-unauthorized]"}), BARE_FAILURE, Forbidden),
    ],
)
async def test_another_refusal_says_nothing_of_the_guard(many: Reply, one: Reply, kind: type[RemoteError]) -> None:
    async with rocket(Routes({"POST settings": many, f"POST settings/{NOBODYS}": one})) as rest:
        with pytest.raises(kind):
            await try_guard(rest)
