"""What may be sent to Encvoy ID and what comes back, as the bot's own types. Pure.

Encvoy ID never answers some requests that it should refuse (facts/encvoy-id.md §5, "The hang"), so everything is
checked before it is sent.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from bot.connection.ports import ApplicationFields
from bot.connection.state import Application, NotVisible
from bot.encvoy.responses import not_its_own
from bot.encvoy.urls import why_refused, why_refused_as_callback
from bot.errors import UserError
from bot.secret import Secret
from bot.text import code

LONGEST_NAME = 50
LONGEST_DESCRIPTION = 255
LONGEST_SECRET = 255
NOT_TAKEN = "Encvoy ID would not accept the application like this, so I did not send it."
CORRECT_IT = (
    "Correct that address, in the application at Encvoy ID or in Rocket.Chat's setting Site_Url; then "
    "type the command again."
)
REPORT_IT = "I chose this value myself: please report it as a bug."
"""Nobody types it: it is built from checked values."""
AUTH_METHODS = frozenset({"client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt", "none"})

_CLIENT_ID = re.compile(r"[A-Za-z0-9_-]{1,100}")
_SECRET = re.compile(rf"[!-~]{{1,{LONGEST_SECRET}}}")
"""Printable ASCII without space: other characters are stored, and break the application (facts/encvoy-id.md §4, §7)."""


def check_client_id(client_id: str) -> str:
    """The id, if it can stand in a path. UserError otherwise."""
    if not _CLIENT_ID.fullmatch(client_id):
        raise UserError(
            "The id of the application in my database is not one that Encvoy ID issues.",
            why="It is empty or too long, or has characters other than letters, digits, - and _. I sent Encvoy ID no "
            "request with it.",
            fix="None of my commands writes such an id: restore a backup of the database in which it is correct.",
        )
    return client_id


def to_create(fields: ApplicationFields) -> dict[str, Any]:
    """The body of a create. UserError says what Encvoy ID would refuse or never answer.

    The secret is not part of it: Encvoy ID generates one, and accepts ours only by a later write.
    """
    if fields.name is None or fields.domain is None or fields.redirect_uris is None:
        raise ValueError("an application needs a name, a domain and redirect URIs")
    if fields.secret is not None:
        raise ValueError("the secret cannot be chosen when an application is created")
    for uri in fields.redirect_uris:
        if reason := why_refused_as_callback(uri):
            raise UserError(NOT_TAKEN, why=f"One of its redirect URIs is {code(uri)}. {reason}", fix=CORRECT_IT)
    return to_write(fields)


def to_write(fields: ApplicationFields) -> dict[str, Any]:
    """The body of a partial update, without the fields that are None. UserError as for `to_create`, but redirect URIs
    of others that break only their own sign-in are allowed."""
    for complaint, fix in _complaints(fields):
        raise UserError(NOT_TAKEN, why=complaint, fix=fix)
    body = {name: _json(value) for name, value in vars(fields).items() if value is not None}
    if "secret" in body:
        body["client_secret"] = body.pop("secret")
    return body


def _json(value: Secret | tuple[str, ...] | str | int) -> object:
    if isinstance(value, Secret):
        return value.reveal()
    return list(value) if isinstance(value, tuple) else value


def read_application(value: Any, client_id: str, route: str) -> Application | NotVisible | None:
    """An answer to GET by id (facts/encvoy-id.md §4): full, short (we have no rights on it), or absent.

    A user who may see everything gets `{"rules": []}` for an absent one. An anonymous caller gets an empty body; a user
    who has logged in and gets that was not recognised, so it proves nothing.
    """
    if value is None:
        return NotVisible(client_id, there=False)
    if not isinstance(value, dict):
        raise not_its_own(route, "It is not an application.")
    if "client_id" not in value:
        if "rules" in value:
            return None
        raise not_its_own(route, "It is not an application.")
    if value["client_id"] != client_id:
        raise not_its_own(route, "It is a different application than the requested one.")
    if not isinstance(value.get("client_secret"), str):
        return NotVisible(client_id)
    return Application(
        client_id=client_id,
        name=_text(value, "name"),
        description=_text(value, "description"),
        domain=_text(value, "domain"),
        redirect_uris=tuple(uri for uri in _list(value, "redirect_uris") if isinstance(uri, str)),
        token_endpoint_auth_method=_text(value, "token_endpoint_auth_method"),
        secret=Secret(value["client_secret"]),
        rules=frozenset(_field_names(_list(value, "rules"))),
        authorize_only_admins=value.get("authorize_only_admins") is True,
        authorize_only_employees=value.get("authorize_only_employees") is True,
        **_decisive(value),
    )


def _decisive(value: Mapping[str, Any]) -> dict[str, Any]:
    """Columns that decide whether anyone can sign in; a column that is missing in the answer has its default."""
    found: dict[str, Any] = {}
    for name in ("grant_types", "response_types"):
        if name in value:
            found[name] = tuple(str(word) for word in _list(value, name))
    for name in ("id_token_signed_response_alg", "application_type", "subject_type"):
        if name in value:
            found[name] = _text(value, name)
    ttl = value.get("access_token_ttl")
    if isinstance(ttl, int | float) and not isinstance(ttl, bool):
        found["access_token_ttl"] = ttl
    return found


def read_created(value: Any, route: str) -> str:
    """The client_id in the answer to a create. The secret beside it is weak and never used (facts/encvoy-id.md §4)."""
    client_id = value.get("client_id") if isinstance(value, dict) else None
    if not isinstance(client_id, str) or not _CLIENT_ID.fullmatch(client_id):
        raise not_its_own(route, "The response contains no client_id.")
    return client_id


def read_ids(value: Any, route: str) -> tuple[str, ...]:
    """The client_ids in a list."""
    if not isinstance(value, list):
        raise not_its_own(route, "It is not a list of applications.")
    return tuple(read_created(item, route) for item in value)


def read_tops(value: Any, route: str) -> list[bool]:
    """Of each client in a list, whether it says that it has no parent."""
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise not_its_own(route, "It is not a list of applications.")
    return [item.get("parent", "") is None for item in value]


def rule_ids(value: Any, wanted: frozenset[str], route: str) -> Mapping[str, str]:
    """Field name to the id of its rule, for the wanted ones. UserError if one is missing or switched off."""
    rules = _rules_of(value, wanted, route)
    found = {str(rule["field_name"]): str(rule.get("id")) for rule in rules if rule.get("active") is True}
    for name in sorted(wanted - found.keys()):
        known = any(rule["field_name"] == name for rule in rules)
        raise UserError(
            f"Encvoy ID cannot ask people for their field {name}.",
            why=f"Its rule for {name} is {'switched off' if known else 'missing'}.",
            fix=f"Ask an administrator of Encvoy ID to switch on the rule for {name} in its profile settings.",
        )
    return found


def ids_of_rules(value: Any, names: frozenset[str], route: str) -> tuple[str, ...]:
    """The ids of all rules of these fields, also of those that are switched off: they may still be attached."""
    return tuple(str(rule.get("id")) for rule in _rules_of(value, names, route))


def _rules_of(value: Any, names: frozenset[str], route: str) -> list[Mapping[str, Any]]:
    if not isinstance(value, list):
        raise not_its_own(route, "It is not a list of rules.")
    return [rule for rule in value if isinstance(rule, Mapping) and rule.get("field_name") in names]


def _complaints(fields: ApplicationFields) -> Iterator[tuple[str, str]]:
    """Why Encvoy ID would not accept it, and the fix."""
    name, method = fields.name, fields.token_endpoint_auth_method
    if name is not None and not (1 <= len(name) <= LONGEST_NAME and not name[0].isspace()):
        yield f"The name must have 1 to {LONGEST_NAME} characters and not start with a space.", REPORT_IT
    if fields.description is not None and len(fields.description) > LONGEST_DESCRIPTION:
        yield f"The description has more than {LONGEST_DESCRIPTION} characters.", REPORT_IT
    if fields.domain is not None and (reason := why_refused(fields.domain)):
        yield f"Its domain is {code(fields.domain)}. {reason}", CORRECT_IT
    if fields.redirect_uris is not None and not fields.redirect_uris:
        yield "There is no redirect URI.", REPORT_IT
    for uri in fields.redirect_uris or ():
        if reason := why_refused(uri):
            yield f"One of its redirect URIs is {code(uri)}. {reason}", CORRECT_IT
    if method is not None and method not in AUTH_METHODS:
        yield "Its token_endpoint_auth_method is not one that Encvoy ID knows.", REPORT_IT
    if fields.secret is not None and not _SECRET.fullmatch(fields.secret.reveal()):
        yield f"Its secret must have 1 to {LONGEST_SECRET} printable ASCII characters.", REPORT_IT


def _text(value: Mapping[str, Any], key: str) -> str:
    found = value.get(key)
    return found if isinstance(found, str) else ""


def _list(value: Mapping[str, Any], key: str) -> list[Any]:
    found = value.get(key)
    return found if isinstance(found, list) else []


def _field_names(rules: list[Any]) -> Iterator[str]:
    for rule in rules:
        if isinstance(rule, Mapping) and isinstance(rule.get("field_name"), str):
            yield rule["field_name"]
