"""What a command costs in requests, from the ledgers of both stand-ins: how many there were, and how many of them had
to wait for one another.

A request that begins after another one was answered may have waited for it, so the longest row of such requests is the
time that the command takes, in round trips. What only passes the time of a wait for Rocket.Chat costs none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sandbox.ledger import Ledger, LedgerEntry

POLLS = ("/api/v1/settings.oauth", "/api/v1/service.configurations")
"""The routes that show what is live."""
SETTINGS = "/api/v1/settings/Accounts_OAuth_"


@dataclass(frozen=True)
class Cost:
    """Requests of the bot to both systems."""

    chain: int
    """The longest row of the command's own requests of which each began after the one before it was answered."""
    own: int
    polls: int = 0
    """While Rocket.Chat settled: how many these are depends on how long it takes."""
    roles: int = 0
    """Whether the asker may do it: when the command arrives, and just before its first effect."""
    answer: int = 0
    """Messages, posted and edited."""


BOUNDS: Mapping[str, Cost] = {
    "setup": Cost(chain=31, own=59, roles=2),
    "status": Cost(chain=1, own=4, roles=1),
    "test": Cost(chain=7, own=28, roles=1),
    "rotate": Cost(chain=10, own=20, roles=3),
    "disable": Cost(chain=3, own=5, roles=2),
    "enable": Cost(chain=5, own=12, roles=2),
    "status after a start": Cost(chain=6, own=9, roles=1),
}
"""The most that each command costs, on the legacy login engine, where Rocket.Chat has no other Custom OAuth service and
Encvoy ID one other application. `setup` and `test` log in anew, and so does whatever comes first after a start: that is
five of a chain."""


def missed(name: str, cost: Cost) -> tuple[str, ...]:
    """What a command costs more than it may."""
    most = BOUNDS[name]
    pairs = (("chain", cost.chain, most.chain), ("own", cost.own, most.own), ("roles", cost.roles, most.roles))
    return tuple(f"{name}: {what} {got} > {bound}" for what, got, bound in pairs if got > bound)


@dataclass(frozen=True)
class Who:
    """Whose requests are told apart."""

    bot: str
    """Its user id in Rocket.Chat."""
    asker: str
    main_client: str
    """By which the bot logs in at Encvoy ID; every other client there is Rocket.Chat itself."""


def cost(rocketchat: Ledger, encvoy: Ledger, who: Who, since: float) -> Cost:
    """Of everything that was asked after the moment `since`."""
    asked = [e for e in rocketchat.of("request") if e.began > since and e.who in (who.bot, None)]
    answer = [e for e in asked if e.path.startswith("/api/v1/chat.")]
    polls = [e for e in asked if e.path in POLLS]
    roles = _role_checks(asked, who.asker)
    apart = {id(entry) for entry in (*answer, *polls, *roles)}
    own = [entry for entry in asked if id(entry) not in apart]
    own += [e for e in encvoy.of("request") if e.began > since and not _of_rocketchat(e, who.main_client)]
    waits = _waits([e for e in rocketchat if e.at > since], own)
    waiting = [e for e in polls if any(began <= e.began < ended for began, ended in waits)]
    looks = [e for e in polls if e not in waiting]
    in_the_way = [e for e in own if not any(began <= e.began and e.at < ended for began, ended in waits)]
    chain = longest_chain([*in_the_way, *looks])
    return Cost(chain, len(own) + len(looks), len(waiting), len(roles), len(answer))


def longest_chain(requests: Iterable[LedgerEntry]) -> int:
    """How many of them one after the other: the first that was answered, the first to be answered of those that began
    later, and so on."""
    length, ended = 0, float("-inf")
    for entry in sorted(requests, key=lambda entry: entry.at):
        if entry.began >= ended:
            length, ended = length + 1, entry.at
    return length


def table(costs: Mapping[str, Cost]) -> str:
    """A row for each command."""
    rows = ["| Command | One after the other | In all | Role checks besides |", "|---|---|---|---|"]
    rows += [f"| `{name}` | {cost.chain} | {cost.own} | {cost.roles} |" for name, cost in costs.items()]
    return "\n".join(rows)


def _waits(entries: Sequence[LedgerEntry], own: Sequence[LedgerEntry]) -> list[tuple[float, float]]:
    """From the last write before a change went live to the first request after it that is no poll."""
    written = [e.at for e in entries if e.writes and e.path.startswith(SETTINGS)]
    found = []
    for at in (e.at for e in entries if e.kind in ("live", "gone")):
        before = [moment for moment in written if moment < at]
        after = [e.began for e in own if e.began > at]
        if before and after:
            found.append((max(before), min(after)))
    return found


def _role_checks(asked: Sequence[LedgerEntry], asker: str) -> list[LedgerEntry]:
    """The doctor looks at people, too, once it knows who holds the role."""
    holders = min((e.began for e in asked if e.path.endswith("/roles.getUsersInRole")), default=float("inf"))
    of_asker = [e for e in asked if e.path.endswith("/users.info") and f"userId={asker}" in e.query]
    return [e for e in of_asker if e.began < holders]


def _of_rocketchat(entry: LedgerEntry, main_client: str) -> bool:
    """A code that it exchanges, and a token that it shows."""
    exchanged = entry.path == "/oidc/token" and (entry.body or {}).get("client_id") != main_client
    return exchanged or entry.path == "/oidc/me"
