"""What pure functions make of a code, an error or a value: each table as one case, a blank line between its answers."""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable
from dataclasses import replace

import pytest

from bot import config
from bot.connection.changes import (
    AttachRules,
    AwaitLive,
    Change,
    CreateApplication,
    CreateService,
    DeleteTwin,
    Live,
    SwitchService,
    WriteApplication,
    WriteApplicationSecret,
    WriteService,
)
from bot.connection.ports import ApplicationFields
from bot.connection.retry_policy import SAME_PLANS, RetryPolicy
from bot.encvoy.discovery import read_keys, read_provider
from bot.encvoy.fields import read_application, read_created, read_ids, rule_ids, to_create
from bot.encvoy.responses import _MANAGEMENT, KEY_PREFIX, interpret_management
from bot.errors import ConfigError, RemoteError, Unreachable, UserError
from bot.rocketchat.ddp import ClientProtocol
from bot.rocketchat.events import LoginFailed
from bot.secret import Secret
from bot.tls import proxy_trouble, trouble
from tests.answers.conftest import Heard, failure
from tests.support.clocks import ManualClock
from tests.test_config import GOOD

case = pytest.mark.case


@case("Whatever the command", "Encvoy ID refuses something: every code")
def test_every_code_of_encvoy_id(hears: Heard) -> None:
    lines = []
    for status, code in _MANAGEMENT:
        body = json.dumps({"statusCode": status, "errorCode": code and KEY_PREFIX + code})
        with pytest.raises(RemoteError) as caught:
            interpret_management(status, {}, body.encode(), "PUT /api/v1/clients/:client_id")
        lines.append(failure(caught.value))
    hears("\n\n".join(lines))


DOMAIN = "https://id.example.org"
ENDPOINTS = {
    "issuer": DOMAIN,
    "authorization_endpoint": f"{DOMAIN}/oidc/auth",
    "token_endpoint": f"{DOMAIN}/oidc/token",
    "userinfo_endpoint": f"{DOMAIN}/oidc/me",
    "jwks_uri": f"{DOMAIN}/oidc/jwks",
}
ODD_DOCUMENTS: tuple[object, ...] = (
    [],
    {**ENDPOINTS, "token_endpoint": None},
    {**ENDPOINTS, "issuer": "https://other.example.org"},
    {**ENDPOINTS, "token_endpoint": f"{DOMAIN}/oidc/token?x=1"},
    {**ENDPOINTS, "token_endpoint": "https://evil.example\\@id.example.org/oidc/token"},
    {**ENDPOINTS, "token_endpoint": f"{DOMAIN}/{'x' * 2000}"},
    {**ENDPOINTS, "token_endpoint": "http://id.example.org/oidc/token"},
    {**ENDPOINTS, "token_endpoint": "https://backend.internal/oidc/token"},
)


@case("Whatever the command", "Encvoy ID's discovery document is wrong: every case")
def test_every_odd_discovery_document(hears: Heard) -> None:
    lines = []
    for document in ODD_DOCUMENTS:
        with pytest.raises(UserError) as caught:
            read_provider(document, f"{DOMAIN}/.well-known/openid-configuration", DOMAIN)
        lines.append(failure(caught.value))
    hears("\n\n".join(lines))


NOT_KEPT: tuple[tuple[Change, ...], ...] = (
    (CreateService(), CreateApplication()),
    (WriteApplication(("grant_types", "access_token_ttl")), AttachRules(("email", "login")), DeleteTwin("abc")),
    (WriteApplicationSecret(), WriteService(("secret",)), SwitchService(on=True)),
    (AwaitLive(Live.ON),),
)


@case("Whatever the command", "What the bot wrote is not kept: every case")
def test_everything_that_does_not_stay(hears: Heard) -> None:
    lines = []
    for plan in NOT_KEPT:
        patience = RetryPolicy(ManualClock())
        for _ in range(SAME_PLANS):
            patience.about_to_try(plan)
            patience.made_progress()
        with pytest.raises(UserError) as caught:
            patience.about_to_try(plan)
        lines.append(failure(caught.value))
    hears("\n\n".join(lines))


FIELDS = ApplicationFields(name="Rocket.Chat", domain=DOMAIN, redirect_uris=(f"{DOMAIN}/_oauth/encvoyid",))
NOT_TAKEN = (
    replace(FIELDS, name=""),
    replace(FIELDS, description="x" * 256),
    replace(FIELDS, domain="chat.example.org"),
    replace(FIELDS, redirect_uris=()),
    replace(FIELDS, redirect_uris=("https://chat_1.example.org/_oauth/encvoyid",)),
    replace(FIELDS, redirect_uris=("https://chat.example.org/_oauth/encvoyid#x",)),
    replace(FIELDS, token_endpoint_auth_method="post"),
)


@case("Whatever the command", "Encvoy ID would not take the application: every case")
def test_every_application_that_is_not_taken(hears: Heard) -> None:
    lines = []
    for fields in NOT_TAKEN:
        with pytest.raises(UserError) as caught:
            to_create(fields)
        lines.append(failure(caught.value))
    hears("\n\n".join(lines))


LOGIN = frozenset({"login"})
ODD_ANSWERS: tuple[Callable[[], object], ...] = (
    lambda: read_keys({}, "GET /oidc/jwks"),
    lambda: read_created({}, "POST /api/v1/clients"),
    lambda: read_ids({}, "GET /api/v1/clients"),
    lambda: read_application([], "abc", "GET /api/v1/clients/:client_id"),
    lambda: read_application({"client_id": "other"}, "abc", "GET /api/v1/clients/:client_id"),
    lambda: rule_ids({}, LOGIN, "GET /api/v1/settings/rules"),
    lambda: rule_ids([], LOGIN, "GET /api/v1/settings/rules"),
    lambda: rule_ids([{"field_name": "login", "id": 1, "active": False}], LOGIN, "GET /api/v1/settings/rules"),
)


@case("Whatever the command", "Encvoy ID answers with something else than was asked for: every case")
def test_every_odd_answer(hears: Heard) -> None:
    lines = []
    for read in ODD_ANSWERS:
        with pytest.raises(UserError) as caught:
            read()
        lines.append(failure(caught.value))
    hears("\n\n".join(lines))


@case("Whatever the command", "A system cannot be reached over TLS or through a proxy: every case")
def test_every_trouble_of_tls(hears: Heard) -> None:
    found = [proxy_trouble("Rocket.Chat")]
    for code in (20, 10, 9, 62):
        distrust = ssl.SSLCertVerificationError(1, "certificate verify failed")
        distrust.verify_code = code
        found.append(trouble(distrust, "Rocket.Chat"))  # type: ignore[arg-type]
    found.append(trouble(ConnectionResetError(), "Rocket.Chat"))  # type: ignore[arg-type]
    plain = ssl.SSLError(1, "wrong version number")
    plain.reason = "WRONG_VERSION_NUMBER"
    found.append(trouble(plain, "Rocket.Chat"))  # type: ignore[arg-type]
    hears("\n\n".join(failure(Unreachable("Rocket.Chat", "", why=one.why, fix=one.fix)) for one in found))


REFUSALS: tuple[dict[str, object], ...] = (
    {"error": {"error": 403, "message": "You've been logged out by the server. Please log in again. [403]"}},
    {"error": {"error": "too-many-requests", "details": {"timeToReset": 5000}}},
    {"error": {"error": "internal"}},
    {"result": {"id": "somebody-else"}},
)


@case("On the terminal", "`ssobot health`: Rocket.Chat refuses the websocket's login: every case")
def test_every_refused_login_of_the_websocket(hears: Heard) -> None:
    lines = []
    for refusal in REFUSALS:
        protocol = ClientProtocol("botuser", Secret("token-of-a-test"), 0.0)
        protocol.receive('{"msg": "connected", "session": "s"}', 0.0)
        frame = {"msg": "result", "id": "login1", **refusal}
        failed = [event for event in protocol.receive(json.dumps(frame), 0.0) if isinstance(event, LoginFailed)]
        lines += [f"rocketchat: {event.error.text}" for event in failed]
    hears("\n\n".join(lines), typed="ssobot health")


VALUES = (
    ("SSOBOT_ROCKETCHAT_URL", "chat.example.org"),
    ("SSOBOT_ROCKETCHAT_URL", "https://chat example"),
    ("SSOBOT_ROCKETCHAT_URL", "https://chat:99999999"),
    ("SSOBOT_ROCKETCHAT_URL", "https://user@chat.example.org"),
    ("SSOBOT_ROCKETCHAT_URL", "https://chat.example.org/?x"),
    ("SSOBOT_ROCKETCHAT_URL", "https://chat.example.org//x"),
    ("SSOBOT_ROCKETCHAT_TOKEN", "two words"),
    ("SSOBOT_ADMIN_ROLES", ","),
    ("SSOBOT_ENCVOY_URL", "https://id.example.org/oidc"),
    ("SSOBOT_ENCVOY_LOGIN", "two\nlines"),
    ("SSOBOT_CA_FILE", "/dev/null"),
    ("SSOBOT_KEYS", ","),
    ("SSOBOT_KEYS", "short"),
    ("SSOBOT_KEYS", f"{GOOD['SSOBOT_KEYS']},{GOOD['SSOBOT_KEYS']}"),
    ("SSOBOT_LISTEN", "8080"),
    ("SSOBOT_LISTEN", "::1:8080"),
    ("SSOBOT_LOG_LEVEL", "loud"),
    ("SSOBOT_HISTORY_DAYS", "0"),
    ("SSOBOT_BUTTONS", "perhaps"),
    ("SSOBOT_DATABASE_URL", "a file"),
    ("SSOBOT_DATABASE_URL", "mysql://host/name"),
    ("SSOBOT_DATABASE_URL", "sqlite://"),
    ("SSOBOT_DATABASE_URL", "postgresql://host"),
    ("SSOBOT_DATABASE_URL", "postgresql://host/name?password=x"),
)


@case("On the terminal", "A variable has a wrong value: every case")
def test_every_wrong_value(hears: Heard, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = []
    for name, value in VALUES:
        with monkeypatch.context() as patch:
            for good in GOOD:
                patch.setenv(good, GOOD[good])
            patch.setenv(name, value)
            with pytest.raises(ConfigError) as caught:
                config.load(config.Config)
            lines.append(caught.value.text)
    hears("\n\n".join(lines))
