"""Which user names Rocket.Chat's setting allows, and which settings are not evaluated."""

from __future__ import annotations

import pytest

from bot.connection.unknown import Unknown
from bot.connection.user_names import USUAL, rule


@pytest.mark.parametrize(
    ("setting", "allowed", "others"),
    [
        (USUAL, ("ada", "Ada.L-2_x"), ("ada lovelace", "ä", "a@b", "", "ada\n")),
        ("", ("ada",), ("ada lovelace",)),
        ("[0-9a-zA-Z-_.äÄöÖüÜß]+", ("äda",), ("ada b",)),
        (r"[\w.]*", ("ada.l", ""), ("ä", "a-b")),
        ("[^ ]{2,5}", ("äda",), ("a", "abcdef", "a b")),
        (r"[a-z\-]{3}", ("a-b",), ("ab",)),
    ],
)
def test_a_set_of_characters_is_evaluated(setting: str, allowed: tuple[str, ...], others: tuple[str, ...]) -> None:
    allows = rule(setting)
    assert not isinstance(allows, Unknown)
    assert [allows(name) for name in (*allowed, *others)] == [True] * len(allowed) + [False] * len(others)


@pytest.mark.parametrize(
    ("setting", "reason"),
    [
        (None, "does not show me its setting"),
        ("(a+)+", "more than one set of characters"),
        ("[a-z]+|admin", "more than one set of characters"),
        (r"[\p{L}]+", "more than one set of characters"),
        ("[a-z]", "more than one set of characters"),
        (f"[{'a' * 400}]+", "more than one set of characters"),
        ("[z-a]+", "is not valid"),
    ],
)
def test_what_is_not_evaluated_is_unknown(setting: str | None, reason: str) -> None:
    found = rule(setting)
    assert isinstance(found, Unknown)
    assert reason in found.reason
