"""The bodies of requests to the backend, as its framework parses them."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web

from sandbox.encvoy.answers import ApiError, invalid


async def json_body(request: web.Request) -> Any:
    """The parsed JSON; a form as a mapping of texts; ApiError 400 with the parser's message for broken JSON."""
    if request.content_type == "application/x-www-form-urlencoded":
        return dict(await request.post())
    if request.content_type != "application/json":
        return {}
    text = await request.text()
    try:
        return json.loads(text) if text else {}
    except json.JSONDecodeError as error:
        raise ApiError(400, text=f"Unexpected token in JSON at position {error.pos}") from None


async def json_object(request: web.Request) -> dict[str, Any]:
    """The same if only an object is accepted."""
    body = await json_body(request)
    if not isinstance(body, dict):
        raise invalid(["Unexpected value"])
    return body
