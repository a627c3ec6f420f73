"""What Rocket.Chat itself puts into a new service. Data only (facts/rocketchat.md §2.2).

None of this is desired of a connection. It is written if a setting exists without a value, as after a removal and a new
setup without a restart of the server (§2.6): a setting without a value is neither on nor off, and would differ forever
between stored and live.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from bot.connection.state import SettingValue

DEFAULTS: Mapping[str, SettingValue] = MappingProxyType(
    {
        "": False,
        "url": "",
        "token_path": "/oauth/token",
        "token_sent_via": "payload",
        "identity_token_sent_via": "default",
        "identity_path": "/me",
        "authorize_path": "/oauth/authorize",
        "scope": "openid",
        "access_token_param": "access_token",
        "id": "",
        "secret": "",
        "login_style": "popup",
        "button_label_text": "",
        "button_label_color": "#FFFFFF",
        "button_color": "#1d74f5",
        "key_field": "username",
        "username_field": "",
        "email_field": "",
        "name_field": "",
        "avatar_field": "",
        "roles_claim": "roles",
        "groups_claim": "groups",
        "channels_admin": "rocket.cat",
        "groups_channel_map": '{\n\t"rocket-admin": "admin",\n\t"tech-support": "support"\n}',
        "map_channels": False,
        "merge_roles": False,
        "roles_to_sync": "",
        "merge_users": False,
        "merge_users_distinct_services": False,
        "show_button": True,
    }
)
"""By suffix; `""` is the switch."""
