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

from sandbox.encvoy.answers import Hang, invalid

KNOWN = ("search", "filter", "sortBy", "sortDirection", "limit", "offset")
PER_PAGE = 10
"""What X-Per-Page says without a limit, although everything is answered then."""

Row = Mapping[str, Any]


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
        messages = [f"property {name} should not exist" for name in values if name not in KNOWN]
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

    def apply(self, rows: Sequence[Row], columns: Sequence[str], searched: Sequence[str]) -> list[Row]:
        """The rows that match, in order, before paging."""
        if self.sort_by and self.sort_by not in columns:
            raise Hang
        matching = [row for row in rows if self._matches(row, columns, searched)]
        if self.sort_by:
            matching.sort(key=lambda row: (row[self.sort_by] is None, str(row[self.sort_by])), reverse=self.descending)
        return matching

    def page(self, rows: Sequence[Row]) -> list[Row]:
        """The page of an ordered list; a negative limit takes from the end, as the database does."""
        if self.limit is not None and self.limit < 0:
            return list(reversed(rows))[self.offset : self.offset - self.limit]
        return list(rows)[self.offset : None if self.limit is None else self.offset + self.limit]

    def headers(self, total: int) -> dict[str, str]:
        """The paging headers. The next offset is always offset plus limit, also beyond the end."""
        per_page = PER_PAGE if self.limit is None else self.limit
        return {
            "X-Total-Count": str(total),
            "X-Per-Page": str(per_page),
            "X-Current-Offset": str(self.offset),
            "X-Next-Offset": str(self.offset + per_page),
        }

    def _matches(self, row: Row, columns: Sequence[str], searched: Sequence[str]) -> bool:
        needle = self.search.lower()
        if needle and not any(needle in str(row[name] or "").lower() for name in searched):
            return False
        return all(_holds(row, name, wanted, columns) for name, wanted in (self.filter or {}).items())


def unstable(rows: Sequence[Row], dice: random.Random) -> list[Row]:
    """Without a sort the database promises no order, so nobody may rely on one."""
    return dice.sample(list(rows), len(rows))


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
