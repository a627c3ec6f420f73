"""What one session was shown of one collection, by all its subscriptions together: Meteor's merge box.

Several subscriptions may hold one document. Of each field the session sees the value of the subscription that set it
first; the document is removed when the last subscription gives it up. Only what differs is sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True)
class MergedFrame:
    """One frame to send."""

    kind: Literal["added", "changed", "removed"]
    id: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    cleared: tuple[str, ...] = ()
    """Fields that are gone."""


@dataclass
class _Held:
    """One document: the subscriptions that hold it, and the value that each gives each field; the first one counts."""

    holders: set[str] = field(default_factory=set)
    values: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Field -> subscription -> value."""

    def view(self) -> dict[str, Any]:
        """What the session sees of it."""
        return {name: next(iter(said.values())) for name, said in self.values.items()}

    def say(self, holder: str, fields: Mapping[str, Any]) -> None:
        """None clears a field."""
        for name, value in fields.items():
            if value is None:
                self.retract(holder, [name])
            else:
                self.values.setdefault(name, {})[holder] = value

    def retract(self, holder: str, names: Iterable[str]) -> None:
        """Removes the values that a subscription gave these fields."""
        for name in names:
            said = self.values.get(name, {})
            said.pop(holder, None)
            if not said:
                self.values.pop(name, None)


class MergeBox:
    """One collection of one session. `holder` is the id of a subscription."""

    def __init__(self) -> None:
        self._held: dict[str, _Held] = {}

    def add(self, holder: str, id_: str, fields: Mapping[str, Any]) -> list[MergedFrame]:
        """A subscription begins to hold a document."""
        before = self._view(id_)
        held = self._held.setdefault(id_, _Held())
        held.holders.add(holder)
        held.say(holder, fields)
        return _difference(id_, before, held.view())

    def change(self, holder: str, id_: str, fields: Mapping[str, Any]) -> list[MergedFrame]:
        """A subscription is told that a document changed; nothing is sent of one that the session doesn't know."""
        before = self._view(id_)
        if before is not None:
            self._held[id_].say(holder, fields)
        return _difference(id_, before, self._view(id_))

    def remove(self, holder: str, id_: str) -> list[MergedFrame]:
        """A subscription gives up a document."""
        before, held = self._view(id_), self._held.get(id_, _Held())
        held.holders.discard(holder)
        held.retract(holder, list(held.values))
        if not held.holders:
            self._held.pop(id_, None)
        return _difference(id_, before, self._view(id_))

    def drop(self, holder: str) -> list[MergedFrame]:
        """A subscription ends, and gives up all that it holds."""
        ids = [id_ for id_, held in self._held.items() if holder in held.holders]
        return [change for id_ in ids for change in self.remove(holder, id_)]

    def replace(self, documents: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> list[MergedFrame]:
        """Every subscription started again: by subscription, the documents that it holds now."""
        before = {id_: held.view() for id_, held in self._held.items()}
        self._held = {}
        for holder, held in documents.items():
            for id_, fields in held.items():
                self.add(holder, id_, fields)
        ids = [id_ for id_ in before if id_ not in self._held] + list(self._held)
        return [change for id_ in ids for change in _difference(id_, before.get(id_), self._view(id_))]

    def _view(self, id_: str) -> dict[str, Any] | None:
        """What the session sees of a document; None if nobody holds it."""
        return self._held[id_].view() if id_ in self._held else None


def _difference(id_: str, before: Mapping[str, Any] | None, now: Mapping[str, Any] | None) -> list[MergedFrame]:
    """The frame from one view of a document to the next, if they differ; None: it isn't there."""
    if now is None:
        return [] if before is None else [MergedFrame("removed", id_)]
    if before is None:
        return [MergedFrame("added", id_, now)]
    fields = {name: value for name, value in now.items() if name not in before or before[name] != value}
    cleared = tuple(sorted(before.keys() - now.keys()))
    return [MergedFrame("changed", id_, fields, cleared)] if fields or cleared else []
