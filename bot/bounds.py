"""How much of an answer is taken in, whoever sends it: bytes, compressed bytes, and JSON. Pure.

What is beyond a bound is refused before it costs anything: 1.5 MB of gzip can hold 1.8 GB, and a megabyte of brackets
takes twenty in memory.
"""

from __future__ import annotations

import json
import math
import zlib
from collections.abc import Iterable
from typing import Any, NoReturn

MAX_BODY = 8 * 1024 * 1024
"""Bytes of an answer, unpacked. All settings of a Rocket.Chat are one to two megabytes."""
MAX_VALUES = 400_000
"""Values in one JSON document, counted by the signs that stand before one; those settings are about 40,000."""
LONGEST_NUMBER = 40
"""Digits. JavaScript writes 17 of them at most, with a sign and an exponent."""
CHUNK = 64 * 1024
ENCODINGS = "gzip"
"""What may be asked for, because it can be unpacked here within the bound."""

_GZIP_OR_ZLIB = 47
"""`wbits` by which zlib looks at the header itself."""
_PACKED = frozenset({"gzip", "x-gzip", "deflate"})
_PLAIN = frozenset({"", "identity"})


class Unreadable(ValueError):
    """What came back cannot be read; its text is a sentence without any piece of it."""


class NotJson(Unreadable):
    """It was not meant to be JSON: a page, most often."""


def unpacked(pieces: Iterable[bytes], encoding: str) -> bytes:
    """A body out of its raw pieces. `encoding` is the header Content-Encoding. Unreadable beyond MAX_BODY, where it
    is compressed in another way than was asked for, or damaged."""
    encoding = encoding.strip().lower()
    if encoding in _PLAIN:
        return b"".join(pieces)
    if encoding not in _PACKED:
        raise Unreadable("It is compressed in a way that nobody asked for.")
    unpacker = zlib.decompressobj(_GZIP_OR_ZLIB)
    try:
        body = unpacker.decompress(b"".join(pieces), MAX_BODY + 1)
    except zlib.error:
        raise Unreadable("It is compressed, and damaged.") from None
    if len(body) > MAX_BODY:
        raise too_long()
    if not unpacker.eof and (body or unpacker.unconsumed_tail):
        raise Unreadable("It is compressed, and damaged.")
    return body


def too_long() -> Unreadable:
    """For whoever reads a body piece by piece and has had enough."""
    return Unreadable(f"The answer is longer than {MAX_BODY // 1024 // 1024} MB.")


def read_json(data: bytes | str, at_most: int = MAX_BODY) -> Any:
    """The value of a JSON text. Unreadable where it is none, or no other program would read it alike: a key twice in
    one object, NaN, numbers without end; and where it is longer, deeper or fuller than any answer is."""
    if len(data) > at_most:
        raise Unreadable("The JSON is too long.")
    try:
        text = data.decode() if isinstance(data, bytes) else data
        if sum(map(text.count, ",[{")) > MAX_VALUES:
            raise Unreadable("The JSON has too many values.")
        return _DECODER.decode(text)
    except Unreadable:
        raise
    except (ValueError, RecursionError):
        raise NotJson("That is not JSON.") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise Unreadable("The JSON has a key twice.")
    return found


def _integer(digits: str) -> int:
    if len(digits) > LONGEST_NUMBER:
        raise Unreadable("The JSON has a number without end.")
    return int(digits)


def _float(digits: str) -> float:
    value = float(digits) if len(digits) <= LONGEST_NUMBER else math.inf
    if math.isinf(value):
        raise Unreadable("The JSON has a number without end.")
    return value


def _no_number(_: str) -> NoReturn:
    raise Unreadable("The JSON has a number that is none.")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=_integer, parse_float=_float, parse_constant=_no_number
)
