"""A few of the doctor's checks, for the simulation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bot.connection.lost_key import Locked
from bot.connection.state import Application, Connection
from bot.doctor.checks import CheckState, Finding, Result
from bot.doctor.verdict import Verdict
from bot.errors import RemoteError


@dataclass(frozen=True)
class Doctor:
    """A few of the doctor's checks, on the ports: the real one asks routes that have no in-memory adapter."""

    rocketchat: Any
    encvoy: Any

    async def __call__(self, connection: Connection | Locked | None) -> Verdict:
        """See `bot.doctor.verdict.judge`."""
        if connection is None or isinstance(connection, Locked) or connection.current is None:
            skipped = Result(CheckState.FAILED, "it is not finished", "Something is missing.", "`/sso setup` fixes it.")
            return Verdict((Finding("Setting up", skipped),))
        name, secret = connection.name, connection.secret
        try:
            stored = await self.rocketchat.stored(name)
            application = await self.encvoy.application(connection.client_id or "")
        except RemoteError as error:
            down = Result(CheckState.FAILED, "it does not answer", error.what, "Check that it is running.")
            return Verdict((Finding("Rocket.Chat responds", down),))
        held = stored is not None and stored.secret == secret
        accepted = isinstance(application, Application) and application.secret == secret
        return Verdict(
            (
                _finding("Application", application is not None),
                _finding("Secret accepted", accepted),
                _finding("Service", stored is not None),
                _finding("Service's secret", held),
            )
        )


def _finding(check: str, holds: bool) -> Finding:
    if holds:
        return Finding(check, Result(CheckState.PASSED, "it is as needed"))
    return Finding(
        check, Result(CheckState.FAILED, "it is not as needed", "Somebody changed it.", "`/sso setup` fixes it.")
    )
