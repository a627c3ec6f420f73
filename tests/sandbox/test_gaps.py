"""How a gap is read from two ledgers."""

from __future__ import annotations

import pytest

from sandbox.gaps import Gap, gaps
from sandbox.ledger import Ledger


def ledgers(live: dict[str, float], switched: dict[str, float]) -> tuple[Ledger, Ledger]:
    rocketchat, encvoy = Ledger(), Ledger()
    for secret, at in live.items():
        rocketchat.add("live", at=at, body={"secret": secret})
    for secret, at in switched.items():
        encvoy.add("switched", at=at, body={"secret": secret})
    return rocketchat, encvoy


def test_a_gap_joins_the_two_moments_of_one_secret() -> None:
    assert gaps(*ledgers({"a": 1.0, "b": 5.0}, {"b": 5.25})) == (Gap(live=5.0, switched=5.25),)


@pytest.mark.parametrize("switched", [4.75, 5.25])
def test_it_lasts_as_long_whichever_side_was_first(switched: float) -> None:
    assert Gap(5.0, switched).seconds == pytest.approx(0.25)


def test_a_record_that_is_rewritten_later_with_the_same_secret_changes_no_gap() -> None:
    rocketchat, encvoy = ledgers({"a": 1.0}, {"a": 1.5})
    rocketchat.add("live", at=9.0, body={"secret": "a"})
    assert [gap.seconds for gap in gaps(rocketchat, encvoy)] == [0.5]


def test_a_secret_that_only_one_side_used_has_no_gap() -> None:
    assert gaps(*ledgers({"a": 1.0}, {"b": 1.0})) == ()


def test_they_come_in_the_order_in_which_encvoy_id_switched() -> None:
    measured = gaps(*ledgers({"a": 1.0, "b": 2.0}, {"b": 2.5, "a": 3.0}))
    assert [gap.switched for gap in measured] == [2.5, 3.0]


def test_on_the_modern_engine_the_strategy_counts_and_not_the_record() -> None:
    rocketchat, encvoy = ledgers({"a": 1.0}, {"a": 1.5})
    rocketchat.add("strategy", at=1.25, body={"secret": "a"})
    assert gaps(rocketchat, encvoy, by="strategy") == (Gap(live=1.25, switched=1.5),)
