"""What pure functions make of a code, an error or a value: each table as one case."""

from __future__ import annotations

import json
import ssl

import pytest

from bot import config
from bot.encvoy.decipher import _MANAGEMENT, KEY_PREFIX, decipher_management
from bot.errors import ConfigError, RemoteError
from bot.trust import proxy_trouble, trouble
from tests.answers.conftest import Heard
from tests.test_config import GOOD

case = pytest.mark.case


@case("Whatever the command", "Encvoy ID refuses something, by its code")
def test_every_code_of_encvoy_id(hears: Heard) -> None:
    lines = []
    for status, code in _MANAGEMENT:
        body = json.dumps({"statusCode": status, "errorCode": code and KEY_PREFIX + code})
        with pytest.raises(RemoteError) as caught:
            decipher_management(status, {}, body.encode(), "PUT /api/v1/clients/:client_id")
        lines.append(caught.value.text)
    hears("\n".join(lines))


@case("Whatever the command", "A system cannot be reached by TLS or through a proxy")
def test_every_trouble_of_tls(hears: Heard) -> None:
    found = [proxy_trouble("Rocket.Chat")]
    for code in (20, 10, 9, 62):
        failure = ssl.SSLCertVerificationError(1, "certificate verify failed")
        failure.verify_code = code
        found.append(trouble(failure, "Rocket.Chat"))  # type: ignore[arg-type]
    found.append(trouble(ConnectionResetError(), "Rocket.Chat"))  # type: ignore[arg-type]
    plain = ssl.SSLError(1, "wrong version number")
    plain.reason = "WRONG_VERSION_NUMBER"
    found.append(trouble(plain, "Rocket.Chat"))  # type: ignore[arg-type]
    hears("\n".join(f"{one.why} {one.mend}" for one in found))


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
    ("SSOBOT_DATABASE_URL", "a file"),
    ("SSOBOT_DATABASE_URL", "mysql://host/name"),
    ("SSOBOT_DATABASE_URL", "sqlite://"),
    ("SSOBOT_DATABASE_URL", "postgresql://host"),
    ("SSOBOT_DATABASE_URL", "postgresql://host/name?password=x"),
)


@case("On the terminal", "A value is wrong, by variable")
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
    hears("\n".join(lines))
