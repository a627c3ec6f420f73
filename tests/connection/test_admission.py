"""What the bot says of an account is what becomes of a sign-in: for each situation of docs/facts/sign-ins.json, on both
engines, and each account that is there before it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest

from bot.connection.accounts import APPROVAL, BY_SERVICES, DOMAINS, Account, Registration
from bot.connection.admission import MATCHING, Arrival, Before, Entrance, Rules, SignInOutcome, verdict
from bot.connection.profile import Engine
from sandbox.rocketchat.oauth import engine as standin_engine
from sandbox.rocketchat.oauth.claims import IdentityFailed, identity_of
from sandbox.rocketchat.oauth.collection import service_id
from sandbox.rocketchat.oauth.resolve import AccountResolver, resolve
from sandbox.rocketchat.people import User
from sandbox.rocketchat.problems import MeteorError, PlainError
from tests.sandbox.rocketchat.oauth.situations import (
    EACH,
    SERVICE,
    SITUATIONS,
    ended,
    expected,
    fields_at,
    settle_people,
    workspace_of,
)

SUFFIXES = {
    "keyField": "key_field",
    "mergeUsers": "merge_users",
    "mergeUsersDistinctServices": "merge_users_distinct_services",
}
CONFIGURATION = "The claims cannot be read with such a configuration, whoever arrives; no account has a part in it."
NEWCOMER = "The new account itself is refused, and no existing one has a part in it."
OUTSIDE: dict[str, str] = {
    "sub missing": CONFIGURATION,
    "email_field set, claim missing": CONFIGURATION,
    "claim name with a dot, path as written": CONFIGURATION,
    "allowed domains, letter case differs": NEWCOMER,
    "registration by services off": NEWCOMER,
    "manual approval": NEWCOMER,
    "manual approval, no e-mail claim": NEWCOMER,
}
"""Situations with a refusal that no existing account is the reason for: each account is rightly not concerned."""
FROM_THE_OTHER = ("returning, e-mail now that of a local account, merge on", 2)
"""What refuses is the address of the local account, whose verdict says so. From the account of whoever returns alone it
cannot be seen: there the verdict is that they get in."""


@dataclass(frozen=True)
class Step:
    """One sign-in: each account before it, with what the bot says of it, and how the stand-in ends it."""

    verdicts: Mapping[int, SignInOutcome]
    """By the number of the account."""
    end: Mapping[str, Any]


@pytest.mark.parametrize("engine", Engine, ids=lambda engine: engine.value)
@pytest.mark.parametrize("situation", EACH)
def test_the_verdict_for_each_account_is_how_it_ends(situation: dict[str, Any], engine: Engine) -> None:
    steps = list(played(situation, engine))
    assert [step.end for step in steps] == expected(situation, standin_engine.Engine(engine.value))
    for number, step in enumerate(steps, 1):
        concerned = {who: said for who, said in step.verdicts.items() if said is not SignInOutcome.ELSEWHERE}
        if (situation["name"], number) == FROM_THE_OTHER:
            assert concerned == {1: SignInOutcome.DUPLICATE, 2: SignInOutcome.ENTERS}
            assert SignInOutcome.DUPLICATE.value in step.end["error"]
        elif "error" not in step.end:
            came = step.end["who"]
            assert concerned == ({came: SignInOutcome.ENTERS} if came in step.verdicts else {})
        elif situation["name"] in OUTSIDE and number == len(steps):
            assert concerned == {}
        else:
            assert len(concerned) == 1, "one account is the reason"
            assert next(iter(concerned.values())).value in step.end["error"]


def test_what_is_outside_is_a_situation_that_ends_with_a_refusal() -> None:
    refused = {one["name"] for one in SITUATIONS if "error" in {**one["legacy"][-1], **one.get("modern", [{}])[-1]}}
    assert OUTSIDE.keys() | {FROM_THE_OTHER[0]} <= refused


def test_every_situation_with_accounts_from_before_is_inside() -> None:
    assert [one["name"] for one in SITUATIONS if one["locals"] and one["name"] in OUTSIDE] == []


def played(situation: dict[str, Any], engine: Engine) -> Iterator[Step]:
    """The stand-in resolves each sign-in, and the bot judges it just before."""
    accounts = workspace_of(situation, standin_engine.Engine(engine.value))
    settle_people(accounts.people, situation)
    for step in situation["steps"]:
        live = {"service": step.get("service", SERVICE), "serverURL": "IDP", **fields_at(situation, step)}
        yield _one(accounts, live, step["claims"], situation["settings"], engine)


def _one(
    accounts: AccountResolver, live: dict[str, Any], claims: dict[str, Any], settings: Mapping[str, Any], engine: Engine
) -> Step:
    there = list(accounts.people)
    try:
        identity = identity_of(claims, live, accounts.hooks.engine)
    except IdentityFailed as refusal:
        return Step(dict.fromkeys(range(len(there)), SignInOutcome.ELSEWHERE), ended(accounts.people, str(refusal)))
    rules = rules_of(live, settings, engine)
    said = {
        who: verdict(account_of(user), arrival_of(user, identity, live["service"], there), rules)
        for who, user in enumerate(there)
    }
    came: User | str
    try:
        came = resolve(identity, live, accounts)
    except (MeteorError, PlainError) as refusal:
        came = str(refusal)
    return Step(said, ended(accounts.people, came))


def rules_of(live: Mapping[str, Any], settings: Mapping[str, Any], engine: Engine) -> Rules:
    """From the configuration of the service, and the settings of the workspace."""
    registration = Registration(settings.get(BY_SERVICES), settings.get(APPROVAL), settings.get(DOMAINS))
    return Rules.of({suffix: live[name] for name, suffix in SUFFIXES.items()}, engine, registration=registration)


def account_of(user: User) -> Account:
    """As the list of accounts shows it."""
    return Account(str(user.username), user.active, tuple(user.addresses) or None, "admin" in user.roles)


def arrival_of(user: User, identity: Mapping[str, Any], service: str, there: list[User]) -> Arrival:
    """Who arrives, for this account."""
    known = [other for other in there if service_id(other, service) == identity.get("id")]
    before = Before.THIS if user in known else Before.ANOTHER if known else Before.NOTHING
    username = identity.get("username")
    return Arrival(
        username=None if username is None else str(username),
        email=identity.get("email"),
        before=before,
        renamed=identity.get("name") != user.name,
    )


LEGACY, MODERN = Rules.of(MATCHING, Engine.LEGACY), Rules.of(MATCHING, Engine.MODERN)
BARE = replace(LEGACY, with_email=False)
ADA = Account("ada", active=True, addresses=("ada@people.example",), is_administrator=False)
CAT = replace(ADA, username="cat", addresses=None)
GONE = replace(ADA, active=False)
LINKING = {**MATCHING, "merge_users_distinct_services": True}
BY_EMAIL = {**LINKING, "key_field": "email"}
ENTERS, NAME, MAIL = SignInOutcome.ENTERS, SignInOutcome.USERNAME_TAKEN, SignInOutcome.EMAIL_TAKEN
DOMAIN = SignInOutcome.WRONG_DOMAIN


@pytest.mark.parametrize(
    ("account", "rules", "by_address", "by_username"),
    [
        (ADA, LEGACY, ENTERS, NAME),
        (ADA, MODERN, MAIL, NAME),
        (ADA, BARE, None, NAME),
        (CAT, LEGACY, None, NAME),
        (replace(CAT, addresses=()), MODERN, None, NAME),
        (replace(ADA, username=""), LEGACY, ENTERS, None),
        (GONE, LEGACY, SignInOutcome.NOT_ACTIVATED, NAME),
        (GONE, MODERN, MAIL, NAME),
        (ADA, Rules.of(LINKING, Engine.LEGACY), ENTERS, ENTERS),
        (ADA, Rules.of(LINKING, Engine.MODERN), MAIL, ENTERS),
        (ADA, Rules.of(BY_EMAIL, Engine.MODERN), ENTERS, NAME),
        (ADA, Rules.of({**LINKING, "merge_users": False}, Engine.MODERN), MAIL, SignInOutcome.CHANGED),
        (ADA, replace(MODERN, registration=Registration(by_services=False)), *[SignInOutcome.REGISTRATION_OFF] * 2),
        (ADA, replace(MODERN, registration=Registration(domains="a.example, b.example")), DOMAIN, NAME),
        (ADA, replace(MODERN, registration=Registration(domains="a.example,people.example")), MAIL, NAME),
        (ADA, replace(MODERN, registration=Registration(approval=True)), MAIL, NAME),
        (CAT, replace(BARE, registration=Registration(approval=True)), None, SignInOutcome.NOT_APPROVABLE),
    ],
)  # fmt: skip
def test_what_lets_somebody_new_in(
    account: Account, rules: Rules, by_address: SignInOutcome | None, by_username: SignInOutcome | None
) -> None:
    assert Entrance.of(account, rules) == Entrance(account.active, by_address, by_username)


def test_one_address_that_admits_is_enough() -> None:
    two = replace(ADA, addresses=("ada@elsewhere.example", "ada@people.example"))
    rules = Rules.of(BY_EMAIL, Engine.MODERN, registration=Registration(domains="people.example"))
    assert Entrance.of(two, rules).by_address is ENTERS


@pytest.mark.parametrize("rules", [LEGACY, MODERN])
@pytest.mark.parametrize("changed", [Arrival("ada", "new@people.example", renamed=True), Arrival("renamed")])
def test_whoever_came_before_comes_again(changed: Arrival, rules: Rules) -> None:
    again = replace(changed, before=Before.THIS)
    assert verdict(ADA, again, rules) is ENTERS
    assert verdict(GONE, again, rules) is SignInOutcome.NOT_ACTIVATED


@pytest.mark.parametrize(
    ("arrival", "rules", "outcome"),
    [
        (Arrival("ADA"), LEGACY, SignInOutcome.ELSEWHERE),
        (Arrival("ADA"), Rules.of(LINKING, Engine.LEGACY), ENTERS),
        (Arrival(email=" ADA@People.example"), LEGACY, ENTERS),
        (Arrival(email="ADA@people.example"), MODERN, SignInOutcome.ELSEWHERE),
    ],
)
def test_letter_case_counts_for_what_is_taken_and_not_for_what_is_found(
    arrival: Arrival, rules: Rules, outcome: SignInOutcome
) -> None:
    assert verdict(replace(ADA, addresses=("Ada@People.example",)), arrival, rules) is outcome


@pytest.mark.parametrize("engine", Engine)
@pytest.mark.parametrize(
    ("arrival", "key_field", "outcome"),
    [
        (Arrival("ada", "ada@people.example"), "username", ENTERS),
        (Arrival("ada"), "username", ENTERS),
        (Arrival("ada", renamed=True), "username", SignInOutcome.CHANGED),
        (Arrival("ada", "new@people.example"), "username", SignInOutcome.CHANGED),
        (Arrival("ada", "new@people.example"), "email", ENTERS),
        (Arrival("ada", "ada@people.example", renamed=True), "email", SignInOutcome.CHANGED),
        (Arrival("renamed", "new@people.example", renamed=True), "username", ENTERS),
    ],
)
def test_without_merging_whoever_came_before_must_be_as_before(
    arrival: Arrival, key_field: str, outcome: SignInOutcome, engine: Engine
) -> None:
    rules = Rules.of({"key_field": key_field, "merge_users": False}, engine)
    assert verdict(ADA, replace(arrival, before=Before.THIS), rules) is outcome


@pytest.mark.parametrize(
    ("settings", "engine", "outcome"),
    [
        (MATCHING, Engine.LEGACY, SignInOutcome.DUPLICATE),
        (MATCHING, Engine.MODERN, SignInOutcome.DUPLICATE),
        ({**MATCHING, "merge_users": False}, Engine.MODERN, SignInOutcome.CHANGED),
        (BY_EMAIL, Engine.LEGACY, SignInOutcome.UNCLEAR),
        ({**MATCHING, "key_field": "email"}, Engine.MODERN, SignInOutcome.ELSEWHERE),
    ],
)
def test_who_got_into_another_account_before(settings: Any, engine: Engine, outcome: SignInOutcome) -> None:
    arrival = Arrival("bob", "ada@people.example", Before.ANOTHER)
    assert verdict(ADA, arrival, Rules.of(settings, engine)) is outcome


def test_what_can_be_entered_comes_first_and_what_is_deactivated_last() -> None:
    ranks = [Entrance.of(account, LEGACY).rank for account in (ADA, CAT, GONE)]
    assert ranks == [0, 2, 3]
    assert Entrance.of(ADA, MODERN).rank == 1
