"""`plan(desired, observed)`: the changes that make them equal, in order. Pure; the order is decided only here.

Set up:      service (off) → application → our own secret on it → its fields and rules → all settings in one write,
             secret included → proof → on → live. Changes that may be refused and can be repeated come first.
Switch off:  off → no longer live → the rest.
Remove:      off → no longer live → service → application.
Rotate:      Rocket.Chat stores the new secret and a marker → the marker is live → Encvoy ID switches → proof on both
             sides. A rollback is the same plan with the two secrets swapped; a crash is continued with the same plan.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator

from bot.connection.absence import ChangedByOthers
from bot.connection.changes import (
    AttachRules,
    AwaitLive,
    Change,
    CommitSecret,
    CreateApplication,
    CreateService,
    DeleteApplication,
    DeleteTwin,
    DetachRules,
    Live,
    Prove,
    ProveInUse,
    RemoveCallback,
    RemoveFormerCallbacks,
    RemoveService,
    SwitchService,
    WriteApplication,
    WriteApplicationSecret,
    WriteService,
    WriteServiceSecret,
)
from bot.connection.marker import engine_of, meaning, respells, shows
from bot.connection.needs import application_drift, drift, foreign_callbacks, has_former, unwanted_rules
from bot.connection.profile import Engine
from bot.connection.refusals import (
    GONE,
    ready,
    refuse_foreign_secrets,
    refuse_what_cannot_be_seen,
    required,
)
from bot.connection.state import LABEL, Application, Connection, LiveService, NotVisible, Observed, SettingValue
from bot.connection.unknown import Unknown


class Scope(enum.Enum):
    """What a command may change. Other differences are shown, and `setup` fixes them."""

    ALL = "all"
    SWITCH = "switch"
    """Whether the service is on. Encvoy ID is not needed to switch it off."""
    SECRET = "secret"
    LABEL = "label"
    """The button's text. Encvoy ID is not needed."""


def plan(desired: Connection, observed: Observed, scope: Scope = Scope.ALL) -> tuple[Change, ...]:
    """The changes from the observed to the desired state, within `scope`; empty if they are equal.

    ChangedByOthers if somebody else's change prevents it: what is true on each side, and what resolves it.
    """
    if scope is Scope.SWITCH:
        return tuple(_switch_on(desired, observed) if desired.enabled else _switch_off(observed))
    if scope is Scope.LABEL:
        return tuple(_label(desired, observed))
    if desired.absent:
        return tuple(_take_away(desired, observed))
    refuse_what_cannot_be_seen(desired, observed)
    refuse_foreign_secrets(desired, observed)
    if scope is Scope.SECRET:
        return tuple(_replace_secret(desired, observed))
    changes: list[Change] = []
    if not desired.enabled:
        changes += _down(observed)
    if desired.exchanging and in_use(observed):
        changes += _exchange(desired, observed)
    else:
        changes += _build(desired, observed)
    if desired.enabled:
        changes += _up(desired, observed, changes)
    if not desired.exchanging and has_former(desired, observed.application):
        changes.append(RemoveFormerCallbacks())  # last: people may be sent back to one until the new one works
    return tuple(changes)


def in_use(observed: Observed) -> bool:
    """Whether people may be signing in through the service now."""
    return observed.stored is not None and (observed.stored.enabled or observed.live is not None)


def is_dead(observed: Observed) -> bool:
    """Whether the login page has a button whose settings are gone: it was removed while it was on."""
    return observed.stored is None and isinstance(observed.live, LiveService)


def _switch_off(observed: Observed) -> Iterator[Change]:
    if is_dead(observed):
        raise ChangedByOthers(
            "The login page shows a button whose settings are gone from Rocket.Chat, so it cannot be switched off.",
            why="This is what remains when a service is removed while it is on.",
            fix="`/sso setup` creates the settings again; then type `/sso disable`.",
        )
    yield from _down(observed)


def _switch_on(desired: Connection, observed: Observed) -> Iterator[Change]:
    stored = ready(desired, observed)
    if not stored.enabled:
        yield Prove()
        yield SwitchService(on=True)
        yield AwaitLive(Live.SHOWN)
    elif not is_shown(desired, observed.live):
        yield AwaitLive(Live.SHOWN)


def _label(desired: Connection, observed: Observed) -> Iterator[Change]:
    stored, live = observed.stored, observed.live
    if stored is None:
        raise ChangedByOthers(GONE, fix="`/sso setup` creates it again.")
    if stored.settings.get(LABEL) != desired.label:
        yield WriteService((LABEL,))
        if stored.enabled:
            yield AwaitLive(Live.LABEL)
    elif isinstance(live, LiveService) and live.settings.get(LABEL, desired.label) != desired.label:
        yield AwaitLive(Live.LABEL)


def _replace_secret(desired: Connection, observed: Observed) -> Iterator[Change]:
    if not desired.exchanging:
        return
    if observed.stored is None:
        raise ChangedByOthers(GONE, fix="`/sso setup` creates it again.")
    if in_use(observed):
        yield from _exchange(desired, observed)
        return
    if required(desired, observed.application).secret != desired.secret:
        yield WriteApplicationSecret()
    if observed.stored.secret != desired.secret:
        yield WriteService(("secret",))
    yield Prove()
    yield CommitSecret()


def _down(observed: Observed) -> Iterator[Change]:
    stored = observed.stored
    if stored is None:
        return
    # A switch without a value is neither on nor off, and a live service stays live (facts/rocketchat.md §2.6).
    undecided = "" in stored.without_value and observed.live is not None
    if stored.enabled or undecided:
        yield SwitchService(on=False)
    if stored.enabled or observed.live is not None:
        yield AwaitLive(Live.OFF)


def _take_away(desired: Connection, observed: Observed) -> Iterator[Change]:
    """Removes what only the bot uses. An application with other callback addresses is kept, without ours. One that
    cannot be seen holds nothing up: what is in Rocket.Chat goes first."""
    if is_dead(observed):
        # Its settings are made again, so that it can be switched off: a refresh would take every button of the login
        # page away for a moment (facts/rocketchat.md §2.6).
        yield CreateService()
        yield SwitchService(on=False)
        yield AwaitLive(Live.OFF)
        yield RemoveService()
    elif observed.stored is not None:
        yield from _down(observed)
        yield RemoveService()
    application = observed.application
    if isinstance(application, Application):
        others = foreign_callbacks(desired, application)
        if not others:
            yield DeleteApplication()
        elif len(others) < len(application.redirect_uris):
            yield RemoveCallback()
    for twin in observed.twins:
        yield DeleteTwin(twin.client_id)


def _exchange(desired: Connection, observed: Observed) -> Iterator[Change]:
    stored, application = observed.stored, observed.application
    if stored is None or desired.marker is None:
        raise ValueError("an exchange needs a service and a marker")
    to_switch = not isinstance(application, Application) or application.secret != desired.pending
    # On the modern engine, the record may be newer than the strategy that signs people in; the wait checks both.
    ahead = to_switch and engine_of(desired.marker) is Engine.MODERN
    if stored.secret != desired.pending or not shows(desired.marker, stored.settings):
        yield WriteServiceSecret()
        yield AwaitLive(Live.MARKER)
    elif ahead or not isinstance(observed.live, LiveService) or not shows(desired.marker, observed.live.settings):
        yield AwaitLive(Live.MARKER)
    if to_switch:
        yield WriteApplicationSecret()
    yield Prove()
    yield ProveInUse()
    yield CommitSecret()
    yield ProveInUse(later=True)


def _build(desired: Connection, observed: Observed) -> Iterator[Change]:
    if observed.stored is None:
        yield CreateService()
    yield from _application(desired, observed.application)
    for twin in observed.twins:
        yield DeleteTwin(twin.client_id)
    differing = drift(desired, observed.stored)
    if observed.application is None:
        differing = tuple(dict.fromkeys((*differing, "id")))
    yield from _write_service(desired, observed, differing)
    if desired.pending is not None:
        yield Prove()
        yield CommitSecret()
    elif observed.application is None:
        yield Prove()


def _write_service(desired: Connection, observed: Observed, differing: tuple[str, ...]) -> Iterator[Change]:
    """All in one write. The secret of a service in use gets a marker, because nobody can see that it is live."""
    stored, marker = observed.stored, desired.marker
    in_the_open = desired.enabled and stored is not None and stored.enabled
    if "secret" in differing and in_the_open and stored and marker and respells(marker, stored.settings):
        rest = tuple(suffix for suffix in differing if suffix != "secret")
        if rest:
            yield WriteService(rest)
        yield WriteServiceSecret()
        yield AwaitLive(Live.MARKER)
    elif differing:
        yield WriteService(differing)


def _application(desired: Connection, application: Application | NotVisible | Unknown | None) -> Iterator[Change]:
    if not isinstance(application, Application):
        yield CreateApplication()
        yield WriteApplicationSecret()
        yield AttachRules(tuple(sorted(desired.rules)))
        return
    if application.secret != desired.secret:
        yield WriteApplicationSecret()
    fields = application_drift(desired, application)
    if fields:
        yield WriteApplication(fields)
    missing = desired.rules - application.rules
    if missing:
        yield AttachRules(tuple(sorted(missing)))
    unwanted = unwanted_rules(desired, application)
    if unwanted:
        yield DetachRules(unwanted)


def _up(desired: Connection, observed: Observed, before: list[Change]) -> Iterator[Change]:
    stored = observed.stored
    if stored is None or not stored.enabled:
        if Prove() not in before:
            yield Prove()
        yield SwitchService(on=True)
        yield AwaitLive(Live.ON)
        return
    rewritten = any(isinstance(change, WriteService) for change in before) or (
        WriteServiceSecret() in before and not desired.exchanging
    )
    if rewritten or (AwaitLive(Live.MARKER) not in before and not is_shown(desired, observed.live)):
        yield AwaitLive(Live.ON)


def is_shown(desired: Connection, live: LiveService | Unknown | None) -> bool:
    """Whether the login page has the button of our application. The doctor checks the other settings."""
    return isinstance(live, LiveService) and live.settings.get("id", desired.client_id) == desired.client_id


def live_as_desired(desired: Connection, live: LiveService | Unknown | None) -> bool:
    """Whether the live settings are as desired. Settings that an older server does not publish are not compared."""
    if not isinstance(live, LiveService):
        return False
    wanted: dict[str, SettingValue] = dict(desired.settings)
    if desired.client_id is not None:
        wanted["id"] = desired.client_id
    return all(
        meaning(suffix, live.settings[suffix]) == meaning(suffix, value)
        for suffix, value in wanted.items()
        if suffix in live.settings
    )
