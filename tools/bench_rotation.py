"""Measures for how long sign-ins fail while a secret is exchanged: by `rotate`, and in the naive order beside it.

    python -m tools.bench_rotation [--rotations 20] [--settle 2.5] [--only silent]

The bot runs as `ssobot run`, over real sockets, against both stand-ins of this process, which take 20 ms before each
effect, while 50 people a second come back from Encvoy ID. Exit status 1 where a bound is missed.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import click

from tools.rotations import SCENES, Exchange, Scene, measure

NAIVE = 5
"""Enough for a median: each of them fails for the whole settle time."""
BOUNDS = {"pushed": (0.035, 0.100), "silent": (0.090, 0.150)}
"""First word of a scene's name -> seconds: the median and the worst are below these."""


@dataclass(frozen=True)
class Row:
    """One scene, measured."""

    scene: Scene
    exchanges: tuple[Exchange, ...]

    @property
    def median(self) -> float:
        """Seconds."""
        return statistics.median(exchange.gap for exchange in self.exchanges)

    @property
    def worst(self) -> float:
        """Seconds."""
        return max(exchange.gap for exchange in self.exchanges)

    @property
    def refused(self) -> tuple[float, int]:
        """Sign-ins turned away in one exchange: on average, and at most."""
        counts = [exchange.refused for exchange in self.exchanges]
        return statistics.mean(counts), max(counts)

    def misses(self) -> tuple[str, ...]:
        """The bounds that it does not keep; the naive order has none."""
        bound = BOUNDS.get(self.scene.name.partition(",")[0])
        if bound is None or self.scene.naive:
            return ()
        named = (("median", self.median, bound[0]), ("worst", self.worst, bound[1]))
        missed = [f"{name} {_ms(got)} is not under {_ms(most)}" for name, got, most in named if got >= most]
        missed += [
            f"{exchange.refused} sign-ins refused in a gap of {_ms(exchange.gap)}"
            for exchange in self.exchanges
            if exchange.refused > exchange.allowed
        ]
        return tuple(f"{self.scene.name}: {miss}" for miss in missed)


def table(rows: Sequence[Row]) -> str:
    """A row for each scene, and how the naive order compares with the first."""
    lines = [f"{'scene':<26} {'exchanges':>9} {'median':>10} {'worst':>10} {'refused':>8} {'at most':>8}"]
    for row in rows:
        mean, most = row.refused
        times = f"{len(row.exchanges):>9} {_ms(row.median):>10} {_ms(row.worst):>10}"
        lines.append(f"{row.scene.name:<26} {times} {mean:>8.1f} {most:>8}")
    naive = next((row for row in rows if row.scene.naive), None)
    if naive is not None and naive is not rows[0]:
        ratios = f"{naive.median / rows[0].median:>9.0f}× {naive.worst / rows[0].worst:>9.0f}×"
        lines.append(f"{f'naive / {rows[0].scene.name}':<26} {'':>9} {ratios}")
    return "\n".join(lines)


async def run(folder: Path, scenes: Sequence[Scene], rotations: int, settle: float, naive: int = NAIVE) -> list[Row]:
    """One scene after the other, each in a world of its own."""
    rows = []
    for number, scene in enumerate(scenes):
        own = folder / str(number)
        own.mkdir()
        rows.append(Row(scene, await measure(own, scene, naive if scene.naive else rotations, settle)))
    return rows


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms"


@click.command()
@click.option("--rotations", type=click.IntRange(min=1), default=20, show_default=True, help="In each scene.")
@click.option("--settle", type=click.FloatRange(min=0), default=2.5, show_default=True, help="Jitter comes on top.")
@click.option("--naive", type=click.IntRange(min=1), default=NAIVE, show_default=True, help="Exchanges by hand.")
@click.option("--only", default="", help="Scenes whose name contains this.")
def main(rotations: int, settle: float, naive: int, only: str) -> None:
    """Measure the gap of a rotation, and of the naive order beside it."""
    scenes = [scene for scene in SCENES if only in scene.name]
    with tempfile.TemporaryDirectory() as folder:
        try:
            rows = asyncio.run(run(Path(folder), scenes, rotations, settle, naive))
        except (TimeoutError, aiohttp.ClientError) as error:
            raise click.ClickException(f"it could not be measured: {type(error).__name__}") from None
    click.echo(table(rows))
    misses = [miss for row in rows for miss in row.misses()]
    for miss in misses:
        click.echo(f"Missed: {miss}", err=True)
    sys.exit(1 if misses else 0)


if __name__ == "__main__":
    main()
