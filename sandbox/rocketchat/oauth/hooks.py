"""The hooks that custom OAuth adds to the resolution of a user, one object for a running server
(facts/rocketchat.md §3.4, §3.6)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sandbox.rocketchat.documents import Document
from sandbox.rocketchat.oauth.claims import field_name
from sandbox.rocketchat.oauth.engine import Engine
from sandbox.rocketchat.oauth.javascript import truthy


@dataclass(frozen=True)
class Hook:
    """A service's configuration as its hook keeps it."""

    key_field: Any
    merges: bool
    distinct: bool
    takes_username: bool
    takes_name: bool

    @classmethod
    def of(cls, fields: Document, engine: Engine) -> Hook:
        """Reads a live record. The legacy engine merges for `true` alone, the modern one for the text "true" as well;
        for `mergeUsersDistinctServices` any text counts as on."""
        merges = fields.get("mergeUsers")
        return cls(
            key_field=fields.get("keyField"),
            merges=merges is True if engine is Engine.LEGACY else truthy(merges),
            distinct=truthy(fields.get("mergeUsersDistinctServices")),
            takes_username=bool(field_name(fields, "usernameField")),
            takes_name=bool(field_name(fields, "nameField")),
        )


class Hooks:
    """By service. The legacy engine configures the one hook of a service anew; the modern engine adds another at each
    change and keeps the old ones, which all run in order, until the server starts again."""

    def __init__(self, engine: Engine = Engine.LEGACY) -> None:
        self.engine = engine
        self._hooks: dict[str, list[Hook]] = {}

    @classmethod
    def after(cls, engine: Engine, configurations: Iterable[Document]) -> Hooks:
        """As they are after these live records, the oldest first."""
        hooks = cls(engine)
        for fields in configurations:
            hooks.configure(fields)
        return hooks

    def configure(self, fields: Document) -> None:
        """A service went live with these fields. The same as last time changes nothing."""
        hook = Hook.of(fields, self.engine)
        known = self._hooks.setdefault(fields["service"], [])
        if self.engine is Engine.LEGACY:
            known[:] = [hook]
        elif known[-1:] != [hook]:
            known.append(hook)

    def of(self, service: str) -> list[Hook]:
        """Those of a service, oldest first."""
        return list(self._hooks.get(service, ()))

    def restart(self) -> None:
        """The server starts: none of the old ones is left."""
        self._hooks.clear()
