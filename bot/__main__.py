"""The command line. Each command imports what it starts only when it is called.

Exit status: 0; 1 for what could not be done; 2 for a wrong configuration or a wrong command line. Of a `UserError`
people see its text. Of anything else they see "internal error" and an id; the traceback with this id is in the log.
"""

from __future__ import annotations

import asyncio
import importlib
import re
import sys
import uuid
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

import click
import structlog
from cryptography.fernet import Fernet

from bot import config, logs
from bot.errors import ConfigError, UserError

F = TypeVar("F", bound=Callable[..., Any])

INTERRUPTED = 130
PORT = click.option("--port", type=click.IntRange(0, 65535), default=0, show_default=True, help="0 picks a free port.")

TLS = click.option(
    "--tls",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Speak TLS, by a certificate authority that is made once in DIR.",
)

VERSION = "8.8"


def _version(_: click.Context, __: click.Parameter, value: str | None) -> str | None:
    """`8.8` or `8.8.1`, as the stand-in reads it."""
    if value is not None and not re.fullmatch(r"\d{1,3}(\.\d{1,3}){1,2}", value, re.ASCII):
        raise click.BadParameter("it looks like 8.8 or 9.0.")
    return value


def version_option(default: str | None = VERSION) -> Callable[[F], F]:
    """`--version`; without a default where an outer command may have said it already."""
    return click.option(
        "--version",
        default=default,
        show_default=True if default else VERSION,
        callback=_version,
        metavar="X.Y",
        help="The version of Rocket.Chat to be; from 9.0 on, people sign in by its modern engine, over TLS only.",
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
@version_option()
def demo(tls: bool, version: str) -> int:
    """Show everything, against stand-ins, in a minute."""
    return _start("bot.demo:main", tls, version)


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
@version_option()
@click.pass_context
def sandbox(context: click.Context, tls: Path | None, version: str) -> int:
    """Run both stand-ins and the bot, or one stand-in."""
    context.obj = (tls, version)
    return 0 if context.invoked_subcommand else _start("bot.demo:sandbox", tls, version)


@sandbox.command()
@PORT
@version_option(None)
@click.option("--licence", is_flag=True, help="With the licence module that Custom OAuth needs from 9.0 on.")
@click.option(
    "--settle",
    type=click.FloatRange(min=0),
    default=2.5,
    show_default=True,
    help="Seconds from the last write of settings until they are live: a fifth for each setting, the rest for all.",
)
@TLS
@click.pass_obj
def rocketchat(
    outer: tuple[Path | None, str], port: int, version: str | None, licence: bool, settle: float, tls: Path | None
) -> int:
    """Run the stand-in of Rocket.Chat."""
    return _start("bot.sandbox.__main__:rocketchat", port, version or outer[1], settle, tls or outer[0], licence)


@sandbox.command()
@PORT
@TLS
@click.pass_obj
def encvoy(outer: tuple[Path | None, str], port: int, tls: Path | None) -> int:
    """Run the stand-in of Encvoy ID."""
    return _start("bot.sandbox.__main__:encvoy", port, tls or outer[0])


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
