"""What leads people, or the secret, to another place than the connection was made for."""

from __future__ import annotations

from bot.addresses import is_plain
from bot.connection.needs import led_elsewhere
from bot.connection.state import Connection, Observed
from bot.errors import RemoteError, UserError
from bot.text import code
from commands.context import CommandContext

MEND = "Set it back, or let `/sso setup` register the new callback address."


async def moved(connection: Connection, context: CommandContext) -> str | None:
    """What to say of a Rocket.Chat that has another address now; None if it has not, or does not say."""
    try:
        address = (await context.rocketchat.server()).site_url
    except RemoteError:
        return None
    if address == connection.site_url:
        return None
    shown = code(address) if is_plain(address) else "another one"
    return f"Rocket.Chat's Site_Url is {shown}, and the connection was made for {code(connection.site_url)}."


async def refuse_moved(connection: Connection, context: CommandContext) -> None:
    """UserError where a button would lead to a callback that Encvoy ID does not know."""
    if (what := await moved(connection, context)) is not None:
        raise UserError(what, why="Encvoy ID sends nobody back to an address that is not registered.", mend=MEND)


async def what_leads_elsewhere(
    connection: Connection, seen: Observed | None, context: CommandContext
) -> tuple[str, ...]:
    """After a secret was replaced: what keeps people out all the same, and where the secret may have gone."""
    lines = []
    if seen is not None and seen.stored is not None and led_elsewhere(connection, seen.stored):
        lines.append(
            "✗ With its current settings Rocket.Chat sends the secret to another address: anyone who presses the "
            "button causes that. `/sso setup` fixes them; then `/sso rotate` creates one that nobody there has seen."
        )
    if (what := await moved(connection, context)) is not None:
        lines.append(f"✗ {what} Encvoy ID sends nobody back there. {MEND}")
    return tuple(lines)
