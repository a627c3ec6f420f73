"""`adopt`: takes over a connection that somebody made by hand, or keeps what somebody changed of ours. Only the bot's
own record changes."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from bot.chatops.answer import Answer
from bot.chatops.phrases import read_service
from bot.chatops.registry import Call, Phrase, Registry
from bot.connection.adoption import accepted, adopted, chosen, client_id_of, refuse_to_adopt, visible
from bot.connection.differences import Difference, differences
from bot.connection.lost_key import Locked, LostKey
from bot.connection.observe import observe
from bot.connection.refusals import refuse_a_removal
from bot.connection.state import Connection, Observed
from bot.errors import UserError
from bot.secret import new_secret
from bot.text import code, quoted
from commands.context import CommandContext
from commands.differences import difference_lines
from commands.recovery import OwnRecovery

ORDER = 16
SERVICE = "service"


def register(registry: Registry, context: CommandContext) -> None:
    """Declares the command."""

    async def is_done(call: Call) -> bool:
        """Saved is done; an operation that saved nothing is begun anew."""
        return await context.previous.before(call.operation.id) is not None

    @registry.command(
        "adopt",
        summary="Takes over a connection that the bot did not make, or keeps what differs",
        help="Reads both systems and changes only what the bot itself keeps: nothing in Rocket.Chat, nothing at Encvoy "
        "ID. Says what `repair` would improve. For a connection that the bot has already, it keeps what is "
        "there now, where `repair` would put it back.",
        phrase=Phrase(SERVICE, "its name in Rocket.Chat, if several lead to this Encvoy ID", "[service]", read_service),
        effect=True,
        recovery=OwnRecovery(is_done),
        examples=("adopt", "adopt encvoyid"),
    )
    async def adopt(call: Call) -> Answer:
        found = await context.kept()
        there = _openable(found)
        call.progress.doing("reading both systems")
        saved = await context.previous.before(call.operation.id) if call.operation.resumed else None
        if saved is not None and there is not None:  # an earlier process saved it, and did not answer
            before = saved.connection
            return await (_by_hand(call, context, there) if before is None else _ours(call, context, before, there))
        if there is None:
            return await _by_hand(call, context, None)
        return await _ours(call, context, there, None, found if isinstance(found, Locked) else None)


def _openable(found: Connection | Locked | None) -> Connection | None:
    """Whose key is lost holds no secret that could be compared: any other stands for it, and differs from what both
    sides have."""
    if not isinstance(found, Locked):
        return found
    return replace(found.rest, current=new_secret(), pending=None, marker=None, undoing=False)


async def _by_hand(call: Call, context: CommandContext, saved: Connection | None) -> Answer:
    listed, provider = await asyncio.gather(context.rocketchat.listed(), context.encvoy.provider())
    stored = chosen(listed.services, call.arguments[SERVICE] if saved is None else saved.name.service, provider)
    client_id = client_id_of(stored)
    application = visible(await context.encvoy.application(client_id), client_id)
    desired = saved or adopted(stored, application, listed.site_url, provider)
    observed = Observed(stored, await context.rocketchat.live(desired.name), application, site_url=listed.site_url)
    if saved is None:
        await call.authorize()
        await context.connections.save(desired, operation_id=call.operation.id)
    found = (
        f"• Rocket.Chat: service {code(desired.name.service)}, {'on' if stored.enabled else 'off'}, secret "
        f"{context.fingerprints.of(stored.secret) if stored.secret else 'none'}",
        f"• Encvoy ID: application {quoted(application.name)} {code(client_id)}, secret "
        f"{context.fingerprints.of(application.secret)}",
    )
    left = differences(desired, observed)
    return _answer(
        f"✓ Adopted: {code(desired.name.service)}. Nothing was changed in Rocket.Chat or at Encvoy ID.",
        ("\n".join(found), *_broken(observed)),
        left,
        context,
    )


def _broken(observed: Observed) -> tuple[str, ...]:
    stored, application = observed.stored, observed.application
    if stored is None or getattr(application, "secret", None) == stored.secret:
        return ()
    return ("✗ The two have different secrets, so nobody can sign in now. `/sso repair` writes Encvoy ID's secret.",)


async def _ours(
    call: Call, context: CommandContext, there: Connection, saved: Connection | None, locked: Locked | None = None
) -> Answer:
    typed = call.arguments[SERVICE]
    if typed and typed != there.name.service:
        raise UserError(
            f"There is a connection already: {quoted(there.name.service)}.",
            why="One Rocket.Chat has one connection to Encvoy ID.",
            fix="`/sso adopt` alone keeps what is there of it.",
        )
    refuse_a_removal(there)
    observed, provider = await asyncio.gather(observe(there, context), context.encvoy.provider())
    refuse_to_adopt(there, observed.application)
    desired = saved or accepted(there, observed, provider)
    if locked is not None and desired.current == there.current:  # the two sides do not agree on one to restore
        raise LostKey(locked)
    kept = tuple(one for one in differences(there, observed) if one not in differences(desired, observed))
    left = differences(desired, observed)
    if desired == there:
        return _answer("✓ There was nothing to adopt; nothing was changed.", (), left, context)
    if saved is None:
        await call.authorize()
        await context.connections.save(desired, operation_id=call.operation.id)
    verdict = "✓ Kept what is there now; only my own record was changed."
    if locked is not None and desired.current is not None:  # what it was, nobody can tell
        fingerprint = context.fingerprints.of(desired.current)
        verdict = f"✓ My copy of the client secret is the one that both systems have now (fingerprint {fingerprint})."
        kept = tuple(one for one in kept if one.what != "secret")
    lines = difference_lines(tuple(_turned(one) for one in kept), context.fingerprints)
    said = ("It was → it is now\n" + "\n".join(lines),) if lines else ()
    return _answer(verdict, said, left, context)


def _turned(one: Difference) -> Difference:
    """From what was desired to what is there."""
    return Difference(one.side, one.what, one.desired, one.there)


def _answer(verdict: str, lines: tuple[str, ...], left: tuple[Difference, ...], context: CommandContext) -> Answer:
    if not left:
        return Answer(verdict, (*lines, "Nothing is left for `/sso repair`."), next=("test",))
    shown = "\n".join(difference_lines(left, context.fingerprints))
    improved = f"`/sso repair` would change this, from → to:\n{shown}"
    return Answer(verdict, (*lines, improved), next=("repair --dry-run", "repair", "test"))
