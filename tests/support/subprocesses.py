"""`ssobot` as another program starts it: a process with an environment, a first line, and an exit status."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.judges.rocketchat import recording
from tests.support.secrets_watch import learn_introduction

ROOT = Path(__file__).parent.parent.parent
READY_WITHIN = 20.0
ENDS_WITHIN = 10.0


@dataclass
class Program:
    """One that runs. Standard output and error both go to `log`, so that nothing ever blocks on a full pipe."""

    process: asyncio.subprocess.Process
    log: Path

    async def introduction(self) -> dict[str, Any]:
        """The JSON object of its first line; JSONDecodeError if it is something else."""
        text = await self.said("\n")
        first: dict[str, Any] = json.loads(text.partition("\n")[0])
        learn_introduction(first)
        return first

    async def said(self, words: str) -> str:
        """Everything it has written, as soon as `words` are among it; RuntimeError if it ends before."""
        async with asyncio.timeout(READY_WITHIN):
            while words not in (text := self.log.read_text()):
                if self.process.returncode is not None:
                    raise RuntimeError(f"it ended with status {self.process.returncode} before it said {words!r}")
                await asyncio.sleep(0.02)
        return text

    async def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Sends the signal, and returns the exit status."""
        if self.process.returncode is None:
            self.process.send_signal(number)
        async with asyncio.timeout(ENDS_WITHIN):
            return await self.process.wait()


@contextlib.asynccontextmanager
async def ssobot(folder: Path, *words: str, env: Mapping[str, str] | None = None) -> AsyncIterator[Program]:
    """Runs `ssobot <words>` in `folder`, with these SSOBOT_ variables and no others, until the block is left. A sandbox
    is recorded for the judges."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("SSOBOT_")}
    module = "bot"
    if recording.is_installed() and words[0] == "sandbox":
        module, plain["PYTHONPATH"] = "tests.judges.rocketchat.program", str(ROOT)
    log = folder / f"{'-'.join(word for word in words if word.isalpha())}.log"
    command = (sys.executable, "-m", module, *words)
    async with running(command, log, cwd=folder, env={**plain, **(env or {})}) as program:
        yield program


@contextlib.asynccontextmanager
async def running(command: Sequence[str], log: Path, *, cwd: Path, env: Mapping[str, str]) -> AsyncIterator[Program]:
    """Runs a command with exactly this environment, until the block is left."""
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(*command, cwd=cwd, env=env, stdout=output, stderr=output)
    program = Program(process, log)
    try:
        yield program
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
