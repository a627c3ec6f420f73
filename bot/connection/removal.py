"""What a removal leaves, and why. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from bot.connection.needs import foreign_callbacks
from bot.connection.observe import Apart
from bot.connection.state import Application, Connection, LiveService, NotVisible, Observed
from bot.connection.unknown import Unknown
from bot.text import code, quoted

SHOWN = 5
"""Addresses that a sentence names."""


def left(desired: Connection, seen: Observed, *, deleted: bool = False) -> tuple[str, ...]:
    """What is not the bot's alone, or not visible to it, once the rest is gone; a sentence for each. `deleted`: the
    application was deleted a moment ago."""
    return tuple(_left(desired, seen, deleted))


def _left(desired: Connection, seen: Observed, deleted: bool) -> Iterator[str]:
    match seen.application:
        case NotVisible(client_id=client_id) if deleted:
            yield f"I deleted the application {code(client_id)}, but could not see for certain that it is gone."
        case Application() as kept if foreign_callbacks(desired, kept):
            yield (
                f"The application {_named(kept)} stays at Encvoy ID without our callback address, because it has "
                f"others: {_addresses(foreign_callbacks(desired, kept))}."
            )
        case NotVisible(client_id=client_id, there=True):
            yield (
                f"The application {code(client_id)} stays at Encvoy ID: it is not fully visible to me. An "
                "administrator of Encvoy ID can delete it."
            )
        case NotVisible(client_id=client_id):
            yield f"I could not see whether the application {code(client_id)} still exists at Encvoy ID."
        case _:
            pass
    for stranger in seen.strangers:
        yield (
            f"The application {_named(stranger)} at Encvoy ID has the same callback address. It is not mine alone, so "
            "it stays as it is."
        )
    if isinstance(seen.live, Unknown):
        yield f"I could not look at the login page once more: {seen.live.reason}"


def still_there(desired: Connection, seen: Apart) -> str:
    """What is left of a connection whose removal was not finished, as a sentence."""
    return f"In Rocket.Chat: {_service(desired, seen)}. At Encvoy ID: {_application(desired, seen)}."


def _service(desired: Connection, seen: Apart) -> str:
    service = f"the service {code(desired.name.service)}"
    if isinstance(seen.stored, Unknown):
        return f"I cannot see whether {service} is still there"
    if seen.stored is None:
        dead = isinstance(seen.live, LiveService)
        return f"{service} is gone" + (", but the login page still shows its button" if dead else "")
    return f"{service} is still there, {'on' if seen.stored.enabled else 'off'}"


def _application(desired: Connection, seen: Apart) -> str:
    named = f"the application {code(desired.client_id)}" if desired.client_id else "the application"
    match seen.application:
        case Application() as found:
            others = foreign_callbacks(desired, found)
            ours_is_gone = others and len(others) == len(found.redirect_uris)
            return f"{named} is there without our callback address" if ours_is_gone else f"{named} is still there"
        case NotVisible():
            return f"{named} is not visible to me"
        case Unknown():
            return f"I cannot see whether {named} is still there"
        case None:
            return f"{named} is gone" if desired.client_id else "there is no application"


def _named(application: Application) -> str:
    return f"{quoted(application.name)} {code(application.client_id)}"


def _addresses(addresses: tuple[str, ...]) -> str:
    more = len(addresses) - SHOWN
    return ", ".join(map(code, addresses[:SHOWN])) + (f" and {more} more" if more > 0 else "")
