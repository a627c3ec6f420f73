"""A server with many kinds of harmful answers, over a real socket.

The first part of the path says how: `GET /endless-body/api/info`.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import functools
import gzip
import hashlib
import itertools
import json
import zlib
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager

_MEGABYTE = 1024 * 1024
_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def _answer(body: bytes, *headers: str, status: str = "200 OK", length: int | None = None) -> Iterator[bytes]:
    lines = [f"HTTP/1.1 {status}", "Content-Type: application/json", *headers]
    lines.append(f"Content-Length: {len(body) if length is None else length}")
    yield "\r\n".join(lines).encode() + b"\r\n\r\n"
    yield body


def _open_ended(pieces: Iterable[bytes], *headers: str, status: str = "200 OK") -> Iterator[bytes]:
    lines = [f"HTTP/1.1 {status}", "Content-Type: application/json", *headers, "Connection: close"]
    yield "\r\n".join(lines).encode() + b"\r\n\r\n"
    yield from pieces


def _endless(piece: bytes) -> Iterator[bytes]:
    return itertools.repeat(piece * (_MEGABYTE // 16 // len(piece)))


def _bomb(content: bytes, times: int, bits: int = 31) -> bytes:
    """`content` repeated that many times, compressed piece by piece."""
    packer = zlib.compressobj(9, zlib.DEFLATED, bits)
    first = packer.compress(content) + packer.flush(zlib.Z_FULL_FLUSH)
    block = packer.compress(content) + packer.flush(zlib.Z_FULL_FLUSH)
    return first + block * (times - 1)


def _wide(unit: bytes, size: int) -> bytes:
    return b"[" + b",".join([unit] * (size // (len(unit) + 1))) + b"]"


def _http(kind: str, asked: str, number: int) -> Iterator[bytes]:
    zeros = bytes(_MEGABYTE)
    match kind:
        case _ if asked.startswith("auth?"):
            # A login begins with a way to its page.
            return _answer(b"", f"Location: /{kind}/interaction/1/auth", status="302 Found")
        case "gzip-bomb":
            return _answer(_bomb(zeros, 1500), "Content-Encoding: gzip")
        case "deflate-bomb":
            return _answer(_bomb(zeros, 1500, 15), "Content-Encoding: deflate")
        case "endless-gzip":
            return _open_ended(itertools.repeat(_bomb(zeros, 50)), "Content-Encoding: gzip")
        case "gzip-of-brackets":
            return _answer(gzip.compress(DOCUMENTS["wide-json"], 1), "Content-Encoding: gzip")
        case "gzip-in-gzip":
            inner = zlib.compressobj(9, zlib.DEFLATED, 31)
            return _answer(inner.compress(_bomb(zeros, 1500)) + inner.flush(), "Content-Encoding: gzip, gzip")
        case "unasked-compression":
            return _answer(b"\x8b\x00\x80\x03", "Content-Encoding: br")
        case "damaged-gzip":
            return _answer(_bomb(b"{}", 1)[:-3], "Content-Encoding: gzip")
        case "endless-body":
            return _open_ended(_endless(b" "))
        case "endless-chunks":
            return _open_ended(_endless(b"1000\r\n" + b" " * 4096 + b"\r\n"), "Transfer-Encoding: chunked")
        case "endless-chunk-length":
            return _open_ended(_endless(b"0"), "Transfer-Encoding: chunked")
        case "endless-chunk-extension":
            return _open_ended(itertools.chain([b"1;"], _endless(b"x")), "Transfer-Encoding: chunked")
        case "endless-trailers":
            return _open_ended(itertools.chain([b"0\r\n"], _endless(b"X: y\r\n")), "Transfer-Encoding: chunked")
        case "body-of-a-lying-length":
            return _answer(zeros * 300, length=10**15)
        case "endless-header":
            return itertools.chain([b"HTTP/1.1 200 OK\r\nX: "], _endless(b"x"))
        case "endless-headers":
            return itertools.chain([b"HTTP/1.1 200 OK\r\n"], _endless(b"X: y\r\n"))
        case "endless-status":
            return itertools.chain([b"HTTP/1.1 200 "], _endless(b"x"))
        case "endless-continue":
            return _endless(b"HTTP/1.1 100 Continue\r\n\r\n")
        case "redirect-with-a-bomb":
            return _answer(_bomb(zeros, 1500), "Content-Encoding: gzip", "Location: /", status="302 Found")
        case "redirect-without-end":
            return _open_ended(_endless(b" "), "Location: /", status="302 Found")
        case "error-without-end":
            return _open_ended(_endless(b"<p>"), status="500 Oops")
        case kind if kind in _FILLINGS:
            return _answer(_page(kind, asked.partition("?")[0], number))
        case kind if kind in WEBSOCKET:
            return _answer(b"", status="404 Not Found")
        case _:
            return _answer({**DOCUMENTS, **WEB_PAGES}[kind])


def _page_with(config: bytes) -> bytes:
    """The page that ends a sign-in, with whatever it is configured with."""
    return b'<html><div id="config">' + config + b"</div></html>"


DOCUMENTS = {
    "wide-json": _wide(b"[]", 8 * _MEGABYTE - 10),
    "wide-objects": b'{"success":true,"services":' + _wide(b'{"a":{}}', 7 * _MEGABYTE) + b"}",
    "just-below-the-bound": b'{"success":true,"services":' + _wide(b'{"a":[1.5]}', 2 * _MEGABYTE) + b"}",
    "deep-json": b"[" * 7 * _MEGABYTE,
    "deep-objects": b'{"a":' * _MEGABYTE,
    "wide-characters": '{"success":true,"services":"\U0001f511'.encode() + b"x" * (8 * _MEGABYTE - 100) + b'"}',
    "huge-number": b'{"success":true,"total":' + b"9" * 4000 + b',"settings":[],"services":[]}',
    "number-beyond-python": b'{"success":true,"total":' + b"9" * 5_000_000 + b"}",
    "infinity": b'{"success":true,"total":1e999,"settings":[],"services":[]}',
    "no-number": b'{"success":true,"total":NaN,"settings":[],"services":[]}',
    "key-twice": b'{"success":false,"success":true,"settings":[],"services":[],"total":0}',
    "other-encoding": '{"success":true,"settings":[],"services":[],"total":0}'.encode("utf-16"),
    "not-utf-8": b'{"success":true,"services":[],"x":"\xff"}',
    "too-deep": b'{"success":true,"services":' + b"[" * 600 + b"]" * 600 + b"}",
}

_SHORT_NAMES = b"&ab" * (8 * _MEGABYTE // 3 - 100)
WEB_PAGES = {
    "page-of-entities": _page_with(b'{"redirectUrl":"rocketchat://auth?' + _SHORT_NAMES + b'"}'),
    "page-of-parameters": _page_with(b'{"redirectUrl":"rocketchat://auth?' + b"&a=b" * (2 * _MEGABYTE - 50) + b'"}'),
    "page-without-end": b'<div id="config">' + _SHORT_NAMES,
    "page-of-lists": _page_with(_wide(b"[]", 8 * _MEGABYTE - 100)),
    "page-of-a-number": _page_with(b'{"redirectUrl":"&#' + b"9" * 5000 + b';"}'),
    "page-of-configurations": b"<div id=config>" * (_MEGABYTE // 2),
    "page-of-state": b"window.__WIDGET_DATA__ = " + _wide(b"{}", 8 * _MEGABYTE - 100),
    "page-of-states": b"window.__WIDGET_DATA__ = " * (_MEGABYTE // 4),
    "page-of-no-text": b"\xff" * (8 * _MEGABYTE - 10),
}
"""Where a page for people is expected."""

HTTP = (
    "gzip-bomb",
    "deflate-bomb",
    "endless-gzip",
    "gzip-of-brackets",
    "gzip-in-gzip",
    "unasked-compression",
    "damaged-gzip",
    "endless-body",
    "endless-chunks",
    "endless-chunk-length",
    "endless-chunk-extension",
    "endless-trailers",
    "body-of-a-lying-length",
    "endless-header",
    "endless-headers",
    "endless-status",
    "endless-continue",
    "redirect-with-a-bomb",
    "redirect-without-end",
    "error-without-end",
    *DOCUMENTS,
)
_LISTS = {"im.list": "ims", "users.list": "users", "settings": "settings", "groups.history": "messages"}
_NUMBER = "NUMBER"
_FULL: dict[str, tuple[object, int]] = {
    "full-pages": ("\U0001f511" + "x" * 78_000, 100),
    "pages-of-lists": ([[]] * 1000, 100),
    "pages-of-many": ("", 50_000),
}
_FILLINGS: dict[str, tuple[object, int]] = {
    "endless-pages": ("", 100),
    "pages-that-repeat": ("", 100),
    "many-services": ("https://" + "ü." * 100, 20_000),
    **_FULL,
}
"""What each document of a page holds, and how many there are."""
PAGES = ("endless-pages", "pages-that-repeat")
SETTINGS = ("many-services",)
FULL_PAGES = tuple(_FULL)
"""Each of them is within the limit of one answer."""


@functools.cache
def _template(kind: str, route: str) -> bytes:
    """A page of the list that this route gives, with more to come."""
    value, size = _FILLINGS[kind]
    if route == "clients":
        return json.dumps([{"client_id": f"application{_NUMBER}-{at}"} for at in range(size)]).encode()
    if route == "client":
        # About as long as the others with all their documents.
        return json.dumps({"client_id": _NUMBER, "client_secret": "x", "name": [value] * size}).encode()
    name = {"settings": "value", "users.list": "username"}.get(route, "msg")
    documents = [
        {
            "_id": f"Accounts_OAuth_Custom-X{_NUMBER}x{at}",
            "rid": "r",
            "ts": "YEAR-01-01T00:00:00.000Z",
            "u": {"_id": "u"},
            name: value,
        }
        for at in range(size)
    ]
    total = size if kind in SETTINGS else 10**15
    page: dict[str, object] = {"success": True, "total": total, "room": {"_id": "r", "t": "p"}}
    if route in _LISTS:
        page[_LISTS[route]] = documents
    elif route == "chat.syncMessages":
        page["result"] = {"updated": documents, "cursor": {"next": _NUMBER}}
    return json.dumps(page, ensure_ascii=False, separators=(",", ":")).encode()


def _page(kind: str, route: str, number: int) -> bytes:
    """The page of that number; cheap to make, so that the server does not slow the test down."""
    number = 0 if kind == "pages-that-repeat" else number
    one = route.startswith("clients/")
    template = _template(kind, "client" if one else route)
    given = route.partition("/")[2] if one else str(number)
    return template.replace(_NUMBER.encode(), given.encode()).replace(b"YEAR", str(2000 + number).encode())


def _frame(payload: bytes, *, first: int = 0x81, length: int | None = None) -> bytes:
    return bytes([first, 127]) + (len(payload) if length is None else length).to_bytes(8, "big") + payload


def _websocket(kind: str) -> Iterator[bytes]:
    connected = _frame(b'{"msg":"connected","session":"s"}')
    match kind:
        case "endless-frame":
            return itertools.chain([_frame(b"", length=2**62)], _endless(b" "))
        case "endless-fragments":
            return itertools.chain([_frame(b" ", first=0x01)], itertools.repeat(_frame(b" " * 65536, first=0x00)))
        case "long-frame":
            return itertools.chain([connected], itertools.repeat(_frame(_wide(b"{}", 18 * _MEGABYTE)), 3))
        case "full-frame":
            return itertools.chain([connected], itertools.repeat(_frame(_wide(b"{}", _MEGABYTE - 10)), 3))
        case "deep-frame":
            return itertools.chain([connected], [_frame(b"[" * (_MEGABYTE - 10))])
        case "compressed-frame":
            return iter([_frame(_bomb(bytes(_MEGABYTE), 1500, -15), first=0xC1)])
        case kind if kind in _FLOODS:
            return itertools.chain([connected], map(_numbered(_FLOODS[kind]), itertools.count()))
        case "frame-of-no-text":
            return iter([_frame(b"\xff" * 100)])
        case _:
            return itertools.repeat(_frame(b"\xff" * 100, first=0x82))


def _pushed(text: str, fields: int = 0) -> dict[str, object]:
    """A message in a room of its own, with fields that nobody knows."""
    author = {"_id": "u", "username": "u"}
    message = {"_id": _NUMBER, "rid": _NUMBER, "ts": {"$date": 1900000000000}, "u": author, "msg": text}
    odd = {f"f{at}": 1 for at in range(fields)}
    event = {"eventName": "__my_messages__", "args": [{**message, **odd}, {"roomType": "d"}]}
    return {"msg": "changed", "collection": "stream-room-messages", "id": "id", "fields": event}


def _added(fields: dict[str, object]) -> dict[str, object]:
    event = {"msg": "added", "collection": "meteor_accounts_loginServiceConfiguration", "id": _NUMBER}
    return {**event, "fields": {"service": _NUMBER, **fields}}


def _numbered(frame: dict[str, object]) -> Callable[[int], bytes]:
    text = json.dumps(frame, ensure_ascii=False, separators=(",", ":")).encode()
    return lambda number: _frame(text.replace(_NUMBER.encode(), str(number).encode()))


FLOODS = {
    "flood-of-long-messages": _pushed("\U0001f511" + "x" * 900_000),
    "flood-of-messages": _pushed("x" * 5000),
    "flood-of-services": _added({"scope": "\U0001f511" + "x" * 900_000}),
}
"""The bot reads each frame and keeps a part of it."""
FLOODS_OF_NOTHING = {
    "frames-of-fields": _pushed("x" * 5000, 50_000),
    "frames-of-odd-services": _added({"scope": [[]] * 150_000, "clientId": [[]] * 150_000}),
}
"""The same, but what makes them long is not kept."""
_FLOODS = {**FLOODS, **FLOODS_OF_NOTHING}
WEBSOCKET = (
    *_FLOODS,
    "endless-frame",
    "endless-fragments",
    "long-frame",
    "full-frame",
    "deep-frame",
    "compressed-frame",
    "frame-of-no-text",
    "endless-nonsense",
)
HANDSHAKES = ("endless-header", "endless-headers", "endless-status", "endless-continue", "endless-body", "gzip-bomb")


@asynccontextmanager
async def hostile_server() -> AsyncIterator[str]:
    """Its address, as long as the block runs."""
    numbers = itertools.count()
    talks: set[asyncio.Task[None]] = set()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                kind, _, path = head.split(" ", 2)[1][1:].partition("/")
                if "upgrade: websocket" in head.lower() and kind in WEBSOCKET:
                    writer.write(_upgraded(head))
                    pieces = _websocket(kind)
                else:
                    pieces = _http(kind, path.removeprefix("api/v1/"), next(numbers))
                for piece in pieces:
                    writer.write(piece)
                    await writer.drain()
                    # If the other side reads everything at once, nothing else would run.
                    await asyncio.sleep(0)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(talk(reader, writer))
        talks.add(task)
        await asyncio.wait([task])
        writer.transport.abort()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for task in talks:
            task.cancel()
        await asyncio.gather(*talks, return_exceptions=True)
        await server.wait_closed()


def _upgraded(head: str) -> bytes:
    key = next(line.split(":")[1].strip() for line in head.splitlines() if line.lower().startswith("sec-websocket-key"))
    accept = base64.b64encode(hashlib.sha1((key + _GUID).encode()).digest()).decode()
    lines = ("HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade")
    return ("\r\n".join([*lines, f"Sec-WebSocket-Accept: {accept}"]) + "\r\n\r\n").encode()
