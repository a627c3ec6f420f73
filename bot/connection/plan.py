"""`plan(desired, observed)`: the changes that make them equal, in order. Pure; the order is policy and lives only here.

Coming up:    service (off) → application → our own secret on it → its fields and rules → all settings in one write,
              secret included → proof → on → live. What can refuse and can be repeated comes first.
Going down:   off → no longer live → the rest.
Exchanging:   Rocket.Chat stores the new secret and a marker → the marker is live → Encvoy ID switches → proof, on both
              sides.
              The way back is the same plan with the two secrets exchanged; so is going on after a crash.
"""

from __future__ import annotations

from collections.abc import Iterator

from bot.connection.absence import Explained, gone, hidden
from bot.connection.changes import (
    AttachRules,
    AwaitLive,
    Change,
    CreateApplication,
    CreateService,
    DeleteTwin,
    DetachRules,
    Live,
    Prove,
    ProveInUse,
    Settle,
    SwitchService,
    WriteApplication,
    WriteApplicationSecret,
    WriteService,
    WriteServiceSecret,
)
from bot.connection.marker import meaning, respells, shows
from bot.connection.state import (
    RULES,
    Application,
    Connection,
    LiveService,
    NotVisible,
    Observed,
    SettingValue,
    StoredService,
    Unknown,
)
from bot.errors import UserError

AUTH_METHOD = "client_secret_post"


class ChangedByOthers(UserError):
    """Somebody else changed the connection meanwhile."""


def _missing(found: Explained) -> ChangedByOthers:
    return ChangedByOthers(found.what, why=found.why, mend=found.mend)


def plan(desired: Connection, observed: Observed) -> tuple[Change, ...]:
    """The changes that lead from what was observed to what is desired; empty when they are equal.

    ChangedByOthers if a third party's change stands in the way: what is true on each side, and what resolves it.
    """
    _refuse_what_is_not_ours(desired, observed)
    changes: list[Change] = []
    if not desired.enabled:
        changes += _down(observed)
    if exchanging(desired) and in_use(observed):
        changes += _exchange(desired, observed)
    else:
        changes += _build(desired, observed)
    if desired.enabled:
        changes += _up(desired, observed, changes)
    return tuple(changes)


def exchanging(desired: Connection) -> bool:
    """Whether one proved secret is being replaced by another."""
    return desired.current is not None and desired.pending is not None


def in_use(observed: Observed) -> bool:
    """Whether somebody may be signing in through the service right now."""
    return observed.stored is not None and (observed.stored.enabled or observed.live is not None)


def required(desired: Connection, observed: Observed) -> Application:
    """The application, for what cannot go on without it. ChangedByOthers if it is gone or hidden."""
    match observed.application:
        case Application() as found:
            return found
        case NotVisible() as found:
            raise _missing(hidden(found))
        case Unknown(reason=reason, mend=mend):
            raise ChangedByOthers("The application at Encvoy ID cannot be seen now.", why=reason, mend=mend)
        case None:
            raise _missing(gone(desired.client_id or ""))


def _down(observed: Observed) -> Iterator[Change]:
    if observed.stored and observed.stored.enabled:
        yield SwitchService(on=False)
        yield AwaitLive(Live.OFF)
    elif observed.stored and observed.live is not None:
        yield AwaitLive(Live.OFF)


def _exchange(desired: Connection, observed: Observed) -> Iterator[Change]:
    stored, application = observed.stored, observed.application
    if stored is None or desired.marker is None:
        raise ValueError("an exchange needs a service and a marker")
    if stored.secret != desired.pending or not shows(desired.marker, stored.settings):
        yield WriteServiceSecret()
        yield AwaitLive(Live.MARKER)
    elif not isinstance(observed.live, LiveService) or not shows(desired.marker, observed.live.settings):
        yield AwaitLive(Live.MARKER)
    if not isinstance(application, Application) or application.secret != desired.pending:
        yield WriteApplicationSecret()
    yield Prove()
    yield ProveInUse()
    yield Settle()
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
        yield Settle()
    elif observed.application is None:
        yield Prove()


def _write_service(desired: Connection, observed: Observed, differing: tuple[str, ...]) -> Iterator[Change]:
    """All in one write; but a secret under which people sign in cannot be seen live, so a marker goes with it."""
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
        WriteServiceSecret() in before and not exchanging(desired)
    )
    if rewritten or (AwaitLive(Live.MARKER) not in before and not is_shown(desired, observed.live)):
        yield AwaitLive(Live.ON)


def drift(desired: Connection, stored: StoredService | None) -> tuple[str, ...]:
    """Suffixes of the settings that are not stored as desired; the marker's spelling is not drift."""
    wanted: dict[str, SettingValue] = dict(desired.settings)
    if desired.client_id is not None:
        wanted["id"] = desired.client_id
    if stored is None:
        return (*wanted, "secret")
    differing = tuple(
        suffix
        for suffix, value in wanted.items()
        if meaning(suffix, stored.settings.get(suffix, "")) != meaning(suffix, value)
    )
    return differing if stored.secret == desired.secret else (*differing, "secret")


def application_drift(desired: Connection, application: Application) -> tuple[str, ...]:
    """Names of the fields that are not as the connection needs them. Name and address may be changed by people."""
    needs = {
        "redirect_uris": desired.redirect_uri in application.redirect_uris,
        "token_endpoint_auth_method": application.token_endpoint_auth_method == AUTH_METHOD,
        "description": application.description == desired.description,
    }
    return tuple(name for name, fulfilled in needs.items() if not fulfilled)


def unwanted_rules(desired: Connection, application: Application) -> tuple[str, ...]:
    """Names of the fields that Encvoy ID asks people for, though they were left out here. Others' rules are theirs."""
    return tuple(sorted((application.rules & RULES) - desired.rules))


def is_shown(desired: Connection, live: LiveService | Unknown | None) -> bool:
    """Whether the login page has the button of our application; how settings are published is the doctor's matter."""
    return isinstance(live, LiveService) and live.settings.get("id", desired.client_id) == desired.client_id


def live_as_desired(desired: Connection, live: LiveService | Unknown | None) -> bool:
    """Whether people sign in through the service as desired. What an older server does not publish is not asked for."""
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


def _refuse_what_is_not_ours(desired: Connection, observed: Observed) -> None:
    application, stored = observed.application, observed.stored
    if isinstance(application, NotVisible):
        raise _missing(hidden(application))
    if exchanging(desired) and application is None:
        raise _missing(gone(desired.client_id or ""))  # neither way of the exchange can be gone to its end
    if desired.current is None or stored is None or not isinstance(application, Application):
        return
    ours = {desired.current, desired.pending or desired.current}
    if exchanging(desired):
        strange = [
            side
            for side, secret in (("Rocket.Chat", stored.secret), ("Encvoy ID", application.secret))
            if secret not in ours
        ]
        if strange:
            raise ChangedByOthers(
                f"{' and '.join(strange)} hold{'s' if len(strange) == 1 else ''} a client secret that is not mine.",
                why="Somebody changed it while I was replacing it; I wrote nothing over it."
                + ("" if stored.secret == application.secret else " Until both sides agree, nobody can sign in."),
                mend="`/sso status` shows both sides; `/sso setup` puts the secret that I know on both.",
            )
    elif desired.enabled and stored.secret == application.secret and stored.secret not in ours:
        raise ChangedByOthers(
            "Both sides hold a client secret that is not mine, and it is the same one.",
            why="Somebody replaced it by hand; people can sign in, and I wrote nothing over it.",
            mend="`/sso rotate` replaces it by a new one without a gap.",
        )
