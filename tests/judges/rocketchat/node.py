"""The scripts `rocketchat_*.mjs`: bundled once, run by Node, and led by orders.

Node cannot import `@rocket.chat/rest-typings` as it is (facts/rocketchat.md §13), so esbuild makes one file of each
script and the packages it uses. What was bundled is kept until a script or a package changes.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import hashlib
import json
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.needs import JUDGES

CACHE = JUDGES / "node_modules" / ".cache" / "ssobot"
PAGE_PARSER = JUDGES.parent.parent / "sandbox" / "rocketchat" / "web" / "files" / "parser.js"
"""Bundled too: it is judged beside the vendor's."""
PATIENCE = 20.0
"""Seconds that one order may take."""
LONGEST_LINE = 4 * 1024 * 1024
_REQUIRE = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);"
"""Packages of CommonJS ask for it, and a module has none."""


@functools.cache
def bundled(script: str) -> Path:
    """The file to be run for `rocketchat_<script>.mjs`."""
    return _bundles() / f"rocketchat_{script}.mjs"


@functools.cache
def _bundles() -> Path:
    scripts = sorted(JUDGES.glob("rocketchat_*.mjs"))
    sources = [JUDGES / "package-lock.json", PAGE_PARSER, *scripts]
    digest = hashlib.sha256(b"\0".join(source.read_bytes() for source in sources)).hexdigest()
    folder = CACHE / digest[:16]
    if not folder.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(dir=CACHE))
        out = (f"--outdir={fresh}", "--out-extension:.js=.mjs")
        _esbuild(*scripts, *out, "--platform=node", f"--banner:js={_REQUIRE}")
        try:
            fresh.rename(folder)
        except OSError:  # another worker of the same run was faster
            shutil.rmtree(fresh)
    return folder


def _esbuild(*words: Path | str) -> str:
    """What it writes to standard output."""
    program = (JUDGES / "node_modules" / ".bin" / "esbuild", "--bundle", "--format=esm", "--log-level=warning")
    return subprocess.run([*program, *words], check=True, stdout=subprocess.PIPE, encoding="utf-8").stdout


class OrderFailed(Exception):
    """The client did not do it; `error` is what it threw, as JSON."""

    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(json.dumps(error))
        self.error = error


@dataclass(frozen=True)
class Official:
    """One of the official clients, in a process of its own."""

    process: asyncio.subprocess.Process

    async def do(self, order: str, *values: object) -> Any:
        """Has the client do something; what came of it. OrderFailed, and TimeoutError after `PATIENCE`."""
        reader, writer = self.process.stdout, self.process.stdin
        assert reader is not None
        assert writer is not None
        async with asyncio.timeout(PATIENCE):
            writer.write(json.dumps([order, *values]).encode() + b"\n")
            await writer.drain()
            outcome = json.loads(await reader.readline())
        if "error" in outcome:
            raise OrderFailed(outcome["error"])
        return outcome["value"]


@contextlib.asynccontextmanager
async def official(script: str) -> AsyncIterator[Official]:
    """The client of that script, until the block is left."""
    process = await asyncio.create_subprocess_exec(
        "node", bundled(script), stdin=subprocess.PIPE, stdout=subprocess.PIPE, limit=LONGEST_LINE
    )
    try:
        yield Official(process)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.communicate()
