"""What is checked before it is sent, and what an answer to a read means (facts/encvoy-id.md §3, §4)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from bot.connection.ports import ApplicationFields
from bot.connection.state import Application, NotVisible
from bot.encvoy.fields import check_client_id, read_application, read_created, read_ids, rule_ids, to_create, to_write
from bot.errors import BadAnswer, UserError
from bot.secret import Secret, new_secret

ROUTE = "GET /api/v1/clients/:client_id"
FIELDS = ApplicationFields(
    name="Rocket.Chat (chat.example.org)",
    description="ssobot 7f3c0000",
    domain="https://chat.example.org",
    redirect_uris=("https://chat.example.org/_oauth/encvoyid",),
    token_endpoint_auth_method="client_secret_post",
)
FULL: dict[str, Any] = {
    "client_id": "abc",
    "name": "Rocket.Chat",
    "description": None,
    "domain": "https://chat.example.org",
    "redirect_uris": ["https://chat.example.org/_oauth/encvoyid"],
    "token_endpoint_auth_method": "client_secret_basic",
    "client_secret": "k" * 87,
    "rules": [{"id": 4, "field_name": "login", "active": True}],
}


def test_a_create_holds_what_was_given_and_nothing_else() -> None:
    assert to_create(FIELDS) == {
        "name": "Rocket.Chat (chat.example.org)",
        "description": "ssobot 7f3c0000",
        "domain": "https://chat.example.org",
        "redirect_uris": ["https://chat.example.org/_oauth/encvoyid"],
        "token_endpoint_auth_method": "client_secret_post",
    }


@pytest.mark.parametrize("missing", [{"name": None}, {"domain": None}, {"redirect_uris": None}])
def test_a_create_that_would_hang_is_a_mistake_of_ours(missing: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="needs"):
        to_create(replace(FIELDS, **missing))


def test_a_create_cannot_choose_the_secret() -> None:
    with pytest.raises(ValueError, match="secret"):
        to_create(replace(FIELDS, secret=new_secret()))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 51}, "50"),
        ({"name": " x"}, "space"),
        ({"description": "x" * 256}, "255"),
        ({"domain": "chat.example.org"}, "domain"),
        ({"domain": ""}, "domain"),
        ({"redirect_uris": ()}, "redirect URI"),
        ({"redirect_uris": ("",)}, "redirect URI"),
        ({"redirect_uris": ("https://a.example/cb", "https://A.example/cb")}, "redirect URI"),
        ({"token_endpoint_auth_method": "post"}, "token_endpoint_auth_method"),
        ({"secret": Secret("")}, "secret"),
        ({"secret": Secret("x" * 256)}, "secret"),
        ({"secret": Secret("with blank")}, "secret"),
        ({"secret": Secret("ключ")}, "secret"),
        ({"secret": Secret("line\n")}, "secret"),
    ],
)
def test_what_encvoy_id_would_refuse_or_swallow_is_not_sent(change: dict[str, Any], reason: str) -> None:
    with pytest.raises(UserError) as caught:
        to_write(replace(FIELDS, **change))

    assert reason in caught.value.why
    assert caught.value.fix


@pytest.mark.parametrize("write", [to_create, to_write])
@pytest.mark.parametrize("change", [{"redirect_uris": ("https://A.example/cb",)}, {"domain": "https://A.example/cb"}])
def test_an_address_that_would_be_refused_is_named_and_harmless(
    write: Callable[[ApplicationFields], object], change: dict[str, Any]
) -> None:
    with pytest.raises(UserError, match="lower case") as caught:
        write(replace(FIELDS, **change))

    assert "`https://A.example/cb`" in caught.value.why
    assert "in the application at Encvoy ID or in Rocket.Chat's setting Site_Url" in caught.value.fix


@pytest.mark.parametrize("uri", ["https://a.example/cb#x", "app.example://cb"])
def test_a_redirect_uri_that_would_break_the_application_is_not_created(uri: str) -> None:
    with pytest.raises(UserError, match="callback"):
        to_create(replace(FIELDS, redirect_uris=(uri,)))


def test_what_others_registered_is_written_back_as_it_is() -> None:
    uris = ("app.example://cb", "https://chat.example.org/_oauth/encvoyid")

    assert to_write(ApplicationFields(redirect_uris=uris)) == {"redirect_uris": list(uris)}


@pytest.mark.parametrize("name", ["x", "x" * 50, "Grüße 🚀", "a b"])
def test_a_name_may_be_anything_within_its_length(name: str) -> None:
    assert to_write(ApplicationFields(name=name)) == {"name": name}


def test_a_write_leaves_out_what_is_none() -> None:
    assert to_write(ApplicationFields()) == {}


def test_a_refused_secret_is_not_in_the_error() -> None:
    with pytest.raises(UserError) as caught:
        to_write(ApplicationFields(secret=Secret("generated but not printable\x07")))

    assert "generated" not in repr(caught.value) + caught.value.text


def test_the_full_form_is_an_application() -> None:
    assert read_application(FULL, "abc", ROUTE) == Application(
        client_id="abc",
        name="Rocket.Chat",
        description="",
        domain="https://chat.example.org",
        redirect_uris=("https://chat.example.org/_oauth/encvoyid",),
        token_endpoint_auth_method="client_secret_basic",
        secret=Secret("k" * 87),
        rules=frozenset({"login"}),
    )


def test_only_the_answer_of_somebody_who_sees_everything_means_absent() -> None:
    assert read_application({"rules": []}, "abc", ROUTE) is None


@pytest.mark.parametrize(
    "value",
    [
        None,
        {"client_id": "abc", "name": "n", "description": None, "domain": "d", "avatar": None, "type": None},
        FULL | {"client_secret": None},
    ],
)
def test_a_short_or_empty_answer_is_not_absence(value: Any) -> None:
    assert read_application(value, "abc", ROUTE) == NotVisible("abc", there=value is not None)


@pytest.mark.parametrize("value", [{}, [], "abc", {"name": "n"}, FULL | {"client_id": "other"}])
def test_anything_else_is_no_application(value: Any) -> None:
    with pytest.raises(BadAnswer):
        read_application(value, "abc", ROUTE)


@pytest.mark.parametrize("client_id", ["abc", "A-b_9", "x" * 100])
def test_an_id_may_stand_in_a_path(client_id: str) -> None:
    assert check_client_id(client_id) == client_id


@pytest.mark.parametrize("client_id", ["", ".", "..", "a/b", "a?b", "a b", "x" * 101, "ü"])
def test_what_is_no_id_does_not(client_id: str) -> None:
    with pytest.raises(UserError):
        check_client_id(client_id)


@pytest.mark.parametrize("value", [None, [], {}, {"client_id": 7}, {"client_id": "../x"}])
def test_a_create_without_an_id_is_a_bad_answer(value: Any) -> None:
    with pytest.raises(BadAnswer):
        read_created(value, ROUTE)


@pytest.mark.parametrize("value", [None, {}, [7], [{"name": "n"}]])
def test_a_list_without_ids_is_a_bad_answer(value: Any) -> None:
    with pytest.raises(BadAnswer):
        read_ids(value, ROUTE)


RULES = [
    {"id": 11, "field_name": "login", "required": False, "active": True},
    {"id": 12, "field_name": "email", "required": False, "active": False},
    {"id": 13, "field_name": "nickname", "required": False, "active": True},
]


def test_rules_are_found_by_their_field() -> None:
    assert rule_ids(RULES, frozenset({"login", "nickname"}), ROUTE) == {"login": "11", "nickname": "13"}


@pytest.mark.parametrize(("name", "state"), [("email", "switched off"), ("phone_number", "missing")])
def test_a_rule_that_cannot_be_used_is_named_with_its_state(name: str, state: str) -> None:
    with pytest.raises(UserError) as caught:
        rule_ids(RULES, frozenset({"login", name}), ROUTE)

    assert name in caught.value.what
    assert state in caught.value.why
    assert caught.value.fix


def test_a_list_of_rules_must_be_one() -> None:
    with pytest.raises(BadAnswer):
        rule_ids({"rules": RULES}, frozenset({"login"}), ROUTE)
