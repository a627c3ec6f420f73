"""Logs: one line for each event, and no secret in any."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from bot import logs
from bot.secret import Secret, new_secret


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    stream = io.StringIO()
    logs.configure(stream)
    yield stream
    root.handlers[:] = before
    root.setLevel(level)
    logging.captureWarnings(False)
    structlog.reset_defaults()


def only(stream: io.StringIO) -> dict[str, object]:
    (line,) = stream.getvalue().splitlines()
    event: dict[str, object] = json.loads(line)
    return event


def test_an_event_is_one_line_of_json(stream: io.StringIO) -> None:
    structlog.get_logger("ssobot").info("settled", gap_ms=12)
    event = only(stream)
    assert (event["event"], event["gap_ms"], event["level"], event["logger"]) == ("settled", 12, "info", "ssobot")
    assert "timestamp" in event


def test_the_libraries_logs_go_the_same_way(stream: io.StringIO) -> None:
    logging.getLogger("asyncio").warning("slow %s", "callback")
    assert only(stream)["event"] == "slow callback"


@pytest.mark.logs_secrets
def test_secrets_and_telling_keys_are_masked_at_any_depth(stream: io.StringIO) -> None:
    secret = new_secret()
    text = new_secret().reveal()
    structlog.get_logger().info(
        "x", plain=secret, client_secret=text, headers={"Authorization": text, "X-Auth-Token": text}, many=[secret]
    )
    event = only(stream)
    assert event["plain"] == event["client_secret"] == "…"
    assert event["headers"] == {"Authorization": "…", "X-Auth-Token": "…"}
    assert event["many"] == ["…"]
    assert text not in stream.getvalue()
    assert secret.reveal() not in stream.getvalue()


@pytest.mark.logs_secrets
def test_known_values_are_replaced_in_tracebacks(stream: io.StringIO) -> None:
    text = 'pass"word ' + new_secret().reveal()
    logs.redact_values([Secret(text)])
    try:
        raise RuntimeError(f"refused: {text} {[text]!r}")
    except RuntimeError:
        structlog.get_logger().exception("it broke")
    event = only(stream)
    assert "RuntimeError: refused: …" in str(event["exception"])
    assert text[-64:] not in stream.getvalue()


@pytest.mark.parametrize("written", ["{}", "https://x/y/{}", "a={}&b"])
def test_known_values_are_found_quoted_too(written: str) -> None:
    logs.redact_values([Secret("a b/c+ä&d")])
    assert "a%20b" not in logs.redact(written.format("a%20b%2Fc%2B%C3%A4%26d"))
    assert "a+b" not in logs.redact(written.format("a+b%2Fc%2B%C3%A4%26d"))


def test_a_very_short_secret_does_not_blacken_the_log() -> None:
    logs.redact_values([Secret("e")])
    assert logs.redact("settled") == "settled"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("GET https://id/x?code=abc done", "GET https://id/x?… done"),
        ('"GET /api/v1/x?query=abc HTTP/1.1" 200', '"GET /api/v1/x?… HTTP/1.1" 200'),
        ("https://me:pw@host/x", "https://…@host/x"),
        ("is it so? yes", "is it so? yes"),
    ],
)
def test_queries_and_credentials_are_cut(line: str, expected: str) -> None:
    assert logs.redact(line) == expected


def test_requests_are_not_logged_one_by_one(stream: io.StringIO) -> None:
    for name in ("urllib3.connectionpool", "aiohttp.access", "sqlalchemy.engine.Engine"):
        logging.getLogger(name).info("GET /")
    assert stream.getvalue() == ""


def test_configuring_twice_does_not_double_the_lines(stream: io.StringIO) -> None:
    logs.configure(stream)
    structlog.get_logger().info("once")
    assert only(stream)["event"] == "once"


@pytest.mark.logs_secrets
def test_a_terminal_gets_text_and_no_secret(stream: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    text = new_secret().reveal()
    logs.redact_values([Secret(text)])
    monkeypatch.setattr(stream, "isatty", lambda: True)
    logs.configure(stream)
    try:
        raise RuntimeError(text)
    except RuntimeError:
        structlog.get_logger().exception("it broke")
    assert "it broke" in stream.getvalue()
    assert "RuntimeError: …" in stream.getvalue()
    assert text not in stream.getvalue()
