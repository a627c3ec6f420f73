"""One server process: its cache of the settings, its two debounces in a row, and how it writes (facts/rocketchat.md
§2.4–2.6).

The cache is told of each write, and ignores a value that it has. Each changed `Accounts_OAuth_…` setting waits half a
second by itself, then restarts the wait for the run. The run reads the cache when it fires, so that what was written
just before goes live too. Only these settings are read from the cache; the rest of the stand-in reads the database.
"""

from __future__ import annotations

import asyncio
import random
import re
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from bot.clock import Clock
from sandbox.rocketchat.debounce import Debounce
from sandbox.rocketchat.documents import Document
from sandbox.rocketchat.login_services import LoginServices, built
from sandbox.rocketchat.oauth_settings import PREFIX
from sandbox.rocketchat.settings import Setting, SettingEvent, Settings, same

_ANY = re.compile(r"^Accounts_OAuth_.+")
_SECOND_WATCHER = re.compile(r"^Accounts_OAuth_Custom-[a-z0-9_]+")
"""It was meant for every custom service, but their names begin with a capital: only one that begins with a digit or an
underscore is switched off at once."""


@dataclass(frozen=True)
class Timing:
    """Seconds. `settle` is the sum of both debounces."""

    settle: float = 2.5
    jitter: tuple[float, float] = (0.005, 0.020)
    """What comes on top, as measured (facts/rocketchat.md §2.5)."""
    unawaited: tuple[float, float] = (0.0, 0.005)
    """How long a notification takes after a bulk write or a removal: the answer does not wait for it."""

    @property
    def key(self) -> float:
        """Each changed key: 0.5 of 2.5."""
        return self.settle / 5

    @property
    def run(self) -> float:
        """The run: 2.0 of 2.5."""
        return self.settle * 4 / 5


@dataclass(frozen=True)
class Cached:
    """A setting in an instance's cache: the value that counts, None for no value."""

    value: Any
    gone: bool = False
    """It was told of a removal, and keeps the record without a value until it restarts."""


Announce = Callable[[SettingEvent, Setting, "Instance"], None]
"""Tells the other instances, and the sessions, of a write."""


class Instance:
    """One of the servers behind the workspace's address."""

    def __init__(
        self,
        settings: Settings,
        services: LoginServices,
        clock: Clock,
        chance: random.Random,
        timing: Callable[[], Timing],
        announce: Announce,
        remembers_removals: bool,
    ) -> None:
        """`remembers_removals` off: what was removed is made with its values, as after a restart."""
        self.id = str(uuid.UUID(int=chance.getrandbits(128), version=4))
        """What `X-Instance-ID` says."""
        self.strategies: dict[str, Document] = {}
        """By service: what this process itself signs in with since its last run, the secret included. The legacy engine
        takes client id and secret from the shared record instead."""
        self.after_run: list[Callable[[], None]] = []
        """What else is rebuilt with each run."""
        self._settings = settings
        self._services = services
        self._clock = clock
        self._chance = chance
        self._timing = timing
        self._announce = announce
        self._remembers_removals = remembers_removals
        self._cache: dict[str, Cached] = {}
        self._keys: dict[str, Debounce] = {}
        self._run = Debounce(clock, self.run)
        self._unawaited: set[asyncio.Task[None]] = set()
        self._due = False

    # The cache.

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._cache))

    def get(self, setting_id: str, default: Any = None) -> Any:
        """The value that counts here; `default` where there is none."""
        cached = self._cache.get(setting_id)
        return default if cached is None or cached.value is None else cached.value

    def take_over(self, told: SettingEvent, setting: Setting) -> None:
        """Takes over what happened to a setting."""
        if told is SettingEvent.REMOVED:
            self._forget(setting)
        else:
            self.learn(setting)

    def learn(self, setting: Setting) -> None:
        """Takes over a setting's current value; one that is in the cache already starts nothing."""
        value, known = self._settings.effective(setting), self._cache.get(setting.id)
        if known is None or not same(known.value, value):
            self._cache[setting.id] = Cached(value)
            self._changed(setting.id)

    def _forget(self, setting: Setting) -> None:
        known = self._cache.get(setting.id)
        if known is None or known.value is not None:
            self._mark_gone(setting.id)
            self._changed(setting.id)

    def _mark_gone(self, setting_id: str) -> None:
        if self._remembers_removals:
            self._cache[setting_id] = Cached(None, gone=True)
        else:
            self._cache.pop(setting_id, None)

    # The debounces.

    def _changed(self, setting_id: str) -> None:
        if _ANY.match(setting_id):
            settled = partial(self._key_settled, setting_id)
            self._start(self._keys.setdefault(setting_id, Debounce(self._clock, settled)), self._timing().key)

    def _key_settled(self, setting_id: str) -> None:
        if _SECOND_WATCHER.match(setting_id) and not self.get(setting_id):
            self._services.drop(setting_id.removeprefix(PREFIX).lower(), self.id)
        self._schedule()

    def _schedule(self) -> None:
        timing = self._timing()
        self._start(self._run, timing.run + self._chance.uniform(*timing.jitter))

    def _start(self, debounce: Debounce, seconds: float) -> None:
        """Before there is an event loop it is only noted, for `resume`."""
        try:
            debounce.start(seconds)
        except RuntimeError:
            self._due = True

    def run(self) -> None:
        """`updateOAuthServices`: writes the table, and rebuilds what this process signs in with."""
        builds = list(built(self))
        self._services.write(builds, self.id)
        self.strategies |= {service: fields for service, fields in builds if fields is not None}
        for service, fields in builds:
            if fields is None:
                self.strategies.pop(service, None)
        for rebuild in self.after_run:
            rebuild()

    # Start and stop.

    def load(self) -> None:
        """Reads the database, as a process does at its start, and takes it for live without a run."""
        self.suspend()
        self._cache = self._stored()
        self._due = False

    def resume(self) -> None:
        """Starts: a run comes, unless it would change nothing."""
        self.suspend()
        before, due = self._cache, self._due
        self.load()
        if due or self._differs(before):
            self._schedule()

    def suspend(self) -> None:
        """Stops: what is under way is lost, and `resume` does it again."""
        waiting = [debounce for debounce in (self._run, *self._keys.values()) if debounce.pending]
        self._due = self._due or bool(waiting or self._unawaited)
        for debounce in waiting:
            debounce.cancel()
        for task in self._unawaited:
            task.cancel()
        self._unawaited.clear()

    def catch_up(self) -> None:
        """Reads everything that is stored, without waiting."""
        self.suspend()
        for setting_id in self:
            if setting_id not in self._settings:
                self._mark_gone(setting_id)
        self._cache |= self._stored()
        self._due = False
        self.run()

    def _stored(self) -> dict[str, Cached]:
        return {setting.id: Cached(self._settings.effective(setting)) for setting in self._settings}

    def _differs(self, before: Mapping[str, Cached]) -> bool:
        ids = {setting_id for setting_id in (*before, *self._cache) if _ANY.match(setting_id)}
        none = Cached(None)
        return any(not same(before.get(i, none).value, self._cache.get(i, none).value) for i in ids)

    # Writing.

    def save(self, setting_id: str, value: Any) -> None:
        """A single write: stored, read back, known here, told to the others; then it is answered."""
        self._settings.store(setting_id, value)
        self._told(SettingEvent.UPDATED, setting_id)

    def save_all(self, values: Mapping[str, Any]) -> None:
        """A bulk write: what differs is stored, in random order, and announced later."""
        ids = [setting_id for setting_id in values if setting_id in self._settings]
        self._chance.shuffle(ids)
        for setting_id in ids:
            stored = self._settings.find(setting_id)
            if stored is not None and not same(stored.value, values[setting_id]):
                self._settings.store(setting_id, values[setting_id])
                self._tell_later(SettingEvent.UPDATED, setting_id)

    def add(self, settings: Iterable[Setting]) -> None:
        """Makes the settings that are not in this instance's cache. The others are not told. One whose removal it was
        told of comes back without a value (facts/rocketchat.md §2.6)."""
        for setting in settings:
            known = self._cache.get(setting.id)
            if known is None:
                if setting.id not in self._settings:
                    self._settings.insert(setting)
                self.learn(self._settings.find(setting.id) or setting)
            elif known.gone and setting.id not in self._settings:
                setting.value = None
                self._settings.insert(setting)

    def remove(self, setting_ids: Iterable[str]) -> None:
        """Deletes them; each removal is announced later."""
        for setting_id in setting_ids:
            removed = self._settings.delete(setting_id)
            if removed is not None:
                self._tell_later(SettingEvent.REMOVED, setting_id, removed)

    def refresh(self) -> None:
        """Empties the table silently and rebuilds it at once: every record has another id."""
        self._services.empty(self.id)
        self.run()

    def _told(self, told: SettingEvent, setting_id: str, removed: Setting | None = None) -> None:
        """This instance takes over what is stored by now, and tells."""
        setting = removed or self._settings.find(setting_id)
        if setting is not None:
            self.take_over(told, setting)
            self._announce(told, setting, self)

    def _tell_later(self, told: SettingEvent, setting_id: str, removed: Setting | None = None) -> None:
        async def later() -> None:
            await self._clock.sleep(self._chance.uniform(*self._timing().unawaited))
            self._told(told, setting_id, removed)

        task = asyncio.get_running_loop().create_task(later())
        self._unawaited.add(task)
        task.add_done_callback(self._unawaited.discard)
