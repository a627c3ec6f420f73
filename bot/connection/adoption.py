"""What `adopt` desires: a connection that somebody made by hand, or what somebody changed of ours. Pure.

Nothing is written to either side. What differs from a good connection afterwards is shown, and `repair` improves it.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import replace

from bot.connection.absence import KEEP_THE_ROLE, ChangedByOthers
from bot.connection.admission import carries_email
from bot.connection.desired import rules, service_settings
from bot.connection.differences import BUTTON, RULES_ASKED, SERVICE, Difference
from bot.connection.leads_to import leads_to
from bot.connection.needs import drift
from bot.connection.ports import ProviderMetadata
from bot.connection.refusals import GONE, refuse_an_exchange, refuse_unfinished
from bot.connection.state import (
    EMAIL,
    LABEL,
    LOGIN,
    RULES,
    Application,
    Connection,
    NotVisible,
    Observed,
    ServiceName,
    StoredService,
)
from bot.connection.unknown import Unknown
from bot.errors import UserError
from bot.secret import Secret
from bot.text import code

_NEVER = frozenset({"id", "secret", LABEL, "url", "token_path", "identity_path", "authorize_path"})
"""What is never kept as a setting: the credentials; the label, which is people's own anyway; and where people and the
secret are sent, which only Encvoy ID itself says."""


def chosen(services: Sequence[StoredService], name: str, provider: ProviderMetadata) -> StoredService:
    """The service to adopt: the one of that name, or the only one that points at this Encvoy ID. UserError if there is
    none, or if it is not clear which."""
    pointing = [service for service in services if leads_to(service.settings, provider)]
    if name:
        found = next((service for service in services if service.key.lower() == name.lower()), None)
        if found is None:
            raise UserError(f"There is no Custom OAuth service {code(name)} in Rocket.Chat.", fix=_named(pointing))
        if found not in pointing:
            raise UserError(
                f"The service {code(found.key.lower())} does not point at this Encvoy ID.",
                why=f"Its address is {code(str(found.settings.get('url', '')))}; Encvoy ID is {code(provider.issuer)}.",
                fix="If it is the same Encvoy ID, correct the address in Administration → Settings → OAuth first.",
            )
        return found
    if not pointing:
        raise UserError(
            "There is no Custom OAuth service in Rocket.Chat that points at this Encvoy ID.",
            fix="`/sso setup` creates a connection.",
        )
    if len(pointing) > 1:
        raise UserError("Several services point at this Encvoy ID.", fix=_named(pointing))
    return pointing[0]


def _named(pointing: Sequence[StoredService]) -> str:
    if not pointing:
        return "`/sso setup` creates a connection: no service points at this Encvoy ID."
    return "Type one of these: " + ", ".join(f"`/sso adopt {service.key.lower()}`" for service in pointing) + "."


def client_id_of(stored: StoredService) -> str:
    """The application that the service names. UserError if it names none."""
    found = stored.settings.get("id")
    if not isinstance(found, str) or not found:
        raise UserError(
            f"The service {code(stored.key.lower())} has no client id, so nobody can sign in through it.",
            fix="Enter it in Administration → Settings → OAuth; or remove the service there, and type `/sso setup`.",
        )
    return found


def visible(found: Application | NotVisible | None, client_id: str) -> Application:
    """The application that is to be adopted. UserError if the bot may not manage it."""
    if isinstance(found, Application):
        return found
    if found is None:
        raise UserError(
            f"The application {code(client_id)} is gone from Encvoy ID, so nobody can sign in through this service.",
            fix="Remove the service in Administration → Settings → OAuth, and type `/sso setup` with the same name: "
            "everybody keeps their account, as long as it is the same Encvoy ID.",
        )
    raise UserError(
        f"I may not manage the application {code(client_id)} at Encvoy ID.",
        why="The bot's user there needs the role EDITOR in this one application.",
        fix="Let the bot's user sign in to it once; then an owner or an administrator of Encvoy ID gives it the role "
        f"EDITOR in this application, and you type `/sso adopt` again. {KEEP_THE_ROLE}",
    )


def adopted(stored: StoredService, application: Application, site_url: str, provider: ProviderMetadata) -> Connection:
    """The connection that was made by hand, as it should be: with our settings, under its name, on or off as it is.

    Its secret is the one that Encvoy ID accepts; if Rocket.Chat has another one, nobody can sign in, and `repair`
    writes it. E-mail addresses are passed on if they were.
    """
    with_email = carries_email(stored.settings)
    return Connection(
        id=secrets.token_hex(4),
        name=ServiceName(stored.key, stored.key),
        site_url=site_url,
        application_name=application.name,
        settings=service_settings(provider, with_email=with_email),
        enabled=stored.enabled,
        client_id=application.client_id,
        current=application.secret,
        rules=rules(with_email=with_email),
        label=str(stored.settings.get(LABEL, "")) or f"Sign in with {stored.key}",
        adopted=True,
    )


def accepted(there: Connection, observed: Observed, provider: ProviderMetadata) -> Connection:
    """Our connection with what somebody changed of it: its settings, whether it is on, what people are asked for, and
    a secret that both sides have. What nobody can want stays as desired, and differs: it is `repair`'s."""
    stored, application = observed.stored, observed.application
    if stored is None:
        raise ChangedByOthers(GONE, why="There is nothing to keep.", fix="`/sso repair` creates it again.")
    differing = [suffix for suffix in drift(there, stored) if suffix not in _NEVER | stored.without_value]
    kept = {**there.kept, **{suffix: stored.settings[suffix] for suffix in differing if suffix in stored.settings}}
    asked, secret = there.rules, there.current
    if isinstance(application, Application):
        asked = (application.rules & RULES) | {LOGIN}
        secret = _agreed(stored.secret, application.secret, there.current)
    usual = service_settings(provider, with_email=EMAIL in asked)
    kept = {suffix: value for suffix, value in kept.items() if usual.get(suffix) != value}
    return replace(there, settings={**usual, **kept}, kept=kept, rules=asked, enabled=stored.enabled, current=secret)


def _agreed(stored: Secret, accepted_there: Secret, ours: Secret | None) -> Secret | None:
    return stored if stored == accepted_there and stored else ours


def unlocked(locked: Connection, application: Application | NotVisible | Unknown | None) -> Connection:
    """A connection of ours whose secrets no key decrypts any more, with the one that Encvoy ID accepts. If a secret was
    being replaced, that is the one that counts; where Rocket.Chat has the other one, it differs."""
    if isinstance(application, Unknown):
        what = "The application at Encvoy ID cannot be read now."
        raise ChangedByOthers(what, why=application.reason, fix=application.fix)
    found = visible(application, locked.client_id or "")
    return replace(locked, current=found.secret, pending=None, undoing=False, proved_at=None)


def keepable(difference: Difference) -> bool:
    """Whether `adopt` would keep it."""
    if difference.side == "Encvoy ID" or difference.there is None:
        return difference.what == RULES_ASKED
    return difference.what not in _NEVER | {SERVICE, BUTTON}


def refuse_to_adopt(there: Connection, application: Application | NotVisible | Unknown | None) -> None:
    """UserError for a connection of ours in a state that nobody wants to keep."""
    refuse_an_exchange(there)
    refuse_unfinished(there)
    if application is None:
        raise UserError(
            f"The application {code(there.client_id or '')} is gone from Encvoy ID; there is nothing to keep.",
            fix="`/sso repair` creates a new one.",
        )
