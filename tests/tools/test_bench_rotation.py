"""The bench: what it prints, and that it can fail."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.sandbox.gaps import Spread
from tools.bench_rotation import Measured, measure

NAIVE = Spread(count=5, median=2.1, worst=2.2)


async def test_a_short_run_measures_both_orders_beside_each_other(tmp_path: Path) -> None:
    measured = await measure(tmp_path, rotations=2, settle=0.1, naive=1)
    assert (measured.rotate.count, measured.naive.count) == (2, 1)
    assert measured.misses() == ()
    assert measured.naive.median > 0.1 > measured.rotate.median


@pytest.mark.parametrize(
    ("median", "worst", "missed"),
    [(0.059, 0.199, []), (0.060, 0.199, ["median"]), (0.059, 0.200, ["worst"]), (0.3, 0.3, ["median", "worst"])],
)
def test_it_fails_exactly_where_a_bound_is_missed(median: float, worst: float, missed: list[str]) -> None:
    misses = Measured(Spread(20, median, worst), NAIVE).misses()
    assert [miss.partition(" ")[0] for miss in misses] == missed


def test_the_table_has_both_orders_and_how_they_compare() -> None:
    table = Measured(Spread(20, 0.002, 0.004), NAIVE).table().splitlines()
    assert table[1].split() == ["rotate", "20", "2.0", "ms", "4.0", "ms"]
    assert table[2].split()[-5:] == ["5", "2100.0", "ms", "2200.0", "ms"]
    assert table[3].split()[-2:] == ["1050×", "550×"]
