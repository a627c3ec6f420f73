"""What each command desires: changes of a value, without anybody being asked."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.connection.desired import (
    desire,
    marked,
    marked_anew,
    relative_paths,
    renewed,
    reversed_exchange,
    rotated,
    service_settings,
    switched,
)
from bot.connection.marker import meaning
from bot.connection.profile import Engine
from bot.connection.state import Connection, LiveService, Marker, Observed, StoredService
from bot.errors import UserError
from bot.secret import Secret
from tests.connection.conftest import NEW, OLD, new_connection
from tests.connection.test_preflight import NAME, PROVIDER, SERVER

THIRD = Secret("third")
STANDING = new_connection(current=OLD, pending=None, client_id="c1")
EXCHANGING = new_connection(current=OLD, pending=NEW, client_id="c1", marker=Marker("button_label_color", "#FFFFFf"))


def seen(*, enabled: bool = True, **settings: str) -> Observed:
    """A service that holds the old secret and has a colour with letters, unless told otherwise."""
    held = {"button_label_color": "#FFFFFF", "scope": "openid", "authorize_path": "/oidc/auth", **settings}
    return Observed(StoredService("Encvoyid", enabled, held, OLD), live=None, application=None)


def again(there: Connection, *, with_email: bool = True, enabled: bool = True, resumed: bool = False) -> Connection:
    return renewed(there, SERVER, PROVIDER, with_email=with_email, enabled=enabled, resumed=resumed)


def test_the_desired_state_of_a_new_connection() -> None:
    connection = desire(NAME, SERVER, PROVIDER, secret=Secret("s"), enabled=True)
    assert connection.redirect_uri == "https://chat.example.org/_oauth/encvoyid"
    assert connection.application_name == "Rocket.Chat (chat.example.org)"
    assert len(connection.id) == 8


def test_a_long_host_keeps_the_name_of_the_application_within_what_encvoy_takes() -> None:
    server = replace(SERVER, site_url=f"https://{'a' * 60}.example.org")
    assert len(desire(NAME, server, PROVIDER, secret=Secret("s"), enabled=True).application_name) == 50


def test_returning_people_are_let_in_and_no_user_name_leads_into_an_account() -> None:
    settings = service_settings(PROVIDER, with_email=True)
    assert (settings["merge_users"], settings["merge_users_distinct_services"]) == (True, False)
    assert (settings["key_field"], settings["username_field"], settings["email_field"]) == ("username", "login", "")


def test_without_email_neither_scope_nor_rules_name_it() -> None:
    connection = desire(NAME, SERVER, PROVIDER, secret=Secret("s"), enabled=True, with_email=False)
    assert connection.settings["scope"] == "openid profile"
    assert connection.rules == {"login"}
    assert not connection.with_email


def test_with_email_both_do() -> None:
    connection = desire(NAME, SERVER, PROVIDER, secret=Secret("s"), enabled=True)
    assert connection.settings["scope"] == "openid profile email"
    assert connection.rules == {"login", "email"}
    assert connection.with_email


def test_paths_are_relative_to_one_origin() -> None:
    base, paths = relative_paths(PROVIDER)
    assert base == "https://id.example.org"
    assert paths == {"token": "/oidc/token", "identity": "/oidc/me", "authorize": "/oidc/auth"}


def test_a_port_that_is_written_out_on_one_endpoint_only_is_still_one_origin() -> None:
    provider = replace(PROVIDER, authorize_url="https://id.example.org:443/oidc/auth")
    assert relative_paths(provider) == relative_paths(PROVIDER)


def test_setup_asked_for_again_follows_both_systems() -> None:
    moved = replace(STANDING, site_url="https://old.example.org", settings={"url": "https://old-id.example.org"})
    found = again(moved)
    assert found.site_url == SERVER.site_url
    assert found.settings == service_settings(PROVIDER, with_email=True)
    assert (found.id, found.client_id, found.current, found.enabled) == (moved.id, "c1", OLD, True)


def test_setup_asked_for_again_leaves_the_addresses_out_if_that_is_wanted() -> None:
    found = again(STANDING, with_email=False)
    assert found.settings["scope"] == "openid profile"
    assert found.rules == {"login"}


def test_setup_asked_for_again_keeps_what_was_adopted() -> None:
    found = again(replace(STANDING, kept={"login_style": "popup"}))
    assert found.settings == {**service_settings(PROVIDER, with_email=True), "login_style": "popup"}


def test_the_label_is_free_and_follows_from_the_name_otherwise() -> None:
    typed = desire(NAME, SERVER, PROVIDER, secret=Secret("s"), enabled=True, label="Войти")
    assert (typed.label, typed.name) == ("Войти", NAME)
    assert desire(NAME, SERVER, PROVIDER, secret=Secret("s"), enabled=True).label == f"Sign in with {NAME.typed}"
    assert "button_label_text" not in typed.settings, "it is no drift"


FIRST, SECOND = "https://first.example.org/_oauth/encvoyid", "https://old.example.org/_oauth/encvoyid"


def test_a_callback_address_that_was_left_behind_is_remembered_until_it_is_removed() -> None:
    moved = replace(STANDING, site_url="https://old.example.org", former=(FIRST,))
    assert again(moved).former == (FIRST, SECOND)
    assert again(again(moved)).former == (FIRST, SECOND)


def test_an_address_that_is_back_is_not_left_behind() -> None:
    there = again(replace(STANDING, site_url="https://old.example.org"))
    assert renewed(
        there, replace(SERVER, site_url="https://old.example.org"), PROVIDER, with_email=True, enabled=True
    ).former == (STANDING.redirect_uri,)


def test_without_an_application_no_address_was_left_behind() -> None:
    assert again(replace(STANDING, site_url="https://old.example.org", client_id=None)).former == ()


@pytest.mark.parametrize("enabled", [True, False])
def test_setup_switches_only_what_was_never_finished(enabled: bool) -> None:
    assert again(new_connection(enabled=not enabled), enabled=enabled).enabled is enabled
    assert again(replace(STANDING, enabled=not enabled), enabled=enabled).enabled is not enabled


def test_setup_brings_the_last_secret_asked_for_to_both_sides_instead_of_going_on_with_an_exchange() -> None:
    found = again(EXCHANGING)
    assert (found.current, found.pending) == (None, NEW)


def test_setup_that_was_interrupted_itself_goes_on_with_it() -> None:
    found = again(EXCHANGING, resumed=True)
    assert (found.current, found.pending) == (OLD, NEW)


@pytest.mark.parametrize("on", [True, False])
def test_a_switch_changes_nothing_else(on: bool) -> None:
    assert switched(replace(STANDING, enabled=not on), on=on) == replace(STANDING, enabled=on)


def test_a_rotation_holds_both_secrets_and_a_marker_that_shows() -> None:
    found = rotated(STANDING, THIRD, NEW, seen(), Engine.LEGACY)
    assert (found.current, found.pending, found.undoing) == (THIRD, NEW, False)
    assert found.marker is not None
    assert found.marker.spelling != "#FFFFFF"
    assert meaning(found.marker.setting, found.marker.spelling) == "#ffffff"


def test_the_marker_differs_from_what_the_login_page_shows_too() -> None:
    """An instance may be behind: what is live would be taken for the new one."""
    observed = seen()
    first = marked(EXCHANGING, observed, Engine.LEGACY).marker
    assert first is not None
    live = LiveService("encvoyid", {first.setting: first.spelling})
    second = marked(EXCHANGING, replace(observed, live=live), Engine.LEGACY).marker
    assert second is not None
    assert second.spelling not in ("#FFFFFF", first.spelling)


def test_on_the_modern_engine_the_marker_is_in_the_authorize_path() -> None:
    found = rotated(STANDING, OLD, NEW, seen(), Engine.MODERN)
    assert found.marker is not None
    assert found.marker.setting == "authorize_path"


def test_where_nobody_signs_in_a_rotation_needs_no_marker() -> None:
    found = rotated(STANDING, OLD, NEW, seen(enabled=False, button_label_color="#000000"), Engine.LEGACY)
    assert found == replace(STANDING, pending=NEW)


def test_a_rotation_of_a_service_that_cannot_show_it_is_refused() -> None:
    with pytest.raises(UserError, match="without a gap"):
        rotated(STANDING, OLD, NEW, seen(button_label_color="#000000"), Engine.LEGACY)


def test_the_way_back_is_the_same_exchange_with_the_two_secrets_exchanged() -> None:
    back = reversed_exchange(EXCHANGING, seen())
    assert (back.current, back.pending, back.undoing) == (NEW, OLD, True)
    assert back.marker not in (None, EXCHANGING.marker)


def test_the_way_back_of_the_way_back_leads_to_the_new_secret() -> None:
    twice = reversed_exchange(reversed_exchange(EXCHANGING, seen()), seen())
    assert (twice.current, twice.pending) == (OLD, NEW)


def test_a_service_that_is_gone_gets_no_marker() -> None:
    assert marked(EXCHANGING, Observed(None, None, None), Engine.LEGACY) == EXCHANGING


def test_another_marker_is_of_the_engine_that_the_last_one_was_for() -> None:
    modern = replace(EXCHANGING, marker=Marker("authorize_path", "/oidc/auth?settle=07"))
    found = marked_anew(modern, seen(authorize_path="/oidc/auth?settle=07"))
    assert found.marker == Marker("authorize_path", "/oidc/auth?settle=08")


def test_what_had_no_marker_gets_none() -> None:
    assert marked_anew(STANDING, seen()) == STANDING
