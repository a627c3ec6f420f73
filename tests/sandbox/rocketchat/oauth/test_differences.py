"""What a stand-in gets wrong most easily: the rows of facts/rocketchat.md §16 that are about signing in, one test each,
named after its row. Those about the requests to the provider are in `test_signin`."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.rocketchat.oauth.claims import MappingFailed, normalised
from sandbox.rocketchat.oauth.engine import Engine
from tests.sandbox.rocketchat.oauth.arrivals import ADA, EXISTS, NAMELESS, TAKEN_ADDRESS, World

BOTH = pytest.mark.parametrize("engine", Engine, ids=lambda engine: engine.value)
RENAMED = {**ADA, "name": "Renamed"}


def test_e_mail_of_a_local_account() -> None:
    legacy, modern = World(), World(Engine.MODERN)
    local = legacy.local("other", "ada@people.example")
    modern.local("other", "ada@people.example")
    assert legacy.come(**ADA) is local
    assert modern.refusal(**ADA) == TAKEN_ADDRESS


@BOTH
def test_user_name_in_another_case(engine: Engine) -> None:
    world = World(engine)
    local = world.local()
    second = world.come(**{**ADA, "login": "ADA"})
    assert (second.username, second is local) == ("ADA", False)


def test_another_service_name_same_e_mail() -> None:
    world = World()
    assert world.come(**ADA) is world.come(service="another", **ADA)


def test_registration_off_local_e_mail() -> None:
    world = World()
    local = world.local("other", "ada@people.example")
    world.settings.write("Accounts_Registration_AuthenticationServices_Enabled", False)
    assert world.come(**ADA) is local


@BOTH
def test_default_roles(engine: Engine) -> None:
    world = World(engine)
    world.settings.write("Accounts_Registration_AuthenticationServices_Default_Roles", "guest")
    world.settings.write("Accounts_Registration_Users_Default_Roles", "user,bot")
    assert world.come(**ADA).roles == ["guest", "user", "bot"]


@BOTH
def test_allowed_domains(engine: Engine) -> None:
    world = World(engine)
    world.settings.write("Accounts_AllowedDomainsList", "people.example")
    assert world.refusal(**{**ADA, "email": "ada@People.example"}) == "[error-invalid-domain]"


@BOTH
def test_manual_approval_no_e_mail(engine: Engine) -> None:
    world = World(engine)
    world.settings.write("Accounts_ManuallyApproveNewUsers", True)
    assert world.refusal(**NAMELESS) == "Cannot read properties of undefined (reading '0')"


@BOTH
def test_e_mail_second_factor_opt_in_without_e_mail(engine: Engine) -> None:
    assert World(engine).come(**NAMELESS).services["email2fa"] == {"enabled": True}


@BOTH
@pytest.mark.parametrize("name", [42, ["ada", "lovelace"]])
def test_numeric_or_list_user_name(engine: Engine, name: Any) -> None:
    world = World(engine)
    user = world.come(**{**ADA, "login": name})
    assert (user.username, world.come(**{**ADA, "login": name}) is user) == (name, True)


@BOTH
def test_key_field_with_an_unknown_word(engine: Engine) -> None:
    world = World(engine)
    user = world.come({"keyField": "login"}, **ADA)
    assert world.come({"keyField": "login"}, **RENAMED) is user
    assert user.name == "Ada"


def test_merge_users_stored_as_text_true() -> None:
    text = {"mergeUsers": "true"}
    legacy, modern = World(), World(Engine.MODERN)
    legacy.come(text, **ADA)
    assert legacy.refusal(text, **RENAMED) == EXISTS
    assert modern.come(text, **ADA) is modern.come(text, **RENAMED)


@pytest.mark.parametrize("name", ["usernameField", "emailField", "nameField", "avatarField"])
def test_blanks_around_field_names(name: str) -> None:
    target = {"usernameField": "username", "emailField": "email", "nameField": "name", "avatarField": "avatarUrl"}
    assert normalised({"sub": "1", "x": "v"}, {name: " x\t"})[target[name]] == "v"


@pytest.mark.parametrize(
    "claims",
    [
        {"result": {"id": "1", "name": "Ada", "email": "a@people.example"}, "id": "outer"},
        {"ocs": {"data": {"id": "1", "displayname": "Ada", "email": "a@people.example"}}},
    ],
)
def test_result_wrapper_and_ocs_data(claims: dict[str, Any]) -> None:
    identity = normalised(claims, {})
    assert (identity["id"], identity["name"], identity["email"]) == ("1", "Ada", "a@people.example")


def test_dots_in_claim_names_and_a_leading_dollar() -> None:
    claims = {"sub": "1", "a.b": "x", "$c": "y"}
    assert {"a_b": "x", "$c": "y"}.items() <= normalised(claims, {"usernameField": "$c"}).items()
    with pytest.raises(MappingFailed):
        normalised(claims, {"usernameField": "a_b"})


def test_template_null_true_missing() -> None:
    claims = {"sub": "1", "n": None, "t": True}
    identity = normalised(claims, {"usernameField": "{{n}}-{{t}}-{{m}}"})
    assert identity["username"] == "null-true-undefined"
