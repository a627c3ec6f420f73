"""The second factor over a real socket, in the order of facts/rocketchat.md §1.4."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.rocketchat.people import digest
from sandbox.rocketchat.second_factor import enrol_totp, totp
from sandbox.rocketchat.standin import Switches
from tests.support.rocket import Reply, Rocket, running

BULK = {"settings": [{"_id": "Site_Name", "value": "x"}]}
NEEDED = {
    "success": False,
    "error": "TOTP Required [totp-required]",
    "errorType": "totp-required",
    "details": {"method": "password", "codeGenerated": False, "availableMethods": []},
}


async def write(rocket: Rocket, who: str = "admin", **headers: str) -> Reply:
    """A write that is guarded and remembered."""
    return await rocket.post("settings/Site_Name", {"value": "x"}, who=who, **headers)


async def test_a_login_token_needs_the_password(rocket: Rocket) -> None:
    reply = await write(rocket)
    assert (reply.status, reply.body) == (400, NEEDED)
    assert rocket.standin.settings.get("Site_Name") == "Rocket.Chat"


async def test_the_code_is_the_lower_case_sha256_of_the_password(rocket: Rocket) -> None:
    reply = await write(rocket, x_2fa_code=rocket.factor("admin"), x_2fa_method="password")
    assert reply.status == 200


@pytest.mark.parametrize("code", ["wrong", "PASSWORD", "UPPER"])
async def test_any_other_code_is_wrong(rocket: Rocket, code: str) -> None:
    code = {"PASSWORD": rocket.password("admin"), "UPPER": rocket.factor("admin").upper()}.get(code, code)
    reply = await write(rocket, x_2fa_code=code, x_2fa_method="password")
    assert (reply.status, reply.body["errorType"]) == (400, "totp-invalid")
    assert reply.body["error"] == "TOTP Invalid [totp-invalid]"
    assert reply.body["details"] == NEEDED["details"]


async def test_a_bypassing_token_is_not_asked(rocket: Rocket) -> None:
    assert (await write(rocket, "bot")).status == 200


async def test_switched_off_nobody_is_asked() -> None:
    async with running(switches=Switches(twofa="off")) as rocket:
        assert (await write(rocket)).status == 200


async def test_the_regression_of_8_5_asks_bypassing_tokens_too() -> None:
    async with running(switches=Switches(honour_pat_bypass=False)) as rocket:
        assert (await write(rocket, "bot")).body["errorType"] == "totp-required"
        reply = await write(rocket, "bot", x_2fa_code=rocket.factor("bot"), x_2fa_method="password")
        assert reply.status == 200


async def test_a_personal_token_without_bypass_is_asked() -> None:
    async with running(switches=Switches(pat_bypass=False)) as rocket:
        assert (await write(rocket, "bot")).body["errorType"] == "totp-required"


async def test_somebody_new_without_a_method_is_left_in_peace(rocket: Rocket) -> None:
    rocket.user("admin").created_at = rocket.clock.now()
    assert (await write(rocket)).status == 200
    rocket.clock.shift = 1801.0
    assert (await write(rocket)).status == 400


async def test_somebody_new_with_a_method_is_asked(rocket: Rocket) -> None:
    user = rocket.user("admin")
    user.created_at = rocket.clock.now()
    enrol_totp(user)
    assert (await write(rocket)).status == 400


async def test_a_right_code_is_remembered_for_half_an_hour(rocket: Rocket) -> None:
    await write(rocket, x_2fa_code=rocket.factor("admin"), x_2fa_method="password")
    assert (await write(rocket)).status == 200
    rocket.clock.shift = 1799.0
    assert (await write(rocket)).status == 200
    rocket.clock.shift = 1801.0
    assert (await write(rocket)).status == 400


async def test_it_is_remembered_for_the_same_client_only(rocket: Rocket) -> None:
    await write(rocket, x_2fa_code=rocket.factor("admin"), x_2fa_method="password")
    assert (await write(rocket, User_Agent="another")).status == 400


async def test_it_is_remembered_for_the_same_token_only(rocket: Rocket) -> None:
    await write(rocket, x_2fa_code=rocket.factor("admin"), x_2fa_method="password")
    other = rocket.standin.people.log_in(rocket.user("admin"))
    assert (await write(rocket, X_Auth_Token=other)).status == 400


async def test_the_bulk_write_is_never_remembered(rocket: Rocket) -> None:
    code = {"x_2fa_code": rocket.factor("admin"), "x_2fa_method": "password"}
    await write(rocket, **code)
    assert (await rocket.post("settings", BULK, who="admin")).body["errorType"] == "totp-required"
    assert (await rocket.post("settings", BULK, who="admin", **code)).status == 200
    assert (await rocket.post("settings", BULK, who="admin")).status == 400


async def test_the_bulk_write_does_not_help_later_calls_either(rocket: Rocket) -> None:
    await rocket.post("settings", BULK, who="admin", x_2fa_code=rocket.factor("admin"), x_2fa_method="password")
    assert (await write(rocket)).status == 400


async def test_totp_comes_before_the_password(rocket: Rocket) -> None:
    secret = enrol_totp(rocket.user("admin"))
    reply = await write(rocket)
    assert reply.body["details"] == {"method": "totp", "codeGenerated": False, "availableMethods": ["totp"]}
    named = await write(rocket, x_2fa_code=rocket.factor("admin"), x_2fa_method="password")
    assert named.body["errorType"] == "totp-invalid"
    assert (await write(rocket, x_2fa_code=totp(secret, rocket.clock.now()), x_2fa_method="totp")).status == 200


async def test_the_totp_switch_enrols_administrators_and_the_bot() -> None:
    async with running(switches=Switches(twofa="totp", honour_pat_bypass=False)) as rocket:
        for who in ("admin", "admin2", "bot"):
            assert (await write(rocket, who)).body["details"]["method"] == "totp"


async def test_an_email_code_is_mailed_by_the_call_without_one(rocket: Rocket) -> None:
    rocket.standin.settings.write("SMTP_Host", "smtp.example")
    rocket.user("admin").services["email2fa"] = {"enabled": True}
    details = (await write(rocket)).body["details"]
    assert (details["method"], details["codeGenerated"], details["codeCount"]) == ("email", True, 1)
    assert details["availableMethods"] == ["email"]
    assert len(details["codeExpires"]) == 1
    code = rocket.standin.ledger.of("mail")[0].body["code"]
    assert (await write(rocket, x_2fa_code=code, x_2fa_method="email")).status == 200


async def test_without_smtp_no_mail_leaves(rocket: Rocket) -> None:
    rocket.user("admin").services["email2fa"] = {"enabled": True}
    await write(rocket)
    assert rocket.standin.ledger.of("mail") == []


async def test_too_many_wrong_email_codes(rocket: Rocket) -> None:
    rocket.user("admin").services["email2fa"] = {"enabled": True}
    await write(rocket)
    kinds = [(await write(rocket, x_2fa_code="0", x_2fa_method="email")).body["errorType"] for _ in range(5)]
    assert kinds == ["totp-invalid"] * 4 + ["totp-max-attempts"]


async def test_without_the_password_fallback_nobody_is_asked(rocket: Rocket) -> None:
    rocket.standin.settings.write("Accounts_TwoFactorAuthentication_Enforce_Password_Fallback", False)
    assert (await write(rocket)).status == 200


async def test_somebody_without_a_password_is_not_asked(rocket: Rocket) -> None:
    rocket.user("admin").password_digest = None
    assert (await write(rocket)).status == 200


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("settings/Site_Name", {"value": "x"}),
        ("settings", BULK),
        ("settings.addCustomOAuth", {"name": "x"}),
        ("settings.removeCustomOAuth", {"name": "x"}),
        ("settings.refreshOAuthServices", {}),
        ("users.generatePersonalAccessToken", {"tokenName": "x"}),
    ],
)
async def test_the_guarded_routes(rocket: Rocket, path: str, body: Any) -> None:
    assert (await rocket.post(path, body, who="admin")).body == NEEDED


async def test_permission_comes_before_the_second_factor(rocket: Rocket) -> None:
    assert (await write(rocket, "member")).status == 403


@pytest.mark.parametrize("name", ["addOAuthService", "removeOAuthService"])
async def test_the_methods_check_only_the_permission(rocket: Rocket, name: str) -> None:
    assert "error" not in await rocket.method(name, "x", who="admin")
    refused = await rocket.method(name, "x", who="member")
    assert refused["error"]["error"] == "error-action-not-allowed"


async def test_save_settings_needs_a_code_each_time_in_headers_or_as_last_parameter(rocket: Rocket) -> None:
    rows, code = BULK["settings"], digest(rocket.password("admin"))
    assert (await rocket.method("saveSettings", rows, who="admin"))["error"]["error"] == "totp-required"
    last = {"twoFactorCode": code, "twoFactorMethod": "password"}
    assert (await rocket.method("saveSettings", rows, last, who="admin"))["result"] is True
    assert "error" in await rocket.method("saveSettings", rows, who="admin")
    in_headers = await rocket.method("saveSettings", rows, who="admin", x_2fa_code=code, x_2fa_method="password")
    assert in_headers["result"] is True
