"""Debian's PgBouncer in transaction mode before the suite's PostgreSQL: each transaction may meet another session."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from sqlalchemy import URL

from sandbox.authority import Authority

PROGRAM = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
"""None: it is not installed."""
SESSIONS = 2
"""With the server; fewer than a bot has connections."""
ANSWERS_WITHIN = 10.0


@asynccontextmanager
async def pooled(url: URL, folder: Path, authority: Authority | None = None) -> AsyncIterator[URL]:
    """The same database behind a pooler, over TCP; over TLS alone with a certificate of `authority`."""
    assert PROGRAM is not None
    data = Path(str(url.query["host"]))
    port = _free_port()
    settings = {
        "listen_addr": "127.0.0.1",
        "listen_port": port,
        "unix_socket_dir": "",
        "auth_type": "any",
        "pool_mode": "transaction",
        "default_pool_size": SESSIONS,
        "server_round_robin": 1,
        "logfile": "",
        **(_tls(authority, folder) if authority else {}),
    }
    lines = [f"{name} = {value}" for name, value in settings.items()]
    file = folder / "pgbouncer.ini"
    file.write_text(f"[databases]\n* = host={data} user={url.username}\n[pgbouncer]\n" + "\n".join(lines) + "\n")
    with (folder / "pgbouncer.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(PROGRAM, *_as(data), str(file), stdout=log, stderr=log)
    try:
        await _listens(port, process)
        yield url.set(host="127.0.0.1", port=port, query={})
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def _as(data: Path) -> tuple[str, ...]:
    """It refuses to be root, as PostgreSQL does: then it is whoever that is."""
    return ("-u", data.owner()) if os.geteuid() == 0 else ()


def _tls(authority: Authority, folder: Path) -> dict[str, object]:
    certificate, key = folder / "pooler.pem", folder / "pooler.key"
    issued = authority.ca.issue_cert("localhost", "127.0.0.1")
    issued.private_key_pem.write_to_path(key)
    for blob in issued.cert_chain_pems:
        blob.write_to_path(certificate, append=True)
    return {"client_tls_sslmode": "require", "client_tls_cert_file": certificate, "client_tls_key_file": key}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def _listens(port: int, process: asyncio.subprocess.Process) -> None:
    async with asyncio.timeout(ANSWERS_WITHIN):
        while True:
            assert process.returncode is None, "PgBouncer did not start"
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                return
            await asyncio.sleep(0.05)
