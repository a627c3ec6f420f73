"""One row for each row of facts/encvoy-id.md §5 and of the error shapes in §9."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.encvoy.responses import interpret_management, interpret_oidc, retry_after
from bot.errors import (
    BadAnswer,
    Busy,
    Forbidden,
    NoAnswer,
    Redirected,
    Rejected,
    RemoteError,
    RouteAbsent,
    Unauthenticated,
)

ROUTE = "PUT /api/v1/clients/:client_id"
HTML = b"<html><head><title>502 Bad Gateway</title></head></html>"


def backend(status: int, code: str | None, message: str = "Irgendetwas") -> bytes:
    """The backend's own error body, in a language that nothing may depend on."""
    error_code = None if code is None else f"translation.errors.{code}"
    return json.dumps(
        {
            "statusCode": status,
            "timestamp": "2026-11-24T00:00:00.000Z",
            "path": "/api/v1/clients?filter=x",
            "message": message,
            "errorCode": error_code,
        }
    ).encode()


MANAGEMENT: list[tuple[int, str | None, type[RemoteError]]] = [
    (400, None, Rejected),
    (400, "T3E0018", Rejected),
    (400, "T3E0026", Forbidden),
    (400, "T3E0059", Forbidden),
    (400, "T3E0060", Unauthenticated),
    (400, "T3E0061", Unauthenticated),
    (400, "T3E0067", Forbidden),
    (401, "T3E0068", Unauthenticated),
    (401, None, Unauthenticated),
    (403, None, Forbidden),
    (403, "T3E0026", Forbidden),
    (403, "T3E0024", Forbidden),
    (403, "DELETED", Forbidden),
    (403, "T3E0003", Unauthenticated),
    (403, "T3E0072", Unauthenticated),
    (403, "T3E0073", Unauthenticated),
    (403, "T3E0077", Unauthenticated),
    (403, "T3E9999", Forbidden),
    (404, None, RouteAbsent),
    (409, None, Rejected),
    (429, None, Busy),
    (500, None, BadAnswer),
    (500, "T3E0071", Forbidden),
    (500, "T3E0030", Rejected),
    (500, "T3E0078", BadAnswer),
    (500, "T3E9999", BadAnswer),
]


@pytest.mark.parametrize(("status", "code", "error"), MANAGEMENT)
def test_an_error_of_the_backend_is_one_class(status: int, code: str | None, error: type[RemoteError]) -> None:
    with pytest.raises(RemoteError) as caught:
        interpret_management(status, {}, backend(status, code), ROUTE)

    assert type(caught.value) is error
    assert (caught.value.status, caught.value.code) == (status, code)
    assert caught.value.route == ROUTE


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (302, Redirected),
        (308, Redirected),
        (401, Unauthenticated),
        (403, Forbidden),
        (404, RouteAbsent),
        (408, NoAnswer),
        (413, Rejected),
        (429, Busy),
        (502, BadAnswer),
        (503, BadAnswer),
        (504, NoAnswer),
        (100, BadAnswer),
    ],
)
def test_a_page_of_a_proxy_is_judged_by_its_status(status: int, error: type[RemoteError]) -> None:
    with pytest.raises(error) as caught:
        interpret_management(status, {}, HTML, ROUTE)

    assert caught.value.code is None


def test_the_four_refusals_have_four_different_fixes() -> None:
    fixes = set()
    for code in (None, "T3E0026", "T3E0024", "DELETED"):
        with pytest.raises(Forbidden) as caught:
            interpret_management(403, {}, backend(403, code), ROUTE)
        fixes.add(caught.value.fix)

    assert len(fixes) == 4


def test_a_failed_introspection_is_transient_and_no_matter_of_credentials() -> None:
    body = backend(500, None, "Invalid token: Token introspection failed: 502")

    with pytest.raises(BadAnswer) as caught:
        interpret_management(500, {}, body, ROUTE)

    assert caught.value.transient
    assert "public address" in caught.value.why


@pytest.mark.parametrize("decipher", [interpret_management, interpret_oidc])
def test_a_hang_behind_a_proxy_leaves_the_effect_unknown(decipher: Any) -> None:
    with pytest.raises(NoAnswer) as caught:
        decipher(504, {}, HTML, ROUTE)

    assert caught.value.effect_unknown


@pytest.mark.parametrize("decipher", [interpret_management, interpret_oidc])
def test_a_good_answer_is_its_value(decipher: Any) -> None:
    assert decipher(200, {}, b'{"a": [1]}', ROUTE) == {"a": [1]}


def test_an_empty_good_answer_is_none() -> None:
    assert interpret_management(204, {}, b"", ROUTE) is None


@pytest.mark.parametrize("decipher", [interpret_management, interpret_oidc])
def test_a_page_with_status_200_is_not_taken_for_data(decipher: Any) -> None:
    with pytest.raises(BadAnswer) as caught:
        decipher(200, {}, b"<!doctype html><title>Dashboard</title>", ROUTE)

    assert "SSOBOT_ENCVOY_URL" in caught.value.fix


@pytest.mark.parametrize("decipher", [interpret_management, interpret_oidc])
def test_a_redirect_names_the_variable(decipher: Any) -> None:
    with pytest.raises(Redirected) as caught:
        decipher(301, {"Location": "https://elsewhere.example/?token=abc"}, b"", ROUTE)

    assert "SSOBOT_ENCVOY_URL" in caught.value.text
    assert "elsewhere" not in caught.value.text


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (400, "invalid_grant", Rejected),
        (400, "invalid_request", Rejected),
        (400, "invalid_client_metadata", Rejected),
        (400, "invalid_redirect_uri", Rejected),
        (400, "unsupported_grant_type", Rejected),
        (401, "invalid_client", Unauthenticated),
        (401, "invalid_token", Unauthenticated),
        (404, "invalid_request", RouteAbsent),
        (405, "invalid_request", RouteAbsent),
        (500, "server_error", BadAnswer),
    ],
)
def test_an_error_of_the_oidc_part_is_one_class(status: int, code: str, error: type[RemoteError]) -> None:
    body = json.dumps({"error": code, "error_description": "client authentication failed"}).encode()

    with pytest.raises(RemoteError) as caught:
        interpret_oidc(status, {}, body, "POST /oidc/token")

    assert type(caught.value) is error
    assert caught.value.code == code


def test_a_400_page_of_the_oidc_part_is_not_its_own_answer() -> None:
    with pytest.raises(BadAnswer):
        interpret_oidc(400, {}, b"<html>oops! something went wrong</html>", "POST /oidc/request")


@pytest.mark.parametrize(
    "code", ["@all https://evil.example", "x" * 60, "a b", 17, ["list"], {"a": "b"}, "translation.errors.@here"]
)
def test_a_code_that_is_no_plain_word_is_dropped(code: Any) -> None:
    body = json.dumps({"statusCode": 400, "errorCode": code, "message": "m"}).encode()

    with pytest.raises(Rejected) as caught:
        interpret_management(400, {}, body, ROUTE)

    assert caught.value.code is None


@pytest.mark.parametrize("decipher", [interpret_management, interpret_oidc])
@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 429, 500, 502, 504])
def test_no_text_of_the_answer_reaches_the_error(decipher: Any, status: int) -> None:
    leak = "client_secret-" + "k" * 40
    body = json.dumps({"errorCode": None, "error": None, "message": leak, "details": leak, "path": leak}).encode()

    with pytest.raises(RemoteError) as caught:
        decipher(status, {}, body, ROUTE)

    assert leak not in repr(caught.value) + str(caught.value) + caught.value.text


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b"7", b'"text"', b"[" * 100_000, b"\xff\xfe"])
def test_any_bytes_are_an_error_and_no_accident(body: bytes) -> None:
    with pytest.raises(RemoteError):
        interpret_management(500, {}, body, ROUTE)
    with pytest.raises(RemoteError):
        interpret_oidc(400, {}, body, ROUTE)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("17", 17.0), ("0", 1.0), ("-3", 1.0), ("99999", 120.0), ("soon", 1.0), ("Wed, 21 Oct 2026 07:28:00 GMT", 1.0)],
)
def test_the_wait_of_a_rate_limit_is_bounded(header: str, seconds: float) -> None:
    assert retry_after({"Retry-After": header}) == seconds


def test_a_rate_limit_carries_its_wait() -> None:
    with pytest.raises(Busy) as caught:
        interpret_management(429, {"Retry-After": "4"}, b"", ROUTE)

    assert caught.value.retry_after == 4.0
