"""Custom OAuth services as settings: the name, and the ids with their defaults (facts/rocketchat.md §2.1, §2.2)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from sandbox.rocketchat.settings import Setting, Settings

PREFIX = "Accounts_OAuth_Custom-"
MODULE = "oauth-enterprise"
_SAMPLE_MAP = '{\n\t"rocket-admin": "admin",\n\t"tech-support": "support"\n}'


@dataclass(frozen=True)
class Field:
    """One setting of a service: the end of its id, and what it becomes in the live record."""

    suffix: str
    live: str
    type: str
    default: Any
    options: tuple[str, ...] = ()
    code: str = ""
    premium: bool = False


FIELDS = (
    Field("url", "serverURL", "string", ""),
    Field("token_path", "tokenPath", "string", "/oauth/token"),
    Field("token_sent_via", "tokenSentVia", "select", "payload", ("header", "payload")),
    Field("identity_token_sent_via", "identityTokenSentVia", "select", "default", ("default", "header", "payload")),
    Field("identity_path", "identityPath", "string", "/me"),
    Field("authorize_path", "authorizePath", "string", "/oauth/authorize"),
    Field("scope", "scope", "string", "openid"),
    Field("access_token_param", "accessTokenParam", "string", "access_token"),
    Field("id", "clientId", "string", ""),
    Field("secret", "secret", "string", ""),
    Field("login_style", "loginStyle", "select", "popup", ("redirect", "popup", "")),
    Field("button_label_text", "buttonLabelText", "string", ""),
    Field("button_label_color", "buttonLabelColor", "string", "#FFFFFF"),
    Field("button_color", "buttonColor", "string", "#1d74f5"),
    Field("key_field", "keyField", "select", "username", ("username", "email")),
    Field("username_field", "usernameField", "string", ""),
    Field("email_field", "emailField", "string", ""),
    Field("name_field", "nameField", "string", ""),
    Field("avatar_field", "avatarField", "string", ""),
    Field("roles_claim", "rolesClaim", "string", "roles", premium=True),
    Field("groups_claim", "groupsClaim", "string", "groups", premium=True),
    Field("channels_admin", "channelsAdmin", "string", "rocket.cat"),
    Field("groups_channel_map", "channelsMap", "code", _SAMPLE_MAP, code="application/json"),
    Field("map_channels", "mapChannels", "boolean", False, premium=True),
    Field("merge_roles", "mergeRoles", "boolean", False, premium=True),
    Field("roles_to_sync", "rolesToSync", "string", "", premium=True),
    Field("merge_users", "mergeUsers", "boolean", False),
    Field("merge_users_distinct_services", "mergeUsersDistinctServices", "boolean", False),
    Field("show_button", "showButton", "boolean", True),
)


def normalised(name: str) -> str:
    """The name that a service gets: lower case, only `[a-z0-9_]`, capitalised. `Encvoy ID` -> `Encvoyid`."""
    return re.sub(r"[^a-z0-9_]", "", name.lower()).capitalize()


def key(name: str) -> str:
    """Id of the master switch of a normalised name; the others are this, a hyphen and a suffix."""
    return PREFIX + name


def service_settings(name: str, *, gated: bool, warned: bool = False) -> list[Setting]:
    """The settings of a service as they are made, the switch first (facts/rocketchat.md §2.2). `gated` from 9.0 on: the
    switch counts as off without the licence module. `warned` in 8.9: it only says so (§0.2)."""
    section = f"Custom OAuth: {name}"
    switch = Setting(key(name), "boolean", False, "OAuth", section)
    if gated:
        switch.modules, switch.invalid_value = (MODULE,), False
    if warned:
        switch.alert = "Premium_required_from_9_0_0_alert"
    return [switch] + [
        Setting(
            f"{key(name)}-{field.suffix}",
            field.type,
            field.default,
            "OAuth",
            section,
            options=field.options,
            code=field.code,
            modules=(MODULE,) if field.premium else (),
            invalid_value=field.default if field.premium else None,
        )
        for field in FIELDS
    ]


def setting_ids(name: str) -> list[str]:
    """Their ids: those of `X` alone, not of `X2`."""
    return [key(name), *(f"{key(name)}-{field.suffix}" for field in FIELDS)]


def add_service(settings: Settings, name: str, *, gated: bool, warned: bool = False) -> None:
    """Makes them past the instances, those that are missing (facts/rocketchat.md §2.1)."""
    for setting in service_settings(name, gated=gated, warned=warned):
        settings.add(setting)


class InstanceSettings(Protocol):
    """Settings as one instance knows them."""

    def __iter__(self) -> Iterator[str]:
        """Ids, in the order in which they came."""
        ...

    def get(self, setting_id: str, default: Any = None) -> Any:
        """The value that counts."""
        ...


def live_fields(settings: InstanceSettings, name: str) -> dict[str, Any]:
    """The fields of the live record, the secret included, as the settings count now."""
    return {field.live: settings.get(f"{key(name)}-{field.suffix}") for field in FIELDS}
