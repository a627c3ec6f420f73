"""The situations of docs/facts/sign-ins.json: who is there, who comes, and how the real code let them end."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from sandbox.ledger import Ledger
from sandbox.rocketchat.oauth.engine import Engine
from sandbox.rocketchat.oauth.hooks import Hooks
from sandbox.rocketchat.oauth.resolve import AccountResolver
from sandbox.rocketchat.people import People, User
from sandbox.rocketchat.settings import Settings
from sandbox.rocketchat.workspace_settings import seed, workspace_settings

SERVICE = "encvoyid"
SITUATIONS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[4] / "docs/facts/sign-ins.json").read_text(encoding="utf-8")
)
EACH = [pytest.param(one, id=one["name"]) for one in SITUATIONS]


def expected(situation: dict[str, Any], engine: Engine) -> list[dict[str, Any]]:
    """How each step ends; the modern engine as the legacy one where nothing else is written."""
    ends: list[dict[str, Any]] = situation.get(engine.value, situation["legacy"])
    return ends


def fields_at(situation: dict[str, Any], step: dict[str, Any]) -> dict[str, Any]:
    """The service's configuration at that step."""
    return {**situation["fields"], **step.get("fields", {})}


def workspace_of(situation: dict[str, Any], engine: Engine) -> AccountResolver:
    """With the situation's settings, and nobody in it yet."""
    settings = Settings(Ledger(), lambda _: False)
    seed(settings, workspace_settings("https://chat.example", "x", modern_flow=True))
    for name, value in situation["settings"].items():
        settings.write(name, value)
    return AccountResolver(People(lambda: datetime(2026, 11, 27, tzinfo=UTC)), settings, Hooks(engine))


def settle_people(people: People, situation: dict[str, Any]) -> None:
    """The administrator, and the accounts from before single sign-on."""
    admin = [{"address": "admin@chat.example", "verified": True}]
    people.add("admin", name="Administrator", password="p", roles=["admin", "user"], emails=admin)
    for local in situation["locals"]:
        people.add(
            local["username"],
            name=local["name"],
            password="p",
            emails=[{"address": local["email"], "verified": local["verified"]}],
            active=local.get("active", True),
        )


def ended(people: People, came: User | str) -> dict[str, Any]:
    """What the file says of an end: who came in or the refusal, and how many people there are then."""
    if isinstance(came, str):
        return {"error": came, "n": len(people)}
    marks = {
        "pw": came.password_digest is not None,
        "chpw": came.require_password_change,
        "email2fa": bool(came.services.get("email2fa", {}).get("enabled")),
    }
    return {
        "who": [user.id for user in people].index(came.id),
        "username": came.username,
        "name": came.name,
        "emails": [[one["address"], one["verified"]] for one in came.emails],
        "roles": came.roles,
        **{name: True for name, there in marks.items() if there},
        "n": len(people),
    }
