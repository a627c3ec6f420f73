"""What both systems hold, asked at the same time."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from bot.clock import Clock, within
from bot.connection.asking import or_unknown
from bot.connection.plan import Scope, exchanging
from bot.connection.ports import EncvoyId, RocketChat
from bot.connection.retry_policy import LOOK_SECONDS
from bot.connection.state import (
    Application,
    Connection,
    LiveService,
    NotVisible,
    Observed,
    StoredService,
    Unknown,
)
from bot.errors import RemoteError

NOT_ASKED = Unknown("Encvoy ID was not asked.")


async def observe(
    desired: Connection,
    rocketchat: RocketChat,
    encvoy: EncvoyId,
    clock: Clock,
    scope: Scope = Scope.ALL,
) -> Observed:
    """Asks both sides. RemoteError if one does not say, except Encvoy ID during an exchange: then its side is Unknown,
    because the way back begins at Rocket.Chat and need not wait for it. To switch off, Encvoy ID is not asked."""
    if scope is Scope.SWITCH and not desired.enabled:
        stored, live = await asyncio.gather(rocketchat.stored(desired.name), rocketchat.live(desired.name))
        return Observed(stored=stored, live=live, application=NOT_ASKED)
    stored, live, (application, twins) = await asyncio.gather(
        rocketchat.stored(desired.name), rocketchat.live(desired.name), _application(desired, encvoy, clock)
    )
    return Observed(stored=stored, live=live, application=application, twins=twins)


@dataclass(frozen=True)
class Apart:
    """Each side by itself: what cannot be seen is Unknown, and hides nothing of the other."""

    stored: StoredService | Unknown | None
    live: LiveService | Unknown | None
    application: Application | NotVisible | Unknown | None
    twins: tuple[Application, ...]
    only_administrators: bool | Unknown
    """See `EncvoyId.only_administrators`."""

    @property
    def whole(self) -> Observed | None:
        """Both sides; None if one of them could not be seen."""
        if isinstance(self.stored, Unknown) or isinstance(self.application, Unknown):
            return None
        return Observed(self.stored, self.live, self.application, self.twins)


async def observe_apart(desired: Connection, rocketchat: RocketChat, encvoy: EncvoyId, clock: Clock) -> Apart:
    """Asks both sides; never fails."""
    stored, live, found, only = await asyncio.gather(
        or_unknown(rocketchat.stored(desired.name)),
        or_unknown(rocketchat.live(desired.name)),
        or_unknown(_application(desired, encvoy, clock)),
        or_unknown(encvoy.only_administrators()),
    )
    application, twins = (found, ()) if isinstance(found, Unknown) else found
    return Apart(stored, live, application, twins, only)


async def _application(
    desired: Connection, encvoy: EncvoyId, clock: Clock
) -> tuple[Application | NotVisible | Unknown | None, tuple[Application, ...]]:
    if exchanging(desired) and desired.client_id is not None:
        return await _at_once(desired.client_id, encvoy, clock), ()
    known = desired.client_id
    if desired.current is not None and known is not None:
        found = await encvoy.application(known)
        if found is not None:
            return found, ()
        known = None  # it is gone, and may have a successor whose creation was never answered
    return await _ours(desired, known, encvoy)


async def _at_once(client_id: str, encvoy: EncvoyId, clock: Clock) -> Application | NotVisible | Unknown | None:
    """While people may be unable to sign in, nobody waits for a system that hangs."""
    try:
        return await within(clock, LOOK_SECONDS, _read(client_id, encvoy))
    except RemoteError as error:
        return Unknown(error.text)
    except TimeoutError:
        return Unknown("Encvoy ID does not respond.")


async def _read(client_id: str, encvoy: EncvoyId) -> Application | NotVisible | None:
    return await encvoy.application(client_id)


async def _ours(
    desired: Connection, known: str | None, encvoy: EncvoyId
) -> tuple[Application | NotVisible | None, tuple[Application, ...]]:
    """While being set up: what carries our description and our redirect URI was asked for by us, answered or not."""
    found = [a for a in await encvoy.applications(desired.redirect_uri) if a.description == desired.description]
    found.sort(key=lambda application: (application.client_id != known, application.client_id))
    if found:
        twins = tuple(a for a in found[1:] if a.redirect_uris == (desired.redirect_uri,))
        return found[0], twins
    return (None if known is None else await encvoy.application(known)), ()
