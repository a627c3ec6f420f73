"""How Rocket.Chat names a Custom OAuth service and its settings (facts/rocketchat.md §2.1, §2.2). Pure.

Rocket.Chat silently lower-cases a name, drops everything except Latin letters, digits and `_`, and capitalises the
rest. Dropped spaces, dots and dashes are accepted. A dropped letter is not, because the callback and people's
identities would then have a name that nobody typed.

Everywhere else in this program a setting goes by its suffix: `token_path` for
`Accounts_OAuth_Custom-Encvoyid-token_path`, and `""` for the switch `Accounts_OAuth_Custom-Encvoyid` itself. How the
live record spells them is in `bot.rocketchat.fields`. What else is read of a list of settings is here as well: those
that decide who may register.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from bot.connection.accounts import APPROVAL, BY_SERVICES, DOMAINS, Registration
from bot.connection.state import ServiceName, SettingValue, StoredService
from bot.errors import UserError
from bot.secret import Secret

LONGEST = 40
"""Characters of a key; the name is in an address and in every one of 30 setting ids."""
_DROPPED = re.compile(r"[^a-z0-9_]")
_TAKEN = frozenset(
    {
        *("apple", "cas", "dolphin", "drupal", "email", "email2fa", "facebook", "github", "gitlab", "google", "iframe"),
        *("ldap", "linkedin", "meteor", "nextcloud", "oauth", "passkeys", "password", "resume", "saml", "totp"),
        *("twitter", "wordpress"),
    }
)
"""`services.<name>` of a person's record already means something else under these."""
_OTHER = 'Use another one, for example `/sso setup --name "Encvoy ID"`.'
_MEND = 'Use Latin letters and digits, for example `/sso setup --name "Encvoy ID"`.'


def service_name(typed: str) -> ServiceName:
    """`Encvoy ID` becomes `Encvoyid`. UserError for a name that Rocket.Chat would empty, change, cut or confuse."""
    typed = " ".join(typed.split())
    key = normalised(typed)
    if len(typed) > 2 * LONGEST or len(key) > LONGEST:
        raise UserError("This name is too long.", why=f"The service may have {LONGEST} letters.", fix=_OTHER)
    lost = "".join(c for c in typed if c.isalnum() and not c.isascii())
    if lost:
        why = f"Rocket.Chat drops {_quoted(lost)} and would {f'call it `{key}`' if key else 'be left with nothing'}."
        raise UserError("Rocket.Chat would change this name.", why=why, fix=_MEND)
    if not key:
        raise UserError("This name is empty.", why="It has no letter and no digit.", fix=_MEND)
    if "_" in key:
        why = "Rocket.Chat cuts such a name off at the `_` where a service is configured by environment variables."
        without = key.replace("_", "")
        raise UserError(
            "A name with `_` will cause problems.", why=why, fix=f"Leave it out: `{without}`." if without else _MEND
        )
    if key.lower() in _TAKEN:
        why = f"Rocket.Chat uses `{key.lower()}` for one of its own logins."
        raise UserError("This name is taken.", why=why, fix=_OTHER)
    return ServiceName(typed, key)


def normalised(typed: str) -> str:
    """The name as Rocket.Chat normalises it."""
    key = _DROPPED.sub("", typed.lower())
    return key[:1].upper() + key[1:]


def _quoted(letters: str) -> str:
    shown = letters[:8]
    return f"`{shown}{'…' if len(letters) > len(shown) else ''}`"


SWITCH = ""
"""The suffix of the boolean that puts the button on the login page."""
SECRET = "secret"
SERVICES = "Accounts_OAuth_Custom-"
"""How the ids of all of them begin. None of them is public."""
SITE_URL = "Site_Url"
FORM = "Accounts_ShowFormLogin"
"""Whether the login page has the form for user name and password."""

ABSENT_MEANS: Mapping[str, SettingValue] = MappingProxyType({"merge_users_distinct_services": False})
"""Settings that older versions do not have, and what their absence means (facts/rocketchat.md §2.2)."""

_SETTING_ID = re.compile(r"Accounts_OAuth_Custom-([A-Za-z0-9_]+)(?:-([A-Za-z0-9_]+))?\Z")


def setting_id(key: str, suffix: str) -> str:
    """`Accounts_OAuth_Custom-Encvoyid-token_path`; the switch has no suffix."""
    return f"{SERVICES}{key}-{suffix}" if suffix else f"{SERVICES}{key}"


def value_from(raw: object) -> SettingValue:
    """A setting's value as text or boolean; what is missing is empty, and numbers become text."""
    if isinstance(raw, bool | str):
        return raw
    return "" if raw is None else str(raw)


def stored_services(settings: Iterable[Mapping[str, object]]) -> tuple[StoredService, ...]:
    """Every custom service among setting documents (`_id`, `value`), by key. One setting is enough for a service."""
    found: dict[str, dict[str, object]] = {}
    for document in settings:
        match = _SETTING_ID.match(str(document.get("_id", "")))
        if match:
            found.setdefault(match[1], {})[match[2] or SWITCH] = document.get("value")
    return tuple(_stored(key, values) for key, values in sorted(found.items()))


def stored_service(settings: Iterable[Mapping[str, object]], name: ServiceName) -> StoredService | None:
    """The service of that name among setting documents."""
    return next((service for service in stored_services(settings) if service.key == name.key), None)


def registration(settings: Iterable[Mapping[str, object]]) -> Registration:
    """The registration settings among setting documents; None for one that is missing or has another type."""
    listed = {str(document.get("_id")): document.get("value") for document in settings}
    by_services, approval, domains = (listed.get(setting) for setting in (BY_SERVICES, APPROVAL, DOMAINS))
    return Registration(
        by_services if isinstance(by_services, bool) else None,
        approval if isinstance(approval, bool) else None,
        domains if isinstance(domains, str) else None,
    )


def site_url(raw: object) -> str:
    """`Site_Url`, without trailing slash."""
    return str(value_from(raw)).rstrip("/")


def forced_settings(settings: Iterable[Mapping[str, object]], name: ServiceName) -> Mapping[str, SettingValue]:
    """What the environment forces of a service, by suffix, among whole documents (facts/rocketchat.md §8 no. 1)."""
    found: dict[str, SettingValue] = {}
    for document in settings:
        match = _SETTING_ID.match(str(document.get("_id", "")))
        if match and match[1] == name.key and document.get("valueSource") == "processEnvValue":
            found[match[2] or SWITCH] = value_from(document.get("processEnvValue"))
    return found


def _stored(key: str, values: Mapping[str, object]) -> StoredService:
    shown = {suffix: value_from(value) for suffix, value in values.items() if suffix not in (SWITCH, SECRET)}
    return StoredService(
        key=key,
        enabled=values.get(SWITCH) is True,
        settings={**ABSENT_MEANS, **shown},
        secret=Secret(str(value_from(values.get(SECRET)))),
        without_value=frozenset(suffix for suffix, value in values.items() if value is None),
    )
