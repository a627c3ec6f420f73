"""The accounts of Rocket.Chat as `people` lists them: grouped by what lets somebody into them, in pages. Pure.

Names and addresses are in it, so it is for a direct message and not for the room.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby

from bot.connection.accounts import Account, People
from bot.connection.admission import Arrival, Before, Entrance, Rules, SignInOutcome, verdict
from bot.connection.profile import Profile
from bot.connection.state import ServiceName
from bot.connection.unknown import Unknown
from bot.connection.user_names import SETTING, Allows
from bot.text import SIZE_LIMIT, code, inert, quoted, size
from commands.arrivals import UNLISTED

MOST = 50
"""Accounts on a page."""
ROOM = SIZE_LIMIT - 500
"""UTF-16 units for the list, as it is sent; the rest is for the first line, and what to type next."""
SHOWN_ADDRESSES = 2
"""Of one account; the others are counted."""
NOT_LISTED = f"{UNLISTED} Encvoy ID lists neither login names nor e-mail addresses. So I cannot say who will come."
WHY_NOT = "People who are refused do not read why; the words in brackets are those of Rocket.Chat's own error."
LINKS = "Its login engine links by e-mail, regardless of these settings."
REFUSES = (
    "Its login engine does not link by e-mail. After a change of these settings, it also keeps the old ones until "
    "Rocket.Chat is restarted."
)
_SPECIMEN = Account("a", active=True, addresses=("a@a.example",), is_administrator=None)


@dataclass(frozen=True)
class Listing:
    """What is listed, and on what the verdicts rest."""

    people: People
    rules: Rules
    profile: Profile
    name: ServiceName
    there: bool
    """Whether there is a connection."""
    allows: Allows | Unknown
    """Which user names Rocket.Chat's own setting allows."""

    @cached_property
    def pages(self) -> Sequence[tuple[str, ...]]:
        """The lines of each page, at least one."""
        pages: list[tuple[str, ...]] = []
        page = _Page()
        for note in self._notes():
            page.write(note)
        for accounts in self._groups():
            heading = self._heading(accounts[0], len(accounts))
            for account in accounts:
                entry = self._entry(account)
                if not page.takes(heading, entry):
                    pages.append(tuple(page.lines))
                    page = _Page()
                page.add(heading, entry)
        return [*pages, tuple(page.lines)]

    @property
    def administrators(self) -> int | None:
        """How many there are; None: nobody's roles are visible."""
        if self.people.no_roles is not None:
            return None
        return sum(bool(account.is_administrator) for account in self.people.accounts)

    def _groups(self) -> Iterator[list[Account]]:
        """Accounts of which the same is to be said: administrators first."""
        by_name = sorted(self.people.accounts, key=lambda account: account.username.casefold())
        for _, accounts in groupby(sorted(by_name, key=self._order), key=self._order):
            yield list(accounts)

    def _order(self, account: Account) -> tuple[bool, int, bool, str]:
        entrance = Entrance.of(account, self.rules)
        ways = f"{entrance.by_address} {entrance.by_username}"
        return not account.is_administrator, entrance.rank, entrance.by_address is None, ways

    def _heading(self, account: Account, count: int) -> str:
        entrance = Entrance.of(account, self.rules)
        ways = (("e-mail address", entrance.by_address), ("user name", entrance.by_username))
        enters = [f"with the {what}" for what, outcome in ways if outcome is SignInOutcome.ENTERS]
        refused = [
            f"with the {what} (`{outcome.value}`)"
            for what, outcome in ways
            if outcome is not None and outcome is not SignInOutcome.ENTERS
        ]
        if not account.active:
            leads = "nobody gets in"
        elif enters:
            leads = f"new people get in {' or '.join(enters)}"
        elif self.people.no_addresses is not None and self._address_admits:
            leads = "whether new people get in with the e-mail address is not known"
        else:
            leads = "no new people get in"
        denied = f"; refused {' and '.join(refused)}" if refused else ""
        return f"{self._who(account)} ({count}{'' if account.active else ', deactivated'}): {leads}{denied}"

    @property
    def _address_admits(self) -> bool:
        return Entrance.of(_SPECIMEN, self.rules).by_address is SignInOutcome.ENTERS

    def _who(self, account: Account) -> str:
        if self.people.no_roles is not None:
            return "Accounts"
        return "Administrators" if account.is_administrator else "Others"

    def _entry(self, account: Account) -> str:
        addresses = account.addresses or ()
        more = len(addresses) - SHOWN_ADDRESSES
        shown = [code(address) for address in addresses[:SHOWN_ADDRESSES]]
        shown += [f"{more} more"] if more > 0 else []
        parts = [code(account.username, 80) if account.username else "(no user name)", *shown]
        mark = "; user name not allowed" if self._is_odd(account) else ""
        return f"• {', '.join(parts)}{mark}"

    def _is_odd(self, account: Account) -> bool:
        allows = self.allows
        return bool(account.username) and not isinstance(allows, Unknown) and not allows(account.username)

    def _notes(self) -> Iterator[str]:
        """Once, on the first page."""
        yield self._basis()
        if self.rules.with_email:
            yield LINKS if self.profile.links_by_email else REFUSES
        yield from self._namesakes()
        yield self._returning()
        yield NOT_LISTED
        yield WHY_NOT
        yield from self._user_names()
        for unknown in (self.people.no_addresses if self.rules.with_email else None, self.people.no_roles):
            if unknown is not None:
                yield f"{unknown.reason} {unknown.fix}"
        if self.people.unread:
            yield partly(self.people)

    def _basis(self) -> str:
        rules = self.rules
        passed = "passed on" if rules.with_email else "left out"
        settings = (
            f"e-mail addresses are {passed}, key_field is {quoted(str(rules.key_field))}, merge_users is "
            f"{_on(rules.merges)}, merge_users_distinct_services is {_on(rules.distinct)}."
        )
        rocketchat = f"Rocket.Chat {self.profile.text}"
        if self.there:
            return f"{rocketchat}, connection {quoted(self.name.typed)} as it should be: {settings}"
        return f"There is no connection yet. {rocketchat}, as it would be after `/sso setup`: {settings}"

    def _namesakes(self) -> Iterator[str]:
        """Of people who have the user name of the account as well as its address."""
        both = verdict(_SPECIMEN, Arrival("a", "a@a.example", renamed=True), self.rules)
        if self._address_admits and both is not SignInOutcome.ENTERS:
            yield f"With the user name of the same account, too, but another display name: refused (`{both.value}`)."

    def _returning(self) -> str:
        """Of people who came before, by the same verdict."""
        renamed = verdict(_SPECIMEN, Arrival("a", before=Before.THIS, renamed=True), self.rules)
        moved = verdict(_SPECIMEN, Arrival("b", "a@a.example", Before.ANOTHER), self.rules)
        changed = "" if renamed is SignInOutcome.ENTERS else f", or their name has changed (`{renamed.value}`)"
        said = (
            f"Anyone who got into an account through `{self.name.service}` before gets in again, unless the account is "
            f"deactivated{changed}."
        )
        if moved is SignInOutcome.ELSEWHERE:
            return said
        words = (
            "they may get into either" if moved is SignInOutcome.UNCLEAR else f"they may be refused (`{moved.value}`)"
        )
        return f"{said} If they now have the e-mail address of another account, {words}."

    def _user_names(self) -> Iterator[str]:
        if isinstance(self.allows, Unknown):
            yield f"User names not checked: {self.allows.reason}"
        elif number := sum(map(self._is_odd, self.people.accounts)):
            do = "user name does" if number == 1 else "user names do"
            yield (
                f"{number} {do} not fit Rocket.Chat's setting {SETTING}. Signing in does not depend on that, but "
                "mentions may not work."
            )


@dataclass
class _Page:
    """One page while it is filled."""

    lines: list[str] = field(default_factory=list)
    used: int = 0
    count: int = 0
    heading: str = ""

    def takes(self, heading: str, entry: str) -> bool:
        """Whether this account has room; the first one always does."""
        added = _room(entry) + (0 if heading == self.heading else _room(heading))
        return self.count == 0 or (self.count < MOST and self.used + added <= ROOM)

    def add(self, heading: str, entry: str) -> None:
        """Adds an account, below the heading of its group."""
        if heading != self.heading:
            self.write(heading)
            self.heading = heading
        self.write(entry)
        self.count += 1

    def write(self, line: str) -> None:
        """Adds a line."""
        self.lines.append(line)
        self.used += _room(line)


def partly(people: People) -> str:
    """That not everybody was read."""
    return f"I read only {len(people.accounts)} of {people.total} accounts. {people.unread}"


def _room(line: str) -> int:
    return size(inert(line)) + 1


def _on(value: bool) -> str:
    return "on" if value else "off"
