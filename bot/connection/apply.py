"""Carries one change out. What it writes is read from the desired state in this moment."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, replace

from bot.clock import Clock
from bot.connection.changes import (
    AttachRules,
    AwaitLive,
    Change,
    CreateApplication,
    CreateService,
    DeleteTwin,
    DetachRules,
    Live,
    Prove,
    ProveInUse,
    Settle,
    SwitchService,
    WriteApplication,
    WriteApplicationSecret,
    WriteService,
    WriteServiceSecret,
)
from bot.connection.defaults import DEFAULTS
from bot.connection.in_use import Use
from bot.connection.marker import engine_of
from bot.connection.needs import AUTH_METHOD, mended
from bot.connection.plan import is_shown, live_as_desired
from bot.connection.ports import ApplicationFields, Awaited, Connections, EncvoyId, RocketChat
from bot.connection.profile import Engine
from bot.connection.proof import LATER_TIMES, prove, prove_in_use, prove_in_use_mending
from bot.connection.receipt import Receipt
from bot.connection.state import Application, Connection, LiveService, Marker, SettingValue, Unknown
from bot.errors import NoAnswer, RemoteError, UserError
from bot.secret import Secret

LIVE_WITHIN = 10.0
"""Seconds to wait for a stored setting to become live; Rocket.Chat needs about 2.5 (facts/rocketchat.md §2.5)."""
SETTLE = 2.51
"""Seconds that it needs, where this one was never measured."""
SPARE = 0.09
"""Seconds of quiet beyond that: then no run of Rocket.Chat is pending."""
MARKER_WITHIN, MARKER_TIMES = 6.0, 2.4
"""Seconds, and settle times, after which a marker that is not live means that somebody restarted the timers."""


@dataclass(frozen=True)
class Workshop:
    """Everything the connection works with; built once, in `bot.app`."""

    rocketchat: RocketChat
    encvoy: EncvoyId
    connections: Connections
    clock: Clock


@dataclass(frozen=True)
class Progress:
    """Where a run of the loop stands: what is desired by now, what was done, and since when the new secret is live."""

    desired: Connection
    receipt: Receipt
    operation_id: str | None = None
    live_since: float | None = None
    """The last moment in which the new secret was seen not to be live in Rocket.Chat."""
    prove_until: float | None = None
    """How long a token side that lags behind is waited for."""

    @property
    def settle(self) -> float:
        """Seconds that this Rocket.Chat needs."""
        return self.desired.settle or SETTLE

    def switched(self, now: float) -> Progress:
        """Encvoy ID was seen to have switched. The first moment counts."""
        if self.live_since is None or self.receipt.gap is not None:
            return self
        return replace(self, receipt=replace(self.receipt, gap=now - self.live_since))


async def apply(change: Change, progress: Progress, shop: Workshop) -> Progress:
    """Ensures one change. RemoteError or NotProved if it could not be, or if nobody can say whether it was."""
    done = await _apply(change, progress, shop)
    return replace(done, receipt=done.receipt.with_change(type(change).__name__))


async def _apply(change: Change, progress: Progress, shop: Workshop) -> Progress:
    desired = progress.desired
    match change:
        case CreateService():
            await shop.rocketchat.create_service(desired.name)
        case WriteService(settings=suffixes):
            await shop.rocketchat.write_service(desired.name, service_settings(desired, suffixes))
        case SwitchService(on=on):
            await shop.rocketchat.switch_service(desired.name, on)
        case WriteServiceSecret():
            quiet = progress.settle + SPARE
            await shop.rocketchat.write_secret(desired.name, desired.secret, known_marker(desired), quiet)
        case AwaitLive(what=what):
            return await _await_live(what, progress, shop)
        case CreateApplication():
            return await _create_application(progress, shop)
        case WriteApplicationSecret():
            return await _switch_secret(progress, shop)
        case WriteApplication(fields=fields):
            await _write_application(fields, desired, shop)
        case AttachRules(fields=fields):
            await shop.encvoy.attach_rules(known_id(desired), frozenset(fields))
        case DetachRules(fields=fields):
            await shop.encvoy.detach_rules(known_id(desired), frozenset(fields))
        case DeleteTwin(client_id=client_id):
            await shop.encvoy.delete_application(client_id)
        case Prove():
            return await _prove(progress, shop)
        case ProveInUse(later=later):
            return await _prove_in_use(later, progress, shop)
        case Settle():
            settled = replace(desired, current=desired.secret, pending=None, undoing=False)
            receipt = progress.receipt.with_change(Settle.__name__).as_dict()
            await shop.connections.save(settled, operation_id=progress.operation_id, receipt=receipt)
            return replace(progress, desired=settled)
    return progress


async def _await_live(what: Live, progress: Progress, shop: Workshop) -> Progress:
    if what is not Live.MARKER:
        try:
            await shop.rocketchat.await_live(
                progress.desired.name, awaited(what, progress.desired), progress.desired.settle, LIVE_WITHIN
            )
        except NoAnswer:
            # A server may publish a setting in another form than it stores it: being on is what counts.
            if what is Live.OFF or not is_shown(progress.desired, await shop.rocketchat.live(progress.desired.name)):
                raise
        return progress
    return await _await_marker(progress, shop)


async def _await_marker(progress: Progress, shop: Workshop) -> Progress:
    """Waits for the new secret to be live, and meanwhile gets everything ready for the switch."""
    desired, warming = progress.desired, asyncio.create_task(_warm(shop.encvoy))
    within = max(MARKER_WITHIN, MARKER_TIMES * progress.settle)
    try:
        seen = await shop.rocketchat.await_marker(desired.name, known_marker(desired), desired.settle, within)
    except NoAnswer:
        # Where nobody can see, it has long been live by now, and every second more is a second of the gap.
        if isinstance(await shop.rocketchat.live(desired.name), Unknown):
            return replace(progress, receipt=replace(progress.receipt, seen_by=None))
        if desired.undoing and await _old_one_is_in_use(desired, shop):
            return replace(progress, receipt=replace(progress.receipt, seen_by="proof"))
        raise
    finally:
        warming.cancel()
    if not seen.certain:  # nobody knows when it changed over
        receipt = replace(progress.receipt, seen_by=None)
        return replace(progress, receipt=receipt, desired=replace(desired, settle=seen.after))
    receipt = replace(progress.receipt, seen_by=seen.by, instances=seen.instances)
    if WriteServiceSecret.__name__ not in progress.receipt.changes:
        # Of a secret that an earlier process wrote nobody knows since when it has been live: then no gap is claimed.
        return replace(progress, receipt=receipt)
    return replace(progress, live_since=seen.since, receipt=receipt, desired=replace(desired, settle=seen.after))


async def _old_one_is_in_use(desired: Connection, shop: Workshop) -> bool:
    """On the way back, where the marker never shows: Encvoy ID holds the old secret, and Rocket.Chat uses what it
    accepts."""
    found = await prove_in_use(desired, await _engine(desired, shop), shop.rocketchat, shop.encvoy)
    if found.use is not Use.PROVED:
        return False
    application = await shop.encvoy.application(known_id(desired))
    return isinstance(application, Application) and application.secret == desired.secret


async def _prove(progress: Progress, shop: Workshop) -> Progress:
    proof = await prove(progress.desired, shop.rocketchat, shop.encvoy, shop.clock, progress.prove_until)
    progress = progress.switched(shop.clock.monotonic())
    return replace(progress, receipt=replace(progress.receipt, proof=proof))


async def _prove_in_use(later: bool, progress: Progress, shop: Workshop) -> Progress:
    if later:
        await shop.clock.sleep(LATER_TIMES * progress.settle)
    desired = progress.desired
    engine = await _engine(desired, shop)
    found = await prove_in_use_mending(desired, engine, shop.rocketchat, shop.encvoy, shop.clock, progress.settle)
    if later:
        return replace(progress, receipt=replace(progress.receipt, in_use_later=found))
    return replace(progress, receipt=replace(progress.receipt, in_use=found))


async def _engine(desired: Connection, shop: Workshop) -> Engine:
    """As Rocket.Chat says now: it may be another one than when the exchange began. Where it says nothing, that one."""
    try:
        return (await shop.rocketchat.profile()).engine
    except RemoteError:
        return engine_of(known_marker(desired))


async def _warm(encvoy: EncvoyId) -> None:
    """A convenience: if it fails the switch itself will, and that is dealt with."""
    with contextlib.suppress(UserError):
        await encvoy.warm()


async def _switch_secret(progress: Progress, shop: Workshop) -> Progress:
    desired = progress.desired
    await shop.encvoy.write_application(known_id(desired), ApplicationFields(secret=desired.secret))
    return progress.switched(shop.clock.monotonic())


async def _create_application(progress: Progress, shop: Workshop) -> Progress:
    desired = progress.desired
    client_id = await shop.encvoy.create_application(
        ApplicationFields(
            name=desired.application_name,
            description=desired.description,
            domain=desired.site_url,
            redirect_uris=(desired.redirect_uri,),
            token_endpoint_auth_method=AUTH_METHOD,
        )
    )
    created = replace(desired, client_id=client_id)
    await shop.connections.save(created)
    return replace(progress, desired=created)


async def _write_application(fields: tuple[str, ...], desired: Connection, shop: Workshop) -> None:
    found = await shop.encvoy.application(known_id(desired))
    there = found if isinstance(found, Application) else None
    await shop.encvoy.write_application(known_id(desired), mended(desired, there, fields))


def awaited(what: Live, desired: Connection) -> Awaited:
    """Whether a live record is the one that `AwaitLive` waits for."""

    def holds(live: LiveService | None) -> bool:
        if what is Live.OFF:
            return live is None
        return is_shown(desired, live) if what is Live.SHOWN else live_as_desired(desired, live)

    return holds


def known_id(desired: Connection) -> str:
    """The application's id; ValueError before there is one."""
    if desired.client_id is None:
        raise ValueError("the application has no id yet")
    return desired.client_id


def service_settings(desired: Connection, suffixes: tuple[str, ...]) -> Mapping[str, SettingValue | Secret]:
    """The values of these settings; the server's own default where none is desired."""
    everything: dict[str, SettingValue | Secret] = {
        **DEFAULTS,
        **desired.settings,
        "id": known_id(desired),
        "secret": desired.secret,
    }
    return {suffix: everything[suffix] for suffix in suffixes}


def known_marker(desired: Connection) -> Marker:
    """The marker of the exchange; ValueError without one."""
    if desired.marker is None:
        raise ValueError("an exchange needs a marker")
    return desired.marker
