"""What the scheduler needs of the chat, of the connection and of the store."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.doctor.sight import SeenVersions
from bot.doctor.verdict import Verdict
from bot.schedule.rules import Kind, Schedule


class Schedules(Protocol):
    """Where everything that is scheduled is kept. Errors: `bot.errors.StoreUnavailable`."""

    async def get(self) -> Schedule:
        """Everything. UserError if a row cannot be read."""
        ...

    async def change(self, change: Callable[[Schedule], Schedule]) -> Schedule:
        """Reads, changes and writes as one step, committed when it returns. What `change` raises is passed on, and
        nothing is written."""
        ...

    async def forget(self, kind: Kind) -> None:
        """Removes a row, also one that cannot be read."""
        ...


@dataclass(frozen=True)
class Due:
    """A due time, for which one operation is begun."""

    key: str
    """Unique for each due time and attempt."""
    until: datetime
    """It does not begin any more after this moment."""
    user_id: str
    """Who set the schedule."""
    username: str


@dataclass(frozen=True)
class Ended:
    """How an operation ended."""

    succeeded: bool
    said: str
    """Its whole answer."""


@dataclass(frozen=True)
class Begun:
    """It was begun, and has not ended."""


class Operating(Protocol):
    """The operation runner, as the scheduler uses it."""

    async def begin(self, due: Due, words: str) -> None:
        """Begins the operation of this due time, unless it was begun before."""
        ...

    async def outcome(self, due_key: str) -> Ended | Begun | None:
        """How the operation of this due time ended, or that it goes on; None: it was never begun."""
        ...

    def alone(self) -> AbstractAsyncContextManager[None]:
        """No operation that may change something runs meanwhile."""
        ...


class ReportRoom(Protocol):
    """The room where results are posted that nobody asked for. Each message has a key, which makes its id: the same
    text posted twice, also after a crash, stands there once. Nothing here raises because Rocket.Chat refuses."""

    async def post(self, key: str, text: str) -> bool:
        """Posts it, or edits what was posted under the key. False if that was not possible."""
        ...

    async def edit(self, key: str, text: str) -> bool | None:
        """Edits what was posted under the key. False if that was refused or nothing is there; None if Rocket.Chat
        cannot be asked now."""
        ...

    async def reacted(self, key: str) -> tuple[str, ...]:
        """Usernames of everybody who reacted to the message; empty if this cannot be read."""
        ...


class Roles(Protocol):
    """Who is an administrator."""

    async def holds(self, user_id: str) -> bool | None:
        """Whether this person is an administrator now; None if Rocket.Chat does not answer."""
        ...

    async def named(self, username: str) -> bool:
        """The same by user name; False if it cannot be asked."""
        ...


@dataclass(frozen=True)
class Floor:
    """What the scheduler works with while the bot has a chat."""

    operating: Operating
    room: ReportRoom
    roles: Roles


class Examiner(Protocol):
    """What the connection is asked for without changing it. Errors: `UserError`."""

    async def proved_at(self) -> datetime | None:
        """When the secret in use was last proved; None: there is no connection, or nobody knows."""
        ...

    async def examine(self) -> Verdict:
        """Runs every check."""
        ...

    async def versions(self) -> SeenVersions:
        """The versions of both systems, as far as they say."""
        ...

    async def rehearse(self) -> None:
        """Proves that a rotation could begin, without beginning one. UserError: it could not."""
        ...

    async def trouble(self) -> str | None:
        """Why the exchange of a secret is undecided, if one is."""
        ...
