"""From what the identity route answers to an identity: id, username, e-mail, name (facts/rocketchat.md §3.5)."""

from __future__ import annotations

import re
from typing import Any

from bot.sandbox.rocketchat.documents import Document

_PLACE = re.compile(r"\{\{((?:(?!\}\}).)+)\}\}")
_CAPTURE = re.compile(r"^/((?!/::).*)/::(.+)")
_IDS = ("id", "_id", "ID", "user_id", "CharacterID", "phid", "sub", "userid")
"""Where the id is looked for; the first that is present counts."""
_NAMES = ("name", "username", "nickname", "CharacterName", "userName", "preferred_username")


class ClaimMissing(Exception):
    """A configured field whose claim is not there; the whole login fails."""


def normalised(claims: Document, fields: Document) -> Document:
    """The claims with `id`, `username`, `email`, `name` and `avatarUrl` as the live record `fields` wants them.
    ClaimMissing if a configured username or e-mail is not there."""
    identity: Document = _without_dots(claims)
    for name in _IDS:
        if identity.get(name):
            identity["id"] = identity[name]
            break
    if not identity.get("email") and identity.get("emails"):
        identity["email"] = identity["emails"][0].get("address")
    for name, field in (("username", "usernameField"), ("email", "emailField")):
        if fields.get(field):
            value = from_template(fields[field], identity)
            if not value:
                raise ClaimMissing(f"CustomOAuth: Failed to extract {name}")
            identity[name] = str(value)
    if fields.get("avatarField") and (avatar := from_template(fields["avatarField"], identity)):
        identity["avatarUrl"] = avatar
    identity["name"] = _name(identity, fields.get("nameField"))
    return identity


def from_template(template: str, data: Document) -> Any:
    """A dotted path, or text with `{{path}}` and `{{/^(.+)@/::path}}` in it. A part that isn't there becomes the text
    `undefined`, as JavaScript's replace does it."""
    if not _PLACE.search(template):
        return _at(template, data)

    def fill(place: re.Match[str]) -> str:
        value = _captured(place.group(1), data)
        return "undefined" if value is None else str(value)

    return _PLACE.sub(fill, template)


def _captured(formula: str, data: Document) -> Any:
    parts = _CAPTURE.match(formula)
    if parts is None:
        return _at(formula, data)
    found = re.search(parts.group(1), str(_at(parts.group(2), data)))
    return found.group(1) if found and found.groups() else None


def _at(path: str, data: Any) -> Any:
    """The value at a dotted path, None if the path breaks off. Numbers reach into lists."""
    for step in path.split("."):
        if isinstance(data, dict):
            data = data.get(step)
        elif isinstance(data, list) and step.isdigit() and int(step) < len(data):
            data = data[int(step)]
        else:
            return None
    return data


def _name(identity: Document, field: str | None) -> str:
    if field and (value := from_template(field, identity)):
        return str(value)
    found = next((identity[name] for name in _NAMES if identity.get(name)), None) or _at("user.name", identity)
    return str(found) if found else ""


def _without_dots(value: Any) -> Any:
    """Keys as MongoDB takes them: `.` and a leading `$` become `_`."""
    if isinstance(value, dict):
        return {re.sub(r"^\$|\.", "_", key): _without_dots(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_dots(item) for item in value]
    return value
