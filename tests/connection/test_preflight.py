"""What makes setup stop before its first write, each with the fix."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.connection.accounts import Registration
from bot.connection.ports import Listed, ProviderMetadata, Registered, ServerInfo
from bot.connection.preflight import (
    Ground,
    is_loopback,
    look,
    none_has_our_callback,
    refuse_licence,
    refuse_site_url,
    refuse_unready,
    refuse_what_is_there,
)
from bot.connection.profile import profile
from bot.connection.reachable import Site
from bot.connection.state import Application, ServiceName, StoredService
from bot.connection.unknown import Unknown
from bot.errors import UserError
from bot.secret import Secret
from tests.connection.conftest import Bench, new_connection

NAME = ServiceName("Encvoy ID", "Encvoyid")
PROVIDER = ProviderMetadata(
    issuer="https://id.example.org",
    authorize_url="https://id.example.org/oidc/auth",
    token_url="https://id.example.org/oidc/token",
    identity_url="https://id.example.org/oidc/me",
    par_url=None,
    jwks_url="https://id.example.org/oidc/jwks",
)
SERVER = ServerInfo(profile=profile((8, 8), frozenset()), site_url="https://chat.example.org")
LISTED = Listed((), Registration(), "https://chat.example.org", modern_flow=False)
GROUND = Ground(SERVER, PROVIDER, LISTED, Registered(()), None, Site.OURS)


def test_a_ready_ground_is_not_refused() -> None:
    refuse_unready(GROUND, "https://chat.example.org")
    refuse_what_is_there(GROUND, NAME)


def test_a_ground_without_the_licence_is_refused() -> None:
    unlicensed = replace(GROUND, server=replace(SERVER, profile=profile((9, 0), frozenset())))
    with pytest.raises(UserError, match="a licence for signing in with Custom OAuth, and this one has none"):
        refuse_unready(unlicensed, "https://chat.example.org")


@pytest.mark.parametrize(
    "ground",
    [
        replace(GROUND, site=Site.STRANGER),
        replace(GROUND, site=Site.ANOTHER),
        replace(GROUND, provider=replace(PROVIDER, issuer="http://localhost:3001")),
        replace(GROUND, server=ServerInfo(profile((9, 0), frozenset({"oauth-enterprise"})), "http://chat.example.org")),
    ],
)
def test_a_ground_that_people_cannot_reach_is_refused(ground: Ground) -> None:
    with pytest.raises(UserError):
        refuse_unready(ground, "https://chat.example.org")


@pytest.mark.parametrize(
    "url",
    ["http://localhost:3000", "http://127.0.0.1", "http://127.3.2.1:80", "http://[::1]:3000", "http://a.localhost"],
)
def test_loopback(url: str) -> None:
    assert is_loopback(url)


@pytest.mark.parametrize(
    "url", ["https://chat.example.org", "http://10.0.0.5", "http://rocketchat:3000", "http://0.1.2.3"]
)
def test_not_loopback(url: str) -> None:
    assert not is_loopback(url)


@pytest.mark.parametrize(
    ("site_url", "address", "refused", "why"),
    [
        ("http://localhost:3000", "https://chat.example.org", None, "each person's own computer"),
        ("", "https://chat.example.org", None, "empty"),
        ("https://Chat.example.org", "https://chat.example.org", "The host has capitals.", "capitals"),
        ("http://[", "https://chat.example.org", None, "host or port is wrong"),
        ("https://evil.example\\@chat.example.org", "https://chat.example.org", None, "backslash"),
        ("https://me:pw@chat.example.org", "https://chat.example.org", None, "a user or a password"),
        ("chat.example.org", "https://chat.example.org", None, "must begin with http"),
        ("https://chat.example.org/?x", "https://chat.example.org", None, "a query"),
    ],
)
def test_a_site_url_that_cannot_work(site_url: str, address: str, refused: str | None, why: str) -> None:
    with pytest.raises(UserError, match=why) as caught:
        refuse_site_url(site_url, address, refused)
    assert "Site URL" in caught.value.fix


def test_loopback_is_fine_where_the_bot_is_there_too() -> None:
    refuse_site_url("http://localhost:3000", "http://127.0.0.1:3000", None)


def test_a_sub_path_is_fine() -> None:
    refuse_site_url("https://example.org/chat", "https://example.org/chat", None)


def test_before_nine_no_licence_is_asked_for() -> None:
    refuse_licence(SERVER)


def test_nine_with_the_module_is_fine() -> None:
    refuse_licence(replace(SERVER, profile=profile((9, 0), frozenset({"oauth-enterprise"}))))


@pytest.mark.parametrize("modules", [frozenset[str](), frozenset({"ldap-enterprise"}), Unknown("not allowed")])
def test_nine_without_the_module_is_refused(modules: frozenset[str] | Unknown) -> None:
    with pytest.raises(UserError, match="licence"):
        refuse_licence(replace(SERVER, profile=profile((9, 1), modules)))


def service(key: str, url: str = "https://elsewhere.example") -> StoredService:
    return StoredService(key, True, {"url": url}, Secret("s"))


def with_service(found: StoredService) -> Ground:
    return replace(GROUND, listed=replace(LISTED, services=(found,)))


def test_a_service_of_that_name_is_not_ours() -> None:
    with pytest.raises(UserError, match="Encvoyid") as caught:
        refuse_what_is_there(with_service(service("Encvoyid")), NAME)
    assert "it has this name" in caught.value.why
    assert "another name" in caught.value.fix


@pytest.mark.parametrize(("enabled", "state"), [(True, "(on)"), (False, "(off)")])
def test_whether_a_service_of_others_is_on_is_said(enabled: bool, state: str) -> None:
    there = replace(service("Encvoyid"), enabled=enabled)
    with pytest.raises(UserError) as caught:
        refuse_what_is_there(with_service(there), NAME)
    assert f"Encvoyid {state}" in caught.value.what


def test_a_service_that_points_at_this_encvoy_id_is_not_ours() -> None:
    with pytest.raises(UserError, match="Byhand") as caught:
        refuse_what_is_there(with_service(service("Byhand", "https://id.example.org/")), NAME)
    assert "it points at this Encvoy ID" in caught.value.why
    assert "another name" not in caught.value.fix, "it would point at it under any name"


@pytest.mark.parametrize("url", ["http://[", "https://[::1/x", "", True])
def test_a_service_with_an_address_that_is_none_is_no_obstacle(url: str | bool) -> None:
    odd = StoredService("Odd", True, {"url": url}, Secret("s"))
    refuse_what_is_there(with_service(odd), NAME)


def test_a_service_of_another_provider_is_no_obstacle() -> None:
    refuse_what_is_there(with_service(service("Other")), NAME)


def test_an_application_with_our_callback_is_not_ours() -> None:
    theirs = Application("c9", "x", "", "", (new_connection().redirect_uri,), "client_secret_basic", Secret("s"))
    with pytest.raises(UserError, match=r"with this callback address: c9\."):
        refuse_what_is_there(replace(GROUND, registered=Registered((theirs,), 1)), NAME)


def test_another_spelling_of_our_callback_is_said_to_be_one() -> None:
    spelled = ("https://chat.example.org/x/../_oauth/encvoyid",)
    theirs = Application("c9", "x", "", "", spelled, "client_secret_basic", Secret("s"))
    with pytest.raises(UserError, match="in a different spelling that Encvoy ID treats as the same"):
        refuse_what_is_there(replace(GROUND, registered=Registered((theirs,), 1)), NAME)


def test_what_was_not_looked_at_is_not_called_absent() -> None:
    assert none_has_our_callback(GROUND) == "no conflicting application found"
    said = none_has_our_callback(replace(GROUND, registered=Registered((), 200, 7)))
    assert "the newest 200" in said
    assert "none of the other 7 has exactly our callback address" in said


async def test_look_writes_nothing(bench: Bench) -> None:
    ground = await look(NAME, bench.rocketchat, bench.encvoy)
    assert ground.server.profile.version == (8, 8)
    assert set(bench.world.calls) == {"edition", "provider", "listed", "registered", "site"}
