"""What `adopt` takes over: of a connection made by hand, and of what somebody changed of ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from bot.connection.adoption import accepted, adopted, chosen, client_id_of, keepable, refuse_to_adopt, visible
from bot.connection.desired import service_settings
from bot.connection.differences import BUTTON, RULES_ASKED, SWITCH, Difference, differences
from bot.connection.differences import SERVICE as SERVICE_ITSELF
from bot.connection.state import Application, Connection, NotVisible, Observed, SettingValue, StoredService
from bot.errors import UserError
from bot.secret import Secret
from tests.connection.conftest import NEW, OLD
from tests.connection.test_plan import APPLICATION, AT_REST, EXCHANGE
from tests.connection.test_preflight import PROVIDER

SITE = "https://chat.example.org"
HAND: Mapping[str, SettingValue] = {
    "url": "https://id.example.org",
    "token_path": "/oidc/token",
    "identity_path": "/oidc/me",
    "authorize_path": "/oidc/auth",
    "scope": "profile openid email",
    "id": "c1",
    "button_label_text": "Our login",
}
SERVICE = StoredService("Login", True, HAND, OLD)
ELSEWHERE = replace(SERVICE, key="Other", settings={**HAND, "url": "https://other.example.org"})
USUAL = service_settings(PROVIDER, with_email=True)
OURS = replace(AT_REST, settings=USUAL, label="Sign in")
STORED = StoredService("Encvoyid", True, {**USUAL, "id": "c1", "button_label_text": "Sign in"}, OLD)
OBSERVED = Observed(STORED, None, replace(APPLICATION, rules=frozenset({"login", "email"})))


def seen(**settings: SettingValue) -> Observed:
    return replace(OBSERVED, stored=replace(STORED, settings={**STORED.settings, **settings}))


# Which service.


def test_the_only_one_that_points_here_is_taken() -> None:
    assert chosen([ELSEWHERE, SERVICE], "", PROVIDER) is SERVICE


@pytest.mark.parametrize("name", ["login", "Login", "LOGIN"])
def test_one_is_taken_by_its_name(name: str) -> None:
    assert chosen([SERVICE, replace(SERVICE, key="Second")], name, PROVIDER) is SERVICE


@pytest.mark.parametrize(
    ("services", "name", "said"),
    [
        ([], "", "There is no Custom OAuth service in Rocket.Chat that points at this Encvoy ID. "),
        ([ELSEWHERE], "", "`/sso setup` creates a connection."),
        ([SERVICE, replace(SERVICE, key="Second")], "", "Type one of these: `/sso adopt login`, `/sso adopt second`."),
        ([SERVICE], "nothing", "Type one of these: `/sso adopt login`."),
        ([], "nothing", "`/sso setup` creates a connection: no service points at this Encvoy ID."),
        ([ELSEWHERE], "other", "does not point at this Encvoy ID"),
    ],
)
def test_it_says_what_to_type(services: list[StoredService], name: str, said: str) -> None:
    with pytest.raises(UserError) as caught:
        chosen(services, name, PROVIDER)
    assert said.strip() in caught.value.text


@pytest.mark.parametrize("settings", [{}, {"id": ""}, {"id": True}])
def test_without_a_client_id_there_is_nothing_to_take_over(settings: dict[str, SettingValue]) -> None:
    with pytest.raises(UserError, match="has no client id"):
        client_id_of(replace(SERVICE, settings=settings))


@pytest.mark.parametrize(
    ("found", "said"),
    [(None, "is gone from Encvoy ID"), (NotVisible("c1"), "needs the role EDITOR in this one application")],
)
def test_an_application_that_cannot_be_managed_is_not_adopted(
    found: Application | NotVisible | None, said: str
) -> None:
    with pytest.raises(UserError) as caught:
        visible(found, "c1")
    assert said in caught.value.text
    assert "Do not change the user's role" in caught.value.text or found is None


# Made by hand.


def test_it_keeps_its_name_its_secret_its_label_and_whether_it_is_on() -> None:
    made = adopted(replace(SERVICE, enabled=False), APPLICATION, SITE, PROVIDER)
    assert (made.name.service, made.label, made.enabled) == ("login", "Our login", False)
    assert (made.current, made.pending, made.client_id) == (APPLICATION.secret, None, "c1")
    assert (made.adopted, made.application_name) == (True, APPLICATION.name)


def test_what_setup_would_have_made_is_desired() -> None:
    assert adopted(SERVICE, APPLICATION, SITE, PROVIDER).settings == USUAL


@pytest.mark.parametrize(("scope", "with_email"), [("openid profile", False), ("openid email", True)])
def test_e_mail_addresses_are_passed_on_as_before(scope: str, with_email: bool) -> None:
    made = adopted(replace(SERVICE, settings={**HAND, "scope": scope}), APPLICATION, SITE, PROVIDER)
    assert made.with_email is with_email
    assert made.settings == service_settings(PROVIDER, with_email=with_email)


def test_encvoy_ids_secret_counts_where_the_two_differ() -> None:
    made = adopted(replace(SERVICE, secret=NEW), APPLICATION, SITE, PROVIDER)
    observed = Observed(replace(SERVICE, secret=NEW), None, APPLICATION)
    assert [one.side for one in differences(made, observed) if one.what == "secret"] == ["Rocket.Chat"]


def test_a_button_without_text_gets_one() -> None:
    made = adopted(replace(SERVICE, settings={**HAND, "button_label_text": ""}), APPLICATION, SITE, PROVIDER)
    assert made.label == "Sign in with Login"


# Ours, changed by somebody.


def test_a_setting_that_somebody_changed_is_kept() -> None:
    found = accepted(OURS, seen(login_style="popup", merge_users=False), PROVIDER)
    assert found.kept == {"login_style": "popup", "merge_users": False}
    assert found.settings == {**USUAL, **found.kept}


def test_one_that_is_back_is_not_kept_any_more() -> None:
    there = accepted(OURS, seen(login_style="popup"), PROVIDER)
    assert accepted(there, seen(), PROVIDER) == OURS


@pytest.mark.parametrize("suffix", ["url", "token_path", "identity_path", "authorize_path", "id"])
def test_where_people_and_the_secret_go_is_never_kept(suffix: str) -> None:
    assert accepted(OURS, seen(**{suffix: "https://elsewhere.example"}), PROVIDER) == OURS


def test_what_has_no_value_is_not_kept() -> None:
    observed = replace(OBSERVED, stored=replace(STORED, without_value=frozenset({"login_style"})))
    assert accepted(OURS, observed, PROVIDER) == OURS


def test_that_it_is_off_is_kept() -> None:
    assert not accepted(OURS, replace(OBSERVED, stored=replace(STORED, enabled=False)), PROVIDER).enabled


def test_that_people_are_not_asked_for_e_mail_is_kept() -> None:
    observed = replace(seen(scope="openid profile"), application=replace(APPLICATION, rules=frozenset({"login"})))
    found = accepted(OURS, observed, PROVIDER)
    assert not found.with_email
    assert (found.settings, found.kept) == (service_settings(PROVIDER, with_email=False), {})


def test_without_the_rule_for_the_login_name_nobody_would_have_a_user_name() -> None:
    observed = replace(OBSERVED, application=replace(APPLICATION, rules=frozenset({"email"})))
    assert accepted(OURS, observed, PROVIDER).rules == OURS.rules


def test_a_secret_that_both_sides_have_is_taken() -> None:
    both = replace(
        OBSERVED,
        stored=replace(STORED, secret=NEW),
        application=replace(APPLICATION, secret=NEW, rules=frozenset({"login", "email"})),
    )
    assert accepted(OURS, both, PROVIDER) == replace(OURS, current=NEW)


@pytest.mark.parametrize("secret", [NEW, Secret("")])
def test_one_that_a_single_side_has_is_not(secret: Secret) -> None:
    assert accepted(OURS, replace(OBSERVED, stored=replace(STORED, secret=secret)), PROVIDER) == OURS


def test_a_service_that_is_gone_cannot_be_kept() -> None:
    with pytest.raises(UserError, match="The service is gone"):
        accepted(OURS, replace(OBSERVED, stored=None), PROVIDER)


@pytest.mark.parametrize(
    ("there", "application", "said"),
    [
        (EXCHANGE, APPLICATION, "/sso rotate"),
        (replace(OURS, current=None, pending=OLD), APPLICATION, "/sso setup"),
        (OURS, None, "/sso repair"),
    ],
)
def test_a_state_that_nobody_wants_is_refused(there: Connection, application: Application | None, said: str) -> None:
    with pytest.raises(UserError) as caught:
        refuse_to_adopt(there, application)
    assert said in caught.value.fix


KEEPABLE = [
    (Difference("Rocket.Chat", "scope", "openid", "openid email"), True),
    (Difference("Rocket.Chat", SWITCH, False, True), True),
    (Difference("Encvoy ID", RULES_ASKED, ("login",), ("email", "login")), True),
    (Difference("Rocket.Chat", "token_path", "/x", "/y"), False),
    (Difference("Rocket.Chat", "secret", NEW, OLD), False),
    (Difference("Rocket.Chat", "scope", None, "openid"), False),
    (Difference("Rocket.Chat", SERVICE_ITSELF, None, "encvoyid"), False),
    (Difference("Rocket.Chat", BUTTON, False, True), False),
    (Difference("Encvoy ID", "access_token_ttl", 0, 1800), False),
]


@pytest.mark.parametrize(("difference", "kept"), KEEPABLE)
def test_what_would_be_kept_can_be_told_before(difference: Difference, kept: bool) -> None:
    assert keepable(difference) is kept


def test_anything_else_is_not() -> None:
    refuse_to_adopt(OURS, APPLICATION)
