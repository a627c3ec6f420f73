"""What create and update of a client accept: the whitelist, the rule of each field, and what makes the server hang.

Source: facts/encvoy-id.md §4 and §5 "The hang".
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from sandbox.encvoy.answers import ApiError, Hang, invalid, unexpected
from sandbox.encvoy.clients import Record

AUTH_METHODS = ("client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt", "none")

URL = re.compile(
    r"[a-z][a-z0-9+.-]*://"
    r"(?:[^\s/?#@]+@)?"
    r"(?:\d{1,3}(?:\.\d{1,3}){3}|[a-z0-9\u00a1-\uffff](?:[a-z0-9\u00a1-\uffff.-]*[a-z0-9\u00a1-\uffff])?)"
    r"(?::\d{2,5})?"
    r"(?:[/?#]\S*)?"
)
"""The one regular expression for domain, redirect_uris and post_logout_redirect_uris."""

FieldCheck = Callable[[str, Any], list[str]]
"""Field name and value in, messages out."""


def _text(longest: int, shortest: int = 0) -> FieldCheck:
    def check(name: str, value: Any) -> list[str]:
        length = len(value) if isinstance(value, str) else None
        messages = []
        if shortest and (length is None or length < shortest):
            messages.append(f"{name} must be longer than or equal to {shortest} characters")
        if length is None or length > longest:
            messages.append(f"{name} must be shorter than or equal to {longest} characters")
        if length is None:
            messages.append(f"{name} must be a string")
        return messages

    return check


def _name(name: str, value: Any) -> list[str]:
    messages = _text(50, 1)(name, value)
    if isinstance(value, str) and value[:1].isspace():
        messages.append(f"{name} must match /^\\S/ regular expression")
    return messages


def _url(name: str, value: Any) -> list[str]:
    messages = _text(2000)(name, value)
    if not isinstance(value, str) or not URL.fullmatch(value):
        messages.append(f"Invalid URL format: {name} ")
    return messages


def _urls(name: str, value: Any) -> list[str]:
    messages = []
    if any(isinstance(item, str) and len(item) > 2000 for item in value):
        messages.append(f"each value in {name} must be shorter than or equal to 2000 characters")
    if any(not isinstance(item, str) or (item and not URL.fullmatch(item)) for item in value):
        messages.append(f"Invalid URL format: {name} ")
    return messages


def _strings(name: str, value: Any) -> list[str]:
    if not isinstance(value, list):
        return [f"each value in {name} must be a string", f"{name} must be an array"]
    return [] if all(isinstance(item, str) for item in value) else [f"each value in {name} must be a string"]


def _must(text: str, fits: Callable[[Any], bool]) -> FieldCheck:
    return lambda name, value: [] if fits(value) else [f"{name} must {text}"]


def _one_of(*allowed: str) -> FieldCheck:
    return _must(f"be one of the following values: {', '.join(allowed)}", allowed.__contains__)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_boolean = _must("be a boolean value", lambda value: isinstance(value, bool))
_number = _must("be a number conforming to the specified constraints", _is_number)
_object = _must("be an object", lambda value: isinstance(value, dict))

BOOLEANS = ("catalog", "mini_widget", "authorize_only_admins", "authorize_only_employees")
SPLIT = ("grant_types", "response_types")
MUST_BE_LIST = ("redirect_uris", "post_logout_redirect_uris")
LIFE_TIMES = ("access_token_ttl", "refresh_token_ttl")
ENDPOINT_METHODS = tuple(f"{endpoint}_endpoint_auth_method" for endpoint in ("token", "introspection", "revocation"))
WIDGET_SWITCHES = (
    "show_avatar_in_widget",
    "hide_avatars_of_big_providers",
    "hide_widget_header",
    "hide_widget_footer",
    "hide_widget_create_account",
)

CREATE: dict[str, FieldCheck] = {
    "name": _name,
    "domain": _url,
    "redirect_uris": _urls,
    "description": _text(255),
    "post_logout_redirect_uris": _urls,
    **dict.fromkeys(("grant_types", "response_types", "request_uris"), _strings),
    **dict.fromkeys(ENDPOINT_METHODS, _one_of(*AUTH_METHODS)),
    "id_token_signed_response_alg": _one_of("RS256", "PS256"),
    "subject_type": _one_of("public", "pairwise"),
    **dict.fromkeys((*BOOLEANS, "require_auth_time", "require_signed_request_object"), _boolean),
    "type_id": _text(255),
}
UPDATE: dict[str, FieldCheck] = CREATE | {
    **dict.fromkeys(("client_secret", "cover_mode", "widget_title"), _text(255)),
    "application_type": _one_of("web", "native"),
    **dict.fromkeys(LIFE_TIMES, _number),
    **dict.fromkeys(WIDGET_SWITCHES, _boolean),
    "required_providers_ids": _strings,
    "widget_colors": _object,
    **dict.fromkeys(("widget_info", "widget_info_out"), _text(2000)),
}
NULLABLE = frozenset({"name", "domain", "description", "type_id"})
FORBIDDEN_ON_MAIN = (
    *MUST_BE_LIST,
    "client_secret",
    "request_uris",
    *ENDPOINT_METHODS,
    "require_signed_request_object",
    "id_token_signed_response_alg",
    "require_auth_time",
    "response_types",
    "subject_type",
)
"""Of several in one request, the first of this order is named in the answer."""


def _converted(name: str, value: Any) -> Any:
    if name in BOOLEANS and value in ("true", "false"):
        return value == "true"
    if name in SPLIT and isinstance(value, str):
        return value.split(",")
    return value


def _checked(body: Any, rules: dict[str, FieldCheck]) -> Record:
    """The accepted columns; raises ApiError with every message, or Hang if the validator itself would crash."""
    if not isinstance(body, dict):
        raise invalid(["Unexpected value"])
    columns = {name: _converted(name, value) for name, value in body.items()}
    if any(not isinstance(columns[name], list) for name in MUST_BE_LIST if columns.get(name) is not None):
        raise Hang
    messages = unexpected(columns, rules)
    for name, value in columns.items():
        if name in rules and value is not None:
            messages += rules[name](name, value)
    if messages:
        raise invalid(messages)
    return columns


def for_create(body: Any, *, form: bool) -> Record:
    """Columns of a new client. A form-encoded body, and a missing domain or redirect_uris, make the server hang."""
    if form or not isinstance(body, dict) or body.get("domain") is None or body.get("redirect_uris") is None:
        raise Hang
    if "" in (body["redirect_uris"] or ()):
        raise Hang
    if body.get("name") is None:
        _checked({key: value for key, value in body.items() if key != "name"}, CREATE)
        raise invalid(_name("name", None))
    columns = _checked(body, CREATE)
    columns.pop("mini_widget", None)
    columns.pop("type_id", None)
    return {name: value for name, value in columns.items() if value is not None}


def for_update(body: Any, *, main: bool) -> Record:
    """Columns to change. `null` is stored for some; for others it is a database error, so the server hangs."""
    for name in FORBIDDEN_ON_MAIN if main and isinstance(body, dict) else ():
        if name in body:
            raise ApiError(400, "T3E0067", details=name)
    columns = _checked(body, UPDATE)
    if any(value is None and name not in NULLABLE for name, value in columns.items()):
        raise Hang
    columns.pop("type_id", None)
    return columns | {name: int(columns[name]) for name in LIFE_TIMES if name in columns}
