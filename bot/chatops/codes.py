"""Codes that an administrator has to type before something is done that could keep everybody out.

A code is no secret: it makes sure that somebody has read what will happen. It is bound to what was shown, to the
command and to the person, is valid for five minutes, and works once. Codes are kept in a note, so that a restart of the
bot forgets none. What a typed code is worth is decided by pure functions.
"""

from __future__ import annotations

import enum
import json
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256

from bot.chatops.ports import Notes
from bot.errors import UserError

ALPHABET = "34679ACEFGHJKMNPRTWXY"
"""Without letters and digits that look like others: 0 and O, 1 and I, 2 and Z, 5 and S, 8 and B, U and V."""
LENGTH = 4
VALID = timedelta(minutes=5)
REMEMBERED = timedelta(days=1)
"""For so long it is known why an old code does not work."""
MOST = 50
"""Codes that are kept."""
NOTE = "codes"


@dataclass(frozen=True)
class Purpose:
    """What a code is for. Another one does not accept it."""

    command: str
    """`disable`"""
    shown: str
    """What the person was shown, as a fingerprint."""
    user_id: str


class CodeNeeded(UserError):
    """It is done only with a code that is typed; the text shows it."""

    offered = False


class Worth(enum.Enum):
    """What a typed code is worth."""

    ACCEPTED = "accepted"
    NEVER_SHOWN = "never shown"
    OF_ANOTHER_PERSON = "another person's"
    OF_ANOTHER_COMMAND = "of another command"
    USED = "used"
    EXPIRED = "expired"
    OUTDATED = "outdated"
    """What was shown with it is not true any more."""


@dataclass(frozen=True)
class ShownCode:
    """A code that was shown."""

    code: str
    purpose: Purpose
    at: datetime
    used_by: str | None = None
    """The operation that it was typed for."""


def fingerprint(*parts: object) -> str:
    """Of what a person was shown: the same for the same."""
    return sha256("\n".join(map(repr, parts)).encode()).hexdigest()[:16]


def normal(typed: str) -> str:
    """As it was shown: people may type it in lower case, or with blanks around it."""
    return typed.strip().upper()


def worth(typed: str, purpose: Purpose, known: Iterable[ShownCode], operation_id: str, now: datetime) -> Worth:
    """What it is worth for this operation. An operation that was interrupted may use its own code again."""
    found = next((shown for shown in known if shown.code == normal(typed)), None)
    if found is None:
        return Worth.NEVER_SHOWN
    if found.purpose.user_id != purpose.user_id:
        return Worth.OF_ANOTHER_PERSON
    if found.purpose.command != purpose.command:
        return Worth.OF_ANOTHER_COMMAND
    if found.used_by is not None:
        return Worth.ACCEPTED if found.used_by == operation_id else Worth.USED
    if not timedelta(0) <= now - found.at < VALID:
        return Worth.EXPIRED
    return Worth.ACCEPTED if found.purpose.shown == purpose.shown else Worth.OUTDATED


def used(typed: str, known: Sequence[ShownCode], operation_id: str) -> tuple[ShownCode, ...]:
    """The same codes, one of them used by this operation."""
    return tuple(replace(shown, used_by=operation_id) if shown.code == normal(typed) else shown for shown in known)


def remembered(known: Sequence[ShownCode], now: datetime) -> tuple[ShownCode, ...]:
    """Those that are still worth knowing, the newest ones."""
    return tuple(shown for shown in known if abs(now - shown.at) < REMEMBERED)[-MOST + 1 :]


def new_code(taken: Iterable[str]) -> str:
    """One that is not among those."""
    there = frozenset(taken)
    while True:
        code = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
        if code not in there:
            return code


@dataclass(frozen=True)
class Codes:
    """The codes that were shown. Operations that may change something run one after the other, so nobody else writes
    the note meanwhile."""

    notes: Notes

    async def show(self, purpose: Purpose, now: datetime) -> str:
        """A new code, kept before it is shown."""
        known = remembered(await self._known(), now)
        code = new_code(shown.code for shown in known)
        await self._keep((*known, ShownCode(code, purpose, now)))
        return code

    async def take(self, typed: str, purpose: Purpose, operation_id: str, now: datetime) -> Worth:
        """What it is worth; one that is accepted is used up by this operation."""
        known = await self._known()
        found = worth(typed, purpose, known, operation_id, now)
        if found is Worth.ACCEPTED:
            await self._keep(used(typed, known, operation_id))
        return found

    async def _known(self) -> tuple[ShownCode, ...]:
        return _read(await self.notes.get(NOTE))

    async def _keep(self, codes: tuple[ShownCode, ...]) -> None:
        rows = [{**asdict(shown), "at": shown.at.isoformat()} for shown in codes]
        await self.notes.put(NOTE, json.dumps(rows))


def _read(note: str | None) -> tuple[ShownCode, ...]:
    """A note that cannot be read holds no code: then none of them is accepted."""
    try:
        rows = json.loads(note or "[]")
        return tuple(
            ShownCode(row["code"], Purpose(**row["purpose"]), datetime.fromisoformat(row["at"]), row["used_by"])
            for row in rows
        )
    except (KeyError, TypeError, ValueError):
        return ()
