"""`ssobot health`: asks the bot that runs on this machine whether it works, as a container engine does all the time.

By the standard library alone: it starts in a moment, and takes no proxy for a machine to itself.
"""

from __future__ import annotations

import ipaddress
import json
from http.client import HTTPConnection, HTTPException

import click

from bot.errors import ConfigError
from bot.values import Listen

PATIENCE = 5.0
"""Seconds."""
LONGEST = 100_000
"""Bytes; what answers more is not the bot."""


def ask(listen: Listen) -> int:
    """Prints what does not work, or `ok`. 0 if everything works; 1 if something does not, or nobody answers."""
    if listen.port == 0:
        raise ConfigError("SSOBOT_LISTEN has port 0: only the bot's log tells which port it got.")
    at = Listen(_near(listen.host), listen.port)
    connection = HTTPConnection(at.host, at.port, timeout=PATIENCE)
    try:
        connection.request("GET", "/healthz")
        response = connection.getresponse()
        parts: dict[str, str] = json.loads(response.read(LONGEST))["parts"]
    except (OSError, HTTPException) as error:
        click.echo(f"No answer from {at}: {getattr(error, 'strerror', None) or type(error).__name__}")
        return 1
    except (ValueError, LookupError, TypeError, RecursionError):
        click.echo(f"What answers at {at} is not ssobot.")
        return 1
    finally:
        connection.close()
    failing = [f"{name}: {reason}" for name, reason in parts.items() if reason != "ok"]
    click.echo("\n".join(failing) or "ok")
    return 1 if failing or response.status != 200 else 0


def _near(host: str) -> str:
    """An address of this machine where whoever listens at `host` can be reached."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    loopback = "127.0.0.1" if address.version == 4 else "::1"
    return loopback if address.is_unspecified else host
