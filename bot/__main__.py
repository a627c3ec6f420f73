"""The command line. Each command imports what it starts only when it is called.

Exit status: 0; 1 for what could not be done; 2 for a wrong configuration or a wrong command line. Of a `UserError`
people see its text. Of anything else they see "internal error" and an id; the traceback with this id is in the log.
"""

from __future__ import annotations

import asyncio
import importlib
import sys
import uuid
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

import click
import structlog
from cryptography.fernet import Fernet

from bot import config, logs
from bot.errors import ConfigError, UserError

INTERRUPTED = 130
PORT = click.option("--port", type=click.IntRange(0, 65535), default=0, show_default=True, help="0 picks a free port.")

TLS = click.option(
    "--tls",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Speak TLS, by a certificate authority that is made once in DIR.",
)


def main() -> None:
    """Entry point of `ssobot`."""
    sys.excepthook = _internal_error
    logs.configure()
    try:
        status = cli.main(prog_name="ssobot", standalone_mode=False)
    except UserError as error:
        click.echo(logs.redact(error.text), err=True)
        status = 2 if isinstance(error, ConfigError) else 1
    except click.ClickException as error:
        error.show()
        status = 2
    except (click.Abort, KeyboardInterrupt):
        status = INTERRUPTED
    sys.exit(status if isinstance(status, int) else 0)


@click.group(no_args_is_help=True)
def cli() -> None:
    """Connects Rocket.Chat to Encvoy ID, from the chat."""


@cli.command()
def run() -> int:
    """Run the bot."""
    return _start("bot.app:run", _configuration())


@cli.command()
@click.option("--tls", is_flag=True, help="Over TLS, by a certificate authority of its own.")
def demo(tls: bool) -> int:
    """Show everything, against stand-ins, in a minute."""
    return _start("bot.demo:main", tls)


@cli.command()
def doctor() -> int:
    """Say whether this configuration can work, and what mends it."""
    return _start("bot.app:doctor", _configuration())


@cli.command()
def health() -> int:
    """Ask the bot that runs on this machine whether it works."""
    return _start("bot.web.ask:ask", config.load(config.ListenConfig).listen)


@cli.group(invoke_without_command=True)
@TLS
@click.pass_context
def sandbox(context: click.Context, tls: Path | None) -> int:
    """Run both stand-ins and the bot, or one stand-in."""
    context.obj = tls
    return 0 if context.invoked_subcommand else _start("bot.demo:sandbox", tls)


@sandbox.command()
@PORT
@click.option("--version", default="8.8", show_default=True, help="The version of Rocket.Chat to be.")
@click.option(
    "--settle",
    type=click.FloatRange(min=0),
    default=2.5,
    show_default=True,
    help="Seconds from the last write of settings until they are live: a fifth for each setting, the rest for all.",
)
@TLS
@click.pass_obj
def rocketchat(outer: Path | None, port: int, version: str, settle: float, tls: Path | None) -> int:
    """Run the stand-in of Rocket.Chat."""
    return _start("bot.sandbox.__main__:rocketchat", port, version, settle, tls or outer)


@sandbox.command()
@PORT
@TLS
@click.pass_obj
def encvoy(outer: Path | None, port: int, tls: Path | None) -> int:
    """Run the stand-in of Encvoy ID."""
    return _start("bot.sandbox.__main__:encvoy", port, tls or outer)


@cli.command()
def migrate() -> None:
    """Bring the database to the form that this version expects."""
    from bot.store.engine import open_database
    from bot.store.migrate import head, upgrade

    async def migrated() -> bool:
        database = await open_database(config.load(config.StoreConfig).database_url)
        try:
            return await upgrade(database)
        finally:
            await database.close()

    changed = asyncio.run(migrated())
    click.echo(f"The database is at revision {head()}{'' if changed else ' already'}.")


@cli.group()
def keys() -> None:
    """Keys that encrypt the secrets in the database."""


@keys.command()
def new() -> None:
    """Print a new key for SSOBOT_KEYS."""
    click.echo(Fernet.generate_key().decode())


def _configuration() -> config.Config:
    for warning in config.strays():
        click.echo(f"Warning: {warning}", err=True)
    loaded = config.load(config.Config)
    logs.redact_values(loaded.secrets())
    return loaded


def _start(target: str, *arguments: object) -> int:
    """Calls `module:function`, which gives an exit status. Imported late: `keys new` needs no web server."""
    module, _, function = target.partition(":")
    start: Callable[..., int] = getattr(importlib.import_module(module), function)
    return start(*arguments)


def _internal_error(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    error_id = uuid.uuid4().hex[:8]
    structlog.get_logger("ssobot").critical("internal error", error_id=error_id, exc_info=(kind, error, trace))
    print(f"internal error {error_id}: the log line with this id tells more.", file=sys.stderr)


if __name__ == "__main__":
    main()
