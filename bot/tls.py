"""TLS and proxies for all three transports (aiohttp, its websocket, and requests): which authorities are trusted, which
proxy is used, and the errors for both."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Iterator, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from bot.errors import ADDRESSES, System


@dataclass(frozen=True)
class Trouble:
    """Why a system could not be reached, and what fixes it."""

    why: str
    fix: str


def client_context(ca_file: Path | None = None) -> ssl.SSLContext:
    """Trusts the system's certificate authorities (as OpenSSL finds them, SSL_CERT_FILE and SSL_CERT_DIR included) and
    those in a PEM file, also those that are added to it later. Host names are checked; TLS 1.2 or newer."""
    context = ssl.create_default_context()
    if ca_file is None:
        return context
    following = _Following(ssl.PROTOCOL_TLS_CLIENT)
    following.load_default_certs()
    following.verify_flags = context.verify_flags
    following.follow(ca_file)
    return following


class _Following(ssl.SSLContext):
    """Checks before each handshake whether the file has changed, so that an authority can be renewed while the bot
    runs. All three transports call one of these two methods. An authority stays trusted until the next start, because
    OpenSSL cannot remove one."""

    _file: Path
    _known: tuple[int, ...] = ()

    def follow(self, file: Path) -> None:
        """Trusts the authorities in the file, now and after changes. OSError if it cannot be read or holds no
        certificate."""
        status = file.stat()
        now = (status.st_mtime_ns, status.st_size, status.st_ino)
        if now != self._known:
            self.load_verify_locations(cafile=file)
            self._file, self._known = file, now

    def wrap_bio(self, *args: Any, **kwargs: Any) -> ssl.SSLObject:
        """The call that asyncio makes."""
        self._look()
        return super().wrap_bio(*args, **kwargs)

    def wrap_socket(self, *args: Any, **kwargs: Any) -> ssl.SSLSocket:
        """The call that urllib3 makes."""
        self._look()
        return super().wrap_socket(*args, **kwargs)

    def _look(self) -> None:
        # A file that is half written, or missing for a moment, is read again for the next connection.
        with contextlib.suppress(OSError):
            self.follow(self._file)


def proxy_for(url: str) -> str | None:
    """The proxy that the environment names for this address (HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, NO_PROXY, in either
    case), with its credentials; None for a direct way. Read as requests reads it, but without `.netrc`."""
    parts = urlsplit(url)
    scheme = {"ws": "http", "wss": "https"}.get(parts.scheme, parts.scheme)
    proxies = getproxies()
    if not parts.hostname or proxy_bypass(parts.netloc.rpartition("@")[2]):
        return None
    proxy = proxies.get(scheme) or proxies.get("all")
    return proxy if not proxy or "://" in proxy else f"http://{proxy}"


def trouble(failure: BaseException, system: System) -> Trouble | None:
    """What went wrong with TLS, if the causes of a failed connection say so; their texts are not repeated. A refused
    connection was never open; one that is reset before anything was sent broke in the handshake."""
    reasons = [reason for reason in reasons_for(failure) if isinstance(reason, (ssl.SSLError, ConnectionResetError))]
    for reason in reasons:
        # Some libraries wrap it in an error of the same class without details.
        if code := getattr(reason, "verify_code", 0):
            return _of_certificate(code, system)
    words = {getattr(reason, "reason", "") for reason in reasons}
    return _of_handshake(words, system) if reasons else None


def proxy_trouble(system: System) -> Trouble:
    """The proxy did not let the bot through."""
    return Trouble(
        "The proxy set in the environment does not let me through.",
        f"Check HTTP_PROXY and HTTPS_PROXY, or add the host of {ADDRESSES[system]} to NO_PROXY.",
    )


def _of_certificate(code: int, system: System) -> Trouble:
    """By OpenSSL's X509_V_ERR_…; nearly all others mean that no trusted authority signed it."""
    variable = ADDRESSES[system]
    match code:
        case 10:
            return Trouble("Its certificate has expired.", f"Renew the certificate of {system}.")
        case 9:
            return Trouble(
                "Its certificate is not valid yet.",
                f"Set this machine's clock, or renew the certificate of {system}.",
            )
        case 62 | 64:
            return Trouble(
                "Its certificate is for another host name.",
                f"Set {variable} to a name in the certificate, or get a certificate for this name.",
            )
    return Trouble(
        "Its certificate is not signed by a trusted authority.",
        "Save the certificate of its authority to a file, and set SSOBOT_CA_FILE to that file.",
    )


def _of_handshake(words: Set[str], system: System) -> Trouble:
    if words & {"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE"}:
        return Trouble(
            "It does not speak TLS on that port.",
            f"Begin {ADDRESSES[system]} with http://, or use the port on which it speaks https.",
        )
    return Trouble("The TLS handshake failed.", f"Let {system} use TLS 1.2 or newer.")


def reasons_for(failure: BaseException) -> Iterator[BaseException]:
    """The error and its causes: requests and urllib3 keep the first cause in their arguments."""
    seen: set[int] = set()
    pending: list[object] = [failure]
    while pending:
        reason = pending.pop()
        if isinstance(reason, BaseException) and id(reason) not in seen:
            seen.add(id(reason))
            yield reason
            pending += [reason.__cause__, reason.__context__, getattr(reason, "reason", None), *reason.args]
