"""Secrets at rest: encrypted, and bound to the row and the column they belong to."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from bot.errors import UserError
from bot.secret import Fingerprints, Secret


class Undecipherable(UserError):
    """A secret in the database cannot be decrypted."""


class Vault:
    """Encrypts with the first key and decrypts with all.

    The envelope names the row and the column, so a ciphertext is refused in any other place.
    """

    def __init__(self, keys: Sequence[Secret]) -> None:
        """`keys` of `SSOBOT_KEYS`, in order, at least one."""
        self._first = Fernet(keys[0].reveal())
        self._all = MultiFernet([Fernet(key.reveal()) for key in keys])
        self._oldest = base64.urlsafe_b64decode(keys[-1].reveal())

    def seal(self, secret: Secret, row: str, column: str) -> str:
        """The ciphertext, ASCII."""
        envelope = {"row": row, "column": column, "secret": secret.reveal()}
        return self._first.encrypt(json.dumps(envelope).encode()).decode()

    def open(self, sealed: str, row: str, column: str) -> Secret:
        """Raises Undecipherable if no key fits, or if it was encrypted for another place."""
        try:
            envelope = json.loads(self._all.decrypt(sealed.encode()))
        except InvalidToken:
            raise Undecipherable(
                why="None of the keys in SSOBOT_KEYS can decrypt it.",
                fix="Put the key it was encrypted with back into SSOBOT_KEYS, behind the new one.",
            ) from None
        if (envelope["row"], envelope["column"]) != (row, column):
            raise Undecipherable(
                why="It was encrypted for a different place in the database.",
                fix="Restore the database from a backup.",
            )
        return Secret(envelope["secret"])

    def fingerprints(self) -> Fingerprints:
        """Fingerprints stay the same as long as the last key stays the last one."""
        derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"ssobot fingerprints").derive(self._oldest)
        return Fingerprints(derived)
