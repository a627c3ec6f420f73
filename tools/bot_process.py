"""`ssobot run` as a program of its own, on the stand-ins of a stage."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass
class BotProcess:
    """The bot as a program of its own."""

    env: dict[str, str]
    folder: Path
    process: asyncio.subprocess.Process | None = None
    starts: int = 0

    @property
    def log(self) -> Path:
        """Everything that all starts wrote to standard error and output."""
        return self.folder / "bot.log"

    async def start(self, ready: bool = True, timeout: float = 20.0) -> None:
        """Starts it, and waits until it listens."""
        plain = {name: value for name, value in os.environ.items() if not name.startswith("SSOBOT_")}
        seen = self._listening()
        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "bot", "run",
                env={**plain, "PYTHONPATH": str(Path.cwd()), **self.env}, cwd=self.folder, stdout=log, stderr=log,
            )  # fmt: skip
        self.starts += 1
        async with asyncio.timeout(timeout):
            while ready and self._listening() <= seen:
                if self.process.returncode is not None:
                    raise RuntimeError(f"the bot ended with status {self.process.returncode}")
                await asyncio.sleep(0.02)

    def kill(self) -> None:
        """`kill -9`, at once; may be called from a hook of a stand-in."""
        if self.process is not None and self.process.returncode is None:
            self.process.kill()

    async def killed(self) -> None:
        """Returns when it is dead."""
        if self.process is not None:
            await self.process.wait()

    async def stop(self) -> int:
        """SIGTERM, and the exit status."""
        if self.process is None:
            return 0
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)
        return await self.process.wait()

    def _listening(self) -> int:
        return self.log.read_text().count('"listening"') if self.log.exists() else 0
