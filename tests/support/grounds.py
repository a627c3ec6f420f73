"""What a connection needs, and how to break it in the two systems: context managers that fix it at their end.

A ground is broken in the servers, as in reality, never in the evidence that the bot has gathered.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

from sandbox.encvoy.people import Role
from sandbox.faults import Fault
from sandbox.rocketchat.chat.rooms import Room
from tests.support.world import SERVICE, SETTINGS, World

Ground = AbstractContextManager[None]


# How a ground is broken, and fixed at the end of the block.


@contextlib.contextmanager
def changed(mapping: Any, key: Any, value: Any) -> Iterator[None]:
    """Another value in a dictionary."""
    before = mapping[key]
    mapping[key] = value
    yield
    mapping[key] = before


@contextlib.contextmanager
def attribute(thing: Any, name: str, value: Any) -> Iterator[None]:
    """Another value of an attribute."""
    before = getattr(thing, name)
    setattr(thing, name, value)
    yield
    setattr(thing, name, before)


@contextlib.contextmanager
def fault(standin: Any, **rule: Any) -> Iterator[None]:
    """A fault of a stand-in."""
    added = standin.faults.add(Fault(**rule))
    yield
    standin.faults.remove(added)


@contextlib.contextmanager
def written(world: World, suffix: str, value: Any) -> Iterator[None]:
    """Somebody writes a setting of the service in Rocket.Chat, and it has settled."""
    name = SETTINGS + suffix
    before = world.rocketchat.settings.find(name).value
    world.rocketchat.settings.write(name, value)
    world.rocketchat.login_services.rewrite()
    yield
    world.rocketchat.settings.write(name, before)
    world.rocketchat.login_services.rewrite()


def application(world: World) -> dict[str, Any]:
    """The record of the connection's application."""
    callback = f"{world.rocketchat.settings.get('Site_Url')}/_oauth/{SERVICE}"
    found = [row for row in world.encvoy.clients.by_id.values() if callback in row["redirect_uris"]]
    row: dict[str, Any] = found[0]
    return row


def column(name: str, value: Any) -> Callable[[World], Ground]:
    """Somebody changes a column of the application."""
    return lambda world: changed(application(world), name, value)


def permission(name: str) -> Callable[[World], Ground]:
    """Somebody takes a permission from the role of the bot."""
    return lambda world: changed(world.rocketchat.people.permissions, name, set())


# Grounds of the two systems.


def version_unreadable(world: World) -> Ground:
    return fault(world.rocketchat, method="GET", path="/api/info", status=500)


@contextlib.contextmanager
def bot_demoted(world: World) -> Iterator[None]:
    with attribute(world.rocketchat.person("bot"), "roles", ["user"]):
        yield


def room_of(world: World) -> Room:
    found: Room | None = world.rocketchat.chat.rooms.find("sso-admins")
    assert found is not None
    return found


@contextlib.contextmanager
def bot_thrown_out(world: World) -> Iterator[None]:
    room, bot = room_of(world), world.rocketchat.person("bot").id
    member = room.members.pop(bot)
    yield
    room.members[bot] = member


@contextlib.contextmanager
def room_encrypted(world: World) -> Iterator[None]:
    room_of(world).flags["encrypted"] = True
    yield
    del room_of(world).flags["encrypted"]


def moved_to(url: str) -> Callable[[World], Ground]:
    return lambda world: attribute(world.rocketchat.settings.find("Site_Url"), "value", url)


@contextlib.contextmanager
def licence_expired(world: World) -> Iterator[None]:
    world.rocketchat.modules.clear()
    world.rocketchat.login_services.rewrite()
    yield
    world.rocketchat.modules.add("oauth-enterprise")
    world.rocketchat.login_services.rewrite()


def discovery_gone(world: World) -> Ground:
    return attribute(world.encvoy.switches, "discovery_at", ())


def endpoints_moved(world: World) -> Ground:
    """A proxy that does not set X-Forwarded-Host: the document is there, but names another address."""
    document = f'{{"issuer": "{world.encvoy.url}"'
    for name, path in (
        ("authorization", "auth"),
        ("token", "token"),
        ("userinfo", "me"),
        ("pushed_authorization_request", "request"),
    ):
        document += f', "{name}_endpoint": "http://backend.internal:3003/oidc/{path}"'
    document += f', "jwks_uri": "{world.encvoy.url}/oidc/jwks"}}'
    return fault(world.encvoy, method="GET", path="/.well-known/", status=200, body=document)


def endpoint_moved(name: str, path: str) -> Callable[[World], Ground]:
    """A proxy that has one of the endpoints at another path now."""

    def moved(world: World) -> Ground:
        paths = {
            "authorization_endpoint": "/oidc/auth",
            "token_endpoint": "/oidc/token",
            "userinfo_endpoint": "/oidc/me",
            "pushed_authorization_request_endpoint": "/oidc/request",
            "jwks_uri": "/oidc/jwks",
            name: path,
        }
        document = {"issuer": world.encvoy.url} | {key: f"{world.encvoy.url}{at}" for key, at in paths.items()}
        return fault(world.encvoy, method="GET", path="/.well-known/", status=200, body=json.dumps(document))

    return moved


def keys_unreadable(world: World) -> Ground:
    return fault(world.encvoy, method="GET", path="/oidc/jwks", status=500)


def keys_of_another_kind(world: World) -> Ground:
    body = '{"keys": [{"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": "1", "x": "AA", "y": "AA"}]}'
    return fault(world.encvoy, method="GET", path="/oidc/jwks", status=200, body=body)


def bots_user(name: str, value: Any) -> Callable[[World], Ground]:
    return lambda world: attribute(world.encvoy.person("manager"), name, value)


def second_factor_enforced(world: World) -> Ground:
    return attribute(world.encvoy.settings, "two_factor_authentication", True)


def introspection_broken(world: World) -> Ground:
    return attribute(world.encvoy.switches, "introspection_status", 502)


# Grounds of the bot itself.


def websocket_refused(status: int) -> Callable[[World], Ground]:
    """A proxy that passes REST on and no websocket; those that are open stay."""
    body = "<html><h1>It works</h1></html>"
    return lambda world: fault(world.rocketchat, path="/websocket", status=status, body=body, content_type="text/html")


@contextlib.contextmanager
def websocket_silent(world: World) -> Iterator[None]:
    """A proxy that answers the upgrade, and passes on nothing that comes after."""
    world.rocketchat.sockets.freeze()
    yield
    world.rocketchat.sockets.thaw()


@contextlib.contextmanager
def password_changed(world: World) -> Iterator[None]:
    """Rocket.Chat asks for a second factor in spite of what the token says, and the password is another one."""
    with (
        attribute(world.rocketchat.second_factor, "honour_bypass", False),
        attribute(world.rocketchat.person("bot"), "password_digest", "0" * 64),
    ):
        yield


@contextlib.contextmanager
def administrators_gone(world: World) -> Iterator[None]:
    """Only the bot itself has the role."""
    with (
        attribute(world.rocketchat.person("admin"), "roles", ["user"]),
        attribute(world.rocketchat.person("admin2"), "active", False),
    ):
        yield


@contextlib.contextmanager
def typed_by_the_bots_account(world: World) -> Iterator[None]:
    """A person uses the account that the bot's token is of."""
    chat, bot = world.rocketchat.chat, world.rocketchat.person("bot").id
    message = chat.post(room_of(world), bot, "!sso status")
    yield
    chat.delete(bot, message)


@contextlib.contextmanager
def plain_user(world: World) -> Iterator[None]:
    """Somebody took the manager's role from the bot's user, and its organisation went with it."""
    people, clients, person = world.encvoy.people, world.encvoy.clients, world.encvoy.person("manager")
    before, rows = dict(people.roles), dict(clients.by_id)
    for row in [row for row in rows.values() if row["name"] == f"Org{person.id}"]:
        clients.delete(row["client_id"])
        people.forget_client(row["client_id"])
    people.roles[(world.encvoy.main["client_id"], person.id)] = Role.USER
    yield
    people.roles, clients.by_id = before, rows


# Grounds of the connection.


@contextlib.contextmanager
def application_deleted(world: World) -> Iterator[None]:
    clients, row = world.encvoy.clients, application(world)
    rules, roles = clients.rules[row["client_id"]], dict(world.encvoy.people.roles)
    clients.delete(row["client_id"])
    world.encvoy.people.forget_client(row["client_id"])
    yield
    clients.by_id[row["client_id"]], clients.rules[row["client_id"]] = row, rules
    world.encvoy.people.roles = roles


@contextlib.contextmanager
def taken_off_the_application(world: World) -> Iterator[None]:
    roles, key = world.encvoy.people.roles, (application(world)["client_id"], world.encvoy.person("manager").id)
    before = roles.pop(key)
    yield
    roles[key] = before


def rules_detached(world: World) -> Ground:
    return changed(world.encvoy.clients.rules, application(world)["client_id"], [])


def secret_changed_at_encvoy_id(world: World) -> Ground:
    return changed(application(world), "client_secret", "x" * 64)


def token_side_asleep(world: World) -> Ground:
    """It refuses every secret, though the record holds ours."""
    body = '{"error": "invalid_client", "error_description": "client authentication failed"}'
    return fault(world.encvoy, method="POST", path="/oidc/request", status=401, body=body)


def every_secret_accepted(world: World) -> Ground:
    """Something answers in Encvoy ID's place."""
    body = '{"expires_in": 60, "request_uri": "urn:ietf:params:oauth:request_uri:1"}'
    return fault(world.encvoy, method="POST", path="/oidc/request", status=201, body=body)


@contextlib.contextmanager
def service_removed(world: World) -> Iterator[None]:
    settings = world.rocketchat.settings
    rows = [setting for setting in settings if setting.id.startswith(SETTINGS)]
    for row in rows:
        settings.remove(row.id)
    world.rocketchat.login_services.rewrite()
    yield
    for row in rows:
        settings.add(row)
    world.rocketchat.login_services.rewrite()


def setting(suffix: str, value: Any) -> Callable[[World], Ground]:
    return lambda world: written(world, f"-{suffix}" if suffix else "", value)


@contextlib.contextmanager
def debounce_lost(world: World) -> Iterator[None]:
    """Rocket.Chat stored a change and never carried it over."""
    world.rocketchat.settings.write(f"{SETTINGS}-button_color", "#00FF00")
    world.rocketchat.instances.suspend()
    yield
    world.rocketchat.login_services.rewrite()


def button_lost(world: World) -> Ground:
    """The record is gone though the switch is on."""

    @contextlib.contextmanager
    def lost() -> Iterator[None]:
        switch = world.rocketchat.settings.find(SETTINGS)
        switch.value = False
        world.rocketchat.login_services.rewrite()
        switch.value = True
        yield
        world.rocketchat.login_services.rewrite()

    return lost()


def callback_elsewhere(world: World) -> Ground:
    return fault(world.rocketchat, path="/_oauth/", status=404, body="<h1>Not Found</h1>", content_type="text/html")


@contextlib.contextmanager
def nothing(world: World) -> Iterator[None]:
    """Nothing is broken."""
    yield


@contextlib.contextmanager
def room_renamed(world: World) -> Iterator[None]:
    room_of(world).name = "elsewhere"
    yield


def outdated_secret_live(world: World) -> Ground:
    """An instance with an outdated cache wrote another secret into the record that all use."""
    return changed(world.rocketchat.login_services.get(SERVICE).fields, "secret", "generated-long-ago")
