"""Both stand-ins and the bot in one process, for the demo, `ssobot sandbox` and tests."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.fernet import Fernet

from bot import redaction
from bot.app import Bot, building
from bot.clock import Clock, SystemClock
from bot.config import Config
from bot.given import PREFIX
from sandbox.authority import Authority, authority_in
from sandbox.encvoy.standin import EncvoyStandIn
from sandbox.rocketchat.standin import RocketChatStandIn, Switches
from sandbox.serving import Introduction, SeededAccount
from sandbox.visitor import Visitor, visiting

ROOM = "sso-admins"
READY_WITHIN = 20.0


@dataclass
class Stage:
    """Two stand-ins that run, and a bot that can be started on them, stopped and started again."""

    rocketchat: RocketChatStandIn
    encvoy: EncvoyStandIn
    folder: Path
    """Where the bot keeps its database."""
    authority: Authority | None = None
    """Signs the certificates of both, where they speak TLS."""
    keys: str = field(default_factory=lambda: Fernet.generate_key().decode())
    extra: dict[str, str] = field(default_factory=dict)
    """Variables that override those of the stand-ins."""

    @property
    def env(self) -> dict[str, str]:
        """What `ssobot run` needs."""
        return {
            **self.rocketchat.introduction.env,
            **self.encvoy.introduction.env,
            "SSOBOT_KEYS": self.keys,
            "SSOBOT_DATABASE_URL": f"sqlite+aiosqlite:///{self.folder / 'ssobot.sqlite'}",
            "SSOBOT_LISTEN": "127.0.0.1:0",
            **({"SSOBOT_CA_FILE": str(self.authority.file)} if self.authority else {}),
            **self.extra,
        }

    @property
    def tls(self) -> ssl.SSLContext | None:
        """For visitors; None if the stand-ins speak plain HTTP."""
        return self.authority.client_context() if self.authority else None

    @property
    def accounts(self) -> tuple[SeededAccount, ...]:
        """The accounts of both stand-ins."""
        return (*self.rocketchat.introduction.accounts, *self.encvoy.introduction.accounts)

    @property
    def introduction(self) -> Introduction:
        """The first line of `ssobot sandbox`."""
        return Introduction(self.rocketchat.url, self.env, self.accounts)

    @contextlib.asynccontextmanager
    async def bot(self, clock: Clock | None = None) -> AsyncIterator[Bot]:
        """A bot that listens until the block ends."""
        config = config_from(self.env)
        redaction.redact_values(config.secrets())
        async with building(config, clock) as bot:
            serving = asyncio.create_task(bot.serve())
            ready = asyncio.create_task(bot.ready.wait())
            try:
                await asyncio.wait({serving, ready}, return_when=asyncio.FIRST_COMPLETED, timeout=READY_WITHIN)
                if serving.done():
                    serving.result()
                if not ready.done():
                    raise TimeoutError("the bot did not get ready")
                yield bot
            finally:
                ready.cancel()
                serving.cancel()
                await asyncio.gather(serving, ready, return_exceptions=True)

    @contextlib.asynccontextmanager
    async def visitor(self, role: str = "admin", room: str = ROOM) -> AsyncIterator[Visitor]:
        """A user of that role at the web client."""
        account = self.rocketchat.introduction.account(role)
        async with visiting(self.rocketchat.url, account.user_id, account.token, room, self.tls) as visitor:
            yield visitor


@contextlib.asynccontextmanager
async def stage(
    folder: Path,
    *,
    settle: float = 2.5,
    version: str = "8.8",
    seed: int = 0,
    path: str = "",
    site_url: str | None = None,
    switches: Switches | None = None,
    clock: Clock | None = None,
    tls: Path | None = None,
) -> AsyncIterator[Stage]:
    """Both stand-ins on free loopback ports; other parameters are those of `RocketChatStandIn`. Both run on
    `clock`; a bot that is to share it must be given it too. `tls` is the folder of the authority, if they speak TLS."""
    clock = clock or SystemClock()
    authority = authority_in(tls) if tls else None
    rocketchat = RocketChatStandIn(
        version=version,
        settle=settle,
        seed=seed,
        path=path,
        site_url=site_url,
        switches=switches or Switches(),
        clock=clock,
        authority=authority,
    )
    encvoy = EncvoyStandIn(seed=seed, clock=lambda: clock.now().timestamp(), authority=authority)
    try:
        await rocketchat.start()
        await encvoy.start()
        yield Stage(rocketchat, encvoy, folder, authority)
    finally:
        await encvoy.stop()
        await rocketchat.stop()


def config_from(env: Mapping[str, str]) -> Config:
    """The configuration that these variables mean."""
    return Config(**{name.removeprefix(PREFIX).lower(): value for name, value in env.items()})  # type: ignore[arg-type]
