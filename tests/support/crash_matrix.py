"""The crash matrix: one operation, killed once or twice at any of its commits and remote calls, by a message or by a
schedule, and what must be true when the last start came to rest.

The moments are numbers: the nth request that reaches either stand-in, or the nth transaction that writes. A run without
a crash counts them. Requests at the same time come in any order, so the same number may be another call in each run.
"""

from __future__ import annotations

import asyncio
import contextlib
import enum
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from aiohttp import web

from bot.errors import StoreUnavailable
from sandbox.faults import Fault, FaultEffect, When
from tests.support import crashes
from tests.support.begun_by_schedule import at_rest, check_due, make_due
from tests.support.crashes import Aftermath, Moment, Scenario, answered, is_write, records, scene
from tests.support.forked import Forked, Program
from tests.support.programs import COMMITS, run, run_dying_at_commit
from tests.support.world import World

FLUSHED = 0.003
"""Seconds after which an answer has left the stand-in."""
QUIET_WITHIN = 40.0
"""Seconds within which the last start comes to rest."""


class Point(enum.Enum):
    """Where the process dies, from the call or the commit."""

    BEFORE = "before"
    """It is not carried out."""
    AFTER = "after"
    """It is carried out, and the process does not learn of it."""
    ANSWERED = "answered"
    """The process may have learnt of it."""


@dataclass(frozen=True)
class Kill:
    """One `kill -9`, at the nth call or commit, counted from 1."""

    nth: int
    point: Point
    commit: bool = False

    def __str__(self) -> str:
        return f"{self.point.value} {'commit' if self.commit else 'call'} {self.nth}"


@dataclass
class _Answered(Moment):
    """Just after the answer to the `nth` request that fits has left."""

    def lay(self, world: World, bot: Forked) -> None:
        seen = 0

        def matches(request: web.Request, body: Any) -> bool:
            nonlocal seen
            seen += self.fits(request, body)
            return not self.reached and seen == self.nth and self.fits(request, body)

        def kill(_: web.Request) -> None:
            self.reached = True
            if bot.process is not None:
                asyncio.get_running_loop().call_later(FLUSHED, bot.process.kill)

        for standin in (world.rocketchat, world.encvoy):
            standin.faults.add(Fault(effect=FaultEffect.PASS, when=When.AFTER, matches=matches, call=kill))


@dataclass
class Tally:
    """What became of the cases of one test."""

    cases: int = 0
    kills: int = 0
    failures: list[str] = field(default_factory=list)

    def as_counts(self, kind: str) -> dict[str, int]:
        """For the line at the end."""
        return {f"{kind} cases": self.cases, f"{kind} kills": self.kills, "failed": len(self.failures)}


@dataclass(frozen=True)
class Size:
    """What an operation does without a crash."""

    calls: int
    commits: int
    writes: tuple[int, ...]
    """Which of the calls may change a setting or an application."""


def is_call_of(world: World) -> Callable[[web.Request, Any], bool]:
    """Whether a request is not a person's. The websocket is left out: its request lasts as long as it is open."""
    mine = (None, world.play.env["SSOBOT_ROCKETCHAT_USER_ID"])
    return lambda request, _: request.headers.get("X-User-Id") in mine and not request.path.endswith("websocket")


def _moment(world: World, kill: Kill) -> Moment:
    fits = is_call_of(world)
    if kill.point is Point.ANSWERED:
        return _Answered(str(kill), fits, kill.nth, When.AFTER)
    return Moment(str(kill), fits, kill.nth, When.BEFORE if kill.point is Point.BEFORE else When.AFTER)


async def measured(folder: Path, scenario: Scenario) -> Size:
    """Runs it without a crash, and checks it."""
    made(folder)
    seen, writes = 0, list[int]()

    def count(fits: Callable[[web.Request, Any], bool], request: web.Request, body: Any) -> bool:
        nonlocal seen
        if fits(request, body):
            seen += 1
            if is_write(request, body):
                writes.append(seen)
        return False

    async with scene(folder, scenario) as world:

        def lay() -> None:
            for standin in (world.rocketchat, world.encvoy):
                standin.faults.add(Fault(matches=partial(count, is_call_of(world))))

        bot = world.forked()
        counting = partial(run_dying_at_commit, number=0, after=False, since_accepted=bool(scenario.words))
        await _play(world, scenario, bot, counting, lay, ())
        return Size(seen, _length_of(f"{bot.log}{COMMITS}"), tuple(writes))


async def case(folder: Path, scenario: Scenario, *kills: Kill, program: Program = run) -> int:
    """One case, checked; how many of the kills were reached. A scenario without words is what the schedule begins."""
    made(folder)
    async with scene(folder, scenario) as world:
        bot = world.forked()
        first = kills[0]
        if first.commit:
            program = partial(
                run_dying_at_commit,
                number=first.nth,
                after=first.point is not Point.BEFORE,
                since_accepted=bool(scenario.words),
                program=program,
            )
        moments = [_moment(world, kill) for kill in kills if not kill.commit]
        begin = moments[0].lay if not first.commit else (lambda *_: None)
        later = moments if first.commit else moments[1:]
        return await _play(world, scenario, bot, program, lambda: begin(world, bot), later)


def made(folder: Path) -> Path:
    """A new folder."""
    folder.mkdir()
    return folder


def _length_of(file: str) -> int:
    return Path(file).stat().st_size


async def _play(
    world: World,
    scenario: Scenario,
    bot: Forked,
    program: Program,
    lay: Callable[[], object],
    later: list[Moment] | tuple[Moment, ...],
) -> int:
    """Begins the operation, lets every start die at its moment, then looks. Returns how often it died."""
    clients, old = frozenset(world.encvoy.clients.by_id), world.state().accepted
    message_id, died = "", 0
    try:
        if scenario.words:
            bot.start(program)
            await bot.listening()
            lay()
            message_id = await world.admin.send(f"!sso {scenario.words}")
            quiet: Callable[[], Awaitable[None]] = partial(answered, world, message_id, QUIET_WITHIN)
        else:
            await make_due(world)
            lay()
            bot.start(program)
            quiet = partial(at_rest, world, QUIET_WITHIN)
        died += await _died(world, bot, quiet)
        at_death = await records(world, message_id) if message_id else None
        for moment in later:
            if not bot_is_dead(bot):
                break
            moment.lay(world, bot)
            bot.start(run)
            died += await _died(world, bot, quiet)
        if not died:  # it may still be about to die, at what the next command does
            await bot.kill()
        if bot_is_dead(bot):
            bot.start(run)
        await quiet()
        await bot.listening()
        await world.ask("help")  # comes after everything that catching up may have found
    finally:
        await bot.stop()
    if at_death is None:
        await check_due(world, old)
    else:
        await crashes.check_case(Aftermath(scenario, world, message_id, old, clients, at_death))
    return died


def bot_is_dead(bot: Forked) -> bool:
    """Whether it has ended."""
    return bot.process is None or not bot.process.is_alive()


async def _died(world: World, bot: Forked, quiet: Callable[[], Awaitable[None]]) -> bool:
    """Returns when the process is dead, or the operation at rest because the moment was never reached."""

    async def rest() -> None:
        while True:
            with contextlib.suppress(StoreUnavailable):
                return await quiet()

    resting, dying = asyncio.create_task(rest()), asyncio.create_task(bot.dead(QUIET_WITHIN))
    await asyncio.wait({resting, dying}, return_when=asyncio.FIRST_COMPLETED)
    if resting.done() and not dying.done():
        await asyncio.sleep(0.05)  # what follows the end may still be a moment of the matrix
    for task in (resting, dying):
        task.cancel()
    await asyncio.gather(resting, dying, return_exceptions=True)
    for standin in (world.rocketchat, world.encvoy):
        standin.faults.clear()
    return bot_is_dead(bot)
