"""`ssobot sandbox rocketchat` and `ssobot sandbox encvoy`: runs one stand-in until it is told to stop."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet

from bot.errors import ConfigError
from sandbox.authority import Authority, authority_in
from sandbox.encvoy.standin import EncvoyStandIn
from sandbox.rocketchat.ddp.sockets import Publication
from sandbox.rocketchat.instances import Sticky
from sandbox.rocketchat.oauth_settings import MODULE
from sandbox.rocketchat.standin import RocketChatStandIn, Switches


def rocketchat(port: int, version: str, tls: Path | None = None, given: Mapping[str, Any] | None = None) -> int:
    """Runs the stand-in of Rocket.Chat. Port 0 picks a free one; `tls` is the folder of the authority, if it speaks
    TLS; `given` is for `behaviour`."""
    authority = authority_in(tls) if tls else None
    stand_in = RocketChatStandIn(port=port, version=version, authority=authority, **behaviour(given or {}))
    return asyncio.run(_serve(stand_in, authority))


def behaviour(given: Mapping[str, Any]) -> dict[str, Any]:
    """The options of the command line as arguments of the Rocket.Chat stand-in: `switches`, and `settle` and `seed` if
    they were given. ConfigError for invalid ones."""
    rest = dict(given)
    arguments: dict[str, Any] = {name: rest.pop(name) for name in ("settle", "seed") if name in rest}
    if "sticky" in rest:
        rest["sticky"] = Sticky(rest["sticky"])
    if "publication" in rest:
        rest["publication"] = Publication(rest["publication"])
    if rest.pop("licence", False):
        rest["modules"] = (MODULE,)
    if "overwrite" in rest:
        rest["overwritten"] = dict(_overwritten(pair) for pair in rest.pop("overwrite"))
    return {**arguments, "switches": Switches(**rest)}


def _overwritten(pair: str) -> tuple[str, Any]:
    """`ID=VALUE`, read as Rocket.Chat reads such a variable: true, false, else a whole number where it is one."""
    setting_id, equals, text = pair.partition("=")
    if not setting_id or not equals:
        raise ConfigError(f"--overwrite takes ID=VALUE, not {pair!r}.")
    if text.lower() in {"true", "false"}:
        return setting_id, text.lower() == "true"
    return setting_id, int(text) if text.isdecimal() else text


def encvoy(port: int, tls: Path | None = None) -> int:
    """Runs the stand-in of Encvoy ID."""
    authority = authority_in(tls) if tls else None
    return asyncio.run(_serve(EncvoyStandIn(port=port, authority=authority), authority))


async def _serve(stand_in: RocketChatStandIn | EncvoyStandIn, authority: Authority | None) -> int:
    stopped = told_to_stop()
    try:
        await stand_in.start()
    except OSError as error:
        raise ConfigError(f"--port cannot be listened on: {error.strerror or 'it is taken'}.") from None
    try:
        introduction = stand_in.introduction
        # Each stand-in prints what `ssobot run` needs for its side, and new keys.
        env = {**introduction.env, "SSOBOT_KEYS": Fernet.generate_key().decode()}
        if authority:
            env["SSOBOT_CA_FILE"] = str(authority.file)
        print(replace(introduction, env=env).line(), flush=True)
        await stopped.wait()
    finally:
        await stand_in.stop()
    return 0


def told_to_stop() -> asyncio.Event:
    """Set at SIGTERM or SIGINT. Call it before the first line is printed: a reader of that line may send a signal."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    return stopped
