"""Codes that are redeemed, and the second factor in between (facts/rocketchat.md §3.4, no. 5)."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.rocketchat.people import User
from sandbox.rocketchat.second_factor import enrol_totp, totp
from tests.support.modern import Modern
from tests.support.rocket import Reply


async def redeem(modern: Modern, code: Any) -> Reply:
    return await modern.rocket.post("loginCode.redeem", {"code": code}, who=None)


async def test_a_code_becomes_a_login(modern: Modern) -> None:
    reply = await redeem(modern, await modern.login_code())
    assert set(reply.body) == {"success", "loginToken", "userId"}
    found = modern.rocket.standin.people.with_token(reply.body["loginToken"])
    assert found is not None
    assert found[0].id == reply.body["userId"]


async def test_and_with_it_people_log_in_by_rest_and_ddp(modern: Modern) -> None:
    reply = await redeem(modern, await modern.login_code())
    given = {"resume": reply.body["loginToken"]}
    by_rest = await modern.rocket.post("login", given, who=None)
    by_method = await modern.rocket.method("login", given, who=None)
    assert by_rest.body["data"]["userId"] == by_method["result"]["id"] == reply.body["userId"]


async def invalid(modern: Modern, code: str) -> None:
    reply = await redeem(modern, code)
    assert (reply.status, reply.body["errorType"]) == (400, "error-invalid-code")
    assert reply.body["success"] is False


async def test_it_is_good_once(modern: Modern) -> None:
    code = await modern.login_code()
    await redeem(modern, code)
    await invalid(modern, code)


@pytest.mark.parametrize(("seconds", "fits"), [(59.0, True), (61.0, False)])
async def test_it_is_good_for_a_minute(modern: Modern, seconds: float, fits: bool) -> None:
    code = await modern.login_code()
    modern.rocket.clock.shift = seconds
    assert ((await redeem(modern, code)).status == 200) is fits


async def test_one_that_nobody_was_given_is_none(modern: Modern) -> None:
    await invalid(modern, "0" * 64)


async def test_who_was_deactivated_meanwhile_stays_out(modern: Modern) -> None:
    user = await modern.arrive()
    code = await modern.login_code()
    modern.rocket.standin.people.deactivate(user)
    await invalid(modern, code)


@pytest.mark.parametrize("body", [{}, {"code": 5}, {"code": "x", "more": 1}])
async def test_its_body_is_strict(modern: Modern, body: Any) -> None:
    reply = await modern.rocket.post("loginCode.redeem", body, who=None)
    assert (reply.status, reply.body["errorType"]) == (400, "invalid-params")


async def test_ten_a_minute(modern: Modern) -> None:
    modern.rocket.standin.settings.write("API_Enable_Rate_Limiter", True)
    statuses = [(await redeem(modern, "x")).status for _ in range(11)]
    assert statuses == [400] * 10 + [429]


# The second factor.


async def challenged(modern: Modern) -> tuple[str, str]:
    """Signs in: the method and the id of the challenge."""
    reply = await modern.sign_in()
    _, kind, method, challenge = reply.headers["Location"].split("/")
    assert (reply.status, kind) == (302, "2fa")
    return method, challenge


async def verify(modern: Modern, challenge: str, code: str) -> Reply:
    body = {"challengeId": challenge, "code": code}
    return await modern.rocket.post("twoFactorChallenges.verifyChallenge", body, who=None)


async def with_mail(modern: Modern) -> User:
    """Somebody who came in long enough ago to be asked for a code by mail."""
    modern.rocket.standin.settings.write("SMTP_Host", "smtp.example")
    user = await modern.arrive()
    modern.rocket.clock.shift = 3600.0
    return user


def mailed(modern: Modern) -> list[str]:
    return [entry.body["code"] for entry in modern.rocket.standin.ledger.of("mail")]


async def test_totp_stands_between(modern: Modern) -> None:
    user = await modern.arrive()
    secret = enrol_totp(user)
    method, challenge = await challenged(modern)
    assert method == "totp"
    reply = await verify(modern, challenge, totp(secret, modern.rocket.clock.now()))
    assert (reply.status, reply.body["userId"]) == (200, user.id)
    found = modern.rocket.standin.people.with_token(reply.body["loginToken"])
    assert found is not None
    assert found[0] is user


async def test_a_wrong_code_may_be_tried_again_and_a_right_one_ends_it(modern: Modern) -> None:
    secret = enrol_totp(await modern.arrive())
    _, challenge = await challenged(modern)
    assert (await verify(modern, challenge, "0")).body["errorType"] == "totp-invalid"
    right = totp(secret, modern.rocket.clock.now())
    assert (await verify(modern, challenge, right)).status == 200
    assert (await verify(modern, challenge, right)).status == 400


async def test_a_code_is_mailed_at_the_sign_in(modern: Modern) -> None:
    user = await with_mail(modern)
    method, challenge = await challenged(modern)
    assert method == "email"
    [code] = mailed(modern)
    assert (await verify(modern, challenge, code)).body["userId"] == user.id


async def test_and_once_more_when_asked(modern: Modern) -> None:
    await with_mail(modern)
    _, challenge = await challenged(modern)
    reply = await modern.rocket.post("twoFactorChallenges.sendEmailCode", {"challengeId": challenge}, who=None)
    assert (reply.status, len(mailed(modern))) == (200, 2)
    assert (await verify(modern, challenge, mailed(modern)[-1])).status == 200


async def test_somebody_new_is_left_in_peace(modern: Modern) -> None:
    modern.rocket.standin.settings.write("SMTP_Host", "smtp.example")
    user = await modern.arrive()
    assert user.services["email2fa"] == {"enabled": True}
    assert mailed(modern) == []


@pytest.mark.parametrize("route", ["verifyChallenge", "sendEmailCode"])
async def test_what_is_no_challenge_is_refused(modern: Modern, route: str) -> None:
    body = {"challengeId": "nothing"} | ({"code": "1"} if route == "verifyChallenge" else {})
    assert (await modern.rocket.post(f"twoFactorChallenges.{route}", body, who=None)).status == 400


async def test_a_challenge_ends(modern: Modern) -> None:
    secret = enrol_totp(await modern.arrive())
    _, challenge = await challenged(modern)
    modern.rocket.clock.shift = 301.0
    assert (await verify(modern, challenge, totp(secret, modern.rocket.clock.now()))).status == 400


async def test_five_tries_a_minute(modern: Modern) -> None:
    modern.rocket.standin.settings.write("API_Enable_Rate_Limiter", True)
    statuses = [(await verify(modern, "x", "1")).status for _ in range(6)]
    assert statuses == [400] * 5 + [429]
