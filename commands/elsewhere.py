"""Finds addresses that have changed since the connection was set up, so that people or the secret go elsewhere.
Pure."""

from __future__ import annotations

from bot.addresses import is_plain
from bot.connection.needs import led_elsewhere
from bot.connection.state import Connection, Observed
from bot.errors import UserError
from bot.text import code

_FIX = "Set it back, or let `/sso setup` register the new callback address."
_UNREGISTERED = "Encvoy ID does not redirect to an address that is not registered."
_SET_BACK = "Set it back: the new one cannot be registered."


def moved(connection: Connection, address: str | None) -> str | None:
    """What to say about a Rocket.Chat that has another address now; None if it has not, or does not answer."""
    if address is None or address == connection.site_url:
        return None
    shown = code(address) if is_plain(address) else "another one"
    return f"Rocket.Chat's Site_Url is {shown}, and the connection was made for {code(connection.site_url)}."


def fix_of(address: str | None) -> str:
    """What to do about the new address; not every one can be registered."""
    return _FIX if address is not None and is_plain(address) else _SET_BACK


def refuse_moved(connection: Connection, observed: Observed) -> None:
    """UserError if the button would lead to a callback address that Encvoy ID does not know."""
    if (what := moved(connection, observed.site_url)) is not None:
        raise UserError(what, why=_UNREGISTERED, fix=fix_of(observed.site_url))


def what_leads_elsewhere(connection: Connection, seen: Observed) -> tuple[str, ...]:
    """After a secret was replaced: what still keeps people out, and where the secret may have been sent."""
    lines = []
    if seen.stored is not None and led_elsewhere(connection, seen.stored):
        lines.append(
            "✗ With its current settings Rocket.Chat sends the secret to another address: anyone who presses the "
            "button causes that. `/sso setup` fixes them; then `/sso rotate` creates one that nobody there has seen."
        )
    if (what := moved(connection, seen.site_url)) is not None:
        lines.append(f"✗ {what} Encvoy ID does not redirect people there. {fix_of(seen.site_url)}")
    return tuple(lines)
