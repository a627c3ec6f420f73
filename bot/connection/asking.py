"""Requests that may fail, as values or tasks."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TypeVar

from bot.connection.unknown import Unknown
from bot.errors import Busy, UserError

T = TypeVar("T")


async def succeeds(doing: Awaitable[None]) -> bool:
    """True once it is done; its error is raised."""
    await doing
    return True


async def or_unknown(asking: Awaitable[T]) -> T | Unknown:
    """The value; or Unknown with the reason and the fix."""
    try:
        return await asking
    except Busy as busy:
        return Unknown(busy.not_checked, busy.fix, busy=True)
    except UserError as error:
        return Unknown(" ".join(part for part in (error.what, error.why) if part), error.fix)
