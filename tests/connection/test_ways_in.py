"""How people could sign in without the connection."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.connection.state import Observed
from bot.connection.unknown import Unknown
from bot.connection.ways_in import WaysIn, takes_a_way, ways_in
from tests.connection.conftest import Bench
from tests.connection.test_plan import LIVE, STORED, WHOLE

UNSEEN = Unknown("It is away.")
GITHUB = frozenset({"github"})


@pytest.mark.parametrize(
    ("ways", "exist", "none"),
    [
        (WaysIn(form=True), True, False),
        (WaysIn(form=True, others=UNSEEN), True, False),
        (WaysIn(form=False), False, True),
        (WaysIn(form=False, others=GITHUB), True, False),
        (WaysIn(form=False, others=UNSEEN), False, False),
        (WaysIn(form=None), False, False),
        (WaysIn(form=None, others=GITHUB), True, False),
        (WaysIn(form=None, others=UNSEEN), False, False),
    ],
)
def test_whether_there_is_one_and_whether_there_is_none(ways: WaysIn, exist: bool, none: bool) -> None:
    assert (ways.exist, ways.certainly_none) == (exist, none)


OFF = replace(STORED, enabled=False)


@pytest.mark.parametrize(
    ("observed", "expected"),
    [
        (WHOLE, True),
        (Observed(OFF, LIVE, None), True),
        (Observed(OFF, UNSEEN, None), True),
        (Observed(None, LIVE, None), True),
        (Observed(STORED, None, None), True),
        (Observed(OFF, None, None), False),
        (Observed(None, None, None), False),
    ],
)
def test_only_what_people_may_use_is_taken_from_them(observed: Observed, expected: bool) -> None:
    assert takes_a_way(observed) is expected


@pytest.mark.parametrize("form", [True, False, None])
async def test_other_services_are_asked_for_only_where_there_is_no_form(standing: Bench, form: bool | None) -> None:
    standing.rocketchat.others = GITHUB
    found = await ways_in(standing.connections.there, replace(WHOLE, form=form), standing.context)
    assert found == WaysIn(form, frozenset() if form else GITHUB)
    assert ("other_services_live" in standing.world.calls) is (form is not True)
