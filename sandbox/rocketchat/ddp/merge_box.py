"""What one session was shown of one collection, by all its subscriptions together: Meteor's merge box.

Several subscriptions may hold one document. Of each field the session sees the value of the subscription that cared for
it first; it sees the document go when the last one lets go. Only what differs is sent.
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
    """One document: who holds it, and what each of them says of each field, the first one counting."""

    holders: set[str] = field(default_factory=set)
    values: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Field -> subscription -> value."""

    def view(self) -> dict[str, Any]:
        """What is seen of it."""
        return {name: next(iter(said.values())) for name, said in self.values.items()}

    def say(self, holder: str, fields: Mapping[str, Any]) -> None:
        """None clears a field."""
        for name, value in fields.items():
            if value is None:
                self.retract(holder, [name])
            else:
                self.values.setdefault(name, {})[holder] = value

    def retract(self, holder: str, names: Iterable[str]) -> None:
        """Takes back what a subscription said of these fields."""
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
        """A subscription came to hold a document."""
        held = self._held.get(id_)
        if held is None:
            held = self._held[id_] = _Held()
            held.holders.add(holder)
            held.say(holder, fields)
            return [MergedFrame("added", id_, held.view())]
        before = held.view()
        held.holders.add(holder)
        held.say(holder, fields)
        return _difference(id_, before, held.view())

    def change(self, holder: str, id_: str, fields: Mapping[str, Any]) -> list[MergedFrame]:
        """A subscription is told that a document changed; nothing is sent of one that the session doesn't know."""
        held = self._held.get(id_)
        if held is None:
            return []
        before = held.view()
        held.say(holder, fields)
        return _difference(id_, before, held.view())

    def remove(self, holder: str, id_: str) -> list[MergedFrame]:
        """A subscription lets go of a document."""
        held = self._held.get(id_)
        if held is None:
            return []
        held.holders.discard(holder)
        if not held.holders:
            del self._held[id_]
            return [MergedFrame("removed", id_)]
        before = held.view()
        held.retract(holder, list(held.values))
        return _difference(id_, before, held.view())

    def drop(self, holder: str) -> list[MergedFrame]:
        """A subscription ends, and lets go of all that it holds."""
        ids = [id_ for id_, held in self._held.items() if holder in held.holders]
        return [change for id_ in ids for change in self.remove(holder, id_)]

    def replace(self, documents: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> list[MergedFrame]:
        """Every subscription started again: by subscription, the documents that it holds now."""
        before = {id_: held.view() for id_, held in self._held.items()}
        self._held = {}
        for holder, held in documents.items():
            for id_, fields in held.items():
                self.add(holder, id_, fields)
        now = {id_: held.view() for id_, held in self._held.items()}
        changes = [MergedFrame("removed", id_) for id_ in before if id_ not in now]
        for id_, view in now.items():
            changes += _difference(id_, before[id_], view) if id_ in before else [MergedFrame("added", id_, view)]
        return changes


def _difference(id_: str, before: Mapping[str, Any], now: Mapping[str, Any]) -> list[MergedFrame]:
    fields = {name: value for name, value in now.items() if name not in before or before[name] != value}
    cleared = tuple(sorted(before.keys() - now.keys()))
    return [MergedFrame("changed", id_, fields, cleared)] if fields or cleared else []
