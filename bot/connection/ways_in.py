"""How people could sign in without the connection."""

from __future__ import annotations

from dataclasses import dataclass

from bot.connection.ports import Context
from bot.connection.state import Connection, Observed
from bot.connection.unknown import Unknown


@dataclass(frozen=True)
class WaysIn:
    """The other ways to sign in."""

    form: bool | None
    """Whether the login page has the form for user name and password; None: that could not be seen."""
    others: frozenset[str] | Unknown = frozenset()
    """Other login services with a button; not asked for where there is the form."""

    @property
    def exist(self) -> bool:
        """Whether there is certainly one."""
        return self.form is True or (not isinstance(self.others, Unknown) and bool(self.others))

    @property
    def certainly_none(self) -> bool:
        """Whether everything was seen, and there is none."""
        return self.form is False and self.others == frozenset()


def takes_a_way(observed: Observed) -> bool:
    """Whether people may be signing in through the service now, also by a button whose settings are gone."""
    return (observed.stored is not None and observed.stored.enabled) or observed.live is not None


async def ways_in(connection: Connection, observed: Observed, context: Context) -> WaysIn:
    """Asks for what was not observed yet. Never fails: what cannot be seen is Unknown."""
    if observed.form is True:
        return WaysIn(form=True)
    return WaysIn(observed.form, await context.rocketchat.other_services_live(connection.name))
