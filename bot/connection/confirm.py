"""Asks Rocket.Chat, once a connection is on, whether it can exchange a code at Encvoy ID with its settings.

This is only possible for a service that is on (facts/rocketchat.md §3.1b). So a connection that was just switched on,
or got another address, is reverted if Rocket.Chat reports that it cannot work. No other answer reverts anything, nor
does a missing one.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace

from bot.connection.context import settle_of
from bot.connection.in_use import BECAUSE_OFF, InUse, Use
from bot.connection.needs import EXCHANGED_AT
from bot.connection.plan import Scope
from bot.connection.ports import Context
from bot.connection.proof import prove_in_use_and_fix
from bot.connection.reconcile import Narrator, Reconciler
from bot.connection.state import Connection, Observed
from bot.connection.unknown import Unknown
from bot.errors import Unfinished, UserError

ADDRESS = (*EXCHANGED_AT, "authorize_path")
"""The settings that say where Encvoy ID is."""


_NOT_TAKEN_BACK = "Rocket.Chat cannot sign anybody in with it, and I could not confirm that it was undone."


class Taken(enum.Enum):
    """What was reverted of a connection that cannot work."""

    NOTHING = "nothing"
    OFF = "off"
    """Switched off again."""
    BACK = "back"
    """The previous address was restored."""


@dataclass(frozen=True)
class Confirmed:
    """The connection as it is now, and what Rocket.Chat said about it."""

    connection: Connection
    said: InUse
    taken: Taken = Taken.NOTHING

    @property
    def works(self) -> bool:
        """False only if Rocket.Chat says that it cannot work."""
        return self.said.use not in (Use.OTHER, Use.FAILED)


async def ask(connection: Connection, seen: Observed, context: Context) -> InUse:
    """What Rocket.Chat uses, as `prove_in_use_and_fix` says. Never raises: the changes are already made. `seen`: the
    last look, since which nothing was changed."""
    if not connection.enabled:
        return BECAUSE_OFF
    if isinstance(seen.profile, Unknown):
        return InUse(Use.UNKNOWN, f"{seen.profile.reason} {seen.profile.fix}".strip().rstrip("."))
    said, _ = await prove_in_use_and_fix(connection, seen.profile.engine, context, settle_of(connection), seen.stored)
    return said


async def confirm(
    connection: Connection,
    before: Connection | None,
    seen: Observed,
    context: Context,
    narrator: Narrator,
    scope: Scope = Scope.ALL,
) -> Confirmed:
    """Asks, and reverts what differs from `before` if it cannot work: the address, or that it is on. Unfinished if the
    revert fails; it stays desired. `seen`: the last observation, after which nothing was changed."""
    said = await ask(connection, seen, context)
    back = _before(connection, before)
    if said.use not in (Use.OTHER, Use.FAILED) or back is None:
        return Confirmed(connection, said)
    taken = Taken.BACK if back.enabled else Taken.OFF
    try:
        await context.connections.save(back)
        there, _ = await Reconciler(context, narrator, scope=scope).run(back)
    except UserError as error:
        raise Unfinished(
            _NOT_TAKEN_BACK,
            why=f"{said.words}. {error.what} {error.why}".rstrip(),
            fix="`/sso status` shows whether it is on; if so, `/sso disable` removes the button.",
        ) from error
    return Confirmed(there, said, taken)


def _before(connection: Connection, before: Connection | None) -> Connection | None:
    """The state to restore; None if it was already on with the same address."""
    if before is None or before.current is None or not before.enabled:
        return replace(connection, enabled=False)
    address = {suffix: before.settings[suffix] for suffix in ADDRESS if suffix in before.settings}
    # Everything else stays as desired: Rocket.Chat's answer is not about it.
    back = replace(connection, settings={**connection.settings, **address}, site_url=before.site_url)
    return None if back == connection else back
