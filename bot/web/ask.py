"""`ssobot health`: asks the bot on this machine whether it works, as a container engine does regularly.

Uses the standard library only, so that it starts fast, and no proxy.
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException

import click

from bot.errors import ConfigError
from bot.values import Listen

PATIENCE = 5.0
"""Seconds."""
LONGEST = 100_000
"""Bytes; a longer answer is not the bot's."""


PARTS = (frozenset({"rocketchat", "database", "listening"}), frozenset({"database", "standby"}))
"""The parts that `bot.app.Bot.health` reports: those of an instance that works, and of one that stands by."""
STANDBY = "ok: standing by, another instance works"


@dataclass(frozen=True)
class Health:
    """An answer of `/healthz`."""

    status: int
    parts: Mapping[str, str]
    """What is wrong with each part, or `ok`."""


def ask(listen: Listen) -> int:
    """Prints what does not work, or `ok`. Returns 0 if everything works; 1 if something does not, or if nothing
    answers."""
    if listen.port == 0:
        raise ConfigError("SSOBOT_LISTEN has port 0: only the bot's log shows which port it got.")
    at = Listen(_near(listen.host), listen.port)
    try:
        health = health_at(at)
    except (OSError, HTTPException) as error:
        click.echo(f"No response from {at}: {getattr(error, 'strerror', None) or type(error).__name__}")
        return 1
    if health is None:
        click.echo(f"What answers at {at} is not ssobot.")
        return 1
    failing = [f"{name}: {reason}" for name, reason in health.parts.items() if reason != "ok"]
    click.echo("\n".join(failing) or (STANDBY if "standby" in health.parts else "ok"))
    return 1 if failing or health.status != 200 else 0


def is_ours(listen: Listen) -> bool:
    """Whether an ssobot answers there, healthy or not."""
    try:
        health = health_at(Listen(_near(listen.host), listen.port))
    except (OSError, HTTPException):
        return False
    return health is not None and any(health.parts.keys() >= parts for parts in PARTS)


def health_at(at: Listen) -> Health | None:
    """What `/healthz` says there; None if another program answers. OSError or HTTPException if nothing does."""
    connection = HTTPConnection(at.host, at.port, timeout=PATIENCE)
    try:
        connection.request("GET", "/healthz")
        response = connection.getresponse()
        parts = json.loads(response.read(LONGEST))["parts"]
        return Health(response.status, {str(name): str(reason) for name, reason in parts.items()})
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None
    finally:
        connection.close()


def _near(host: str) -> str:
    """An address of this machine that reaches a program that listens at `host`."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    loopback = "127.0.0.1" if address.version == 4 else "::1"
    return loopback if address.is_unspecified else host
