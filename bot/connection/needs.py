"""What an application and a service need so that people can sign in: the only source for what `setup` fixes, `status`
shows and the doctor checks. Pure.

A *need* is set by the bot and fixed by `setup`. A setting that keeps people out but may be intended is only *noted*,
and not changed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.connection.callbacks import same_callback
from bot.connection.defaults import DEFAULTS
from bot.connection.marker import meaning
from bot.connection.ports import ApplicationFields
from bot.connection.state import LABEL, RULES, Application, Connection, SettingValue, StoredService

AUTH_METHOD = "client_secret_post"
SHORTEST_TTL = 60
"""Seconds. A shorter-lived access token may expire before it is used at userinfo (facts/encvoy-id.md §6)."""
DEFAULT_TTL = 1800
GRANT_TYPES = ("authorization_code", "refresh_token")
RESPONSE_TYPES = ("code",)
KNOWN_GRANT_TYPES = frozenset({*GRANT_TYPES, "implicit"})
"""Any other grant type makes the record invalid at the OIDC side (facts/encvoy-id.md §4, last table)."""


@dataclass(frozen=True)
class Need:
    """One column of the application."""

    field: str
    met: Callable[[Connection, Application], bool]
    without: str
    """The consequence if it is not met, as a sentence."""


def _response_types_fit(_: Connection, application: Application) -> bool:
    words = {word for kind in application.response_types for word in kind.split()}
    implicit = "implicit" in application.grant_types or not words & {"id_token", "token"}
    return "code" in application.response_types and implicit


def _grant_types_fit(_: Connection, application: Application) -> bool:
    return "authorization_code" in application.grant_types and KNOWN_GRANT_TYPES.issuperset(application.grant_types)


NEEDS = (
    Need(
        "redirect_uris",
        lambda desired, application: desired.redirect_uri in application.redirect_uris,
        "Encvoy ID is not allowed to send people back to Rocket.Chat.",
    ),
    Need(
        "token_endpoint_auth_method",
        lambda _, application: application.token_endpoint_auth_method == AUTH_METHOD,
        "Encvoy ID may refuse Rocket.Chat's secret.",
    ),
    Need(
        "description",
        lambda desired, application: desired.adopted or application.description == desired.description,
        "After a crash I could not recognize it as mine.",
    ),
    Need("grant_types", _grant_types_fit, "Encvoy ID gives Rocket.Chat no token, so nobody can sign in."),
    Need("response_types", _response_types_fit, "Encvoy ID refuses every sign-in."),
    Need(
        "id_token_signed_response_alg",
        lambda _, application: application.id_token_signed_response_alg == "RS256",
        "Encvoy ID has only a key for RS256 and refuses every sign-in.",
    ),
    Need(
        "access_token_ttl",
        lambda _, application: application.access_token_ttl >= SHORTEST_TTL,
        "The token may expire before Rocket.Chat has asked who is signing in.",
    ),
    Need(
        "application_type",
        lambda _, application: application.application_type == "web",
        "Encvoy ID may refuse the callback address.",
    ),
    Need(
        "subject_type",
        lambda _, application: application.subject_type == "public",
        "People who signed in before would be treated as different people.",
    ),
)
"""facts/encvoy-id.md §2, §4 (last table), §6."""


def application_drift(desired: Connection, application: Application) -> tuple[str, ...]:
    """Names of the fields that are not as needed. Neither the display name, which people choose, nor the secret is
    compared."""
    return tuple(need.field for need in NEEDS if not need.met(desired, application))


def without(fields: Sequence[str]) -> str:
    """The consequences if these needs are not met."""
    return " ".join(need.without for need in NEEDS if need.field in fields)


def fixed(desired: Connection, application: Application | None, fields: Sequence[str]) -> ApplicationFields:
    """What to write so that these needs are met. Our redirect URI is added to the existing ones; those of others are
    kept."""
    there = application.redirect_uris if application else ()
    uris = tuple(dict.fromkeys((*there, desired.redirect_uri)))
    return ApplicationFields(
        description=desired.description if "description" in fields else None,
        redirect_uris=uris if "redirect_uris" in fields else None,
        token_endpoint_auth_method=AUTH_METHOD if "token_endpoint_auth_method" in fields else None,
        grant_types=GRANT_TYPES if "grant_types" in fields else None,
        response_types=RESPONSE_TYPES if "response_types" in fields else None,
        id_token_signed_response_alg="RS256" if "id_token_signed_response_alg" in fields else None,
        access_token_ttl=DEFAULT_TTL if "access_token_ttl" in fields else None,
        application_type="web" if "application_type" in fields else None,
        subject_type="public" if "subject_type" in fields else None,
    )


def unwanted_rules(desired: Connection, application: Application) -> tuple[str, ...]:
    """Names of the fields that Encvoy ID asks people for although the connection leaves them out. Only the rules that
    the bot manages count."""
    return tuple(sorted((application.rules & RULES) - desired.rules))


def kept_out(application: Application, *, everywhere: bool = False) -> tuple[str, ...]:
    """Why Encvoy ID refuses some of its own users, as sentences. `everywhere`: its setting for all applications."""
    found = []
    if application.authorize_only_admins:
        found.append("Encvoy ID lets only administrators sign in through this application (authorize_only_admins).")
    if application.authorize_only_employees:
        found.append("Encvoy ID lets only employees sign in through this application (authorize_only_employees).")
    if everywhere:
        found.append("Encvoy ID lets only administrators sign in to any application (its setting of that name).")
    return tuple(found)


def foreign_callbacks(desired: Connection, application: Application) -> tuple[str, ...]:
    """The application's callback addresses other than ours, in any spelling; former ones of this workspace are ours."""
    ours = (desired.redirect_uri, *desired.former)
    return tuple(uri for uri in application.redirect_uris if not any(same_callback(uri, our) for our in ours))


def has_former(desired: Connection, application: object) -> bool:
    """Whether the application still has a callback address from before `Site_Url` changed, to the letter."""
    return isinstance(application, Application) and not set(desired.former).isdisjoint(application.redirect_uris)


def drift(desired: Connection, stored: StoredService | None) -> tuple[str, ...]:
    """Suffixes of the settings that are not stored as desired, or have no value. Another spelling by a marker is no
    drift."""
    wanted: dict[str, SettingValue] = dict(desired.settings)
    if desired.client_id is not None:
        wanted["id"] = desired.client_id
    if stored is None:
        return (*wanted, *((LABEL,) if desired.label else ()), "secret")
    differing = tuple(
        suffix
        for suffix, value in wanted.items()
        if suffix in stored.without_value or meaning(suffix, stored.settings.get(suffix, "")) != meaning(suffix, value)
    )
    empty = tuple(suffix for suffix in DEFAULTS if suffix in stored.without_value and suffix not in _OF_OTHERS)
    label = (LABEL,) if _label_missing(desired, stored) else ()
    differing = tuple(dict.fromkeys((*differing, *label, *empty)))
    return differing if stored.secret == desired.secret else (*differing, "secret")


def _label_missing(desired: Connection, stored: StoredService) -> bool:
    """The button has no text. While the connection is being set up, nobody has chosen another one either."""
    there = "" if LABEL in stored.without_value else stored.settings.get(LABEL, "")
    return bool(desired.label) and (there == "" or (desired.current is None and there != desired.label))


EXCHANGED_AT = ("url", "token_path", "identity_path")
"""Settings for the address to which Rocket.Chat sends codes and its secret."""


def led_elsewhere(desired: Connection, stored: StoredService) -> tuple[str, ...]:
    """The ones that are not as desired: Rocket.Chat would send its secret to an address that the bot did not set."""
    return tuple(suffix for suffix in drift(desired, stored) if suffix in EXCHANGED_AT)


_OF_OTHERS = frozenset({"", "id", "secret"})
"""A missing value of these is written with the switch and with the credentials."""
