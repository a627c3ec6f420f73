"""Whether anything of an interrupted operation shows in the world. Pure.

Of the plan's parts these can be seen: a service or an application made for it, its secret on either side, and what the
new wish changed of an old one, the switch above all.
"""

from __future__ import annotations

from dataclasses import replace

from bot.connection.plan import exchanging
from bot.connection.state import Application, Connection, Observed, StoredService
from bot.secret import Secret


def part_shows(before: Connection | None, desired: Connection, observed: Observed) -> bool:
    """`before`: what was desired until the operation committed `desired`. Half of a change is worse than either end, so
    whatever may be a part of it counts."""
    if desired.undoing or (before is not None and exchanging(before)):
        return True
    if _secret_shows(before, desired, observed):
        return True
    if before is None or before.current is None:
        made = desired.client_id is not None or isinstance(observed.application, Application)
        return made or (observed.stored is not None and _is_blank(observed.stored))
    return _change_shows(before, desired, observed)


def assumed_before(desired: Connection) -> Connection | None:
    """What was desired before, where nobody kept it: nothing, or the same without an exchange."""
    if desired.current is None:
        return None
    return replace(desired, pending=None) if exchanging(desired) and not desired.undoing else desired


def _secret_shows(before: Connection | None, desired: Connection, observed: Observed) -> bool:
    pending = desired.pending
    if pending is None or (before is not None and pending in (before.pending, before.current)):
        return False
    application = observed.application
    held = {application.secret} if isinstance(application, Application) else set()
    return pending in held or (observed.stored is not None and observed.stored.secret == pending)


def _is_blank(stored: StoredService) -> bool:
    """As Rocket.Chat makes a service: one with a secret of its own is somebody else's."""
    return stored.secret == Secret("") and not stored.enabled


def _change_shows(before: Connection, desired: Connection, observed: Observed) -> bool:
    stored, application = observed.stored, observed.application
    if stored is not None:
        if desired.enabled != before.enabled and stored.enabled == desired.enabled:
            return True
        changed = {s: value for s, value in desired.settings.items() if before.settings.get(s) != value}
        if any(stored.settings.get(suffix) == value for suffix, value in changed.items()):
            return True
    moved = desired.redirect_uri != before.redirect_uri
    return moved and isinstance(application, Application) and desired.redirect_uri in application.redirect_uris
