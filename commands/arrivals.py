"""Which account people get when they sign in: what becomes of the existing accounts, as people read it. It promises no
more than the engine in use does (facts/rocketchat.md §3.6)."""

from __future__ import annotations

from collections.abc import Sequence

from bot.connection.accounts import APPROVAL, BY_SERVICES, DOMAINS, Accounts, Registration
from bot.connection.changes import Change, WriteService
from bot.connection.profile import Profile
from bot.connection.state import Connection, ServiceName, StoredService
from bot.connection.unknown import Unknown
from bot.text import quoted

NAMED = 10
"""Administrators that are named; the others are counted."""
LEFT_OUT = (
    "Existing accounts: e-mail addresses will be left out. Then nobody gets into an account through its address, and "
    "nobody is refused because of one."
)
ALREADY_IN = (
    "Anyone who got into an account through its address before can still do so, and an address that somebody made "
    "visible at Encvoy ID stays visible there."
)
UNLISTED = "Rocket.Chat does not list which accounts have a password, or which service they came through."
STALE_SCOPE = (
    "Rocket.Chat's newer login engine may keep asking for what it asked for before, until Rocket.Chat is restarted."
)
STALE_MERGE = (
    "Rocket.Chat's newer login engine also keeps its previous rules for letting people in, until Rocket.Chat is "
    "restarted. Restart it: until then people may be let in, or refused, by the old value of"
)
_MERGE = ("merge_users", "merge_users_distinct_services")
UPGRADED = (
    "Rocket.Chat's newer login engine, the only one from 9.0 on, does not link by e-mail: it refuses anyone who "
    "would be linked now."
)
OPTION = "`/sso setup --no-email` leaves e-mail addresses out."


def consent(connection: Connection) -> str:
    """What Encvoy ID asks people for, and what follows from their answer (facts/encvoy-id.md §2)."""
    if connection.with_email:
        asked, then = "login name and e-mail", "they then become"
    else:
        asked, then = "login name", "it then becomes"
    return (
        f"Encvoy ID will ask each person once to make {asked} visible; {then} visible to every application of that "
        "Encvoy ID."
    )


def by_email(profile: Profile, name: ServiceName, accounts: Accounts | Unknown) -> str:
    """How many accounts have an address, what that leads to, and which of them are administrators."""
    if profile.links_by_email:
        leads = (
            "Anyone who signs in at Encvoy ID with the address of an account gets into that account, including an "
            f"administrator's, regardless of the service's settings (Rocket.Chat {profile.text} links by e-mail); "
            f"anyone who got into another one through `{name.service}` before may be refused instead."
        )
    else:
        leads = (
            "Anyone who signs in at Encvoy ID with the address of an account is refused, unless they got into that "
            f"same account through `{name.service}` before (Rocket.Chat {profile.text} does not link by e-mail)."
        )
    unlisted = UNLISTED if isinstance(accounts, Accounts) and accounts.with_address else ""
    parts = (_count(accounts), leads, _administrators(accounts), unlisted)
    return f"Existing accounts: {' '.join(part for part in parts if part)}"


def by_user_name(connection: Connection, registration: Registration) -> str:
    """What a user name leads to, on both engines, and what becomes of new people; an e-mail address is matched
    first."""
    return (
        f"{'Otherwise, anyone' if connection.with_email else 'Anyone'} with the user name of an existing account is "
        f"refused, unless they came through `{connection.name.service}` before; anyone else who is new "
        f"{_newcomers(registration, with_email=connection.with_email)}"
    )


def _newcomers(registration: Registration, *, with_email: bool) -> str:
    """What Rocket.Chat's registration settings mean for a new account (facts/rocketchat.md §3.6)."""
    if registration.by_services is False:
        return f"is also refused, because Rocket.Chat's setting {BY_SERVICES} is off."
    if registration.approval and not with_email:
        return (
            f"is also refused, because Rocket.Chat's setting {APPROVAL} is on, and this fails for people without an "
            "e-mail address. Switch it off, or pass on addresses with `/sso setup --email`."
        )
    approved = f", which an administrator of Rocket.Chat has to approve first ({APPROVAL} is on)"
    domains = (registration.domains or "").strip()
    allowed = f", unless their address is of a domain that Rocket.Chat does not allow ({DOMAINS}: {quoted(domains)})"
    asked: dict[str, bool | str | None] = {BY_SERVICES: registration.by_services, APPROVAL: registration.approval}
    if with_email:
        asked[DOMAINS] = registration.domains
    unseen = " and ".join(setting for setting, value in asked.items() if value is None)
    return "".join(
        (
            "gets a new account",
            approved if registration.approval else "",
            allowed if domains and with_email else "",
            f", if {unseen} allows it (not checked: Rocket.Chat does not show me that)." if unseen else ".",
        )
    )


def stale(stored: StoredService | None, changes: Sequence[Change]) -> tuple[str, ...]:
    """What the modern engine keeps using when these changes are made to a live service: the scope, and the rules by
    which it finds an account (facts/rocketchat.md §3.1b, §3.4)."""
    if stored is None:  # what it used then is not known
        return ()
    written = {name for change in changes if isinstance(change, WriteService) for name in change.settings}
    merge = " and ".join(f"`{name}`" for name in _MERGE if name in written)
    return (
        *([STALE_SCOPE] if "scope" in written else []),
        *([f"{STALE_MERGE} {merge}."] if merge else []),
    )


def another_way(profile: Profile) -> str:
    """What would change it: an upgrade, and the option."""
    return f"{UPGRADED} {OPTION}" if profile.links_by_email else OPTION


def _count(accounts: Accounts | Unknown) -> str:
    if isinstance(accounts, Unknown):
        return f"I cannot see who has an e-mail address here. {_why(accounts)}"
    total = "1 account" if accounts.total == 1 else f"{accounts.total} accounts"
    if accounts.read < accounts.total:
        seen, total = f"I counted only {accounts.read} of {total}. {accounts.unread} ", "these"
    else:
        seen = ""
    if isinstance(accounts.with_address, Unknown):
        return f"{seen or f'There are {total} here. '}{_why(accounts.with_address)}"
    are, have = ("is", "has") if accounts.with_address == 1 else ("are", "have")
    return f"{seen}{accounts.with_address} of {total} {are} active and {have} an e-mail address."


def _administrators(accounts: Accounts | Unknown) -> str:
    if isinstance(accounts, Unknown) or isinstance(accounts.with_address, Unknown) or not accounts.with_address:
        return ""
    if isinstance(accounts.administrators, Unknown):
        return f"I cannot see which of them are administrators. {_why(accounts.administrators)}"
    number = len(accounts.administrators)
    if number == 0:
        return "None of them is an administrator."
    named = ", ".join(quoted(username, 40) for username in accounts.administrators[:NAMED])
    more = f" and {number - NAMED} more" if number > NAMED else ""
    return f"{number} of them {'is an administrator' if number == 1 else 'are administrators'}: {named}{more}."


def _why(unknown: Unknown) -> str:
    return f"{unknown.reason} {unknown.fix}".strip()
