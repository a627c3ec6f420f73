"""`/healthz`: whether every part of the bot works, and `/metrics`; for monitoring."""

from __future__ import annotations

import logging
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from bot.errors import ConfigError
from bot.values import Listen
from bot.web.exposition import MEDIA_TYPE
from bot.web.metrics import Metrics

Parts = Callable[[], Awaitable[Mapping[str, str | None]]]
"""Called for each request: by the name of a part, the reason why it does not work, or None. Without secrets."""


def application(parts: Parts, metrics: Metrics | None = None) -> web.Application:
    """`/healthz`: 200 and `{"status": "ok", "parts": {"database": "ok"}}`, or 503 and `failing`, with the reasons.
    `/metrics`: `bot.web.exposition`, 200 in both cases; 404 without `metrics`."""

    async def health(_request: web.Request) -> web.Response:
        reasons = dict(await parts())
        failing = any(reason is not None for reason in reasons.values())
        body = {
            "status": "failing" if failing else "ok",
            "parts": {name: reason or "ok" for name, reason in reasons.items()},
        }
        return web.json_response(body, status=503 if failing else 200, headers={"Cache-Control": "no-store"})

    async def scrape(_request: web.Request) -> web.Response:
        assert metrics is not None
        body = await metrics.scraped(await parts())
        return web.Response(body=body, headers={"Content-Type": MEDIA_TYPE, "Cache-Control": "no-store"})

    app = web.Application()
    app.router.add_get("/healthz", health)
    if metrics is not None:
        app.router.add_get("/metrics", scrape)
    return app


@asynccontextmanager
async def serving(app: web.Application, listen: Listen) -> AsyncIterator[Listen]:
    """Serves while the block runs; yields the address, with the port that was chosen. ConfigError if it is in use."""
    runner = web.AppRunner(app, access_log=None, logger=_faults(), shutdown_timeout=1.0)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, listen.host, listen.port).start()
        except OSError as error:
            raise ConfigError(f"SSOBOT_LISTEN cannot be listened on: {listen}: {why_not(error)}.") from None
        yield Listen(listen.host, runner.addresses[0][1])
    finally:
        await runner.cleanup()


def _faults() -> logging.Logger:
    """The log of the server, for the bot's own errors only: aiohttp would also quote each bad request, with a
    traceback."""
    log = logging.getLogger(__name__)
    log.addFilter(_no_bad_request)
    return log


def _no_bad_request(record: logging.LogRecord) -> bool:
    return not (record.exc_info and isinstance(record.exc_info[1], HttpProcessingError))


def why_not(error: OSError) -> str:
    """The message of the operating system. asyncio puts it into a sentence that differs between versions of Python."""
    if error.errno is not None and error.errno > 0:
        return os.strerror(error.errno).lower()
    return error.strerror or "it is not an address of this machine"
