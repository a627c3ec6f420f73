"""The strict schemas of REST routes: a small part of JSON Schema, with AJV's texts (facts/rocketchat.md §1.5).

Schemas are ordinary JSON Schema documents; understood are `type`, `nullable`, `properties`, `required`,
`additionalProperties: false`, `items`, `minItems`, `minLength`, `oneOf` and `anyOf`. `strict` writes the common form.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

Schema = Mapping[str, Any]

STRING: Schema = {"type": "string"}
NAME: Schema = {"type": "string", "minLength": 1}
BOOLEAN: Schema = {"type": "boolean"}
NUMBER: Schema = {"type": "number"}
OBJECT: Schema = {"type": "object"}
ANY: Schema = {}
_TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "boolean": bool,
    "number": (int, float),
    "object": dict,
    "array": list,
}


def strict(required: Mapping[str, Schema] | None = None, optional: Mapping[str, Schema] | None = None) -> Schema:
    """An object with these properties and no other."""
    required, optional = required or {}, optional or {}
    return {
        "type": "object",
        "properties": {**required, **optional},
        "required": list(required),
        "additionalProperties": False,
    }


def array(items: Schema, at_least: int = 0) -> Schema:
    """A list of these."""
    return {"type": "array", "items": items, "minItems": at_least}


PAGED: Mapping[str, Schema] = {"count": NUMBER, "offset": NUMBER, "sort": STRING, "query": STRING, "fields": STRING}
"""What routes that answer in pages take in their query."""


def first_error(schema: Schema, value: Any) -> str | None:
    """AJV's text of the first thing that is wrong, None if nothing is."""
    for branch in ("oneOf", "anyOf"):
        if branch in schema:
            return _branches(branch, schema[branch], value)
    if value is None and schema.get("nullable"):
        return None
    kind = schema.get("type")
    if kind and not _is(kind, value):
        return f"must be {kind}"
    if isinstance(value, str) and len(value) < schema.get("minLength", 0):
        return f"must NOT have fewer than {schema['minLength']} characters"
    if isinstance(value, dict):
        return _object(schema, value)
    if isinstance(value, list):
        return _array(schema, value)
    return None


def coerced(schema: Schema, given: Mapping[str, str]) -> dict[str, Any]:
    """A query, whose values are all text, with the types of `schema` where a value can be read that way."""
    properties = schema.get("properties", {})
    return {key: _coerce(properties.get(key, {}).get("type"), value) for key, value in given.items()}


def _coerce(kind: str | None, text: str) -> Any:
    if kind == "boolean" and text in {"true", "false"}:
        return text == "true"
    if kind == "number":
        try:
            number = float(text)
        except ValueError:
            return text
        return int(number) if number.is_integer() else number
    return text


def _branches(kind: str, schemas: Iterable[Schema], value: Any) -> str | None:
    errors = [first_error(schema, value) for schema in schemas]
    fitting = errors.count(None)
    if fitting == 1 or (fitting > 1 and kind == "anyOf"):
        return None
    wanted = "exactly one schema" if kind == "oneOf" else "a schema"
    return "\n ".join([*filter(None, errors), f"must match {wanted} in {kind}"])


def _is(kind: str, value: Any) -> bool:
    return isinstance(value, _TYPES[kind]) and (kind != "number" or not isinstance(value, bool))


def _object(schema: Schema, value: dict[str, Any]) -> str | None:
    properties = schema.get("properties", {})
    for name in schema.get("required", ()):
        if name not in value:
            return f"must have required property '{name}'"
    if schema.get("additionalProperties") is False and set(value) - set(properties):
        return "must NOT have additional properties"
    errors = (first_error(properties[name], value[name]) for name in properties if name in value)
    return next((error for error in errors if error), None)


def _array(schema: Schema, value: list[Any]) -> str | None:
    if len(value) < schema.get("minItems", 0):
        return f"must NOT have fewer than {schema['minItems']} items"
    errors = (first_error(schema.get("items", {}), item) for item in value)
    return next((error for error in errors if error), None)
