"""The command line. Imports and the set-up of logs are left until a command needs them, so that `health`, `keys new`
and `--help` are fast.

Exit status: 0 for success, 1 for a failure, 2 for a wrong configuration or command line. Of a `UserError` people see
the text. Of any other error they see "internal error" and an id; the log has the traceback under this id.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from bot import given, redaction
from bot.errors import ConfigError, UserError
from bot.keys import keys
from bot.starting import AtFirst, called, internal_error, set_up_logs, start

if TYPE_CHECKING:
    from bot.config import Config

_Command = TypeVar("_Command", bound=Callable[..., object])

INTERRUPTED = 130
SANDBOX = frozenset({"sandbox", "jinja2", "joserfc", "trustme"})
"""Packages that only the extra `sandbox` installs."""
NO_SANDBOX = "The stand-ins are not installed here: `pip install 'ssobot[sandbox]'`, or `make demo` in a clone."
NO_VERSION = "ssobot is not installed here, so its version is not known: `pip install .` in a clone."
PORT = click.option("--port", type=click.IntRange(0, 65535), default=0, show_default=True, help="0 picks a free port.")

TLS = click.option(
    "--tls",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Use TLS, with a certificate authority that is created once in DIR.",
)

VERSION = "8.8"


def _own_version(context: click.Context, _: click.Parameter, asked: bool) -> None:
    """Prints the version and exits before anything else is checked. Imported late: nothing else needs it."""
    if not asked or context.resilient_parsing:
        return
    from importlib import metadata

    try:
        click.echo(f"ssobot {metadata.version('ssobot')}")
    except metadata.PackageNotFoundError:
        raise UserError(NO_VERSION) from None
    context.exit()


def _version(_: click.Context, __: click.Parameter, value: str | None) -> str | None:
    """`8.8` or `8.8.1`, as the stand-in reads it."""
    if value is not None and not re.fullmatch(r"\d{1,3}(\.\d{1,3}){1,2}", value, re.ASCII):
        raise click.BadParameter("it must look like 8.8 or 9.0.")
    return value


def version_option(default: str | None = VERSION) -> Callable[[_Command], _Command]:
    """`--version`; without a default if an outer command may have set it already."""
    return click.option(
        "--version",
        default=default,
        show_default=True if default else VERSION,
        callback=_version,
        metavar="X.Y",
        help="The version of Rocket.Chat to simulate; from 9.0 on, people sign in with its modern engine, over TLS "
        "only.",
    )


PUBLICATIONS = ("normal", "pushed", "streamer", "stale", "refused", "silent")
BALANCING = ("no", "connection", "address")


_BEHAVIOUR = (
    click.option(
        "--licence/--no-licence",
        default=None,
        help="Whether it has the licence module that Custom OAuth needs from 9.0 on.  [default: only with the bot]",
    ),
    click.option(
        "--settle",
        type=click.FloatRange(min=0),
        metavar="S",
        help="Seconds from a write of settings until it is active: S/5 for each, then 4S/5 for all.  [default: 2.5]",
    ),
    click.option(
        "--jitter",
        type=click.FloatRange(min=0),
        nargs=2,
        metavar="LOW HIGH",
        help="Additional seconds, at random between the two.  [default: 0.005 0.020]",
    ),
    click.option("--seed", type=int, help="Seed of everything that is random.  [default: 0]"),
    click.option(
        "--instances",
        type=click.IntRange(1, 9),
        help="Server processes, each with its own caches; each request goes to the next.  [default: 1]",
    ),
    click.option("--sticky", type=click.Choice(BALANCING), help="What stays with one of the instances.  [default: no]"),
    click.option(
        "--broadcasts/--no-broadcasts",
        default=None,
        help="Whether the instances hear of each other's writes.  [default: broadcasts]",
    ),
    click.option(
        "--publication",
        type=click.Choice(PUBLICATIONS),
        help="How live login services are pushed: `normal` never tells of a new one, `pushed` tells of all.",
    ),
    click.option(
        "--overwrite",
        multiple=True,
        metavar="ID=VALUE",
        help="Force a setting at each start, as OVERWRITE_SETTING_ID does.",
    ),
)


def behaviour(command: _Command) -> _Command:
    """Options of how the stand-in of Rocket.Chat behaves; None where nothing was given."""
    for option in reversed(_BEHAVIOUR):
        command = option(command)
    return command


def main() -> None:
    """Entry point of `ssobot`."""
    sys.excepthook = internal_error
    logging.getLogger().addHandler(AtFirst())
    try:
        status = cli.main(prog_name="ssobot", standalone_mode=False)
    except UserError as error:
        click.echo(redaction.redact(error.text), err=True)
        status = 2 if isinstance(error, ConfigError) else 1
    except click.ClickException as error:
        error.show()
        status = 2
    except (click.Abort, KeyboardInterrupt):
        status = INTERRUPTED
    sys.exit(status if isinstance(status, int) else 0)


@click.group(no_args_is_help=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_own_version,
    help="Print the version of ssobot and exit.",
)
def cli() -> None:
    """Connects Rocket.Chat to Encvoy ID, from the chat."""


@cli.command()
def run() -> int:
    """Run the bot."""
    return _start_configured("bot.app:run")


@cli.command()
@click.option("--tls", is_flag=True, help="Use TLS, with its own certificate authority.")
@version_option()
def demo(tls: bool, version: str) -> int:
    """Show everything in a minute, with stand-ins for both servers."""
    return _start_sandbox("sandbox.demo:main", tls, version)


@cli.command()
def doctor() -> int:
    """Check the configuration against both servers and suggest fixes."""
    return _start_configured("bot.app:doctor")


@cli.command()
def health() -> int:
    """Check whether the bot on this machine works."""
    return called("bot.web.ask:ask", given.listen())


@dataclass(frozen=True)
class Outer:
    """Options given before the name of the stand-in."""

    tls: Path | None
    version: str
    given: Mapping[str, object]


@cli.group(invoke_without_command=True)
@TLS
@version_option()
@behaviour
@click.pass_context
def sandbox(context: click.Context, /, tls: Path | None, version: str, **given: object) -> int:
    """Run both stand-ins and the bot, or one stand-in."""
    context.obj = Outer(tls, version, _given(given))
    return 0 if context.invoked_subcommand else _start_sandbox("sandbox.demo:sandbox", tls, context.obj.given, version)


@sandbox.command()
@PORT
@version_option(None)
@TLS
@behaviour
@click.pass_obj
def rocketchat(outer: Outer, /, port: int, version: str | None, tls: Path | None, **given: object) -> int:
    """Run the stand-in of Rocket.Chat."""
    whole = {**outer.given, **_given(given)}
    return _start_sandbox("sandbox.__main__:rocketchat", port, version or outer.version, tls or outer.tls, whole)


@sandbox.command()
@PORT
@TLS
@click.pass_obj
def encvoy(outer: Outer, port: int, tls: Path | None) -> int:
    """Run the stand-in of Encvoy ID."""
    return _start_sandbox("sandbox.__main__:encvoy", port, tls or outer.tls)


@cli.command()
def migrate() -> None:
    """Migrate the database schema."""
    set_up_logs()
    import asyncio

    from bot import config
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


cli.add_command(keys)


def _given(options: Mapping[str, object]) -> dict[str, object]:
    """The options that were given."""
    return {name: value for name, value in options.items() if value not in (None, ())}


def _configuration() -> Config:
    from bot import config

    for warning in config.strays():
        click.echo(f"Warning: {warning}", err=True)
    loaded = config.load(config.Config)
    redaction.redact_values(loaded.secrets())
    return loaded


def _start_configured(target: str) -> int:
    """The same for a command that needs the whole configuration, with its log level."""
    loaded = _configuration()
    return start(target, loaded, level=loaded.log_level.number)


def _start_sandbox(target: str, *arguments: object) -> int:
    """The same for a command that uses the stand-ins, which are an extra of the package and not in the image."""
    try:
        return start(target, *arguments)
    except ModuleNotFoundError as missing:
        if (missing.name or "").partition(".")[0] not in SANDBOX:
            raise
        raise UserError(NO_SANDBOX) from None


if __name__ == "__main__":
    main()
