"""`ssobot keys …`. Imported by every command, so what is slow to import is imported when it is needed."""

from __future__ import annotations

import click

from bot.starting import start


@click.group()
def keys() -> None:
    """Keys that encrypt the secrets in the database."""


@keys.command()
def new() -> None:
    """Print a new key for SSOBOT_KEYS."""
    from cryptography.fernet import Fernet

    click.echo(Fernet.generate_key().decode())


@keys.command()
@click.option("--dry-run", is_flag=True, help="Say what would be done, and change nothing.")
def rotate(dry_run: bool) -> int:
    """Encrypt everything in the database anew with the first key of SSOBOT_KEYS.

    Put a new key in front of the old ones, restart the bot, then run this; after it, the old keys can be removed.
    """
    from bot import config

    return start("bot.rekeying:rotate", config.load(config.KeysConfig), dry_run)
