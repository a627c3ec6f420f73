"""What was desired before an operation: a port, so that what is not carried out need not stay desired."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from bot.connection.state import Connection


@dataclass(frozen=True)
class Before:
    """What was desired until an operation committed a wish of its own."""

    connection: Connection | None
    """None: there was no connection."""


class Wishes(Protocol):
    """Kept from the first `Connections.save` of an operation until the operation ends."""

    async def before(self, operation_id: str) -> Before | None:
        """None: the operation has committed no wish."""
        ...

    async def take_back(self, operation_id: str) -> None:
        """What was desired before is desired again, and the operation has committed no wish. Harmless without one."""
        ...
