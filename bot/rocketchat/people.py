"""Reads all accounts once, page by page: `users.list` (facts/rocketchat.md §6).

Without the permission to bypass it, the limit is ten calls a minute (§1.6). Reading then ends after a thousand
accounts, or waits if somebody was told for how long, and ends after `PATIENCE_IF_TOLD` seconds. It says that it ended.
It also ends at an invalid list: one that shows nobody new, or that never ends.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.clock import Clock
from bot.connection.accounts import MOST_READ, TWICE, Account, Accounts, People, counted, seen
from bot.connection.ports import CountTold, WaitTold
from bot.connection.unknown import Unknown
from bot.errors import Busy, Forbidden, RemoteError
from bot.rocketchat.messages import name_from
from bot.rocketchat.responses import not_its_own
from bot.rocketchat.rest import Rest, Walk

PAGE = 100
"""The most that a server with default settings gives at once (§2.3)."""
PATIENCE = 30.0
"""Seconds after which no further page is asked for, pauses that the server wants included."""
PATIENCE_IF_TOLD = 180.0
"""The same for a caller who was told how long it takes: four thousand accounts within the limit. Other operations wait
meanwhile."""
CALLS, WINDOW = 10, 60.0
"""Calls of one route within so many seconds, by default."""
TOO_LONG = "It took too long."
TOO_OFTEN = "Rocket.Chat allows me no more requests for now; the permission api-bypass-rate-limit removes that limit."
TOO_MANY = f"I read no more than {MOST_READ}."
MAY_NOT_LIST = "Give the bot's account the permission view-d-room, and view-outside-room where Rocket.Chat asks for it."
ADMINISTRATOR = "admin"
ROUTE = "users.list"


@dataclass
class _Read:
    """What the pages so far have shown, by id, and how long there is for more."""

    told: CountTold
    waits: WaitTold | None
    began: float
    accounts: dict[str, Account] = field(default_factory=dict)
    shown: int = 0
    """Entries of all pages, those shown twice included: where the next one begins."""
    total: int = 0
    waited: bool = False

    @property
    def end(self) -> float:
        """When no further page is asked for."""
        return self.began + (PATIENCE_IF_TOLD if self.waited else PATIENCE)

    def must_wait(self, seconds: float) -> None:
        """The rate limit was met: says once how long everything takes, if somebody wants to know."""
        if self.waits is None or self.waited:
            return
        self.waited = True
        more = math.ceil(max(self.total - self.shown, 1) / PAGE)
        self.waits(len(self.accounts), self.total, seconds + (more - 1) // CALLS * WINDOW)

    def add(self, page: Mapping[str, Any]) -> bool:
        """Whether there was anybody new. BadAnswer if it is no page."""
        documents, total = page.get("users"), page.get("total")
        if not isinstance(documents, list) or not isinstance(total, int) or isinstance(total, bool) or total < 0:
            raise not_its_own(f"GET /api/v1/{ROUTE}")
        before = len(self.accounts)
        self.accounts |= {name_from(d["_id"]): account(d) for d in documents if isinstance(d, Mapping) and "_id" in d}
        self.shown += len(documents)
        self.total = total
        return len(self.accounts) > before


@dataclass
class PeopleList:
    """The list of accounts."""

    rest: Rest
    clock: Clock

    async def accounts(self, told: CountTold) -> Accounts | Unknown:
        """See `bot.connection.ports.RocketChat`."""
        people = await self._read(told, None)
        return people if isinstance(people, Unknown) else counted(people)

    async def people(self, told: CountTold, waits: WaitTold) -> People | Unknown:
        """See `bot.connection.ports.RocketChat`."""
        return await self._read(told, waits)

    async def _read(self, told: CountTold, waits: WaitTold | None) -> People | Unknown:
        """Never fails: what cannot be read is said in the value."""
        read = _Read(told, waits, self.clock.monotonic())
        try:
            unread = await self._walk(read)
        except RemoteError as error:
            unread = TOO_OFTEN if isinstance(error, Busy) else f"{error.what} {error.why}".rstrip()
            if not read.shown:
                return Unknown(unread, MAY_NOT_LIST if isinstance(error, Forbidden) else error.fix)
        own = read.accounts.pop(self.rest.user_id, None)
        return seen(own, read.accounts.values(), read.total, unread)

    async def _walk(self, read: _Read) -> str:
        """Why it ended before the end of the list; empty at the end."""
        walk = Walk(self.rest)
        while read.add(await self._page(walk, read)):
            if read.shown >= read.total:
                return ""
            if len(read.accounts) >= MOST_READ:
                return TOO_MANY
            if self.clock.monotonic() >= read.end:
                return TOO_LONG
            read.told(len(read.accounts), read.total)
        return TWICE if read.shown < read.total else ""

    async def _page(self, walk: Walk, read: _Read) -> Mapping[str, Any]:
        """Waits for a rate limit only if it ends in time."""
        while True:
            try:
                return await walk.get(ROUTE, count=PAGE, offset=read.shown)
            except Busy as busy:
                read.must_wait(busy.retry_after)
                if self.clock.monotonic() + busy.retry_after > read.end:
                    raise
                await self.clock.sleep(busy.retry_after)


def account(document: Mapping[str, Any]) -> Account:
    """One entry of the list. An account without an address has no field `emails`."""
    emails, roles = document.get("emails"), document.get("roles")
    return Account(
        username=name_from(document.get("username")),
        active=document.get("active") is not False,
        addresses=tuple(a for email in emails if (a := _address(email))) if isinstance(emails, list) else None,
        is_administrator=ADMINISTRATOR in roles if isinstance(roles, list) else None,
    )


def _address(email: object) -> str:
    return name_from(email.get("address")) if isinstance(email, Mapping) else ""
