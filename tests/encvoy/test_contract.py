"""What every adapter of the port `EncvoyId` does: the in-memory one of the tests, and the real one at the stand-in."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bot.connection.ports import ApplicationFields, EncvoyId, Probe
from bot.connection.state import Application
from bot.encvoy.client import EncvoyIdClient
from bot.errors import Rejected
from bot.secret import new_secret
from tests.support.clocks import ManualClock
from tests.support.memory_encvoy import MemoryEncvoyId
from tests.support.scripted import Scripted

CALLBACK = "https://chat.example.org/_oauth/encvoyid"
FIELDS = ApplicationFields(
    name="Rocket.Chat (chat.example.org)",
    description="ssobot 7f3c0000",
    domain="https://chat.example.org",
    redirect_uris=(CALLBACK,),
    token_endpoint_auth_method="client_secret_post",
)


@pytest.fixture(params=["memory", "real"])
def encvoy(request: pytest.FixtureRequest, make_client: Callable[..., EncvoyIdClient]) -> EncvoyId:
    if request.param == "memory":
        return MemoryEncvoyId(Scripted(ManualClock()))
    return make_client("editor")


async def seen(encvoy: EncvoyId, client_id: str) -> Application:
    """The application, which must be there in full."""
    found = await encvoy.application(client_id)
    assert isinstance(found, Application)
    return found


async def test_what_was_created_reads_back(encvoy: EncvoyId) -> None:
    app = await seen(encvoy, await encvoy.create_application(FIELDS))

    assert (app.name, app.description, app.domain) == (FIELDS.name, FIELDS.description, FIELDS.domain)
    assert (app.redirect_uris, app.rules) == ((CALLBACK,), frozenset())
    assert app.secret


async def test_two_creates_make_two(encvoy: EncvoyId) -> None:
    await encvoy.create_application(FIELDS)
    await encvoy.create_application(FIELDS)

    found = await encvoy.applications(CALLBACK)
    assert len(found) == 2
    assert await encvoy.applications(CALLBACK, besides=found[0].client_id) == found[1:]


async def test_what_is_not_there_is_none(encvoy: EncvoyId) -> None:
    assert await encvoy.application("nosuchapplication") is None


async def test_another_redirect_uri_finds_nothing(encvoy: EncvoyId) -> None:
    await encvoy.create_application(FIELDS)

    assert await encvoy.applications(CALLBACK + "/") == ()


@pytest.mark.parametrize(("path", "found"), [("/x/../_oauth/encvoyid", 1), ("/_oauth/encvoyid/", 0)])
async def test_a_redirect_uri_is_found_in_another_spelling(encvoy: EncvoyId, path: str, found: int) -> None:
    await encvoy.create_application(FIELDS)
    client_id = await encvoy.create_application(FIELDS)
    await encvoy.write_application(client_id, ApplicationFields(redirect_uris=(f"https://chat.example.org:443{path}",)))

    assert len(await encvoy.applications(CALLBACK)) == 1
    registered = await encvoy.registered(CALLBACK)
    assert len(registered.applications) == 1 + found
    assert registered.unread == 0


async def test_a_write_changes_what_it_names(encvoy: EncvoyId) -> None:
    client_id = await encvoy.create_application(FIELDS)
    before = await seen(encvoy, client_id)

    await encvoy.write_application(client_id, ApplicationFields(description="another"))

    after = await seen(encvoy, client_id)
    assert after.description == "another"
    assert (after.name, after.secret, after.redirect_uris) == (before.name, before.secret, before.redirect_uris)


async def test_an_empty_write_changes_nothing(encvoy: EncvoyId) -> None:
    client_id = await encvoy.create_application(FIELDS)
    before = await seen(encvoy, client_id)

    await encvoy.write_application(client_id, ApplicationFields())

    assert await seen(encvoy, client_id) == before


async def test_a_new_secret_is_accepted_at_once_and_the_old_one_is_not(encvoy: EncvoyId) -> None:
    client_id = await encvoy.create_application(FIELDS)
    old, new = (await seen(encvoy, client_id)).secret, new_secret()
    await encvoy.warm()

    await encvoy.write_application(client_id, ApplicationFields(secret=new))

    assert await encvoy.probe(client_id, new, CALLBACK) is Probe.ACCEPTED
    assert await encvoy.probe(client_id, old, CALLBACK) is Probe.REFUSED


async def test_another_redirect_uri_is_refused_by_the_probe(encvoy: EncvoyId) -> None:
    client_id = await encvoy.create_application(FIELDS)
    secret = (await seen(encvoy, client_id)).secret

    assert await encvoy.probe(client_id, secret, CALLBACK + "/") is Probe.REDIRECT_REFUSED


async def test_codes_are_given_for_an_application_at_its_callback(encvoy: EncvoyId) -> None:
    client_id = await encvoy.create_application(FIELDS)

    one = await encvoy.code(client_id, CALLBACK, "openid")
    assert one != await encvoy.code(client_id, CALLBACK, "openid")


@pytest.mark.parametrize("callback", [CALLBACK, CALLBACK + "/"])
async def test_and_for_nothing_else(encvoy: EncvoyId, callback: str) -> None:
    client_id = await encvoy.create_application(FIELDS)

    with pytest.raises(Rejected):
        await encvoy.code("nosuchapplication" if callback == CALLBACK else client_id, callback, "openid")


async def test_rules_are_added_to_those_that_are_there(encvoy: EncvoyId) -> None:
    client_id = await encvoy.create_application(FIELDS)

    await encvoy.attach_rules(client_id, frozenset({"login"}))
    await encvoy.attach_rules(client_id, frozenset({"email"}))

    assert (await seen(encvoy, client_id)).rules == {"login", "email"}


async def test_what_was_deleted_is_gone_and_may_be_deleted_again(encvoy: EncvoyId) -> None:
    client_id = await encvoy.create_application(FIELDS)

    await encvoy.delete_application(client_id)
    await encvoy.delete_application(client_id)

    assert await encvoy.application(client_id) is None


async def test_an_address_that_would_be_refused_is_said_beforehand(encvoy: EncvoyId) -> None:
    assert encvoy.why_refused("https://chat.example.org/_oauth/encvoyid") is None
    assert "underscore" in (encvoy.why_refused("http://rocket_chat:3000") or "")
    assert "fragment" in (encvoy.why_refused("https://chat.example.org/#chat/_oauth/encvoyid") or "")


async def test_the_endpoints_are_known(encvoy: EncvoyId) -> None:
    provider = await encvoy.provider()

    assert provider.token_url == f"{provider.issuer}/oidc/token"
