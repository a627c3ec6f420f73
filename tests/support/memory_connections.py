"""The connection's port to the store in memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.connection.previous import Previous
from bot.connection.state import Connection
from tests.support.scripted import Scripted


@dataclass
class MemoryConnections:
    """The store: what was saved last, and the receipts."""

    world: Scripted
    row: Connection | None = None
    receipts: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    befores: dict[str, Previous] = field(default_factory=dict)

    async def before(self, operation_id: str) -> Previous | None:
        return self.befores.get(operation_id)

    async def revert(self, operation_id: str) -> None:
        if before := self.befores.pop(operation_id, None):
            self.row = before.connection

    @property
    def there(self) -> Connection:
        """The row, where there has to be one."""
        assert self.row is not None
        return self.row

    async def get(self, service: str | None = None) -> Connection | None:
        return self.row

    async def save(
        self,
        connection: Connection,
        *,
        operation_id: str | None = None,
        receipt: Mapping[str, Any] | None = None,
    ) -> None:
        self.world.before("save")
        if operation_id is not None:
            self.befores.setdefault(operation_id, Previous(self.row))
        self.row = connection
        if operation_id is not None and receipt is not None:
            self.receipts[operation_id] = receipt
        self.world.after("save")

    async def delete(
        self, connection_id: str, *, operation_id: str | None = None, receipt: Mapping[str, Any] | None = None
    ) -> None:
        self.world.before("forget")
        self.row = None
        if operation_id is not None and receipt is not None:
            self.receipts[operation_id] = receipt
        self.world.after("forget")
