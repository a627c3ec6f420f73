"""The socket to Rocket.Chat: opened again when it is lost, without losing messages in between.

`bot.rocketchat.ddp` knows the protocol, `bot.rocketchat.live` the login services, `bot.rocketchat.catch_up` what was
missed. This file only moves frames, and must survive any error.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import ssl
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime

import aiohttp
import structlog

from bot.chatops.ports import Message
from bot.clock import Backoff, Clock
from bot.errors import BadAnswer, Rejected, RemoteError, Unreachable, where
from bot.rocketchat import events
from bot.rocketchat.catch_up import CatchUp, History, Time
from bot.rocketchat.ddp import ClientProtocol
from bot.rocketchat.live import LiveTable
from bot.rocketchat.message_queue import MessageQueue
from bot.rocketchat.messages import message_from
from bot.rocketchat.websocket import broken, close_websocket, open_websocket, plain_session, send_frames
from bot.rocketchat.websocket import websocket_url as _websocket_url
from bot.secret import Secret
from bot.tls import client_context

RETRY_FIRST, RETRY_MOST = 0.3, 20.0
"""Seconds; the bound of the pause doubles from one to the other, the pause is anything below it."""
STABLE_AFTER = 30.0
"""Seconds after which a connection counts as good, and its loss as the first."""
TICK_AT_MOST = 1.0
"""Seconds by which something due in the protocol may be late."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class RealtimeState:
    """For health and status. `connected`: logged in, and messages are pushed."""

    connected: bool
    since: datetime
    """Of our clock."""
    error: RemoteError | None = None
    """Why it is not connected, as far as that is known."""


def _ignore(_: object) -> None: ...


class RealtimeClient:
    """`run` keeps the socket; `messages` gives out what comes over it; `live` shows the live login services."""

    def __init__(
        self,
        url: str,
        user_id: str,
        token: Secret,
        clock: Clock,
        history: History,
        time: Time,
        *,
        tls: ssl.SSLContext | None = None,
        on_state: Callable[[RealtimeState], None] = _ignore,
        on_setting: Callable[[str], None] = _ignore,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        """`time` is the server's clock: no message is caught up that is older than its `started`. `jitter` gives a
        number from 0 to 1. `on_state`, and `on_setting` with the id of a setting that changed, are called in the loop,
        and must not block."""
        self.live = LiveTable(self._renew)
        self._url, self._user_id, self._token = _websocket_url(url), user_id, token
        self._clock = clock
        self._tls = tls or client_context()
        self._on_state, self._on_setting = on_state, on_setting
        self._renewal: Callable[[], None] | None = None
        self._sending: asyncio.Task[None] | None = None
        self._jitter = jitter
        self._state = RealtimeState(connected=False, since=clock.now())
        self._history, self._time = history, time
        self._begin()
        self.connected = asyncio.Event()
        """Set for as long as messages are pushed."""
        self._flowing = asyncio.Event()
        self._connected_at: float | None = None

    def _begin(self) -> None:
        self._waiting = MessageQueue()
        self._catch_up = CatchUp(
            self._history, self._clock, self._time, self._waiting.admit, self._waiting.put, self._jitter
        )

    @property
    def state(self) -> RealtimeState:
        """Now."""
        return self._state

    async def messages(self) -> AsyncIterator[Message]:
        """See `bot.chatops.ports.MessageStream`; for one reader. Some come twice, none is left out."""
        while True:
            yield await self._waiting.get()

    def watch(self, room_id: str, room_type: str) -> None:
        """See `bot.chatops.ports.MessageStream`."""
        self._catch_up.watch(room_id, room_type)

    async def connections(self) -> AsyncIterator[None]:
        """See `bot.chatops.ports.MessageStream`; for one reader."""
        while True:
            await self._flowing.wait()
            self._flowing.clear()
            yield

    async def run(self) -> None:
        """Keeps a socket open until cancelled, after every error. May be run again: what was not read by then is
        forgotten, and found by catching up."""
        try:
            await self._keep_one()
        finally:
            self._begin()
            self._flowing.clear()

    async def _keep_one(self) -> None:
        backoff = Backoff(RETRY_FIRST, RETRY_MOST)
        while True:
            self._connected_at = None
            try:
                error = await self._one_socket()
            except RemoteError as failure:
                error = failure
            except Exception as failure:  # noqa: BLE001 - one of the three places that must survive anything
                log.error("realtime.bug", error=type(failure).__name__, where=where(failure))
                error = Unreachable("Rocket.Chat", "websocket", code="internal")
            connected_at = self._connected_at
            if connected_at is not None and self._clock.monotonic() - connected_at >= STABLE_AFTER:
                backoff.reset()
            pause = backoff.next(share=self._jitter())
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
                    await close_websocket(websocket)
        except RemoteError as failure:
            error = failure
        finally:
            await self._cut_off(error)
        return error

    async def _converse(self, websocket: aiohttp.ClientWebSocketResponse) -> RemoteError:
        core = ClientProtocol(self._user_id, self._token, self._clock.monotonic())
        both = [asyncio.create_task(self._read(websocket, core)), asyncio.create_task(self._keep_time(websocket, core))]

        def renew() -> None:
            core.renew_services()
            self._sending = asyncio.create_task(_send_if_open(websocket, core))

        self._renewal = renew
        try:
            done, _ = await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            return next(iter(done)).result()
        except (aiohttp.ClientError, OSError) as failure:
            return broken(failure)
        finally:
            self._renewal = None
            for task in both:
                task.cancel()
            await asyncio.gather(*both, return_exceptions=True)

    def _renew(self) -> None:
        if self._renewal is not None:
            self._renewal()

    async def _read(self, websocket: aiohttp.ClientWebSocketResponse, core: ClientProtocol) -> RemoteError:
        await send_frames(websocket, core.frames())
        async for frame in websocket:
            if isinstance(frame.data, aiohttp.WebSocketError):
                return BadAnswer("Rocket.Chat", "websocket", why="A frame is too long or invalid.")
            if frame.type not in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY):
                break
            at = self._clock.monotonic()
            error = self._take(core.receive(frame.data, at), at)
            if error is not None:
                return error
            await send_frames(websocket, core.frames())
        return Unreachable("Rocket.Chat", "websocket", code="closed")

    async def _keep_time(self, websocket: aiohttp.ClientWebSocketResponse, core: ClientProtocol) -> RemoteError:
        while True:
            at = self._clock.monotonic()
            error = self._take(core.tick(at), at)
            if error is not None:
                return error
            await send_frames(websocket, core.frames())
            await self._clock.sleep(min(TICK_AT_MOST, max(0.0, core.wake_at - at)))

    async def _cut_off(self, error: RemoteError | None) -> None:
        """The socket is gone: nothing is known any more, and messages that were held back are released."""
        self.live.lost("The websocket to Rocket.Chat is down.", self._clock.monotonic())
        self._catch_up.stop()
        self._catch_up.release()
        self._set_state(False, error)

    # -- what the protocol tells

    def _take(self, happened: list[events.Event], at: float) -> RemoteError | None:
        """Handles events in the moment they came; returns why the socket is of no more use, if it is not. RemoteError
        where it told more than can be kept."""
        for event in happened:
            match event:
                case events.MessagePushed(document=document, room_type=room_type):
                    self._pushed(message_from(document, room_type=room_type))
                case events.MessagesReady():
                    self._messages_flow(at)
                case events.MessagesRefused(code=code, retry_in=retry_in):
                    self._catch_up.stop()
                    self._set_state(False, Rejected("Rocket.Chat", "websocket subscription to messages", code=code))
                    log.warning("realtime.messages_refused", code=code, retry_in=retry_in)
                case events.LoggedIn():
                    log.info("realtime.logged_in")
                case events.LoginFailed(error=error, retry_in=retry_in):
                    self._set_state(False, error)
                    log.warning("realtime.login_failed", error=error.text, retry_in=retry_in)
                case events.ProtocolComplaint(reason=reason):
                    log.warning("realtime.complaint", reason=reason)
                case events.SettingChanged(id=setting):
                    self._on_setting(setting)
                case events.Lost(error=error):
                    return error
                case _:
                    self.live.apply(event, at)
        return None

    def _pushed(self, message: Message | None) -> None:
        if message is None:
            log.info("realtime.no_message")
            return
        self._catch_up.pushed(message)

    def _messages_flow(self, at: float) -> None:
        self._connected_at = at
        self._set_state(True, None)
        self._catch_up.begin()
        self._flowing.set()

    def _set_state(self, connected: bool, error: RemoteError | None) -> None:
        if connected:
            self.connected.set()
        else:
            self.connected.clear()
        since = self._state.since if connected == self._state.connected else self._clock.now()
        state = RealtimeState(connected, since, error)
        if state != self._state:
            self._state = state
            self._on_state(state)


async def _send_if_open(websocket: aiohttp.ClientWebSocketResponse, core: ClientProtocol) -> None:
    """Optional: the reader of the socket notices that it is closed."""
    with contextlib.suppress(aiohttp.ClientError, OSError):
        await send_frames(websocket, core.frames())
