"""Carries one change out. The values that it writes are read from the desired state at that moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import assert_never

from bot.connection import changes
from bot.connection.changes import Change, Live
from bot.connection.context import LoopState, known_id
from bot.connection.defaults import DEFAULTS
from bot.connection.exchange import await_marker, prove_secret, prove_what_is_used, write_secret
from bot.connection.needs import AUTH_METHOD, fixed, foreign_callbacks
from bot.connection.observe import twins_among
from bot.connection.plan import is_shown, live_as_desired
from bot.connection.ports import ApplicationFields, Awaited, Context
from bot.connection.refusals import required
from bot.connection.state import LABEL, Application, Connection, LiveService, NotVisible, SettingValue
from bot.errors import BadAnswer, NotLive
from bot.secret import Secret

LIVE_WITHIN = 10.0
"""Seconds to wait for a stored setting to become live; Rocket.Chat needs about 2.5 (facts/rocketchat.md §2.5)."""


async def apply(change: Change, progress: LoopState, context: Context) -> LoopState:
    """Ensures one change. RemoteError or NotProved if it failed, or if its effect is unknown."""
    if not isinstance(change, changes.Prove | changes.ProveInUse | changes.CommitSecret):
        progress = replace(progress, stored=None)
    done = await _apply(change, progress, context)
    return replace(done, receipt=done.receipt.with_change(type(change).__name__))


async def _apply(change: Change, progress: LoopState, context: Context) -> LoopState:
    desired = progress.desired
    match change:
        case changes.CreateService():
            await context.rocketchat.create_service(desired.name)
        case changes.WriteService(settings=suffixes):
            await context.rocketchat.write_service(desired.name, values_of(desired, suffixes))
        case changes.SwitchService(on=on):
            await context.rocketchat.switch_service(desired.name, on)
        case changes.WriteServiceSecret():
            return await write_secret(progress, context)
        case changes.AwaitLive(what=what):
            return await _await_live(what, progress, context)
        case changes.CreateApplication():
            return await _create_application(progress, context)
        case changes.WriteApplicationSecret():
            await context.encvoy.write_application(known_id(desired), ApplicationFields(secret=desired.secret))
        case changes.WriteApplication(fields=fields):
            await _write_application(fields, desired, context)
        case changes.AttachRules(fields=fields):
            await context.encvoy.attach_rules(known_id(desired), frozenset(fields))
        case changes.DetachRules(fields=fields):
            await context.encvoy.detach_rules(known_id(desired), frozenset(fields))
        case changes.RemoveService():
            await context.rocketchat.remove_service(desired.name)
        case changes.DeleteApplication():
            await _delete_application(desired, context)
        case changes.RemoveCallback():
            await _remove_callback(desired, context)
        case changes.RemoveFormerCallbacks():
            return await _remove_former_callbacks(progress, context)
        case changes.DeleteTwin(client_id=client_id):
            await context.encvoy.delete_application(client_id)
        case changes.Prove():
            return await prove_secret(progress, context)
        case changes.ProveInUse(later=later):
            return await prove_what_is_used(later, progress, context)
        case changes.CommitSecret():
            return await _commit_secret(progress, context)
        case never:
            assert_never(never)
    return progress


async def _await_live(what: Live, progress: LoopState, context: Context) -> LoopState:
    if what is Live.MARKER:
        return await await_marker(progress, context)
    desired = progress.desired
    try:
        await context.rocketchat.await_live(desired.name, awaited(what, desired), desired.settle, LIVE_WITHIN)
    except NotLive:
        # A server may publish a setting in another form than it stores it: only the switch counts.
        if what in (Live.OFF, Live.LABEL) or not is_shown(desired, await context.rocketchat.live(desired.name)):
            raise
    return progress


async def _create_application(progress: LoopState, context: Context) -> LoopState:
    desired = progress.desired
    client_id = await context.encvoy.create_application(
        ApplicationFields(
            name=desired.application_name,
            description=desired.description,
            domain=desired.site_url,
            redirect_uris=(desired.redirect_uri,),
            token_endpoint_auth_method=AUTH_METHOD,
        )
    )
    created = replace(desired, client_id=client_id)
    await context.connections.save(created)
    # A proxy may have sent the request twice, and Encvoy ID creates an application for each.
    for twin in twins_among(await context.encvoy.applications(created.redirect_uri, besides=client_id), created):
        await context.encvoy.delete_application(twin.client_id)
        progress = replace(progress, receipt=progress.receipt.with_change(changes.DeleteTwin.__name__))
    return replace(progress, desired=created)


async def _commit_secret(progress: LoopState, context: Context) -> LoopState:
    """With the receipt in the same transaction: whatever asked for the exchange, its fingerprints outlive a crash."""
    desired = progress.desired
    before = desired.secret if desired.undoing else desired.current
    receipt = replace(
        progress.receipt,
        fingerprint_before=None if before is None else context.fingerprints.of(before),
        fingerprint_after=context.fingerprints.of(desired.secret),
    )
    proved_at = desired.proved_at
    if not desired.undoing:
        proved_at = None if receipt.proof is None else context.clock.now()
    settled = replace(desired, current=desired.secret, pending=None, undoing=False, proved_at=proved_at)
    kept = receipt.with_change(changes.CommitSecret.__name__).as_dict()
    await context.connections.save(settled, operation_id=progress.operation_id, receipt=kept)
    return replace(progress, desired=settled, receipt=receipt)


async def _delete_application(desired: Connection, context: Context) -> None:
    """Reads it again: somebody may have begun to use it since it was observed. BadAnswer then, so that it is observed
    again."""
    found = await context.encvoy.application(known_id(desired))
    if isinstance(found, NotVisible) or (found is not None and foreign_callbacks(desired, found)):
        raise BadAnswer("Encvoy ID", "GET /api/v1/clients/:client_id", status=200)
    await context.encvoy.delete_application(known_id(desired))


async def _remove_callback(desired: Connection, context: Context) -> None:
    """Reads the application again: its callback addresses may have changed since it was observed."""
    found = await context.encvoy.application(known_id(desired))
    if isinstance(found, Application) and (others := foreign_callbacks(desired, found)):
        await context.encvoy.write_application(known_id(desired), ApplicationFields(redirect_uris=others))


async def _remove_former_callbacks(progress: LoopState, context: Context) -> LoopState:
    """Ours is there by now; the application is read again, as others may have changed it."""
    desired = progress.desired
    found = required(desired, await context.encvoy.application(known_id(desired)))
    left = tuple(dict.fromkeys((*(u for u in found.redirect_uris if u not in desired.former), desired.redirect_uri)))
    await context.encvoy.write_application(known_id(desired), ApplicationFields(redirect_uris=left))
    settled = replace(desired, former=())
    await context.connections.save(settled)
    return replace(progress, desired=settled)


async def _write_application(fields: tuple[str, ...], desired: Connection, context: Context) -> None:
    """Written by what it is now: a write to an id that is not there is never answered (facts/encvoy-id.md §5)."""
    there = required(desired, await context.encvoy.application(known_id(desired)))
    await context.encvoy.write_application(known_id(desired), fixed(desired, there, fields))


def awaited(what: Live, desired: Connection) -> Awaited:
    """Whether a live record is the one that `AwaitLive` waits for."""

    def holds(live: LiveService | None) -> bool:
        if what is Live.OFF:
            return live is None
        if what is Live.LABEL:
            return live is not None and live.settings.get(LABEL, desired.label) == desired.label
        return is_shown(desired, live) if what is Live.SHOWN else live_as_desired(desired, live)

    return holds


def values_of(desired: Connection, suffixes: tuple[str, ...]) -> Mapping[str, SettingValue | Secret]:
    """The values of these settings; the server's own default where none is desired."""
    everything: dict[str, SettingValue | Secret] = {
        **DEFAULTS,
        **desired.settings,
        LABEL: desired.label,
        **({"id": known_id(desired), "secret": desired.secret} if {"id", "secret"} & set(suffixes) else {}),
    }
    return {suffix: everything[suffix] for suffix in suffixes}
