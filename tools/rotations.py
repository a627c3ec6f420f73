"""Exchanges of a secret that are measured: by the bot's `rotate`, and in the naive order beside it.

Both servers take some time before each effect, as over a network; people keep coming back from Encvoy ID meanwhile. The
stand-ins' ledgers, not the bot, say when the new secret went live in Rocket.Chat, when Encvoy ID switched, and who was
turned away.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import click

from bot.clock import SystemClock
from bot.connection.ports import ApplicationFields
from bot.encvoy.client import EncvoyIdClient
from bot.secret import Secret, new_secret
from sandbox.demo import PREFIX, look
from sandbox.faults import Fault, FaultEffect
from sandbox.gaps import Gap, gaps
from sandbox.rocketchat.ddp.sockets import Publication
from sandbox.rocketchat.standin import Switches
from sandbox.stage import Stage, stage
from sandbox.visitor import Visitor
from tools.bot_process import BotProcess
from tools.sign_ins import came, refused, signing_in

TAKES = 0.020
"""Seconds that each server takes before its effect."""
PER_SECOND = 50.0
"""Sign-ins that come back."""


@dataclass(frozen=True)
class Scene:
    """How Rocket.Chat behaves."""

    name: str
    switches: Switches
    naive: bool = False


SCENES = (
    Scene("pushed", Switches(publication=Publication.PUSHED)),
    Scene("silent", Switches(publication=Publication.NORMAL)),
    Scene("silent, jitter 0–200 ms", Switches(publication=Publication.NORMAL, jitter=(0.0, 0.2))),
    Scene("silent, three instances", Switches(publication=Publication.NORMAL, instances=3)),
    Scene("naive order", Switches(publication=Publication.NORMAL), naive=True),
)


@dataclass(frozen=True)
class Exchange:
    """One that was measured."""

    gap: float
    """Seconds for which the two sides used different secrets."""
    refused: int
    """Sign-ins that were turned away for it."""

    @property
    def allowed(self) -> float:
        """So many may be: whoever came in the gap, and one more on the way."""
        return 1 + PER_SECOND * self.gap


@dataclass
class Bench:
    """One scene at work."""

    play: Stage
    admin: Visitor
    done: list[Exchange] = field(default_factory=list)

    async def exchange(self, how: Callable[[], object]) -> None:
        """Measures whatever `how` does, which must be one exchange."""
        before, turned_away = len(self._gaps()), refused(self.play)
        await how()  # type: ignore[misc]
        measured = self._gaps()[before:]
        if len(measured) != 1:
            raise click.ClickException(f"one exchange, but {len(measured)} secrets came to be used on both sides")
        self.done.append(Exchange(measured[0].seconds, refused(self.play) - turned_away))

    async def rotate(self) -> None:
        """By the bot."""
        answer = await self.admin.ask("!sso rotate", timeout=90)
        if "Rotated" not in answer:
            raise click.ClickException(f"a rotation failed:\n{answer}")

    def _gaps(self) -> tuple[Gap, ...]:
        return gaps(self.play.rocketchat.ledger, self.play.encvoy.ledger)


async def measure(folder: Path, scene: Scene, times: int, settle: float) -> tuple[Exchange, ...]:
    """Sets a connection up, and exchanges its secret so many times while people keep coming."""
    async with stage(folder, settle=settle, switches=scene.switches) as play, play.visitor() as admin:
        for faults in (play.rocketchat.faults, play.encvoy.faults):
            faults.add(Fault(effect=FaultEffect.PASS, delay=TAKES))
        bench, bot = Bench(play, admin), BotProcess(play.env, folder)
        await bot.start(timeout=60)
        try:
            await admin.ask("!sso setup", timeout=90)
            async with signing_in(play, PER_SECOND):
                if scene.naive:
                    await _by_hand(bench, times)
                else:
                    for _ in range(times):
                        await bench.exchange(bench.rotate)
        finally:
            await bot.stop()
        if came(play) == 0:
            raise click.ClickException("nobody came through: what was refused says nothing")
    return tuple(bench.done)


async def _by_hand(bench: Bench, times: int) -> None:
    """Like a person in two admin panels who is as quick as a program: Encvoy ID first, then Rocket.Chat."""
    play = bench.play
    manager, client = play.encvoy.introduction.account("manager"), play.encvoy.clients
    client_id = next(i for i, row in client.by_id.items() if row["client_secret"] == look(play).accepted)
    encvoy = EncvoyIdClient(
        play.encvoy.url,
        client_id=play.encvoy.state.main_id,
        login=manager.login,
        password=Secret(manager.password),
        clock=SystemClock(),
    )

    async def once() -> None:
        secret = new_secret()
        await encvoy.write_application(client_id, ApplicationFields(secret=secret))
        await _save(play, bench.admin, secret)
        await play.rocketchat.ledger.wait_for(lambda _ledger: look(play).live == look(play).accepted, timeout=30)

    async with encvoy:
        await encvoy.log_in()
        for _ in range(times):
            await bench.exchange(once)


async def _save(play: Stage, admin: Visitor, secret: Secret) -> None:
    """“Save changes” on Rocket.Chat's page, with the second factor that it asks for (facts/rocketchat.md §1.4)."""
    password = play.rocketchat.introduction.account("admin").password
    code = {"x-2fa-method": "password", "x-2fa-code": hashlib.sha256(password.encode()).hexdigest()}
    rows = [{"_id": f"{PREFIX}-secret", "value": secret.reveal()}]
    await admin.call("POST", "settings", json={"settings": rows}, headers=code)
