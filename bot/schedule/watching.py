"""Carries out what the watch of the scheduled tests decides (`bot.doctor.watch`), over crashes as well.

What is to be posted is stored together with the new state before it is posted, and what was not done is done first at
the next opportunity. Each message has a key, so a repetition posts nothing twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol, assert_never

from bot.clock import Clock
from bot.doctor import watch
from bot.doctor.incident import Action, Decision, Edit, FullTest, LookAgain, Mute, Post, WatchState
from bot.doctor.sight import SeenVersions, Sight
from bot.schedule.ports import ReportRoom, Roles

REACTIONS_EVERY = timedelta(minutes=5)
"""Between two looks at who reacted: a few requests each, of the ten a minute that a route allows by default
(facts/rocketchat.md §1.6)."""

OF_TESTS = ("incident ", "flapping ", "versions ")
"""How the keys of messages begin that tell what a test saw."""
OWED_EVERY = timedelta(minutes=1)
"""Between two tries to post what the room did not take."""


@dataclass(frozen=True)
class KeptWatch:
    """What is stored."""

    state: WatchState
    owed: tuple[Post | Edit, ...] = ()
    """What was decided and is not posted yet."""


class WatchStore(Protocol):
    """Where it is kept. Errors: `bot.errors.StoreUnavailable`."""

    async def get(self) -> KeptWatch:
        """What was kept last; a new one if there is none, or if it cannot be read."""
        ...

    async def put(self, kept: KeptWatch) -> None:
        """Committed when it returns."""
        ...


class Watcher:
    """The only one that writes the state of the watch."""

    def __init__(self, store: WatchStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._one_at_a_time = asyncio.Lock()
        self._test_now = False
        self._looked_at: datetime | None = None
        self._refused_at: datetime | None = None

    async def state(self) -> WatchState:
        """As it is now."""
        return (await self._store.get()).state

    async def saw(self, sight: Sight, room: ReportRoom) -> None:
        """An examination of the schedule ended, or one that `tick` asked for."""
        await self._decide(room, lambda state: watch.saw(state, sight, self._clock.now()))
        self._test_now = False

    async def overheard(self, sight: Sight, *, scheduled: bool) -> None:
        """An examination ended that a person asked for; `scheduled`: whether tests are. The next `tick` posts what
        follows."""
        await self._decide(None, lambda state: watch.overheard(state, sight, self._clock.now(), scheduled=scheduled))

    async def noticed(self, versions: SeenVersions, room: ReportRoom) -> None:
        """Versions were seen outside of an examination."""

        def decide(state: WatchState) -> Decision:
            # The first ones that are seen are no change, and are known from now on.
            known = replace(state, seen=state.seen.or_else(versions), told=state.told.or_else(versions))
            return watch.noticed(known, versions)

        await self._decide(room, decide)

    async def tick(self, room: ReportRoom, roles: Roles) -> bool:
        """Time has passed: says what is owed. Whether an examination is needed now."""
        await self.acknowledge_by_reaction(room, roles)
        await self._decide(room, lambda state: watch.tick(state, self._clock.now()))
        needed, self._test_now = self._test_now, False
        return needed

    async def say(self, key: str, text: str, room: ReportRoom) -> None:
        """Posts something else, in its turn: what the room does not take now is kept, and posted once it does."""
        await self._decide(room, lambda state: Decision(state, (Post(key, text),)))

    async def due(self) -> datetime | None:
        """When `tick` has something to do again."""
        kept, refused = await self._store.get(), self._refused_at
        if kept.owed:
            return self._clock.now() if refused is None else refused + OWED_EVERY
        return watch.due(kept.state)

    async def acknowledge(self, by: str) -> WatchState:
        """`by` is the user name of an administrator. Returns the state before. The next `tick` posts what follows."""
        return await self._decide(None, lambda state: watch.acknowledged(state, by, self._clock.now()))

    async def acknowledge_by_reaction(self, room: ReportRoom, roles: Roles) -> None:
        """A reaction raises no event while the bot is away, so the messages themselves are looked at: now and then, and
        always before a reminder."""
        state, now = await self.state(), self._clock.now()
        incident, due = state.incident, watch.due(state)
        if incident is None or incident.acknowledged is not None:
            return
        recently = self._looked_at is not None and now - self._looked_at < REACTIONS_EVERY
        if recently and (due is None or due > now):
            return
        self._looked_at = now
        keys = [key for key in watch.to_acknowledge(state) if key.startswith(incident.key)]
        for key in keys[: 1 + incident.reminded]:
            for username in await room.reacted(key):
                if await roles.named(username):
                    await self.acknowledge(username)
                    return

    async def mute(self, until: datetime, reason: str, set_by: str = "") -> None:
        """See `watch.muted`; `set_by` is the id of an operation. The next `tick` posts what follows."""
        mute = Mute(until, reason, set_by)
        await self._decide(None, lambda state: watch.muted(state, mute, self._clock.now()))

    async def _decide(self, room: ReportRoom | None, decide: Callable[[WatchState], Decision]) -> WatchState:
        """Returns the state before."""
        async with self._one_at_a_time:
            kept = await self._store.get()
            if room is not None:
                kept = await self._pay(kept, room)
            decision = decide(kept.state)
            after = kept
            if decision.state != kept.state or decision.actions:
                after = await self._keep(kept, decision)
            if room is not None:
                await self._pay(after, room)
            return kept.state

    async def _keep(self, kept: KeptWatch, decision: Decision) -> KeptWatch:
        kept = KeptWatch(decision.state, (*kept.owed, *self._posts(decision.actions)))
        await self._store.put(kept)
        return kept

    def _posts(self, actions: tuple[Action, ...]) -> list[Post | Edit]:
        posts: list[Post | Edit] = []
        for action in actions:
            match action:
                case Post() | Edit():
                    posts.append(action)
                case LookAgain(after=after):
                    # A later look is in the state, and `due` says when.
                    self._test_now = self._test_now or not after
                case FullTest():
                    self._test_now = True
                case never:
                    assert_never(never)
        return posts

    async def _pay(self, kept: KeptWatch, room: ReportRoom) -> KeptWatch:
        """Posts what is owed, in order, as far as Rocket.Chat takes it."""
        while kept.owed:
            action, *left = kept.owed
            decision = Decision(kept.state)
            match action:
                case Post(key=key, text=text):
                    if not await room.post(key, text):
                        return self._later(kept)
                    # A late message tells what was true when it was written: is it still?
                    late = key.startswith(OF_TESTS) and not kept.state.is_fresh(self._clock.now())
                    self._test_now = self._test_now or late
                case Edit(key=key, text=text):
                    edited = await room.edit(key, text)
                    if edited is None:
                        return self._later(kept)
                    if not edited:
                        decision = watch.edit_refused(kept.state, key, self._clock.now())
                case never:
                    assert_never(never)
            kept = await self._keep(replace(kept, owed=tuple(left)), decision)
        self._refused_at = None
        return kept

    def _later(self, kept: KeptWatch) -> KeptWatch:
        self._refused_at = self._clock.now()
        return kept
