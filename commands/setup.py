"""`setup`: an application at Encvoy ID and a Custom OAuth service in Rocket.Chat, joined and tested."""

from __future__ import annotations

from dataclasses import replace

from bot.chatops.answer import Answer
from bot.chatops.registry import Call, Option, Registry
from bot.chatops.words import quotation
from bot.connection.desired import DEFAULT_NAME, button_label, desire
from bot.connection.preflight import look, none_has_our_callback, refuse_unready, refuse_what_is_there
from bot.connection.reachable import doubts
from bot.connection.state import LABEL as BUTTON_TEXT
from bot.connection.state import Connection, Observed, SettingValue
from bot.connection.unknown import Unknown
from bot.errors import UserError
from bot.secret import new_secret
from bot.text import code, defuse, quoted
from commands.arrivals import consent
from commands.building import again, build, carry_out, note_all, tell_arrivals
from commands.context import CommandContext
from commands.recovery import ConnectionRecovery
from commands.wording import plan_text

WITH_EMAIL, WITHOUT_EMAIL = "email", "no-email"
LABEL = "label"
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
            Option(LABEL, "the button's text, in any script; if left out, it follows from the name", takes_value=True),
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
        made = build(call, there, desired, observed)
        if "dry-run" in call.options:
            return _dry_run(made.desired, plan_text(made.changes, made.desired), _without_dry_run(call))
        return await carry_out(call, context, made)


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
    note_all(call, doubts(ground.server.site_url, ground.provider.issuer, ground.site))
    desired = desire(
        name,
        ground.server,
        ground.provider,
        secret=new_secret(),
        enabled="disabled" not in call.options,
        with_email=_with_email(call, chosen=True),
        label=_label(call),
    )
    await tell_arrivals(call, context, desired, ground)
    return desired, Observed(None, None, None, site_url=ground.server.site_url, profile=ground.server.profile)


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


def _label(call: Call) -> str | None:
    typed = call.arguments.get(LABEL)
    return None if typed is None else button_label(typed)


async def _again(call: Call, context: CommandContext, there: Connection) -> tuple[Connection, Observed]:
    typed, label = call.arguments.get("name"), _label(call)
    if typed is not None and context.service_name(typed).service != there.name.service:
        raise UserError(
            f"There is a connection already: {quoted(there.name.typed)}.",
            why="One Rocket.Chat has one connection to Encvoy ID.",
            fix="`/sso status` shows it; `/sso setup` without `--name` fixes it.",
        )
    finished = there.current is not None and not there.absent and not call.operation.resumed
    if "disabled" in call.options and finished and there.enabled:
        raise UserError(
            "The connection is on already, and `--disabled` is for one that is being set up.",
            fix="`/sso disable` removes the button; `/sso setup` without `--disabled` fixes the rest.",
        )
    if label is not None and finished and label != there.label:
        raise UserError(
            "The connection has a button already, and `--label` is for one that is being set up.",
            fix=f"`/sso rename --label {_as_typed(label)}` changes its text.",
        )
    return await again(
        call,
        context,
        there if label is None else replace(there, label=label),
        with_email=_with_email(call, chosen=there.with_email),
        told=there.current is None or bool(call.options & {WITH_EMAIL, WITHOUT_EMAIL}),
        enabled="disabled" not in call.options,
    )


def _as_typed(text: str) -> str:
    """In quotation marks, to be copied; nothing of it where it could be more than text."""
    return quotation(text) if defuse(text, len(text) + 1) == text else '"…"'


def _without_dry_run(call: Call) -> str:
    """The command that carries out exactly this plan."""
    name, label = call.arguments.get("name"), call.arguments.get(LABEL)
    if any(typed is not None and defuse(typed, len(typed) + 1) != typed for typed in (name, label)):
        return "help setup"
    named = ["--name", quotation(name)] if name is not None else []
    named += ["--label", quotation(label)] if label is not None else []
    return " ".join(["setup", *named, *(f"--{option}" for option in _CHOICES if option in call.options)])


def _dry_run(desired: Connection, plan_lines: str, carries_out: str) -> Answer:
    if not plan_lines:
        return Answer("✓ Everything is in sync; there is nothing to do.", next=("test",))
    everything = {**desired.settings, BUTTON_TEXT: desired.label}
    settings = "\n".join(f"• {suffix} = {_shown(value)}" for suffix, value in everything.items())
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
