"""Asks a hostile server with the bot's own clients, and prints what each kind of answer cost: a line of JSON for each.

python -m tests.support.hostile_client requests http://127.0.0.1:1234 gzip-bomb endless-body …
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

from bot.clock import SystemClock
from bot.connection.ports import ProviderMetadata
from bot.connection.state import ServiceName
from bot.connection.unknown import Unknown
from bot.encvoy.applications import Applications
from bot.encvoy.authorization import AuthorizationRequest, BotLogin, authorize
from bot.encvoy.client import EncvoyIdClient
from bot.encvoy.discovery import Discovery
from bot.encvoy.login import ManagementToken
from bot.encvoy.probes import Probes
from bot.encvoy.session import ManagementSession
from bot.errors import BadAnswer, UserError
from bot.http import HttpClient
from bot.rocketchat.callback import Callback
from bot.rocketchat.chat import RestChat
from bot.rocketchat.people import PeopleList
from bot.rocketchat.public import ask_callback
from bot.rocketchat.quiet import Quiet
from bot.rocketchat.rest import Rest
from bot.rocketchat.server import ServerFacts
from bot.rocketchat.server_clock import ServerClock
from bot.rocketchat.services import Services
from bot.rocketchat.site import who_answers
from bot.rocketchat.socket import RealtimeClient
from bot.rocketchat.strategy import StrategyReader
from bot.secret import Secret

PATIENCE = 8.0
"""Seconds for one answer, as the bot has. On a busy machine, reading one to its bound takes a few."""
PATIENCE_OF_SILENCE = 2.0
"""Seconds of a websocket that says nothing wrong."""
LONGEST_PAGING = 60.0
SIGNS_OF_LIFE = ("long-frame", "full-frame", "deep-frame", "frame-of-no-text", "endless-nonsense", "endless-continue")
"""Frames that say nothing to us, and nothing wrong."""


def _peak() -> float:
    """The peak memory of this process in megabytes, from the kernel, which starts anew at `exec`."""
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
        await encvoy.only_administrators()


async def by_websocket(url: str) -> None:
    """Rocket.Chat's realtime side: until an error, or until the time limit."""
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
        raise await asyncio.wait_for(
            failed, PATIENCE_OF_SILENCE if url.rpartition("/")[2] in SIGNS_OF_LIFE else PATIENCE
        )
    except TimeoutError:
        return
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        rest.close()


def by_rest(ask: Callable[[Rest], Awaitable[object]]) -> Callable[[str], Awaitable[None]]:
    """One question to Rocket.Chat's REST, as long as it takes on a busy machine."""

    async def asked(url: str) -> None:
        rest = Rest(url, "bot-id", Secret("token"), clock=SystemClock(), limit=LONGEST_PAGING)
        try:
            async with asyncio.timeout(LONGEST_PAGING):
                await ask(rest)
        finally:
            rest.close()

    return asked


async def _accounts(rest: Rest) -> None:
    """Its port raises no errors; its reports are handled as if it did."""
    accounts = await PeopleList(rest, SystemClock()).accounts(lambda *_: None)
    said = accounts.reason if isinstance(accounts, Unknown) else accounts.unread
    if "an unexpected response" in said:
        raise BadAnswer("Rocket.Chat", "users.list", why=said)


async def _synced(rest: Rest) -> None:
    await RestChat(rest)._synced_in_pages("r", datetime.now(UTC))


async def _history(rest: Rest) -> None:
    await RestChat(rest)._history("r", datetime.now(UTC))


def by_wire(ask: Callable[[HttpClient, str], Awaitable[object]]) -> Callable[[str], Awaitable[None]]:
    """One question over aiohttp."""

    async def asked(url: str) -> None:
        async with HttpClient("Rocket.Chat", timeout=PATIENCE) as http:
            await ask(http, url)

    return asked


async def _site(http: HttpClient, url: str) -> None:
    await who_answers(url, http, cast(ServerFacts, None))


async def _callback(http: HttpClient, url: str) -> None:
    await Callback(http, url, SystemClock()).bring_bogus_code(NAME, f"{url}/token")


async def _begins(http: HttpClient, url: str) -> None:
    await StrategyReader(http, url, SystemClock()).begins(NAME)


async def _login(http: HttpClient, url: str) -> None:
    provider = ProviderMetadata(url, f"{url}/auth", f"{url}/token", f"{url}/me", None, f"{url}/jwks")
    request = AuthorizationRequest("main", f"{url}/callback", "openid", "")
    await authorize(http, provider, BotLogin(url, "x", Secret("secret")), request)


async def _applications(url: str) -> None:
    async with HttpClient("Encvoy ID", timeout=LONGEST_PAGING) as http:
        session = ManagementSession(
            http, cast(Discovery, None), BotLogin(url, "x", Secret("secret")), "main", SystemClock()
        )
        session._token = ManagementToken(Secret("token"), math.inf)
        async with asyncio.timeout(LONGEST_PAGING):
            await Applications(session, cast(Probes, None)).applications("https://a.example")


NAME = ServiceName("encvoyid", "Encvoyid")

LISTS: dict[str, Callable[[str], Awaitable[None]]] = {
    "rooms": by_rest(lambda rest: RestChat(rest).direct_rooms()),
    "synced": by_rest(_synced),
    "history": by_rest(_history),
    "missed": by_rest(lambda rest: RestChat(rest).since("r", datetime.now(UTC))),
    "settings": by_rest(lambda rest: Services(rest, Quiet(SystemClock())).listed()),
    "accounts": by_rest(_accounts),
    "applications": _applications,
}
"""Everything that is read page by page, or one by one."""
VISITS: dict[str, Callable[[str], Awaitable[None]]] = {
    "site": by_wire(_site),
    "callback": by_wire(_callback),
    "end-page": by_wire(lambda http, url: ask_callback(http, f"{url}/_oauth/encvoyid")),
    "button": by_wire(_begins),
    "login": by_wire(_login),
}
"""What is visited as a browser does, or without knowing who is there."""
ASK: dict[str, Callable[[str], Awaitable[None]]] = {
    "requests": by_requests,
    "aiohttp": by_aiohttp,
    "websocket": by_websocket,
    **LISTS,
    **VISITS,
}


async def _longest_hold(held: list[float]) -> None:
    """Measures repeatedly for how long the event loop is blocked."""
    while True:
        before = time.monotonic()
        await asyncio.sleep(0.01)
        held.append(time.monotonic() - before - 0.01)


async def main(transport: str, url: str, *kinds: str) -> None:
    """Asks for each kind."""
    for kind in kinds:
        started, held = time.monotonic(), [0.0]
        watch = asyncio.create_task(_longest_hold(held))
        error, text = "", ""
        try:
            await ASK[transport](f"{url}/{kind}")
        except Exception as failure:
            error, text = type(failure).__name__, str(failure)
        took = time.monotonic() - started
        await asyncio.sleep(0)
        watch.cancel()
        cost = {"error": error, "text": text, "took": took, "held": max(held), "peak": _peak()}
        print(json.dumps({"kind": kind, **cost}), flush=True)


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main(*sys.argv[1:]))
