"""`ssobot sandbox rocketchat` and `ssobot sandbox encvoy`: one stand-in, until it is told to stop."""

from __future__ import annotations

import asyncio
import signal
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from cryptography.fernet import Fernet

from bot.errors import ConfigError
from bot.sandbox.authority import Authority, authority_in
from bot.sandbox.encvoy.standin import EncvoyStandIn
from bot.sandbox.rocketchat.oauth_settings import MODULE
from bot.sandbox.rocketchat.standin import RocketChatStandIn, Switches
from bot.sandbox.serving import Introduction


class StandIn(Protocol):
    """Either of them."""

    @property
    def introduction(self) -> Introduction:
        """What its first line says."""
        ...

    async def start(self) -> None:
        """Listens."""
        ...

    async def stop(self) -> None:
        """Closes the port."""
        ...


def rocketchat(port: int, version: str, settle: float, tls: Path | None = None, licence: bool = False) -> int:
    """Runs the stand-in of Rocket.Chat. `settle` in seconds; port 0 picks a free one; `tls` is the folder of the
    authority, if it speaks TLS; `licence`: with the module that Custom OAuth needs from 9.0 on."""
    authority = authority_in(tls) if tls else None
    switches = Switches(modules=(MODULE,) if licence else ())
    stand_in = RocketChatStandIn(port=port, version=version, settle=settle, switches=switches, authority=authority)
    return asyncio.run(_serve(stand_in, authority))


def encvoy(port: int, tls: Path | None = None) -> int:
    """Runs the stand-in of Encvoy ID."""
    authority = authority_in(tls) if tls else None
    return asyncio.run(_serve(EncvoyStandIn(port=port, authority=authority), authority))


async def _serve(stand_in: StandIn, authority: Authority | None) -> int:
    stopped = told_to_stop()
    try:
        await stand_in.start()
    except OSError as error:
        raise ConfigError(f"--port cannot be listened on: {error.strerror or 'it is taken'}.") from None
    try:
        introduction = stand_in.introduction
        # Each gives all that `ssobot run` needs for its side, and keys to begin with.
        env = {**introduction.env, "SSOBOT_KEYS": Fernet.generate_key().decode()}
        if authority:
            env["SSOBOT_CA_FILE"] = str(authority.file)
        print(replace(introduction, env=env).line(), flush=True)
        await stopped.wait()
    finally:
        await stand_in.stop()
    return 0


def told_to_stop() -> asyncio.Event:
    """Set at SIGTERM or SIGINT. To be called before the first line is printed: whoever has read it may send one."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    return stopped
