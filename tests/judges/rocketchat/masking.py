"""Secrets of recorded bodies, each replaced by a text of the same shape: as long, letters for letters, digits for
digits, and hexadecimal where it was.

Two nets: fields whose value is a secret whoever made it, and every secret that is known to the watch of the suite.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

SECRET_FIELDS = frozenset(
    {
        "authToken",
        "code",
        "credentialSecret",
        "credentialToken",
        "digest",
        "hashedToken",
        "loginToken",
        "password",
        "resume",
        "secret",
        "state",
        "token",
        "twoFactorCode",
    }
)
_DIGIT, _UPPER, _OTHER = re.compile(r"\d"), re.compile(r"[A-Z]"), re.compile(r"[^\W\d_A]")


def shape(text: str) -> str:
    """`Ab9-_x` becomes `Aa0-_a`."""
    return _OTHER.sub("a", _UPPER.sub("A", _DIGIT.sub("0", text)))


def masked_fields(value: Any) -> Any:
    """A copy of a JSON document in which no secret field holds its secret."""
    match value:
        case dict():
            secret = str(value.get("_id", "")).endswith("-secret")
            return {
                key: shaped(item) if key in SECRET_FIELDS or (secret and key == "value") else masked_fields(item)
                for key, item in value.items()
            }
        case list():
            return [masked_fields(item) for item in value]
        case str() if value[:1] == "{":
            return _masked_inner(value)
        case _:
            return value


def shaped(value: Any) -> Any:
    """Every text in it by its shape."""
    match value:
        case str():
            return shape(value)
        case dict():
            return {key: shaped(item) for key, item in value.items()}
        case list():
            return [shaped(item) for item in value]
        case _:
            return value


def masked_text(text: str, secrets: Iterable[str]) -> str:
    """The text with every one of these secrets by its shape, also where it stands as JSON or an address writes it."""
    forms = {form for secret in secrets for form in (secret, json.dumps(secret)[1:-1], quote(secret, safe=""))}
    if not forms:
        return text
    pattern = re.compile("|".join(re.escape(form) for form in sorted(forms, key=len, reverse=True)))
    return pattern.sub(lambda found: shape(found[0]), text)


def _masked_inner(text: str) -> str:
    """JSON inside a text, as `method.call` sends it."""
    try:
        inner = json.loads(text)
    except ValueError:
        return text
    return json.dumps(masked_fields(inner))
