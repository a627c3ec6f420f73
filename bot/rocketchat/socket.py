"""The socket to Rocket.Chat: opened again whenever it is lost, and nothing lost between two of them.

`bot.rocketchat.ddp` knows the protocol, `bot.rocketchat.live` the login services, `bot.rocketchat.horizon` what may
have been missed. This file only moves frames, and must survive anything.
"""

from __future__ import annotations

import asyncio
import random
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

import aiohttp
import structlog

from bot.chatops.ports import Message
from bot.clock import Clock
from bot.errors import BadAnswer, Rejected, RemoteError, Unreachable
from bot.rocketchat import events
from bot.rocketchat.ddp import ClientProtocol
from bot.rocketchat.horizon import Horizon
from bot.rocketchat.live import LiveTable
from bot.rocketchat.messages import message_from
from bot.rocketchat.upgrade import network_error, open_websocket, plain_session
from bot.rocketchat.upgrade import websocket_url as _websocket_url
from bot.secret import Secret
from bot.trust import client_context

RETRY_FIRST, RETRY_MOST = 0.3, 20.0
"""Seconds; the bound of the pause doubles from one to the other, the pause is anything below it."""
STABLE_AFTER = 30.0
"""Seconds after which a connection counts as good, and its loss as the first."""
TICK_AT_MOST = 1.0
"""Seconds by which something due in the protocol may be late."""
HOLD_AT_MOST = 10.0
"""Seconds for which new messages wait for missed ones. A catch-up that hangs must not make the bot deaf."""

CatchUp = Callable[[datetime], Awaitable[Iterable[Message]]]
"""Asks for the messages from a moment of the server's clock on, in any order, `caught_up` set."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class RealtimeState:
    """For health and status. `connected`: logged in, and messages are pushed."""

    connected: bool
    since: datetime
    """Of our clock."""
    error: RemoteError | None = None
    """Why it is not connected, as far as that is known."""


def _ignore(_: RealtimeState) -> None: ...


class RealtimeClient:
    """`run` keeps the socket; `messages` gives out what comes over it; `live` shows the live login services."""

    def __init__(
        self,
        url: str,
        user_id: str,
        token: Secret,
        clock: Clock,
        catch_up: CatchUp,
        *,
        started: datetime | None = None,
        tls: ssl.SSLContext | None = None,
        on_state: Callable[[RealtimeState], None] = _ignore,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        """`started` is the start of the bot by the server's clock: no older message is caught up. `jitter` gives a
        number from 0 to 1. `on_state` is called in the loop, and must not block."""
        self.live = LiveTable()
        self._url, self._user_id, self._token = _websocket_url(url), user_id, token
        self._clock = clock
        self._ask = catch_up
        self._tls = tls or client_context()
        self._on_state = on_state
        self._jitter = jitter
        self._state = RealtimeState(connected=False, since=clock.now())
        self._horizon = Horizon(started or clock.now())
        self._queue: asyncio.Queue[Message] = asyncio.Queue()
        self._held: list[Message] | None = None
        self._catching_up: asyncio.Task[None] | None = None
        self._connected_at: float | None = None

    @property
    def state(self) -> RealtimeState:
        """Now."""
        return self._state

    async def messages(self) -> AsyncIterator[Message]:
        """See `bot.chatops.ports.Listener`; for one reader. Some come twice, none is left out."""
        while True:
            yield await self._queue.get()

    async def run(self) -> None:
        """Keeps a socket open until cancelled, whatever happens."""
        failures = 0
        while True:
            self._connected_at = None
            try:
                error = await self._one_socket()
            except RemoteError as failure:
                error = failure
            except Exception as failure:  # noqa: BLE001 - one of the two places that must survive anything
                log.error("realtime.bug", error=type(failure).__name__, where=_where(failure))
                error = Unreachable("Rocket.Chat", "websocket", code="internal")
            connected_at = self._connected_at
            stable = connected_at is not None and self._clock.monotonic() - connected_at >= STABLE_AFTER
            failures = 0 if stable else failures
            pause = self._jitter() * min(RETRY_MOST, RETRY_FIRST * 2.0 ** min(failures, 16))
            failures += 1
            log.info("realtime.lost", error=error.text, retry_in=round(pause, 2))
            await self._clock.sleep(pause)

    # -- one socket

    async def _one_socket(self) -> RemoteError:
        """From opening to its end; returns or raises why it ended."""
        error: RemoteError | None = None
        try:
            async with plain_session(self._tls) as session:
                websocket = await open_websocket(session, self._url, self._clock)
                try:
                    error = await self._converse(websocket)
                finally:
                    await websocket.close()
        except RemoteError as failure:
            error = failure
        finally:
            await self._cut_off(error)
        return error

    async def _converse(self, websocket: aiohttp.ClientWebSocketResponse) -> RemoteError:
        core = ClientProtocol(self._user_id, self._token, self._clock.monotonic())
        both = [asyncio.create_task(self._read(websocket, core)), asyncio.create_task(self._keep_time(websocket, core))]
        try:
            done, _ = await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            return next(iter(done)).result()
        except (aiohttp.ClientError, OSError) as failure:
            return network_error(failure)
        finally:
            for task in both:
                task.cancel()
            await asyncio.gather(*both, return_exceptions=True)

    async def _read(self, websocket: aiohttp.ClientWebSocketResponse, core: ClientProtocol) -> RemoteError:
        await _send(websocket, core)
        async for frame in websocket:
            if isinstance(frame.data, aiohttp.WebSocketError):
                return BadAnswer("Rocket.Chat", "websocket", why="A frame is too long, or none at all.")
            if frame.type not in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY):
                break
            at = self._clock.monotonic()
            error = self._take(core.receive(frame.data, at), at)
            if error is not None:
                return error
            await _send(websocket, core)
        return Unreachable("Rocket.Chat", "websocket", code="closed")

    async def _keep_time(self, websocket: aiohttp.ClientWebSocketResponse, core: ClientProtocol) -> RemoteError:
        while True:
            at = self._clock.monotonic()
            error = self._take(core.tick(at), at)
            if error is not None:
                return error
            await _send(websocket, core)
            await self._clock.sleep(min(TICK_AT_MOST, max(0.0, core.wake_at - at)))

    async def _cut_off(self, error: RemoteError | None) -> None:
        """The socket is gone: nothing is known any more, and what was held back has waited long enough."""
        self.live.lost("The websocket to Rocket.Chat is down.", self._clock.monotonic())
        self._messages_stopped()
        self._release()
        self._set_state(False, error)

    # -- what the protocol tells

    def _take(self, happened: list[events.Event], at: float) -> RemoteError | None:
        """Handles events in the moment they came; returns why the socket is of no more use, if it is not."""
        for event in happened:
            match event:
                case events.MessagePushed(document=document, room_type=room_type):
                    self._pushed(message_from(document, room_type=room_type))
                case events.MessagesReady():
                    self._messages_flow(at)
                case events.MessagesRefused(code=code, retry_in=retry_in):
                    self._messages_stopped()
                    self._set_state(False, Rejected("Rocket.Chat", "websocket subscription to messages", code=code))
                    log.warning("realtime.messages_refused", code=code, retry_in=retry_in)
                case events.LoggedIn():
                    log.info("realtime.logged_in")
                case events.LoginFailed(error=error, retry_in=retry_in):
                    self._set_state(False, error)
                    log.warning("realtime.login_failed", error=error.text, retry_in=retry_in)
                case events.ProtocolComplaint(reason=reason):
                    log.warning("realtime.complaint", reason=reason)
                case events.Lost(error=error):
                    return error
                case _:
                    self.live.apply(event, at)
        return None

    def _pushed(self, message: Message | None) -> None:
        if message is None:
            log.info("realtime.no_message")
            return
        self._horizon.saw(message.ts)
        if self._held is None:
            self._queue.put_nowait(message)
        else:
            self._held.append(message)

    def _messages_flow(self, at: float) -> None:
        """Subscribed first, asked afterwards: a message between the two is found twice, not never."""
        self._connected_at = at
        self._set_state(True, None)
        gap = self._horizon.gap
        if gap is not None:
            self._held = self._held or []
            self._catching_up = asyncio.create_task(self._catch_up(gap))

    def _messages_stopped(self) -> None:
        self._horizon.open()
        if self._catching_up is not None:
            self._catching_up.cancel()
            self._catching_up = None

    # -- what was missed

    async def _catch_up(self, since: datetime) -> None:
        """Asks until it is answered. The new messages wait for the first try only."""
        patience = asyncio.create_task(self._lose_patience())
        failures = 0
        try:
            while True:
                try:
                    found = await self._ask(since)
                except RemoteError as error:
                    log.warning("realtime.catch_up_failed", error=error.text)
                except Exception as failure:  # noqa: BLE001 - part of the same loop: a bug here must not leave it deaf
                    log.error("realtime.catch_up_bug", error=type(failure).__name__, where=_where(failure))
                else:
                    break
                self._release()
                pause = self._jitter() * min(RETRY_MOST, RETRY_FIRST * 2.0 ** min(failures, 16))
                failures += 1
                await self._clock.sleep(pause)
        finally:
            patience.cancel()
        # A change of an older message is found too, by the time of the change: that one was not missed.
        missed = [message for message in found if message.ts >= since]
        for message in missed:
            self._horizon.saw(message.ts)
        self._horizon.close()
        # Rooms are asked one after the other, so what was pushed meanwhile may be older than what was found.
        self._held = sorted([*missed, *(self._held or ())], key=lambda message: message.ts)
        self._release()

    async def _lose_patience(self) -> None:
        await self._clock.sleep(HOLD_AT_MOST)
        self._release()

    def _release(self) -> None:
        held, self._held = self._held, None
        for message in held or ():
            self._queue.put_nowait(message)

    def _set_state(self, connected: bool, error: RemoteError | None) -> None:
        since = self._state.since if connected == self._state.connected else self._clock.now()
        state = RealtimeState(connected, since, error)
        if state != self._state:
            self._state = state
            self._on_state(state)


async def _send(websocket: aiohttp.ClientWebSocketResponse, core: ClientProtocol) -> None:
    for text in core.frames():
        await websocket.send_str(text)


def _where(failure: BaseException) -> str:
    """File and line, without the text of the error and without any value."""
    trace = failure.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno}" if trace else "unknown"
