"""A secret that cannot be printed by accident: how it is made, and its fingerprint for people."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import string
from dataclasses import dataclass
from datetime import datetime

ALPHABET = string.ascii_letters + string.digits
"""Characters that need no escaping anywhere: POST body, Basic, JSON (facts/encvoy-id.md §7)."""
LENGTH = 64


class Secret:
    """Text that only `reveal` returns. Compares and hashes by its content; prints as `Secret(…)`."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself: for a request body or the vault, and nothing else."""
        return self._text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(self._text.encode(), other._text.encode())

    def __hash__(self) -> int:
        return hash(self._text)

    def __bool__(self) -> bool:
        return bool(self._text)

    def __repr__(self) -> str:
        return "Secret(…)"

    def __reduce__(self) -> str:
        raise TypeError("a Secret is not pickled")


def new_secret() -> Secret:
    """64 random characters of [A-Za-z0-9] from the system's generator: about 381 bits."""
    return Secret("".join(secrets.choice(ALPHABET) for _ in range(LENGTH)))


@dataclass(frozen=True)
class Fingerprints:
    """Fingerprints of secrets for people: the first hex digits of an HMAC-SHA-256, keyed against guessing."""

    key: bytes
    digits: int = 4
    since: datetime | None = None
    """Those from before were made with a key that is lost, and mean nothing now; None: there are none."""

    def of(self, secret: Secret) -> str:
        """For example `9c1f`."""
        return hmac.new(self.key, secret.reveal().encode(), hashlib.sha256).hexdigest()[: self.digits]
