"""The steps of a running operation, and what is shown of them meanwhile."""

from __future__ import annotations

from collections.abc import Callable

from bot.chatops.answer import Mark, Step, render_working
from bot.clock import Clock


class Steps:
    """The `Progress` that handlers get. `show` takes the text of the message and returns at once."""

    def __init__(self, clock: Clock, show: Callable[[str], None]) -> None:
        self._clock = clock
        self._show = show
        self._last = clock.monotonic()
        self._steps: list[Step] = []

    @property
    def done(self) -> tuple[Step, ...]:
        """The lines so far."""
        return tuple(self._steps)

    def begin(self) -> None:
        """The time of the first step counts from here: waiting for others is not part of it."""
        self._last = self._clock.monotonic()

    def step(self, text: str, seconds: float | None = None) -> None:
        """See `Progress.step`."""
        now = self._clock.monotonic()
        self._add(Step(text, now - self._last if seconds is None else seconds))
        self._last = now

    def note(self, text: str) -> None:
        """See `Progress.note`."""
        self._add(Step(text, mark=Mark.NOTE))

    def doing(self, text: str) -> None:
        """See `Progress.doing`."""
        self._show(render_working(self._steps, text))

    def _add(self, step: Step) -> None:
        self._steps.append(step)
        self.doing("working")
