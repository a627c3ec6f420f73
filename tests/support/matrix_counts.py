"""A plugin: adds up what the tests of a matrix counted, over all workers, and prints it in one line at the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

PROPERTY = "matrix"
Record = Any
"""The fixture `record_property`."""


def count(record_property: Record, matrix: str, counts: Mapping[str, int]) -> None:
    """To be called by a test, once."""
    record_property(PROPERTY, (matrix, dict(counts)))  # a plain one: it comes from another process


class _Plugin:
    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        totals: dict[str, Counter[str]] = {}
        for outcome in ("passed", "failed"):
            for report in terminalreporter.stats.get(outcome, ()):
                for name, value in report.user_properties if report.when == "call" else ():
                    if name == PROPERTY:
                        matrix, counts = value
                        totals.setdefault(matrix, Counter()).update(counts)
        for matrix, counts in sorted(totals.items()):
            terminalreporter.write_line(f"{matrix}: " + ", ".join(f"{n} {what}" for what, n in counts.items()))


def install() -> _Plugin:
    """The plugin, to be registered."""
    return _Plugin()
