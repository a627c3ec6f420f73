"""Limits for everything that is received: bytes of an answer, compressed or not, JSON, and the sum of several pieces.
Pure.

What exceeds a limit is refused before it costs memory: 1.5 MB of gzip can hold 1.8 GB, and a megabyte of brackets takes
twenty in memory.
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
"""Values in one JSON document, counted by the signs before them; those settings are about 40,000."""
MAX_DEPTH = 200
"""Levels of one JSON document. Python's parser recurses, up to about a thousand levels minus the current stack;
printing what was parsed recurses too, and may have less stack left."""
MAX_TOGETHER = 2 * MAX_BODY
"""Bytes of data that comes in pieces and is kept until it is complete: pages of a list, queued messages. A text may
take four times as much in Python."""
PIECE = 1024
"""Bytes added for each piece: a short one is nearly all overhead."""
LONGEST_NUMBER = 40
"""Characters of a number. JavaScript writes 17 digits at most, with a sign and an exponent."""
CHUNK = 64 * 1024
ENCODINGS = "gzip"
"""The encodings that are requested, because they can be unpacked here within the limit."""

_GZIP_OR_ZLIB = 47
"""The `wbits` with which zlib reads the header itself."""
_PACKED = frozenset({"gzip", "x-gzip", "deflate"})
_PLAIN = frozenset({"", "identity"})


class Unreadable(ValueError):
    """The response cannot be read. The text is a sentence that holds no part of it."""


class NotJson(Unreadable):
    """It was not meant to be JSON; most often it is an HTML page."""


class Intake:
    """Counts what several pieces hold together. One for each list that is read in pages, and one for each queue."""

    def __init__(self, pieces: str) -> None:
        """`pieces` names them, as the beginning of a sentence: `The pages of this list`."""
        self._pieces = pieces
        self._bytes = self._values = 0

    def take(self, size: int, values: int = 0, *, pieces: int = 1) -> None:
        """Counts one more piece, or several. Unreadable if the limit would be exceeded; then they do not count."""
        size += pieces * PIECE
        if self._bytes + size > MAX_TOGETHER:
            raise Unreadable(f"{self._pieces} are together longer than {MAX_TOGETHER // 1024 // 1024} MB.")
        if self._values + values > MAX_VALUES:
            raise Unreadable(f"{self._pieces} have too many values together.")
        self._bytes += size
        self._values += values

    def give_back(self, size: int) -> None:
        """A piece of that size is no longer kept."""
        self._bytes -= size + PIECE


def unpacked(pieces: Iterable[bytes], encoding: str) -> bytes:
    """The body, joined from its raw pieces and unpacked. `encoding` is the header Content-Encoding. Unreadable beyond
    MAX_BODY, with an encoding that was not requested, or if it is damaged."""
    encoding = encoding.strip().lower()
    if encoding in _PLAIN:
        return b"".join(pieces)
    if encoding not in _PACKED:
        raise Unreadable("It is compressed with a method that was not requested.")
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
    """The error for a body that exceeds the limit, for code that reads it in pieces."""
    return Unreadable(f"The answer is longer than {MAX_BODY // 1024 // 1024} MB.")


def read_json(data: bytes | str, at_most: int = MAX_BODY) -> Any:
    """The value of a JSON text. Unreadable if it is not JSON, if programs would parse it differently (a key twice in
    one object, NaN, huge numbers), or if it exceeds a limit of length, depth or number of values."""
    if len(data) > at_most:
        raise Unreadable("The JSON is too long.")
    try:
        text = data.decode() if isinstance(data, bytes) else data
        if values_in(text) > MAX_VALUES:
            raise Unreadable("The JSON has too many values.")
        value = _DECODER.decode(text)
        _check_depth(value)
        return value
    except Unreadable:
        raise
    except (ValueError, RecursionError):
        raise NotJson("It is not JSON.") from None


def values_in(text: bytes | str) -> int:
    """An upper bound for the number of values in a JSON text, by the signs before them; nothing is parsed."""
    if isinstance(text, str):
        return sum(map(text.count, ",[{"))
    return sum(map(text.count, (b",", b"[", b"{")))


def _check_depth(value: object) -> None:
    """Level by level: a recursive function would fail on a document that is too deep."""
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [inner for outer in level for inner in _inside(outer) if isinstance(inner, dict | list)]
        if not level:
            return
    raise Unreadable("The JSON is nested too deeply.")


def _inside(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise Unreadable("The JSON has a duplicate key.")
    return found


def _integer(digits: str) -> int:
    if len(digits) > LONGEST_NUMBER:
        raise Unreadable("The JSON has a number that is too large.")
    return int(digits)


def _float(digits: str) -> float:
    value = float(digits) if len(digits) <= LONGEST_NUMBER else math.inf
    if math.isinf(value):
        raise Unreadable("The JSON has a number that is too large.")
    return value


def _no_number(_: str) -> NoReturn:
    raise Unreadable("The JSON has a value that is not a number.")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=_integer, parse_float=_float, parse_constant=_no_number
)
