"""What is said of answers that no server should give: a blank line between the answers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from bot.errors import BadAnswer
from tests.answers.conftest import Heard, failure
from tests.support.hostile_client import LISTS, by_aiohttp, by_requests, by_websocket
from tests.support.hostile_server import hostile_server

case = pytest.mark.case

WAYS: tuple[tuple[Callable[[str], Awaitable[None]], str], ...] = (
    (by_requests, "endless-body"),
    (by_requests, "unasked-compression"),
    (by_requests, "damaged-gzip"),
    (by_requests, "endless-status"),
    (by_requests, "wide-objects"),
    (by_requests, "key-twice"),
    (by_requests, "huge-number"),
    (by_requests, "no-number"),
    (by_requests, "too-deep"),
    (LISTS["settings"], "pages-that-repeat"),
    (LISTS["settings"], "full-pages"),
    (LISTS["settings"], "many-services"),
    (LISTS["settings"], "pages-of-lists"),
    (by_websocket, "endless-frame"),
    (by_websocket, "endless-status"),
    (by_websocket, "flood-of-messages"),
    (by_websocket, "flood-of-services"),
    (by_aiohttp, "gzip-bomb"),
    (by_aiohttp, "key-twice"),
    (LISTS["applications"], "full-pages"),
)


@case("Whatever the command", "A system answers with far too much, or with what cannot be read: every case")
async def test_every_answer_beyond_the_bounds(hears: Heard) -> None:
    lines = []
    async with asyncio.timeout(60), hostile_server() as url:
        for ask, kind in WAYS:
            with pytest.raises(BadAnswer) as caught:
                await ask(f"{url}/{kind}")
            lines.append(failure(caught.value))
    hears("\n\n".join(lines))
