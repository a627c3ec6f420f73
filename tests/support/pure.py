"""Keeps the rooms of `make quick` pure: a test there that opens a socket or a database, or starts a process, fails. A
pytest plugin, registered in `tests/conftest.py`, so that the whole suite finds it too.

The Makefile is the only place that lists the rooms.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent.parent
EVENTS = frozenset(
    {
        "os.exec",
        "os.fork",
        "os.forkpty",
        "os.posix_spawn",
        "os.system",
        "socket.bind",
        "socket.connect",
        "socket.getaddrinfo",
        "socket.gethostbyname",
        "socket.sendto",
        "sqlite3.connect",
        "subprocess.Popen",
    }
)
"""What Python audits when something leaves the process. An event loop's own pair of sockets is none of it."""


class NotPure(Exception):
    """What a pure test does not do."""


def listed(variable: str) -> tuple[Path, ...]:
    """The paths of a variable of the Makefile."""
    found = re.search(
        rf"^{variable} *:= *((?:.*\\\n)*.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert found, f"the Makefile has no {variable}"
    return tuple(ROOT / word for word in found[1].replace("\\\n", " ").split())


class Pure:
    """The plugin."""

    def __init__(self, rooms: tuple[Path, ...], others: tuple[Path, ...]) -> None:
        self._rooms = rooms
        self._others = others
        self._watched = False
        self.seen: list[str] = []
        """What the running test did although it is refused."""

    def is_pure(self, item: pytest.Item) -> bool:
        """Whether `make quick` runs it."""
        return (
            any(item.path.is_relative_to(room) for room in self._rooms)
            and not any(item.path.is_relative_to(other) for other in self._others)
            and not any(item.iter_markers("needs"))
        )

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """From the first fixture to the last."""
        self.seen.clear()
        self._watched = self.is_pure(item)
        try:
            return (yield)
        finally:
            self._watched = False

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self, nextitem: pytest.Item | None) -> Generator[None, object, object]:
        """After the last test of a process the servers that others started for the whole run are stopped, too."""
        self._watched = self._watched and nextitem is not None
        return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Fails the test even if the code that it called ignored the refusal."""
        report = yield
        if report.when == "teardown" and self.seen:
            report.outcome = "failed"
            report.longrepr = f"A test of `make quick` left its process: {', '.join(sorted(set(self.seen)))}"
        return report

    def on_audit(self, event: str, values: tuple[Any, ...]) -> None:
        """Refuses it."""
        if self._watched and event in EVENTS:
            self.seen.append(event)
            raise NotPure(event)


def install() -> Pure:
    """Begins to watch; once for a process."""
    pure = Pure(listed("QUICK"), listed("NOT_QUICK"))
    sys.addaudithook(pure.on_audit)
    return pure
