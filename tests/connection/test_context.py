"""Where a run of the loop stands."""

from __future__ import annotations

import pytest

from bot.connection.context import SETTLE, LoopState, known_id, known_marker, settle_of
from bot.connection.receipt import Receipt
from bot.connection.state import Marker
from tests.connection.conftest import new_connection

MARKER = Marker("scope", "email openid profile")


def test_the_first_moment_in_which_the_new_secret_is_accepted_ends_the_gap() -> None:
    live = LoopState(new_connection(), Receipt(), live_since=1000.0)
    accepted = live.accepted(1000.25)
    assert accepted.receipt.gap == 0.25
    assert accepted.accepted(1009.0) == accepted


def test_no_gap_is_claimed_where_nobody_knows_since_when_it_is_live() -> None:
    unknown = LoopState(new_connection(), Receipt())
    assert unknown.accepted(1000.0) == unknown
    assert not unknown.stored_before


@pytest.mark.parametrize(("measured", "settle"), [(None, SETTLE), (4.0, 4.0)])
def test_it_takes_as_long_as_was_measured(measured: float | None, settle: float) -> None:
    desired = new_connection(settle=measured)
    assert LoopState(desired, Receipt()).settle == settle_of(desired) == settle


def test_where_nothing_was_measured_rocketchat_takes_two_and_a_half_seconds() -> None:
    assert 2.5 < SETTLE < 2.6


def test_an_id_and_a_marker_are_there_before_they_are_needed() -> None:
    assert known_id(new_connection(client_id="c1")) == "c1"
    assert known_marker(new_connection(marker=MARKER)) == MARKER
    with pytest.raises(ValueError, match="no id yet"):
        known_id(new_connection())
    with pytest.raises(ValueError, match="needs a marker"):
        known_marker(new_connection())
