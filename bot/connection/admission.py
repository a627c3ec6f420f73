"""What becomes of somebody who arrives through the service, seen from one existing account: whether they get into it,
are refused because of it, or neither. The rules are Rocket.Chat's own (facts/rocketchat.md §3.6). Pure.

    melding by e-mail (legacy engine) → the hook of Custom OAuth (merge_users …) → a new account, which may be refused
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, replace

from bot.connection.accounts import Account, Registration
from bot.connection.profile import Engine
from bot.connection.state import SettingValue

MATCHING: Mapping[str, SettingValue] = {
    "key_field": "username",
    "merge_users": True,
    "merge_users_distinct_services": False,
}
"""The settings of a service by which it finds an existing account, as `setup` writes them."""


def carries_email(settings: Mapping[str, object]) -> bool:
    """Whether a service with these settings, by suffix, asks for e-mail addresses."""
    return "email" in str(settings.get("scope", "")).split()


class SignInOutcome(enum.Enum):
    """How a sign-in ends for an account. The value of a refusal is in the text of Rocket.Chat's own error."""

    ENTERS = "gets in"
    ELSEWHERE = "is not concerned"
    """The account neither admits nor refuses: whoever arrives gets another one, or a new one, or none."""
    UNCLEAR = "may get in"
    """Two accounts are known by the same person then, and which of them is found first cannot be seen."""
    NOT_ACTIVATED = "User is not activated"
    USERNAME_TAKEN = "Username already exists"
    EMAIL_TAKEN = "Email already exists"
    CHANGED = "[CustomOAuth]"
    """`merge_users` is off, and name or address is not the one of last time."""
    DUPLICATE = "E11000"
    """The database refuses to give one address to two accounts."""
    REGISTRATION_OFF = "registration-disabled-authentication-services"
    WRONG_DOMAIN = "error-invalid-domain"
    NOT_APPROVABLE = "Cannot read properties of undefined"
    """An administrator is to approve new accounts, and the mail about it needs an e-mail address."""


_OPEN = Registration()


class Before(enum.Enum):
    """What somebody got into through this service before. Neither system lists it."""

    NOTHING = "nothing"
    THIS = "this account"
    ANOTHER = "another account"


@dataclass(frozen=True)
class Rules:
    """What decides, besides the account."""

    engine: Engine
    key_field: object
    merges: bool
    distinct: bool
    with_email: bool
    """Whether an e-mail address is passed on at all."""
    registration: Registration

    @classmethod
    def of(
        cls,
        settings: Mapping[str, object],
        engine: Engine,
        *,
        with_email: bool = True,
        registration: Registration = _OPEN,
    ) -> Rules:
        """From the settings of a service, by suffix. The legacy engine merges for `true` alone, the modern one for the
        text "true" as well; for `merge_users_distinct_services` any text counts as on (facts/sign-ins.json)."""
        merges = settings.get("merge_users")
        return cls(
            engine=engine,
            key_field=settings.get("key_field"),
            merges=merges is True if engine is Engine.LEGACY else bool(merges),
            distinct=bool(settings.get("merge_users_distinct_services")),
            with_email=with_email,
            registration=registration,
        )


@dataclass(frozen=True)
class Arrival:
    """Who arrives: with which claims, and whether they were here before."""

    username: str | None = None
    """None: one that no account has."""
    email: str | None = None
    """None: none, or one that no account has."""
    before: Before = Before.NOTHING
    renamed: bool = False
    """Whether the display name is not the one of the account."""


def verdict(account: Account, arrival: Arrival, rules: Rules) -> SignInOutcome:
    """How the sign-in ends for this account, if no other account has the same user name or address."""
    email = arrival.email if rules.with_email else None
    match = _Match.of(account, arrival.username, email)
    melded = rules.engine is Engine.LEGACY and match.address
    if arrival.before is Before.ANOTHER:
        return _with_another(match, rules, melded=melded)
    theirs = melded or arrival.before is Before.THIS
    found = match.by(rules.key_field) and (theirs or rules.distinct)
    if found and not (theirs and _as_last_time(match, arrival, rules, email)):
        if not rules.merges:
            return SignInOutcome.CHANGED
        theirs = True
    if theirs:
        return SignInOutcome.ENTERS if account.active else SignInOutcome.NOT_ACTIVATED
    return _refused(match, email, rules.registration)


@dataclass(frozen=True)
class _Match:
    """What of an arrival the account has, too. Looking for an account, letter case does not count; the unique indexes
    of the database tell it apart."""

    username: bool
    address: bool
    same_username: bool
    same_address: bool

    @classmethod
    def of(cls, account: Account, username: str | None, email: str | None) -> _Match:
        addresses = account.addresses or ()
        sought = (email or "").strip().casefold()
        return cls(
            username=bool(username) and account.username.lower() == (username or "").lower(),
            address=bool(sought) and sought in [address.casefold() for address in addresses],
            same_username=bool(username) and account.username == username,
            same_address=bool(email) and email in addresses,
        )

    def by(self, key_field: object) -> bool:
        """Whether the hook of Custom OAuth finds the account; an unknown key finds nothing."""
        return (key_field == "username" and self.username) or (key_field == "email" and self.address)


def _as_last_time(match: _Match, arrival: Arrival, rules: Rules, email: str | None) -> bool:
    return not arrival.renamed and (rules.key_field == "email" or not email or match.same_address)


def _with_another(match: _Match, rules: Rules, *, melded: bool) -> SignInOutcome:
    """For somebody who got into another account before: there they are known, and keep their user name."""
    if rules.key_field == "username" and match.same_address:
        return SignInOutcome.DUPLICATE if rules.merges else SignInOutcome.CHANGED
    if melded or (rules.distinct and match.by(rules.key_field)):
        return SignInOutcome.UNCLEAR
    return SignInOutcome.ELSEWHERE


def _refused(match: _Match, email: str | None, registration: Registration) -> SignInOutcome:
    """A new account, which this one is in the way of: what refuses it, in Rocket.Chat's order."""
    if not match.same_username and not match.same_address:
        return SignInOutcome.ELSEWHERE
    if registration.approval and not email:
        return SignInOutcome.NOT_APPROVABLE
    allowed = registration.domains or ""
    if email and allowed.strip() and not email.endswith(tuple(f"@{domain.strip()}" for domain in allowed.split(","))):
        return SignInOutcome.WRONG_DOMAIN
    if registration.by_services is False:
        return SignInOutcome.REGISTRATION_OFF
    return SignInOutcome.USERNAME_TAKEN if match.same_username else SignInOutcome.EMAIL_TAKEN


@dataclass(frozen=True)
class Entrance:
    """What lets somebody who is new into an account, and what refuses them."""

    active: bool
    by_address: SignInOutcome | None
    """With one of its e-mail addresses and a user name that no account has; None: it has none, or none is passed on,
    or they are not visible."""
    by_username: SignInOutcome | None
    """With its user name and an address that no account has; None: it has none."""

    @classmethod
    def of(cls, account: Account, rules: Rules) -> Entrance:
        """Of one account."""
        addresses = (account.addresses or ()) if rules.with_email else ()
        by_address = [verdict(account, Arrival(email=address), rules) for address in addresses]
        best = SignInOutcome.ENTERS if SignInOutcome.ENTERS in by_address else next(iter(by_address), None)
        # They bring an address of their own, if any is passed on. Of which domain is not known.
        own = Arrival(account.username, _NOBODYS if rules.with_email else None)
        any_domain = replace(rules, registration=replace(rules.registration, domains=None))
        by_username = verdict(account, own, any_domain) if account.username else None
        return cls(account.active, best, by_username)

    @property
    def rank(self) -> int:
        """The order in which people read it: what can be entered first, what is deactivated last."""
        if not self.active:
            return 3
        if SignInOutcome.ENTERS in (self.by_address, self.by_username):
            return 0
        return 2 if self.by_address is None else 1


_NOBODYS = "\N{BULLET}"
"""An e-mail address that no account has."""
