"""What was desired before an operation: a port, so that what is not carried out does not stay desired."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from bot.connection.state import Connection


@dataclass(frozen=True)
class Previous:
    """What was desired until an operation saved a desired state of its own."""

    connection: Connection | None
    """None: there was no connection."""


class PreviousStates(Protocol):
    """Kept from the first `Connections.save` of an operation until the operation ends."""

    async def before(self, operation_id: str) -> Previous | None:
        """None: the operation has saved no desired state."""
        ...

    async def revert(self, operation_id: str) -> None:
        """What was desired before is desired again, as if the operation had saved nothing. Harmless if it has not."""
        ...
