"""Counts the existing accounts in Rocket.Chat that somebody could get into by an e-mail address, and reads whether new
accounts are created. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from bot.connection.unknown import Unknown

MOST_READ = 20_000
"""How many accounts are read at most."""


@dataclass(frozen=True)
class CountedAccount:
    """The relevant fields of one account. None: Rocket.Chat did not send it."""

    username: str
    active: bool
    """Nobody can sign in to a deactivated account (facts/sign-ins.json)."""
    has_address: bool | None
    is_administrator: bool | None


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


def counted(own: CountedAccount | None, others: Collection[CountedAccount], total: int, unread: str = "") -> Accounts:
    """`own` is the bot's own account, which Rocket.Chat always shows in full, so it says nothing about `others`. An
    account without an address has no such field: one visible address proves that addresses are visible."""
    everybody = [*others, *([own] if own else [])]
    entered = [account for account in everybody if account.active and account.has_address]
    with_address: int | Unknown = len(entered)
    administrators: tuple[str, ...] | Unknown = tuple(sorted(a.username for a in entered if a.is_administrator))
    if others and all(account.has_address is None for account in others):
        with_address = administrators = NO_ADDRESSES
    elif others and all(account.is_administrator is None for account in others):
        administrators = NO_ROLES
    total = max(total, len(everybody))
    if len(everybody) < total and not unread:
        unread = TWICE
    return Accounts(total, len(everybody), with_address, administrators, unread)
