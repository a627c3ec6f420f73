"""The two forms in which a document leaves (facts/rocketchat.md §5.4)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from sandbox.rocketchat.chat.messages import Author, Message
from sandbox.rocketchat.documents import ddp, iso, milliseconds, rest

T0 = datetime(2026, 11, 24, 9, 30, 0, 5000, tzinfo=UTC)


def message(**changes: Any) -> Message:
    return replace(Message("m", "r", "hi", T0, Author("u1", "ada", "Ada"), T0), **changes)


def test_rest_writes_dates_as_iso_with_milliseconds() -> None:
    document = rest(message().document())
    assert document["ts"] == document["_updatedAt"] == "2026-11-24T09:30:00.005Z"


def test_ddp_writes_dates_as_ejson() -> None:
    document = ddp(message().document())
    assert document["ts"] == {"$date": 1795512600005}


def test_both_forms_differ_in_dates_only() -> None:
    document = message(tcount=1, tlm=T0, replies=["u1"]).document()
    for key, value in rest(document).items():
        assert (ddp(document)[key] == value) is (key not in {"ts", "_updatedAt", "tlm"})


@pytest.mark.parametrize("moment", [T0, datetime(1999, 1, 1, tzinfo=UTC), datetime(2038, 1, 19, 3, 14, 8, tzinfo=UTC)])
def test_the_two_forms_name_the_same_moment(moment: datetime) -> None:
    assert milliseconds(datetime.fromisoformat(iso(moment))) == milliseconds(moment)
