"""Opens one websocket to Rocket.Chat: without redirects, with a time-out, and with a typed error for each failure."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Iterable
from typing import Any

import aiohttp

from bot.clock import Clock, within
from bot.errors import BadAnswer, NoAnswer, Redirected, RemoteError, Unreachable
from bot.rocketchat import remedies
from bot.rocketchat.responses import slow_down
from bot.tls import Trouble, proxy_for, proxy_trouble, trouble

CONNECT_WITHIN = 8.0
"""Seconds for address, TCP, TLS and upgrade together."""
FRAME_AT_MOST = 20 * 1024 * 1024
"""Bytes. A message may hold large attachments, and a frame refused would cut the socket again and again; but no
document of Rocket.Chat's database has more than 16 MB. `bot.rocketchat.ddp` looks at shorter ones only."""
GOODBYE_WITHIN = 0.1
"""Seconds for the server's close frame; nothing depends on it."""

ROUTE = "GET /websocket"


def plain_session(tls: ssl.SSLContext) -> aiohttp.ClientSession:
    """A session for one websocket: without cookies, and no redirect is followed."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(ssl=tls), middlewares=(refuse_redirects,), cookie_jar=aiohttp.DummyCookieJar()
    )


def websocket_url(url: str) -> str:
    """`https://chat.example.org/sub` -> `wss://chat.example.org/sub/websocket` (facts/rocketchat.md §5.1)."""
    scheme, _, rest = url.rstrip("/").partition("://")
    return f"{'wss' if scheme.lower() == 'https' else 'ws'}://{rest}/websocket"


async def open_websocket(session: aiohttp.ClientSession, url: str, clock: Clock) -> aiohttp.ClientWebSocketResponse:
    """The open websocket. Raises Unreachable, NoAnswer, Redirected or BadAnswer, and no other error of the network."""
    opening = session.ws_connect(
        url,
        max_msg_size=FRAME_AT_MOST,
        timeout=aiohttp.ClientWSTimeout(ws_close=GOODBYE_WITHIN),
        autoping=True,
        compress=0,
        decode_text=False,
        proxy=proxy_for(url),
    )
    try:
        return await within(clock, CONNECT_WITHIN, _opened(opening))
    except TimeoutError:
        raise NoAnswer("Rocket.Chat", ROUTE, fix=remedies.REFUSED) from None
    except (aiohttp.ClientError, OSError, ValueError) as failure:
        raise network_error(failure) from None


async def send_frames(websocket: aiohttp.ClientWebSocketResponse, frames: Iterable[str]) -> None:
    """Sends each as a text frame, in order. Errors of aiohttp and OSError if the websocket is closed."""
    for text in frames:
        await websocket.send_str(text)


async def close_websocket(websocket: aiohttp.ClientWebSocketResponse) -> None:
    """Sends a close frame and closes. aiohttp alone would wait while the other side keeps sending."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(GOODBYE_WITHIN):
            await websocket.close()


async def _opened(opening: Any) -> aiohttp.ClientWebSocketResponse:
    websocket: aiohttp.ClientWebSocketResponse = await opening
    return websocket


def network_error(failure: BaseException) -> RemoteError:
    """What an error of aiohttp or of the system means; its text stays out, it may quote an answer."""
    match failure:
        case aiohttp.WSServerHandshakeError(status=429):
            return slow_down(failure.headers or {}, ROUTE)
        case aiohttp.WSServerHandshakeError(status=status):
            return BadAnswer("Rocket.Chat", ROUTE, status=status, fix=remedies.WEBSOCKET)
        case aiohttp.ClientProxyConnectionError() | aiohttp.ClientHttpProxyError():
            return _unreachable(proxy_trouble("Rocket.Chat"))
        case aiohttp.ClientResponseError():
            return BadAnswer("Rocket.Chat", ROUTE, why="The response is not valid HTTP.", fix=remedies.NOT_ROCKETCHAT)
        case aiohttp.ClientConnectorDNSError():
            return Unreachable("Rocket.Chat", ROUTE, code="name-not-found", fix=remedies.REFUSED)
    if found := trouble(failure, "Rocket.Chat"):
        return _unreachable(found)
    return Unreachable("Rocket.Chat", ROUTE, fix=remedies.REFUSED)


def broken(failure: BaseException) -> RemoteError:
    """The same for a websocket that was open: a reset has nothing to do with TLS any more."""
    return closed_again() if isinstance(failure, ConnectionError) else network_error(failure)


def closed_again() -> Unreachable:
    """The other side closed it without an error."""
    return Unreachable(
        "Rocket.Chat",
        "websocket",
        code="closed",
        why="The websocket was opened, and then closed again.",
        fix=remedies.WEBSOCKET,
    )


def _unreachable(found: Trouble) -> Unreachable:
    return Unreachable("Rocket.Chat", ROUTE, why=found.why, fix=found.fix)


async def refuse_redirects(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """A middleware: the token is sent in the first frames, and would go wherever a redirect leads."""
    response = await handler(request)
    if response.status in (301, 302, 303, 307, 308):
        status = response.status
        response.close()
        raise Redirected("Rocket.Chat", ROUTE, status=status, fix=remedies.redirected(""))
    return response
