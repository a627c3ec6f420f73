"""`status`: the connection as desired and as observed, and what differs. Changes nothing; for every member."""

from __future__ import annotations

from dataclasses import replace

from bot.addresses import is_plain
from bot.chatops.answer import Answer
from bot.chatops.registry import Call, Registry
from bot.chatops.text import quoted
from bot.connection.changes import AwaitLive
from bot.connection.observe import observe
from bot.connection.plan import Scope, exchanging, plan
from bot.connection.state import Application, Connection, NotVisible, Observed, Unknown
from bot.errors import RemoteError, UserError
from commands.parts import Parts
from commands.wording import plan_text


def register(registry: Registry, parts: Parts) -> None:
    """Declares the command."""

    @registry.command(
        "status",
        summary="Shows the connection, and whether both systems are as desired",
        help="Asks both systems and compares them with what I was told to keep. Nothing is changed.",
        effect=False,
        everyone=True,
    )
    async def status(call: Call) -> Answer:
        connection = await parts.shop.connections.get()
        if connection is None:
            return Answer(("There is no connection yet.",), next=("setup --dry-run", "setup"))
        call.progress.doing("asking both systems")
        observed = await _seen(connection, parts)
        drift, following = _drift(connection, observed)
        address = (await parts.shop.rocketchat.server()).site_url
        if address != connection.site_url:
            drift, following = _moved(address, connection), ("setup",)
        return Answer((*_facts(connection, observed, parts), drift), next=following)


async def _seen(connection: Connection, parts: Parts) -> Observed:
    """Both sides; Rocket.Chat's alone where Encvoy ID does not say. RemoteError where Rocket.Chat does not."""
    try:
        return await observe(connection, parts.shop.rocketchat, parts.shop.encvoy)
    except RemoteError as error:
        off = replace(connection, enabled=False)  # to switch off, Encvoy ID is not asked
        half = await observe(off, parts.shop.rocketchat, parts.shop.encvoy, Scope.SWITCH)
        return replace(half, application=Unknown(error.text))


def _facts(connection: Connection, observed: Observed, parts: Parts) -> tuple[str, ...]:
    name = f"{quoted(connection.name.typed)} (service `{connection.name.service}`)"
    return (
        f"• Connection {name}: wanted {'on' if connection.enabled else 'off'}",
        f"• Rocket.Chat at {connection.site_url}: {_service(observed, parts)}",
        f"• Encvoy ID at {connection.settings.get('url', '')}: {_application(connection, observed, parts)}",
        f"• Callback address: {connection.redirect_uri}",
        f"• E-mail addresses: {_email(connection)}",
    )


def _email(connection: Connection) -> str:
    if connection.with_email:
        return "passed on to Rocket.Chat; `/sso setup --no-email` leaves them out"
    return "left out; `/sso setup --email` passes them on again"


def _service(observed: Observed, parts: Parts) -> str:
    if observed.stored is None:
        return "the service is not there"
    stored = f"stored {'on' if observed.stored.enabled else 'off'}"
    if isinstance(observed.live, Unknown):
        live = f"live unknown ({observed.live.reason})"
    else:
        live = f"live {'on' if observed.live else 'off'}"
    return f"{stored}, {live}, secret {parts.fingerprints.of(observed.stored.secret)}"


def _application(connection: Connection, observed: Observed, parts: Parts) -> str:
    application = observed.application
    if not isinstance(application, Application):
        return _no_application(connection, application)
    rules = ", ".join(sorted(application.rules)) or "nothing"
    return (
        f"application `{application.client_id}`, secret {parts.fingerprints.of(application.secret)}, asks for {rules}"
    )


def _no_application(connection: Connection, seen: NotVisible | Unknown | None) -> str:
    named = f"the application `{connection.client_id}`" if connection.client_id else "the application"
    match seen:
        case Unknown(reason=reason):
            return f"{named} cannot be seen now ({reason})"
        case NotVisible(there=True):
            return f"{named} is there, and not visible to me in full"
        case NotVisible():
            return f"{named} is not visible to me"
        case None:
            return f"{named} is gone" if connection.client_id else "there is no application yet"


def _moved(address: str, connection: Connection) -> str:
    shown = address if is_plain(address) else "another one"
    return (
        f"✗ Not as desired. Rocket.Chat's Site_Url is {shown}, and the connection was made for {connection.site_url}: "
        "set it back, or let `/sso setup` register the new callback address."
    )


def _drift(connection: Connection, observed: Observed) -> tuple[str, tuple[str, ...]]:
    if isinstance(observed.application, Unknown) and not exchanging(connection):
        return "– Nobody can say whether both systems are as desired, because only one of them was seen.", ("test",)
    try:
        changes = plan(connection, observed)
    except UserError as error:
        return f"✗ {error.text}", ("test",)
    unseen = isinstance(observed.live, Unknown) and all(isinstance(c, AwaitLive) for c in changes)
    if not changes or unseen:
        return "✓ Both systems are as desired.", ("test", "disable" if connection.enabled else "enable")
    if exchanging(connection):
        return f"• A secret is being replaced. Still to do:\n{plan_text(changes, connection)}", ("rotate",)
    return f"✗ Not as desired. To be put right:\n{plan_text(changes, connection)}", ("setup",)
