"""Asks a hostile server with the bot's own clients, and says what each kind of answer cost: a line of JSON for each.

python -m tests.support.hostile_client requests http://127.0.0.1:1234 gzip-bomb endless-body …
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

from bot.clock import SystemClock
from bot.encvoy.client import EncvoyIdClient
from bot.errors import UserError
from bot.rocketchat.chat import RestChat
from bot.rocketchat.quiet import Quiet
from bot.rocketchat.rest import Rest
from bot.rocketchat.server_clock import ServerClock
from bot.rocketchat.services import Services
from bot.rocketchat.socket import RealtimeClient
from bot.secret import Secret

PATIENCE = 2.0
"""Seconds for one answer."""
LONGEST_PAGING = 60.0


def _peak() -> float:
    """Megabytes that this process has ever held at once; by the kernel, which forgets what was before `exec`."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


async def by_requests(url: str) -> None:
    """Rocket.Chat's REST."""
    rest = Rest(url, "bot-id", Secret("token"), clock=SystemClock(), limit=PATIENCE)
    try:
        await rest.get("settings.oauth")
    finally:
        rest.close()


async def by_aiohttp(url: str) -> None:
    """Encvoy ID."""
    made = EncvoyIdClient(
        url, client_id="main", login="x", password=Secret("secret"), clock=SystemClock(), timeout=PATIENCE
    )
    async with made as encvoy:
        await encvoy.registration_policy()


async def by_websocket(url: str) -> None:
    """Rocket.Chat's realtime side: until something is wrong, or for as long as patience lasts."""
    failed: asyncio.Future[UserError] = asyncio.get_running_loop().create_future()

    async def unknown() -> None:
        return None

    rest = Rest(url, "bot-id", Secret("token"), clock=SystemClock(), limit=PATIENCE)

    realtime = RealtimeClient(
        url,
        "bot-id",
        Secret("token"),
        SystemClock(),
        RestChat(rest),
        time=ServerClock(SystemClock(), unknown),
        on_state=lambda state: None if state.error is None or failed.done() else failed.set_result(state.error),
    )
    running = asyncio.create_task(realtime.run())
    try:
        raise await asyncio.wait_for(failed, PATIENCE)
    except TimeoutError:
        return
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        rest.close()


async def by_paging(url: str) -> None:
    """Every list that is read page by page; the first that raises."""
    rest = Rest(url, "bot-id", Secret("token"), clock=SystemClock(), limit=PATIENCE)
    chat = RestChat(rest)
    try:
        async with asyncio.timeout(LONGEST_PAGING):
            await chat.direct_rooms()
            await chat._synced_in_pages("r", datetime.now(UTC))
            await chat._history("r", datetime.now(UTC))
            await Services(rest, Quiet(SystemClock())).listed()
    finally:
        rest.close()


ASK: dict[str, Callable[[str], Awaitable[None]]] = {
    "requests": by_requests,
    "aiohttp": by_aiohttp,
    "websocket": by_websocket,
    "paging": by_paging,
}


async def main(transport: str, url: str, *kinds: str) -> None:
    """Asks for each kind."""
    for kind in kinds:
        started = time.monotonic()
        error, text = "", ""
        try:
            await ASK[transport](f"{url}/{kind}")
        except Exception as failure:
            error, text = type(failure).__name__, str(failure)
        took = time.monotonic() - started
        print(json.dumps({"kind": kind, "error": error, "text": text, "took": took, "peak": _peak()}), flush=True)


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main(*sys.argv[1:]))
