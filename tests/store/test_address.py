"""Addresses of PostgreSQL as hosts give them: what asyncpg is given, and what is refused by name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url

from bot.errors import ConfigError
from bot.store import migrate
from bot.store.address import connecting
from bot.store.engine import open_database
from sandbox.authority import authority_in
from tests.support.pgbouncer import pooled
from tests.support.postgres import Postgres

PASSWORD = "hunter2222"


def given(query: str) -> dict[str, Any]:
    url, arguments = connecting(make_url(f"postgresql+asyncpg://u:{PASSWORD}@h/d?{query}"))
    assert not url.query
    return arguments


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", {"timeout": 5.0, "statement_cache_size": 0, "prepared_statement_cache_size": 0}),
        ("connect_timeout=10", {"timeout": 10.0}),
        ("timeout=2.5", {"timeout": 2.5}),
        ("connect_timeout=10&timeout=3", {"timeout": 3.0}),
        ("command_timeout=7", {"command_timeout": 7.0}),
        ("application_name=sso", {"server_settings": {"application_name": "sso"}}),
        ("sslmode=require&channel_binding=prefer", {"dsn": "postgresql://?sslmode=require"}),
        ("ssl=require", {"dsn": "postgresql://?sslmode=require"}),
        ("sslmode=verify-full&sslrootcert=system", {"ssl": True}),
        ("target_session_attrs=read-write", {"target_session_attrs": "read-write"}),
        ("pgbouncer=true&statement_cache_size=100", {"statement_cache_size": 0}),
    ],
)
def test_what_the_driver_is_given(query: str, expected: dict[str, Any]) -> None:
    assert given(query).items() >= expected.items()


def test_the_servers_of_an_address_stay_in_it() -> None:
    url, _ = connecting(make_url("postgresql+asyncpg://u@/d?host=a:1&host=b:2&sslmode=disable"))
    assert url.query == {"host": ("a:1", "b:2")}


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("channel_binding=require", "channel_binding asks for what the driver asyncpg cannot do. Remove it; sslmode="),
        ("sslmode=always", "sslmode has an unknown value. It must be one of disable, "),
        (
            "sslmode=verify-full",
            "sslmode verifies the server, and nothing says by whose certificates. Add sslrootcert=",
        ),
        ("sslmode=verify-ca&sslrootcert=/no/such.pem", "sslrootcert names a file that cannot be read: no such file"),
        ("sslrootcert=system&sslcrl=/x", "sslrootcert is `system`, which does not go with others. Remove sslcrl."),
        ("sslcert=/no/such.pem", "sslcert names a file that cannot be read: no such file"),
        ("connect_timeout=0", "connect_timeout must be a number of seconds above 0."),
        ("timeout=soon", "timeout must be a number of seconds above 0."),
        ("sslmode=require&sslmode=disable", "sslmode is there twice. Remove one."),
        ("gssencmode=require", "gssencmode asks for what the driver asyncpg cannot do. Remove it, and encrypt"),
        (f"sslpassword={PASSWORD}", "sslpassword is not known to ssobot. Remove it."),
        (f"{PASSWORD}%40=x", "a parameter is not known to ssobot."),
    ],
)
async def test_what_is_refused_is_named_with_the_fix_and_without_a_secret(query: str, named: str) -> None:
    with pytest.raises(ConfigError) as caught:
        await open_database(make_url(f"postgresql+asyncpg://u:{PASSWORD}@127.0.0.1:1/d?{query}"))
    assert caught.value.text.startswith("SSOBOT_DATABASE_URL cannot be used: ")
    assert named in caught.value.text
    assert PASSWORD not in caught.value.text
    assert caught.value.__cause__ is None


async def test_a_certificate_of_nobody_is_named(tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("")
    with pytest.raises(ConfigError, match="sslrootcert names a file that contains no PEM certificate"):
        given(f"sslmode=verify-full&sslrootcert={tmp_path / 'empty.pem'}")


async def test_the_server_lists_the_connection_by_its_name(postgres: Postgres) -> None:
    async with postgres.database() as url:
        for query, name in (({}, "ssobot"), ({"application_name": "sso", "connect_timeout": "9"}, "sso")):
            database = await open_database(url.update_query_dict(query))
            async with database.reading() as connection:
                assert (await connection.exec_driver_sql("SHOW application_name")).scalar() == name
            await database.close()


@pytest.mark.needs("pgbouncer")
@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("sslmode=verify-full&sslrootcert={ca}&channel_binding=prefer", None),
        ("sslmode=require", None),
        ("sslmode=verify-full&sslrootcert=system", "certificate verify failed"),
        ("sslmode=disable", "SSL required"),
    ],
)
async def test_over_tls(postgres: Postgres, tmp_path: Path, query: str, said: str | None) -> None:
    authority = authority_in(tmp_path / "tls")
    async with postgres.database() as url, pooled(url, tmp_path, authority) as address:
        asked = make_url(f"{address.render_as_string(hide_password=False)}?{query.format(ca=authority.file)}")
        if said is None:
            database = await open_database(asked)
            assert await migrate.upgrade(database)
            await database.close()
            return
        with pytest.raises(ConfigError) as caught:
            await open_database(asked)
        assert said in caught.value.text
