"""One HTTP request over aiohttp: bounded in time and size, no redirect followed, failures as typed errors.

`bot.rocketchat.responses` and `bot.encvoy.responses` interpret the status, this module does not. The errors of aiohttp
can hold addresses with queries, so none of them is chained to the error that is raised.
"""

from __future__ import annotations

import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
import yarl

from bot.bounds import CHUNK, ENCODINGS, MAX_BODY, Intake, Unreadable, too_long, unpacked, values_in
from bot.errors import BadAnswer, NoAnswer, RemoteError, System, Unreachable, look_there, took_too_long
from bot.tls import Trouble, client_context, proxy_for, proxy_trouble, trouble

CONNECT_SECONDS = 3.0
TOTAL_SECONDS = 8.0
"""From the first byte sent to the last one read. Encvoy ID never answers some wrong requests (facts/encvoy-id.md
§5)."""
KEEP_ALIVE_SECONDS = 4.0
"""How long an idle connection is kept: longer than Rocket.Chat's settle time, shorter than the five seconds after which
Node closes one. If a POST met the close, nobody could tell whether it was carried out."""
BeforeWrite = Callable[[float], Awaitable[None]]
"""Awaited just before a request that is no GET, with the seconds that it may take. It returns when the request may be
sent; where it may not be sent any more, it never does."""


async def at_once(_seconds: float) -> None:
    """Nobody else writes."""


USER_AGENT = "ssobot"
"""What Encvoy ID writes into its log as the device of a login."""


@dataclass(frozen=True, repr=False)
class HttpResponse:
    """A response, not interpreted. Its repr shows the status only: headers and body may hold secrets."""

    status: int
    headers: Mapping[str, str]
    """Case-insensitive."""
    body: bytes

    def __repr__(self) -> str:
        return f"HttpResponse({self.status})"

    @property
    def location(self) -> str:
        """The target of a redirect; empty if there is none."""
        return self.headers.get("Location", "") if 300 <= self.status < 400 else ""

    @property
    def text(self) -> str:
        """The body as text; bytes that are not UTF-8 are replaced."""
        return self.body.decode("utf-8", "replace")


class HttpClient:
    """The connections to one system. Use as `async with`, or call `close`."""

    def __init__(
        self,
        system: System,
        *,
        timeout: float = TOTAL_SECONDS,
        tls: ssl.SSLContext | None = None,
        before_write: BeforeWrite = at_once,
    ) -> None:
        """`timeout` is in seconds, for a whole request; `tls` is set if more than the system's authorities are
        trusted."""
        self.system: System = system
        self._before_write = before_write
        self._timeout = aiohttp.ClientTimeout(total=timeout, sock_connect=min(CONNECT_SECONDS, timeout))
        self._tls = tls
        self._connector: aiohttp.TCPConnector | None = None
        self._plain: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> HttpClient:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Closes every connection; does nothing if there is none."""
        plain, self._plain = self._plain, None
        connector, self._connector = self._connector, None
        if plain is not None:
            await plain.close()
        if connector is not None:
            await connector.close()

    def browser(self) -> Browser:
        """An empty cookie jar that uses the same connections."""
        return Browser(self, self._session(aiohttp.CookieJar(unsafe=True, quote_cookie=False)))

    async def send(
        self,
        method: str,
        url: str,
        *,
        route: str,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        form: Mapping[str, str] | None = None,
        intake: Intake | None = None,
    ) -> HttpResponse:
        """One request without cookies. `url` is already percent-encoded; `route` names it in errors, without ids;
        `intake` counts the answer as one piece.

        Raises Unreachable (nothing was sent), NoAnswer (sent; the effect is unknown), BadAnswer (not HTTP, or endless).
        """
        if self._plain is None:
            self._plain = self._session(aiohttp.DummyCookieJar())
        return await self._exchange(self._plain, method, url, route, headers, json, form, intake)

    def _session(self, jar: aiohttp.abc.AbstractCookieJar) -> aiohttp.ClientSession:
        if self._connector is None:
            tls = client_context() if self._tls is None else self._tls
            self._connector = aiohttp.TCPConnector(ssl=tls, keepalive_timeout=KEEP_ALIVE_SECONDS, limit_per_host=20)
        return aiohttp.ClientSession(
            connector=self._connector,
            connector_owner=False,
            cookie_jar=jar,
            trust_env=False,
            auto_decompress=False,
            headers={"User-Agent": USER_AGENT, "Accept-Encoding": ENCODINGS},
        )

    async def _exchange(
        self,
        session: aiohttp.ClientSession,
        method: str,
        url: str,
        route: str,
        headers: Mapping[str, str] | None,
        json: Any,
        form: Mapping[str, str] | None,
        intake: Intake | None = None,
    ) -> HttpResponse:
        failure: RemoteError
        timeout = self._timeout
        if method != "GET":
            await self._before_write(timeout.total or TOTAL_SECONDS)
        try:
            async with session.request(
                method,
                yarl.URL(url, encoded=True),
                headers=headers,
                json=json,
                data=form,
                allow_redirects=False,
                proxy=proxy_for(url),
                timeout=timeout,
            ) as response:
                return HttpResponse(response.status, response.headers, await _body(response, intake))
        except Unreadable as unreadable:
            failure = BadAnswer(self.system, route, why=str(unreadable))
        except (aiohttp.ClientProxyConnectionError, aiohttp.ClientHttpProxyError):
            failure = self._unreachable(route, proxy_trouble(self.system))
        except (aiohttp.ClientConnectorError, aiohttp.ClientConnectorCertificateError) as error:
            failure = self._unreachable(route, trouble(error, self.system))
        except aiohttp.ConnectionTimeoutError:
            failure = self._unreachable(route)
        except TimeoutError:
            failure = took_too_long(self.system, route, timeout.total or TOTAL_SECONDS)
        except (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError, OSError):
            failure = NoAnswer(self.system, route, why="The connection was interrupted.", fix=look_there(self.system))
        except (aiohttp.ClientError, ValueError):
            failure = BadAnswer(self.system, route, why="The response is not valid HTTP.")
        # Outside of the except clause, so that no aiohttp error is the context of this one.
        raise failure

    def _unreachable(self, route: str, found: Trouble | None = None) -> Unreachable:
        found = found or Trouble("Nothing responds at its address.", look_there(self.system))
        return Unreachable(self.system, route, why=found.why, fix=found.fix)


async def _body(response: aiohttp.ClientResponse, intake: Intake | None) -> bytes:
    """The whole body, unpacked. Unreadable beyond the limits; then the rest is not read."""
    pieces: list[bytes] = []
    length = 0
    while piece := await response.content.read(CHUNK):
        pieces.append(piece)
        length += len(piece)
        if length > MAX_BODY:
            raise too_long()
    body = unpacked(pieces, response.headers.get("Content-Encoding", ""))
    if intake is not None:
        intake.take(len(body), values_in(body))
    return body


class Browser:
    """Single requests that share cookies, as a browser's do, and nothing else."""

    def __init__(self, http: HttpClient, session: aiohttp.ClientSession) -> None:
        """Made by `HttpClient.browser`."""
        self._http = http
        self._session = session

    async def __aenter__(self) -> Browser:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def get(self, url: str, *, route: str, headers: Mapping[str, str] | None = None) -> HttpResponse:
        """See `HttpClient.send`."""
        return await self._http._exchange(self._session, "GET", url, route, headers, None, None)

    async def post(self, url: str, form: Mapping[str, str], *, route: str) -> HttpResponse:
        """Sends a form. See `HttpClient.send`."""
        return await self._http._exchange(self._session, "POST", url, route, None, None, form)
