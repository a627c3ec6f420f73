"""Logs: one line for each event, and no secret in any."""

from __future__ import annotations

import io
import json
import logging
import time
from collections.abc import Iterator

import pytest
import structlog

from bot import logs, redaction
from bot.secret import Secret, new_secret
from bot.values import LogLevel


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
    redaction.redact_values([Secret(text)])
    try:
        raise RuntimeError(f"refused: {text} {[text]!r}")
    except RuntimeError:
        structlog.get_logger().exception("it broke")
    event = only(stream)
    assert "RuntimeError: refused: …" in str(event["exception"])
    assert text[-64:] not in stream.getvalue()


@pytest.mark.parametrize("written", ["{}", "https://x/y/{}", "a={}&b"])
def test_known_values_are_found_quoted_too(written: str) -> None:
    redaction.redact_values([Secret("a b/c+ä&d")])
    assert "a%20b" not in redaction.redact(written.format("a%20b%2Fc%2B%C3%A4%26d"))
    assert "a+b" not in redaction.redact(written.format("a+b%2Fc%2B%C3%A4%26d"))


def test_a_very_short_secret_does_not_blacken_the_log() -> None:
    redaction.redact_values([Secret("e")])
    assert redaction.redact("settled") == "settled"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("GET https://id/x?code=abc done", "GET https://id/x?… done"),
        ('"GET /api/v1/x?query=abc HTTP/1.1" 200', '"GET /api/v1/x?… HTTP/1.1" 200'),
        ("https://me:pw@host/x", "https://…@host/x"),
        ("is it so? yes", "is it so? yes"),
        ("a?b/c?d", "a?b/c?…"),
        ("/x? /y?z?w", "/x? /y?…"),
    ],
)
def test_queries_and_credentials_are_cut(line: str, expected: str) -> None:
    assert redaction.redact(line) == expected


def test_requests_are_not_logged_one_by_one(stream: io.StringIO) -> None:
    for name in ("urllib3.connectionpool", "aiohttp.access", "sqlalchemy.engine.Engine"):
        logging.getLogger(name).info("GET /")
    assert stream.getvalue() == ""


@pytest.mark.parametrize("level", LogLevel)
def test_what_is_below_the_level_is_left_out(level: LogLevel, stream: io.StringIO) -> None:
    logs.configure(stream, level.number)
    for name in LogLevel:
        structlog.get_logger("ssobot").log(name.number, "own")
        logging.getLogger("aiohttp.access").log(name.number, "of a library")
    said = [(event["event"], event["level"]) for event in map(json.loads, stream.getvalue().splitlines())]
    own = [name.value for name in LogLevel if name.number >= level.number]
    assert [name for event, name in said if event == "own"] == own
    assert [name for event, name in said if event != "own"] == [name for name in own if name in ("warning", "error")]


def test_configuring_twice_does_not_double_the_lines(stream: io.StringIO) -> None:
    logs.configure(stream)
    structlog.get_logger().info("once")
    assert only(stream)["event"] == "once"


@pytest.mark.logs_secrets
def test_a_terminal_gets_text_and_no_secret(stream: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    text = new_secret().reveal()
    redaction.redact_values([Secret(text)])
    monkeypatch.setattr(stream, "isatty", lambda: True)
    logs.configure(stream)
    try:
        raise RuntimeError(text)
    except RuntimeError:
        structlog.get_logger().exception("it broke")
    assert "it broke" in stream.getvalue()
    assert "RuntimeError: …" in stream.getvalue()
    assert text not in stream.getvalue()


@pytest.mark.logs_secrets
def test_a_long_value_is_cut_and_the_line_stays_json(stream: io.StringIO) -> None:
    structlog.get_logger().info("x" * 60_000, many=["y" * 60_000], short="z")
    event = only(stream)
    assert event["event"] == "x" * logs.LONGEST + "… (cut, 60000 characters)"
    assert str(event["many"]).endswith("… (cut, 60004 characters)")
    assert event["short"] == "z"
    assert len(stream.getvalue()) < 3 * logs.LONGEST


@pytest.mark.logs_secrets
@pytest.mark.parametrize("terminal", [False, True])
@pytest.mark.parametrize("before", range(0, 70, 23))
def test_a_secret_at_the_cut_is_masked_whole(
    stream: io.StringIO, monkeypatch: pytest.MonkeyPatch, terminal: bool, before: int
) -> None:
    text = new_secret().reveal()
    redaction.redact_values([Secret(text)])
    monkeypatch.setattr(stream, "isatty", lambda: terminal)
    logs.configure(stream)
    long = "-" * (logs.LONGEST - before) + text + "-" * 100
    try:
        raise RuntimeError(long)
    except RuntimeError:
        structlog.get_logger().exception(long, many=[long])
    assert "(cut, " in stream.getvalue()
    assert text[:8] not in stream.getvalue()


@pytest.mark.parametrize("unit", ["/", "/a", "://", "://a", "?", "/?", "a?b/c", "://u@", '"/', "</"])
def test_redacting_takes_time_in_proportion_to_the_line(unit: str) -> None:
    before = time.process_time()
    redaction.redact(unit * (1_000_000 // len(unit)))
    assert time.process_time() - before < 2.0


def test_what_utf_8_cannot_write_is_written_otherwise(stream: io.StringIO) -> None:
    structlog.get_logger().info("half a sign: \ud83d")
    stream.getvalue().encode()
    assert only(stream)["event"] == "half a sign: \ud83d"


@pytest.mark.logs_secrets
def test_a_line_that_cannot_be_made_is_not_printed_past_the_nets(
    stream: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    text = new_secret().reveal()
    (ours,) = (h for h in logging.getLogger().handlers if isinstance(h, logging.StreamHandler) and h.stream is stream)
    ours.handle(logging.makeLogRecord({"name": "library", "msg": "%d", "args": (text,)}))
    assert only(stream) == {"event": "a line is lost", "logger": "library", "error": "TypeError"}
    assert text not in capsys.readouterr().err
