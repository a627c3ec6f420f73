"""No answer costs more than 200 MB, nor do many that belong together; none hangs the bot or holds up its loop, and each
bad one is a sentence: real clients, real sockets, each transport in a process of its own."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support.hostile_client import LISTS, SIGNS_OF_LIFE, VISITS
from tests.support.hostile_server import (
    DOCUMENTS,
    FLOODS_OF_NOTHING,
    FULL_PAGES,
    HANDSHAKES,
    HTTP,
    PAGES,
    SETTINGS,
    WEB_PAGES,
    WEBSOCKET,
    hostile_server,
)
from tests.support.subprocesses import ROOT

MEGABYTES = 200
SECONDS = 15.0
"""For a single answer; the clients are given eight, and a machine may be busy."""
SECONDS_OF_PAGES = 60.0
HELD_AT_MOST = 1.0
"""Seconds in which nothing else has its turn. The worst took 0.3 while nobody else worked on the machine."""
AT_ONCE = 4
"""Processes."""

KINDS = {"requests": HTTP, "aiohttp": HTTP, "websocket": (*WEBSOCKET, *HANDSHAKES)}
KINDS |= dict.fromkeys(LISTS, (*PAGES, *FULL_PAGES))
KINDS["settings"] += SETTINGS
ANYTHING = ("gzip-bomb", "endless-body")
KINDS |= dict.fromkeys(VISITS, (*ANYTHING, *DOCUMENTS, *WEB_PAGES))
CASES = [(transport, kind) for transport, kinds in KINDS.items() for kind in kinds]

WITHOUT_END = {*(kind for kind in HTTP if kind.startswith("endless-")), "body-of-a-lying-length"}
"""Bound or time-out, whichever comes first: a matter of speed."""
NOTHING_WRONG = {
    "requests": {"wide-characters"},
    "aiohttp": {"wide-characters"},
    # A frame that says nothing to us is a sign of life; the rest is up to the protocol's patience.
    "websocket": {
        *SIGNS_OF_LIFE,
        *FLOODS_OF_NOTHING,
    },
    # An end that is only a number is ours; a list that shows nobody new is at its end.
    **{transport: set(PAGES) for transport in ("rooms", "synced", "applications")},
    # What was missed is found as far as it goes, the newest first.
    **{transport: {*PAGES, *FULL_PAGES} for transport in ("history", "missed")},
    "accounts": {*PAGES, "pages-of-many"},
    # Whoever is there may be anybody.
    **{transport: {*ANYTHING, *DOCUMENTS, *WEB_PAGES} for transport in ("site", "callback")},
    **{transport: {*DOCUMENTS, *WEB_PAGES} for transport in ("end-page", "button")},
}
REFUSED = {"login": {*DOCUMENTS, *WEB_PAGES}}
"""A page of Encvoy ID's that nobody knows."""


class Cost(NamedTuple):
    """What one kind of answer cost."""

    error: str
    text: str
    took: float
    """Seconds."""
    held: float
    """The longest time for which the loop did nothing else, in seconds."""
    peak: float
    """Megabytes, of everything so far."""


@pytest.fixture(scope="module")
def costs() -> dict[tuple[str, str], Cost]:
    if not Path("/proc/self/status").exists():
        pytest.skip("the kernel does not say what a process has used")
    return asyncio.run(_measured())


async def _measured() -> dict[tuple[str, str], Cost]:
    turns = asyncio.Semaphore(AT_ONCE)
    async with hostile_server() as url:
        by_transport = await asyncio.gather(*(_asked(transport, url, turns) for transport in KINDS))
    return {case: cost for costs in by_transport for case, cost in costs.items()}


async def _asked(transport: str, url: str, turns: asyncio.Semaphore) -> dict[tuple[str, str], Cost]:
    words = (sys.executable, "-m", "tests.support.hostile_client", transport, url, *KINDS[transport])
    async with turns:
        process = await asyncio.create_subprocess_exec(*words, cwd=ROOT, stdout=subprocess.PIPE)
        said = (await process.communicate())[0].decode()
    lines = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    return {(transport, line.pop("kind")): Cost(**line) for line in lines}


@pytest.mark.timeout(400)
@pytest.mark.parametrize(("transport", "kind"), CASES)
def test_a_hostile_answer_is_bounded(transport: str, kind: str, costs: dict[tuple[str, str], Cost]) -> None:
    cost = costs[transport, kind]
    assert cost.peak < MEGABYTES
    assert cost.held < HELD_AT_MOST
    assert cost.took < (SECONDS_OF_PAGES if transport in LISTS else SECONDS)
    if kind in NOTHING_WRONG.get(transport, ()):
        assert cost.error == ""
    elif kind in REFUSED.get(transport, ()):
        assert cost.error == "LoginRefused"
    elif kind in WITHOUT_END and transport != "websocket":
        assert cost.error in ("NoAnswer", "BadAnswer")
    else:
        assert cost.error == "BadAnswer"
        assert "sent an unexpected response" in cost.text
    if kind in FULL_PAGES and cost.error:
        assert "The pages of this list" in cost.text or "The applications that it names" in cost.text
