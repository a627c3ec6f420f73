"""Claims to an identity, one row for each sentence of facts/rocketchat.md §3.5."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.rocketchat.oauth.claims import IdentityFailed, MappingFailed, from_template, identity_of, normalised
from sandbox.rocketchat.oauth.engine import Engine
from sandbox.rocketchat.oauth.javascript import UNDEFINED


@pytest.mark.parametrize("name", ["id", "_id", "ID", "user_id", "userid", "sub"])
def test_the_id_is_picked_from_the_first_present(name: str) -> None:
    assert normalised({name: "42", "x": "y"}, {})["id"] == "42"


def test_an_id_goes_before_sub() -> None:
    assert normalised({"sub": "b", "id": "a"}, {})["id"] == "a"


@pytest.mark.parametrize(
    ("template", "value"),
    [
        ("login", "ada"),
        ("deep.er.name", "x"),
        ("deep.nothing.name", UNDEFINED),
        ("list.1.v", "two"),
        ("{{login}}", "ada"),
        ("u-{{login}}-{{deep.er.name}}", "u-ada-x"),
        ("{{/^(.+)@/::email}}", "ada.l"),
        ("{{/^(.+)@/::email}}!", "ada.l!"),
        ("{{/^nothing(.+)/::email}}", "undefined"),
        ("{{nothing}}", "undefined"),
    ],
)
def test_paths_templates_and_captures(template: str, value: Any) -> None:
    data = {
        "login": "ada",
        "email": "ada.l@people.example",
        "deep": {"er": {"name": "x"}},
        "list": [{"v": "one"}, {"v": "two"}],
    }
    assert from_template(template, data) == value


@pytest.mark.parametrize(
    ("field", "missing"),
    [
        ("usernameField", "CustomOAuth: Failed to extract username"),
        ("emailField", "CustomOAuth: Failed to extract email"),
    ],
)
@pytest.mark.parametrize("claims", [{"sub": "1"}, {"sub": "1", "login": ""}, {"sub": "1", "login": None}])
def test_a_configured_claim_that_is_missing_fails_the_login(field: str, missing: str, claims: dict[str, Any]) -> None:
    with pytest.raises(MappingFailed, match=missing):
        normalised(claims, {field: "login"})


def test_username_email_name_and_avatar_come_from_their_fields() -> None:
    claims = {"sub": "1", "login": "ada", "mail": "a@people.example", "nick": "Ada", "pic": "https://x.example/a.png"}
    fields = {"usernameField": "login", "emailField": "mail", "nameField": "nick", "avatarField": "pic"}
    identity = normalised(claims, fields)
    assert (identity["username"], identity["email"], identity["name"], identity["avatarUrl"]) == (
        "ada",
        "a@people.example",
        "Ada",
        "https://x.example/a.png",
    )


def test_an_avatar_that_is_missing_fails_nothing() -> None:
    assert "avatarUrl" not in normalised({"sub": "1"}, {"avatarField": "picture"})


@pytest.mark.parametrize(
    "name", ["name", "username", "nickname", "CharacterName", "userName", "preferred_username", "user"]
)
def test_the_name_by_default(name: str) -> None:
    claims = {"sub": "1", name: {"name": "Ada"} if name == "user" else "Ada"}
    assert normalised(claims, {})["name"] == "Ada"


def test_the_order_of_default_names() -> None:
    claims = {"sub": "1", "preferred_username": "4", "nickname": "3", "username": "2", "name": "1"}
    for expected in ("1", "2", "3", "4"):
        assert normalised(claims, {})["name"] == expected
        claims = {key: value for key, value in claims.items() if value != expected}


def test_a_name_field_without_claim_falls_back_to_the_default() -> None:
    assert normalised({"sub": "1", "name": "Ada"}, {"nameField": "nickname"})["name"] == "Ada"


def test_dots_in_keys_become_underscores_after_the_mapping() -> None:
    claims = {"sub": "1", "a.b": [{"c.d": "x"}]}
    assert normalised(claims, {})["a_b"] == [{"c_d": "x"}]
    with pytest.raises(MappingFailed):
        normalised(claims, {"usernameField": "a_b"})


def test_an_empty_email_field_keeps_a_plain_email_claim() -> None:
    assert normalised({"sub": "1", "email": "a@people.example"}, {"emailField": ""})["email"] == "a@people.example"


def test_email_verified_is_never_looked_at() -> None:
    claims = {"sub": "1", "email": "a@people.example", "email_verified": False}
    assert normalised(claims, {})["email"] == "a@people.example"


@pytest.mark.parametrize(
    ("claims", "found"),
    [
        ({"user": {"userid": "1", "email": "a@x.example"}, "email": "b"}, {"id": "1", "email": "a@x.example"}),
        ({"user": {"userid": "1", "userid_sec": ["s:2"]}, "email": "b"}, {"id": "s:2"}),
        ({"user": {"user_id": 7, "user_email": "a@x.example"}}, {"id": 7, "email": "a@x.example"}),
        ({"metadata": {"uid": "1"}, "fullName": "Ada"}, {"id": "1", "name": "Ada"}),
        ({"sub": "1", "userid": "2", "emails": [{"address": "a@x.example"}]}, {"id": "1", "email": "a@x.example"}),
        ({"phid": "p", "sub": "1"}, {"id": "p"}),
        ({"user_id": "u", "sub": "1"}, {"id": "u"}),
        ({"id": 0, "sub": "1"}, {"id": "1"}),
        ({"id": "", "x": 1}, {"id": ""}),
        ({"sub": 0}, {}),
    ],
)
def test_the_known_shapes_of_providers(claims: dict[str, Any], found: dict[str, Any]) -> None:
    identity = normalised(claims, {})
    assert {name: identity[name] for name in ("id", "email", "name") if name in identity} == found


def test_an_outer_underscored_id_does_not_reach_into_a_wrapper() -> None:
    assert "id" not in normalised({"_id": "outer", "result": {"_id": "inner"}}, {})


@pytest.mark.parametrize("value", [42, ["ada"], {"a": 1}, True])
def test_a_claim_stays_what_it_is(value: Any) -> None:
    fields = {"usernameField": "x", "emailField": "x", "nameField": "x"}
    identity = normalised({"sub": 1, "x": value}, fields)
    assert (identity["id"], identity["username"], identity["email"], identity["name"]) == (1, value, value, value)


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        (None, "Cannot read properties of null (reading 'name')"),
        ({"result": "ok", "sub": "1"}, "Cannot create property 'name' on string 'ok'"),
        ({"sub": "1", "emails": [None]}, "Cannot read properties of null (reading 'address')"),
    ],
)
def test_an_answer_of_another_form_fails_in_javascripts_words(claims: Any, why: str) -> None:
    with pytest.raises(MappingFailed) as caught:
        normalised(claims, {})
    assert (str(caught.value), caught.value.kind) == (why, "TypeError")


def test_a_list_has_no_id() -> None:
    assert "id" not in normalised([{"id": "1"}], {})


def test_an_expression_that_is_none_fails_the_field() -> None:
    with pytest.raises(MappingFailed, match="CustomOAuth: Failed to extract username"):
        normalised({"sub": "1"}, {"usernameField": "{{/(/::sub}}"})


@pytest.mark.parametrize(
    ("engine", "text"),
    [
        (Engine.LEGACY, "Failed to fetch identity from encvoyid at IDP/me. CustomOAuth: Failed to extract username"),
        (
            Engine.MODERN,
            "Failed to parse identity from encvoyid at IDP/me. Error: CustomOAuth: Failed to extract username",
        ),
    ],
)
def test_a_failure_names_the_address(engine: Engine, text: str) -> None:
    fields = {"service": "encvoyid", "serverURL": "IDP", "identityPath": "/me", "usernameField": "login"}
    with pytest.raises(IdentityFailed) as caught:
        identity_of({"sub": "1"}, fields, engine)
    assert str(caught.value) == text
