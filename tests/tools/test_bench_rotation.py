"""The bench: what it prints, and that it can fail."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.bench_rotation import Row, run, table
from tools.rotations import SCENES, Exchange, Scene

PUSHED, SILENT, JITTER, INSTANCES, NAIVE = SCENES


def row(scene: Scene, *gaps: float, refused: int = 0) -> Row:
    return Row(scene, tuple(Exchange(gap, refused) for gap in gaps))


async def test_a_short_run_measures_both_orders_beside_each_other(tmp_path: Path) -> None:
    silent, naive = await run(tmp_path, [SILENT, NAIVE], rotations=2, settle=0.3, naive=1)
    assert (len(silent.exchanges), len(naive.exchanges)) == (2, 1)
    assert naive.median > 0.3 > silent.worst
    assert naive.refused[1] > 5


@pytest.mark.parametrize(
    ("scene", "median", "worst", "missed"),
    [
        (PUSHED, 0.034, 0.099, []),
        (PUSHED, 0.035, 0.099, ["median"]),
        (PUSHED, 0.034, 0.100, ["worst"]),
        (SILENT, 0.089, 0.149, []),
        (SILENT, 0.090, 0.150, ["median", "worst"]),
        (JITTER, 0.089, 0.150, ["worst"]),
        (INSTANCES, 0.090, 0.149, ["median"]),
        (NAIVE, 2.5, 2.6, []),
    ],
)
def test_it_fails_exactly_where_a_bound_is_missed(scene: Scene, median: float, worst: float, missed: list[str]) -> None:
    misses = row(scene, median, median, worst).misses()
    assert [miss.removeprefix(f"{scene.name}: ").partition(" ")[0] for miss in misses] == missed


@pytest.mark.parametrize(("gap", "refused", "missed"), [(0.02, 2, False), (0.02, 3, True), (0.0, 1, False)])
def test_more_sign_ins_refused_than_came_in_the_gap_are_a_miss(gap: float, refused: int, missed: bool) -> None:
    assert bool(row(SILENT, gap, refused=refused).misses()) == missed


def test_the_table_has_every_scene_and_how_the_naive_order_compares() -> None:
    lines = table([row(PUSHED, 0.002, 0.002, 0.004), row(NAIVE, 2.0, 2.0, 2.2, refused=100)]).splitlines()
    assert lines[1].split() == ["pushed", "3", "2.0", "ms", "4.0", "ms", "0.0", "0"]
    assert lines[2].split() == ["naive", "order", "3", "2000.0", "ms", "2200.0", "ms", "100.0", "100"]
    assert lines[3].split()[-2:] == ["1000×", "550×"]
