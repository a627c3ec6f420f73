"""The sandbox's own certificate authority, created once in a folder: clients of the stand-ins over TLS must trust its
`ca.pem`."""

from __future__ import annotations

import contextlib
import os
import ssl
import tempfile
from dataclasses import dataclass
from pathlib import Path

import trustme

from bot.errors import ConfigError

FILE = "ca.pem"
"""The certificate, for everybody."""
WHOLE = "authority.pem"
"""The certificate and its key, for the owner only. The process that creates this file first has created the
authority."""
NAMES = ("localhost", "127.0.0.1", "::1")
_KEY = b"-----BEGIN EC PRIVATE KEY-----"


@dataclass(frozen=True)
class Authority:
    """Signs the stand-ins' certificates."""

    ca: trustme.CA
    file: Path
    """Its certificate, absolute: what `SSOBOT_CA_FILE` names."""

    def server_context(self) -> ssl.SSLContext:
        """For a server on the loopback address, with a fresh certificate."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.ca.issue_cert(*NAMES).configure_cert(context)
        return context

    def client_context(self) -> ssl.SSLContext:
        """Trusts this authority in addition to the system's, as NODE_EXTRA_CA_CERTS makes Rocket.Chat do."""
        context = ssl.create_default_context()
        self.ca.configure_trust(context)
        return context


def authority_in(folder: Path) -> Authority:
    """The authority in that folder, created if there is none; several processes that start at once get the same one.

    Raises ConfigError if the folder cannot be used, or holds something else under that name.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            _make(folder)
        content = (folder / WHOLE).read_bytes()
        certificate, found, key = content.partition(_KEY)
        ca = trustme.CA.from_pem(certificate, found + key)
        _put(folder / FILE, certificate, mode=0o644)
    except OSError as error:
        reason = (error.strerror or "it is none").lower()
        raise ConfigError(f"--tls names a folder that cannot be used: {reason}.") from None
    except ValueError:
        raise ConfigError(
            f"--tls names a folder whose {WHOLE} is not a certificate authority.",
            fix="Remove that file, or name another folder.",
        ) from None
    return Authority(ca, (folder / FILE).resolve())


def _make(folder: Path) -> None:
    """Raises FileExistsError if another process was first: creating a link is atomic."""
    if (folder / WHOLE).exists():
        return
    ca = trustme.CA(organization_name="ssobot sandbox")
    descriptor, name = tempfile.mkstemp(dir=folder)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(ca.cert_pem.bytes() + ca.private_key_pem.bytes())
        os.link(name, folder / WHOLE)
    finally:
        Path(name).unlink()


def _put(path: Path, content: bytes, mode: int) -> None:
    """Replaces a file as a whole, unless its content is the same."""
    if path.exists() and path.read_bytes() == content:
        return
    descriptor, name = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    Path(name).chmod(mode)
    Path(name).replace(path)
