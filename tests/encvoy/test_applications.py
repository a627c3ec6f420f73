"""Applications, administered at the stand-in by each role (facts/encvoy-id.md §4, §6)."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import parse_qs

import pytest
from aiohttp import web

from bot.connection.ports import ApplicationFields
from bot.connection.state import Application, NotVisible
from bot.encvoy.client import EncvoyIdClient
from bot.errors import BadAnswer, Forbidden, NoAnswer, RemoteError, UserError
from bot.secret import Secret, new_secret
from sandbox.encvoy.standin import EncvoyStandIn
from sandbox.faults import Fault, FaultEffect, When

CALLBACK = "https://chat.example.org/_oauth/encvoyid"
FIELDS = ApplicationFields(
    name="Rocket.Chat (chat.example.org)",
    description="ssobot 7f3c0000",
    domain="https://chat.example.org",
    redirect_uris=(CALLBACK,),
    token_endpoint_auth_method="client_secret_post",
)
Make = Callable[..., EncvoyIdClient]


def anonymous(request: web.Request, _: object) -> bool:
    return "Authorization" not in request.headers


async def seen(client: EncvoyIdClient, client_id: str) -> Application:
    """The application, which must be there in full."""
    found = await client.application(client_id)
    assert isinstance(found, Application)
    return found


@pytest.mark.parametrize("role", ["owner", "editor", "manager"])
async def test_a_created_application_reads_back_as_asked(make_client: Make, role: str) -> None:
    client = make_client(role)

    app = await seen(client, await client.create_application(FIELDS))

    assert (app.name, app.description, app.domain) == (FIELDS.name, FIELDS.description, FIELDS.domain)
    assert (app.redirect_uris, app.token_endpoint_auth_method) == (FIELDS.redirect_uris, "client_secret_post")
    assert app.rules == frozenset()


async def test_a_user_without_role_may_not_create(make_client: Make, standin: EncvoyStandIn) -> None:
    with pytest.raises(Forbidden) as caught:
        await make_client("person").create_application(FIELDS)

    assert "manager" in caught.value.fix
    assert len(standin.clients.by_id) == 2  # the main client and the manager's organisation


async def test_what_would_hang_is_never_sent(client: EncvoyIdClient, standin: EncvoyStandIn) -> None:
    with pytest.raises(UserError):
        await client.create_application(replace(FIELDS, redirect_uris=("http://rocket_chat:3000/_oauth/encvoyid",)))

    assert standin.ledger.writes() == []


@pytest.mark.parametrize("effect", [FaultEffect.HANG, FaultEffect.DROP])
async def test_a_create_that_cannot_be_read_back_may_exist(
    make_client: Make, standin: EncvoyStandIn, effect: FaultEffect
) -> None:
    client = make_client(timeout=1.0)
    standin.faults.add(Fault("GET", "/api/v1/clients/", effect=effect))

    with pytest.raises(NoAnswer) as caught:
        await client.create_application(FIELDS)

    assert caught.value.route == "GET /api/v1/clients/:client_id", "what was never answered was the reading"
    assert f"The application {newest(standin)} was created, and could not be read back." in caught.value.why
    assert len(standin.clients.by_id) == 3


def created_otherwise(standin: EncvoyStandIn, **columns: object) -> None:
    """Encvoy ID keeps something else than it was asked for."""

    def rewrite(_: object) -> None:
        standin.clients.by_id[newest(standin)].update(columns)

    standin.faults.add(Fault("POST", "/api/v1/clients", effect=FaultEffect.PASS, when=When.AFTER, call=rewrite))


def newest(standin: EncvoyStandIn) -> str:
    return list(standin.clients.by_id)[-1]


@pytest.mark.parametrize(
    "columns",
    [
        {"redirect_uris": [f"{CALLBACK}/"]},
        {"redirect_uris": []},
        {"token_endpoint_auth_method": "client_secret_basic"},
        {"name": "Chat"},
    ],
)
async def test_what_carries_our_description_is_ours_whatever_else_differs(
    client: EncvoyIdClient, standin: EncvoyStandIn, columns: dict[str, object]
) -> None:
    created_otherwise(standin, **columns)
    assert await client.create_application(FIELDS) == newest(standin)


@pytest.mark.parametrize("description", ["ssobot 00000000", "", None])
async def test_an_application_with_another_description_is_not_ours(
    client: EncvoyIdClient, standin: EncvoyStandIn, description: str | None
) -> None:
    """Encvoy ID can mix up requests (facts/encvoy-id.md §5, "Race")."""
    created_otherwise(standin, description=description)

    with pytest.raises(UserError, match=r"description is not the one that I asked for") as caught:
        await client.create_application(FIELDS)

    assert not isinstance(caught.value, RemoteError), "it would be tried again, and leave a second one"
    assert newest(standin) in caught.value.what
    assert "I wrote nothing to it" in caught.value.why
    assert standin.ledger.requests("PUT") == standin.ledger.requests("DELETE") == []


async def test_an_application_that_is_gone_again_is_not_asked_for_twice(
    client: EncvoyIdClient, standin: EncvoyStandIn
) -> None:
    def vanish(_: object) -> None:
        client_id = newest(standin)
        standin.clients.delete(client_id)
        standin.people.forget_client(client_id)

    standin.faults.add(Fault("POST", "/api/v1/clients", effect=FaultEffect.PASS, when=When.AFTER, call=vanish))

    with pytest.raises(UserError, match="a moment later it was gone") as caught:
        await client.create_application(FIELDS)
    assert not isinstance(caught.value, RemoteError)


async def test_a_create_in_another_name_is_noticed(client: EncvoyIdClient, standin: EncvoyStandIn) -> None:
    def give_away(_: object) -> None:
        owner = standin.person("owner")
        for (client_id, user_id), role in list(standin.people.roles.items()):
            if client_id == list(standin.clients.by_id)[-1] and user_id == standin.person("manager").id:
                del standin.people.roles[(client_id, user_id)]
                standin.people.roles[(client_id, owner.id)] = role

    standin.faults.add(Fault("POST", "/api/v1/clients", effect=FaultEffect.PASS, when=When.AFTER, call=give_away))

    with pytest.raises(UserError, match="does not let me see it in full"):
        await client.create_application(FIELDS)


@pytest.mark.parametrize("role", ["owner", "editor", "manager", "person"])
async def test_absence_is_proved_whatever_the_role(make_client: Make, role: str) -> None:
    assert await make_client(role).application("nosuchapplication") is None


async def test_what_only_one_half_calls_gone_is_not_gone(make_client: Make, standin: EncvoyStandIn) -> None:
    """A proxy that answers with nothing in the backend's place."""
    client_id = await make_client("editor").create_application(FIELDS)
    standin.faults.add(Fault("GET", f"/api/v1/clients/{client_id}", status=200, body="", matches=anonymous))

    assert await make_client("manager").application(client_id) == NotVisible(client_id)


@pytest.mark.parametrize("status", [401, 403, 404])
async def test_where_nobody_may_ask_without_a_login_it_is_not_known(
    client: EncvoyIdClient, standin: EncvoyStandIn, status: int
) -> None:
    standin.faults.add(Fault("GET", "/api/v1/clients/", status=status, body="<h1>No</h1>", matches=anonymous))

    assert await client.application("nosuchapplication") == NotVisible("nosuchapplication", there=False)


@pytest.mark.parametrize(("path", "status"), [("/api/v1/clients/", 502), ("/oidc/auth", 502)])
async def test_what_is_away_proves_nothing(
    client: EncvoyIdClient, standin: EncvoyStandIn, path: str, status: int
) -> None:
    await client.log_in()
    standin.faults.add(Fault("GET", path, status=status, body="<h1>Bad Gateway</h1>", matches=anonymous))

    with pytest.raises(BadAnswer):
        await client.application("nosuchapplication")


async def test_a_broken_record_at_the_token_side_is_there(make_client: Make, standin: EncvoyStandIn) -> None:
    client_id = await make_client("editor").create_application(FIELDS)
    standin.clients.by_id[client_id]["grant_types"] = []

    assert await make_client("manager").application(client_id) == NotVisible(client_id)


async def test_a_manager_whose_role_was_changed_has_lost_every_application(
    make_client: Make, standin: EncvoyStandIn
) -> None:
    """The advice that this program never gives."""
    client = make_client()
    client_id = await client.create_application(FIELDS)
    standin.management.dissolve_organisation(standin.person("manager"))

    assert await client.application(client_id) is None


async def test_a_foreign_application_is_not_visible_to_a_manager(make_client: Make) -> None:
    client_id = await make_client("editor").create_application(FIELDS)

    assert await make_client("manager").application(client_id) == NotVisible(client_id)


async def test_an_id_that_is_no_id_is_not_asked_for(client: EncvoyIdClient, standin: EncvoyStandIn) -> None:
    with pytest.raises(UserError):
        await client.application("../settings")

    assert standin.ledger.requests() == []


async def test_applications_are_found_by_their_redirect_uri(client: EncvoyIdClient) -> None:
    wanted = await client.create_application(FIELDS)
    await client.create_application(replace(FIELDS, redirect_uris=(CALLBACK + "x",)))

    assert [app.client_id for app in await client.applications(CALLBACK)] == [wanted]


async def test_a_strangers_record_that_cannot_be_read_is_no_reason_to_stop(
    client: EncvoyIdClient, standin: EncvoyStandIn
) -> None:
    strange = await client.create_application(FIELDS)
    spelled = await client.create_application(replace(FIELDS, redirect_uris=(CALLBACK.replace(".org", ".org:443"),)))
    standin.clients.by_id[strange]["redirect_uris"] = ["https://elsewhere.example/cb"]
    standin.faults.add(Fault("GET", f"/api/v1/clients/{strange}", status=500, body="{}", times=None))
    found = await client.registered(CALLBACK)
    assert [app.client_id for app in found.applications] == [spelled]
    assert found.unread == 1


async def test_of_too_many_applications_the_newest_are_read_and_the_others_counted(
    client: EncvoyIdClient, standin: EncvoyStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.encvoy.applications.LOOKED_AT", 2)
    old = await client.create_application(FIELDS)
    for day in (1, 2, 3):
        spelled = await client.create_application(
            replace(FIELDS, redirect_uris=(CALLBACK.replace(".org", ".org:443"),))
        )
        standin.clients.by_id[spelled]["created_at"] = f"2030-01-0{day}T00:00:00.000Z"

    found = await client.registered(CALLBACK)

    assert {old, spelled} <= {app.client_id for app in found.applications}
    assert (len(found.applications), found.looked_at, found.unread) == (3, 2, 3), "four, and the organisation"


@pytest.mark.parametrize(
    "callback", ["https://e.example/cb?a=1&b=2", "https://e.example/+/%20/ü", 'https://e.example/"']
)
async def test_a_redirect_uri_reaches_the_filter_as_it_is(
    client: EncvoyIdClient, standin: EncvoyStandIn, callback: str
) -> None:
    asked: list[str] = []
    look = Fault(
        "GET", "/api/v1/clients", effect=FaultEffect.PASS, call=lambda r: asked.append(r.rel_url.raw_query_string)
    )
    standin.faults.add(look)

    assert await client.applications(callback) == ()

    assert json.loads(parse_qs(asked[0])["filter"][0]) == {"redirect_uris": {"has": callback}}


async def test_a_manager_finds_only_what_he_may_see(make_client: Make) -> None:
    await make_client("editor").create_application(FIELDS)
    mine = await make_client("manager").create_application(FIELDS)

    assert [app.client_id for app in await make_client("manager").applications(CALLBACK)] == [mine]
    assert len(await make_client("editor").applications(CALLBACK)) == 2


async def test_a_list_that_shows_too_much_is_looked_through(client: EncvoyIdClient, standin: EncvoyStandIn) -> None:
    wanted = await client.create_application(FIELDS)
    other = await client.create_application(
        replace(FIELDS, description="ssobot 00000000", redirect_uris=(CALLBACK + "x",))
    )
    everything = json.dumps([{"client_id": wanted}, {"client_id": other}])

    def is_list(request: web.Request, _: object) -> bool:
        return request.path == "/api/v1/clients"

    standin.faults.add(Fault("GET", "/api/v1/clients", status=200, body=everything, matches=is_list))

    assert [app.client_id for app in await client.applications(CALLBACK)] == [wanted]


async def test_a_secret_is_written_by_one_request(client: EncvoyIdClient, standin: EncvoyStandIn) -> None:
    client_id, secret = await client.create_application(FIELDS), new_secret()
    before = len(standin.ledger.requests())

    await client.write_application(client_id, ApplicationFields(secret=secret))

    assert [entry.method for entry in standin.ledger.requests()[before:]] == ["PUT"]
    assert (await seen(client, client_id)).secret == secret


async def test_so_are_other_fields(client: EncvoyIdClient, standin: EncvoyStandIn) -> None:
    client_id = await client.create_application(FIELDS)
    before = len(standin.ledger.requests())

    await client.write_application(client_id, ApplicationFields(name="Another", redirect_uris=(CALLBACK + "2",)))

    assert [entry.method for entry in standin.ledger.requests()[before:]] == ["PUT"]
    app = await seen(client, client_id)
    assert (app.name, app.redirect_uris, app.description) == ("Another", (CALLBACK + "2",), FIELDS.description)


async def test_an_empty_write_changes_nothing_and_shows_that_one_may_write(
    client: EncvoyIdClient, standin: EncvoyStandIn
) -> None:
    client_id = await client.create_application(FIELDS)
    before = await seen(client, client_id)

    await client.write_application(client_id, ApplicationFields())

    assert standin.ledger.writes()[-1].body == {}
    assert await seen(client, client_id) == before


@pytest.mark.parametrize("role", ["manager", "editor"])
async def test_a_rule_for_what_is_not_there_is_not_sent(make_client: Make, standin: EncvoyStandIn, role: str) -> None:
    with pytest.raises(UserError):
        await make_client(role).attach_rules("nosuchapplication", frozenset({"login"}))

    assert standin.ledger.requests("POST", "/rules/") == []


async def test_a_secret_for_what_is_gone_is_never_answered(make_client: Make, standin: EncvoyStandIn) -> None:
    client = make_client("editor", timeout=1.0)
    await client.log_in()

    with pytest.raises(NoAnswer):
        await client.write_application("nosuchapplication", ApplicationFields(secret=new_secret()))


async def test_the_secret_of_the_main_client_is_refused(make_client: Make, standin: EncvoyStandIn) -> None:
    with pytest.raises(Forbidden) as caught:
        await make_client("editor").write_application(standin.state.main_id, ApplicationFields(secret=new_secret()))

    assert caught.value.code == "T3E0067"


async def test_rules_are_attached_by_name_and_once(client: EncvoyIdClient, standin: EncvoyStandIn) -> None:
    client_id = await client.create_application(FIELDS)

    await client.attach_rules(client_id, frozenset({"login", "email"}))
    await client.attach_rules(client_id, frozenset({"login", "email"}))

    assert (await seen(client, client_id)).rules == {"login", "email"}
    assert len(standin.ledger.requests("POST", "/rules/")) == 2


async def test_only_missing_rules_are_attached(client: EncvoyIdClient, standin: EncvoyStandIn) -> None:
    client_id = await client.create_application(FIELDS)
    await client.attach_rules(client_id, frozenset({"login"}))

    await client.attach_rules(client_id, frozenset({"login", "email"}))

    assert len(standin.ledger.requests("POST", "/rules/")) == 2


async def test_no_rules_ask_nothing(client: EncvoyIdClient, standin: EncvoyStandIn) -> None:
    await client.attach_rules("whatever", frozenset())

    assert standin.ledger.requests() == []


async def test_one_rule_switched_off_attaches_none(client: EncvoyIdClient, standin: EncvoyStandIn) -> None:
    client_id = await client.create_application(FIELDS)
    standin.state.rule("login").active = False

    with pytest.raises(UserError, match="switched off"):
        await client.attach_rules(client_id, frozenset({"email", "login"}))

    assert standin.ledger.requests("POST", "/rules/") == []


async def test_a_rule_is_detached_once_and_the_others_stay(client: EncvoyIdClient, standin: EncvoyStandIn) -> None:
    client_id = await client.create_application(FIELDS)
    await client.attach_rules(client_id, frozenset({"login", "email"}))

    await client.detach_rules(client_id, frozenset({"email"}))
    await client.detach_rules(client_id, frozenset({"email"}))

    assert (await seen(client, client_id)).rules == {"login"}
    assert len(standin.ledger.requests("DELETE", "/rules/")) == 1


async def test_a_rule_that_was_switched_off_is_detached_all_the_same(
    client: EncvoyIdClient, standin: EncvoyStandIn
) -> None:
    client_id = await client.create_application(FIELDS)
    await client.attach_rules(client_id, frozenset({"login", "email"}))
    standin.state.rule("email").active = False

    await client.detach_rules(client_id, frozenset({"email"}))

    assert standin.clients.rules[client_id] == [standin.state.rule("login").id]


async def test_no_rules_to_detach_ask_nothing(client: EncvoyIdClient, standin: EncvoyStandIn) -> None:
    await client.detach_rules("whatever", frozenset())

    assert standin.ledger.requests() == []


async def test_a_deleted_application_is_gone_and_may_be_deleted_again(make_client: Make) -> None:
    client = make_client("editor")
    client_id = await client.create_application(FIELDS)

    await client.delete_application(client_id)
    await client.delete_application(client_id)

    assert await client.application(client_id) is None


async def test_a_manager_may_delete_what_is_gone(client: EncvoyIdClient) -> None:
    client_id = await client.create_application(FIELDS)
    await client.delete_application(client_id)

    await client.delete_application(client_id)

    assert await client.application(client_id) is None


async def test_a_foreign_application_is_not_deleted(make_client: Make) -> None:
    client_id = await make_client("editor").create_application(FIELDS)

    with pytest.raises(Forbidden):
        await make_client("manager").delete_application(client_id)


@pytest.mark.parametrize("role", ["manager", "editor"])
async def test_no_fix_asks_for_another_role_of_a_manager(make_client: Make, standin: EncvoyStandIn, role: str) -> None:
    """It would cost every application (facts/encvoy-id.md §6)."""
    client_id = await make_client("editor").create_application(FIELDS)
    if role == "editor":
        await make_client("editor").delete_application(client_id)
    with pytest.raises(UserError) as caught:
        await make_client("manager").attach_rules(client_id, frozenset({"login"}))

    assert ("deletes every application that the user created" in caught.value.fix) is (role == "manager")
    assert "/sso setup" in caught.value.fix


@pytest.mark.parametrize("status", [400, 401, 403, 500])
async def test_no_error_carries_a_secret(client: EncvoyIdClient, standin: EncvoyStandIn, status: int) -> None:
    client_id, secret = await client.create_application(FIELDS), Secret("generated" + "k" * 40)
    body = json.dumps({"statusCode": status, "errorCode": None, "message": secret.reveal(), "details": secret.reveal()})
    standin.faults.add(Fault("PUT", "/api/v1/clients/", status=status, body=body))

    with pytest.raises(RemoteError) as caught:
        await client.write_application(client_id, ApplicationFields(secret=secret))

    assert secret.reveal() not in repr(caught.value) + caught.value.text + repr(vars(caught.value))
