"""What a connection says of itself."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.connection.state import Application, Connection, NotVisible, ServiceName
from bot.connection.unknown import Unknown
from bot.secret import Secret
from tests.connection.conftest import NEW, OLD, new_connection

AT_REST = new_connection(current=OLD, pending=None)


def test_its_addresses_are_joined_as_rocketchat_joins_them() -> None:
    assert new_connection().redirect_uri == "https://chat.example.org/_oauth/encvoyid"
    assert new_connection().token_url == "https://id.example.org/oidc/token"
    assert new_connection().description == "ssobot 7f3c0a1b"


@pytest.mark.parametrize(
    ("connection", "exchanging", "restoring"),
    [
        (new_connection(), False, False),
        (AT_REST, False, True),
        (replace(AT_REST, pending=NEW), True, False),
        (replace(AT_REST, pending=NEW, undoing=True), True, True),
        (replace(AT_REST, pending=NEW, absent=True), False, False),
    ],
    ids=["being set up", "at rest", "being exchanged", "on the way back", "to be taken away"],
)
def test_its_two_secrets_tell_where_it_stands(connection: Connection, exchanging: bool, restoring: bool) -> None:
    assert (connection.exchanging, connection.restoring) == (exchanging, restoring)


@pytest.mark.parametrize(
    ("current", "pending", "desired"),
    [(None, OLD, OLD), (OLD, None, OLD), (OLD, NEW, NEW)],
    ids=["new", "rest", "both"],
)
def test_the_secret_on_its_way_is_the_one_that_both_sides_shall_hold(
    current: Secret | None, pending: Secret | None, desired: Secret
) -> None:
    assert new_connection(current=current, pending=pending).secret == desired


def test_without_any_secret_there_is_none_to_be_held() -> None:
    with pytest.raises(ValueError, match="without any secret"):
        _ = new_connection(pending=None).secret


@pytest.mark.parametrize(("rules", "passed_on"), [({"login", "email"}, True), ({"login"}, False)])
def test_an_address_is_passed_on_where_encvoy_id_asks_for_it(rules: set[str], passed_on: bool) -> None:
    assert new_connection(rules=frozenset(rules)).with_email is passed_on


def test_what_nobody_says_otherwise_is_on_and_on_its_way_forward() -> None:
    connection = Connection("1", ServiceName("A", "A"), "https://chat.example.org", "A", {})
    assert (connection.enabled, connection.absent, connection.undoing) == (True, False, False)


def test_an_application_is_by_default_as_encvoy_id_makes_one() -> None:
    made = Application("c", "n", "d", "https://a.example", (), "client_secret_post", OLD)
    assert made.access_token_ttl == 1800
    assert (made.authorize_only_admins, made.authorize_only_employees) == (False, False)


def test_what_is_hidden_was_seen_to_be_there_and_what_is_unknown_was_not_asked_too_often() -> None:
    assert NotVisible("c").there
    assert not Unknown("It is away.").busy
