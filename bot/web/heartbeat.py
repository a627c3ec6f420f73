"""The heartbeat: tells a monitor that the bot is alive, or that a rotation needs an administrator. If the bot is dead,
the monitor hears nothing, and raises the alarm itself.

The convention is that of healthchecks.io (https://healthchecks.io/docs/http_api/): a request to the address means
alive, one to the address with `/fail` after its path means failing, and the beginning of the body is shown there.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog

from bot.addresses import plain
from bot.clock import Clock, within
from bot.errors import RemoteError, UserError, where
from bot.http import HttpClient
from bot.redaction import redact
from bot.secret import Secret

EVERY_SECONDS = 300.0
"""Between two requests, if nobody calls `beat`."""
GATHER_SECONDS = 1.0
"""Calls of `beat` within this time make one request."""
AGAIN_SECONDS = 5.0
"""Until the one repetition of a request that failed."""
TOTAL_SECONDS = 10.0
"""For one request, and for `Failing`."""
LONGEST_REASON = 200
"""Characters."""
ROUTE = "POST heartbeat"
"""Names the request in errors: the address itself is a secret."""

Failing = Callable[[], Awaitable[str | None]]
"""Asked before each request: the reason why the bot needs an administrator, without secrets; None: it does not. If it
raises or takes too long, nothing is sent, because neither is known; the monitor raises the alarm if that lasts."""

_log = structlog.get_logger()


async def _never_failing() -> str | None:
    return None


@dataclass(frozen=True)
class _Outcome:
    """What became of one request."""

    heard: bool
    """Whether the monitor accepted it."""
    what: str
    """What it was told, or why it was not."""


class Heartbeat:
    """`run` sends; `beat` makes it send now. Without an address, both do nothing."""

    def __init__(
        self,
        url: Secret | None,
        clock: Clock,
        failing: Failing = _never_failing,
        *,
        tls: ssl.SSLContext | None = None,
        timeout: float = TOTAL_SECONDS,
    ) -> None:
        """`url` as `bot.values.heartbeat` accepts it; `timeout` is in seconds, for one request."""
        self.failing = failing
        self._url = url
        self._clock = clock
        self._tls = tls
        self._timeout = timeout
        self._beat = asyncio.Event()
        self._last: _Outcome | None = None

    def beat(self) -> None:
        """Sends now and not only after the rest of the five minutes. Never waits."""
        self._beat.set()

    async def run(self) -> None:
        """Sends at once, and then until cancelled. It outlives every failure; a change of outcome is one line in the
        log, with the host of the monitor and no more of its address."""
        if self._url is None:
            return
        async with HttpClient("Monitoring", timeout=self._timeout, tls=self._tls) as http:
            while True:
                due = self._clock.monotonic() + EVERY_SECONDS
                self._note(await self._send_twice(http, self._url.reveal()))
                await self._rest(due)

    async def _rest(self, due: float) -> None:
        """Until `due`, or shortly after a beat: those that came while something was sent count too."""
        with contextlib.suppress(TimeoutError):
            await within(self._clock, due - self._clock.monotonic(), self._beat.wait())
            await self._clock.sleep(GATHER_SECONDS)
        self._beat.clear()

    async def _send_twice(self, http: HttpClient, url: str) -> _Outcome:
        """The second time, what is told is asked anew."""
        outcome = await self._send(http, url)
        if outcome.heard:
            return outcome
        await self._clock.sleep(AGAIN_SECONDS)
        return await self._send(http, url)

    async def _send(self, http: HttpClient, url: str) -> _Outcome:
        try:
            reason = await within(self._clock, TOTAL_SECONDS, self._reason())
            body = {"status": "alive"} if reason is None else {"status": "failing", "reason": reason}
            answer = await http.send("POST", url if reason is None else failing_url(url), route=ROUTE, json=body)
        except RemoteError as error:
            return _Outcome(False, error.text)
        except UserError as error:
            return _Outcome(False, f"Nothing was sent. {error.what}")
        except Exception as error:  # noqa: BLE001 - whatever `failing` does must not silence the bot for ever
            return _Outcome(False, f"Nothing was sent: {type(error).__name__} at {where(error)}.")
        if not 200 <= answer.status < 300:
            return _Outcome(False, f"Monitoring answered with status {answer.status}.")
        return _Outcome(True, body["status"])

    async def _reason(self) -> str | None:
        reason = await self.failing()
        return None if reason is None else redact(reason)[:LONGEST_REASON]

    def _note(self, outcome: _Outcome) -> None:
        if outcome == self._last or self._url is None:
            return
        self._last = outcome
        host = plain(self._url.reveal(), tail=True).host
        if outcome.heard:
            _log.info("heartbeat.heard", monitor=host, status=outcome.what)
        else:
            _log.warning("heartbeat.lost", monitor=host, reason=outcome.what)


def failing_url(url: str) -> str:
    """`https://monitor/id?create=1` → `https://monitor/id/fail?create=1`."""
    path, mark, query = url.partition("?")
    return f"{path.rstrip('/')}/fail{mark}{query}"
