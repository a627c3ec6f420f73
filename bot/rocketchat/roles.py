"""The roles of a Rocket.Chat, and who holds them (facts/rocketchat.md §6)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.errors import Rejected
from bot.rocketchat.responses import not_its_own
from bot.rocketchat.rest import Rest

LIST = "roles.list"
HOLDERS = "roles.getUsersInRole"


async def roles(rest: Rest) -> Mapping[str, str]:
    """Id to name. Built-in roles have the same id and name; a custom role has a random id."""
    listed = (await rest.get(LIST)).get("roles")
    if not isinstance(listed, list):
        raise not_its_own(f"GET /api/v1/{LIST}")
    documents = [one for one in listed if isinstance(one, Mapping) and isinstance(one.get("_id"), str)]
    return {one["_id"]: str(one.get("name") or one["_id"]) for one in documents}


async def holders(rest: Rest, role_id: str, name: str) -> tuple[str, ...]:
    """User ids of those who have the role globally, from one page of the list. From 8.0 on, the server expects the id,
    before that the name. Forbidden without `access-permissions`."""
    try:
        answer = await rest.get(HOLDERS, role=role_id)
    except Rejected:
        if name == role_id:
            raise
        answer = await rest.get(HOLDERS, role=name)
    return _ids(answer)


def _ids(answer: Mapping[str, Any]) -> tuple[str, ...]:
    people = answer.get("users")
    if not isinstance(people, list):
        raise not_its_own(f"GET /api/v1/{HOLDERS}")
    return tuple(str(one["_id"]) for one in people if isinstance(one, Mapping) and "_id" in one)
