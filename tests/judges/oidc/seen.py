"""What is compared of an answer: its facets, with everything taken out that is by chance.

Addresses become `DOMAIN`, codes and ids their length, moments their distance from now, signed tokens their content.
"""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterable, Mapping
from http.cookies import SimpleCookie
from typing import Any

from tests.judges.oidc.sides import Side
from tests.support.idp_browser import Answer

HEADERS = ("Content-Type", "Cache-Control", "Pragma", "WWW-Authenticate", "Location", "Allow")
JWT = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]+")
OPAQUE = re.compile(r"(?<![\w-])[\w-]{43}(?![\w-])")
UID = re.compile(r"(/interaction/|/auth/|:request_uri:)[\w-]{21}(?![\w-])")
UID_GONE = r"\1<21>"
HEX = re.compile(r"\b[0-9a-f]{64}\b")
STRONG = re.compile(r"<pre><strong>(\w+)</strong>: (.*?)</pre>", re.DOTALL)
TITLE = re.compile(r"<title>(.*?)</title>")
INPUT = re.compile(r'<input type="hidden" name="(\w+)" value="(.*?)"')
HASHES = ("at_hash", "c_hash")
MOMENTS = ("iat", "exp", "auth_time")
GUARDS = ("xsrf",)
UNORDERED = re.compile(r"_supported$")
"""Members of discovery whose order says nothing."""

Facets = dict[str, Any]


def facets(answer: Answer, side: Side) -> Facets:
    """Everything that is compared, by the name of the facet."""
    found: Facets = {"status": answer.status}
    found |= {name: _plain(answer.headers[name], side) for name in HEADERS if name in answer.headers}
    return found | {"body": _body(answer, side), "Set-Cookie": _cookies(answer)}


def differing(one: Iterable[Facets], other: Iterable[Facets]) -> dict[str, tuple[Any, Any]]:
    """The facets that differ, each under its name and the number of the answer in which it does first."""
    found: dict[str, tuple[Any, Any]] = {}
    for number, (left, right) in enumerate(zip(one, other, strict=True), 1):
        for name in {**left, **right}:
            pair = left.get(name), right.get(name)
            if pair[0] != pair[1]:
                found[f"{number} {name}"] = pair
    return found


def _plain(text: str, side: Side) -> str:
    text = text.replace(side.url, "DOMAIN").replace(side.url.replace("://", "%3A//"), "DOMAIN")
    text = text.replace(side.url.replace(":", "%3A").replace("/", "%2F"), "DOMAIN")
    text = JWT.sub(lambda found: json.dumps(_jwt(found[0], side), sort_keys=True), text)
    return UID.sub(UID_GONE, OPAQUE.sub("<43>", HEX.sub("<64 hex>", text)))


def _body(answer: Answer, side: Side) -> Any:
    if answer.text and answer.kind.endswith("json"):
        return _value("", answer.json, side)
    if answer.kind != "text/html" or "Location" in answer.headers:
        return _plain(answer.text, side)
    title = TITLE.search(answer.text)
    members = [*STRONG.findall(answer.text), *INPUT.findall(answer.text)]
    return {
        "title": title[1] if title else None,
        "members": {name: _plain(html.unescape(value), side) for name, value in members if name not in GUARDS},
    }


def _value(name: str, value: Any, side: Side) -> Any:
    if isinstance(value, Mapping):
        return {key: _value(key, inner, side) for key, inner in value.items()}
    if isinstance(value, list):
        inner = [_value("", item, side) for item in value]
        return sorted(inner) if UNORDERED.search(name) else inner
    if name in MOMENTS:
        return f"{round((value - side.now) / 60)} minutes from now"
    if name in HASHES or (name == "n" and len(value) > 43):
        return f"<{len(value)}>"
    return _plain(value, side) if isinstance(value, str) else value


def _jwt(token: str, side: Side) -> Any:
    parts = [base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in token.split(".")[:2]]
    return [_value("", json.loads(part), side) for part in parts]


def _cookies(answer: Answer) -> list[str]:
    """One line for each cookie that is set or taken back. One name may stand for several paths."""
    lines = []
    for header in answer.headers.getall("Set-Cookie", []):
        [(name, morsel)] = SimpleCookie(header).items()
        words = ["taken back" if "1970" in morsel["expires"] else "set", f"Path={UID.sub(UID_GONE, morsel['path'])}"]
        words += [key for key in ("expires", "max-age", "httponly", "secure") if morsel[key]]
        words += [f"SameSite={morsel['samesite'].lower()}", f"{len(morsel.value)} characters"]
        lines.append(f"{name}: {', '.join(words)}")
    return sorted(lines)
