"""The existing accounts of Rocket.Chat: which there are, how many of them somebody could get into by an e-mail address,
and whether new accounts are created. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from bot.connection.unknown import Unknown

MOST_READ = 20_000
"""How many accounts are read at most."""


@dataclass(frozen=True)
class Account:
    """The relevant fields of one account. None: Rocket.Chat did not send it."""

    username: str
    """Empty for somebody who came by single sign-on and has not chosen one yet."""
    active: bool
    """Nobody can sign in to a deactivated account (facts/sign-ins.json)."""
    addresses: tuple[str, ...] | None
    """E-mail addresses. An account without any has no such field."""
    is_administrator: bool | None


@dataclass(frozen=True)
class People:
    """All accounts that were read."""

    accounts: tuple[Account, ...]
    total: int
    """How many there are, as Rocket.Chat says."""
    unread: str = ""
    """Why not all were read, as a sentence."""
    no_addresses: Unknown | None = None
    """Set if nobody's addresses are visible."""
    no_roles: Unknown | None = None
    """Set if nobody's roles are visible."""


@dataclass(frozen=True)
class Accounts:
    """All accounts, counted."""

    total: int
    """How many there are, as Rocket.Chat says."""
    read: int
    """How many of them were read; the next fields are about these."""
    with_address: int | Unknown
    """Active accounts with an e-mail address."""
    administrators: tuple[str, ...] | Unknown
    """The user names of those among them with the role admin, sorted."""
    unread: str = ""
    """Why not all were read, as a sentence."""


BY_SERVICES = "Accounts_Registration_AuthenticationServices_Enabled"
APPROVAL = "Accounts_ManuallyApproveNewUsers"
DOMAINS = "Accounts_AllowedDomainsList"


@dataclass(frozen=True)
class Registration:
    """The settings that decide whether somebody new gets an account (facts/rocketchat.md §3.6). None: Rocket.Chat does
    not show that one."""

    by_services: bool | None = None
    """`BY_SERVICES`: whether people who come through a service get one at all."""
    approval: bool | None = None
    """`APPROVAL`: whether an administrator approves each. Without an e-mail address, making one then fails."""
    domains: str | None = None
    """`DOMAINS`: of which the e-mail address must be, if there is one; blank: any."""


NO_ADDRESSES = Unknown(
    "Rocket.Chat shows me no e-mail addresses: there are none, or my account may not see them.",
    "Give the bot's account the permission view-full-other-user-info.",
)
NO_ROLES = Unknown(
    "Rocket.Chat does not show me people's roles.", "Give the bot's account the permission view-full-other-user-info."
)
TWICE = "The pages of Rocket.Chat's list are inconsistent."


def seen(own: Account | None, others: Collection[Account], total: int, unread: str = "") -> People:
    """`own` is the bot's own account, which Rocket.Chat always shows in full, so it says nothing about `others`. An
    account without an address has no such field: one visible address proves that addresses are visible."""
    everybody = (*others, *([own] if own else []))
    total = max(total, len(everybody))
    if len(everybody) < total and not unread:
        unread = TWICE
    no_addresses = NO_ADDRESSES if others and all(account.addresses is None for account in others) else None
    no_roles = NO_ROLES if others and all(account.is_administrator is None for account in others) else None
    return People(everybody, total, unread, no_addresses, no_roles)


def counted(people: People) -> Accounts:
    """How many accounts somebody could get into by an address, and which of them are administrators."""
    entered = [account for account in people.accounts if account.active and account.addresses]
    named = tuple(sorted(account.username for account in entered if account.is_administrator))
    return Accounts(
        people.total,
        len(people.accounts),
        people.no_addresses or len(entered),
        people.no_addresses or people.no_roles or named,
        people.unread,
    )
