"""The query parameters that the two lists (clients, logs) share, and how the database understands them.

Source: facts/encvoy-id.md §4 "GET /api/v1/clients". What the database refuses is a hang.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from multidict import MultiMapping

from sandbox.encvoy.answers import Hang, invalid, unexpected

KNOWN = ("search", "filter", "sortBy", "sortDirection", "limit", "offset")
PER_PAGE = 10
"""What X-Per-Page says without a limit, although everything is answered then."""

Row = dict[str, Any]


@dataclass(frozen=True)
class Query:
    """A checked query."""

    search: str = ""
    filter: Mapping[str, Any] | None = None
    sort_by: str = ""
    descending: bool = False
    limit: int | None = None
    offset: int = 0

    @classmethod
    def parse(cls, values: MultiMapping[str]) -> Query:
        """ApiError 400 for what validation sees, Hang for a filter that is not JSON."""
        messages = unexpected(values, KNOWN)
        if values.get("sortDirection", "asc") not in ("asc", "desc"):
            messages.append("sortDirection must be one of the following values: asc, desc")
        for name in ("limit", "offset"):
            if not _is_number(values.get(name, "0")):
                messages.append(f"{name} must be a number conforming to the specified constraints")
        if messages:
            raise invalid(messages)
        return cls(
            search=values.get("search", ""),
            filter=_filter(values.get("filter")),
            sort_by=values.get("sortBy", ""),
            descending=values.get("sortDirection") == "desc",
            limit=int(values["limit"]) if "limit" in values else None,
            offset=int(values.get("offset", "0")),
        )

    def select(
        self, rows: Sequence[Row], columns: Sequence[str], searched: Sequence[str], dice: random.Random
    ) -> tuple[list[Row], dict[str, str]]:
        """One page of the rows that match, and the paging headers. Without a sort the database guarantees no order,
        so the order is random. The next offset is always offset plus limit, also beyond the end."""
        if self.sort_by and self.sort_by not in columns:
            raise Hang
        if not self.sort_by:
            rows = dice.sample(rows, len(rows))
        found = [row for row in rows if self._matches(row, columns, searched)]
        if self.sort_by:
            found.sort(key=lambda row: (row[self.sort_by] is None, str(row[self.sort_by])), reverse=self.descending)
        per_page = PER_PAGE if self.limit is None else self.limit
        headers = {
            "X-Total-Count": str(len(found)),
            "X-Per-Page": str(per_page),
            "X-Current-Offset": str(self.offset),
            "X-Next-Offset": str(self.offset + per_page),
        }
        return self._page(found), headers

    def _page(self, rows: list[Row]) -> list[Row]:
        """A negative limit takes from the end, as the database does."""
        if self.limit is not None and self.limit < 0:
            return rows[::-1][self.offset : self.offset - self.limit]
        return rows[self.offset : None if self.limit is None else self.offset + self.limit]

    def _matches(self, row: Row, columns: Sequence[str], searched: Sequence[str]) -> bool:
        needle = self.search.lower()
        if needle and not any(needle in str(row[name] or "").lower() for name in searched):
            return False
        return all(_holds(row, name, wanted, columns) for name, wanted in (self.filter or {}).items())


def _is_number(text: str) -> bool:
    return text.removeprefix("-").isdigit()


def _filter(text: str | None) -> Mapping[str, Any] | None:
    if text is None:
        return None
    try:
        parsed = json.loads(text)
    except ValueError:
        raise Hang from None
    if not isinstance(parsed, dict):
        raise Hang
    return parsed


OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "equals": lambda value, wanted: bool(value == wanted),
    "not": lambda value, wanted: bool(value != wanted),
    "in": lambda value, wanted: value in wanted,
    "has": lambda value, wanted: isinstance(value, list) and wanted in value,
    "contains": lambda value, wanted: isinstance(value, str) and wanted in value,
    "startsWith": lambda value, wanted: isinstance(value, str) and value.startswith(wanted),
}


def _holds(row: Row, name: str, wanted: Any, columns: Sequence[str]) -> bool:
    if name not in columns:
        raise Hang
    if not isinstance(wanted, dict):
        return bool(row[name] == wanted)
    if not set(wanted) <= set(OPERATORS):
        raise Hang
    return all(OPERATORS[operator](row[name], operand) for operator, operand in wanted.items())
