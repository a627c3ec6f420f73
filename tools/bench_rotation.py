"""Measures for how long sign-ins fail while a secret is exchanged: by `rotate`, and in the naive order beside it.

    python -m tools.bench_rotation [--rotations 20] [--settle 2]

The bot runs as `ssobot run`, over real sockets, against both stand-ins of this process; their ledgers, not the bot,
say when the new secret went live in Rocket.Chat and when Encvoy ID switched. The naive order is what a person with two
admin panels does: the new secret at Encvoy ID first, then in Rocket.Chat's settings. Exit status 1 where a bound is
missed.
"""

from __future__ import annotations

import asyncio
import hashlib
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import click

from bot.clock import SystemClock
from bot.connection.ports import ApplicationFields
from bot.demo import PREFIX, look
from bot.encvoy.client import EncvoyIdClient
from bot.sandbox.gaps import Gap, Spread, gaps
from bot.sandbox.visitor import Visitor
from bot.secret import Secret, new_secret
from bot.stage import Stage
from tests.support.world import World, world_at

MEDIAN_UNDER = 0.060
"""Seconds."""
WORST_UNDER = 0.200
NAIVE = 5
"""Enough for a median: each of them fails for the whole debounce."""


@dataclass(frozen=True)
class Measured:
    """Both orders, in one run."""

    rotate: Spread
    naive: Spread

    def misses(self) -> tuple[str, ...]:
        """The bounds that `rotate` does not keep."""
        bounds = (("median", self.rotate.median, MEDIAN_UNDER), ("worst", self.rotate.worst, WORST_UNDER))
        return tuple(f"{name} {_ms(got)} is not under {_ms(bound)}" for name, got, bound in bounds if got >= bound)

    def table(self) -> str:
        """Two rows, and how they compare."""
        rows = [f"{'order':<34} {'exchanges':>9} {'median':>10} {'worst':>10}"]
        for name, spread in (("rotate", self.rotate), ("naive: Encvoy ID, then Rocket.Chat", self.naive)):
            rows.append(f"{name:<34} {spread.count:>9} {_ms(spread.median):>10} {_ms(spread.worst):>10}")
        ratios = (self.naive.median / self.rotate.median, self.naive.worst / self.rotate.worst)
        rows.append(f"{'naive / rotate':<34} {'':>9} {ratios[0]:>9.0f}× {ratios[1]:>9.0f}×")
        return "\n".join(rows)


async def measure(folder: Path, rotations: int, settle: float, naive: int = NAIVE) -> Measured:
    """Sets a connection up and exchanges its secret: `rotations` times by the bot, `naive` times by hand."""
    async with world_at(folder, settle=settle) as world:
        by_bot = await _rotate(world, rotations)
        by_hand = await _by_hand(world.play, world.admin, naive)
    return Measured(Spread.of(by_bot), Spread.of(by_hand))


async def _rotate(world: World, rotations: int) -> tuple[Gap, ...]:
    bot = world.process()
    await bot.start()
    try:
        await world.ask("setup", timeout=60)
        before = len(gaps(world.rocketchat.ledger, world.encvoy.ledger))
        for _ in range(rotations):
            answer = await world.ask("rotate", timeout=60)
            if "Rotated" not in answer:
                raise click.ClickException(f"a rotation failed:\n{answer}")
    finally:
        await bot.stop()
    measured = gaps(world.rocketchat.ledger, world.encvoy.ledger)[before:]
    if len(measured) != rotations:
        raise click.ClickException(f"{rotations} rotations, but {len(measured)} secrets came to be used on both sides")
    return measured


async def _by_hand(play: Stage, admin: Visitor, times: int) -> tuple[Gap, ...]:
    """Like a person in two admin panels who is as quick as a program."""
    before = len(gaps(play.rocketchat.ledger, play.encvoy.ledger))
    manager, client = play.encvoy.introduction.account("manager"), play.encvoy.clients
    client_id = next(i for i, row in client.by_id.items() if row["client_secret"] == look(play).accepted)
    encvoy = EncvoyIdClient(
        play.encvoy.url,
        client_id=play.encvoy.state.main_id,
        login=manager.login,
        password=Secret(manager.password),
        clock=SystemClock(),
    )
    async with encvoy:
        await encvoy.log_in()
        for _ in range(times):
            secret = new_secret()
            await encvoy.write_application(client_id, ApplicationFields(secret=secret))
            await _save(play, admin, secret)
            await play.rocketchat.ledger.wait_for(lambda _ledger: look(play).live == look(play).accepted, timeout=30)
    return gaps(play.rocketchat.ledger, play.encvoy.ledger)[before:]


async def _save(play: Stage, admin: Visitor, secret: Secret) -> None:
    """“Save changes” on Rocket.Chat's page, with the second factor that it asks for (facts/rocketchat.md §1.4)."""
    password = play.rocketchat.introduction.account("admin").password
    code = {"x-2fa-method": "password", "x-2fa-code": hashlib.sha256(password.encode()).hexdigest()}
    rows = [{"_id": f"{PREFIX}-secret", "value": secret.reveal()}]
    await admin.call("POST", "settings", json={"settings": rows}, headers=code)


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms"


@click.command()
@click.option("--rotations", type=click.IntRange(min=1), default=20, show_default=True)
@click.option(
    "--settle", type=click.FloatRange(min=0), default=2.0, show_default=True, help="Seconds, jitter comes on top."
)
@click.option("--naive", type=click.IntRange(min=1), default=NAIVE, show_default=True, help="Exchanges by hand.")
def main(rotations: int, settle: float, naive: int) -> None:
    """Measure the gap of a rotation, and of the naive order beside it."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            measured = asyncio.run(measure(Path(folder), rotations, settle, naive))
        except (TimeoutError, aiohttp.ClientError) as error:
            raise click.ClickException(f"it could not be measured: {type(error).__name__}") from None
    click.echo(measured.table())
    misses = measured.misses()
    for miss in misses:
        click.echo(f"Missed: {miss}", err=True)
    sys.exit(1 if misses else 0)


if __name__ == "__main__":
    main()
