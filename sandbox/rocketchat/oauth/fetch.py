"""How the server fetches: aiohttp behind the words of node-fetch, which reach people (facts/rocketchat.md §3.1b)."""

from __future__ import annotations

import errno
import re
import socket
import ssl
from collections.abc import Mapping
from typing import Any

import aiohttp
from yarl import URL

from sandbox.rocketchat.oauth.javascript import parse

PATIENCE = 20.0
"""Seconds for one request, its body included."""
_UNVERIFIABLE = 20
"""OpenSSL stops at the issuer that it lacks; Node goes on and complains of the certificate itself."""


class FetchFailed(Exception):
    """No JSON came; the text is node-fetch's, or the status of the answer in words."""


async def fetch(
    client: aiohttp.ClientSession,
    method: str,
    url: str,
    *,
    headers: Mapping[str, str],
    form: Mapping[str, str] | None = None,
    params: Mapping[str, str] | None = None,
    patience: float = PATIENCE,
) -> Any:
    """The parsed answer of a 2xx."""
    try:
        address = URL(url)
    except ValueError:
        raise FetchFailed("Invalid URL") from None
    try:
        wanted = address.update_query(dict(params)) if params else address
        timeout = aiohttp.ClientTimeout(total=patience)
        async with client.request(method, wanted, headers=headers, data=form, timeout=timeout) as response:
            body = (await response.read()).decode("utf-8", "replace")
            if not response.ok:
                raise FetchFailed(response.reason or "")
    except TimeoutError:
        raise FetchFailed("The user aborted a request.") from None
    except aiohttp.InvalidURL:
        raise FetchFailed("Invalid URL") from None
    except aiohttp.ClientPayloadError:
        raise FetchFailed(f"Invalid response body while trying to fetch {url}: Premature close") from None
    except aiohttp.TooManyRedirects:
        raise FetchFailed(f"maximum redirect reached at: {url}") from None
    except (aiohttp.ClientError, OSError, ValueError) as error:
        raise FetchFailed(f"request to {url} failed, reason: {_reason(error, address)}") from None
    try:
        return parse(body)
    except ValueError as error:
        raise FetchFailed(f"invalid json response body at {url} reason: {error}") from None


def _reason(error: Exception, url: URL) -> str:
    """What Node says of a connection that failed."""
    cause = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        cause = error.certificate_error
    match cause:
        case ssl.SSLCertVerificationError():
            return _of_certificate(cause, url)
        case ssl.SSLError():
            return f"{cause.reason or cause}".lower()
        case socket.gaierror():
            return f"getaddrinfo ENOTFOUND {url.host}"
        case aiohttp.ServerDisconnectedError():
            return "socket hang up"
        case OSError() if isinstance(error, aiohttp.ClientConnectorError):
            return f"connect {_symbol(cause)} {url.host}:{url.port}"
        case OSError():
            return f"read {_symbol(cause)}"
        case _:
            return str(cause)


def _symbol(error: OSError) -> str:
    """The symbol of the number; asyncio hides it in a text where several addresses were tried."""
    hidden = re.search(r"\[Errno (\d+)\]|Connect call failed", str(error))
    number = error.errno or (int(hidden.group(1)) if hidden and hidden.group(1) else errno.ECONNREFUSED)
    return errno.errorcode.get(number, "ECONNREFUSED")


def _of_certificate(error: ssl.SSLCertVerificationError, url: URL) -> str:
    words = str(getattr(error, "verify_message", error)).rstrip(".")
    if "mismatch" in words.lower():
        host = url.host or ""
        return f"Hostname/IP does not match certificate's altnames: Host: {host}. is not in the cert's altnames"
    if getattr(error, "verify_code", 0) == _UNVERIFIABLE:
        return "unable to verify the first certificate"
    return words
