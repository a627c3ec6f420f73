"""Which server answers at `Site_Url`, where people come back after they signed in.

Sends no credentials: it may be any server.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.bounds import Unreadable, read_json
from bot.connection.profile import alike
from bot.connection.reachable import Site
from bot.connection.unknown import Unknown
from bot.errors import RemoteError
from bot.http import HttpClient, HttpResponse
from bot.rocketchat.server import ServerFacts, version_from

ID = "uniqueID"
"""A public setting, another one in each workspace."""
ABSENT = frozenset({200, 404, 405, 410})
"""Statuses of a server that answers, but has no such route or a page instead."""


async def who_answers(site_url: str, http: HttpClient, facts: ServerFacts) -> Site | Unknown:
    """By `<Site_Url>/api/info`, sub-path included, and by the id of the workspace. Never fails."""
    if not site_url.startswith(("http://", "https://")):
        return Unknown("It is not the address of a web server.")
    try:
        answer = await http.send("GET", f"{site_url}/api/info", route="GET <Site_Url>/api/info")
    except RemoteError as error:
        return Unknown(f"From here it cannot be reached. {error.why}".strip())
    if answer.status not in ABSENT:
        return Unknown(f"It responds with status {answer.status} from here.")
    try:
        version = version_from(_object(answer))
    except RemoteError:
        return Site.STRANGER
    try:
        same = await _one_workspace(site_url, http, facts)
        if same is None:
            same = alike(version, await facts.version())
        return Site.OURS if same else Site.ANOTHER
    except RemoteError as error:
        return Unknown(error.text)


async def _one_workspace(site_url: str, http: HttpClient, facts: ServerFacts) -> bool | None:
    """By their ids, which differ between any two, while two servers of one may be of two versions in an upgrade; None
    where one of them does not say."""
    own = (await facts.public_settings(ID)).get(ID)
    url = f"{site_url}/api/v1/settings.public?_id={ID}"
    there = _object(await http.send("GET", url, route="GET <Site_Url>/api/v1/settings.public")).get("settings")
    rows = [row for row in there if isinstance(row, Mapping)] if isinstance(there, list) else []
    other = next((row.get("value") for row in rows if row.get("_id") == ID), None)
    return own == other if own and other else None


def _object(answer: HttpResponse) -> Mapping[str, Any]:
    try:
        value = read_json(answer.body)
    except Unreadable:
        return {}
    return value if isinstance(value, Mapping) else {}
