"""Tries the websocket once, as far as the bot needs it: opens it, logs in, subscribes to messages, and closes it."""

from __future__ import annotations

import ssl

import aiohttp

from bot.clock import Clock, within
from bot.errors import Busy, NoAnswer, Rejected, RemoteError
from bot.rocketchat import events
from bot.rocketchat.ddp import ClientProtocol
from bot.rocketchat.remedies import WEBSOCKET
from bot.rocketchat.websocket import (
    broken,
    close_websocket,
    closed_again,
    open_websocket,
    plain_session,
    send_frames,
    websocket_url,
)
from bot.secret import Secret

WITHIN = 6.0
"""Seconds from the open websocket to the subscription: three answers of a server that works."""


async def try_websocket(url: str, user_id: str, token: Secret, clock: Clock, tls: ssl.SSLContext) -> None:
    """Returns when messages would be pushed; RemoteError says how far it came, after 14 seconds at most."""
    async with plain_session(tls) as session:
        websocket = await open_websocket(session, websocket_url(url), clock)
        core = ClientProtocol(user_id, token, clock.monotonic())
        try:
            await within(clock, WITHIN, _subscribed(websocket, core, clock))
        except TimeoutError:
            raise NoAnswer(
                "Rocket.Chat",
                f"websocket {core.awaiting}",
                why="The websocket was opened, but no response followed.",
                fix=WEBSOCKET,
            ) from None
        except (aiohttp.ClientError, OSError) as failure:
            raise broken(failure) from None
        finally:
            await close_websocket(websocket)


async def _subscribed(websocket: aiohttp.ClientWebSocketResponse, core: ClientProtocol, clock: Clock) -> None:
    await send_frames(websocket, core.frames())
    async for frame in websocket:
        if frame.type not in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY):
            break
        for event in core.receive(frame.data, clock.monotonic()):
            if _is_all(event):
                return
        await send_frames(websocket, core.frames())
    raise closed_again()


def _is_all(event: events.Event) -> bool:
    """Whether that is the end of it; raises what it failed with."""
    match event:
        case events.MessagesReady():
            return True
        case events.LoginFailed(error=error) | events.Lost(error=error):
            raise error
        case events.MessagesRefused(code=code):
            raise _refused(code)
    return False


def _refused(code: str) -> RemoteError:
    kind = Busy if code == events.TOO_MANY else Rejected
    return kind("Rocket.Chat", "websocket subscription to messages", code=code)
