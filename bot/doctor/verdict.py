"""The findings of one examination, as people read them. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from bot.doctor.checks import CheckState, Finding
from bot.doctor.checks.application import catalogue as application
from bot.doctor.checks.bot import catalogue as bot
from bot.doctor.checks.button import catalogue as button
from bot.doctor.checks.connection import catalogue as joint
from bot.doctor.checks.finished import catalogue as finished
from bot.doctor.checks.machine import catalogue as place
from bot.doctor.checks.notes import catalogue as notes
from bot.doctor.checks.reports import catalogue as reports
from bot.doctor.checks.service import catalogue as service
from bot.doctor.checks.systems import catalogue as systems
from bot.doctor.checks.unmanaged import catalogue as foreign
from bot.doctor.evidence import Evidence
from bot.doctor.sight import NOT_KNOWN, FailedCheck, SeenVersions, Sight
from bot.doctor.terminal import at_terminal

OF_A_CONNECTION = (finished, application, service, joint)
"""Checks that need a connection."""
CATALOGUES = (place, systems, bot, *OF_A_CONNECTION, button, foreign, reports, notes)
"""Every check, in the order in which they are read."""

_MARKS = {
    CheckState.PASSED: "✓",
    CheckState.NOTE: "•",
    CheckState.FAILED: "✗ failed:",
    CheckState.SKIPPED: "– not checked:",
}


LISTED = "`/sso test --all` lists them."
"""Where everything is told that is one line here."""


@dataclass(frozen=True)
class Verdict:
    """What all checks said."""

    findings: tuple[Finding, ...]
    connected: bool = True
    """Whether there was a connection to check."""

    @property
    def failed(self) -> bool:
        """Whether something is broken."""
        return any(finding.result.state is CheckState.FAILED for finding in self.findings)

    def of(self, state: CheckState) -> tuple[Finding, ...]:
        """The findings of one state."""
        return tuple(finding for finding in self.findings if finding.result.state is state)

    def headline(self) -> str:
        """`✗ 2 checks failed.` or `✓ No check failed.`"""
        number = len(self.of(CheckState.FAILED))
        return f"✗ {_checks(number)} failed." if number else "✓ No check failed."

    def wrong(self) -> tuple[str, ...]:
        """One line for each check that failed, with cause and fix."""
        return tuple(_line(finding) for finding in self.of(CheckState.FAILED))

    def others(self) -> tuple[str, ...]:
        """What to note, what was not checked and why, and one line for all that passed."""
        return (
            *(_line(finding) for finding in self.of(CheckState.NOTE)),
            *self._unseen(),
            f"{self.summary()}; {LISTED}",
        )

    def fixes(self) -> tuple[str, ...]:
        """The fix of each failed check."""
        return tuple(finding.result.fix for finding in self.of(CheckState.FAILED))

    def lines(self, *, terminal: bool = False) -> tuple[str, ...]:
        """One line for each check, failures with cause and fix, and the count."""
        return (*(_line(finding, terminal) for finding in self.findings), self.summary(full=True))

    def summary(self, *, full: bool = False) -> str:
        """For example `✓ 19 checks passed, 1 not checked`; in full also what failed."""
        counts = [f"{_checks(len(self.of(CheckState.PASSED)))} passed"]
        told = ((CheckState.FAILED, "failed"), (CheckState.NOTE, "to note"), (CheckState.SKIPPED, "not checked"))
        for state, word in told if full else told[2:]:
            if found := self.of(state):
                counts.append(f"{len(found)} {word}")
        return f"{'✗' if full and self.failed else '✓'} {', '.join(counts)}"

    def _unseen(self) -> list[str]:
        """What was not checked, together for each reason."""
        by_reason: dict[str, list[str]] = {}
        for finding in self.of(CheckState.SKIPPED):
            by_reason.setdefault(finding.result.evidence, []).append(finding.check)
        return [f"– not checked: {', '.join(checks)} ({reason})" for reason, checks in by_reason.items()]


def _checks(number: int) -> str:
    return "1 check" if number == 1 else f"{number} checks"


def judge(evidence: Evidence) -> Verdict:
    """Runs every check of the catalogue."""
    findings = tuple(finding for catalogue in CATALOGUES for finding in catalogue.judge(evidence))
    return Verdict(findings, connected=evidence.connection is not None)


def sight_of(verdict: Verdict, versions: SeenVersions = NOT_KNOWN) -> Sight:
    """What the watch of the scheduled tests needs of a verdict. A check that is in no catalogue ranks last."""
    names = [entry.name for catalogue in CATALOGUES for entry in catalogue.entries]
    ranks = {name: rank for rank, name in enumerate(names)}
    failures = tuple(
        FailedCheck(finding.check, line, ranks.get(finding.check, len(names)))
        for finding, line in zip(verdict.of(CheckState.FAILED), verdict.wrong(), strict=True)
    )
    unchecked = tuple(finding.check for finding in verdict.of(CheckState.SKIPPED))
    of_a_connection = (entry.name for catalogue in OF_A_CONNECTION for entry in catalogue.entries)
    return Sight(failures, unchecked, versions, () if verdict.connected else tuple(of_a_connection))


def _line(finding: Finding, terminal: bool = False) -> str:
    result = finding.result
    line = f"{_MARKS[result.state]} {finding.check}: {result.evidence}"
    if result.cause:
        line += f"\n    Why: {result.cause}"
    if result.fix:
        line += f"\n    Fix: {at_terminal(result.fix) if terminal else result.fix}"
    return line
