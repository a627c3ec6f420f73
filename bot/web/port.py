"""Whether the bot can listen on SSOBOT_LISTEN: opens the port for a moment, as `bot.web.health.serving` does."""

from __future__ import annotations

import asyncio
import errno

from bot.doctor.own import Port, PortState
from bot.values import Listen
from bot.web.ask import is_ours
from bot.web.health import why_not


async def try_port(listen: Listen) -> Port:
    """Opens it and closes it again. If it is in use, asks whether an ssobot answers there."""
    try:
        server = await asyncio.get_running_loop().create_server(asyncio.Protocol, listen.host, listen.port)
    except OSError as error:
        reason = why_not(error)
        if error.errno != errno.EADDRINUSE:
            return Port(str(listen), PortState.IMPOSSIBLE, reason)
        ours = await asyncio.to_thread(is_ours, listen)
        return Port(str(listen), PortState.OURS if ours else PortState.TAKEN, reason)
    server.close()
    await server.wait_closed()
    return Port(str(listen), PortState.FREE)
