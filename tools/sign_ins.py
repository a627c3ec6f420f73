"""People who come back from Encvoy ID to Rocket.Chat at a steady rate, each with a code of their own.

Only the way back is played: what came before it is not what an exchange of the secret can break. So the codes are put
into the stand-in of Encvoy ID, and brought to Rocket.Chat's callback as a browser brings them.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import secrets
from collections.abc import AsyncIterator
from urllib.parse import quote

import aiohttp
import yarl

from sandbox.encvoy.grants import CODE_TTL, Credential, Grant, Session
from sandbox.encvoy.standin import EncvoyStandIn
from sandbox.stage import Stage

SCOPE = "openid profile email"
TOKEN_PATH = "/oidc/token"
REFUSED = 401
"""What Encvoy ID answers where Rocket.Chat shows it another secret than its own (facts/encvoy-id.md §9)."""


def issue_code(encvoy: EncvoyStandIn, client_id: str, redirect_uri: str) -> str:
    """A code of somebody who has just signed in and consented."""
    vault, person = encvoy.state.vault, encvoy.person("person")
    now = vault.now()
    session = Session(person.id, now + CODE_TTL)
    grant = Grant(client_id, person.id, now + CODE_TTL)
    vault.sessions[session.uid], vault.grants[grant.id] = session, grant
    details = {"redirect_uri": redirect_uri, "auth_time": int(now)}
    return vault.keep(
        Credential("code", client_id, person.id, grant.id, session.uid, SCOPE, now, now + CODE_TTL, details)
    ).value


@contextlib.asynccontextmanager
async def signing_in(play: Stage, per_second: float, service: str = "encvoyid") -> AsyncIterator[None]:
    """While the block runs, so many people a second come back."""
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        coming = asyncio.create_task(_come(play, session, per_second, service))
        try:
            yield
        finally:
            coming.cancel()
            await asyncio.gather(coming, return_exceptions=True)


def refused(play: Stage) -> int:
    """How many were turned away so far, because the two sides held different secrets."""
    return sum(entry.status == REFUSED for entry in play.encvoy.ledger.requests("POST", TOKEN_PATH))


def came(play: Stage) -> int:
    """How many came back so far and were let in."""
    return sum(entry.status == 200 for entry in play.encvoy.ledger.requests("GET", "/oidc/me"))


async def _come(play: Stage, session: aiohttp.ClientSession, per_second: float, service: str) -> None:
    loop, under_way = asyncio.get_running_loop(), set[asyncio.Task[None]]()
    due = loop.time()
    try:
        while True:
            due += 1 / per_second
            await asyncio.sleep(due - loop.time())
            task = asyncio.create_task(_come_back(play, session, service))
            under_way.add(task)
            task.add_done_callback(under_way.discard)
    finally:
        await asyncio.gather(*under_way, return_exceptions=True)


async def _come_back(play: Stage, session: aiohttp.ClientSession, service: str) -> None:
    live = play.rocketchat.login_services.get(service)
    if live is None:
        return
    redirect_uri = f"{play.rocketchat.url}/_oauth/{service}"
    code = issue_code(play.encvoy, live.fields["clientId"], redirect_uri)
    state = {"loginStyle": "popup", "credentialToken": secrets.token_urlsafe(32), "isCordova": False}
    packed = base64.b64encode(json.dumps(state).encode()).decode()
    url = yarl.URL(f"{redirect_uri}?code={code}&state={quote(packed, safe='')}", encoded=True)
    async with session.get(url) as response:
        await response.read()
