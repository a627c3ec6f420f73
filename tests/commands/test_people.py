"""`people`: who gets in where, in pages, for the asker alone."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from bot.connection.accounts import NO_ADDRESSES, NO_ROLES, Account, People, Registration, seen
from bot.connection.state import SettingValue
from bot.connection.unknown import Unknown
from bot.errors import UserError
from bot.text import SIZE_LIMIT, inert, size
from commands import people_shown
from tests.support.chat import DIRECT
from tests.support.counter import Counter

ADA = Account("ada", active=True, addresses=("ada@people.example",), is_administrator=True)
BOB = Account("bob", active=True, addresses=("bob@people.example", "b@b.example", "c@c"), is_administrator=False)
CAT = Account("cat", active=True, addresses=None, is_administrator=False)
GONE = Account("gone", active=False, addresses=("gone@people.example",), is_administrator=False)
MODERN: dict[str, Any] = {"version": (9, 0), "modules": frozenset({"oauth-enterprise"})}


def everybody(*accounts: Account, **changes: Any) -> People:
    return replace(seen(None, accounts, len(accounts)), **changes)


async def listed(counter: Counter, *accounts: Account, words: str = "people", **changes: Any) -> str:
    """The direct message."""
    counter.rocketchat.people_listed = everybody(*accounts, **changes)
    await counter.run(words)
    return counter.private.text


def setting(counter: Counter, **settings: SettingValue) -> None:
    """What is desired of the connection."""
    there = counter.connections.there
    counter.connections.row = replace(there, settings={**there.settings, **settings})


def groups(text: str) -> list[str]:
    """The headings, and the accounts below them."""
    return [line for line in text.split("\n") if re.match(r"• |Administrators|Others|Accounts \(", line)]


async def test_administrators_come_first_and_each_account_stands_by_what_lets_somebody_in(standing: Counter) -> None:
    text = await listed(standing, GONE, CAT, BOB, ADA)
    assert text.startswith("Who gets into which account of Rocket.Chat: page 1 of 1.\nRocket.Chat 8.8, connection")
    assert groups(text) == [
        "Administrators (1): new people get in with the e-mail address; refused with the user name "
        "(`Username already exists`)",
        "• `ada`, `ada@people.example`",
        "Others (1): new people get in with the e-mail address; refused with the user name (`Username already exists`)",
        "• `bob`, `bob@people.example`, `b@b.example`, 1 more",
        "Others (1): no new people get in; refused with the user name (`Username already exists`)",
        "• `cat`",
        "Others (1, deactivated): nobody gets in; refused with the e-mail address (`User is not activated`) and with "
        "the user name (`Username already exists`)",
        "• `gone`, `gone@people.example`",
    ]


async def test_the_modern_engine(standing: Counter) -> None:
    for name, value in MODERN.items():
        setattr(standing.rocketchat, name, value)
    text = await listed(standing, ADA, CAT)
    assert groups(text)[0] == (
        "Administrators (1): no new people get in; refused with the e-mail address (`Email already exists`) and with "
        "the user name (`Username already exists`)"
    )
    assert people_shown.REFUSES in text
    assert people_shown.LINKS not in text


async def test_with_distinct_services_a_user_name_is_enough(standing: Counter) -> None:
    setting(standing, merge_users_distinct_services=True)
    text = await listed(standing, ADA, CAT)
    assert "(1): new people get in with the e-mail address or with the user name\n• `ada`" in text
    assert "(1): new people get in with the user name\n• `cat`" in text
    assert "merge_users is on, merge_users_distinct_services is on." in text


async def test_without_email_addresses_do_not_matter(counter: Counter) -> None:
    await counter.run("setup --no-email")
    text = await listed(counter, ADA)
    assert "(1): no new people get in; refused with the user name (`Username already exists`)" in text
    assert "e-mail addresses are left out" in text
    assert people_shown.LINKS not in text
    assert "address of another account" not in text


@pytest.mark.parametrize(("scope", "passed"), [("openid email", "passed on"), ("openid emails", "left out")])
async def test_the_scope_decides_whether_addresses_come(standing: Counter, scope: str, passed: str) -> None:
    setting(standing, scope=scope)
    assert f"e-mail addresses are {passed}" in await listed(standing, ADA)


async def test_registration_that_is_off_refuses_first(standing: Counter) -> None:
    standing.rocketchat.registration = Registration(by_services=False)
    text = await listed(standing, CAT)
    assert "refused with the user name (`registration-disabled-authentication-services`)" in text


async def test_without_a_connection_it_is_as_after_setup(counter: Counter) -> None:
    text = await listed(counter, ADA)
    assert "There is no connection yet. Rocket.Chat 8.8, as it would be after `!sso setup`: e-mail addresses" in text
    assert "new people get in with the e-mail address" in text
    assert "through `encvoyid` before gets in again" in text


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({}, "is deactivated. If they now have the e-mail address of another account, they may be refused (`E11000`)."),
        (
            {"merge_users": False},
            "is deactivated, or their name has changed (`[CustomOAuth]`). If they now have the e-mail address of "
            "another account, they may be refused (`[CustomOAuth]`).",
        ),
        ({"key_field": "email"}, "of another account, they may get into either."),
    ],
)
async def test_who_came_before(standing: Counter, settings: dict[str, SettingValue], says: str) -> None:
    setting(standing, **settings)
    assert says in await listed(standing, ADA)


async def test_without_merging_a_namesake_is_refused(standing: Counter) -> None:
    said = "With the user name of the same account, too, but another display name: refused (`[CustomOAuth]`)."
    assert said not in await listed(standing, ADA)
    setting(standing, merge_users=False)
    assert said in await listed(standing, ADA)


async def test_what_neither_side_lists_is_said_once(standing: Counter) -> None:
    text = await listed(standing, *[replace(BOB, username=f"user{n}") for n in range(120)])
    assert text.count(people_shown.NOT_LISTED) == text.count(people_shown.WHY_NOT) == 1
    assert people_shown.NOT_LISTED not in await listed(
        standing, *[replace(BOB, username=f"user{n}") for n in range(120)], words="people --page 2"
    )


async def test_user_names_that_the_setting_refuses_are_marked(standing: Counter) -> None:
    odd = replace(ADA, username="ada lovelace")
    text = await listed(standing, odd, BOB, replace(CAT, username=""))
    assert "1 user name does not fit Rocket.Chat's setting UTF8_User_Names_Validation." in text
    assert "• `ada lovelace`, `ada@people.example`; user name not allowed" in text
    assert "• (no user name)\n" in text
    text = await listed(standing, odd, replace(BOB, username="ä"))
    assert "2 user names do not fit" in text


async def test_a_setting_that_is_not_evaluated_marks_nobody(standing: Counter) -> None:
    standing.rocketchat.user_names = "(a+)+"
    text = await listed(standing, replace(ADA, username="ada lovelace"))
    assert "User names not checked: I do not evaluate Rocket.Chat's setting" in text
    assert "not allowed" not in text


async def test_what_is_not_visible_is_said(standing: Counter) -> None:
    hidden = [replace(account, addresses=None, is_administrator=None) for account in (ADA, BOB)]
    text = await listed(standing, *hidden)
    assert f"{NO_ADDRESSES.reason} {NO_ADDRESSES.fix}" in text
    assert f"{NO_ROLES.reason} {NO_ROLES.fix}" in text
    assert "Accounts (2): whether new people get in with the e-mail address is not known; refused" in text
    _, said = await standing.run("people")
    assert "• 2 accounts; who is an administrator is not visible to me." in said


async def test_text_from_outside_is_harmless(standing: Counter) -> None:
    evil = Account("@all `x` [a](https://b.example)", active=True, addresses=("@here\n# x",), is_administrator=False)
    text = inert(await listed(standing, evil))
    assert "• `＠all 'x' [a](https://b.example)`, `＠here ＃ x`" in text


@pytest.mark.parametrize(
    ("people", "says"),
    [
        (everybody(ADA, BOB), "• 2 accounts, 1 of them an administrator."),
        (everybody(CAT), "• 1 account, 0 of them administrators."),
        (everybody(ADA, total=9, unread="Slow down."), "• I read only 1 of 9 accounts. Slow down."),
    ],
)
async def test_the_room_reads_numbers_alone(standing: Counter, people: People, says: str) -> None:
    standing.rocketchat.people_listed = people
    _, text = await standing.run("people")
    assert text == f"✓ Sent to you in a direct message: page 1 of 1.\n{says}\nNext: `!sso status`"
    assert "I read only" not in says or "I read only 1 of 9 accounts. Slow down." in standing.private.text


async def test_in_a_direct_message_the_list_is_above(standing: Counter) -> None:
    standing.room = DIRECT
    _, text = await standing.run("people")
    assert text.startswith("✓ The list is above: page 1 of 1.")


async def test_a_direct_message_that_cannot_be_opened_ends_it_at_once(standing: Counter) -> None:
    standing.private.error = UserError("No direct message.")
    with pytest.raises(UserError, match="No direct message"):
        await standing.run("people")
    assert "people" not in standing.world.calls
    assert standing.private.sent == []


async def test_accounts_that_cannot_be_read(standing: Counter) -> None:
    standing.rocketchat.people_listed = Unknown("Not allowed.", "Allow it.")
    with pytest.raises(UserError) as refused:
        await standing.run("people")
    assert (refused.value.what, refused.value.why, refused.value.fix) == (
        "I could not read the accounts.",
        "Not allowed.",
        "Allow it.",
    )
    assert standing.private.sent == []


async def test_how_far_it_is_and_how_long_it_takes_is_told(standing: Counter) -> None:
    standing.rocketchat.limited = (1000, 10_000, 540.0)
    await standing.run("people")
    assert "reading the accounts: 1 of 3" in standing.spoken.doings
    [remark] = standing.spoken.remarks
    assert "the other 9000 of 10000 accounts would take about 9 minutes. I stop after 3 minutes at most." in remark
    standing.rocketchat.limited = (1000, 1100, 59.0)
    await standing.run("people")
    assert "about 1 minute. I stop" in standing.spoken.remarks[0]


async def test_nothing_is_changed(standing: Counter) -> None:
    await standing.run("people")
    assert standing.writes == []
    assert "authorize" not in standing.world.calls


def many(count: int) -> list[Account]:
    return [
        Account(f"user{n:05}", active=True, addresses=(f"{n}@people.example",), is_administrator=n % 100 == 0)
        for n in range(count)
    ]


def named(texts: Iterable[str]) -> list[str]:
    return [found for text in texts for found in re.findall(r"^• `(user\d+)`", text, re.MULTILINE)]


async def test_every_account_is_on_one_page_and_each_page_fits_into_a_message(standing: Counter) -> None:
    accounts = many(1000)
    first = await listed(standing, *accounts)
    found = re.search(r"page 1 of (\d+)\.", first)
    assert found is not None
    texts = [await listed(standing, *accounts, words=f"people --page {n + 1}") for n in range(int(found[1]))]
    assert sorted(named(texts)) == [account.username for account in accounts]
    assert named(texts)[:10] == [f"user{n:05}" for n in range(0, 1000, 100)]
    assert all(size(inert(text)) <= SIZE_LIMIT and "lines left out" not in text for text in texts)
    assert all(10 <= len(named([text])) <= people_shown.MOST for text in texts[:-1])
    assert max(len(named([text])) for text in texts) == people_shown.MOST
    assert "Next: `!sso people --page 2`" in texts[0]
    assert "Next: `!sso status`" in texts[-1]
    assert all("\nOthers (990): new people get in" in text for text in texts)


async def test_names_as_long_as_they_may_be_fit(standing: Counter) -> None:
    accounts = [replace(account, username="@" * 500, addresses=("x" * 500,) * 5) for account in many(40)]
    found = re.search(r"page 1 of (\d+)\.", await listed(standing, *accounts))
    assert found is not None
    for number in range(int(found[1])):
        text = await listed(standing, *accounts, words=f"people --page {number + 1}")
        assert size(inert(text)) <= SIZE_LIMIT
        assert "lines left out" not in text


async def test_twenty_thousand_are_laid_out_in_a_moment(standing: Counter) -> None:
    accounts, began = many(20_000), time.monotonic()
    await listed(standing, *accounts, words="people --page 400")
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("typed", ["0", "x", "-1", "1.5", "²", "12345678", "--page"])
async def test_what_is_no_page_number(standing: Counter, typed: str) -> None:
    with pytest.raises(UserError, match="is not the number of a page"):
        await standing.run(f'people --page "{typed}"')
    assert standing.private.opened == 0


async def test_a_page_that_is_not_there(standing: Counter) -> None:
    with pytest.raises(UserError) as refused:
        await listed(standing, *many(200), words="people --page 99")
    assert re.fullmatch(r"There is no page 99: the list has \d pages\.", refused.value.what)
    with pytest.raises(UserError, match="the list has 1 page"):
        await listed(standing, ADA, words="people --page 2")
    assert standing.private.sent == []
