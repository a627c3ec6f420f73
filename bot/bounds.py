"""How much is taken in, whoever sends it: bytes of an answer, compressed or not, JSON, and what several pieces hold
together. Pure.

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
MAX_DEPTH = 200
"""Levels of one JSON document. Python reads up to a thousand, less what is running just then, and what it has read it
cannot always print where more is running."""
MAX_TOGETHER = 2 * MAX_BODY
"""Bytes of what comes in pieces and is kept until all of it is there: the pages of a list, messages that wait. A text
may take four times as much in Python."""
PIECE = 1024
"""Bytes for which each piece counts besides: a short one is nearly all overhead."""
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


class Intake:
    """What several pieces hold together. One for each list that is walked, and for each place where pieces wait."""

    def __init__(self, pieces: str) -> None:
        """`pieces` is what they are, the beginning of a sentence: `The pages of this list`."""
        self._pieces = pieces
        self._bytes = self._values = 0

    def take(self, size: int, values: int = 0, *, pieces: int = 1) -> None:
        """One more piece, or several. Unreadable where it would be too much, and then nothing of it counts."""
        size += pieces * PIECE
        if self._bytes + size > MAX_TOGETHER:
            raise Unreadable(f"{self._pieces} are together longer than {MAX_TOGETHER // 1024 // 1024} MB.")
        if self._values + values > MAX_VALUES:
            raise Unreadable(f"{self._pieces} have too many values together.")
        self._bytes += size
        self._values += values

    def give_back(self, size: int) -> None:
        """A piece of that size is not kept any more."""
        self._bytes -= size + PIECE


def unpacked(pieces: Iterable[bytes], encoding: str) -> bytes:
    """A body out of its raw pieces. `encoding` is the header Content-Encoding. Unreadable beyond MAX_BODY, where it
    is compressed in another way than was asked for, or damaged."""
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
    """For whoever reads a body piece by piece and has had enough."""
    return Unreadable(f"The answer is longer than {MAX_BODY // 1024 // 1024} MB.")


def read_json(data: bytes | str, at_most: int = MAX_BODY) -> Any:
    """The value of a JSON text. Unreadable where it is none, or no other program would read it alike: a key twice in
    one object, NaN, numbers without end; and where it is longer, deeper or fuller than any answer is."""
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
    """How many values a JSON text has, or more, by the signs that stand before one; nothing is read."""
    if isinstance(text, str):
        return sum(map(text.count, ",[{"))
    return sum(map(text.count, (b",", b"[", b"{")))


def _check_depth(value: object) -> None:
    """Level by level: whatever is too deep for this would be too deep for a function that calls itself, too."""
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
