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
    Settle,
    SwitchService,
    WriteApplication,
    WriteApplicationSecret,
    WriteService,
    WriteServiceSecret,
)
from bot.connection.marker import shows
from bot.connection.plan import AUTH_METHOD, is_shown, live_as_desired
from bot.connection.ports import ApplicationFields, Awaited, Connections, EncvoyId, RocketChat
from bot.connection.proof import prove
from bot.connection.receipt import Receipt
from bot.connection.state import Connection, LiveService, SettingValue, Unknown
from bot.errors import NoAnswer, UserError
from bot.secret import Secret

LIVE_WITHIN = 10.0
"""Seconds to wait for a stored setting to become live; Rocket.Chat needs about two (facts/rocketchat.md §2.5)."""
SWITCH = ""
"""The suffix of the setting that switches a service on and off."""


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
            await shop.rocketchat.write_service(desired.name, {SWITCH: on})
        case WriteServiceSecret():
            await shop.rocketchat.write_service(desired.name, secret_and_marker(desired))
        case AwaitLive(what=what):
            return await _await_live(what, progress, shop)
        case CreateApplication():
            return await _create_application(progress, shop)
        case WriteApplicationSecret():
            return await _switch_secret(progress, shop)
        case WriteApplication():
            await _write_application(desired, shop)
        case AttachRules(fields=fields):
            await shop.encvoy.attach_rules(known_id(desired), frozenset(fields))
        case DetachRules(fields=fields):
            await shop.encvoy.detach_rules(known_id(desired), frozenset(fields))
        case DeleteTwin(client_id=client_id):
            await shop.encvoy.delete_application(client_id)
        case Prove():
            proof = await prove(desired, shop.rocketchat, shop.encvoy)
            return replace(progress, receipt=replace(progress.receipt, proof=proof))
        case Settle():
            settled = replace(desired, current=desired.secret, pending=None, undoing=False)
            receipt = progress.receipt.with_change(Settle.__name__).as_dict()
            await shop.connections.save(settled, operation_id=progress.operation_id, receipt=receipt)
            return replace(progress, desired=settled)
    return progress


async def _await_live(what: Live, progress: Progress, shop: Workshop) -> Progress:
    if what is not Live.MARKER:
        try:
            await shop.rocketchat.await_live(progress.desired.name, awaited(what, progress.desired), LIVE_WITHIN)
        except NoAnswer:
            # A server may publish a setting in another form than it stores it: being on is what counts.
            if what is Live.OFF or not is_shown(progress.desired, await shop.rocketchat.live(progress.desired.name)):
                raise
        return progress
    return await _await_marker(progress, shop)


async def _await_marker(progress: Progress, shop: Workshop) -> Progress:
    """Waits for the new secret to be live, and meanwhile gets everything ready for the switch."""
    warming = asyncio.create_task(_warm(shop.encvoy))
    try:
        seen = await shop.rocketchat.await_live(
            progress.desired.name, awaited(Live.MARKER, progress.desired), LIVE_WITHIN
        )
    except NoAnswer:
        # Where nobody can see, it has long been live by now, and every second more is a second of the gap.
        if not isinstance(await shop.rocketchat.live(progress.desired.name), Unknown):
            raise
        return replace(progress, live_since=shop.clock.monotonic() - LIVE_WITHIN)
    finally:
        warming.cancel()
    # Of a secret that an earlier process wrote nobody knows since when it has been live: then no gap is claimed.
    since = seen.since if WriteServiceSecret.__name__ in progress.receipt.changes else None
    return replace(progress, live_since=since, receipt=replace(progress.receipt, seen_by=seen.by))


async def _warm(encvoy: EncvoyId) -> None:
    """A convenience: if it fails the switch itself will, and that is dealt with."""
    with contextlib.suppress(UserError):
        await encvoy.warm()


async def _switch_secret(progress: Progress, shop: Workshop) -> Progress:
    desired = progress.desired
    await shop.encvoy.write_application(known_id(desired), ApplicationFields(secret=desired.secret))
    if progress.live_since is None:
        return progress
    gap = shop.clock.monotonic() - progress.live_since
    return replace(progress, receipt=replace(progress.receipt, gap=gap))


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


async def _write_application(desired: Connection, shop: Workshop) -> None:
    """Our redirect URI is added to those that are there: what others registered is theirs."""
    application = await shop.encvoy.application(known_id(desired))
    there = getattr(application, "redirect_uris", ())
    await shop.encvoy.write_application(
        known_id(desired),
        ApplicationFields(
            description=desired.description,
            redirect_uris=tuple(dict.fromkeys((*there, desired.redirect_uri))),
            token_endpoint_auth_method=AUTH_METHOD,
        ),
    )


def awaited(what: Live, desired: Connection) -> Awaited:
    """Whether a live record is the one that `AwaitLive` waits for."""

    def holds(live: LiveService | None) -> bool:
        if what is Live.OFF:
            return live is None
        if what is Live.MARKER:
            return live is not None and desired.marker is not None and shows(desired.marker, live.settings)
        return live_as_desired(desired, live)

    return holds


def known_id(desired: Connection) -> str:
    """The application's id; ValueError before there is one."""
    if desired.client_id is None:
        raise ValueError("the application has no id yet")
    return desired.client_id


def service_settings(desired: Connection, suffixes: tuple[str, ...]) -> Mapping[str, SettingValue | Secret]:
    """The values of these settings."""
    everything: dict[str, SettingValue | Secret] = {
        **desired.settings,
        "id": known_id(desired),
        "secret": desired.secret,
    }
    return {suffix: everything[suffix] for suffix in suffixes}


def secret_and_marker(desired: Connection) -> Mapping[str, SettingValue | Secret]:
    """The secret goes first and the marker last, so that marker live implies secret live."""
    if desired.marker is None:
        raise ValueError("an exchange needs a marker")
    return {"secret": desired.secret, desired.marker.setting: desired.marker.spelling}
