"""What the websocket needs of the rest of the stand-in, beside the chat."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol


class TableListener(Protocol):
    """Is called for each change of the table."""

    def __call__(self, kind: str, id_: str, fields: dict[str, Any], by: str = "", /) -> None:
        """`kind` is added, changed (None for a field that is gone), removed, or emptied: gone, and told to nobody. `by`
        is the instance that wrote, empty for all of them."""
        ...


class ServiceTable(Protocol):
    """The live login services (facts/rocketchat.md §2.5)."""

    def public(self) -> Mapping[str, Mapping[str, Any]]:
        """Document id -> fields, secrets left out."""
        ...

    def listen(self, callback: TableListener) -> None:
        """`callback` is called whenever the table is rewritten."""
        ...
