"""Whether an interrupted operation has left a trace on either side. Pure.

Only these are certainly the bot's own: an application with our description, the new secret on either side, what the
bot's database says about both, and a switch that is as desired. Anything else may have been written by a person who got
no answer.
"""

from __future__ import annotations

import enum
from dataclasses import replace

from bot.connection.plan import Scope
from bot.connection.state import LABEL, Application, Connection, Observed, StoredService
from bot.secret import Secret


class Shown(enum.Enum):
    """What is seen of an operation."""

    PART = "a part of it"
    PERHAPS = "what may be a part of it, and may have been there before it"
    NOTHING = "nothing"


def shown(before: Connection | None, desired: Connection, observed: Observed, scope: Scope = Scope.ALL) -> Shown:
    """`before`: what was desired until the operation committed `desired`; `scope`: what the operation may touch."""
    if _is_part(before, desired, observed, scope):
        return Shown.PART
    if before == desired or (
        scope not in (Scope.SWITCH, Scope.LABEL) and not desired.absent and _may_be_part(before, desired, observed)
    ):
        return Shown.PERHAPS
    return Shown.NOTHING


def assumed_before(desired: Connection) -> Connection | None:
    """What was desired before, if it was not stored: nothing, or the same without an exchange."""
    if desired.current is None:
        return None
    return replace(desired, pending=None) if desired.exchanging and not desired.undoing else desired


def _is_part(before: Connection | None, desired: Connection, observed: Observed, scope: Scope) -> bool:
    if scope is Scope.SWITCH:
        return _switch_shows(before, desired, observed)
    if scope is Scope.LABEL:
        return _label_shows(before, desired, observed)
    # Half of an exchange is worse than either end, no matter who began it.
    if desired.undoing or (before is not None and before.exchanging):
        return True
    # The same holds for half of a removal.
    if before is not None and before.absent:
        return True
    if desired.absent:
        return before is not None and _removal_shows(before, observed)
    if _secret_shows(before, desired, observed):
        return True
    if before is None:
        return desired.client_id is not None or isinstance(observed.application, Application)
    proved = before.current is None and desired.current is not None
    return proved or desired.client_id != before.client_id or _switch_shows(before, desired, observed)


def _removal_shows(before: Connection, observed: Observed) -> bool:
    """Whether a part of it is not there any more. Of a connection that was never finished nobody knows what was."""
    if observed.stored is None and observed.application is None:
        return True
    if before.current is None:
        return before.client_id is not None and observed.application is None
    gone = observed.stored is None or (before.client_id is not None and observed.application is None)
    return gone or (observed.stored is not None and before.enabled and not observed.stored.enabled)


def _switch_shows(before: Connection | None, desired: Connection, observed: Observed) -> bool:
    if before is None or before.current is None or observed.stored is None:
        return False
    return desired.enabled != before.enabled and observed.stored.enabled == desired.enabled


def _label_shows(before: Connection | None, desired: Connection, observed: Observed) -> bool:
    if before is None or observed.stored is None:
        return False
    return desired.label != before.label and observed.stored.settings.get(LABEL) == desired.label


def _secret_shows(before: Connection | None, desired: Connection, observed: Observed) -> bool:
    pending = desired.pending
    if pending is None or (before is not None and pending in (before.pending, before.current)):
        return False
    application = observed.application
    held = {application.secret} if isinstance(application, Application) else set()
    return pending in held or (observed.stored is not None and observed.stored.secret == pending)


def _may_be_part(before: Connection | None, desired: Connection, observed: Observed) -> bool:
    if before is None or before.current is None:
        made = isinstance(observed.application, Application)
        return made or (observed.stored is not None and _may_be_ours(observed.stored, desired))
    return _change_shows(before, desired, observed)


def _may_be_ours(stored: StoredService, desired: Connection) -> bool:
    """A service as Rocket.Chat creates it; one with a secret was set up by somebody else."""
    return stored.secret == desired.secret or (stored.secret == Secret("") and not stored.enabled)


def _change_shows(before: Connection, desired: Connection, observed: Observed) -> bool:
    stored, application = observed.stored, observed.application
    if stored is not None:
        changed = {s: value for s, value in desired.settings.items() if before.settings.get(s) != value}
        if any(stored.settings.get(suffix) == value for suffix, value in changed.items()):
            return True
    if not isinstance(application, Application):
        return False
    moved = desired.redirect_uri != before.redirect_uri and desired.redirect_uri in application.redirect_uris
    asked = any((rule in application.rules) == (rule in desired.rules) for rule in desired.rules ^ before.rules)
    return moved or asked or application.client_id != desired.client_id
