"""Reads both systems at the same time. One observation reads nothing twice, and no request waits for an answer that it
does not need.

An observation is one value. Changes use data that was read after the last change (`LoopState.stored`). Version and
licence are read by the first observation of an operation, and passed on to the later ones.
"""

from __future__ import annotations

import asyncio
import enum
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass

from bot.clock import within
from bot.connection.asking import or_unknown
from bot.connection.plan import Scope
from bot.connection.ports import Context, EncvoyId, Listed
from bot.connection.profile import Edition, Profile
from bot.connection.retry_policy import LOOK_SECONDS, RetryPolicy
from bot.connection.state import NOT_ASKED, Application, Connection, LiveService, NotVisible, Observed, StoredService
from bot.connection.unknown import Unknown
from bot.errors import RemoteError


async def observe(
    desired: Connection,
    context: Context,
    scope: Scope = Scope.ALL,
    *,
    profile: Profile | Unknown | None = None,
    listed: Listed | None = None,
    lenient: bool = False,
) -> Observed:
    """Reads both sides. RemoteError if one cannot be read, except Encvoy ID during an exchange: then its side is
    Unknown, because a rollback begins at Rocket.Chat and need not wait for it. So does a removal, as long as something
    is left there. To switch the service off, or to change its label, Encvoy ID is not read.

    `profile`: from an earlier observation of this operation; None: this is the first. `listed`: settings of Rocket.Chat
    that were already read for this observation. `lenient`: a removal waits for Encvoy ID in no case.
    """
    if scope is Scope.LABEL or (scope is Scope.SWITCH and not desired.enabled):
        settings, live = await asyncio.gather(_settings(context, listed), context.rocketchat.live(desired.name))
        stored, form = settings.service(desired.name), settings.form
        return Observed(stored, live, NOT_ASKED, site_url=settings.site_url, form=form)
    settings, live, side, edition = await asyncio.gather(
        _settings(context, listed),
        context.rocketchat.live(desired.name),
        _or_its_error(_side(desired, context)) if desired.absent else _side(desired, context),
        _edition(context, profile),
    )
    stored = settings.service(desired.name)
    if isinstance(side, RemoteError):
        if not (lenient or stored is not None or isinstance(live, LiveService)):
            raise side
        side = _Side(Unknown(" ".join(part for part in (side.what, side.why) if part), side.fix))
    return Observed(
        stored,
        live,
        side.application,
        side.twins,
        side.strangers,
        settings.site_url,
        settings.form,
        settings.profile(edition) if isinstance(edition, Edition) else edition,
    )


@dataclass(frozen=True)
class _Side:
    """What Encvoy ID holds of a connection. See `Observed`."""

    application: Application | NotVisible | Unknown | None
    twins: tuple[Application, ...] = ()
    strangers: tuple[Application, ...] = ()


async def _or_its_error(reading: Awaitable[_Side]) -> _Side | RemoteError:
    try:
        return await reading
    except RemoteError as error:
        return error


async def observe_patiently(desired: Connection, context: Context, scope: Scope = Scope.ALL) -> Observed:
    """The same, as often as the loop tries again."""
    patience = RetryPolicy(context.clock)
    while True:
        try:
            return await observe(desired, context, scope)
        except RemoteError as error:
            await patience.wait_or_raise(error)


async def _settings(context: Context, listed: Listed | None) -> Listed:
    return await context.rocketchat.listed() if listed is None else listed


async def _edition(context: Context, known: Profile | Unknown | None) -> Edition | Profile | Unknown:
    """The known profile, or else the version and licence that it is made of."""
    return await or_unknown(context.rocketchat.edition()) if known is None else known


class RunEffect(enum.Enum):
    """Whether anything was changed on either side."""

    NONE = "none"
    SOME = "some"
    UNKNOWN = "unknown"


def difference(before: Observed, now: Observed) -> RunEffect:
    """Whether anything changed between two observations. UNKNOWN if a side could not be read, and the other is as
    before; a side that was not asked for was not to be changed."""
    if before.stored != now.stored:
        return RunEffect.SOME
    sides = (before.application, now.application)
    if any(isinstance(side, Unknown) and side != NOT_ASKED for side in sides):
        return RunEffect.UNKNOWN
    same = before.application == now.application and before.twins == now.twins
    return RunEffect.NONE if same else RunEffect.SOME


@dataclass(frozen=True)
class Apart:
    """Both sides independently: one that cannot be read is Unknown, and the other is still there."""

    stored: StoredService | Unknown | None
    live: LiveService | Unknown | None
    application: Application | NotVisible | Unknown | None
    twins: tuple[Application, ...]
    only_administrators: bool | Unknown
    """See `EncvoyId.only_administrators`."""
    site_url: str | None = None
    """See `Observed.site_url`."""
    form: bool | None = None
    """See `Observed.form`."""

    @property
    def whole(self) -> Observed | None:
        """Both sides; None if one of them could not be read."""
        if isinstance(self.stored, Unknown) or isinstance(self.application, Unknown):
            return None
        return Observed(self.stored, self.live, self.application, self.twins, site_url=self.site_url, form=self.form)


async def observe_apart(desired: Connection, context: Context) -> Apart:
    """Reads both sides; never fails."""
    listed, live, found, only = await asyncio.gather(
        or_unknown(context.rocketchat.listed()),
        or_unknown(context.rocketchat.live(desired.name)),
        or_unknown(_side(desired, context)),
        or_unknown(context.encvoy.only_administrators()),
    )
    side = _Side(found) if isinstance(found, Unknown) else found
    if isinstance(listed, Unknown):
        return Apart(listed, live, side.application, side.twins, only)
    return Apart(listed.service(desired.name), live, side.application, side.twins, only, listed.site_url, listed.form)


async def _side(desired: Connection, context: Context) -> _Side:
    if desired.absent:
        return await _to_take_away(desired, context.encvoy)
    return _Side(*await _application(desired, context))


async def _to_take_away(desired: Connection, encvoy: EncvoyId) -> _Side:
    """Every application with our callback address, and the one that we know in any case."""
    found = await encvoy.applications(desired.redirect_uri)
    application = None if desired.client_id is None else await encvoy.application(desired.client_id)
    others = sorted((a for a in found if a.client_id != desired.client_id), key=lambda other: other.client_id)
    if application is None:
        application = next((other for other in others if other.description == desired.description), None)
    others = [other for other in others if other != application]
    twins = twins_among(others, desired)
    return _Side(application, twins, tuple(other for other in others if other not in twins))


async def _application(
    desired: Connection, context: Context
) -> tuple[Application | NotVisible | Unknown | None, tuple[Application, ...]]:
    if desired.exchanging and desired.client_id is not None:
        return await _at_once(desired.client_id, context), ()
    known = desired.client_id
    if desired.current is not None and known is not None:
        found = await context.encvoy.application(known)
        if found is not None:
            return found, ()
        known = None  # it is gone; a new one may exist whose creation was never answered
    return await _ours(desired, known, context.encvoy)


async def _at_once(client_id: str, context: Context) -> Application | NotVisible | Unknown | None:
    """Gives up after LOOK_SECONDS, because people may be unable to sign in meanwhile."""
    try:
        return await within(context.clock, LOOK_SECONDS, context.encvoy.application(client_id))
    except RemoteError as error:
        return Unknown(error.text)
    except TimeoutError:
        return Unknown("Encvoy ID does not respond.")


async def _ours(
    desired: Connection, known: str | None, encvoy: EncvoyId
) -> tuple[Application | NotVisible | None, tuple[Application, ...]]:
    """For a connection that is being set up: an application with our description and our redirect URI was created by
    the bot, even if that request was never answered."""
    found = [a for a in await encvoy.applications(desired.redirect_uri) if a.description == desired.description]
    found.sort(key=lambda application: (application.client_id != known, application.client_id))
    if found:
        return found[0], twins_among(found[1:], desired)
    return (None if known is None else await encvoy.application(known)), ()


def twins_among(others: Sequence[Application], desired: Connection) -> tuple[Application, ...]:
    """Those that the bot created as well. One with other callback addresses is somebody's by now."""
    own = (desired.description, (desired.redirect_uri,))
    return tuple(other for other in others if (other.description, other.redirect_uris) == own)
