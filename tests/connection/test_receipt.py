"""What an operation leaves behind, and that the row of the operation keeps all of it."""

from __future__ import annotations

import json

import pytest

from bot.connection.in_use import InUse, Use
from bot.connection.proof import Proof
from bot.connection.receipt import Outcome, Receipt

WHOLE = Receipt(
    outcome=Outcome.UNDONE,
    changes=("WriteServiceSecret", "AwaitLive"),
    gap=0.25,
    seen_by="poll",
    instances=3,
    proof=Proof(previous_refused=None, random_refused=False),
    in_use=InUse(Use.PROVED),
    in_use_later=InUse(Use.SILENT, "it doesn't say why"),
    reason="It was refused.",
    fingerprint_before="9c1f",
    fingerprint_after="b756",
)


@pytest.mark.parametrize("receipt", [Receipt(), WHOLE], ids=["empty", "whole"])
def test_the_row_of_the_operation_gives_it_back(receipt: Receipt) -> None:
    assert Receipt.from_dict(json.loads(json.dumps(receipt.as_dict()))) == receipt


def test_a_row_of_an_earlier_version_lacks_what_came_later() -> None:
    row = {"outcome": "done", "changes": ["CreateService"], "gap": None}
    assert Receipt.from_dict(row) == Receipt(Outcome.DONE, ("CreateService",))


def test_without_being_told_otherwise_it_is_of_one_instance() -> None:
    assert Receipt().instances == 1


def test_a_change_makes_it_done_and_what_was_undone_stays_so() -> None:
    done = Receipt().with_change("CreateService").with_change("Prove")
    assert (done.outcome, done.changes) == (Outcome.DONE, ("CreateService", "Prove"))
    assert Receipt(outcome=Outcome.UNDONE).with_change("Prove").outcome is Outcome.UNDONE
