"""What one examination saw, as the watch of the scheduled tests needs it: small enough to be stored. Data only."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class FailedCheck:
    """One check that failed."""

    check: str
    line: str
    """With its cause and its fix, as `bot.doctor.verdict.Verdict.wrong` gives it."""
    rank: int
    """Its place in the order of the catalogues, from 0: a smaller one is worse, because others depend on it."""


@dataclass(frozen=True)
class SeenVersions:
    """The versions of both systems as texts (`8.8.0`); None: not known."""

    rocketchat: str | None = None
    encvoy: str | None = None

    def or_else(self, other: SeenVersions) -> SeenVersions:
        """These, and the other ones where these are not known."""
        return SeenVersions(self.rocketchat or other.rocketchat, self.encvoy or other.encvoy)


NOT_KNOWN = SeenVersions()


@dataclass(frozen=True)
class Sight:
    """What one examination saw."""

    failures: tuple[FailedCheck, ...] = ()
    """In the order of the catalogues; the first one is the cause that people are told."""
    unchecked: tuple[str, ...] = ()
    """The names of the checks that could not be made."""
    versions: SeenVersions = NOT_KNOWN
    without_object: tuple[str, ...] = ()
    """The names of the checks of a connection, if there is none."""

    @property
    def failed(self) -> bool:
        """Whether something is broken."""
        return bool(self.failures)
