"""What differs, on which side, from which value to which."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.connection.differences import (
    APPLICATION as APPLICATION_ITSELF,
)
from bot.connection.differences import BUTTON, RULES_ASKED, SERVICE, SWITCH, Difference, differences
from bot.connection.plan import plan
from bot.connection.state import NotVisible, Observed
from bot.connection.unknown import Unknown
from bot.errors import System
from bot.secret import Secret
from tests.connection.conftest import NEW, OLD
from tests.connection.test_plan import APPLICATION, AT_REST, EXCHANGE, LIVE, SETTINGS, STORED, WHOLE

X = Secret("x")
FORMER = "https://old.example.org/_oauth/encvoyid"
ROCKETCHAT: System = "Rocket.Chat"
ENCVOY: System = "Encvoy ID"
ROWS: list[tuple[str, Observed, tuple[Any, ...]]] = [
    (
        "a setting",
        replace(WHOLE, stored=replace(STORED, settings={**SETTINGS, "token_path": "/x"})),
        (ROCKETCHAT, "token_path", "/x", SETTINGS["token_path"]),
    ),
    (
        "a setting without a value",
        replace(WHOLE, stored=replace(STORED, without_value=frozenset({"url"}))),
        (ROCKETCHAT, "url", None, SETTINGS["url"]),
    ),
    (
        "the client id",
        replace(WHOLE, stored=replace(STORED, settings={**SETTINGS, "id": "c2"})),
        (ROCKETCHAT, "id", "c2", "c1"),
    ),
    ("the secret in Rocket.Chat", replace(WHOLE, stored=replace(STORED, secret=X)), (ROCKETCHAT, "secret", X, OLD)),
    ("the service", replace(WHOLE, stored=None), (ROCKETCHAT, SERVICE, None, "encvoyid")),
    ("the switch", replace(WHOLE, stored=replace(STORED, enabled=False), live=None), (ROCKETCHAT, SWITCH, False, True)),
    ("the button", replace(WHOLE, live=None), (ROCKETCHAT, BUTTON, False, True)),
    (
        "a field of the application",
        replace(WHOLE, application=replace(APPLICATION, access_token_ttl=0)),
        (ENCVOY, "access_token_ttl", 0, 1800),
    ),
    (
        "the callback address",
        replace(WHOLE, application=replace(APPLICATION, redirect_uris=("https://o.example/cb",))),
        (ENCVOY, "redirect_uris", ("https://o.example/cb",), ("https://o.example/cb", AT_REST.redirect_uri)),
    ),
    ("the secret at Encvoy ID", replace(WHOLE, application=replace(APPLICATION, secret=X)), (ENCVOY, "secret", X, OLD)),
    (
        "a rule",
        replace(WHOLE, application=replace(APPLICATION, rules=frozenset({"email", "phone"}))),
        (ENCVOY, RULES_ASKED, ("email", "phone"), ("email", "login", "phone")),
    ),
    ("the application", replace(WHOLE, application=None), (ENCVOY, APPLICATION_ITSELF, None, "c1")),
]


@pytest.mark.parametrize(("observed", "expected"), [pytest.param(*row[1:], id=row[0]) for row in ROWS])
def test_one_value(observed: Observed, expected: tuple[Any, ...]) -> None:
    assert differences(AT_REST, observed) == (Difference(*expected),)


@pytest.mark.parametrize("observed", [pytest.param(row[1], id=row[0]) for row in ROWS])
def test_whatever_differs_is_planned_to_be_changed(observed: Observed) -> None:
    assert plan(AT_REST, observed)


@pytest.mark.parametrize(
    "observed",
    [
        WHOLE,
        replace(WHOLE, application=NotVisible("c1")),
        replace(WHOLE, application=Unknown("away")),
        replace(WHOLE, live=Unknown("away")),
    ],
    ids=["in sync", "hidden", "Encvoy ID away", "nobody can see what is live"],
)
def test_what_cannot_be_read_does_not_differ(observed: Observed) -> None:
    assert differences(AT_REST, observed) == ()


def test_an_exchange_is_no_difference() -> None:
    assert differences(EXCHANGE, replace(WHOLE, stored=replace(STORED, secret=NEW))) == ()


def test_a_label_that_people_chose_is_none() -> None:
    stored = replace(STORED, settings={**SETTINGS, "button_label_text": "Enter"})
    assert differences(replace(AT_REST, label="Sign in"), replace(WHOLE, stored=stored)) == ()


def test_a_former_callback_address_is_shown_as_it_will_be() -> None:
    both = (FORMER, AT_REST.redirect_uri)
    observed = replace(WHOLE, application=replace(APPLICATION, redirect_uris=both))
    found = Difference(ENCVOY, "redirect_uris", both, (AT_REST.redirect_uri,))
    assert differences(replace(AT_REST, former=(FORMER,)), observed) == (found,)


def test_a_button_that_should_be_off() -> None:
    observed = Observed(replace(STORED, enabled=False), LIVE, APPLICATION)
    assert differences(replace(AT_REST, enabled=False), observed) == (Difference(ROCKETCHAT, BUTTON, True, False),)
