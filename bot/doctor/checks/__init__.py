"""The checks: each a pure function from the evidence to a finding, with a name, one ground to stand on, and its source.

A check owns one ground. Where what it needs could not be seen, because another check's ground is broken, it is skipped
and says so: one broken thing turns one check.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass

from bot.connection.state import Unknown
from bot.doctor.evidence import Evidence

PUT_RIGHT = "`/sso setup` fixes it."
ROTATED = "Both sides have the same one: `/sso rotate` replaces it with a new one."
LEAKED = "That is the previous secret; if it may have leaked, `/sso rotate` then creates a new one."
SETTING_UP = "finish the setup first"


class CheckState(enum.Enum):
    """What a check came to."""

    PASSED = "passed"
    NOTE = "note"
    """Nothing is broken, and somebody should know."""
    FAILED = "failed"
    SKIPPED = "skipped"
    """Its ground could not be seen."""


@dataclass(frozen=True)
class Result:
    """What a check says: what was seen and, where it failed, why that matters and what fixes it."""

    state: CheckState
    evidence: str
    cause: str = ""
    fix: str = ""


@dataclass(frozen=True)
class Finding:
    """A result, with the name of its check."""

    check: str
    result: Result


def passed(evidence: str) -> Result:
    """The ground holds."""
    return Result(CheckState.PASSED, evidence)


def failed(evidence: str, cause: str, fix: str) -> Result:
    """The ground is broken."""
    return Result(CheckState.FAILED, evidence, cause, fix)


def unseen(evidence: str, unknown: Unknown, fix: str) -> Result:
    """The ground itself could not be seen; `fix` where whoever asked does not know a better one. A system that was
    only asked too often is not broken."""
    if unknown.busy:
        return skipped(unknown.reason)
    return Result(CheckState.FAILED, evidence, unknown.reason, unknown.fix or fix)


def skipped(why: str) -> Result:
    """It could not be looked at."""
    return Result(CheckState.SKIPPED, why)


def because(unknown: Unknown, otherwise: str) -> Result:
    """It could not be looked at, because another ground could not be seen: `otherwise` says which, in short."""
    return skipped(unknown.reason if unknown.busy else otherwise)


def noted(evidence: str, fix: str = "") -> Result:
    """Good to know."""
    return Result(CheckState.NOTE, evidence, fix=fix)


def unfinished(evidence: Evidence) -> bool:
    """Whether the connection was never set up to its end: then nobody can say what was written of it."""
    return evidence.connection is not None and evidence.connection.current is None


def to_be_set_up(evidence: Evidence, result: Result) -> Result:
    """A failure of what `setup` makes: of a connection that it has not come to the end of, a check of its own tells
    that, and nothing here was changed or removed."""
    return skipped(SETTING_UP) if unfinished(evidence) else result


Check = Callable[[Evidence], Result | None]
"""None: the check does not concern what is there (no connection yet)."""


@dataclass(frozen=True)
class CatalogueEntry:
    """One line of the catalogue."""

    name: str
    source: str
    """Where the fact behind it is written."""
    check: Check


class Catalogue:
    """Checks in the order in which they are read: what others stand on comes first."""

    def __init__(self) -> None:
        self.entries: list[CatalogueEntry] = []

    def check(self, name: str, source: str) -> Callable[[Check], Check]:
        """Adds a function to the catalogue and returns it unchanged."""

        def add(function: Check) -> Check:
            self.entries.append(CatalogueEntry(name, source, function))
            return function

        return add

    def judge(self, evidence: Evidence) -> tuple[Finding, ...]:
        """Every check that concerns this evidence."""
        results = ((entry.name, entry.check(evidence)) for entry in self.entries)
        return tuple(Finding(name, result) for name, result in results if result is not None)
