"""What differs between a connection as it is desired and both sides as they were seen: one entry for each value. Pure.

The plan says what would be done, in order; this says what differs, on which side, from which value to which. People may
want the value that is there: then `adopt` keeps it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bot.connection.needs import application_drift, drift, fixed, has_former, unwanted_rules
from bot.connection.plan import is_shown
from bot.connection.state import (
    LABEL,
    Application,
    Connection,
    LiveService,
    NotVisible,
    Observed,
    SettingValue,
    StoredService,
)
from bot.connection.unknown import Unknown
from bot.errors import System
from bot.secret import Secret

Value = SettingValue | Secret | int | float | tuple[str, ...] | None
"""None: there is no value."""

SERVICE, APPLICATION, SWITCH, BUTTON, RULES_ASKED = "service", "application", "switch", "button", "asks people for"


@dataclass(frozen=True)
class Difference:
    """One value."""

    side: System
    what: str
    """The setting's suffix or the application's field as the system spells it, or one of the words above."""
    there: Value
    desired: Value


def differences(desired: Connection, observed: Observed) -> tuple[Difference, ...]:
    """In the order of the systems and of their settings. What could not be read does not differ. An exchange of secrets
    is under way on purpose and is no difference."""
    return (*_of_service(desired, observed), *_of_application(desired, observed.application))


def _of_service(desired: Connection, observed: Observed) -> Iterator[Difference]:
    stored = observed.stored
    if stored is None:
        yield Difference("Rocket.Chat", SERVICE, None, desired.name.service)
        return
    for suffix in drift(desired, stored):
        if suffix == "secret":
            if not desired.exchanging:
                yield Difference("Rocket.Chat", suffix, stored.secret, desired.secret)
        else:
            yield Difference("Rocket.Chat", suffix, _there(stored, suffix), _wanted(desired, suffix))
    if stored.enabled is not desired.enabled:
        yield Difference("Rocket.Chat", SWITCH, stored.enabled, desired.enabled)
    elif not isinstance(observed.live, Unknown) and is_shown(desired, observed.live) is not desired.enabled:
        yield Difference("Rocket.Chat", BUTTON, isinstance(observed.live, LiveService), desired.enabled)


def _there(stored: StoredService, suffix: str) -> Value:
    return None if suffix in stored.without_value else stored.settings.get(suffix, "")


def _wanted(desired: Connection, suffix: str) -> Value:
    if suffix == "id":
        return desired.client_id
    if suffix == LABEL:
        return desired.label
    return desired.settings.get(suffix)


def _of_application(
    desired: Connection, application: Application | NotVisible | Unknown | None
) -> Iterator[Difference]:
    if application is None:
        yield Difference("Encvoy ID", APPLICATION, None, desired.client_id or desired.application_name)
    if not isinstance(application, Application):
        return
    differing = application_drift(desired, application)
    if has_former(desired, application):
        differing = tuple(dict.fromkeys((*differing, "redirect_uris")))
    for name in differing:
        wanted = getattr(fixed(desired, application, (name,)), name)
        if name == "redirect_uris":
            wanted = tuple(uri for uri in wanted if uri not in desired.former)
        yield Difference("Encvoy ID", name, getattr(application, name), wanted)
    if application.secret != desired.secret and not desired.exchanging:
        yield Difference("Encvoy ID", "secret", application.secret, desired.secret)
    if desired.rules - application.rules or unwanted_rules(desired, application):
        unwanted = frozenset(unwanted_rules(desired, application))
        asked = tuple(sorted(application.rules))
        yield Difference("Encvoy ID", RULES_ASKED, asked, tuple(sorted((application.rules | desired.rules) - unwanted)))
