"""How Rocket.Chat names the settings of a Custom OAuth service: by id where they are stored, in camel case where they
are live (facts/rocketchat.md §2.2, §3.1). Pure.

Everywhere else in this program a setting goes by its suffix: `token_path` for
`Accounts_OAuth_Custom-Encvoyid-token_path`, and `""` for the switch `Accounts_OAuth_Custom-Encvoyid` itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from bot.connection.state import LiveService, ServiceName, SettingValue, StoredService
from bot.secret import Secret

SWITCH = ""
"""The suffix of the boolean that puts the button on the login page."""
SECRET = "secret"

ABSENT_MEANS: Mapping[str, SettingValue] = MappingProxyType({"merge_users_distinct_services": False})
"""Settings that older versions do not have, and what their absence means (facts/rocketchat.md §2.2)."""

LIVE_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "serverURL": "url",
        "tokenPath": "token_path",
        "tokenSentVia": "token_sent_via",
        "identityTokenSentVia": "identity_token_sent_via",
        "identityPath": "identity_path",
        "authorizePath": "authorize_path",
        "scope": "scope",
        "accessTokenParam": "access_token_param",
        "clientId": "id",
        "loginStyle": "login_style",
        "buttonLabelText": "button_label_text",
        "buttonLabelColor": "button_label_color",
        "buttonColor": "button_color",
        "keyField": "key_field",
        "usernameField": "username_field",
        "emailField": "email_field",
        "nameField": "name_field",
        "avatarField": "avatar_field",
        "rolesClaim": "roles_claim",
        "groupsClaim": "groups_claim",
        "channelsAdmin": "channels_admin",
        "channelsMap": "groups_channel_map",
        "mapChannels": "map_channels",
        "mergeRoles": "merge_roles",
        "rolesToSync": "roles_to_sync",
        "mergeUsers": "merge_users",
        "mergeUsersDistinctServices": "merge_users_distinct_services",
        "showButton": "show_button",
    }
)
"""Field of the live record -> suffix of the setting."""

_SETTING_ID = re.compile(r"Accounts_OAuth_Custom-([A-Za-z0-9_]+)(?:-([A-Za-z0-9_]+))?\Z")


def setting_id(key: str, suffix: str) -> str:
    """`Accounts_OAuth_Custom-Encvoyid-token_path`; the switch has no suffix."""
    return f"Accounts_OAuth_Custom-{key}-{suffix}" if suffix else f"Accounts_OAuth_Custom-{key}"


def value_from(raw: object) -> SettingValue:
    """A setting's value as text or boolean; what is missing is empty, and numbers become text."""
    if isinstance(raw, bool | str):
        return raw
    return "" if raw is None else str(raw)


def stored_services(settings: Iterable[Mapping[str, object]]) -> tuple[StoredService, ...]:
    """Every custom service among setting documents (`_id`, `value`), by key. Any setting makes a service be there."""
    found: dict[str, dict[str, SettingValue]] = {}
    for document in settings:
        match = _SETTING_ID.match(str(document.get("_id", "")))
        if match:
            found.setdefault(match[1], {})[match[2] or SWITCH] = value_from(document.get("value"))
    return tuple(_stored(key, values) for key, values in sorted(found.items()))


def stored_service(settings: Iterable[Mapping[str, object]], name: ServiceName) -> StoredService | None:
    """The service of that name among setting documents."""
    return next((service for service in stored_services(settings) if service.key == name.key), None)


def live_service(document: Mapping[str, object]) -> LiveService | None:
    """The live record from `settings.oauth`, `service.configurations` or the publication; None for a built-in service,
    whose records carry `custom: false` or no `serverURL`. A `secret` is never taken over, should one be there."""
    service = document.get("service")
    if not isinstance(service, str) or document.get("custom") is False or "serverURL" not in document:
        return None
    values = {suffix: value_from(document[name]) for name, suffix in LIVE_NAMES.items() if name in document}
    return LiveService(service=service.lower(), settings={**ABSENT_MEANS, **values})


def _stored(key: str, values: dict[str, SettingValue]) -> StoredService:
    return StoredService(
        key=key,
        enabled=values.get(SWITCH) is True,
        settings={**ABSENT_MEANS, **{k: v for k, v in values.items() if k not in (SWITCH, SECRET)}},
        secret=Secret(str(values.get(SECRET, ""))),
    )
