"""The checks: each a pure function from the evidence to a finding, with a name and a source, about one ground.

A check owns one ground, which is the one thing that it tests. If it needs something that could not be seen, because the
ground of another check is broken, it is skipped and says so: one fault makes one check fail.
"""

from __future__ import annotations

import enum
import functools
from collections.abc import Callable
from dataclasses import dataclass

from bot.connection.state import Application, Connection, StoredService
from bot.connection.unknown import Unknown
from bot.doctor.evidence import Evidence

PUT_RIGHT = "`/sso setup` fixes it."
ROTATED = "Both sides have the same one: `/sso rotate` replaces it with a new one."
LEAKED = "That is the previous secret; if it may have leaked, `/sso rotate` then creates a new one."
SETTING_UP = "finish the setup first"


class CheckState(enum.Enum):
    """The result of a check."""

    PASSED = "passed"
    NOTE = "note"
    """Nothing is broken, but people should know."""
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
    """The ground itself could not be seen; `fix` is used if the error has none. A system with a rate limit is not
    broken."""
    if unknown.busy:
        return skipped(unknown.reason)
    return Result(CheckState.FAILED, evidence, unknown.reason, unknown.fix or fix)


def skipped(why: str) -> Result:
    """It was not checked."""
    return Result(CheckState.SKIPPED, why)


def because(unknown: Unknown, otherwise: str) -> Result:
    """It was not checked, because another ground could not be seen: `otherwise` says which, in short."""
    return skipped(unknown.reason if unknown.busy else otherwise)


def noted(evidence: str, fix: str = "") -> Result:
    """Good to know."""
    return Result(CheckState.NOTE, evidence, fix=fix)


def unfinished(evidence: Evidence) -> bool:
    """Whether setting up the connection was never finished, or removing it was not: then it is unknown what of it is
    there."""
    connection = evidence.connection
    return connection is not None and (connection.current is None or connection.absent)


def to_be_set_up(evidence: Evidence, result: Result) -> Result:
    """A failure of something that `setup` creates. If `setup` was never finished, a check of its own says so; then this
    is no failure, because nothing was changed or removed."""
    return skipped(SETTING_UP) if unfinished(evidence) else result


Check = Callable[[Evidence], Result | None]
"""None: the check does not apply (no connection yet)."""


def of_service(check: Callable[[Evidence, Connection, StoredService], Result | None]) -> Check:
    """A check of the stored service: it does not apply without a connection, and is skipped if the service could not be
    read."""

    @functools.wraps(check)
    def checked(evidence: Evidence) -> Result | None:
        if evidence.connection is None:
            return None
        if not isinstance(evidence.stored, StoredService):
            return skipped("the service could not be read")
        return check(evidence, evidence.connection, evidence.stored)

    return checked


def of_application(check: Callable[[Evidence, Connection, Application], Result | None]) -> Check:
    """The same for the application."""

    @functools.wraps(check)
    def checked(evidence: Evidence) -> Result | None:
        if evidence.connection is None:
            return None
        if not isinstance(evidence.application, Application):
            return skipped("the application could not be read")
        return check(evidence, evidence.connection, evidence.application)

    return checked


@dataclass(frozen=True)
class CatalogueEntry:
    """One line of the catalogue."""

    name: str
    source: str
    """The source of the fact behind it."""
    check: Check


class Catalogue:
    """Checks in the order in which they are shown: those that others depend on come first."""

    def __init__(self) -> None:
        self.entries: list[CatalogueEntry] = []

    def check(self, name: str, source: str) -> Callable[[Check], Check]:
        """Adds a function to the catalogue and returns it unchanged."""

        def add(function: Check) -> Check:
            self.entries.append(CatalogueEntry(name, source, function))
            return function

        return add

    def judge(self, evidence: Evidence) -> tuple[Finding, ...]:
        """Every check that applies to this evidence."""
        results = ((entry.name, entry.check(evidence)) for entry in self.entries)
        return tuple(Finding(name, result) for name, result in results if result is not None)
