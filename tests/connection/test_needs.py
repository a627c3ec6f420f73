"""What decides whether anybody can sign in: a row for each column of the application, met and not met."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.connection.needs import (
    NEEDS,
    application_drift,
    drift,
    fixed,
    foreign_callbacks,
    has_former,
    kept_out,
    without,
)
from bot.connection.ports import ApplicationFields
from bot.secret import Secret
from tests.connection.conftest import OLD, new_connection
from tests.connection.test_plan import APPLICATION, AT_REST, STORED

UNMET: list[tuple[str, Any]] = [
    ("redirect_uris", ()),
    ("redirect_uris", (AT_REST.redirect_uri + "/",)),
    ("token_endpoint_auth_method", "none"),
    ("description", "somebody's"),
    ("grant_types", ()),
    ("grant_types", ("refresh_token",)),
    ("grant_types", ("authorization_code", "client_credentials")),
    ("response_types", ()),
    ("response_types", ("id_token",)),
    ("response_types", ("code", "code id_token")),
    ("id_token_signed_response_alg", "PS256"),
    ("id_token_signed_response_alg", ""),
    ("access_token_ttl", 59),
    ("access_token_ttl", 0),
    ("access_token_ttl", -1),
    ("subject_type", "pairwise"),
    ("application_type", "native"),
]
MET: list[tuple[str, Any]] = [
    ("redirect_uris", ("https://other.example/cb", AT_REST.redirect_uri)),
    ("grant_types", ("authorization_code",)),
    ("response_types", ("code", "none")),
    ("access_token_ttl", 60),
    ("access_token_ttl", 86400),
    ("name", "Our chat"),
    ("domain", "https://other.example"),
    ("authorize_only_admins", True),
]


@pytest.mark.parametrize(("field", "value"), UNMET)
def test_what_is_not_met_is_drift(field: str, value: Any) -> None:
    assert application_drift(AT_REST, replace(APPLICATION, **{field: value})) == (field,)


@pytest.mark.parametrize(("field", "value"), UNMET)
def test_what_is_written_meets_the_need(field: str, value: Any) -> None:
    broken = replace(APPLICATION, **{field: value})
    written = {k: v for k, v in vars(fixed(AT_REST, broken, (field,))).items() if v is not None}
    assert set(written) == {field}
    assert application_drift(AT_REST, replace(broken, **written)) == ()


@pytest.mark.parametrize(("field", "value"), MET)
def test_what_is_met_or_peoples_own_is_left(field: str, value: Any) -> None:
    assert application_drift(AT_REST, replace(APPLICATION, **{field: value})) == ()


def test_an_implicit_flow_of_others_is_left() -> None:
    theirs = replace(APPLICATION, grant_types=("authorization_code", "implicit"), response_types=("code", "id_token"))
    assert application_drift(AT_REST, theirs) == ()


def test_tokens_live_as_long_as_encvoy_id_makes_them_by_default() -> None:
    """Half an hour; a minute is enough to be shown at userinfo (facts/encvoy-id.md §6)."""
    assert fixed(AT_REST, None, ("access_token_ttl",)) == ApplicationFields(access_token_ttl=1800)
    assert application_drift(AT_REST, replace(APPLICATION, access_token_ttl=60)) == ()
    assert application_drift(AT_REST, replace(APPLICATION, access_token_ttl=59)) == ("access_token_ttl",)


def test_callbacks_of_others_are_kept() -> None:
    there = replace(APPLICATION, redirect_uris=("https://other.example/cb",))
    assert fixed(AT_REST, there, ("redirect_uris",)).redirect_uris == (
        "https://other.example/cb",
        AT_REST.redirect_uri,
    )


def test_nothing_to_fix_writes_nothing() -> None:
    assert fixed(AT_REST, APPLICATION, ()) == ApplicationFields()


@pytest.mark.parametrize("field", [need.field for need in NEEDS])
def test_every_need_says_what_follows_without_it(field: str) -> None:
    assert without((field,)).endswith(".")


@pytest.mark.parametrize(
    ("field", "sure"), [("access_token_ttl", "may expire"), ("redirect_uris", "is not allowed to send people")]
)
def test_what_need_not_follow_is_only_said_to_be_possible(field: str, sure: str) -> None:
    """A token of 59 seconds may be in time, and addresses are compared as normalised (facts/encvoy-id.md §6, §7)."""
    assert sure in without((field,))


def test_nobody_is_kept_out_of_a_new_application() -> None:
    assert kept_out(APPLICATION) == ()


def test_everything_that_keeps_people_out_is_named() -> None:
    shut = replace(APPLICATION, authorize_only_admins=True, authorize_only_employees=True)
    assert len(kept_out(shut, everywhere=True)) == 3


def test_only_addresses_of_others_are_foreign() -> None:
    both = replace(APPLICATION, redirect_uris=(AT_REST.redirect_uri, "https://other.example/cb"))
    assert foreign_callbacks(AT_REST, both) == ("https://other.example/cb",)
    assert foreign_callbacks(new_connection(), APPLICATION) == ()


def test_the_description_of_what_was_adopted_is_its_owners() -> None:
    theirs = replace(APPLICATION, description="Made by hand in 2024")
    assert application_drift(AT_REST, theirs) == ("description",)
    assert application_drift(replace(AT_REST, adopted=True), theirs) == ()


LABEL = "button_label_text"
LABELS = [
    ("somebody's own", "Sign in", OLD, False),
    ("none", "", OLD, True),
    ("another one while it is being set up", "Sign in", None, True),
    ("the desired one", "Encvoy", None, False),
]


@pytest.mark.parametrize(("there", "current", "missing"), [pytest.param(*row[1:], id=row[0]) for row in LABELS])
def test_a_label_is_peoples_own_once_there_is_one(there: str, current: Secret | None, missing: bool) -> None:
    stored = replace(STORED, settings={**STORED.settings, LABEL: there})
    pending = None if current else OLD
    assert (LABEL in drift(replace(AT_REST, label="Encvoy", current=current, pending=pending), stored)) is missing


def test_a_label_without_a_value_is_written() -> None:
    stored = replace(STORED, settings={**STORED.settings, LABEL: ""}, without_value=frozenset({LABEL}))
    assert drift(replace(AT_REST, label="Encvoy"), stored) == (LABEL,)


FORMER = "https://old.example.org/_oauth/encvoyid"


def test_a_former_callback_address_is_nobody_elses() -> None:
    there = replace(APPLICATION, redirect_uris=(FORMER, AT_REST.redirect_uri, "https://other.example/cb"))
    assert foreign_callbacks(replace(AT_REST, former=(FORMER,)), there) == ("https://other.example/cb",)
    assert has_former(replace(AT_REST, former=(FORMER,)), there)
    assert not has_former(AT_REST, there)
