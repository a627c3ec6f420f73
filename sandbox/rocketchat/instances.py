"""The server processes behind the one address, and what they tell each other (facts/rocketchat.md §2.4).

A balancer in front gives each request to the next one, or to the same one for each client (`sticky`). They are told of
each other's writes by the broadcasts of the `scalability` licence; without these the caches go stale, and a run writes
old values back into the login services that all share.
"""

from __future__ import annotations

import enum
import random
import weakref
from collections.abc import Callable, Iterator, MutableMapping
from dataclasses import dataclass
from itertools import cycle
from typing import Any

from aiohttp import web

from bot.clock import Clock
from sandbox.rocketchat.instance import Instance, Timing
from sandbox.rocketchat.login_services import LoginServices
from sandbox.rocketchat.settings import Notice, Setting, SettingEvent, Settings

REQUEST_KEY: web.RequestKey[Instance] = web.RequestKey("instance", Instance)
"""Of a request: the instance that answers it."""


class Sticky(enum.Enum):
    """Which requests a balancer gives to the same instance."""

    NOTHING = "no"
    CONNECTION = "connection"
    ADDRESS = "address"


Listener = Callable[[Notice, str], None]
"""What happened to a setting, and the id of the instance where; empty for all of them at once."""


@dataclass(frozen=True)
class Deployment:
    """How many server processes there are, and how they behave."""

    timing: Timing
    count: int = 1
    sticky: Sticky = Sticky.NOTHING
    broadcasts: bool = True
    """Whether they are told of each other's writes."""
    remembers_removals: bool = True
    """Whether a setting that was removed comes back without a value, until a restart."""


class Instances:
    """All of them; at least one."""

    def __init__(
        self, settings: Settings, services: LoginServices, clock: Clock, deployment: Deployment, chance: random.Random
    ) -> None:
        """`chance` decides jitter and order."""
        self._settings = settings
        self.timing, self.sticky, self.broadcasts = deployment.timing, deployment.sticky, deployment.broadcasts
        remembers = deployment.remembers_removals
        self.each = tuple(
            Instance(settings, services, clock, chance, lambda: self.timing, self._announce, remembers)
            for _ in range(deployment.count)
        )
        self._next = cycle(self.each)
        self._addresses: dict[str | None, Instance] = {}
        self._connections: weakref.WeakKeyDictionary[object, Instance] = weakref.WeakKeyDictionary()
        self._listeners: list[Listener] = []
        settings.listen(self._on_owner)
        for instance in self.each:
            services.on_rewrite(instance.catch_up)

    @property
    def first(self) -> Instance:
        """The one that there is, or the first of them."""
        return self.each[0]

    def listen(self, listener: Listener) -> None:
        """`listener` is called once for each write that sessions are told of."""
        self._listeners.append(listener)

    def choose(self, request: web.Request) -> Instance:
        """Which of them answers a request; the request remembers it."""
        chosen = self._chosen(request)
        request[REQUEST_KEY] = chosen
        return chosen

    def hears(self, at: str, by: str) -> bool:
        """Whether the instance `at` hears what the instance `by` tells."""
        return self.broadcasts or not by or at == by

    def resume(self) -> None:
        """All of them start."""
        for instance in self.each:
            instance.resume()

    def suspend(self) -> None:
        """All of them stop."""
        for instance in self.each:
            instance.suspend()

    def _chosen(self, request: web.Request) -> Instance:
        if self.sticky is Sticky.ADDRESS:
            return _kept(self._addresses, request.remote, self._next)
        if self.sticky is Sticky.CONNECTION and request.transport is not None:
            return _kept(self._connections, request.transport, self._next)
        return next(self._next)

    def _on_owner(self, told: SettingEvent, setting: Setting) -> None:
        """Written without the instances: each takes it over, and all sessions are told, except of a new setting."""
        for instance in self.each:
            instance.take_over(told, setting)
        if told is not SettingEvent.INSERTED:
            self._tell(told, setting, "")

    def _announce(self, told: SettingEvent, setting: Setting, by: Instance) -> None:
        for instance in self.each:
            if instance is not by and self.broadcasts:
                instance.take_over(told, setting)
        self._tell(told, setting, by.id)

    def _tell(self, told: SettingEvent, setting: Setting, by: str) -> None:
        notice = self._settings.notice(told, setting)
        if notice is not None:
            for listener in self._listeners:
                listener(notice, by)


def _kept(known: MutableMapping[Any, Instance], key: object, more: Iterator[Instance]) -> Instance:
    if key not in known:
        known[key] = next(more)
    return known[key]
