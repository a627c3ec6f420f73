"""Who arrives where, in words: nothing is promised that the engine does not keep."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.connection.accounts import NO_ADDRESSES, NO_ROLES, Accounts
from bot.connection.profile import profile
from bot.connection.state import RULES, ServiceName, Unknown
from commands.arrivals import NAMED, another_way, by_email, by_user_name, consent
from tests.connection.conftest import wish

NAME = ServiceName("Encvoy ID", "Encvoyid")
LEGACY, MODERN = profile((8, 8), frozenset()), profile((9, 0), frozenset())
ALL = Accounts(total=300, read=300, with_address=212, administrators=("anna", "bert"))
PART = replace(ALL, total=5200, read=1000, unread="Slow down.")


def test_legacy() -> None:
    assert by_email(LEGACY, NAME, ALL) == (
        "Who arrives where: 212 of 300 accounts are active and have an e-mail address. Whoever signs in at Encvoy ID "
        "with the address of an account enters that account, an administrator's included, whatever the service's "
        "settings say (Rocket.Chat 8.8 links by e-mail). 2 of them are administrators: `anna`, `bert`."
    )


def test_modern() -> None:
    assert by_email(MODERN, NAME, ALL) == (
        "Who arrives where: 212 of 300 accounts are active and have an e-mail address. Whoever signs in at Encvoy ID "
        "with the address of an account is refused, unless they came through `encvoyid` before (Rocket.Chat 9.0 does "
        "not link by e-mail). 2 of them are administrators: `anna`, `bert`."
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
        (replace(ALL, administrators=NO_ROLES), f"Which of them are administrators I cannot see. {NO_ROLES.reason}"),
        (
            replace(ALL, with_address=NO_ADDRESSES, administrators=NO_ADDRESSES),
            f"There are 300 accounts here. {NO_ADDRESSES.reason} {NO_ADDRESSES.mend} Whoever",
        ),
        (
            replace(PART, with_address=NO_ADDRESSES, administrators=NO_ADDRESSES),
            f"I counted only 1000 of 5200 accounts. Slow down. {NO_ADDRESSES.reason}",
        ),
        (Unknown("Not allowed.", "Allow it."), "I cannot see who has an e-mail address here. Not allowed. Allow it."),
        (Unknown("Not allowed."), "I cannot see who has an e-mail address here. Not allowed. Whoever"),
    ],
)
def test_what_could_not_be_seen_is_said(accounts: Accounts | Unknown, says: str) -> None:
    assert says in by_email(LEGACY, NAME, accounts)
    assert "enters that account" in by_email(LEGACY, NAME, accounts)


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
    assert len(text) < 800


def test_user_names_are_refused_on_both() -> None:
    refused = "whoever brings the user name of an account that is here already is refused, unless they came through"
    assert f"Otherwise, {refused} `encvoyid` before" in by_user_name(wish())
    assert by_user_name(wish(rules=frozenset({"login"}))).startswith(refused.capitalize())


def test_an_upgrade_is_spoken_of_where_it_would_change_something() -> None:
    assert "the only one from 9.0 on, refuses" in another_way(LEGACY)
    assert another_way(MODERN) == "`/sso setup --no-email` leaves e-mail addresses out."


@pytest.mark.parametrize(
    ("rules", "says"),
    [
        (RULES, "make login name and e-mail visible; they then become visible to every application"),
        (frozenset({"login"}), "make login name visible; it then becomes visible to every application"),
    ],
)
def test_consent_names_what_is_asked_for(rules: frozenset[str], says: str) -> None:
    assert says in consent(wish(rules=rules))
