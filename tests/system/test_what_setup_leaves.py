"""Every field that `setup` leaves behind on both sides."""

from __future__ import annotations

import re
from typing import Any

import pytest

from sandbox.encvoy.clients import DEFAULTS
from sandbox.rocketchat.oauth_settings import add_service
from tests.support.snapshot import snapshot
from tests.support.world import SERVICE, SETTINGS, World


@pytest.fixture
async def connected(world: World) -> World:
    await world.ask("setup")
    return world


def application(world: World) -> dict[str, Any]:
    """The one application that is neither Encvoy ID's main client nor an organisation."""
    (row,) = [row for row in world.encvoy.clients.by_id.values() if row["redirect_uris"] == [callback(world)]]
    found: dict[str, Any] = row
    return found


def callback(world: World) -> str:
    return f"{world.rocketchat.url}/_oauth/encvoyid"


def test_the_application(connected: World) -> None:
    row = application(connected)
    address = connected.rocketchat.url
    changed = {name: value for name, value in row.items() if value != DEFAULTS[name]}
    for generated in ("client_id", "created_at", "parent_id"):
        assert changed.pop(generated)
    assert re.fullmatch(r"[A-Za-z0-9_-]{64}", changed.pop("client_secret"))
    assert re.fullmatch(r"ssobot [0-9a-f]{8}", changed.pop("description"))
    assert changed == {
        "name": f"Rocket.Chat ({address.removeprefix('http://')})",
        "domain": address,
        "redirect_uris": [callback(connected)],
        "post_logout_redirect_uris": [address],
        "token_endpoint_auth_method": "client_secret_post",
    }


def test_its_rules_are_login_and_email(connected: World) -> None:
    attached = connected.encvoy.state.attached(application(connected)["client_id"])
    assert {rule.field_name for rule in attached} == {"login", "email"}


def test_its_secret_is_not_the_one_that_encvoy_id_made(connected: World) -> None:
    """Those are made without a CSPRNG (facts/encvoy-id.md §4); it was replaced before it was used anywhere."""
    written = [
        e.body["value"] for e in connected.rocketchat.ledger.of("stored") if e.body["_id"] == f"{SETTINGS}-secret"
    ]
    assert set(written) == {application(connected)["client_secret"]}


def test_the_service(connected: World) -> None:
    fresh = add_service_alone(connected)
    row = application(connected)
    stored = {s.id.removeprefix(SETTINGS): s.value for s in connected.rocketchat.settings if s.id.startswith(SETTINGS)}
    changed = {suffix: value for suffix, value in stored.items() if value != fresh[suffix]}
    assert changed == {
        "": True,
        "-url": connected.encvoy.url,
        "-token_path": "/oidc/token",
        "-identity_path": "/oidc/me",
        "-authorize_path": "/oidc/auth",
        "-scope": "openid profile email",
        "-id": row["client_id"],
        "-secret": row["client_secret"],
        "-identity_token_sent_via": "header",
        "-login_style": "redirect",
        "-button_label_text": "Sign in with Encvoy ID",
        "-username_field": "login",
        "-name_field": "nickname",
        "-merge_users": True,
    }
    assert {suffix: stored[suffix] for suffix in ("-token_sent_via", "-key_field", "-email_field")} == {
        "-token_sent_via": "payload",
        "-key_field": "username",
        "-email_field": "",
    }
    assert stored["-merge_users_distinct_services"] is False
    assert stored["-show_button"] is True


def add_service_alone(world: World) -> dict[str, Any]:
    """What Rocket.Chat makes of a new service by itself."""
    add_service(world.rocketchat.settings, "Fresh", gated=False)
    prefix = "Accounts_OAuth_Custom-Fresh"
    return {s.id.removeprefix(prefix): s.value for s in world.rocketchat.settings if s.id.startswith(prefix)}


def test_what_is_live_is_what_is_stored(connected: World) -> None:
    live = connected.rocketchat.login_services.get(SERVICE).fields
    row = application(connected)
    assert (live["clientId"], live["secret"]) == (row["client_id"], row["client_secret"])
    assert (live["serverURL"], live["tokenPath"]) == (connected.encvoy.url, "/oidc/token")
    assert (live["mergeUsers"], live["mergeUsersDistinctServices"]) == (True, False)
    assert live["showButton"] is True


def test_the_switch_is_written_last(connected: World) -> None:
    stored = [entry.body["_id"] for entry in connected.rocketchat.ledger.of("stored")]
    assert stored[-1] == SETTINGS
    assert stored.count(SETTINGS) == 1


def test_the_secret_is_on_encvoy_id_before_rocketchat_is_switched_on(connected: World) -> None:
    switched = connected.encvoy.ledger.of("switched")
    on = [entry.at for entry in connected.rocketchat.ledger.of("stored") if entry.body["_id"] == SETTINGS]
    assert len(switched) == 1
    assert switched[0].at < on[0]


async def test_nothing_else_is_touched(world: World) -> None:
    before = snapshot(world)
    await world.ask("setup")
    after = snapshot(world)
    mine = {name for name in after.settings if name.startswith(SETTINGS)}
    assert {name: value for name, value in after.settings.items() if name not in mine} == before.settings
    ours = application(world)["client_id"]
    assert {name: row for name, row in after.clients.items() if name != ours} == before.clients


async def test_the_answer_ends_with_what_to_type_next(world: World) -> None:
    answer = await world.ask("setup")
    assert answer.splitlines()[-1] == "Next: `!sso test`"
    assert "visible to every application of that Encvoy ID" in answer


async def test_setup_disabled_leaves_the_same_but_off(world: World) -> None:
    await world.ask("setup --disabled")
    assert world.rocketchat.settings.get(SETTINGS) is False
    assert world.rocketchat.login_services.get(SERVICE) is None
    assert world.rocketchat.settings.get(f"{SETTINGS}-secret") == application(world)["client_secret"]
    await world.ask("enable")
    test_the_service(world)
