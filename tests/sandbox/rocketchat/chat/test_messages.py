"""The message document, and what is found in a text (facts/rocketchat.md §5.4)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from sandbox.rocketchat.chat.messages import Author, Message, channel_names, links, mentioned_names, parsed

T0 = datetime(2026, 11, 24, 9, 30, 0, 5000, tzinfo=UTC)
ADA = Author("u1", "ada", "Ada")


def message(**changes: Any) -> Message:
    return replace(Message("m", "r", "hi", T0, ADA, T0), **changes)


def test_a_persons_message_has_exactly_these_fields() -> None:
    assert set(message().document()) == {
        *("_id", "rid", "msg", "ts", "u", "_updatedAt", "urls", "mentions", "channels", "md")
    }


def test_an_author_without_a_name_has_no_name_field() -> None:
    assert Author("u", "ada").document() == {"_id": "u", "username": "ada"}


def test_a_system_message_says_its_type_and_has_no_parse() -> None:
    document = message(t="uj", msg="ada").document()
    assert document["t"] == "uj"
    assert not {"md", "urls", "mentions"} & document.keys()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"edited_at": T0, "edited_by": ADA}, {"editedAt": T0, "editedBy": {"_id": "u1", "username": "ada"}}),
        ({"reactions": {":x:": ["ada", "bob"]}}, {"reactions": {":x:": {"usernames": ["ada", "bob"]}}}),
        ({"tmid": "head"}, {"tmid": "head"}),
        ({"tcount": 2, "tlm": T0, "replies": ["u1"]}, {"tcount": 2, "tlm": T0, "replies": ["u1"]}),
        (
            {"pinned_at": T0, "pinned_by": ADA},
            {"pinned": True, "pinnedAt": T0, "pinnedBy": {"_id": "u1", "username": "ada"}},
        ),
        ({"extra": {"alias": "CI", "bot": {"i": "x"}}}, {"alias": "CI", "bot": {"i": "x"}}),
    ],
)
def test_what_came_later_shows(changes: dict[str, Any], expected: dict[str, Any]) -> None:
    plain = message().document()
    assert {k: v for k, v in message(**changes).document().items() if k not in plain} == expected


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("@ada hello", ["ada"]),
        ("hello @ada.", ["ada"]),
        ("@ada @bob @ada", ["ada", "bob"]),
        ("mail ada@example.org", []),
        ("> @ada", ["ada"]),
        ("@", []),
        ("line\n@ada_b-c.d", ["ada_b-c.d"]),
    ],
)
def test_mentions(text: str, names: list[str]) -> None:
    assert mentioned_names(text) == names


@pytest.mark.parametrize(("text", "names"), [("see #general.", ["general"]), ("a#b", []), ("#a #b", ["a", "b"])])
def test_channels(text: str, names: list[str]) -> None:
    assert channel_names(text) == names


def test_links_are_found_once_and_have_no_preview_yet() -> None:
    assert links("http://a.example/x?y=1 and http://a.example/x?y=1 (https://b.example)") == [
        {"url": "http://a.example/x?y=1", "meta": {}},
        {"url": "https://b.example", "meta": {}},
    ]


def test_md_is_paragraphs_of_plain_text() -> None:
    assert parsed("a\n\nb") == [
        {"type": "PARAGRAPH", "value": [{"type": "PLAIN_TEXT", "value": "a"}]},
        {"type": "LINE_BREAK"},
        {"type": "PARAGRAPH", "value": [{"type": "PLAIN_TEXT", "value": "b"}]},
    ]
    assert parsed("") == []
