"""What is counted, and what it is not taken for."""

from __future__ import annotations

from collections.abc import Collection

import pytest

from bot.connection.accounts import NO_ADDRESSES, NO_ROLES, TWICE, Account, Accounts, seen
from bot.connection.accounts import counted as counted_people

BOT = Account("ssobot", active=True, addresses=("a@people.example",), is_administrator=True)
CAT = Account("rocket.cat", active=True, addresses=None, is_administrator=False)
ANNA = Account("anna", active=True, addresses=("a@people.example",), is_administrator=True)
MARC = Account("marc", active=True, addresses=("a@people.example",), is_administrator=False)
GONE = Account("gone", active=False, addresses=("a@people.example",), is_administrator=True)
STRANGER = Account("x", active=True, addresses=None, is_administrator=None)


def counted(own: Account | None, others: Collection[Account], total: int, unread: str = "") -> Accounts:
    return counted_people(seen(own, others, total, unread))


def test_everybody_counts_the_bot_included() -> None:
    assert counted(BOT, [ANNA, MARC, CAT], 4) == Accounts(4, 4, 3, ("anna", "ssobot"))


def test_a_deactivated_account_lets_nobody_in() -> None:
    assert counted(None, [GONE, MARC], 2) == Accounts(2, 2, 1, ())


def test_an_empty_address_list_is_none() -> None:
    nobody = Account("n", active=True, addresses=(), is_administrator=False)
    assert counted(None, [nobody], 1).with_address == 0


def test_nobody_at_all() -> None:
    assert counted(None, [], 0) == Accounts(0, 0, 0, ())


def test_what_the_bot_sees_of_itself_says_nothing_of_others() -> None:
    accounts = counted(BOT, [STRANGER, STRANGER], 3)
    assert accounts.with_address is accounts.administrators is NO_ADDRESSES


def test_the_bot_alone_sees_everybody() -> None:
    assert counted(BOT, [], 1) == Accounts(1, 1, 1, ("ssobot",))


def test_addresses_without_roles() -> None:
    accounts = counted(BOT, [Account("x", active=True, addresses=("a@people.example",), is_administrator=None)], 2)
    assert (accounts.with_address, accounts.administrators) == (2, NO_ROLES)


@pytest.mark.parametrize(("given", "said"), [("", TWICE), ("Slow down.", "Slow down.")])
def test_who_was_not_read_is_said(given: str, said: str) -> None:
    accounts = counted(BOT, [ANNA], 9, given)
    assert (accounts.total, accounts.read, accounts.unread) == (9, 2, said)


def test_a_total_below_what_was_read_is_not_believed() -> None:
    accounts = counted(BOT, [ANNA, MARC], 1)
    assert (accounts.total, accounts.read, accounts.unread) == (3, 3, "")
