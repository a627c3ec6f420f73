"""Fixes as they are read at a terminal."""

from __future__ import annotations

import re

import pytest

from bot.doctor.checks import CheckState
from bot.doctor.terminal import at_terminal
from bot.doctor.verdict import judge
from tests.doctor.grounds import BROKEN

CASES = [
    ("`/sso setup` fixes it.", "In the admin room, type `!sso setup`: it fixes it."),
    ("Look there; `/sso setup` fixes it.", "Look there; in the admin room, type `!sso setup`: it fixes it."),
    (
        "Set it back, or let `/sso setup` do it.",
        "Set it back, or let `!sso setup` (in the admin room, type that) do it.",
    ),
    ("Look at the proxy; then type the command again.", "Look at the proxy; then try again."),
    ("Type the command again in a minute.", "Try again in a minute."),
    ("Check SSOBOT_ENCVOY_URL.", "Check SSOBOT_ENCVOY_URL."),
    ("", ""),
]


@pytest.mark.parametrize(("fix", "read"), CASES)
def test_a_command_is_told_with_the_place_to_type_it(fix: str, read: str) -> None:
    assert at_terminal(fix) == read


def test_no_check_tells_a_command_without_its_place() -> None:
    fixes = [f.result.fix for _, evidence in BROKEN for f in judge(evidence).of(CheckState.FAILED)]
    assert [fix for fix in fixes if "`/sso" in fix]
    for fix in map(at_terminal, fixes):
        assert "/sso" not in fix
        commands, places = len(re.findall("`!sso", fix)), len(re.findall("[Ii]n the admin room", fix))
        assert commands == places, fix


def test_the_verdict_says_it_so_at_a_terminal_only() -> None:
    (evidence,) = [evidence for check, evidence in BROKEN if check == "Service's secret"]
    verdict = judge(evidence)
    assert "Fix: `/sso setup` fixes it." in "\n".join(verdict.lines())
    assert "Fix: In the admin room, type `!sso setup`" in "\n".join(verdict.lines(terminal=True))
