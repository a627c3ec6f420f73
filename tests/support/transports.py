"""The three ways in which the bot speaks to a server, each as one question, and servers that answer it."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from bot.clock import SystemClock
from bot.http import HttpClient
from bot.rocketchat.rest import Rest
from bot.rocketchat.websocket import open_websocket, plain_session, websocket_url
from bot.secret import new_secret

Ask = Callable[[str, ssl.SSLContext], Awaitable[None]]
"""Asks the server at an address, trusting whom the context trusts; a typed error if it gets no answer."""
_HANDSHAKE = b"\x16"
"""What TLS begins with."""
_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


async def by_aiohttp(url: str, tls: ssl.SSLContext) -> None:
    """`bot.http`."""
    async with HttpClient("Rocket.Chat", tls=tls) as http:
        await http.send("GET", f"{url}/api/info", route="GET /api/info")


async def by_requests(url: str, tls: ssl.SSLContext) -> None:
    """`bot.rocketchat.rest`."""
    rest = Rest(url, "bot-id", new_secret(), clock=SystemClock(), tls=tls)
    try:
        await rest.get("me")
    finally:
        rest.close()


async def by_websocket(url: str, tls: ssl.SSLContext) -> None:
    """`bot.rocketchat.websocket`."""
    async with plain_session(tls) as session:
        websocket = await open_websocket(session, websocket_url(url), SystemClock())
        await websocket.close()


TRANSPORTS: dict[str, Ask] = {"aiohttp": by_aiohttp, "requests": by_requests, "websocket": by_websocket}


@dataclass
class Server:
    """Answers each of them correctly."""

    port: int = 0
    heads: list[str] = field(default_factory=list)
    """Every request, without its body."""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        first = await reader.readexactly(1)
        if first == _HANDSHAKE:
            writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
            return
        head = (first + await reader.readuntil(b"\r\n\r\n")).decode()
        self.heads.append(head)
        if key := re.search(r"sec-websocket-key: (\S+)", head, re.IGNORECASE):
            accept = base64.b64encode(hashlib.sha1(f"{key[1]}{_GUID}".encode()).digest()).decode()
            upgrade = f"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"
            writer.write(f"HTTP/1.1 101 Switching Protocols\r\n{upgrade}".encode())
        else:
            writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{"ok":true}')
        await writer.drain()


@asynccontextmanager
async def answering(tls: ssl.SSLContext | None = None) -> AsyncIterator[Server]:
    """A server on a free port."""
    server = Server()
    async with _serving(server.serve, tls) as server.port:
        yield server


@dataclass
class Proxy:
    """A forward proxy that leads every host name to loopback."""

    credentials: str = ""
    """`user:password`, if it requires a login."""
    port: int = 0
    asked: list[str] = field(default_factory=list)
    """The first line of each request."""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        self.asked.append(head.partition("\r\n")[0])
        wanted = base64.b64encode(self.credentials.encode()).decode()
        if self.credentials and f"basic {wanted}".lower() not in head.lower():
            writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
            return
        method, target, _ = self.asked[-1].split()
        port = int(re.search(r":(\d+)", target.replace("://", ""))[1])  # type: ignore[index]
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
        if method == "CONNECT":
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        else:
            far_writer.write(head.encode())
        try:
            await asyncio.gather(_pour(reader, far_writer), _pour(far_reader, writer))
        finally:
            far_writer.close()


async def _pour(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    while data := await source.read(65536):
        sink.write(data)
        await sink.drain()
    if sink.can_write_eof():
        sink.write_eof()


@asynccontextmanager
async def proxying(credentials: str = "") -> AsyncIterator[Proxy]:
    """A proxy on a free port."""
    proxy = Proxy(credentials)
    async with _serving(proxy.serve, None) as proxy.port:
        yield proxy


@asynccontextmanager
async def _serving(
    talk: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]], tls: ssl.SSLContext | None
) -> AsyncIterator[int]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await talk(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
