"""Proves that both sides hold the same secret, and that the proof can tell a right secret from a wrong one."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from typing import Any

from bot.clock import Backoff, within
from bot.connection.in_use import BECAUSE_MODERN, OUTDATED, InUse, Use
from bot.connection.needs import led_elsewhere
from bot.connection.ports import ApplicationFields, Context, EncvoyId, Probe, RocketChat
from bot.connection.profile import Engine
from bot.connection.refusals import DIFFERENT, GONE
from bot.connection.state import Application, Connection, Marker, StoredService
from bot.errors import RemoteError, UserError, took_too_long
from bot.secret import Secret, new_secret
from bot.text import code

LAG = 8.0
"""Seconds for which Encvoy ID's token side may lag behind what its management side stored."""
SHORTEST_TRY = 1.0
"""Seconds for one probe, even if hardly any time is left."""
STEPS_TO_SEND = 2
"""Steps of the event loop until a probe is on its way: `within` runs it in a task of its own."""
LATER_TIMES = 1.2
"""Settle times until the secret in use is proved a second time."""


class NotProved(UserError):
    """I could not verify that both sides have the secret."""


class NotAccepted(NotProved):
    """Encvoy ID does not accept the application as it is."""


@dataclass(frozen=True)
class Proof:
    """What the probes said, without anybody signing in (facts/encvoy-id.md §9)."""

    previous_refused: bool | None
    """None: there was no previous secret to try."""
    random_refused: bool
    """False: the probe accepts anything and proves nothing; the receipt says so."""


@dataclass(frozen=True)
class Proved:
    """The result of `prove`."""

    proof: Proof
    at: float
    """The moment of the clock in which Encvoy ID was seen to accept the desired secret."""
    stored: StoredService
    """What Rocket.Chat holds."""


async def prove(
    desired: Connection, context: Context, until: float | None = None, *, stored: StoredService | None = None
) -> Proved:
    """Shows the desired, the previous and a random secret to Encvoy ID, and reads Rocket.Chat back, all at the same
    time. `stored`: what Rocket.Chat was seen to hold after the last change; None: it is read.

    A token side that lags behind is waited for, until the moment `until` of the clock. NotAccepted if Encvoy ID refuses
    the desired secret, NotProved if Rocket.Chat holds another one; RemoteError if it could not be asked.
    """
    accepted = asyncio.create_task(_accepted(desired, context, until))
    asked: list[asyncio.Task[Any]] = [accepted]
    try:
        for _ in range(STEPS_TO_SEND):  # the desired one goes out first, because its acceptance bounds the gap
            await asyncio.sleep(0)
        held = asyncio.create_task(_held(desired, context.rocketchat, stored))
        previous = asyncio.create_task(_previous_refused(desired, context))
        random = asyncio.create_task(refused(context.encvoy, desired, new_secret()))
        asked += [held, previous, random]
        at = await accepted  # nobody waits for the rest if this fails
        await asyncio.gather(held, previous, random)
    finally:
        for task in asked:
            task.cancel()
        await asyncio.gather(*asked, return_exceptions=True)
    return Proved(Proof(previous_refused=previous.result(), random_refused=random.result()), at, held.result())


async def _accepted(desired: Connection, context: Context, until: float | None) -> float:
    """The moment in which Encvoy ID accepts the desired secret."""
    until = context.clock.monotonic() + LAG if until is None else until
    outcome, at = await _probed(desired, desired.secret, context, Probe.ACCEPTED, until)
    if outcome is not Probe.ACCEPTED:
        raise NotAccepted(why=_reason(outcome, desired), fix="`/sso test` checks each part of the connection.")
    return at


async def _previous_refused(desired: Connection, context: Context) -> bool | None:
    """Whether Encvoy ID refuses the previous secret in the end; None: there was none."""
    if desired.pending is None or desired.current is None:
        return None
    lag = context.clock.monotonic() + LAG
    outcome, _ = await _probed(desired, desired.current, context, Probe.REFUSED, lag)
    return outcome is Probe.REFUSED


async def _held(desired: Connection, rocketchat: RocketChat, stored: StoredService | None) -> StoredService:
    """The service, if Rocket.Chat holds the desired secret."""
    stored = await rocketchat.stored(desired.name) if stored is None else stored
    if stored is None:
        raise NotProved(GONE, fix="`/sso setup` creates it again.")
    if stored.secret != desired.secret:
        raise NotProved(
            "Rocket.Chat does not have the secret that was written to it.",
            why="It returned a different one: it was changed there in the meantime, an environment variable of "
            "Rocket.Chat's server forces it, or another instance answered that does not have it yet.",
            fix="`/sso test` checks each part of the connection.",
        )
    return stored


async def _probed(
    desired: Connection, secret: Secret, context: Context, wanted: Probe, until: float
) -> tuple[Probe, float]:
    """Probes a secret until the outcome is `wanted` or the time is up; returns the last outcome and its moment."""
    backoff, clock = Backoff(0.1, 1.0), context.clock
    while True:
        left = max(SHORTEST_TRY, until - clock.monotonic())
        try:
            outcome, at = await within(clock, left, _probe(desired, secret, context))
        except TimeoutError:
            raise took_too_long("Encvoy ID", "POST /oidc/request", round(left)) from None
        pause = backoff.next()
        if outcome is wanted or clock.monotonic() + pause > until:
            return outcome, at
        await clock.sleep(pause)


async def _probe(desired: Connection, secret: Secret, context: Context) -> tuple[Probe, float]:
    outcome = await context.encvoy.probe(desired.client_id or "", secret, desired.redirect_uri)
    return outcome, context.clock.monotonic()


async def prove_in_use(
    desired: Connection,
    engine: Engine,
    rocketchat: RocketChat,
    encvoy: EncvoyId,
    stored: StoredService | None = None,
) -> InUse:
    """Whether Rocket.Chat itself uses the secret that Encvoy ID accepts; nobody is signed in for it. Never fails.

    First with a bogus code: the reason of the refusal may tell. If it does not, with a real code of the bot's own user.
    `stored`: what was read after the last change; None: it is read.
    """
    if engine is Engine.MODERN:
        return BECAUSE_MODERN
    if (why := await _leads_elsewhere(desired, rocketchat, stored)) is not None:
        return InUse(Use.UNKNOWN, why)
    said = await rocketchat.bring_bogus_code(desired.name, desired.token_url)
    if said.use is not Use.SILENT:
        return said
    try:
        code = await encvoy.code(
            desired.client_id or "", desired.redirect_uri, str(desired.settings.get("scope", "openid"))
        )
    except UserError as error:
        return InUse(Use.UNKNOWN, f"{said.words}, and my own user cannot sign in there: {error.text.rstrip('.')}")
    return await rocketchat.bring_code(desired.name, code)


async def _leads_elsewhere(desired: Connection, rocketchat: RocketChat, stored: StoredService | None) -> str | None:
    """Why Rocket.Chat must not be asked: it would send the secret to an address that somebody else chose."""
    try:
        stored = await rocketchat.stored(desired.name) if stored is None else stored
    except RemoteError as error:
        return error.text.rstrip(".")
    if stored is None:
        return "its settings are gone"
    names = led_elsewhere(desired, stored)
    if not names:
        return None
    return (
        f"its {' and '.join(names)} point{'' if len(names) > 1 else 's'} to another address that would get the secret"
    )


async def prove_in_use_and_fix(
    desired: Connection,
    engine: Engine,
    context: Context,
    settle: float,
    stored: StoredService | None = None,
) -> tuple[InUse, StoredService | None]:
    """The same. If another secret is live, an instance may have written an outdated cache back: the equal write fixes
    its cache, and it is proved once more. `settle`: seconds that this Rocket.Chat needs. Returns `stored`, too, as long
    as nothing was written."""
    said = await prove_in_use(desired, engine, context.rocketchat, context.encvoy, stored)
    if said.use is not Use.OTHER:
        return said, stored
    with contextlib.suppress(RemoteError):
        await context.rocketchat.repeat_secret(desired.name, desired.secret)
        await context.clock.sleep(LATER_TIMES * settle)
        said = await prove_in_use(desired, engine, context.rocketchat, context.encvoy)
    return said, None


async def prove_carried(desired: Connection, marker: Marker, context: Context, settle: float) -> InUse:
    """On the modern engine nobody but a test person proves the secret. But an instance that sends people on with
    another marker than the last one holds an older secret, too: it gets both once more, and is looked at again."""
    rocketchat = context.rocketchat
    carried = await rocketchat.carries(desired.name, marker)
    if carried is False:
        with contextlib.suppress(RemoteError):
            await rocketchat.write_secret(desired.name, desired.secret, marker, 0.0)
            await context.clock.sleep(LATER_TIMES * settle)
            carried = await rocketchat.carries(desired.name, marker)
    return OUTDATED if carried is False else BECAUSE_MODERN


async def refused(encvoy: EncvoyId, desired: Connection, secret: Secret) -> bool:
    """Whether Encvoy ID refuses this secret for the connection's application."""
    return await encvoy.probe(desired.client_id or "", secret, desired.redirect_uri) is Probe.REFUSED


async def prove_ground(
    desired: Connection, encvoy: EncvoyId, stored: StoredService, application: Application
) -> Secret:
    """Before the first write of an exchange: both sides hold one secret, Encvoy ID accepts it and lets the bot write.
    `stored` and `application`: what was seen a moment ago.

    Returns that secret, which may be another than ours if somebody replaced it on both sides. UserError otherwise.
    """
    if stored.secret != application.secret:
        raise UserError(
            f"{DIFFERENT}.",
            why=_which_differs(desired, stored, application),
            fix="`/sso setup` writes the secret that I know to both sides.",
        )
    outcome = await encvoy.probe(application.client_id, stored.secret, desired.redirect_uri)
    if outcome is not Probe.ACCEPTED:
        raise UserError(
            "With the application as it is, nobody can sign in."
            if outcome in (Probe.REDIRECT_REFUSED, Probe.BROKEN)
            else "Encvoy ID does not accept the secret that both sides have.",
            why=_reason(outcome, desired),
            fix="`/sso setup` registers it."
            if outcome is Probe.REDIRECT_REFUSED
            else "`/sso test` checks each part of the connection.",
        )
    await encvoy.write_application(application.client_id, ApplicationFields())
    return stored.secret


def _which_differs(desired: Connection, stored: StoredService, application: Application) -> str:
    """Which of two different secrets the bot does not know."""
    ours = {"Rocket.Chat": stored.secret == desired.secret, "Encvoy ID": application.secret == desired.secret}
    strange = " and ".join(system for system, is_ours in ours.items() if not is_ours)
    return f"{strange} {'have' if ' and ' in strange else 'has'} a secret that I do not know."


def _reason(outcome: Probe, desired: Connection) -> str:
    return {
        Probe.REDIRECT_REFUSED: f"The secret is right, but the callback address {code(desired.redirect_uri)} is not "
        "registered at the application.",
        Probe.BROKEN: "Encvoy ID reports that the application's record is invalid.",
    }.get(outcome, "Encvoy ID refuses this client secret for the application.")
