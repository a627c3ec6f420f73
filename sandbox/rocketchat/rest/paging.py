"""Answers in pages (facts/rocketchat.md §2.3)."""

from __future__ import annotations

import json

from sandbox.rocketchat.documents import Document
from sandbox.rocketchat.problems import MeteorError
from sandbox.rocketchat.settings import Settings


def page(name: str, items: list[Document], given: Document, settings: Settings) -> Document:
    """One page under `name`, with `count`, `offset` and `total`. 50 items by default, 100 at most; `count=0` is all of
    them where `API_Allow_Infinite_Count` is on."""
    items = _sorted(items, given.get("sort"))
    offset, count = int(given.get("offset") or 0), given.get("count")
    most = int(settings.get("API_Upper_Count_Limit", 100))
    if count == 0 and settings.get("API_Allow_Infinite_Count", True):
        size = len(items)
    else:
        size = min(int(count or settings.get("API_Default_Count", 50)), most)
    found = items[offset : offset + size]
    return {name: found, "count": len(found), "offset": offset, "total": len(items)}


def _sorted(items: list[Document], sort: str | None) -> list[Document]:
    """By `{"field": 1 | -1, …}`."""
    if not sort:
        return items
    try:
        order = json.loads(sort)
    except ValueError:
        order = None
    if not isinstance(order, dict):
        raise MeteorError("error-invalid-sort", f'Invalid sort parameter provided: "{sort}"')
    for field, direction in reversed(order.items()):
        items = sorted(items, key=lambda item: str(item.get(field, "")), reverse=direction == -1)
    return items
