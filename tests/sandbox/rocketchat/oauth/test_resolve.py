"""Whom an identity logs in as: one row for each sentence of facts/rocketchat.md §3.6, and what differs by engine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sandbox.rocketchat.oauth.engine import Engine
from sandbox.rocketchat.oauth.hooks import Hooks
from sandbox.rocketchat.oauth.resolve import AccountResolver, resolve
from sandbox.rocketchat.problems import MeteorError
from tests.sandbox.rocketchat.oauth.arrivals import ADA, EXISTS, NAMELESS, TAKEN_NAME, World
from tests.sandbox.rocketchat.oauth.situations import SERVICE

OWN = {"mergeUsers": True, "mergeUsersDistinctServices": False}
"""The design's choice."""
LINK = {"mergeUsers": True, "mergeUsersDistinctServices": True}
BY_EMAIL = {"keyField": "email"}


def only_with_username(world: World) -> None:
    user = world.come({"usernameField": ""}, **ADA)
    assert world.come({"usernameField": ""}, **{**ADA, "name": "Renamed"}) is user
    assert user.username == ""


def found_by_username_and_id(world: World) -> None:
    user = world.come(**ADA)
    assert world.refusal(**{**ADA, "login": "ADA", "name": "Renamed"}) == EXISTS
    assert user.name == "Ada"


def found_by_email_and_id(world: World) -> None:
    world.come(BY_EMAIL, **ADA)
    assert world.refusal(BY_EMAIL, **{**ADA, "email": "ADA@people.example", "name": "Renamed"}) == EXISTS


def only_who_came_before(world: World) -> None:
    local = world.local()
    assert world.refusal(OWN, **ADA) == TAKEN_NAME
    assert SERVICE not in local.services


def not_with_another_id(world: World) -> None:
    first = world.come(**NAMELESS)
    assert world.refusal(OWN, sub="2", **NAMELESS) == TAKEN_NAME
    assert first.services[SERVICE]["id"] == "1"


def distinct_finds_local_accounts(world: World) -> None:
    local = world.local()
    assert world.come(LINK, **ADA) is local


def distinct_finds_by_email_too(world: World) -> None:
    local = world.local("other", "ada@people.example")
    assert world.come({**LINK, **BY_EMAIL}, **ADA) is local


def nobody_found_then_by_id(world: World) -> None:
    user = world.come(**ADA)
    assert world.come(**{**ADA, "login": "renamed"}) is user
    assert user.username == "ada"


def nobody_found_then_created(world: World) -> None:
    user = world.come(**ADA)
    assert (user.username, user.name, user.services[SERVICE]["id"]) == ("ada", "Ada", "1")


def a_taken_username(world: World) -> None:
    world.local()
    assert world.refusal(**ADA) == TAKEN_NAME


def merging_on_and_still_refused(world: World) -> None:
    world.local()
    assert world.refusal(OWN, **ADA) == TAKEN_NAME


def same_as_last_time(world: World) -> None:
    user = world.come(**ADA)
    assert world.come(**ADA) is user


def same_without_an_address(world: World) -> None:
    user = world.come(**ADA)
    assert world.come(login="ada", name="Ada") is user


def same_with_another_address_by_email_key(world: World) -> None:
    user = world.come(BY_EMAIL, **ADA)
    user.emails.append({"address": "second@people.example", "verified": True})
    assert world.come(BY_EMAIL, **{**ADA, "email": "second@people.example"}) is user


def a_changed_name_is_refused(world: World) -> None:
    world.come(**ADA)
    assert world.refusal(**{**ADA, "name": "Renamed"}) == EXISTS


def a_changed_address_is_refused(world: World) -> None:
    world.come(**ADA)
    assert world.refusal(**{**ADA, "email": "new@people.example"}) == EXISTS


def a_name_changed_in_the_workspace_is_refused(world: World) -> None:
    world.come(**ADA).name = "Renamed by an administrator"
    assert world.refusal(**ADA) == EXISTS


def merging_sets_the_id_and_the_name(world: World) -> None:
    local = world.local()
    world.come(LINK, **{**ADA, "name": "Ada L."})
    assert (local.services[SERVICE]["id"], local.name) == ("1", "Ada L.")


def merging_overwrites_the_addresses(world: World) -> None:
    user = world.come(OWN, **ADA)
    world.come(OWN, **{**ADA, "email": "new@people.example"})
    assert user.emails == [{"address": "new@people.example", "verified": True}]


def merging_by_email_key_keeps_the_addresses(world: World) -> None:
    user = world.local(address="ada@people.example")
    user.emails.append({"address": "second@people.example", "verified": False})
    world.come({**LINK, **BY_EMAIL}, **{**ADA, "name": "Renamed"})
    assert user.addresses == ["ada@people.example", "second@people.example"]


def renamed_people_return(world: World) -> None:
    user = world.come(OWN, **ADA)
    assert world.come(OWN, **{**ADA, "name": "Renamed"}) is user
    assert world.come(OWN, **{**ADA, "login": "renamed"}) is user
    user.name = "Renamed by an administrator"
    user.username = "renamed-here"
    assert world.come(OWN, **ADA) is user


def a_stranger_with_their_name_gets_in_only_when_distinct(world: World) -> None:
    victim = world.local()
    assert world.refusal(OWN, sub="666", **ADA) == TAKEN_NAME
    assert world.come(LINK, sub="666", **ADA) is victim


def a_plain_email_claim_stays(world: World) -> None:
    assert world.come({"emailField": ""}, **ADA).addresses == ["ada@people.example"]


def a_new_user_gets_the_default_roles(world: World) -> None:
    assert world.come(**ADA).roles == ["user"]
    world.settings.write("Accounts_Registration_AuthenticationServices_Default_Roles", "guest, bot")
    assert world.come(sub="2", login="other").roles == ["guest", "bot", "user"]


def a_new_address_is_verified_by_setting(world: World) -> None:
    assert world.come(**ADA).emails[0]["verified"] is True
    world.settings.write("Accounts_Verify_Email_For_External_Accounts", False)
    assert world.come(sub="2", login="other", email="o@people.example").emails[0]["verified"] is False


def registration_disabled(world: World) -> None:
    world.settings.write("Accounts_Registration_AuthenticationServices_Enabled", False)
    assert world.refusal(**ADA).endswith("[registration-disabled-authentication-services]")


def registration_disabled_lets_known_people_in(world: World) -> None:
    user = world.come(**ADA)
    world.settings.write("Accounts_Registration_AuthenticationServices_Enabled", False)
    assert world.come(**ADA) is user


def a_foreign_domain(world: World) -> None:
    world.settings.write("Accounts_AllowedDomainsList", "company.example, other.example")
    assert world.refusal(**ADA) == "[error-invalid-domain]"
    assert world.come(sub="2", login="bob", email="bob@company.example").username == "bob"


def manual_approval(world: World) -> None:
    world.settings.write("Accounts_ManuallyApproveNewUsers", True)
    with pytest.raises(MeteorError, match="error-user-is-not-activated"):
        world.come(**ADA)
    waiting = world.people.named("ada")
    assert waiting is not None
    waiting.active = True
    assert world.come(**ADA) is waiting


def the_same_service_name_brings_people_back(world: World) -> None:
    user = world.come(**ADA)
    assert world.come(OWN, **ADA) is user


def another_service_name_does_not(world: World) -> None:
    world.come(**NAMELESS)
    assert world.refusal(OWN, service="another", **NAMELESS) == TAKEN_NAME


def email_verified_is_not_evaluated(world: World) -> None:
    victim = world.local("other", "ada@people.example")
    assert world.come({**LINK, **BY_EMAIL}, sub="666", email_verified=False, **ADA) is victim


def email_codes_are_switched_on(world: World) -> None:
    assert world.come(**ADA).services["email2fa"] == {"enabled": True}
    world.settings.write("Accounts_TwoFactorAuthentication_By_Email_Auto_Opt_In", False)
    assert "email2fa" not in world.come(sub="2", login="other", email="o@people.example").services


ROWS: list[tuple[str, Callable[[World], None]]] = [
    ("Only if normalised data has `username`", only_with_username),
    (
        "merge_users_distinct_services false: a user whose username (key_field `username`) equals the claim, "
        "case-insensitively, and whose services.<service>.id equals this identity's id",
        found_by_username_and_id,
    ),
    ("… or e-mail address (key_field `email`) …", found_by_email_and_id),
    ("So only somebody who has already come in through this service …", only_who_came_before),
    ("… with this id", not_with_another_id),
    ("With it true: anybody with that username, local accounts included", distinct_finds_local_accounts),
    ("… or e-mail", distinct_finds_by_email_too),
    ("Nobody found: the hook does nothing; Meteor then looks for services.<service>.id", nobody_found_then_by_id),
    ("… and otherwise creates a user", nobody_found_then_created),
    ("if a local account has that username the creation is refused", a_taken_username),
    ("This is the normal case in a workspace that had accounts: merging on, refused", merging_on_and_still_refused),
    ("Found, same service id, same name, the claim is among the user's addresses: plain login", same_as_last_time),
    ("… or no e-mail claim", same_without_an_address),
    ("… or key_field `email`", same_with_another_address_by_email_key),
    ("Found but something differs and merge_users is not true: CustomOAuth, already exists", a_changed_name_is_refused),
    ("It hits a returning person whose e-mail changed", a_changed_address_is_refused),
    ("… on either side", a_name_changed_in_the_workspace_is_refused),
    ("Found and merge_users true: sets services.<service>.id, updates name", merging_sets_the_id_and_the_name),
    ("with key_field `username` and an e-mail claim overwrites emails, verified", merging_overwrites_the_addresses),
    ("(with key_field `email` it does not)", merging_by_email_key_keeps_the_addresses),
    ("merge_users true + distinct_services false: returning people survive a rename", renamed_people_return),
    (
        "… and nobody with the name of a local account gets in; distinct_services true: they are linked",
        a_stranger_with_their_name_gets_in_only_when_distinct,
    ),
    ("An empty email_field doesn't drop the address", a_plain_email_claim_stays),
    ("New user: roles from …_AuthenticationServices_Default_Roles", a_new_user_gets_the_default_roles),
    ("e-mail verified if Accounts_Verify_Email_For_External_Accounts", a_new_address_is_verified_by_setting),
    ("Refusal: registration disabled for auth services", registration_disabled),
    ("(of new people only)", registration_disabled_lets_known_people_in),
    ("Refusal: error-invalid-domain (Accounts_AllowedDomainsList)", a_foreign_domain),
    ("Refusal: error-user-is-not-activated (Accounts_ManuallyApproveNewUsers)", manual_approval),
    ("remove and set up again under the same name and they return", the_same_service_name_brings_people_back),
    ("under another name they are refused as existing users", another_service_name_does_not),
    ("email_verified is never evaluated", email_verified_is_not_evaluated),
    ("E-mail 2FA auto opt-in (default true) switches e-mail codes on for new users", email_codes_are_switched_on),
]
"""The prompt for an e-mail code is in `test_signin`, a configured claim that is missing in `test_claims`, what differs
between the engines below and in `test_differences`."""


@pytest.mark.parametrize("engine", Engine, ids=lambda engine: engine.value)
@pytest.mark.parametrize(("sentence", "check"), ROWS, ids=[check.__name__ for _, check in ROWS])
def test_each_sentence_holds_on_both_engines(sentence: str, check: Callable[[World], None], engine: Engine) -> None:
    assert sentence
    check(World(engine))


# Melding by e-mail: the legacy engine, before everything else.


@pytest.mark.parametrize("merging", [{}, OWN, LINK, BY_EMAIL])
def test_whoever_has_the_address_becomes_its_account_whatever_the_settings_say(merging: dict[str, Any]) -> None:
    world = World()
    local = world.local("other", "ada@people.example")
    assert world.come(merging, **ADA) is local
    assert (local.services[SERVICE]["id"], local.username, local.password_digest is None) == ("1", "other", False)


def test_the_password_of_an_unverified_address_is_taken_away_and_a_change_demanded() -> None:
    world = World()
    local = world.local("other", "ada@people.example", verified=False)
    world.come(**ADA)
    assert (local.password_digest, local.require_password_change) == (None, True)
    assert local.emails == [{"address": "ada@people.example", "verified": True}]


def test_an_address_in_another_case_counts_as_unverified_and_stays_as_it_is() -> None:
    world = World()
    local = world.local("other", "ada@people.example", verified=False)
    assert world.come(**{**ADA, "email": "ADA@people.example"}) is local
    assert local.require_password_change
    assert local.emails == [{"address": "ada@people.example", "verified": False}]


def test_nothing_is_demanded_of_whoever_has_no_password() -> None:
    world = World()
    first = world.come(**ADA)
    first.emails[0]["verified"] = False
    assert world.come(sub="2", **{**ADA, "login": "bob"}) is first
    assert not first.require_password_change


def test_what_was_melded_stays_so_after_the_hook_has_refused() -> None:
    world = World()
    local = world.local(address="ada@people.example")
    assert world.refusal(**{**ADA, "name": "Another"}) == EXISTS
    assert local.services[SERVICE]["id"] == "1"


def test_a_deactivated_account_is_linked_and_still_locked() -> None:
    world = World()
    local = world.local("other", "ada@people.example")
    local.active = False
    assert world.refusal(**ADA) == "User is not activated [error-user-is-not-activated]"
    assert SERVICE in local.services


@pytest.mark.parametrize("service", ["github", "google", "linkedin"])
def test_a_service_with_a_well_known_name_melds_on_the_modern_engine_too(service: str) -> None:
    world = World(Engine.MODERN)
    local = world.local("other", "ada@people.example")
    assert world.come(service=service, emailAddress="ada@people.example", **ADA) is local


# The modern engine.


def test_an_address_that_another_took_meanwhile_is_refused_in_the_databases_words() -> None:
    world = World(Engine.MODERN)
    world.come(OWN, **ADA)
    world.local("bob", "bob@people.example")
    refused = world.refusal(OWN, **{**ADA, "email": "bob@people.example"})
    assert refused == "E11000 duplicate key error collection: users index: emails.address_1 dup key"


def test_after_merging_was_switched_on_a_renamed_person_is_refused_until_a_restart() -> None:
    world = World(Engine.MODERN)
    user = world.come(**ADA)
    renamed = {**ADA, "name": "Renamed"}
    assert world.refusal(OWN, **renamed) == EXISTS
    world.accounts.hooks.restart()
    assert world.come(OWN, **renamed) is user
    assert user.name == "Renamed"


def test_after_distinct_was_switched_off_a_stranger_still_enters_until_a_restart() -> None:
    world = World(Engine.MODERN)
    local = world.local()
    world.come(LINK, login="somebody", sub="3")
    assert world.come(OWN, sub="666", **NAMELESS) is local
    world.accounts.hooks.restart()
    assert world.refusal(OWN, sub="667", **NAMELESS) == TAKEN_NAME


def test_hooks_can_be_had_from_what_a_server_was_configured_with() -> None:
    world = World(Engine.MODERN)
    before, now = ({"service": SERVICE, "keyField": "username", **merging} for merging in (LINK, OWN))
    local = world.local()
    hooks = Hooks.after(Engine.MODERN, [before, now, now])
    assert len(hooks.of(SERVICE)) == 2
    assert resolve({"id": "666", "username": "ada"}, now, AccountResolver(world.people, world.settings, hooks)) is local


def test_on_the_legacy_engine_the_last_settings_alone_count() -> None:
    world = World()
    user = world.come(**ADA)
    assert world.come(OWN, **{**ADA, "name": "Renamed"}) is user


# What is no text, and nobody there.


@pytest.mark.parametrize("sub", [None, "", 0, False])
def test_without_an_id_nobody_comes_in(sub: Any) -> None:
    assert World().refusal(**ADA, sub=sub) == "Service data for service encvoyid must include id"


def test_an_id_of_null_is_whoever_the_service_does_not_know() -> None:
    world = World()
    assert world.come(sub=None, id=None, **NAMELESS).username == "admin"


def test_numbers_beyond_the_exact_ones_are_one() -> None:
    world = World()
    assert world.come(sub=2**53, **NAMELESS) is world.come(sub=2**53 + 1, **NAMELESS)


def test_the_first_of_a_workspace_without_administrator_becomes_it() -> None:
    world = World()
    admin = world.people.named("admin")
    assert admin
    world.people.delete(admin)
    assert world.come(**ADA).roles == ["user", "admin"]
    assert world.come(sub="2", login="bob").roles == ["user"]


def test_a_role_that_does_not_exist_is_refused_once_the_account_is_there() -> None:
    world = World()
    world.settings.write("Accounts_Registration_AuthenticationServices_Default_Roles", "nothing")
    with pytest.raises(MeteorError, match="error-invalid-role"):
        world.come(**ADA)
    assert world.come(**ADA).roles == []


def test_an_account_without_user_name_is_named_undefined() -> None:
    world = World()
    nameless = {"usernameField": "", **BY_EMAIL}
    world.come(nameless, username="x", **ADA)
    refused = world.refusal(nameless, username="x", **{**ADA, "name": "Renamed"})
    assert refused == "User with username undefined already exists [CustomOAuth]"
