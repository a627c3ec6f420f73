"""The session over TLS: a certificate that nobody trusts, and a drip inside the encryption."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bot.clock import SystemClock
from bot.errors import NoAnswer, Unreachable
from bot.rocketchat.rest import Rest
from bot.secret import new_secret
from bot.tls import client_context

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with a self-signed certificate for 127.0.0.1, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "server.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return file


@asynccontextmanager
async def asking(
    talk: Talk, certificate: Path, *, trusted: Path | None = None, limit: float = 5.0
) -> AsyncIterator[Rest]:
    """`limit` in seconds for a call."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await talk(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    rest = Rest(url, "bot-id", new_secret(), clock=SystemClock(), tls=client_context(trusted), limit=limit)
    try:
        yield rest
    finally:
        rest.close()
        server.close()


async def talk_well(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{"ok":true}')
    await writer.drain()


async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n")
    while True:
        writer.write(b"1")
        await writer.drain()
        await asyncio.sleep(0.02)


async def test_a_certificate_nobody_trusts(certificate: Path) -> None:
    async with asking(talk_well, certificate) as rest:
        with pytest.raises(Unreachable, match="certificate"):
            await rest.post("settings", {})


async def test_a_certificate_of_a_given_authority(certificate: Path) -> None:
    async with asking(talk_well, certificate, trusted=certificate) as rest:
        assert await rest.get("me") == {"ok": True}


async def test_a_drip_is_cut_inside_tls(certificate: Path) -> None:
    async with asking(drip, certificate, trusted=certificate, limit=0.5) as rest:
        started = time.monotonic()
        with pytest.raises(NoAnswer):
            await rest.get("me")
        await asyncio.get_running_loop().run_in_executor(None, rest._threads.shutdown)
        assert time.monotonic() - started < 5


async def test_plain_http_on_the_other_side_was_not_sent(certificate: Path) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    rest = Rest(f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}", "bot-id", new_secret(), clock=SystemClock())
    with pytest.raises(Unreachable) as caught:
        await rest.post("settings", {})
    rest.close()
    server.close()
    assert "certificate" not in caught.value.text
