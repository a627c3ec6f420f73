"""What the in-memory adapters of a test share: one clock, one list of all calls, and a script of faults that each call
asks first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from bot.errors import NoAnswer
from tests.support.clocks import ManualClock

Script = Callable[[str], "Exception | None"]
"""Given the name of a call (`write_service before`, `write_service after`), an error to raise, or None."""


def _no_faults(call: str) -> Exception | None:
    return None


@dataclass
class Scripted:
    """Asks the script around each call, and keeps the order of all calls."""

    clock: ManualClock
    script: Script = _no_faults
    calls: list[str] = field(default_factory=list)
    log: list[tuple[float, str]] = field(default_factory=list)
    """Moments at which a secret became live or was switched: `live <secret>`, `switched <secret>`."""

    def before(self, call: str) -> None:
        self.calls.append(call)
        self.clock.seconds += 0.01
        self._ask(f"{call} before")

    def after(self, call: str) -> None:
        self._ask(f"{call} after")

    def _ask(self, moment: str) -> None:
        error = self.script(moment)
        if isinstance(error, NoAnswer):
            self.clock.seconds += 8.0
        if error is not None:
            raise error
