"""Logs: one JSON line for each event on standard error, readable text where a person watches. No secret gets through.

Three filters in a row: a `Secret` and every value under a suspicious key are masked; queries are cut from addresses;
and every known secret is replaced in the finished line, traceback included. After that, long values are cut.
"""

from __future__ import annotations

import contextlib
import io
import json
import logging
import re
import sys
import threading
from collections.abc import Mapping, MutableMapping
from typing import IO, Any, TextIO

import stamina.instrumentation
import structlog
from stamina.instrumentation import RetryDetails
from structlog.types import Processor

from bot.errors import UserError
from bot.redaction import MASK, redact
from bot.secret import Secret

_log = structlog.get_logger(__name__)

_TELLING = re.compile(r"token|secret|password|passwd|authorization|cookie|fernet|ssobot_keys", re.IGNORECASE)
LONGEST = 8000
"""Characters of one value of an event, a traceback included: text from outside can have any length."""


def _waiting(details: RetryDetails) -> None:
    """Says on the terminal what the program waits for: perhaps only a person can fix it."""
    cause = details.caused_by
    reason = cause.text if isinstance(cause, UserError) else type(cause).__name__
    _log.warning("waiting", reason=reason, retry_in=round(details.wait_for, 1))


def configure(stream: IO[str] | None = None, level: int = logging.INFO) -> None:
    """Sends everything from `level` up, the logs of libraries included, to `stream` (standard error). May be called
    again."""
    stream = stream or sys.stderr
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.ExtraAdder(),
        structlog.processors.StackInfoRenderer(),
    ]
    handler = _Lines(stream)
    handler.setFormatter(
        _Redacting(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _mask,
                *_renderers(stream.isatty()),
            ],
        )
    )
    root = logging.getLogger()
    for old in root.handlers[:]:
        if isinstance(old.formatter, _Redacting):
            root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level)
    # Below WARNING, these libraries log a line for each request, or the values of a statement.
    for chatty in ("urllib3", "aiohttp.access", "sqlalchemy.engine", "alembic", "aiosqlite"):
        logging.getLogger(chatty).setLevel(max(level, logging.WARNING))
    logging.captureWarnings(True)
    stamina.instrumentation.set_on_retry_hooks([_waiting])
    threading.excepthook = _of_thread
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared[:-2],
            structlog.processors.StackInfoRenderer(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def _renderers(terminal: bool) -> list[Processor]:
    if terminal:
        # The default formatter of tracebacks shows local variables.
        return [_cut, structlog.dev.ConsoleRenderer(exception_formatter=_cut_traceback)]
    return [
        structlog.processors.format_exc_info,
        _cut,
        structlog.processors.EventRenamer("event"),
        structlog.processors.JSONRenderer(ensure_ascii=False, default=repr),
    ]


def _cut(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {key: value if key == "exc_info" else _short(value) for key, value in event.items()}


def _short(value: Any) -> Any:
    """The value, or the beginning of its text. Redacted before it is cut: half a secret would not be recognised."""
    text = value if isinstance(value, str) else repr(value)
    if len(text) <= LONGEST:
        return value
    return f"{redact(text)[:LONGEST]}… (cut, {len(text)} characters)"


def _cut_traceback(stream: TextIO, exception: structlog.typing.ExcInfo) -> None:
    whole = io.StringIO()
    structlog.dev.plain_traceback(whole, exception)
    stream.write(_short(whole.getvalue()))


class _Redacting(structlog.stdlib.ProcessorFormatter):
    """The last step before a line is written."""

    def format(self, record: logging.LogRecord) -> str:
        """The rendered line, redacted, without characters that UTF-8 cannot encode."""
        return redact(super().format(record)).encode("utf-8", "backslashreplace").decode()


class _Lines(logging.StreamHandler[IO[str]]):
    """If a line cannot be written, logging would print it with its values, unfiltered."""

    def handleError(self, record: logging.LogRecord) -> None:
        """Prints only the name of the logger."""
        reason = type(sys.exc_info()[1]).__name__
        with contextlib.suppress(OSError, ValueError):
            self.stream.write(json.dumps({"event": "a line is lost", "logger": record.name, "error": reason}) + "\n")


def _mask(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {key: value if key == "exc_info" else _masked(key, value) for key, value in event.items()}


def _masked(key: object, value: object) -> object:
    if isinstance(value, Secret) or (isinstance(key, str) and key != "event" and _TELLING.search(key)):
        return MASK
    if isinstance(value, Mapping):
        return {k: _masked(k, v) for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_masked("", v) for v in value]
    return value


def _of_thread(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is not None:
        logging.getLogger("thread").error(
            "a thread ended by an exception", exc_info=(args.exc_type, args.exc_value, args.exc_traceback)
        )
