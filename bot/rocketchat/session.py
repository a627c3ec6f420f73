"""The `requests.Session` that rocketchat-API is given, one for each worker thread. `requests` is imported here only.

What it adds to every call (facts/rocketchat.md §14): time-outs, no redirects, the second factor where it is asked for
(§1.4), and a typed error before the library sees a bad answer. No error that leaves here has an exception of requests
in its chain: those carry addresses with queries, headers and bodies.
"""

from __future__ import annotations

import hashlib
import ssl
import time
from http.client import HTTPException, IncompleteRead
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError, InvalidChunkLength

from bot.bounds import CHUNK, ENCODINGS, MAX_BODY, Intake, Unreadable, too_long, unpacked, values_in
from bot.errors import BadAnswer, NoAnswer, RemoteError, Unreachable
from bot.http import HttpResponse
from bot.rocketchat.cancellation import Line, leashed_pools
from bot.rocketchat.remedies import NOT_ROCKETCHAT, REFUSED
from bot.rocketchat.responses import SYSTEM, SecondFactorAsked, interpret
from bot.secret import Secret
from bot.tls import Trouble, proxy_trouble, reasons_for, trouble

CONNECT_TIMEOUT = 3.0
READ_TIMEOUT = 8.0
"""Seconds for one read; the whole call is bounded by `bot.rocketchat.rest`."""
IDLE_LIMIT = 4.0
"""Seconds after which an unused connection is not used again: Node closes an idle one after 5 s, and a POST that meets
the closing end could not be told from one that was carried out."""

INSTANCE = "X-Instance-ID"
"""The header that says which process of Rocket.Chat answered (facts/rocketchat.md §2.4)."""
LONGEST_INSTANCE = 80
"""Characters of it; a UUID has 36."""


class LeashedSession(requests.Session):
    """Returns a good answer (2xx, a JSON object, not `success: false`), or raises one of `bot.errors.RemoteError`."""

    def __init__(self, base_url: str, second_factor: Secret | None, tls: ssl.SSLContext) -> None:
        """`second_factor` is the password of the bot's account, for servers that ask for it in spite of the token;
        `tls` says who is trusted."""
        super().__init__()
        self.line = Line()
        self.mount("http://", _LeashedAdapter(self.line, tls))
        self.mount("https://", _LeashedAdapter(self.line, tls))
        self.auth = _no_netrc
        self.headers["Accept-Encoding"] = ENCODINGS
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
        self._base_path = urlsplit(base_url).path.rstrip("/")
        self._second_factor = second_factor
        self._used_at = time.monotonic()

    def request(self, method: str | bytes, url: str | bytes, *args: Any, **kwargs: Any) -> requests.Response:
        """The hook: every request of rocketchat-API goes through here, as `get` and `post` with keywords."""
        if str(method).upper() != "GET" and not self.line.call.writes:
            raise RuntimeError("a write that is not called as one")
        self._drop_idle_connection()
        kwargs |= {"timeout": (CONNECT_TIMEOUT, READ_TIMEOUT), "allow_redirects": False, "stream": True}
        route = self.line.call.route = f"{str(method).upper()} {urlsplit(str(url)).path.removeprefix(self._base_path)}"
        try:
            return self._answered(route, str(method), str(url), kwargs)
        except SecondFactorAsked as asked:
            if asked.method != "password" or not self._second_factor:
                raise
            factor = _second_factor_headers(self._second_factor)
        kwargs["headers"] = {**(kwargs.get("headers") or {}), **factor}
        return self._answered(route, str(method), str(url), kwargs)

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Always None: requests would read the whole body of a redirect even if it must not follow it."""

    def close(self) -> None:
        """Closes the connections; the session can be used again."""
        super().close()
        self.line.let_go()

    def _answered(self, route: str, method: str, url: str, kwargs: dict[str, Any]) -> requests.Response:
        response = self._sent(route, method, url, kwargs)
        if (
            isinstance(response, NoAnswer)
            and method.upper() == "GET"
            and self.line.reused
            and not self.line.call.is_cut
        ):
            # The other side closed an idle connection in this very moment. Reading again does no harm.
            response = self._sent(route, method, url, kwargs)
        if isinstance(response, RemoteError):
            raise response
        self._used_at = time.monotonic()
        self.line.call.instance = response.headers.get(INSTANCE, "")[:LONGEST_INSTANCE]
        interpret(HttpResponse(response.status_code, response.headers, response.content), route, time.time())
        return response

    def _sent(self, route: str, method: str, url: str, kwargs: dict[str, Any]) -> requests.Response | RemoteError:
        """The answer, or the error. Returned, because an error raised inside `except` would get a context."""
        self.line.call.sent = self.line.reused = False
        try:
            return _whole(super().request(method, url, **kwargs), self.line.call.intake)
        except Unreadable as unreadable:
            self.close()
            return BadAnswer(SYSTEM, route, why=str(unreadable), fix=NOT_ROCKETCHAT)
        except (OSError, HTTPError, ValueError) as failure:
            if self.line.call.sent and _is_no_http(failure):
                return BadAnswer(SYSTEM, route, why="The response is not valid HTTP.", fix=NOT_ROCKETCHAT)
            if self.line.call.sent:
                return NoAnswer(SYSTEM, route, fix=REFUSED)
            found = _trouble(failure)
            return Unreachable(SYSTEM, route, why=found.why, fix=found.fix)

    def _drop_idle_connection(self) -> None:
        if time.monotonic() - self._used_at > IDLE_LIMIT:
            self.close()


def _whole(response: requests.Response, intake: Intake | None) -> requests.Response:
    """The answer with its body, read and unpacked here: requests would take in whatever comes, and unpack it. A piece
    too many is refused before it is parsed.

    By `read`, not by `stream`, with which urllib3 reads the length of a chunk without any bound.
    """
    pieces: list[bytes] = []
    length = 0
    while piece := response.raw.read(CHUNK, decode_content=False):
        pieces.append(piece)
        length += len(piece)
        if length > MAX_BODY:
            raise too_long()
    response._content = body = unpacked(pieces, response.headers.get("Content-Encoding", ""))
    if intake is not None:
        intake.take(len(body), values_in(body))
    # The library parses it again: it must not read other letters than `interpret` does.
    response.encoding = "utf-8"
    return response


class _LeashedAdapter(HTTPAdapter):
    """Makes the connections, through the environment's proxies too, hang on the line, and trust whom the bot trusts:
    whatever rocketchat-API and REQUESTS_CA_BUNDLE say (facts/rocketchat.md §14), neither more nor fewer."""

    def __init__(self, line: Line, tls: ssl.SSLContext) -> None:
        self._pools, self._tls = leashed_pools(line), tls
        super().__init__(pool_connections=1, pool_maxsize=1)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **pool_kwargs: Any) -> None:
        super().init_poolmanager(connections, maxsize, block, ssl_context=self._tls, **pool_kwargs)
        self.poolmanager.pool_classes_by_scheme = self._pools

    def proxy_manager_for(self, proxy: str, **proxy_kwargs: Any) -> Any:
        manager = super().proxy_manager_for(proxy, ssl_context=self._tls, **proxy_kwargs)
        if not proxy.lower().startswith("socks"):
            manager.pool_classes_by_scheme = self._pools
        return manager

    def build_connection_pool_key_attributes(self, request: Any, verify: Any, cert: Any = None) -> Any:
        host, _ = super().build_connection_pool_key_attributes(request, True, cert)
        return host, {"cert_reqs": "CERT_REQUIRED"}

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Nothing is added to the context."""


def _is_no_http(failure: BaseException) -> bool:
    """Whether the response is not HTTP. A connection that was interrupted does not count."""
    return any(
        isinstance(reason, HTTPException | InvalidChunkLength) and not isinstance(reason, OSError | IncompleteRead)
        for reason in reasons_for(failure)
    )


def _trouble(failure: BaseException) -> Trouble:
    if isinstance(failure, requests.exceptions.ProxyError):
        return proxy_trouble(SYSTEM)
    return trouble(failure, SYSTEM) or Trouble("", REFUSED)


def _second_factor_headers(password: Secret) -> dict[str, str]:
    """The method `password` (facts/rocketchat.md §1.4)."""
    return {"x-2fa-code": hashlib.sha256(password.reveal().encode()).hexdigest(), "x-2fa-method": "password"}


def _no_netrc(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """With any `auth`, requests does not add a password from the user's .netrc."""
    return request
