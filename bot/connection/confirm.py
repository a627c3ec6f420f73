"""What Rocket.Chat itself says once a connection is on: whether it can exchange a code at Encvoy ID with what it holds.

It cannot be asked before, because it only answers for a service that is on (facts/rocketchat.md §3.1b). So a connection
that was just switched on, or led to another address, is taken back if Rocket.Chat says that it cannot work. Anything
else that it says, or doesn't, never undoes anything.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace

from bot.connection.apply import LATER_TIMES, SETTLE, Workshop
from bot.connection.in_use import BECAUSE_OFF, InUse, Use
from bot.connection.profile import Engine
from bot.connection.proof import prove_in_use
from bot.connection.reconcile import Narrator, Reconciler
from bot.connection.state import Connection


class Taken(enum.Enum):
    """What was done about a connection that cannot work."""

    NOTHING = "nothing"
    OFF = "off"
    """Switched off again."""
    BACK = "back"
    """The settings of before were put back."""


@dataclass(frozen=True)
class Confirmed:
    """The connection as it is now, and what Rocket.Chat said of it."""

    connection: Connection
    said: InUse
    taken: Taken = Taken.NOTHING

    @property
    def works(self) -> bool:
        """Whether nothing says that it does not."""
        return self.said.use not in (Use.OTHER, Use.FAILED)


async def ask(connection: Connection, engine: Engine, shop: Workshop) -> InUse:
    """What Rocket.Chat uses; an instance with an outdated cache is mended by an equal write, and asked again."""
    if not connection.enabled:
        return BECAUSE_OFF
    said = await prove_in_use(connection, engine, shop.rocketchat, shop.encvoy)
    if said.use is not Use.OTHER:
        return said
    await shop.rocketchat.repeat_secret(connection.name, connection.secret)
    await shop.clock.sleep(LATER_TIMES * (connection.settle or SETTLE))
    return await prove_in_use(connection, engine, shop.rocketchat, shop.encvoy)


async def confirm(
    connection: Connection, before: Connection | None, engine: Engine, shop: Workshop, narrator: Narrator
) -> Confirmed:
    """Asks, and takes back what `before` was not: its address, or that it is on. UserError if that cannot be done."""
    said = await ask(connection, engine, shop)
    back = _before(connection, before)
    if said.use not in (Use.OTHER, Use.FAILED) or back is None:
        return Confirmed(connection, said)
    taken = Taken.BACK if back.enabled else Taken.OFF
    await shop.connections.save(back)
    there, _ = await Reconciler(shop, narrator).run(back)
    return Confirmed(there, said, taken)


def _before(connection: Connection, before: Connection | None) -> Connection | None:
    """What is to be put back; None if it was on already, with the same address."""
    if before is None or before.current is None or not before.enabled:
        return replace(connection, enabled=False)
    if before.settings == connection.settings and before.site_url == connection.site_url:
        return None
    return replace(connection, settings=before.settings, site_url=before.site_url)
