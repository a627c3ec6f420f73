"""Many settings in one write: what the bulk route and the method `saveSettings` check (facts/rocketchat.md §2.4)."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from sandbox.rocketchat.documents import Document
from sandbox.rocketchat.instance import Instance
from sandbox.rocketchat.problems import MatchError, MeteorError
from sandbox.rocketchat.settings import Setting, Settings

_JSON = "Invalid JSON provided"


def save_bulk(
    settings: Settings, may: Callable[[str, str], bool], user_id: str, rows: list[Document], instance: Instance
) -> None:
    """Everything is checked before the first write: each type, then the permissions. A setting that doesn't exist takes
    any text, and nothing is stored of it."""
    edit = may(user_id, "edit-privileged-setting")
    selected = may(user_id, "manage-selected-settings")
    refused = []
    for row in rows:
        if edit or (selected and may(user_id, f"change-setting-{row['_id']}")):
            _check(settings.find(row["_id"]), row["value"])
        else:
            refused.append(row["_id"])
    if refused:
        details = {"method": "saveSettings", "settingIds": refused}
        raise MeteorError("error-action-not-allowed", "Editing settings is not allowed", details)
    values = {row["_id"]: row["value"] for row in rows}
    settings.admit(values)
    instance.save_all(values)


def _check(setting: Setting | None, value: Any) -> None:
    match setting.type if setting else "string":
        case "boolean":
            _match("boolean", value)
        case "int":
            _match("number", value)
            if not float(value).is_integer():
                details = {"method": "saveSettings"}
                raise MeteorError("error-invalid-setting-value", f"Invalid setting value {value}", details)
        case "code" if setting and setting.code == "application/json":
            _match("string", value)
            _match_json(value)
        case _:
            _match("string", value)


def _match(expected: str, value: Any) -> None:
    """Meteor's `check`."""
    if _type_of(value) != expected:
        raise MatchError(f"Match error: Expected {expected}, got {_type_of(value)}")


def _type_of(value: Any) -> str:
    """JavaScript's `typeof`, with a word for null."""
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str():
            return "string"
        case _:
            return "object"


def _match_json(text: str) -> None:
    try:
        json.loads(text or "null")
    except ValueError:
        raise MeteorError(_JSON) from None
