"""What the chat needs of the rest of the stand-in, and nothing more."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Protocol


class Person(Protocol):
    """Somebody with an account."""

    @property
    def id(self) -> str:
        """Immutable user id."""
        ...

    @property
    def username(self) -> str:
        """Login name, which may change."""
        ...

    @property
    def name(self) -> str:
        """Display name, may be empty."""
        ...


class Directory(Protocol):
    """Who has an account and what they may."""

    def get(self, user_id: str) -> Person | None:
        """By id."""
        ...

    def named(self, username: str) -> Person | None:
        """By username."""
        ...

    def may(self, user_id: str, permission: str, room_roles: Collection[str] = ()) -> bool:
        """Whether they hold a permission, by their own roles or by these roles in a room."""
        ...


class Values(Protocol):
    """Values of settings."""

    def get(self, name: str, default: Any = None) -> Any:
        """The stored value, `default` where there is no such setting."""
        ...
