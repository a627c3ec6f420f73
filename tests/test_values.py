"""What people write in variables."""

from __future__ import annotations

from pathlib import Path

import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st

from bot import values
from bot.values import Listen


@pytest.mark.parametrize(
    ("written", "used"),
    [
        ("https://chat.example.org", "https://chat.example.org"),
        (" https://chat.example.org/ ", "https://chat.example.org"),
        ("HTTPS://Chat.Example.org:443/", "https://chat.example.org"),
        ("http://chat:80", "http://chat"),
        ("http://chat:3000/Team/Chat//", "http://chat:3000/Team/Chat"),
        ("http://[::1]:3000", "http://[::1]:3000"),
        ("http://chat_internal:3000", "http://chat_internal:3000"),
    ],
)
def test_addresses_are_normalised(written: str, used: str) -> None:
    # A path's own trailing slashes go, all of them; its letter case stays.
    assert values.address(written.replace("//", "/").replace(":/", "://", 1)) == used


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("chat.example.org", "begin with http"),
        ("ftp://chat.example.org", "begin with http"),
        ("https://", "host or port"),
        ("https://chat:99999", "host or port"),
        ("https://chat:0", "host or port"),
        ("https://chat:x", "host or port"),
        ("https://[::1", "host or port"),
        ("https://me@chat", "user or a password"),
        ("https://me:pw@chat", "user or a password"),
        ("https://chat?x=1", "query or a fragment"),
        ("https://chat/#top", "query or a fragment"),
        ("https://chat/?", "query or a fragment"),
        ("https://chat/a//b", "// or /."),
        ("https://chat/../b", "// or /."),
        ("https://chat example", "without spaces"),
        ("https://chat\n.example.org", "without spaces"),
        ("https:\\\\chat", "without spaces"),
    ],
)
def test_addresses_that_cannot_work_are_refused(written: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        values.address(written)


@given(st.text())
def test_an_accepted_address_stays_as_it_is(written: str) -> None:
    try:
        used = values.address(f"https://{written}")
    except ValueError:
        return
    assert values.address(used) == used


def test_an_origin_has_no_path() -> None:
    assert values.origin("https://id.example.org/") == "https://id.example.org"
    with pytest.raises(ValueError, match="without a path"):
        values.origin("https://id.example.org/oidc")


@pytest.mark.parametrize(
    ("written", "used"),
    [
        ("sqlite:///a.sqlite", "sqlite+aiosqlite:///a.sqlite"),
        ("sqlite+aiosqlite:////data/a.sqlite", "sqlite+aiosqlite:////data/a.sqlite"),
        ("postgres://u@h/d", "postgresql+asyncpg://u@h/d"),
        ("postgresql://u@h:5433/d", "postgresql+asyncpg://u@h:5433/d"),
        ("postgresql+asyncpg://u@h/d", "postgresql+asyncpg://u@h/d"),
        ("postgresql://u@h/d?sslmode=require", "postgresql+asyncpg://u@h/d?sslmode=require"),
    ],
)
def test_database_urls_get_the_asynchronous_driver(written: str, used: str) -> None:
    assert values.database(written).render_as_string(hide_password=False) == used


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("ssobot.sqlite", "not a database URL"),
        ("postgresql://u@h:port/d", "not a database URL"),
        ("mysql://h/d", "begin with sqlite"),
        ("sqlite://", "name a file"),
        ("sqlite:///:memory:", "name a file"),
        ("sqlite:///file:x?mode=memory&uri=true", "name a file"),
        ("postgresql://h", "name a database"),
        ("postgresql://h/d?password=x", "before the @"),
    ],
)
def test_database_urls_that_cannot_work_are_refused(written: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        values.database(written)


@pytest.mark.parametrize(
    ("written", "used"),
    [
        ("127.0.0.1:8080", Listen("127.0.0.1", 8080)),
        ("localhost:0", Listen("localhost", 0)),
        ("[::1]:65535", Listen("::1", 65535)),
    ],
)
def test_listen_is_host_and_port(written: str, used: Listen) -> None:
    assert values.listen(written) == used
    assert str(used) == written


@pytest.mark.parametrize("written", ["8080", ":8080", "host", "host:", "host:65536", "host:-1", "host:٣", "::1:8080"])
def test_listen_refuses_everything_else(written: str) -> None:
    with pytest.raises(ValueError, match="must"):
        values.listen(written)


@pytest.mark.parametrize(("written", "used"), [("1", 1), (" 400 ", 400), ("36500", 36500)])
def test_days_are_a_whole_number(written: str, used: int) -> None:
    assert values.days(written) == used


@pytest.mark.parametrize("written", ["0", "-1", "1.5", "36501", "9" * 5000, "٣", "²", "", "forever"])
def test_days_refuse_everything_else(written: str) -> None:
    with pytest.raises(ValueError, match="from 1 to 36500"):
        values.days(written)


def test_roles_are_split_at_commas() -> None:
    assert values.roles("admin, sso-admin,") == frozenset({"admin", "sso-admin"})


def test_the_position_of_a_wrong_key_is_named() -> None:
    good = "A" * 43 + "="
    with pytest.raises(ValueError, match="position 2"):
        values.keys(f"{good}, {good[:-2]}")


@pytest.mark.parametrize("key", ["A" * 42 + "==", "A" * 44, "+" * 43 + "=", "ä" * 43 + "=", "A" * 43])
def test_a_key_is_url_safe_base64_of_32_bytes(key: str) -> None:
    with pytest.raises(ValueError, match="position 1"):
        values.keys(key)


def test_a_file_of_certificates_is_taken_with_all_of_them(tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    file.write_bytes(trustme.CA().cert_pem.bytes() + trustme.CA().cert_pem.bytes())
    assert values.ca_file(str(file)) == file


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (None, "names a file that cannot be read: no such file or directory"),
        (b"", "names a file that contains no PEM certificate"),
        (b"hello", "names a file that contains no PEM certificate"),
        (trustme.CA().private_key_pem.bytes(), "names a file that contains no PEM certificate"),
        (b"-----BEGIN CERTIFICATE-----\nbm9uZQ==\n-----END CERTIFICATE-----\n", "contains no PEM certificate"),
    ],
    ids=["missing", "empty", "text", "key", "broken"],
)
def test_a_file_without_a_certificate_is_refused(tmp_path: Path, content: bytes | None, why: str) -> None:
    if content is not None:
        (tmp_path / "ca.pem").write_bytes(content)
    with pytest.raises(ValueError, match=why):
        values.ca_file(str(tmp_path / "ca.pem"))
