"""Whether the bot's user at Encvoy ID may make applications, by what it sees: nothing is tried, nothing is changed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bot.connection.entrance import Standing
from bot.connection.ports import ApplicationFields
from bot.encvoy import applications
from bot.encvoy.client import EncvoyIdClient
from bot.errors import BadAnswer, Forbidden, UserError
from sandbox.encvoy.people import Role
from sandbox.encvoy.standin import EncvoyStandIn
from sandbox.faults import Fault

NEW = ApplicationFields(
    name="Rocket.Chat",
    description="ssobot 00000000",
    domain="https://chat.example.org",
    redirect_uris=("https://chat.example.org/_oauth/encvoyid",),
    token_endpoint_auth_method="client_secret_post",
)
Maker = Callable[..., EncvoyIdClient]


def logged_in_as(role: str, standin: EncvoyStandIn, make_client: Maker) -> EncvoyIdClient:
    person = standin.person(role)
    return make_client(login=person.login, password=person.password)


@pytest.mark.parametrize(
    ("role", "may"), [("manager", True), ("editor", True), ("owner", True), ("person", False), ("person2", False)]
)
async def test_it_says_what_a_try_would_say(standin: EncvoyStandIn, make_client: Maker, role: str, may: bool) -> None:
    client = logged_in_as(role, standin, make_client)
    assert (await client.standing()).may_create is may
    assert [entry.path for entry in standin.ledger.writes() if "/api/v1/" in entry.path] == []
    try:
        await client.create_application(NEW)
    except Forbidden:
        assert not may
    else:
        assert may


async def test_an_editor_of_single_applications_may_make_none(standin: EncvoyStandIn, make_client: Maker) -> None:
    client_id = await logged_in_as("editor", standin, make_client).create_application(NEW)
    standin.people.roles[(client_id, standin.person("person").id)] = Role.EDITOR
    found = await logged_in_as("person", standin, make_client).standing()
    assert found == Standing(may_create=False, applications=1)


async def test_a_manager_whose_organisation_is_gone_may_make_none(standin: EncvoyStandIn, make_client: Maker) -> None:
    (own,) = (row["client_id"] for row in standin.clients.by_id.values() if row["name"].startswith("Org"))
    standin.clients.delete(own)
    standin.people.forget_client(own)
    client = logged_in_as("manager", standin, make_client)
    assert await client.standing() == Standing(may_create=False, applications=0)
    with pytest.raises(UserError):
        await client.create_application(NEW)


async def test_it_is_found_behind_many_others_and_the_reading_ends(
    standin: EncvoyStandIn, make_client: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(applications, "PAGE", 2)
    editor = logged_in_as("editor", standin, make_client)
    person = standin.person("person").id
    for _ in range(5):
        standin.people.roles[(await editor.create_application(NEW), person)] = Role.EDITOR
    client = logged_in_as("person", standin, make_client)
    assert await client.standing() == Standing(may_create=False, applications=5)
    standin.people.roles[(standin.state.main_id, person)] = Role.ADMIN
    standin.management.make_organisation(standin.person("person"))
    assert (await client.standing()).may_create


@pytest.mark.parametrize("body", ["{}", "[3]", '"x"'])
async def test_what_is_no_list_says_nothing(standin: EncvoyStandIn, make_client: Maker, body: str) -> None:
    client = logged_in_as("manager", standin, make_client)
    await client.log_in()
    standin.faults.add(Fault("GET", "/api/v1/clients", status=200, body=body))
    with pytest.raises(BadAnswer):
        await client.standing()
