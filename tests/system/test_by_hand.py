"""What people change by hand behind the bot's back: told as it is, and put right by `setup` or `rotate`."""

from __future__ import annotations

from typing import Any

import pytest

from bot.secret import Secret
from bot.signin.walk import sign_in
from sandbox.encvoy.people import Role
from sandbox.faults import Fault, FaultEffect, When
from sandbox.rocketchat.standin import RocketChatStandIn
from tests.support.grounds import application, taken_off_the_application
from tests.support.snapshot import snapshot
from tests.support.world import SERVICE, SETTINGS, World

BY_HAND = "a-secret-that-somebody-typed-by-hand-in-a-test-0000000000000000"


@pytest.fixture
async def connected(world: World) -> World:
    await world.ask("setup")
    return world


async def whole(world: World) -> None:
    """One application, one secret on both sides and live, nothing for the doctor to say, and a person comes through."""
    state = world.state()
    assert state.applications == 1
    assert state.accepted == state.stored == state.live is not None
    assert "✗" not in await world.ask("test")
    assert "Everything is in sync" in await world.ask("status")
    person = world.encvoy.introduction.account("person")
    await sign_in(world.rocketchat.url, SERVICE, person.login, Secret(person.password))


def secret_in_rocketchat(world: World, secret: str) -> None:
    world.rocketchat.settings.write(f"{SETTINGS}-secret", secret)
    world.rocketchat.login_services.rewrite()


def secret_at_encvoy_id(world: World, secret: str) -> None:
    world.encvoy.state.update_client(application(world), {"client_secret": secret})


# The secret.


async def test_a_secret_replaced_on_both_sides_is_rotated_from_there(connected: World) -> None:
    secret_in_rocketchat(connected, BY_HAND)
    secret_at_encvoy_id(connected, BY_HAND)
    answer = await connected.ask("rotate")
    assert "Rotated" in answer
    assert connected.state().accepted != BY_HAND
    await whole(connected)


async def test_setup_does_not_write_over_a_secret_that_works(connected: World) -> None:
    secret_in_rocketchat(connected, BY_HAND)
    secret_at_encvoy_id(connected, BY_HAND)
    before = snapshot(connected)
    answer = await connected.ask("setup")
    assert "Because both sides agree, I did not overwrite it." in answer
    assert "`!sso rotate`" in answer
    assert snapshot(connected) == before


@pytest.mark.parametrize("change", [secret_in_rocketchat, secret_at_encvoy_id], ids=["rocketchat", "encvoy"])
async def test_a_secret_replaced_on_one_side_is_not_rotated_but_set_up_again(connected: World, change: Any) -> None:
    change(connected, BY_HAND)
    before = snapshot(connected)
    answer = await connected.ask("rotate")
    assert "Not done: " in answer
    assert "`!sso setup`" in answer
    assert snapshot(connected) == before

    assert "✗" not in await connected.ask("setup")
    assert connected.state().accepted != BY_HAND
    await whole(connected)


async def test_a_secret_replaced_on_one_side_while_it_is_off(connected: World) -> None:
    await connected.ask("disable")
    secret_at_encvoy_id(connected, BY_HAND)
    before = snapshot(connected)
    answer = await connected.ask("enable")
    assert "Not done: The button would not work" in answer
    assert snapshot(connected) == before

    assert "✗" not in await connected.ask("setup")
    assert connected.state().live is None, "what was not done is not desired"
    await connected.ask("enable")
    await whole(connected)


# The service.


def remove_service(standin: RocketChatStandIn) -> None:
    """Administration → OAuth → remove, while it is on."""
    for setting in list(standin.settings):
        if setting.id.startswith(SETTINGS):
            standin.settings.remove(setting.id)


async def test_a_service_removed_by_hand_is_made_again(connected: World) -> None:
    before = connected.state()
    remove_service(connected.rocketchat)
    assert "the service `encvoyid` is not there" in await connected.ask("status")
    assert "`!sso setup`" in await connected.ask("rotate")

    assert "✗" not in await connected.ask("setup")
    assert connected.state() == before
    await whole(connected)


@pytest.mark.parametrize(
    ("suffix", "value"),
    [("-token_path", "/wrong"), ("-scope", "openid"), ("-merge_users_distinct_services", True), ("-id", "wrong")],
)
async def test_a_setting_changed_by_hand_is_put_back(connected: World, suffix: str, value: Any) -> None:
    row = connected.rocketchat.settings.find(SETTINGS + suffix)
    before = row.value
    connected.rocketchat.settings.write(row.id, value)
    connected.rocketchat.login_services.rewrite()
    assert "Out of sync" in await connected.ask("status")

    assert "✗" not in await connected.ask("setup")
    assert row.value == before
    await whole(connected)


async def test_a_button_switched_off_by_hand_is_switched_on_again(connected: World) -> None:
    connected.rocketchat.settings.write(SETTINGS, False)
    connected.rocketchat.login_services.rewrite()
    assert "the service is switched off → on" in await connected.ask("status")

    assert "✗" not in await connected.ask("setup")
    await whole(connected)


async def test_a_button_switched_on_by_hand_is_switched_off_again(connected: World) -> None:
    await connected.ask("disable")
    connected.rocketchat.settings.write(SETTINGS, True)
    connected.rocketchat.login_services.rewrite()

    await connected.ask("disable")
    assert connected.state().live is None
    assert connected.rocketchat.settings.get(SETTINGS) is False


# The application.


def delete_application(world: World) -> str:
    client_id = str(application(world)["client_id"])
    world.encvoy.clients.delete(client_id)
    world.encvoy.people.forget_client(client_id)
    return client_id


async def test_an_application_that_the_bot_may_not_see_is_not_taken_for_absent(connected: World) -> None:
    client_id = str(application(connected)["client_id"])
    with taken_off_the_application(connected):
        before = snapshot(connected)
        for words in ("setup", "rotate"):
            answer = await connected.ask(words)
            assert "✗ Not done: " in answer
            assert f"`{client_id}` exists at Encvoy ID, but is not fully visible to me" in answer
            assert "Do not change the user's role in Encvoy ID itself" in answer
        assert f"`{client_id}` exists, but is not fully visible to me" in await connected.ask("status")
        assert snapshot(connected) == before


async def test_an_application_deleted_by_hand_is_made_again(connected: World) -> None:
    gone = delete_application(connected)
    before = snapshot(connected)
    assert f"`{gone}` is gone" in await connected.ask("status")
    assert f"`{gone}` is gone from Encvoy ID" in await connected.ask("rotate")
    assert snapshot(connected) == before

    answer = await connected.ask("setup")
    assert f"The application `{gone}` is gone from Encvoy ID" in answer
    assert "asks each person for consent once more" in answer
    assert "✗" not in answer
    assert application(connected)["client_id"] != gone
    await whole(connected)


async def test_a_manager_whose_role_was_changed_sets_up_again(connected: World) -> None:
    """With the organisation every application is gone; as an administrator the bot's user makes others."""
    encvoy = connected.encvoy
    encvoy.management.dissolve_organisation(encvoy.person("manager"))
    encvoy.people.roles[encvoy.main["client_id"], encvoy.person("manager").id] = Role.EDITOR
    assert "is gone" in await connected.ask("status")

    assert "✗" not in await connected.ask("setup")
    await whole(connected)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("token_endpoint_auth_method", "client_secret_jwt"),
        ("description", "somebody's"),
        ("redirect_uris", ["https://elsewhere.example.org/cb"]),
        ("grant_types", []),
        ("grant_types", ["refresh_token"]),
        ("grant_types", ["authorization_code", "client_credentials"]),
        ("response_types", ["id_token"]),
        ("response_types", []),
        ("id_token_signed_response_alg", "PS256"),
        ("access_token_ttl", 0),
        ("access_token_ttl", -1),
        ("access_token_ttl", 59),
        ("application_type", "native"),
        ("subject_type", "pairwise"),
    ],
)
async def test_a_field_of_the_application_changed_by_hand_is_put_back(
    connected: World, column: str, value: Any
) -> None:
    row = application(connected)
    row[column] = value
    assert "Out of sync" in await connected.ask("status")

    assert "✗" not in await connected.ask("setup")
    await whole(connected)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("redirect_uris", ["https://elsewhere.example.org/cb"]),
        ("token_endpoint_auth_method", "client_secret_jwt"),
        ("access_token_ttl", 0),
    ],
)
async def test_an_application_that_was_created_otherwise_than_asked_for_is_fixed_in_the_same_run(
    world: World, column: str, value: Any
) -> None:
    def change(_: object) -> None:
        application(world)[column] = value

    world.encvoy.faults.add(Fault("POST", "/api/v1/clients", FaultEffect.PASS, When.AFTER, call=change, times=1))
    assert "✗" not in await world.ask("setup")
    await whole(world)


async def test_a_callback_that_somebody_added_is_kept(connected: World) -> None:
    row = application(connected)
    callback = row["redirect_uris"][0]
    row["redirect_uris"] = ["https://elsewhere.example.org/cb"]
    await connected.ask("setup")
    assert row["redirect_uris"] == ["https://elsewhere.example.org/cb", callback]


async def test_a_rule_removed_by_hand_is_attached_again(connected: World) -> None:
    rules = connected.encvoy.clients.rules[application(connected)["client_id"]]
    before = sorted(rules)
    rules.pop()
    assert "asks people for" in await connected.ask("status")

    assert "✗" not in await connected.ask("setup")
    assert sorted(rules) == before
    await whole(connected)


async def test_a_name_that_people_changed_is_theirs(connected: World) -> None:
    application(connected)["name"] = "Our chat"
    assert "nothing was changed" in await connected.ask("setup")
    assert application(connected)["name"] == "Our chat"


async def test_everything_removed_on_both_sides_is_made_again(connected: World) -> None:
    delete_application(connected)
    remove_service(connected.rocketchat)
    assert "✗" not in await connected.ask("setup")
    await whole(connected)


# Twice.


async def test_disable_twice(connected: World) -> None:
    await connected.ask("disable")
    before = snapshot(connected)
    assert "It was already off; nothing changed." in await connected.ask("disable")
    assert snapshot(connected) == before


async def test_enable_twice(connected: World) -> None:
    before = snapshot(connected)
    assert "It was already on; nothing changed." in await connected.ask("enable")
    assert snapshot(connected) == before


async def test_a_rotation_while_it_is_off_stays_off(connected: World) -> None:
    before = connected.state()
    await connected.ask("disable")
    assert "Rotated" in await connected.ask("rotate")
    off = connected.state()
    assert off.live is None
    assert off.accepted == off.stored != before.accepted
    await connected.ask("enable")
    await whole(connected)


@pytest.mark.parametrize("words", ["rotate", "enable", "disable"])
async def test_without_a_connection_there_is_nothing_to_change(world: World, words: str) -> None:
    before = snapshot(world)
    answer = await world.ask(words)
    assert "There is no connection yet." in answer
    assert "`!sso setup`" in answer
    assert snapshot(world) == before
