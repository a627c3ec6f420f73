"""The web client's composer, one row for each sentence of facts/rocketchat.md §4.1."""

from __future__ import annotations

import pytest

from sandbox.rocketchat.chat.composer import (
    ComposerResult,
    Reaction,
    RegisteredCommand,
    Sent,
    Swallowed,
    TooLong,
    composer,
)

KNOWN = {"me", "invite"}
REFUSED = Swallowed("No such command: `/sso`")


@pytest.mark.parametrize(
    ("text", "off", "on"),
    [
        ("hello", Sent("hello"), Sent("hello")),
        ("!sso setup", Sent("!sso setup"), Sent("!sso setup")),
        ("/sso setup", REFUSED, Sent("/sso setup")),
        ("  /sso setup ", REFUSED, Sent("/sso setup")),
        ("/sso", REFUSED, Sent("/sso")),
        ("/sso\nsecond line", REFUSED, Sent("/sso\nsecond line")),
        ("see /sso setup", Sent("see /sso setup"), Sent("see /sso setup")),
        ("/ sso", Sent("/ sso"), Sent("/ sso")),
        ("/", Sent("/"), Sent("/")),
        ("/me waves", RegisteredCommand("me", " waves"), RegisteredCommand("me", " waves")),
        ("/me", RegisteredCommand("me", ""), RegisteredCommand("me", "")),
        ("/me one\ntwo", RegisteredCommand("me", " one"), RegisteredCommand("me", " one")),
        ("/Me waves", Swallowed("No such command: `/Me`"), Sent("/Me waves")),
        ("", Swallowed(""), Swallowed("")),
        ("   ", Swallowed(""), Swallowed("")),
        ("+:tada:", Reaction(":tada:"), Reaction(":tada:")),
        ("+:tada: well done", Sent("+:tada: well done"), Sent("+:tada: well done")),
    ],
)
def test_each_kind_of_line(text: str, off: ComposerResult, on: ComposerResult) -> None:
    assert composer(text, KNOWN, allow_unrecognised=False) == off
    assert composer(text, KNOWN, allow_unrecognised=True) == on


def test_the_refusal_is_escaped() -> None:
    assert composer("/<b>", KNOWN, allow_unrecognised=False) == Swallowed("No such command: `/&lt;b&gt;`")


def test_too_long_a_text_is_kept_back_before_the_command_is_looked_at() -> None:
    text = "/me " + "x" * 20
    assert composer(text, KNOWN, allow_unrecognised=True, max_size=len(text)) == RegisteredCommand("me", " " + "x" * 20)
    assert composer(text, KNOWN, allow_unrecognised=True, max_size=len(text) - 1) == TooLong(len(text) - 1)
