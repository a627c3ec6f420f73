"""No answer costs more than 200 MB or hangs the bot, and each bad one is a sentence: real clients, real sockets, each
transport in a process of its own."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support.hostile_server import HANDSHAKES, HTTP, PAGES, WEBSOCKET, hostile_server
from tests.support.subprocesses import ROOT

MEGABYTES = 200
SECONDS = 10.0
"""For a single answer; the clients are given two, and a machine may be busy."""
SECONDS_OF_PAGES = 60.0

KINDS = {"requests": HTTP, "aiohttp": HTTP, "websocket": (*WEBSOCKET, *HANDSHAKES), "paging": PAGES}
CASES = [(transport, kind) for transport, kinds in KINDS.items() for kind in kinds]

WITHOUT_END = {*(kind for kind in HTTP if kind.startswith("endless-")), "body-of-a-lying-length"}
"""Bound or time-out, whichever comes first: a matter of speed."""
NOTHING_WRONG = {
    "requests": {"wide-characters"},
    "aiohttp": {"wide-characters"},
    # A frame that says nothing to us is a sign of life; the rest is up to the protocol's patience.
    "websocket": {"long-frame", "full-frame", "deep-frame", "frame-of-no-text", "endless-nonsense", "endless-continue"},
}


class Cost(NamedTuple):
    """What one kind of answer cost."""

    error: str
    text: str
    took: float
    """Seconds."""
    peak: float
    """Megabytes, of everything so far."""


@pytest.fixture(scope="module")
def costs() -> dict[tuple[str, str], Cost]:
    if not Path("/proc/self/status").exists():
        pytest.skip("the kernel does not say what a process has used")
    return asyncio.run(_measured())


async def _measured() -> dict[tuple[str, str], Cost]:
    async with hostile_server() as url:
        by_transport = await asyncio.gather(*(_asked(transport, url) for transport in KINDS))
    return {case: cost for costs in by_transport for case, cost in costs.items()}


async def _asked(transport: str, url: str) -> dict[tuple[str, str], Cost]:
    words = (sys.executable, "-m", "tests.support.hostile_client", transport, url, *KINDS[transport])
    process = await asyncio.create_subprocess_exec(*words, cwd=ROOT, stdout=subprocess.PIPE)
    said = (await process.communicate())[0].decode()
    lines = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    return {(transport, line.pop("kind")): Cost(**line) for line in lines}


@pytest.mark.timeout(400)
@pytest.mark.parametrize(("transport", "kind"), CASES)
def test_a_hostile_answer_is_bounded(transport: str, kind: str, costs: dict[tuple[str, str], Cost]) -> None:
    cost = costs[transport, kind]
    assert cost.peak < MEGABYTES
    assert cost.took < (SECONDS_OF_PAGES if transport == "paging" else SECONDS)
    if kind in NOTHING_WRONG.get(transport, ()):
        assert cost.error == ""
    elif kind in WITHOUT_END and transport != "websocket":
        assert cost.error in ("NoAnswer", "BadAnswer")
    else:
        assert cost.error == "BadAnswer"
        assert "not its own answer" in cost.text
