"""What makes `setup` stop before its first write, in words that an administrator can act on; and that it goes on once
that is fixed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from aiohttp import web

from sandbox.encvoy.people import Role
from sandbox.faults import Fault
from sandbox.rocketchat.oauth_settings import add_service
from sandbox.rocketchat.standin import Switches
from tests.support.served import Handler, served
from tests.support.snapshot import snapshot
from tests.support.world import SETTINGS, World, world_at

SITE_URL = "Administration → Settings → General → Site URL"


async def refused(world: World, words: str = "setup") -> str:
    """The answer of a command that must not change anything."""
    before = snapshot(world)
    answer = await world.ask(words)
    assert "✗ Not done: " in answer
    assert snapshot(world) == before
    return answer


def site_url(world: World, url: str) -> None:
    world.rocketchat.settings.find("Site_Url").value = url


# The addresses of Encvoy ID.


ODD_ENDPOINTS = (
    "http://evil.example\\@{host}/oidc/token",
    "http://user:pw@{host}/oidc/token",
    "http://{host}//e.example/t",
)


@pytest.mark.parametrize("odd", ODD_ENDPOINTS)
@pytest.mark.parametrize("endpoint", ["authorization_endpoint", "token_endpoint", "userinfo_endpoint"])
async def test_a_discovery_document_with_an_address_of_two_readings(world: World, endpoint: str, odd: str) -> None:
    host = world.encvoy.url.removeprefix("http://")
    names = {"authorization_endpoint": "auth", "token_endpoint": "token", "userinfo_endpoint": "me", "jwks_uri": "jwks"}
    document = {name: f"{world.encvoy.url}/oidc/{path}" for name, path in names.items()}
    document |= {"issuer": world.encvoy.url, endpoint: odd.format(host=host)}
    fault = Fault("GET", "/.well-known/", status=200, body=json.dumps(document))
    world.encvoy.faults.add(fault)
    answer = await refused(world)
    assert "Encvoy ID's discovery document names an endpoint that is not a plain address." in answer
    assert f"Its {endpoint} must not contain" in answer or f"Its {endpoint} must be an address without" in answer
    assert "evil.example" not in answer

    world.encvoy.faults.remove(fault)
    assert "✗" not in await world.ask("setup --disabled")


# The address of Rocket.Chat.


@pytest.mark.parametrize("url", ["http://localhost:3000", "http://127.0.0.1:3000", "https://chat.localhost"])
async def test_an_address_that_leads_everybody_to_their_own_computer(quiet_world: World, url: str) -> None:
    reached = quiet_world.rocketchat.url
    quiet_world.play.extra["SSOBOT_ROCKETCHAT_URL"] = reached.replace("127.0.0.1", "0.0.0.0")
    site_url(quiet_world, url)
    async with quiet_world.play.bot():
        answer = await refused(quiet_world)
        assert f"Rocket.Chat's Site_Url is `{url}`, which points to each person's own computer." in answer
        assert SITE_URL in answer

        site_url(quiet_world, reached.replace("127.0.0.1", "0.0.0.0"))
        assert "✗" not in await quiet_world.ask("setup")


@pytest.mark.parametrize(
    "url",
    [
        "http://Chat.example.org",
        "https://rocket_chat:3000",
        "http://[::1]:3000",
        "http://[2001:db8::1]",
        "http://chat.example.org:8",
    ],
)
async def test_an_address_that_encvoy_id_would_refuse(world: World, url: str) -> None:
    good = world.rocketchat.url
    site_url(world, url)
    answer = await refused(world)
    assert "Encvoy ID would refuse the address of Rocket.Chat." in answer
    assert f"Site_Url is `{url}`: " in answer
    assert SITE_URL in answer

    site_url(world, good)
    assert "✗" not in await world.ask("setup")


async def test_an_address_that_is_empty(world: World) -> None:
    site_url(world, "")
    answer = await refused(world)
    assert "Its setting Site_Url is empty." in answer
    assert SITE_URL in answer


async def test_a_trailing_slash_is_no_fault(world: World) -> None:
    site_url(world, world.rocketchat.url + "/")
    await world.ask("setup")
    (row,) = ours(world)
    assert row["redirect_uris"] == [f"{world.rocketchat.url}/_oauth/encvoyid"]


async def a_page(_: web.Request) -> web.StreamResponse:
    return web.Response(text="<h1>It works!</h1>", content_type="text/html")


async def another_workspace(request: web.Request) -> web.StreamResponse:
    rows = [{"_id": "uniqueID", "value": "another"}]
    return web.json_response({"version": "8.8", "settings": rows, "success": True})


@pytest.mark.parametrize(
    ("handler", "says"),
    [(a_page, "Something other than Rocket.Chat responds"), (another_workspace, "Another Rocket.Chat responds")],
)
@pytest.mark.parametrize("path", ["", "/chat"])
async def test_an_address_at_which_somebody_else_answers(world: World, handler: Handler, says: str, path: str) -> None:
    good = world.rocketchat.url
    async with served(handler) as url:
        site_url(world, url + path)
        assert says in await refused(world)

    site_url(world, good)
    assert "✗" not in await world.ask("setup")


async def test_an_address_that_cannot_be_reached_from_here_is_said_and_gone_on_with(world: World) -> None:
    site_url(world, "http://127.0.0.1:9999")
    answer = await world.ask("setup --dry-run")
    assert "Whether people reach Rocket.Chat at `http://127.0.0.1:9999` is not checked" in answer
    assert "Nothing was changed. I would do this" in answer


async def test_an_encvoy_id_that_only_one_computer_reaches(world: World) -> None:
    site_url(world, "https://chat.example.org")
    answer = await refused(world)
    assert "People could not reach Encvoy ID." in answer


# The licence.


@pytest.mark.parametrize("modules", [(), ("auditing", "livechat-enterprise")])
async def test_rocketchat_9_without_the_licence_module(tmp_path: Any, modules: tuple[str, ...]) -> None:
    async with (
        world_at(tmp_path, version="9.0", switches=Switches(modules=modules), tls=tmp_path / "tls") as world,
        world.play.bot(),
    ):
        answer = await refused(world)
        assert "Rocket.Chat 9.0 requires a licence for signing in with Custom OAuth" in answer
        assert "oauth-enterprise" in answer
        assert "Administration → Subscription, or stay on Rocket.Chat 8" in answer

        world.rocketchat.modules.add("oauth-enterprise")
        assert "✗" not in await world.ask("setup")


async def test_rocketchat_9_whose_licence_cannot_be_seen(tmp_path: Any) -> None:
    licensed = Switches(modules=("oauth-enterprise",))
    async with world_at(tmp_path, version="9.0", switches=licensed, tls=tmp_path / "tls") as world, world.play.bot():
        world.rocketchat.faults.add(Fault("GET", "/api/v1/licenses.info", status=403, body='{"success": false}'))
        answer = await refused(world)
        assert "I cannot see yours" in answer


# Whose it is.


def ours(world: World) -> list[dict[str, Any]]:
    """Applications whose callback leads to this Rocket.Chat."""
    prefix = f"{world.rocketchat.url}/_oauth/"
    return [
        row for row in world.encvoy.clients.by_id.values() if any(u.startswith(prefix) for u in row["redirect_uris"])
    ]


def service(world: World, key: str, **values: str) -> None:
    """Somebody made a Custom OAuth service by hand."""
    add_service(world.rocketchat.settings, key, gated=False)
    for suffix, value in values.items():
        world.rocketchat.settings.write(f"Accounts_OAuth_Custom-{key}-{suffix}", value)


async def test_a_service_of_that_name_is_somebody_elses(world: World) -> None:
    service(world, "Encvoyid", url="https://elsewhere.example.org")
    answer = await refused(world)
    assert "already has a Custom OAuth service Encvoyid (off), which is not mine as far as I know" in answer
    assert '/sso setup --name "…"' in answer.replace("!sso", "/sso")

    assert "✗" not in await world.ask('setup --name "Encvoy two"')


async def test_a_service_that_points_at_this_encvoy_id_is_somebody_elses(world: World) -> None:
    service(world, "Byhand", url=f"{world.encvoy.url}/")
    answer = await refused(world)
    assert "already has a Custom OAuth service Byhand (off), which is not mine as far as I know" in answer
    assert "it points at this Encvoy ID" in answer

    for setting in list(world.rocketchat.settings):
        if setting.id.startswith("Accounts_OAuth_Custom-Byhand"):
            world.rocketchat.settings.remove(setting.id)
    assert "✗" not in await world.ask("setup")


async def test_a_service_that_points_elsewhere_is_in_nobodys_way(world: World) -> None:
    service(world, "Corporate", url="https://login.example.org")
    assert "✗" not in await world.ask("setup")


def application(world: World, owner: str) -> dict[str, Any]:
    """Somebody made an application with our callback at Encvoy ID."""
    callback = f"{world.rocketchat.url}/_oauth/encvoyid"
    columns = {"name": "By hand", "domain": world.rocketchat.url, "redirect_uris": [callback]}
    row: dict[str, Any] = world.encvoy.clients.create(world.encvoy.state.iso(), columns)
    person = world.encvoy.person(owner)
    main_role = world.encvoy.people.roles[(world.encvoy.main["client_id"], world.encvoy.person("owner").id)]
    world.encvoy.people.roles[(row["client_id"], person.id)] = main_role
    return row


async def test_an_application_with_our_callback_is_somebody_elses(world: World) -> None:
    row = application(world, "manager")
    answer = await refused(world)
    assert f"Encvoy ID already has an application with this callback address: {row['client_id']}." in answer
    assert "It is not mine as far as I know" in answer

    world.encvoy.clients.delete(row["client_id"])
    assert "✗" not in await world.ask("setup")


async def test_an_application_with_our_callback_in_another_spelling_is_somebody_elses(world: World) -> None:
    """Encvoy ID normalises before it compares, so it sends people there."""
    row = application(world, "manager")
    row["redirect_uris"] = [row["redirect_uris"][0].replace("/_oauth", "/x/../_oauth")]
    answer = await refused(world)
    assert row["client_id"] in answer
    assert "in a different spelling" in answer

    world.encvoy.clients.delete(row["client_id"])
    assert "✗" not in await world.ask("setup")


async def test_an_application_that_the_bots_role_cannot_see_does_not_stop_it(world: World) -> None:
    application(world, "editor")
    assert "✗" not in await world.ask("setup")
    assert len(ours(world)) == 2


# The name.


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("Энк", "Rocket.Chat drops"),
        ("Encvoyé", "would call it `Encvoy`"),
        ("a_b", "Leave it out: `Ab`."),
        ("- -", "It has no letter and no digit."),
        ("GitHub", "Rocket.Chat uses `github` for one of its own logins."),
        ("x" * 41, "This name is too long."),
    ],
)
async def test_a_name_that_rocketchat_would_mangle(world: World, name: str, why: str) -> None:
    answer = await refused(world, f'setup --name "{name}"')
    assert why in answer
    assert "Fix: " in answer


async def test_a_name_of_ones_own(world: World) -> None:
    await world.ask('setup --name "Corporate Login"')
    assert world.rocketchat.settings.get("Accounts_OAuth_Custom-Corporatelogin") is True
    assert world.rocketchat.settings.get("Accounts_OAuth_Custom-Corporatelogin-button_label_text") == (
        "Sign in with Corporate Login"
    )
    (row,) = ours(world)
    assert row["redirect_uris"] == [f"{world.rocketchat.url}/_oauth/corporatelogin"]


async def test_another_name_where_there_is_a_connection(world: World) -> None:
    await world.ask("setup")
    answer = await refused(world, 'setup --name "Corporate Login"')
    assert "There is a connection already: `Encvoy ID`." in answer


@pytest.mark.parametrize("same", ["Encvoy ID", "encvoy-id", "ENCVOYID"])
async def test_the_same_name_spelled_otherwise_is_the_connection_there_is(world: World, same: str) -> None:
    await world.ask("setup")
    before = snapshot(world)
    assert "nothing was changed" in await world.ask(f'setup --name "{same}"')
    assert snapshot(world) == before


# The other side is away.


async def test_encvoy_id_that_is_down(world: World) -> None:
    await world.encvoy.stop()
    answer = await refused(world)
    assert "Encvoy ID" in answer

    await world.encvoy.start()
    assert "✗" not in await world.ask("setup")


async def test_settings_that_the_bot_may_not_read(world: World) -> None:
    world.rocketchat.people.permissions["view-privileged-setting"].clear()
    answer = await refused(world)
    assert "`view-privileged-setting`" in answer


async def test_services_that_the_bot_may_not_add(world: World) -> None:
    """Nothing can tell before it is tried; the service comes first, so nothing is left behind anywhere."""
    world.rocketchat.people.permissions["add-oauth-service"].clear()
    answer = await world.ask("setup")
    assert "`add-oauth-service`" in answer
    assert ours(world) == []
    assert world.rocketchat.settings.find(SETTINGS) is None

    world.rocketchat.people.permissions["add-oauth-service"].add("admin")
    assert "✗" not in await world.ask("setup")
    assert len(ours(world)) == 1


async def test_applications_that_the_bots_user_may_not_make(world: World) -> None:
    """Half of it is there by then, switched off; the answer says what is missing, and typed again it is finished."""
    roles = world.encvoy.people.roles
    key = (world.encvoy.main["client_id"], world.encvoy.person("manager").id)
    roles[key], before = Role.USER, roles[key]
    answer = await world.ask("setup")
    assert "Not finished: " in answer
    assert "role of a manager" in answer
    assert world.rocketchat.login_services.get("encvoyid") is None
    assert ours(world) == []

    roles[key] = before
    assert "✗" not in await world.ask("setup")
    assert len(ours(world)) == 1
