"""`setup`: an application at Encvoy ID and a Custom OAuth service in Rocket.Chat, joined and tested."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Sequence
from dataclasses import replace

from bot.chatops.answer import Answer, fixes_in
from bot.chatops.registry import Call, Option, Registry
from bot.chatops.words import quotation
from bot.connection.absence import replaced
from bot.connection.apply import apply
from bot.connection.changes import AwaitLive, CreateApplication, CreateService, Live, WriteApplicationSecret
from bot.connection.confirm import confirm
from bot.connection.context import LoopState
from bot.connection.desired import desire, marked, renewed
from bot.connection.observe import observe
from bot.connection.plan import in_use, plan
from bot.connection.ports import Listed
from bot.connection.preflight import (
    Ground,
    look,
    none_has_our_callback,
    refuse_another,
    refuse_unready,
    refuse_what_is_there,
)
from bot.connection.profile import Engine
from bot.connection.reachable import doubts
from bot.connection.receipt import Receipt
from bot.connection.state import Connection, Observed, SettingValue
from bot.connection.undertake import Undertaking, undertake
from bot.connection.unknown import Unknown
from bot.errors import RemoteError, UserError
from bot.secret import new_secret
from bot.text import code, defuse, quoted
from commands import correction
from commands.arrivals import ALREADY_IN, LEFT_OUT, another_way, by_email, by_user_name, consent, stale
from commands.context import CommandContext
from commands.recovery import ConnectionRecovery
from commands.wording import Narration, confirmation, plan_text

DEFAULT_NAME = "Encvoy ID"
_DONE_BEFORE = "Everything was done before the bot was restarted."
_UNCHANGED = "Everything is in sync; nothing was changed."
WITH_EMAIL, WITHOUT_EMAIL = "email", "no-email"
_CHOICES = ("disabled", WITHOUT_EMAIL, WITH_EMAIL)
"""The options that change what `setup` does."""

ORDER = 10


def register(registry: Registry, context: CommandContext) -> None:
    """Declares the command."""

    @registry.command(
        "setup",
        summary="Connects Rocket.Chat to Encvoy ID, or continues where it stopped",
        help="Creates the application at Encvoy ID and the Custom OAuth service in Rocket.Chat, connects them, "
        "verifies the secret, and switches the button on last. Before it writes anything, it says what happens "
        "to existing accounts. Run again, it changes nothing, or finishes what is missing.",
        options=(
            Option("name", f"of the service and on the button; {DEFAULT_NAME} if left out", takes_value=True),
            Option("dry-run", "show the plan and change nothing"),
            Option("disabled", "leave the button off; `enable` switches it on"),
            Option(WITHOUT_EMAIL, "leave people's e-mail addresses out: then none leads into an existing account"),
            Option(WITH_EMAIL, "pass them on again; with neither option, the last choice stays"),
        ),
        effect=True,
        recovery=ConnectionRecovery(context),
        examples=("setup", 'setup --name "Encvoy ID" --disabled', "setup --no-email", "setup --dry-run"),
    )
    async def setup(call: Call) -> Answer:
        _refuse_both(call)
        there = await context.connections.get()
        if there is None:
            desired, observed = await _new(call, context)
        else:
            desired, observed = await _again(call, context, there)
        if there is not None and there.client_id is not None and observed.application is None:
            refuse_another(there, desired)
            call.progress.note(replaced(there.client_id))
        desired = _marked(desired, observed)
        changes = plan(desired, observed)
        if there is not None and (there.current is not None or in_use(observed)) and observed.engine is Engine.MODERN:
            _note_all(call, stale(observed.stored, changes))
        if "dry-run" in call.options:
            return _dry_run(desired, plan_text(changes, desired), _without_dry_run(call))
        at_rest = not changes and desired == there
        if there is not None and at_rest and not call.operation.resumed:
            return await _tested(call, context, there, f"✓ {_UNCHANGED}")
        before = await context.before(call.operation, there)
        narration = Narration(call.progress, context.fingerprints)
        made: tuple[str, ...] = ()
        if there is not None and at_rest:  # an earlier process wrote everything, maybe a moment ago
            await call.authorize()
            await _until_active(call, context, there)
            connection, receipt, seen, made = there, call.operation.receipt, observed, (_DONE_BEFORE,)
        else:
            undertaking = Undertaking(desired, there, call.operation.id, resumed=call.operation.resumed)
            done = await undertake(undertaking, context, narration, call.authorize, observed)
            connection, receipt, seen = done.connection, done.receipt.as_dict(), done.seen
            made = _made(done.connection, done.receipt, context)
        call.progress.doing("testing it from Rocket.Chat's side")  # before the answer says On
        confirmed = await confirm(connection, before, seen, context, narration)
        verdict, *said = confirmation(confirmed)
        answer = await _tested(
            call, context, confirmed.connection, verdict, said, (*made, consent(connection)), works=confirmed.works
        )
        return replace(answer, receipt=receipt)


async def _until_active(call: Call, context: CommandContext, connection: Connection) -> None:
    """What was written a moment before the restart is not used yet; whether it ever is, the checks say."""
    if connection.enabled:
        call.progress.doing("waiting until it is active")
        with contextlib.suppress(RemoteError):
            await apply(AwaitLive(Live.ON), LoopState(connection, Receipt(), call.operation.id), context)


def _made(connection: Connection, receipt: Receipt, context: CommandContext) -> tuple[str, ...]:
    """What was created."""
    made = (
        (CreateService, f"OAuth service `{connection.name.service}`"),
        (CreateApplication, f"application `{connection.application_name}` `{connection.client_id}`"),
        (WriteApplicationSecret, f"secret with the fingerprint {context.fingerprints.of(connection.secret)}"),
    )
    named = [text for change, text in made if change.__name__ in receipt.changes]
    return (f"Created: {', '.join(named)}.",) if CreateApplication.__name__ in receipt.changes else ()


async def _new(call: Call, context: CommandContext) -> tuple[Connection, Observed]:
    """Checks both systems before anything is written, and says what will happen to people. Of a connection nothing is
    there yet."""
    name = context.service_name(call.arguments.get("name", DEFAULT_NAME))
    call.progress.doing("checking both systems")
    ground = await look(name, context.rocketchat, context.encvoy)
    refuse_unready(ground, context.rocketchat_url)
    refuse_what_is_there(ground, name)
    fine = "its licence is fine" if isinstance(ground.site, Unknown) else "its address and licence are fine"
    call.progress.step(f"Rocket.Chat {ground.server.profile.text} at {code(ground.server.site_url)}: {fine}")
    call.progress.step(f"Encvoy ID at {code(ground.provider.issuer)}: discovery read; {none_has_our_callback(ground)}")
    _note_all(call, doubts(ground.server.site_url, ground.provider.issuer, ground.site))
    desired = desire(
        name,
        ground.server,
        ground.provider,
        secret=new_secret(),
        enabled="disabled" not in call.options,
        with_email=_with_email(call, chosen=True),
    )
    await _tell_arrivals(call, context, desired, ground)
    return desired, Observed(None, None, None, site_url=ground.server.site_url, profile=ground.server.profile)


def _note_all(call: Call, lines: Iterable[str]) -> None:
    for line in lines:
        call.progress.note(line)


def _refuse_both(call: Call) -> None:
    if {WITH_EMAIL, WITHOUT_EMAIL} <= call.options:
        raise UserError(
            f"`--{WITH_EMAIL}` and `--{WITHOUT_EMAIL}` cannot be used together.",
            fix=f"Type `/sso setup --{WITH_EMAIL}`, `/sso setup --{WITHOUT_EMAIL}`, or `/sso setup`, which keeps the "
            "last choice.",
        )


def _with_email(call: Call, *, chosen: bool) -> bool:
    """The option that was typed, or else the last choice."""
    return WITHOUT_EMAIL not in call.options and (chosen or WITH_EMAIL in call.options)


async def _tell_arrivals(
    call: Call, context: CommandContext, desired: Connection, ground: Ground, there: Connection | None = None
) -> None:
    """Says what becomes of the existing accounts. They are read only if e-mail addresses matter."""
    profile = ground.server.profile
    if desired.with_email:
        call.progress.doing("reading the accounts")
        accounts = await context.rocketchat.accounts(
            lambda read, total: call.progress.doing(f"reading the accounts: {read} of {total}")
        )
        by_name = by_user_name(desired, ground.listed.registration)
        lines = [by_email(profile, desired.name, accounts), by_name, another_way(profile)]
        if "dry-run" not in call.options:
            await correction.note(context.notes, profile)
    else:
        lines = [
            LEFT_OUT,
            by_user_name(desired, ground.listed.registration),
            *([ALREADY_IN] if there and there.current else []),
        ]
    _note_all(call, lines)


async def _again(call: Call, context: CommandContext, there: Connection) -> tuple[Connection, Observed]:
    """The existing connection as it is now desired: it follows both systems if their addresses changed. And what both
    sides hold of it."""
    typed = call.arguments.get("name")
    if typed is not None and context.service_name(typed).service != there.name.service:
        raise UserError(
            f"There is a connection already: {quoted(there.name.typed)}.",
            why="One Rocket.Chat has one connection to Encvoy ID.",
            fix="`/sso status` shows it; `/sso setup` without `--name` fixes it.",
        )
    is_on = there.current is not None and there.enabled and not there.absent
    if "disabled" in call.options and is_on and not call.operation.resumed:
        raise UserError(
            "The connection is on already, and `--disabled` is for one that is being set up.",
            fix="`/sso disable` removes the button; `/sso setup` without `--disabled` fixes the rest.",
        )
    call.progress.doing("checking both systems")
    ground = await look(there.name, context.rocketchat, context.encvoy, new=False)
    refuse_unready(ground, context.rocketchat_url)
    _note_all(call, doubts(ground.server.site_url, ground.provider.issuer, ground.site))
    with_email = _with_email(call, chosen=there.with_email)
    desired = renewed(
        there,
        ground.server,
        ground.provider,
        with_email=with_email,
        enabled="disabled" not in call.options,
        resumed=call.operation.resumed,
    )
    listed: Listed | None = ground.listed
    if there.current is None or call.options & {WITH_EMAIL, WITHOUT_EMAIL}:
        await _tell_arrivals(call, context, desired, ground, there)
        listed = None  # reading the accounts may have taken a while
    profile = ground.server.profile
    observed = await observe(desired, context, profile=profile, listed=listed)
    return desired, observed


def _marked(desired: Connection, observed: Observed) -> Connection:
    """With a new marker, if the secret of a service in use must be written again."""
    if observed.stored is None or observed.stored.secret == desired.secret or not in_use(observed):
        return desired
    if observed.engine is None:
        return desired
    try:
        return marked(desired, observed, observed.engine)
    except UserError:  # the secret is wrong already: it is corrected even without a marker
        return desired


def _without_dry_run(call: Call) -> str:
    """The command that carries out exactly this plan."""
    name = call.arguments.get("name")
    if name is not None and defuse(name, len(name) + 1) != name:
        return "help setup"
    named = ["--name", quotation(name)] if name is not None else []
    return " ".join(["setup", *named, *(f"--{option}" for option in _CHOICES if option in call.options)])


def _dry_run(desired: Connection, plan_lines: str, carries_out: str) -> Answer:
    if not plan_lines:
        return Answer("✓ Everything is in sync; there is nothing to do.", next=("test",))
    settings = "\n".join(f"• {suffix} = {_shown(value)}" for suffix, value in desired.settings.items())
    return Answer(
        f"Nothing was changed. I would do this, in this order:\n{plan_lines}",
        (
            f"Callback address: {code(desired.redirect_uri)}",
            f"Settings of the service:\n{settings}",
            consent(desired),
        ),
        next=(carries_out,),
    )


def _shown(value: SettingValue) -> str:
    return ("off", "on")[value] if isinstance(value, bool) else code(value) if value else "(empty)"


async def _tested(
    call: Call,
    context: CommandContext,
    connection: Connection,
    verdict: str,
    said: Sequence[str] = (),
    last: tuple[str, ...] = (),
    *,
    works: bool = True,
) -> Answer:
    """The answer, once everything was checked: what was reverted or failed comes before what is fine."""
    call.progress.doing("testing it")
    found = await context.examined(connection)
    failed = found.failed or not works
    if works and found.failed:
        verdict = f"{found.headline()} {verdict.removeprefix('✓ ')}"
    wrong = (*said, *found.wrong())
    following = (*fixes_in(*wrong), "test") if failed else ("test",) if connection.enabled else ("enable",)
    return Answer(verdict, (*wrong, *last, *found.others()), next=following, failed=failed)
