"""Client records of the stand-in: the columns, their defaults, and the two forms in which they are answered.

Source: facts/encvoy-id.md §3.
"""

from __future__ import annotations

import json
import random
import string
from copy import deepcopy
from dataclasses import dataclass, field
from importlib import resources
from typing import Any
from urllib.parse import urlsplit

Record = dict[str, Any]
"""One row of the client table, column name to value."""

ALPHANUMERIC = string.ascii_letters + string.digits
SHORT = ("client_id", "name", "description", "domain", "avatar", "created_at")
"""Columns of the short form; `type` is added to them."""
CREDENTIALS_PROVIDER = {"id": "1", "type": "CREDENTIALS", "name": "Login/Password", "avatar": None}

DEFAULTS: Record = json.loads(
    resources.files("sandbox.encvoy").joinpath("client_defaults.json").read_text(encoding="utf-8")
)
"""Every column with the value after a minimal create."""

ORIGIN_PORTS = {"http": 80, "https": 443, "ftp": 21, "ws": 80, "wss": 443}


def origin(url: str) -> str:
    """The result of JavaScript's `new URL(url).origin`: the text `null` for a custom scheme."""
    parts = urlsplit(url)
    if parts.scheme not in ORIGIN_PORTS:
        return "null"
    port = "" if parts.port in (None, ORIGIN_PORTS[parts.scheme]) else f":{parts.port}"
    return f"{parts.scheme}://{parts.hostname}{port}"


def alphanumerics(dice: random.Random, length: int) -> str:
    """Ids and secrets as Encvoy ID generates them: not from a CSPRNG (facts/encvoy-id.md §4)."""
    return "".join(dice.choices(ALPHANUMERIC, k=length))


def default_redirect_uri(client: Record, params: dict[str, str]) -> None:
    """Adds the `redirect_uri` to parameters without one, if the client has only one."""
    if "redirect_uri" not in params and len(client["redirect_uris"]) == 1:
        params["redirect_uri"] = client["redirect_uris"][0]


@dataclass
class Clients:
    """The client table, with the rules attached to each client."""

    dice: random.Random
    main_id: str
    """Id of the main client, env CLIENT_ID."""
    by_id: dict[str, Record] = field(default_factory=dict)
    rules: dict[str, list[int]] = field(default_factory=dict)
    """client_id to the ids of attached rules."""

    def create(self, created_at: str, columns: Record) -> Record:
        """Inserts a row; the id has 22 characters and the secret 87 unless given."""
        row = deepcopy(DEFAULTS) | {"created_at": created_at}
        row |= {"client_id": alphanumerics(self.dice, 22), "client_secret": alphanumerics(self.dice, 87)} | columns
        if not row["post_logout_redirect_uris"]:
            row["post_logout_redirect_uris"] = list(dict.fromkeys(origin(uri) for uri in row["redirect_uris"]))
        self.by_id[row["client_id"]] = row
        return row

    def delete(self, client_id: str) -> list[str]:
        """Deletes a client and its children; the ids that are gone."""
        if self.by_id.pop(client_id, None) is None:
            return []
        self.rules.pop(client_id, None)
        children = [row["client_id"] for row in self.by_id.values() if row["parent_id"] == client_id]
        return [client_id, *(gone for child in children for gone in self.delete(child))]

    def parent(self, row: Record) -> Record | None:
        """`{avatar, name}` of the parent, None at the top."""
        parent = self.by_id.get(row["parent_id"] or "")
        return {"avatar": parent["avatar"], "name": parent["name"]} if parent else None

    def short(self, row: Record) -> Record:
        """What everybody may see."""
        return {name: row[name] for name in SHORT} | {"type": None}

    def listed(self, row: Record, role_count: int) -> Record:
        """An item of the list: no secret, no redirect URIs (facts/encvoy-id.md §4)."""
        return self.short(row) | {
            "catalog": row["catalog"],
            "parent": self.parent(row),
            "Provider_relations": [{"provider": dict(CREDENTIALS_PROVIDER)}],
            "_count": {"Role": role_count},
        }
