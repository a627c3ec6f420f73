"""`ssobot demo`: shows every command once, with both stand-ins; and `ssobot sandbox`, which keeps running.

After every answer, it checks the state of both stand-ins, and fails if that is wrong.
"""

from __future__ import annotations

import asyncio
import logging
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from bot import logs
from bot.connection.profile import profile
from bot.errors import ConfigError
from bot.secret import Secret
from bot.signin.walk import sign_in
from sandbox.__main__ import behaviour, told_to_stop
from sandbox.clock import ShiftedClock
from sandbox.demo_unattended import DAILY, TESTS, unattended
from sandbox.rocketchat.version import Version
from sandbox.stage import Stage, stage
from sandbox.visitor import Visitor

SERVICE = "encvoyid"
PREFIX = "Accounts_OAuth_Custom-Encvoyid"
WHERE = """
Open {url}/ in a browser, press “Continue as Administrator”, and type `!sso setup`.
Then press the new button on the login page; at Encvoy ID you may be `{person}`. Ctrl+C ends it.
"""
HTTPS = "Nobody can sign in to Rocket.Chat {version} over plain http: its modern login engine demands https."
VERSION = "8.8"


PROGRESS_OVER = ("Done.", "Ended.", "Ended after ")
"""How the last line of a progress begins."""


class DemoFailed(Exception):
    """A stand-in is not as it should be."""


def needs_tls(version: str) -> bool:
    """Whether people can sign in over TLS only."""
    chosen = Version.of(version)
    return profile((chosen.major, chosen.minor), frozenset()).needs_https


@dataclass(frozen=True)
class StandIns:
    """The state of both stand-ins."""

    applications: int
    accepted: str | None
    """The secret that Encvoy ID accepts."""
    stored: str | None
    """The secret that Rocket.Chat stores."""
    live: str | None
    """The secret by which people sign in right now; None: no button."""


def look(play: Stage) -> StandIns:
    """Reads the state of both stand-ins, not from what the bot says."""
    settings, callback = play.rocketchat.settings, f"{play.rocketchat.url}/_oauth/{SERVICE}"
    ours = [c for c in play.encvoy.clients.by_id.values() if callback in c["redirect_uris"]]
    live = play.rocketchat.live(SERVICE)
    return StandIns(
        applications=len(ours),
        accepted=ours[0]["client_secret"] if ours else None,
        stored=settings.get(f"{PREFIX}-secret") or None,
        live=live["secret"] if live else None,
    )


def whole(before: StandIns, now: StandIns) -> bool:
    """One application, one secret on both sides, live."""
    return now.applications == 1 and now.accepted == now.stored == now.live is not None


def unchanged(before: StandIns, now: StandIns) -> bool:
    """Nothing was written."""
    return before == now


def rotated(before: StandIns, now: StandIns) -> bool:
    """As `whole`, with another secret."""
    return whole(before, now) and now.accepted != before.accepted


def off(before: StandIns, now: StandIns) -> bool:
    """No button, and the secrets are unchanged."""
    return now.live is None and (now.accepted, now.stored) == (before.accepted, before.stored)


SCENES: tuple[tuple[str, Callable[[StandIns, StandIns], bool]], ...] = (
    ("/sso setup", whole),
    ("/sso status", unchanged),
    ("/sso test", unchanged),
    ("/sso rotate", rotated),
    ("/sso disable", off),
    ("/sso enable", whole),
)
UNATTENDED = (DAILY, TESTS)
"""Typed after that; then nobody types any more."""


def main(tls: bool = False, version: str = VERSION) -> int:
    """Plays, over TLS if told so, on a licensed Rocket.Chat of that version; 0 only if both stand-ins were right after
    every answer. ConfigError where nobody could sign in."""
    if needs_tls(version) and not tls:
        raise ConfigError(f"{HTTPS.format(version=version)} Add --tls.")
    logs.configure(level=logging.ERROR)
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        try:
            asyncio.run(_play(Path(folder), tls, version))
        except (DemoFailed, TimeoutError) as failure:
            click.echo(f"The demo failed: {failure or 'an answer took too long'}", err=True)
            return 1
    click.echo(f"Everything was right on both sides after every answer. {time.monotonic() - began:.0f} s.")
    return 0


async def _play(folder: Path, tls: bool, version: str) -> None:
    rocketchat, clock = behaviour({"licence": needs_tls(version)}), ShiftedClock()
    async with (
        stage(folder, tls=folder if tls else None, version=version, clock=clock, **rocketchat) as play,
        play.bot(clock) as bot,
        play.visitor() as admin,
    ):
        click.echo(f"Rocket.Chat stand-in at {play.rocketchat.url}, Encvoy ID stand-in at {play.encvoy.url}\n")
        await _slash(admin)
        for line, right in SCENES:
            before = look(play)
            await _say(admin, line)
            if not right(before, look(play)):
                raise DemoFailed(f"after `{line}` a stand-in is not as it should be")
        await _sign_in(play)
        for line in UNATTENDED:
            await _say(admin, line)
        before, scheduled = look(play), bot.unattended
        assert scheduled is not None

        async def due() -> datetime:
            rotation = (await scheduled.schedules.get()).rotation
            assert rotation is not None
            return rotation.slot.at

        async def tested() -> bool:
            verification = (await scheduled.schedules.get()).verification
            return verification is None or verification.due_at > clock.now()

        await unattended(play, admin, clock, due, tested, scheduled.waker.wake)
        if not rotated(before, look(play)):
            raise DemoFailed("after the scheduled rotation a stand-in is not as it should be")


async def _slash(admin: Visitor) -> None:
    """Slash commands are off in a new Rocket.Chat: the web client swallows them until somebody turns them on."""
    if await admin.type("/sso setup") is not None:
        return
    click.echo("admin> /sso setup\n       (Rocket.Chat's web client: No such command: `/sso`; nothing was sent)\n")
    await _say(admin, "!sso slash on")


async def _say(admin: Visitor, line: str) -> None:
    """Types a line and prints the answer while it changes."""
    click.echo(f"admin> {line}")
    message_id = await admin.type(line)
    if message_id is None:
        raise DemoFailed(f"the web client swallowed `{line}`")
    printed: list[list[str]] = []
    async for text in admin.answers(message_id, timeout=30):
        for number, message in enumerate(text.split("\n\n")):
            if number == len(printed):
                printed.append([])
                if number and printed[number - 1]:
                    click.echo()
            rows = [row for row in message.splitlines() if not row.startswith("…")]
            if len(rows) == 1 and rows[0].startswith(PROGRESS_OVER):  # shown only because the machine is slow
                rows = []
            for row in (row for row in rows if row not in printed[number]):
                click.echo(f"       {row}")
                printed[number].append(row)
    click.echo()


async def _sign_in(play: Stage) -> None:
    """A person presses the new button, signs in at Encvoy ID, consents, and is signed in to Rocket.Chat."""
    person = play.encvoy.introduction.account("person")
    click.echo(f"{person.login} presses the button on the login page …")
    arrived = await sign_in(play.rocketchat.url, SERVICE, person.login, Secret(person.password), tls=play.tls)
    user = play.rocketchat.people.get(arrived.user_id)
    if user is None or SERVICE not in user.services:
        raise DemoFailed("nobody arrived in Rocket.Chat")
    pages = ", ".join(arrived.pages) or "nothing"
    click.echo(f"       signed in at Encvoy ID, was asked for {pages}, and is `{user.username}` in Rocket.Chat\n")


def sandbox(tls: Path | None = None, given: Mapping[str, Any] | None = None, version: str = VERSION) -> int:
    """Both stand-ins and the bot, until told to stop. `tls`: the folder of the authority, if they speak TLS; `given`:
    how Rocket.Chat behaves, with the licence that its version needs unless it says otherwise."""
    rocketchat = behaviour({"licence": needs_tls(version), **(given or {})})
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(_sandbox(Path(folder), tls, version, rocketchat))


async def _sandbox(folder: Path, tls: Path | None, version: str, rocketchat: Mapping[str, Any]) -> int:
    stopped = told_to_stop()
    # Nothing is printed before the first line, even if both streams are read as one.
    logs.configure(level=logging.ERROR)
    async with stage(folder, tls=tls, version=version, **rocketchat) as play, play.bot():
        click.echo(play.introduction.line())
        click.echo(
            WHERE.format(url=play.rocketchat.url, person=play.encvoy.introduction.account("person").login), err=True
        )
        if needs_tls(version) and tls is None:
            click.echo(f"{HTTPS.format(version=version)} Add --tls DIR to be able to.", err=True)
        logs.configure()
        await stopped.wait()
    return 0
