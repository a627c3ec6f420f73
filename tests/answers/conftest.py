"""`case`: what a test has heard is what docs/answers shows for it."""

from __future__ import annotations

import asyncio
import functools
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from bot import app
from bot.chatops.answer import render_failure
from bot.errors import UserError
from bot.http import TOTAL_SECONDS
from sandbox.stage import config_from
from sandbox.visitor import as_seen
from tests.support.hurried import HurriedClock, short_time_outs
from tests.support.world import World, world_at
from tools.answers import HEARD, Case, line, read, shown
from tools.even import even, untimed

PACE = 8.0
"""Seconds of the bot and of both stand-ins in a real one, while something is waited for."""

Heard = Callable[..., None]
Asks = Callable[[str], Awaitable[str]]
Doctor = Callable[..., Awaitable[int]]


@functools.cache
def known() -> dict[tuple[str, str], Case]:
    """What the folder shows, read once."""
    return read(shown())


def failure(error: UserError) -> str:
    """The answer of a command that ends with this error before it has done anything."""
    return render_failure((), error)


@pytest.fixture(autouse=True)
def only_what_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Progress is shown before an effect, and not because this machine is slow."""
    monkeypatch.setattr("bot.chatops.reply.UNSEEN_FOR", 3600.0)


@pytest.fixture
def hears(request: pytest.FixtureRequest) -> Iterator[Heard]:
    """`hears(text, typed=…)` once in a test that has a mark `case(group, title)`."""
    mark = request.node.get_closest_marker("case")
    group, title = mark.args
    calls: list[Case] = []

    def hears(text: str, typed: str = "") -> None:
        case = Case(group, title, _visible(typed), even(untimed(as_seen(text))))
        calls.append(case)
        if file := os.environ.get(HEARD):
            with Path(file).open("a", encoding="utf-8") as heard:
                heard.write(line(case))
        else:
            assert case == known().get((group, title)), "run `.venv/bin/python -m tools.answers renew`"

    yield hears
    assert len(calls) == 1, "one case, one answer"


def _visible(typed: str) -> str:
    """On one line, with marks for what nobody would see."""
    return typed.replace("\n", " ⏎ ").replace("\u200b", "‹invisible›")


@pytest.fixture
async def hurried_before_setup(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[World, HurriedClock]]:
    """A world for what is waited for: `clock.hurrying(PACE)` makes the waiting short."""
    clock = HurriedClock()
    async with world_at(tmp_path, clock=clock) as world, world.play.bot(clock):
        short_time_outs(monkeypatch, world, TOTAL_SECONDS / PACE)
        yield world, clock


@pytest.fixture
async def hurried(hurried_before_setup: tuple[World, HurriedClock]) -> tuple[World, HurriedClock]:
    """The same with a connection, for systems that do not answer."""
    assert "checks passed" in await hurried_before_setup[0].ask("setup")
    return hurried_before_setup


@pytest.fixture
def asks(world: World, hears: Heard) -> Asks:
    """`await asks("rotate")`: the administrator types it, this is the answer, and the bot is still there."""

    async def asks(words: str) -> str:
        text = await world.ask(words)
        hears(text, typed=f"!sso {words}")
        assert "setup" in await world.ask("help")
        return text

    return asks


@pytest.fixture
def doctor(capsys: pytest.CaptureFixture[str], hears: Heard, monkeypatch: pytest.MonkeyPatch) -> Doctor:
    """Runs it, and hears what it prints; the exit status."""
    monkeypatch.setattr("bot.rocketchat.socket_trial.WITHIN", 0.5)

    async def run(world: World, **variables: str) -> int:
        given = {name: value for name, value in {**world.play.env, **variables}.items() if value}
        capsys.readouterr()
        status = await asyncio.to_thread(app.doctor, config_from(given))
        hears(capsys.readouterr().out.removesuffix("\n"), typed="ssobot doctor")
        return status

    return run
