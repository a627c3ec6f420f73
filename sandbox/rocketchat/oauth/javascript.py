"""Values as JavaScript and MongoDB see them, where Python sees them otherwise. A sign-in's claims are any JSON, and
what is done with them is decided by truth, text and equality of that language.

What is not there at all (`undefined`) is `UNDEFINED`; `None` is `null`.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final, cast


class _Undefined:
    """The one value that is not there."""

    def __repr__(self) -> str:
        return "undefined"


UNDEFINED: Final = _Undefined()
_EXACT = 2**53
_DIGITS = 21
"""Up to so many digits a number is written out …"""
_SMALLEST = 7
"""… and down to fewer zeros than these behind the point."""
_SHOWN = 40
"""From so many characters on V8 shows only the beginning of a text that is no JSON."""


class JsTypeError(Exception):
    """A `TypeError`: something was asked of a value that doesn't have it."""


def parse(text: str) -> Any:
    """`JSON.parse`. Numbers beyond 2^53 lose their last digits. ValueError with V8's own words."""
    try:
        return json.loads(text, parse_int=_integer, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise ValueError(_complaint(text, error.pos)) from None


def _integer(digits: str) -> int | float:
    value = int(digits)
    return value if abs(value) <= _EXACT else float(value)


def _no_constant(word: str) -> Any:
    raise json.JSONDecodeError(word, word, 0)


def _complaint(text: str, position: int) -> str:
    if position >= len(text):
        return "Unexpected end of JSON input"
    shown = f'"{text}"' if len(text) <= _SHOWN else f'"{text[:10]}"...'
    return f"Unexpected token '{text[position]}', {shown} is not valid JSON"


def truthy(value: Any) -> bool:
    """Whether `if (value)` holds: an empty list and an empty object do."""
    if isinstance(value, list | dict):
        return True
    return value is not UNDEFINED and bool(value) and not (isinstance(value, float) and math.isnan(value))


def text(value: Any) -> str:
    """`String(value)`."""
    match value:
        case str():
            return value
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return _number(float(value))
        case list():
            return ",".join("" if item is None else text(item) for item in value)
        case dict():
            return "[object Object]"
        case _:
            return "undefined"


def _number(value: float) -> str:
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    digits = Decimal(repr(value))
    if digits == digits.to_integral_value() and digits.adjusted() < _DIGITS:
        return format(digits, "f").removesuffix(".0")
    if -_SMALLEST < digits.adjusted() < _DIGITS:
        return format(digits, "f")
    mantissa, _, exponent = repr(value).partition("e")
    return f"{mantissa}e{exponent[0]}{exponent[1:].lstrip('0')}" if exponent else mantissa


def identical(left: Any, right: Any) -> bool:
    """`left === right` for two values of different origin: two objects never are."""
    return not isinstance(left, list | dict) and same(left, right)


def same(left: Any, right: Any) -> bool:
    """Whether MongoDB takes them for equal; what is not there equals null, `1` is not `true`."""
    if left in (None, UNDEFINED) or right in (None, UNDEFINED):
        return left in (None, UNDEFINED) and right in (None, UNDEFINED)
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, int | float) and isinstance(right, int | float):
        return float(left) == float(right)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    return type(left) is type(right) and bool(left == right)


def holds(stored: Any, wanted: Any) -> bool:
    """Whether a field that holds `stored` is found by `wanted`: a list is, by itself and by each of its items."""
    return same(stored, wanted) or (isinstance(stored, list) and any(same(item, wanted) for item in stored))


def member(value: Any, name: str) -> Any:
    """`value[name]` of something that is there."""
    match value:
        case dict():
            return value.get(name, UNDEFINED)
        case list() | str():
            if name == "length":
                return len(value)
            if re.fullmatch(r"0|[1-9]\d*", name) and int(name) < len(value):
                return value[int(name)]
    return UNDEFINED


def read(value: Any, name: str) -> Any:
    """`value.name`; JsTypeError with V8's words if there is no value."""
    if value is None or value is UNDEFINED:
        raise JsTypeError(f"Cannot read properties of {text(value)} (reading '{name}')")
    return member(value, name)


def regular_expression(pattern: str) -> Callable[[str], re.Match[str] | None]:
    """`new RegExp(pattern).exec`. JsTypeError stands for the SyntaxError of one that is none."""
    try:
        return cast(
            Callable[[str], "re.Match[str] | None"],
            re.compile(re.sub(r"\(\?<(?![=!])", "(?P<", pattern), re.ASCII).search,
        )
    except re.error:
        raise JsTypeError(f"Invalid regular expression: /{pattern}/") from None
