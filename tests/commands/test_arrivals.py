"""Who arrives where, in words: nothing is promised that the engine does not keep."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.connection.accounts import (
    APPROVAL,
    BY_SERVICES,
    DOMAINS,
    NO_ADDRESSES,
    NO_ROLES,
    Accounts,
    Registration,
)
from bot.connection.changes import WriteService
from bot.connection.profile import profile
from bot.connection.state import RULES, ServiceName, StoredService
from bot.connection.unknown import Unknown
from bot.secret import Secret
from commands.arrivals import NAMED, UNLISTED, another_way, by_email, by_user_name, consent, stale
from tests.connection.conftest import new_connection
from tests.support.memory_rocketchat import OPEN

NAME = ServiceName("Encvoy ID", "Encvoyid")
LEGACY, MODERN = profile((8, 8), frozenset()), profile((9, 0), frozenset())
ALL = Accounts(total=300, read=300, with_address=212, administrators=("anna", "bert"))
PART = replace(ALL, total=5200, read=1000, unread="Slow down.")


def test_legacy() -> None:
    assert by_email(LEGACY, NAME, ALL) == (
        "Existing accounts: 212 of 300 accounts are active and have an e-mail address. Anyone who signs in at Encvoy "
        "ID with the address of an account gets into that account, including an administrator's, regardless of the "
        "service's settings (Rocket.Chat 8.8 links by e-mail); anyone who got into another one through `encvoyid` "
        "before may be "
        f"refused instead. 2 of them are administrators: `anna`, `bert`. {UNLISTED}"
    )


def test_modern() -> None:
    assert by_email(MODERN, NAME, ALL) == (
        "Existing accounts: 212 of 300 accounts are active and have an e-mail address. Anyone who signs in at Encvoy "
        "ID with the address of an account is refused, unless they got into that same account through `encvoyid` "
        "before "
        f"(Rocket.Chat 9.0 does not link by e-mail). 2 of them are administrators: `anna`, `bert`. {UNLISTED}"
    )


def test_the_engine_counts_and_not_the_version() -> None:
    chosen = profile((8, 8), frozenset(), modern_flow=True)
    assert "is refused" in by_email(chosen, NAME, ALL)
    assert "enters" not in by_email(chosen, NAME, ALL)


@pytest.mark.parametrize(
    ("accounts", "says"),
    [
        (PART, "I counted only 1000 of 5200 accounts. Slow down. 212 of these are active and have"),
        (replace(ALL, total=1, read=1, with_address=1), "1 of 1 account is active and has an e-mail address."),
        (replace(ALL, with_address=0, administrators=()), "0 of 300 accounts are active and have"),
        (replace(ALL, administrators=()), "None of them is an administrator."),
        (replace(ALL, administrators=("anna",)), "1 of them is an administrator: `anna`."),
        (replace(ALL, administrators=NO_ROLES), f"I cannot see which of them are administrators. {NO_ROLES.reason}"),
        (
            replace(ALL, with_address=NO_ADDRESSES, administrators=NO_ADDRESSES),
            f"There are 300 accounts here. {NO_ADDRESSES.reason} {NO_ADDRESSES.fix} Anyone",
        ),
        (
            replace(PART, with_address=NO_ADDRESSES, administrators=NO_ADDRESSES),
            f"I counted only 1000 of 5200 accounts. Slow down. {NO_ADDRESSES.reason}",
        ),
        (Unknown("Not allowed.", "Allow it."), "I cannot see who has an e-mail address here. Not allowed. Allow it."),
        (Unknown("Not allowed."), "I cannot see who has an e-mail address here. Not allowed. Anyone"),
    ],
)
def test_what_could_not_be_seen_is_said(accounts: Accounts | Unknown, says: str) -> None:
    assert says in by_email(LEGACY, NAME, accounts)
    assert "gets into that account" in by_email(LEGACY, NAME, accounts)


def test_what_cannot_be_listed_is_said_of_those_who_are_listed() -> None:
    assert UNLISTED in by_email(MODERN, NAME, PART)
    assert UNLISTED not in by_email(MODERN, NAME, Unknown("Not allowed."))


def test_nobody_with_an_address_names_no_administrators() -> None:
    assert "administrator" not in by_email(MODERN, NAME, replace(ALL, with_address=0, administrators=()))


@pytest.mark.parametrize("number", [NAMED, NAMED + 1, 500])
def test_names_are_bounded(number: int) -> None:
    text = by_email(LEGACY, NAME, replace(ALL, administrators=tuple(f"user{n:03d}" for n in range(number))))
    assert f"{number} of them are administrators" in text
    assert f"`user{NAMED - 1:03d}`" in text
    assert f"user{NAMED:03d}" not in text
    assert (f"and {number - NAMED} more" in text) is (number > NAMED)


@pytest.mark.parametrize("username", ["@all", "`code`", "*bold*", "[x](https://evil.example)", "a\nb", "x" * 500])
def test_names_are_made_harmless(username: str) -> None:
    text = by_email(LEGACY, NAME, replace(ALL, administrators=(username,)))
    assert username not in text
    assert len(text) < 1000


def test_user_names_are_refused_on_both() -> None:
    refused = "anyone with the user name of an existing account is refused, unless they came through"
    assert f"Otherwise, {refused} `encvoyid` before" in by_user_name(new_connection(), OPEN)
    assert by_user_name(new_connection(rules=frozenset({"login"})), OPEN).startswith(refused.capitalize())


NEW = "anyone else who is new gets a new account"
APPROVED = f"{NEW}, which an administrator of Rocket.Chat has to approve first"
UNSEEN = "allows it (not checked: Rocket.Chat does not show me that)."


@pytest.mark.parametrize("with_email", [True, False])
@pytest.mark.parametrize(
    ("registration", "says", "says_without_email"),
    [
        (OPEN, f"{NEW}.", f"{NEW}."),
        (replace(OPEN, by_services=False), f"is also refused, because Rocket.Chat's setting {BY_SERVICES} is off.", ""),
        (replace(OPEN, approval=True), APPROVED, f"is also refused, because Rocket.Chat's setting {APPROVAL} is on"),
        (
            replace(OPEN, domains="a.example, @b.example"),
            f"{NEW}, unless their address is of a domain that Rocket.Chat does not allow ({DOMAINS}: `a.",
            f"{NEW}.",
        ),
        (
            replace(OPEN, approval=True, domains="a.example"),
            f"{APPROVED} ({APPROVAL} is on), unless their address",
            "is also refused",
        ),
        (replace(OPEN, by_services=None), f"{NEW}, if {BY_SERVICES} {UNSEEN}", ""),
        (
            Registration(),
            f"{NEW}, if {BY_SERVICES} and {APPROVAL} and {DOMAINS} {UNSEEN}",
            f"{NEW}, if {BY_SERVICES} and {APPROVAL} {UNSEEN}",
        ),
    ],
)
def test_a_new_account_is_promised_where_rocketchats_settings_make_one(
    registration: Registration, says: str, says_without_email: str, with_email: bool
) -> None:
    """As in facts/sign-ins.json: without an e-mail claim no domain is compared, and an approval ends in a TypeError."""
    text = by_user_name(new_connection() if with_email else new_connection(rules=frozenset({"login"})), registration)
    assert (says if with_email else says_without_email or says) in text
    assert "@b.example" not in text


def writes(*settings: str) -> tuple[WriteService, ...]:
    return (WriteService(settings),)


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        (writes("merge_users"), "value of `merge_users`."),
        (writes("token_path", "merge_users_distinct_services"), "value of `merge_users_distinct_services`."),
        (
            writes("scope", "merge_users", "merge_users_distinct_services"),
            "value of `merge_users` and `merge_users_distinct_services`.",
        ),
    ],
)
def test_the_old_rules_outlive_their_change_on_the_modern_engine(changes: tuple[WriteService, ...], names: str) -> None:
    stored = StoredService("Encvoyid", enabled=True, settings={}, secret=Secret(""))
    assert stale(stored, changes)[-1].endswith(names)
    assert stale(None, changes) == ()
    assert stale(stored, writes("token_path", "secret")) == ()


def test_an_upgrade_is_spoken_of_where_it_would_change_something() -> None:
    assert "the only one from 9.0 on, does not link by e-mail: it refuses" in another_way(LEGACY)
    assert another_way(MODERN) == "`/sso setup --no-email` leaves e-mail addresses out."


@pytest.mark.parametrize(
    ("rules", "says"),
    [
        (RULES, "make login name and e-mail visible; they then become visible to every application"),
        (frozenset({"login"}), "make login name visible; it then becomes visible to every application"),
    ],
)
def test_consent_names_what_is_asked_for(rules: frozenset[str], says: str) -> None:
    assert says in consent(new_connection(rules=rules))
