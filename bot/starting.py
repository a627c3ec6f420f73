"""How a command of the command line starts: logs, slow imports, and what is said of an unexpected error."""

from __future__ import annotations

import importlib
import logging
import sys
from collections.abc import Callable
from types import TracebackType


def start(target: str, *arguments: object, level: int = logging.INFO) -> int:
    """Calls `module:function`, which returns an exit status, with logs from `level` on."""
    set_up_logs(level)
    return called(target, *arguments)


def called(target: str, *arguments: object) -> int:
    """Calls it. Imported late: `keys new` needs no web server."""
    module, _, function = target.partition(":")
    command: Callable[..., int] = getattr(importlib.import_module(module), function)
    return command(*arguments)


def set_up_logs(level: int = logging.INFO) -> None:
    """Logs of this program and of libraries, from `level` on, on standard error."""
    from bot import logs

    root = logging.getLogger()
    root.handlers = [handler for handler in root.handlers if not isinstance(handler, AtFirst)]
    logs.configure(level=level)


class AtFirst(logging.Handler):
    """A handler that sets logs up when the first line is logged."""

    def handle(self, record: logging.LogRecord) -> bool:
        """Passes the record to the handler that is used from now on."""
        set_up_logs()
        return bool(logging.getLogger().handlers[-1].handle(record))


def internal_error(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """The hook for exceptions that nothing has caught: the traceback is for the log, its id for people."""
    import uuid

    import structlog

    if not structlog.is_configured():
        set_up_logs()
    error_id = uuid.uuid4().hex[:8]
    structlog.get_logger("ssobot").critical("internal error", error_id=error_id, exc_info=(kind, error, trace))
    print(f"internal error {error_id}: the log line with this id has the details.", file=sys.stderr)
