"""A receipt in words."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, get_args

import pytest

from bot.connection.changes import Change
from bot.connection.in_use import InUse, Use
from bot.connection.proof import Proof
from bot.connection.receipt import Outcome, Receipt
from commands.receipts import CHANGES, fingerprints, measured, read_receipt, receipt_lines

ROTATED = Receipt(
    outcome=Outcome.DONE,
    changes=("WriteServiceSecret", "AwaitLive", "WriteApplicationSecret", "Prove", "CommitSecret"),
    gap=0.0842,
    seen_by="publication",
    proof=Proof(previous_refused=True, random_refused=True),
    in_use=InUse(Use.PROVED),
    in_use_later=InUse(Use.UNKNOWN, "it says nothing."),
    fingerprint_before="1b37",
    fingerprint_after="9c1f",
)


def test_each_change_has_words() -> None:
    assert CHANGES.keys() == {change.__name__ for change in get_args(Change)} | {"Settle"}


def test_a_rotation() -> None:
    assert list(receipt_lines(ROTATED)) == [
        "• Outcome: done",
        "• Changes, in order: secret written in Rocket.Chat, waited until active, secret written at Encvoy ID, "
        "secret verified, secret saved by the bot",
        "• Secret: fingerprint 1b37 → 9c1f",
        "• Sign-ins: gap 84 ms at most",
        "• Seen to be active: Rocket.Chat published it",
        "• Verified: Encvoy ID accepts the secret, and refuses the previous one and a random one",
        "• Used by Rocket.Chat right after the switch: the secret that both sides have",
        "• Used by Rocket.Chat later: unknown (it says nothing)",
    ]


def test_nothing_to_do() -> None:
    assert list(receipt_lines(Receipt())) == ["• Outcome: nothing had to be done"]


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"outcome": Outcome.UNDONE, "reason": "`x` refused it."}, "• Outcome: undone: 'x' refused it."),
        ({"gap": None}, "• Sign-ins: gap unknown"),
        ({"instances": 3}, "• Sign-ins: gap 84 ms at most, at the first of 3 instances of Rocket.Chat"),
        ({"seen_by": "a tide"}, "• Seen to be active: `a tide`"),
        ({"changes": ("Dance",)}, "• Changes, in order: `Dance`"),
        (
            {"proof": Proof(None, random_refused=True)},
            "• Verified: Encvoy ID accepts the secret, and refuses a random one",
        ),
        (
            {"proof": Proof(False, random_refused=True)},
            "• Verified: Encvoy ID accepts the secret, refuses a random one, and still accepts the previous one",
        ),
        (
            {"proof": Proof(True, random_refused=False)},
            "• Verified: Encvoy ID accepts the secret, but a random one as well, so this proves nothing",
        ),
    ],
)
def test_what_went_otherwise_is_said(changes: dict[str, Any], line: str) -> None:
    assert line in list(receipt_lines(replace(ROTATED, **changes)))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "fingerprint 1b37 → 9c1f"),
        ({"fingerprint_before": None}, "fingerprint 9c1f"),
        ({"fingerprint_after": "1b37"}, "fingerprint 1b37, as before"),
        ({"fingerprint_before": None, "fingerprint_after": None}, "fingerprint unknown"),
        ({"changes": ("Prove", "Settle"), "fingerprint_after": None}, "fingerprint unknown"),
        ({"changes": ("Prove",)}, None),
    ],
    ids=["exchanged", "set up", "undone", "of an older version", "of the first version", "no secret"],
)
def test_the_fingerprints(changes: dict[str, Any], said: str | None) -> None:
    assert fingerprints(replace(ROTATED, **changes)) == said


def test_a_fingerprint_of_a_key_that_is_lost_is_not_shown_as_if_it_could_be_compared() -> None:
    said = "fingerprint unknown, because the key of the fingerprints was lost after it"
    assert fingerprints(ROTATED, comparable=False) == said
    assert f"• Secret: {said}" in list(receipt_lines(ROTATED, comparable=False))
    assert fingerprints(replace(ROTATED, changes=()), comparable=False) is None


def test_a_gap_that_was_not_measured_is_not_mentioned() -> None:
    assert (measured(ROTATED), measured(Receipt())) == ("gap 84 ms at most", None)


def test_what_was_kept_is_read() -> None:
    assert read_receipt(ROTATED.as_dict()) == ROTATED


@pytest.mark.parametrize("row", [None, {}, {"changed": True}, {"outcome": "x", "changes": []}, {"outcome": "done"}])
def test_what_cannot_be_read_is_none(row: dict[str, object] | None) -> None:
    assert read_receipt(row) is None


@pytest.mark.parametrize("odd", [{"later": 1}, {"proof": [1]}, {"in_use": "x"}])
def test_a_receipt_of_a_newer_version_is_none(odd: dict[str, object]) -> None:
    assert read_receipt(ROTATED.as_dict() | odd) is None
