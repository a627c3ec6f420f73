"""The key of the fingerprints: random, made at the first start, and kept encrypted in the notes, so that a change of
SSOBOT_KEYS changes no fingerprint."""

from __future__ import annotations

from datetime import datetime

import structlog

from bot.secret import Fingerprints, Secret, new_secret
from bot.store.notes import SqlNotes
from bot.store.vault import Undecipherable, Vault

NOTE = "fingerprints"
"""Where it is kept in the notes; also the row that its ciphertext is bound to."""
COLUMN = "key"

SINCE = "fingerprints since"
"""The note that says since when there is this key, if an earlier one is lost."""

_log = structlog.get_logger()


async def kept_fingerprints(notes: SqlNotes, vault: Vault) -> Fingerprints:
    """With the key that is kept; all of several callers at the same time get the same.

    Creates the key if there is none, encrypts it anew if the first key of SSOBOT_KEYS did not encrypt it, and replaces
    it, with a warning in the log, if no key decrypts it. Raises StoreUnavailable.
    """
    while True:
        sealed = await notes.get(NOTE)
        if sealed is None:
            await notes.first_time(NOTE, _sealed(new_secret(), vault))
            continue  # another caller may have been the first
        try:
            secret = vault.open(sealed, NOTE, COLUMN)
        except Undecipherable as error:
            # Noted first, so that a crash in between leaves no earlier fingerprint that looks like one of the new key.
            await notes.put(SINCE, notes.clock.now().isoformat())
            if await notes.replace(NOTE, sealed, _sealed(new_secret(), vault)):
                _log.warning("fingerprints start anew: they cannot be compared with earlier ones", why=error.why)
            continue
        if not vault.sealed_by_first(sealed):
            # Whoever is faster has sealed the same key.
            await notes.replace(NOTE, sealed, _sealed(secret, vault))
        since = await notes.get(SINCE)
        return Fingerprints(secret.reveal().encode(), since=None if since is None else datetime.fromisoformat(since))


def _sealed(secret: Secret, vault: Vault) -> str:
    return vault.seal(secret, NOTE, COLUMN)
