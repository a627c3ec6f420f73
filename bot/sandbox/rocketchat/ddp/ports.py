"""What the websocket needs of the rest of the stand-in, beside the chat."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol


class ServiceTable(Protocol):
    """The live login services (facts/rocketchat.md §2.5)."""

    def public(self) -> Mapping[str, Mapping[str, Any]]:
        """Document id -> fields, secrets left out."""
        ...

    def listen(self, callback: Callable[[str, str, dict[str, Any]], None]) -> None:
        """`callback(kind, id, fields)` whenever the table is rewritten: kind added, changed (only fields that changed,
        None for one that is gone) or removed."""
        ...
