"""Settings: what is accepted, and the one line that each mistake gets."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path

import pytest
import trustme

from bot import config, redaction
from bot.config import VARIABLES, Config, StoreConfig
from bot.errors import ConfigError
from bot.secret import Secret, new_secret
from bot.values import Listen, LogLevel
from bot.web.heartbeat import failing_url

TOKEN = new_secret().reveal()
PASSWORD = new_secret().reveal()
KEY = base64.urlsafe_b64encode(b"obviously made up for this test!").decode()
"""The same in every process: it is part of the names of tests, and workers compare those."""

GOOD = {
    "SSOBOT_ROCKETCHAT_URL": "https://chat.example.org/team/",
    "SSOBOT_ROCKETCHAT_USER_ID": "aobEdbYhXfu5hkeqG",
    "SSOBOT_ROCKETCHAT_TOKEN": TOKEN,
    "SSOBOT_ADMIN_ROOM": "#admins",
    "SSOBOT_ENCVOY_URL": "https://id.example.org/",
    "SSOBOT_ENCVOY_CLIENT_ID": "mainclient",
    "SSOBOT_ENCVOY_LOGIN": "ssobot",
    "SSOBOT_ENCVOY_PASSWORD": PASSWORD,
    "SSOBOT_KEYS": KEY,
}


@pytest.fixture
def good(clean: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An environment that works, in an empty working directory."""
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)
    return clean


@pytest.fixture
def clean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No variable of ours, an empty working directory."""
    for variable in VARIABLES:
        monkeypatch.delenv(variable.name, raising=False)
        monkeypatch.delenv(f"{variable.name}_FILE", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def complaint(kind: type[StoreConfig] = Config) -> str:
    with pytest.raises(ConfigError) as caught:
        config.load(kind)
    return caught.value.text


@pytest.mark.usefixtures("good")
def test_a_whole_environment_is_read() -> None:
    loaded = config.load(Config)
    assert loaded.rocketchat_url == "https://chat.example.org/team"
    assert loaded.rocketchat_user_id == "aobEdbYhXfu5hkeqG"
    assert loaded.rocketchat_token == Secret(TOKEN)
    assert loaded.admin_room == "admins"
    assert loaded.encvoy_url == "https://id.example.org"
    assert loaded.encvoy_client_id == "mainclient"
    assert loaded.encvoy_login == "ssobot"
    assert loaded.encvoy_password == Secret(PASSWORD)
    assert loaded.keys == (Secret(KEY),)


@pytest.mark.usefixtures("good")
def test_the_defaults_are_those_of_the_table() -> None:
    loaded = config.load(Config)
    assert loaded.rocketchat_password is None
    assert loaded.admin_roles == frozenset({"admin"})
    assert loaded.listen == Listen("127.0.0.1", 8080)
    assert loaded.history_days == 400
    assert str(loaded.database_url) == "sqlite+aiosqlite:///ssobot.sqlite"
    defaults = {v.name: v.default for v in VARIABLES if v.default}
    assert defaults == {
        "SSOBOT_ADMIN_ROLES": "admin",
        "SSOBOT_LISTEN": "127.0.0.1:8080",
        "SSOBOT_LOG_LEVEL": "info",
        "SSOBOT_HISTORY_DAYS": "400",
        "SSOBOT_BUTTONS": "true",
        "SSOBOT_DATABASE_URL": "sqlite+aiosqlite:///ssobot.sqlite",
    }


@pytest.mark.usefixtures("good")
@pytest.mark.parametrize("level", ["debug", "Info", " WARNING ", "error"])
def test_the_level_of_the_log_is_read_in_any_capitals(level: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSOBOT_LOG_LEVEL", level)
    assert config.load(Config).log_level is LogLevel(level.strip().lower())


@pytest.mark.usefixtures("clean")
def test_every_required_variable_is_named_on_a_line_of_its_own() -> None:
    assert set(complaint().splitlines()) == {f"{name} is missing." for name in GOOD}


def test_the_table_knows_what_is_required_and_what_is_secret() -> None:
    assert {v.name for v in VARIABLES if v.required} == set(GOOD)
    assert {v.name for v in VARIABLES if v.secret} == {
        "SSOBOT_ROCKETCHAT_TOKEN",
        "SSOBOT_ROCKETCHAT_PASSWORD",
        "SSOBOT_ENCVOY_PASSWORD",
        "SSOBOT_KEYS",
        "SSOBOT_HEARTBEAT_URL",
    }
    assert all(v.meaning for v in VARIABLES)


@pytest.mark.usefixtures("good")
@pytest.mark.parametrize("name", sorted(GOOD))
def test_an_empty_variable_is_a_missing_one(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "")
    assert complaint() == f"{name} is missing."


@pytest.mark.parametrize("name", sorted(GOOD))
def test_each_variable_can_come_from_a_file(name: str, good: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = config.load(Config)
    (good / "value").write_text(f"{GOOD[name]}\n")
    monkeypatch.delenv(name)
    monkeypatch.setenv(f"{name}_FILE", str(good / "value"))
    assert config.load(Config) == whole


def test_only_the_last_line_end_of_a_file_is_dropped(good: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (good / "value").write_bytes(b" pass word \r\n")
    monkeypatch.setenv("SSOBOT_ROCKETCHAT_PASSWORD_FILE", "value")
    assert config.load(Config).rocketchat_password == Secret(" pass word ")


def test_name_and_file_together_are_refused(good: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (good / "value").write_text(KEY)
    monkeypatch.setenv("SSOBOT_KEYS_FILE", "value")
    assert complaint() == "SSOBOT_KEYS and SSOBOT_KEYS_FILE are both given; keep one of them."


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (None, "cannot be read from the file that SSOBOT_ADMIN_ROOM_FILE names: no such file or directory"),
        (b"\xff\xfe", "cannot be read from the file that SSOBOT_ADMIN_ROOM_FILE names: it is not UTF-8 text"),
        (b"\n", "is empty in the file that SSOBOT_ADMIN_ROOM_FILE names"),
    ],
)
def test_a_file_that_gives_nothing_is_refused(
    content: bytes | None, expected: str, good: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if content is not None:
        (good / "value").write_bytes(content)
    monkeypatch.delenv("SSOBOT_ADMIN_ROOM")
    monkeypatch.setenv("SSOBOT_ADMIN_ROOM_FILE", "value")
    assert complaint() == f"SSOBOT_ADMIN_ROOM {expected}."


def test_dotenv_is_read_and_the_environment_goes_first(good: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSOBOT_ENCVOY_LOGIN")
    (good / ".env").write_text("SSOBOT_ENCVOY_LOGIN=from-dotenv\nSSOBOT_ADMIN_ROOM=from-dotenv\nOTHER=1\n")
    loaded = config.load(Config)
    assert (loaded.encvoy_login, loaded.admin_room) == ("from-dotenv", "admins")


def test_a_dotenv_that_is_not_text_gets_one_line(good: Path) -> None:
    (good / ".env").write_bytes(b"SSOBOT_KEYS=\xff\xfe")
    assert complaint() == ".env cannot be read: it is not UTF-8 text."


WRONG = [
    ("SSOBOT_ROCKETCHAT_URL", "chat.example.org"),
    ("SSOBOT_ROCKETCHAT_URL", "https://user:hunter2222@chat.example.org"),
    ("SSOBOT_ROCKETCHAT_TOKEN", "tok en"),
    ("SSOBOT_ROCKETCHAT_TOKEN", "tökén"),
    ("SSOBOT_ENCVOY_URL", "https://id.example.org/api/oidc"),
    ("SSOBOT_ENCVOY_LOGIN", "two\nlines"),
    ("SSOBOT_KEYS", f"{KEY},{KEY[:-4]}"),
    ("SSOBOT_KEYS", f"{KEY},{KEY}"),
    ("SSOBOT_KEYS", ","),
    ("SSOBOT_DATABASE_URL", "mysql://user:hunter2222@host/base"),
    ("SSOBOT_DATABASE_URL", "sqlite://"),
    ("SSOBOT_ADMIN_ROLES", ","),
    ("SSOBOT_LISTEN", "8080"),
    ("SSOBOT_LOG_LEVEL", "hunter2222"),
    ("SSOBOT_CA_FILE", "/no/such/ca.pem"),
    ("SSOBOT_HEARTBEAT_URL", "hc-ping.com/hunter2222"),
    ("SSOBOT_HEARTBEAT_URL", "https://hc-ping.com/hunter2222 x"),
]


@pytest.mark.usefixtures("good")
@pytest.mark.parametrize(("name", "value"), WRONG)
def test_a_wrong_value_gets_one_line_that_does_not_repeat_it(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    line = complaint()
    assert line.startswith(f"{name} ")
    assert "\n" not in line
    assert "hunter2222" not in line
    assert KEY[:10] not in line


def test_the_name_of_the_ca_file_is_no_other_variable_s_file_form(good: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trustme.CA().cert_pem.write_to_path(str(good / "ca.pem"))
    monkeypatch.setenv("SSOBOT_CA_FILE", "ca.pem")
    assert config.load(Config).ca_file == Path("ca.pem")
    assert config.strays() == ()
    monkeypatch.delenv("SSOBOT_CA_FILE")
    (good / "name").write_text("ca.pem\n")
    monkeypatch.setenv("SSOBOT_CA_FILE_FILE", "name")
    assert config.load(Config).ca_file == Path("ca.pem")


@pytest.mark.usefixtures("good")
def test_several_wrong_values_get_a_line_each(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSOBOT_LISTEN", "x")
    monkeypatch.setenv("SSOBOT_KEYS", "x")
    monkeypatch.delenv("SSOBOT_ADMIN_ROOM")
    names = [line.split()[0] for line in complaint().splitlines()]
    assert names == ["SSOBOT_ADMIN_ROOM", "SSOBOT_KEYS", "SSOBOT_LISTEN"]


@pytest.mark.usefixtures("clean")
def test_the_database_alone_is_enough_to_migrate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSOBOT_DATABASE_URL", "postgres://ssobot@db/ssobot")
    assert str(config.load(StoreConfig).database_url) == "postgresql+asyncpg://ssobot@db/ssobot"


@pytest.mark.usefixtures("good")
def test_nothing_secret_is_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSOBOT_DATABASE_URL", f"postgresql://ssobot:{PASSWORD}@db/ssobot")
    monkeypatch.setenv("SSOBOT_HEARTBEAT_URL", f"https://hc-ping.com/{PASSWORD}")
    loaded = config.load(Config)
    printed = f"{loaded!r} {loaded!s} {loaded.model_dump()}"
    assert not [s for s in (TOKEN, PASSWORD, KEY) if s in printed]


@pytest.mark.usefixtures("good")
def test_all_secrets_are_named_for_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSOBOT_DATABASE_URL", "postgresql://ssobot:of-the-database@db/ssobot")
    monkeypatch.setenv("SSOBOT_ROCKETCHAT_PASSWORD", "of-the-bot")
    assert {s.reveal() for s in config.load(Config).secrets()} == {
        TOKEN,
        PASSWORD,
        KEY,
        "of-the-database",
        "of-the-bot",
    }


@pytest.mark.usefixtures("good")
@pytest.mark.parametrize("url", ["https://hc-ping.com/key/ssobot", "https://hc-ping.com/key/ssobot/?create=1"])
@pytest.mark.parametrize("sent", [lambda url: url, failing_url])
def test_the_address_of_the_heartbeat_is_masked_in_each_form_that_is_sent(
    url: str, sent: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redaction, "_known", set())
    monkeypatch.setenv("SSOBOT_HEARTBEAT_URL", f" {url}#of-a-page ")
    loaded = config.load(Config)
    assert loaded.heartbeat_url == Secret(url)
    redaction.redact_values(loaded.secrets())
    line = redaction.redact(f"asked {sent(url)} in vain")
    assert "key" not in line
    assert "ssobot" not in line


def test_a_stray_variable_is_told_the_nearest_name(clean: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSOBOT_TEST_REQUIRE", "all")
    monkeypatch.setenv("SSOBOT_ROCKETCHAT_TOKN", "x")
    (clean / ".env").write_text("SSOBOT_KEY_FILE=x\nUNRELATED=x\n")
    assert config.strays() == (
        "SSOBOT_KEY_FILE is not a variable of ssobot; the closest one is SSOBOT_KEYS_FILE.",
        "SSOBOT_ROCKETCHAT_TOKN is not a variable of ssobot; the closest one is SSOBOT_ROCKETCHAT_TOKEN.",
    )
