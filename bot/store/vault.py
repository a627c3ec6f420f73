"""Secrets at rest: encrypted, and bound to the row and the column they belong to."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from bot.errors import UserError
from bot.secret import Secret


class Undecipherable(UserError):
    """A secret in the database cannot be decrypted."""


class Vault:
    """Encrypts with the first key and decrypts with all.

    The envelope names the row and the column, so a ciphertext is refused in any other place.
    """

    def __init__(self, keys: Sequence[Secret]) -> None:
        """`keys` of `SSOBOT_KEYS`, in order, at least one."""
        self._keys = [Fernet(key.reveal()) for key in keys]
        self._all = MultiFernet(self._keys)

    def seal(self, secret: Secret, row: str, column: str) -> str:
        """The ciphertext, ASCII."""
        envelope = {"row": row, "column": column, "secret": secret.reveal()}
        return self._keys[0].encrypt(json.dumps(envelope).encode()).decode()

    def open(self, sealed: str, row: str, column: str) -> Secret:
        """Raises Undecipherable if no key fits, or if it was encrypted for another place."""
        try:
            envelope = json.loads(self._all.decrypt(sealed.encode()))
        except InvalidToken:
            raise Undecipherable(
                why="None of the keys in SSOBOT_KEYS can decrypt it.",
                fix="Put the key with which it was encrypted back into SSOBOT_KEYS, behind the new one, and restart "
                "me; then `ssobot keys rotate` encrypts everything with the new one.",
            ) from None
        if (envelope["row"], envelope["column"]) != (row, column):
            raise Undecipherable(
                why="It was encrypted for a different place in the database.",
                fix="Restore the database from a backup.",
            )
        return Secret(envelope["secret"])

    def sealed_by_first(self, sealed: str) -> bool:
        """Whether the first key encrypted it; if not, it is to be encrypted anew before an older key is removed."""
        return self.position(sealed) == 1

    def position(self, sealed: str) -> int | None:
        """Which key of `SSOBOT_KEYS` encrypted it, counted from 1; None: none of them."""
        for position, key in enumerate(self._keys, 1):
            with contextlib.suppress(InvalidToken):
                key.decrypt(sealed.encode())
                return position
        return None
