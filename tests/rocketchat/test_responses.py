"""Every row of facts/rocketchat.md §1.5 and §1.6, and what must never get through."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import (
    BadAnswer,
    Busy,
    Forbidden,
    NoAnswer,
    Redirected,
    Rejected,
    RemoteError,
    RouteAbsent,
    SecondFactorNeeded,
    Unauthenticated,
)
from bot.http import HttpResponse
from bot.rocketchat.responses import SecondFactorAsked, interpret, interpret_method

ROUTE = "POST /api/v1/settings.addCustomOAuth"
NOW = 1_790_000_000.0
LOGGED_OUT = "You must be logged in to do this."
TOO_MANY = (
    "Error, too many requests. Please slow down. You must wait 23 seconds before trying this endpoint again. "
    "[error-too-many-requests]"
)


def answer(status: int, body: object, headers: dict[str, str] | None = None) -> HttpResponse:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return HttpResponse(status, headers or {}, raw)


def refused(given: HttpResponse, route: str = ROUTE) -> RemoteError:
    with pytest.raises(RemoteError) as caught:
        interpret(given, route, NOW)
    return caught.value


@dataclass(frozen=True)
class Row:
    name: str
    status: int
    body: object
    error: type[RemoteError]
    code: str | None = None
    headers: dict[str, str] = field(default_factory=dict)


def failure(text: str, code: str | None = None, **more: object) -> dict[str, object]:
    return {"success": False, "error": text, **({"errorType": code} if code else {}), **more}


ROWS = [
    Row("401 before 9", 401, failure(LOGGED_OUT, status="error", message=LOGGED_OUT), Unauthenticated),
    Row("401 of 5.x", 401, {"status": "error", "message": LOGGED_OUT}, Unauthenticated),
    Row("401 of 9.0", 401, failure(LOGGED_OUT), Unauthenticated),
    Row("401 of 9.0 login", 401, failure("unauthorized"), Unauthenticated, "unauthorized"),
    Row("401 not JSON", 401, b"<html>no</html>", Unauthenticated),
    Row(
        "403 route permission",
        403,
        failure("User does not have the permissions required for this action [error-unauthorized]"),
        Forbidden,
        "error-unauthorized",
    ),
    Row("403 of 5.x", 403, failure("unauthorized"), Forbidden, "unauthorized"),
    Row("403 of 9.0, default text", 403, failure("forbidden"), Forbidden, "forbidden"),
    Row("403 of 9.0, refusal", 403, failure("Not allowed", "error-forbidden"), Forbidden, "error-forbidden"),
    Row(
        "400 refusal before 9",
        400,
        failure("Not allowed [error-not-allowed]", "error-not-allowed"),
        Forbidden,
        "error-not-allowed",
    ),
    Row(
        "400 action refused",
        400,
        failure("No [error-action-not-allowed]", "error-action-not-allowed"),
        Forbidden,
        "error-action-not-allowed",
    ),
    Row("400 no permission", 400, failure("x", "no-permission"), Forbidden, "no-permission"),
    Row("400 not authorized", 400, failure("x [not-authorized]"), Forbidden, "not-authorized"),
    Row(
        "400 business failure",
        400,
        failure("x [error-invalid-room]", "error-invalid-room"),
        Rejected,
        "error-invalid-room",
    ),
    Row("400 only a bracket", 400, failure("x [error-invalid-room]"), Rejected, "error-invalid-room"),
    Row("400 bare", 400, {"success": False}, Rejected),
    Row(
        "400 schema",
        400,
        failure("must have required property 'name' [invalid-params]", "invalid-params"),
        Rejected,
        "invalid-params",
    ),
    Row("400 not JSON", 400, b"Bad Request", Rejected),
    Row("400 restricted", 400, failure("x [restricted-workspace]"), Rejected, "restricted-workspace"),
    Row("400 restricted, without a bracket", 400, failure("restricted-workspace"), Rejected, "restricted-workspace"),
    Row(
        "400 totp needed",
        400,
        failure("TOTP Required [totp-required]", "totp-required"),
        SecondFactorAsked,
        "totp-required",
    ),
    Row("401 totp at login", 401, failure("totp-required", status="error"), SecondFactorAsked, "totp-required"),
    Row("403 totp needed", 403, failure("x", "totp-required"), SecondFactorAsked, "totp-required"),
    Row(
        "400 totp wrong",
        400,
        failure("TOTP Invalid [totp-invalid]", "totp-invalid"),
        SecondFactorNeeded,
        "totp-invalid",
    ),
    Row("400 totp exhausted", 400, failure("x", "totp-max-attempts"), SecondFactorNeeded, "totp-max-attempts"),
    Row("404 unknown route", 404, failure("API endpoint does not exist"), RouteAbsent),
    Row("404 of a proxy", 404, b"<html>404</html>", RouteAbsent),
    Row("405 other method", 405, {"status": "error"}, RouteAbsent),
    Row("429", 429, failure(TOO_MANY), Busy, "error-too-many-requests"),
    Row("429 of the login router", 429, failure("Too many requests. Please try again later."), Busy),
    Row("429 not JSON", 429, b"slow down", Busy),
    Row("400 too many", 400, failure("x", "too-many-requests"), Busy, "too-many-requests"),
    Row("413", 413, b"", Rejected),
    Row("408", 408, b"", NoAnswer),
    Row("504", 504, b"<html>", NoAnswer),
    Row("500 own", 500, failure("Internal server error [error-x]"), BadAnswer, "error-x"),
    Row("502", 502, b"<html>Bad Gateway</html>", BadAnswer),
    Row("503", 503, b"", BadAnswer),
    Row("407", 407, b"", BadAnswer),
    Row("101", 101, b"", BadAnswer),
    Row("200 HTML", 200, b"<!doctype html><html></html>", BadAnswer),
    Row("200 empty", 200, b"", BadAnswer),
    Row("200 list", 200, [1], BadAnswer),
    Row("200 text", 200, "ok", BadAnswer),
    Row("200 deep nesting", 200, b"[" * 100_000, BadAnswer),
    Row("200 not UTF-8", 200, b'{"a": "\xff"}', BadAnswer),
    Row("200 without success", 200, failure("x [error-invalid-room]"), Rejected, "error-invalid-room"),
    Row("200 without success, totp", 200, failure("x", "totp-required"), SecondFactorAsked, "totp-required"),
    Row("301", 301, b"", Redirected),
    Row("302", 302, b"<html>", Redirected),
    Row("307", 307, b"", Redirected),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_the_table(row: Row) -> None:
    error = refused(answer(row.status, row.body, row.headers))
    assert type(error) is row.error
    assert (error.status, error.code, error.route) == (row.status, row.code, ROUTE)
    assert error.system == "Rocket.Chat"


@pytest.mark.parametrize("body", [{"success": True, "x": 1}, {"x": 1}, {"status": "success"}])
def test_a_good_answer_is_its_object(body: dict[str, object]) -> None:
    assert interpret(answer(200, body), ROUTE, NOW) == body


class TestSecondFactor:
    @pytest.mark.parametrize("method", ["password", "totp", "email"])
    def test_the_method_offered(self, method: str) -> None:
        details = {"method": method, "codeGenerated": False, "availableMethods": []}
        error = refused(answer(400, failure("TOTP Required [totp-required]", "totp-required", details=details)))
        assert isinstance(error, SecondFactorAsked)
        assert error.method == method

    @pytest.mark.parametrize("details", [None, [], {}, {"method": "carrier-pigeon"}, {"method": 1}])
    def test_no_known_method(self, details: object) -> None:
        error = refused(answer(400, failure("x", "totp-required", details=details)))
        assert isinstance(error, SecondFactorAsked)
        assert error.method == ""

    def test_the_fix_names_token_and_password(self) -> None:
        error = refused(answer(400, failure("x", "totp-required")))
        assert "two factor" in error.fix
        assert "SSOBOT_ROCKETCHAT_PASSWORD" in error.fix


class TestFixes:
    @pytest.mark.parametrize(
        ("code", "says"),
        [("restricted-workspace", "report its statistics"), ("error-setting-validation-failed", "A rule")],
    )
    def test_what_was_not_taken_says_why_where_that_is_known(self, code: str, says: str) -> None:
        assert says in refused(answer(400, failure(f"x [{code}]"))).text

    @pytest.mark.parametrize(
        ("route", "permission"),
        [
            ("POST /api/v1/settings.addCustomOAuth", "add-oauth-service"),
            ("POST /api/v1/settings.removeCustomOAuth", "add-oauth-service"),
            ("POST /api/v1/method.call/removeOAuthService", "add-oauth-service"),
            ("POST /api/v1/settings", "edit-privileged-setting"),
            ("POST /api/v1/settings/Site_Url", "edit-privileged-setting"),
            ("GET /api/v1/settings", "view-privileged-setting"),
            ("GET /api/v1/users.info", "view-full-other-user-info"),
        ],
    )
    def test_forbidden_names_the_permission(self, route: str, permission: str) -> None:
        assert f"`{permission}`" in refused(answer(403, {}), route).fix

    def test_forbidden_elsewhere_names_roles_and_room(self) -> None:
        assert "roles" in refused(answer(403, {}), "POST /api/v1/chat.sendMessage").fix

    def test_adding_a_service_may_need_a_licence(self) -> None:
        assert "oauth-enterprise" in refused(answer(403, {})).fix

    @pytest.mark.parametrize(
        ("row", "variable"),
        [(answer(401, {}), "SSOBOT_ROCKETCHAT_TOKEN"), (answer(200, b"<html>"), "SSOBOT_ROCKETCHAT_URL")],
    )
    def test_the_variable(self, row: HttpResponse, variable: str) -> None:
        assert variable in refused(row).fix

    @pytest.mark.parametrize(
        ("location", "named"),
        [
            ("https://chat.example.org/api/v1/x?token=abc", "(it leads to https://chat.example.org)"),
            ("https://chat.example.org:8443/p", "(it leads to https://chat.example.org:8443)"),
            ("https://user:pass@chat.example.org:8443/p", "itself answers."),
            ("https://evil.example\\@chat.example.org/p", "itself answers."),
            ("http://[", "itself answers."),
            ("https://[::1]:8443/p", "(it leads to https://[::1]:8443)"),
            ("/login?x=abc", "itself answers."),
            ("javascript:alert(1)", "itself answers."),
            ("https://a b c/", "itself answers."),
            ("https://x:notaport/", "itself answers."),
            ("", "itself answers."),
        ],
    )
    def test_a_redirect_names_the_origin_only(self, location: str, named: str) -> None:
        fix = refused(answer(302, b"", {"Location": location})).fix
        assert "SSOBOT_ROCKETCHAT_URL" in fix
        assert fix.endswith(f"{named}." if named.startswith("(") else named)
        assert "abc" not in fix
        assert "pass" not in fix


class TestWait:
    def wait(self, body: object, headers: dict[str, str]) -> float:
        error = refused(answer(429, body, headers))
        assert isinstance(error, Busy)
        return error.retry_after

    def test_by_the_header(self) -> None:
        assert self.wait(failure(TOO_MANY), {"X-RateLimit-Reset": str(int((NOW + 4.5) * 1000))}) == pytest.approx(4.5)

    def test_by_the_header_against_the_servers_own_clock(self) -> None:
        headers = {"Date": "Tue, 24 Nov 2026 10:00:00 GMT", "X-RateLimit-Reset": "1795514405000"}
        assert self.wait({}, headers) == pytest.approx(5.0)

    def test_by_the_text(self) -> None:
        assert self.wait(failure(TOO_MANY), {}) == 23.0

    def test_by_the_text_when_the_header_is_none(self) -> None:
        assert self.wait(failure(TOO_MANY), {"X-RateLimit-Reset": "soon"}) == 23.0

    def test_a_whole_window_when_nothing_is_said(self) -> None:
        assert self.wait(b"slow down", {}) == 60.0

    def test_never_negative(self) -> None:
        assert self.wait({}, {"X-RateLimit-Reset": str(int((NOW - 100) * 1000))}) == pytest.approx(0.1)

    @pytest.mark.parametrize("reset", ["nan", "inf", "99999999999999999"])
    def test_never_absurd(self, reset: str) -> None:
        assert self.wait({}, {"X-RateLimit-Reset": reset}) == 60.0


class TestCodes:
    @pytest.mark.parametrize("code", ["error-invalid-room", "403", "a"])
    def test_a_safe_code_is_kept(self, code: str) -> None:
        assert refused(answer(400, failure("text", code))).code == code

    @pytest.mark.parametrize(
        "code",
        [
            "Bearer abc",
            "https://x",
            "aB3" * 14,
            "a" * 49,
            "-x",
            "x--y",
            "x\ny",
            "5f4dcc3b5aa765d61d8327deb882cf99",
            "",
            None,
            3.5,
            ["x"],
            {"x": 1},
            True,
        ],
    )
    def test_anything_else_is_dropped(self, code: object) -> None:
        assert refused(answer(400, {"success": False, "error": "text", "errorType": code})).code is None

    @given(st.text(alphabet="abcdefghijABCDEFGHIJ0123456789-_", min_size=30, max_size=64).filter(str.strip))
    def test_no_text_of_the_body_is_ever_in_the_error(self, secret: str) -> None:
        secret = f"Z{secret}"
        body = failure(f"boom {secret} [{secret}]", secret, details={"method": secret}, message=secret)
        error = refused(answer(400, body, {"X": secret}))
        assert secret not in repr(error) + error.text + str(vars(error))


class TestMethodCall:
    def inner(self, **fields: object) -> dict[str, object]:
        return {"success": True, "message": json.dumps({"msg": "result", "id": "1", **fields})}

    def test_the_result(self) -> None:
        assert interpret_method(self.inner(result={"a": 1}), ROUTE) == {"a": 1}

    def test_no_result_is_none(self) -> None:
        assert interpret_method(self.inner(), ROUTE) is None

    @pytest.mark.parametrize(
        ("code", "error"),
        [
            ("error-action-not-allowed", Forbidden),
            ("error-not-allowed", Forbidden),
            (403, Forbidden),
            (404, RouteAbsent),
            ("totp-required", SecondFactorAsked),
            ("error-invalid-name", Rejected),
            ("Some text with a secret", Rejected),
        ],
    )
    def test_its_errors(self, code: object, error: type[RemoteError]) -> None:
        given = self.inner(error={"isClientSafe": True, "error": code, "errorType": "Meteor.Error", "reason": "r"})
        with pytest.raises(error) as caught:
            interpret_method(given, ROUTE)
        assert "secret" not in caught.value.text

    @pytest.mark.parametrize("message", [None, "", "[]", "{}", '{"msg":"error"}', "<html>"])
    def test_no_result_frame(self, message: object) -> None:
        with pytest.raises(BadAnswer):
            interpret_method({"success": True, "message": message}, ROUTE)
