"""What both stand-ins have in common: a loopback port, the accounts they were seeded with, and their first line."""

from __future__ import annotations

import json
import ssl
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from aiohttp import web


@dataclass(frozen=True)
class SeededAccount:
    """An account that exists from the start. `token` is empty if the system has none."""

    role: str
    """What the account is for: `admin`, `bot`, `member`, `person`, `manager`, `owner` …"""
    login: str
    password: str
    user_id: str
    token: str = ""


@dataclass(frozen=True)
class Introduction:
    """The first line of a stand-in: its address, what `ssobot run` needs, and the accounts. The only place where a
    seeded secret is printed."""

    url: str
    env: Mapping[str, str]
    accounts: tuple[SeededAccount, ...]

    def line(self) -> str:
        """One line of JSON."""
        return json.dumps({"url": self.url, "env": dict(self.env), "accounts": [asdict(a) for a in self.accounts]})

    def account(self, role: str) -> SeededAccount:
        """The first account of that role; KeyError if there is none."""
        for account in self.accounts:
            if account.role == role:
                return account
        raise KeyError(role)


@dataclass
class Server:
    """One aiohttp application on one loopback port. Port 0 picks a free one, known after `start`."""

    app: web.Application
    host: str = "127.0.0.1"
    port: int = 0
    tls: ssl.SSLContext | None = None
    _runner: web.AppRunner | None = field(default=None, repr=False)

    async def start(self) -> None:
        """Listens; may be called again after `stop`, on the same port."""
        runner = web.AppRunner(self.app, access_log=None, shutdown_timeout=0.1, handler_cancellation=True)
        await runner.setup()
        site = web.TCPSite(runner, self.host, self.port, reuse_address=True, ssl_context=self.tls)
        await site.start()
        self.port = runner.addresses[0][1]
        self._runner = runner

    async def stop(self) -> None:
        """Closes the port and every connection; harmless if not started."""
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()

    @property
    def url(self) -> str:
        """Base URL without trailing slash."""
        return f"{'https' if self.tls else 'http'}://{self.host}:{self.port}"
