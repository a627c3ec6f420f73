"""The live login services, fed by the publication `meteor.loginServiceConfiguration` (facts/rocketchat.md §5.5).

It may be outdated without notice: it sends nothing about services that were switched on after the subscription began,
or after anybody's refresh. So a record that *appears* is evidence, and one that merely stays is not. A wait begins with
a new subscription (`renew`).

A table without I/O. The driver applies each event when its frame arrives, and listeners are called before the next
frame is read: there is no queue between Rocket.Chat's push and its effect.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import assert_never

from bot.bounds import Intake, Unreadable
from bot.connection.state import LiveService, SettingValue
from bot.connection.unknown import Unknown
from bot.errors import BadAnswer
from bot.rocketchat import events
from bot.rocketchat.events import LiveEvent
from bot.rocketchat.fields import live_fields, live_service
from bot.rocketchat.responses import SYSTEM

Listener = Callable[[float], None]
"""Gets `Clock.monotonic()` at the arrival of the frame. Is called synchronously: it sets a future and returns, and it
must not raise."""


def _nothing() -> None: ...


class LiveTable:
    """What is live, while the publication works; otherwise the reason why this is unknown."""

    def __init__(self, renew: Callable[[], None] = _nothing) -> None:
        """`renew` asks for a fresh subscription; it must not block, and need not succeed."""
        self.renew = renew
        self._records: dict[str, dict[str, SettingValue | None]] = {}
        self._intake = Intake("The live login services that it tells of")
        self._unknown: Unknown | None = Unknown("The websocket to Rocket.Chat has not been connected yet.")
        self._listeners: dict[object, Listener] = {}

    @property
    def unknown(self) -> Unknown | None:
        """The reason why nothing is known now; None while the publication works."""
        return self._unknown

    def current(self, service: str) -> LiveService | Unknown | None:
        """The record of `encvoyid` that was pushed last; None: none is shown; Unknown: the publication does not flow.

        For a moment there may be two of one service: a refresh makes a new one, and the old one goes with the outdated
        subscription.
        """
        if self._unknown is not None:
            return self._unknown
        for record in reversed(self._records.values()):
            if record.get("service") == service:
                return live_service(record)
        return None

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Calls `listener` after every change, to Unknown and back included, until the function returned is called.

        A waiter listens first and looks at `current` afterwards, so nothing slips through between the two.
        """
        key = object()
        self._listeners[key] = listener

        def forget() -> None:
            self._listeners.pop(key, None)

        return forget

    def apply(self, event: LiveEvent, at: float) -> None:
        """Takes one event of the publication in; `at` is `Clock.monotonic()` at its arrival. BadAnswer where there are
        more records than can be kept."""
        match event:
            case events.RecordAdded(id=key, fields=fields):
                self._drop(key)
                self._keep(key, live_fields(fields))
            case events.RecordChanged(id=key, fields=fields, cleared=cleared):
                self._change(key, fields, cleared)
            case events.RecordRemoved(id=key):
                self._drop(key)
            case events.LiveRequested():
                self._forget("The list of live login services is being read from Rocket.Chat.")
            case events.LiveReady() | events.LiveRenewed():
                self._unknown = None
            case events.LiveRefused(code=code):
                self._forget(f"Rocket.Chat refuses the publication of live login services ({code}).")
            case never:
                assert_never(never)
        if self._unknown is None or not isinstance(event, events.RecordEvent):
            self._tell(at)

    def lost(self, reason: str, at: float) -> None:
        """The socket is closed, and everything is unknown: a service may be removed meanwhile."""
        self._forget(reason)
        self._tell(at)

    def _change(self, key: str, fields: Mapping[str, object], cleared: tuple[str, ...]) -> None:
        """Only the fields that changed are sent, and the names of those that are gone."""
        record = self._drop(key)
        for name in cleared:
            record.pop(name, None)
        self._keep(key, {**record, **live_fields(fields)})

    def _keep(self, key: str, record: dict[str, SettingValue | None]) -> None:
        try:
            self._intake.take(_size(key, record))
        except Unreadable as unreadable:
            raise BadAnswer(SYSTEM, "websocket", why=str(unreadable)) from None
        self._records[key] = record

    def _drop(self, key: str) -> dict[str, SettingValue | None]:
        """Removes and returns the record; empty if there was none."""
        record = self._records.pop(key, None)
        if record is None:
            return {}
        self._intake.give_back(_size(key, record))
        return record

    def _forget(self, reason: str) -> None:
        for key in tuple(self._records):
            self._drop(key)
        self._unknown = Unknown(reason)

    def _tell(self, at: float) -> None:
        for listener in tuple(self._listeners.values()):
            listener(at)


def _size(key: str, record: Mapping[str, SettingValue | None]) -> int:
    return len(key) + sum(len(value) for value in record.values() if isinstance(value, str))
