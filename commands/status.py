"""`status`: the connection as desired and as observed, and what differs. Changes nothing; for every member."""

from __future__ import annotations

from bot.chatops.answer import Answer, fixes_in
from bot.chatops.registry import Call, Registry
from bot.connection.adoption import keepable
from bot.connection.changes import AwaitLive
from bot.connection.differences import differences
from bot.connection.lost_key import Locked, LostKey
from bot.connection.needs import foreign_callbacks, kept_out
from bot.connection.observe import Apart, observe_apart
from bot.connection.plan import plan
from bot.connection.state import Application, Connection, NotVisible, Observed
from bot.connection.unknown import Unknown
from bot.connection.ways_in import takes_a_way, ways_in
from bot.doctor.watch_text import summary
from bot.errors import UserError
from bot.text import code, quoted
from commands.context import CommandContext
from commands.differences import difference_lines
from commands.elsewhere import fix_of, moved
from commands.lockout import FORM
from commands.schedule_shown import in_status
from commands.wording import also_differs, plan_text

ORDER = 20


def register(registry: Registry, context: CommandContext) -> None:
    """Declares the command."""

    @registry.command(
        "status",
        summary="Shows the connection, and whether both systems are in sync",
        help="Reads both systems and compares them with the connection as it should be. Changes nothing.",
        effect=False,
        everyone=True,
    )
    async def status(call: Call) -> Answer:
        connection = await context.kept()
        if isinstance(connection, Locked):
            return await _locked(call, context, connection)
        if connection is None:
            return Answer("There is no connection yet.", next=("setup --dry-run", "setup"))
        call.progress.doing("reading both systems")
        seen = await observe_apart(connection, context)
        notes = (*_notes(connection, seen), *await _only_way(connection, seen, context))
        if seen.whole is None:
            drift, following = _half(connection, seen)
        else:
            drift, following = _drift(connection, seen.whole, context, noted=bool(notes))
        if (elsewhere := moved(connection, seen.site_url)) is not None:
            fix = fix_of(seen.site_url)
            drift, following = f"✗ Out of sync. {elsewhere} {fix}", fixes_in(fix)
        lines = (*notes, *_facts(connection, seen, context), *await _unattended(connection, context))
        return Answer(drift, lines, next=following)


async def _only_way(connection: Connection, seen: Apart, context: CommandContext) -> tuple[str, ...]:
    """What an administrator ought to know before Encvoy ID is away. Asked only if there is no form for passwords."""
    if seen.whole is None or seen.form is not False or not takes_a_way(seen.whole):
        return ()
    if not (await ways_in(connection, seen.whole, context)).certainly_none:
        return ()
    return (
        f"• Note: Encvoy ID is the only way to sign in: Rocket.Chat's login page has no form for passwords ({FORM} is "
        "off), and no other login service has a button there",
    )


async def _locked(call: Call, context: CommandContext, locked: Locked) -> Answer:
    """Nothing can be compared with what cannot be decrypted; what both sides hold is shown all the same."""
    lost = LostKey(locked)
    call.progress.doing("reading both systems")
    seen = await observe_apart(locked.rest, context)
    lines = (*_facts(locked.rest, seen, context), *await _unattended(locked.rest, context))
    return Answer(f"✗ {lost.text}", lines, next=fixes_in(lost.fix))


async def _unattended(connection: Connection, context: CommandContext) -> tuple[str, ...]:
    """What is scheduled, the last verdict, and what is not over; nothing where nothing is. Asks no server."""
    try:
        schedule = await context.schedules.get()
    except UserError as error:
        return (f"• {error.what}",)
    state, now = await context.watcher.state(), context.clock.now()
    tested = summary(state, now, scheduled=schedule.verification is not None)
    return (*in_status(schedule, connection.proved_at, now), *tested)


def _facts(connection: Connection, seen: Apart, context: CommandContext) -> tuple[str, ...]:
    name = f"{quoted(connection.name.typed)} (service `{connection.name.service}`)"
    return (
        f"• Connection {name}",
        f"• Rocket.Chat at {code(connection.site_url)}: should be {_desired(connection)}; {_service(seen, context)}",
        f"• Encvoy ID at {code(str(connection.settings.get('url', '')))}: {_application(connection, seen, context)}",
        f"• Callback address: {code(connection.redirect_uri)}",
        f"• E-mail addresses: {_email(connection)}",
    )


def _desired(connection: Connection) -> str:
    return "removed" if connection.absent else "on" if connection.enabled else "off"


def _email(connection: Connection) -> str:
    if connection.with_email:
        return "passed on to Rocket.Chat; `/sso setup --no-email` leaves them out"
    return "left out; `/sso setup --email` passes them on again"


def _service(seen: Apart, context: CommandContext) -> str:
    if isinstance(seen.stored, Unknown):
        return f"the service cannot be read now ({seen.stored.reason})"
    if seen.stored is None:
        return "the service is not there"
    stored = f"saved: {'on' if seen.stored.enabled else 'off'}"
    if isinstance(seen.live, Unknown):
        live = f"active: unknown ({seen.live.reason})"
    else:
        live = f"active: {'on' if seen.live else 'off'}"
    return f"{stored}, {live}, secret fingerprint {context.fingerprints.of(seen.stored.secret)}"


def _application(connection: Connection, seen: Apart, context: CommandContext) -> str:
    application = seen.application
    if not isinstance(application, Application):
        return _no_application(connection, application)
    rules = ", ".join(map(quoted, sorted(application.rules))) or "nothing"
    return (
        f"application `{application.client_id}`, secret fingerprint {context.fingerprints.of(application.secret)}, "
        f"asks for {rules}"
    )


def _no_application(connection: Connection, seen: NotVisible | Unknown | None) -> str:
    named = f"the application `{connection.client_id}`" if connection.client_id else "the application"
    match seen:
        case Unknown(reason=reason):
            return f"{named} cannot be read now ({reason})"
        case NotVisible(there=True):
            return f"{named} exists, but is not fully visible to me"
        case NotVisible():
            return f"{named} is not visible to me"
        case None:
            return f"{named} is gone" if connection.client_id else "there is no application yet"


def _notes(connection: Connection, seen: Apart) -> tuple[str, ...]:
    """What keeps people out, or leads them elsewhere, and may be wanted."""
    if not isinstance(seen.application, Application):
        return ()
    notes = [f"• Note: {why}" for why in kept_out(seen.application, everywhere=seen.only_administrators is True)]
    if others := foreign_callbacks(connection, seen.application):
        notes.append(f"• Note: the application also has other callback addresses: {', '.join(map(code, others))}")
    return tuple(notes)


def _half(connection: Connection, seen: Apart) -> tuple[str, tuple[str, ...]]:
    """One side is unavailable: what differs on the other is still shown."""
    sides = (("Rocket.Chat", seen.stored), ("Encvoy ID", seen.application))
    away = " and ".join(name for name, side in sides if isinstance(side, Unknown))
    stored = None if isinstance(seen.stored, Unknown) else seen.stored
    differs = also_differs(connection, Observed(stored, seen.live, seen.application))
    lines = (f"✗ {away} cannot be read now, so the two could not be compared.", *differs)
    return "\n".join(lines), ("test", "status")


def _drift(
    connection: Connection, observed: Observed, context: CommandContext, *, noted: bool
) -> tuple[str, tuple[str, ...]]:
    """`noted`: people may be kept out although nothing differs."""
    try:
        changes = plan(connection, observed)
    except UserError as error:
        return f"✗ {error.text}", ("test",)
    unseen = isinstance(observed.live, Unknown) and all(isinstance(c, AwaitLive) for c in changes)
    if (not changes or unseen) and not connection.absent:
        if unseen:
            said = "✓ The saved settings are in sync."
        elif noted:
            said = "• Everything is in sync, but there is something to note."
        else:
            said = "✓ Everything is in sync."
        return said, ("test",) if connection.enabled else ("enable",)
    if connection.absent:
        return _removing(plan_text(changes, connection))
    if connection.exchanging:
        return f"• A secret is being replaced. Still to do:\n{plan_text(changes, connection)}", ("rotate",)
    found = differences(connection, observed)
    if connection.current is None or not found:
        return f"✗ Out of sync. To be fixed:\n{plan_text(changes, connection)}", ("setup",)
    listed = "\n".join(difference_lines(found, context.fingerprints))
    said = f"✗ Out of sync: what is there → what should be there\n{listed}"
    if any(map(keepable, found)):
        return f"{said}\nFix: `/sso repair` puts it back; `/sso adopt` keeps what is there.", (
            "repair",
            "adopt",
        )
    return f"{said}\nFix: `/sso repair` puts it back.", ("repair",)


def _removing(still_to_do: str) -> tuple[str, tuple[str, ...]]:
    """A removal that was not finished, or is running right now."""
    left = f" Still to do:\n{still_to_do}" if still_to_do else ""
    either = "`/sso setup` brings it back; `/sso remove` takes away what is left of it."
    return f"✗ The connection is being removed, and that is not finished. {either}{left}", ("remove --dry-run",)
