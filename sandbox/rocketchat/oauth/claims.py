"""From what the identity route answers to an identity: id, username, e-mail, name (facts/rocketchat.md §3.5).

The order is the real server's: the known shapes of providers first, then the configured fields, then the dots in names.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from sandbox.rocketchat.documents import Document
from sandbox.rocketchat.oauth.engine import Engine
from sandbox.rocketchat.oauth.javascript import UNDEFINED, JsTypeError, member, read, regular_expression, text, truthy

_PLACE = re.compile(r"\{\{((?:(?!\}\}).)+)\}\}")
_CAPTURE = re.compile(r"^/((?!/::).*)/::(.+)")
_PATHS = {"tokenPath": "/oauth/token", "identityPath": "/me"}
_NAMES = ("name", "username", "nickname", "CharacterName", "userName", "preferred_username")


class IdentityFailed(Exception):
    """The claims make no identity, so the whole sign-in fails; the text is the real server's."""


class MappingFailed(Exception):
    """Why, without where. `kind` is the class of the JavaScript error."""

    def __init__(self, why: str, kind: str = "Error") -> None:
        super().__init__(why)
        self.kind = kind


def identity_of(claims: Any, fields: Document, engine: Engine = Engine.LEGACY) -> Document:
    """`normalised`, failing as the engine does: IdentityFailed with the service's name and the address in the text."""
    try:
        return normalised(claims, fields)
    except MappingFailed as failure:
        where = f"{fields['service']} at {address(fields, 'identityPath')}"
        if engine is Engine.MODERN:
            raise IdentityFailed(f"Failed to parse identity from {where}. {failure.kind}: {failure}") from None
        raise IdentityFailed(f"Failed to fetch identity from {where}. {failure}") from None


def address(fields: Document, path: str) -> str:
    """A path of a live record as an address: as it is where it is one, below `serverURL` otherwise. One without value
    is the default."""
    stored = fields.get(path)
    given = stored if isinstance(stored, str) else _PATHS[path]
    return given if given.startswith(("http://", "https://", "data:")) else f"{fields['serverURL']}{given}"


def normalised(claims: Any, fields: Document) -> Document:
    """The claims with `id`, `username`, `email`, `name` and `avatarUrl` as the live record `fields` wants them, each as
    the claim had it: a number stays one. What isn't there has no key. MappingFailed without the address."""
    try:
        return _mapped(_known_shapes(claims) if truthy(claims) else claims, fields)
    except JsTypeError as error:
        raise MappingFailed(str(error), "TypeError") from None


def field_name(fields: Document, field: str) -> str:
    """A configured field without the blanks around it; empty where there is none."""
    return str(fields.get(field) or "").strip()


def _mapped(found: Any, fields: Document) -> Document:
    set_: Document = {}

    def look(name: str) -> Any:
        return set_[name] if name in set_ else read(found, name)

    def view() -> Any:
        return {**found, **set_} if isinstance(found, dict) else found

    for name, field in (("username", "usernameField"), ("email", "emailField")):
        if template := field_name(fields, field):
            value = _extracted(template, view(), name)
            if not truthy(value):
                raise MappingFailed(f"CustomOAuth: Failed to extract {name}")
            set_[name] = value
    if template := field_name(fields, "avatarField"):
        set_["avatarUrl"] = _extracted(template, view(), "avatar url")
    custom = field_name(fields, "nameField")
    value = _extracted(custom, view(), "custom name") if custom else None
    set_["name"] = value if truthy(value) else _name(look)
    if not isinstance(found, dict | list):
        raise JsTypeError(f"Cannot create property '{next(iter(set_))}' on {_kind(found)} '{text(found)}'")
    whole = {**found, **set_} if isinstance(found, dict) else {str(n): item for n, item in enumerate(found)}
    return {key: value for key, value in _without_dots(whole).items() if value is not UNDEFINED}


def _kind(value: Any) -> str:
    return "string" if isinstance(value, str) else "boolean" if isinstance(value, bool) else "number"


def _name(look: Callable[[str], Any]) -> Any:
    found = next((value for name in _NAMES if truthy(value := look(name))), None)
    if found is not None:
        return found
    user = look("user")
    return member(user, "name") if truthy(user) else user


# The known shapes of providers, in the order in which they are tried.


def _known_shapes(claims: Any) -> Any:
    """The claims with `id`, and `email` and `name` where a provider keeps them elsewhere."""
    identity = dict(claims) if isinstance(claims, dict) else claims
    if isinstance(identity, dict) and not truthy(identity.get("id")) and truthy(identity.get("_id")):
        identity["id"] = identity["_id"]
    if truthy(result := member(identity, "result")):
        identity = dict(result) if isinstance(result, dict) else result
    if isinstance(identity, dict):
        _pick_id(identity)
        if not truthy(identity.get("email")) and isinstance(emails := identity.get("emails"), list) and emails:
            _put(identity, "email", value if truthy(value := read(emails[0], "address")) else UNDEFINED)
    return identity


def _pick_id(identity: Document) -> None:
    """`id` is the first that is there, unless there is one; some come with more."""
    if truthy(identity.get("id")):
        return
    for name in ("ID", "user_id", "CharacterID"):
        if truthy(identity.get(name)):
            identity["id"] = identity[name]
            return
    user = identity.get("user")
    if truthy(found := member(user, "userid")):
        second = member(user, "userid_sec")
        first = member(second, "0")
        identity["id"] = first if truthy(first) else found
        _put(identity, "email", member(user, "email"))
    elif truthy(found := member(user, "user_id")):
        identity["id"] = found
        _put(identity, "email", member(user, "user_email"))
    elif truthy(found := identity.get("phid")) or truthy(found := identity.get("sub")):
        identity["id"] = found
    elif truthy(found := member(identity.get("metadata"), "uid")):
        identity["id"] = found
        _put(identity, "name", identity.get("fullName", UNDEFINED))
    elif truthy(found := identity.get("userid")):
        identity["id"] = found
    elif truthy(found := member(data := member(identity.get("ocs"), "data"), "id")):
        identity["id"] = found
        _put(identity, "name", member(data, "displayname"))
        _put(identity, "email", member(data, "email"))


def _put(identity: Document, name: str, value: Any) -> None:
    if value is UNDEFINED:
        identity.pop(name, None)
    else:
        identity[name] = value


# Templates.


def from_template(template: str, data: Any) -> Any:
    """A dotted path, or text with `{{path}}` and `{{/^(.+)@/::path}}` in it, each part as JavaScript writes it: `null`,
    `true`, `undefined` for what isn't there. A bare path keeps what the claim is; UNDEFINED if it breaks off."""
    if not _PLACE.search(template):
        return _at(template, data)
    return _PLACE.sub(lambda place: text(_captured(place.group(1), data)), template)


def _extracted(template: str, data: Any, name: str) -> Any:
    try:
        return from_template(template, data)
    except JsTypeError:
        raise MappingFailed(f"CustomOAuth: Failed to extract {name}") from None


def _captured(formula: str, data: Any) -> Any:
    """The first group of a regular expression in the text at a path; a claim that isn't there is the text
    `undefined`, which an expression may well match."""
    parts = _CAPTURE.match(formula)
    if parts is None:
        return _at(formula, data)
    found = regular_expression(parts.group(1))(text(_at(parts.group(2), data)))
    if found is None or not found.re.groups or found.group(1) is None:
        return UNDEFINED
    return found.group(1)


def _at(path: str, data: Any) -> Any:
    """The value at a dotted path; UNDEFINED if the path breaks off."""
    for step in path.split("."):
        data = member(data, step) if truthy(data) else UNDEFINED
    return data


def _without_dots(value: Any) -> Any:
    """Keys with `_` for each dot; a leading `$` stays."""
    if isinstance(value, dict):
        return {key.replace(".", "_"): _without_dots(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_dots(item) for item in value]
    return value
