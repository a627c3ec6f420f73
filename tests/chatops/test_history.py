"""Who asked, as people read it."""

from __future__ import annotations

import pytest

from bot.chatops.history import asked_by
from bot.chatops.origin import FromMessage
from bot.text import inert


@pytest.mark.parametrize(
    ("username", "shown"),
    [("anna", "`anna`"), ("", "`anna1`"), ("@all", "`＠all`"), ("a`b", "`a'b`")],
    ids=["name", "without a name", "everybody", "a mark"],
)
def test_whoever_asked_is_named_and_not_mentioned(username: str, shown: str) -> None:
    assert asked_by(FromMessage("m1", "room1", None, "anna1", username)) == shown == inert(shown)
