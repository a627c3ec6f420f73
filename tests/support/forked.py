"""`ssobot run` many times over: each a process of its own, forked from one that has imported everything already.

Starting Python and importing costs a second, a fork a few milliseconds; a matrix of crashes needs a hundred processes.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerProcess
from pathlib import Path

Program = Callable[[Mapping[str, str], str, float], None]
"""What runs in the process: takes the environment, the path of its log and the settle time of its Rocket.Chat."""

_forking = multiprocessing.get_context("forkserver")
_forking.set_forkserver_preload(["tests.support.programs"])


@dataclass
class Forked:
    """One bot, which can be started, killed and started again on the same database."""

    env: Mapping[str, str]
    log: Path
    """Everything that all starts wrote to standard output and error."""
    settle: float
    """Seconds, of its Rocket.Chat; see `tests.support.quick`."""
    process: ForkServerProcess | None = field(default=None, init=False)
    _heard: int = field(default=0, init=False)

    def start(self, program: Program) -> None:
        """Starts it; returns at once."""
        plain = {name: value for name, value in os.environ.items() if not name.startswith("SSOBOT_")}
        self._heard = self._count()
        args = ({**plain, **self.env}, str(self.log), self.settle)
        self.process = _forking.Process(target=program, args=args, daemon=True)
        self.process.start()

    async def kill(self) -> None:
        """`kill -9`; returns when it is dead. For hooks of the stand-ins: their answer then has no receiver."""
        if self.process is not None:
            self.process.kill()
            await self.dead()

    async def stop(self) -> None:
        """SIGTERM; returns when it has ended."""
        if self.process is not None:
            self.process.terminate()
            await self.dead()

    async def dead(self, timeout: float = 30.0) -> None:
        """Returns when the process has ended."""
        async with asyncio.timeout(timeout):
            while True:
                if self.process is None or not self.process.is_alive():
                    return
                await asyncio.sleep(0.005)

    async def listening(self, timeout: float = 20.0) -> None:
        """Returns when it listens; RuntimeError if it ends instead."""
        async with asyncio.timeout(timeout):
            while self._count() <= self._heard:
                if self.process is not None and not self.process.is_alive():
                    raise RuntimeError(f"the bot ended with status {self.process.exitcode}")
                await asyncio.sleep(0.01)

    def _count(self) -> int:
        return self.log.read_text().count('"listening"') if self.log.exists() else 0
