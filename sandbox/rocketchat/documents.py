"""A JSON document, and the two forms in which it leaves.

Dates are ISO text on REST and `{"$date": ms}` on DDP (facts/rocketchat.md §5.4). Documents hold `datetime`s; `rest` and
`ddp` render them when they are sent.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from importlib import resources
from typing import Any

Document = dict[str, Any]


def table(name: str) -> Document:
    """A data file that lies beside this module."""
    document: Document = json.loads(resources.files(__package__).joinpath(name).read_text("utf-8"))
    return document


def rest(value: Any) -> Any:
    """`value` with every date as ISO text in UTC with milliseconds, as JSON.stringify writes it."""
    return _rendered(value, iso)


def ddp(value: Any) -> Any:
    """`value` with every date as EJSON, `{"$date": milliseconds}`."""
    return _rendered(value, lambda moment: {"$date": milliseconds(moment)})


def iso(moment: datetime) -> str:
    """`2026-11-24T09:30:00.000Z`."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def milliseconds(moment: datetime) -> int:
    """Milliseconds since 1970."""
    return round(moment.timestamp() * 1000)


def _rendered(value: Any, date: Callable[[datetime], Any]) -> Any:
    if isinstance(value, datetime):
        return date(value)
    if isinstance(value, Mapping):
        return {key: _rendered(item, date) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_rendered(item, date) for item in value]
    return value
