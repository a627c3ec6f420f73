"""Settings that the environment of Rocket.Chat's server forces (facts/rocketchat.md §8 no. 1). Pure.

A value written to such a setting lasts until the next start of the server.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bot.connection.marker import meaning
from bot.connection.state import Connection, ServiceName, SettingValue

SWITCH = ""
ONLY_REMOVING = "Only removing the variable and restarting Rocket.Chat fixes this permanently."


def variable(name: ServiceName, suffix: str) -> str:
    """`OVERWRITE_SETTING_Accounts_OAuth_Custom-Encvoyid-token_path`"""
    return f"OVERWRITE_SETTING_Accounts_OAuth_Custom-{name.key}{'-' if suffix else ''}{suffix}"


def against_us(desired: Connection, forced: Mapping[str, SettingValue]) -> tuple[str, ...]:
    """Suffixes that the environment forces to something else than is desired."""
    wanted: dict[str, SettingValue] = {**desired.settings, SWITCH: desired.enabled, "secret": desired.secret.reveal()}
    if desired.client_id is not None:
        wanted["id"] = desired.client_id
    return tuple(
        suffix
        for suffix, value in forced.items()
        if suffix in wanted and meaning(suffix, value) != meaning(suffix, wanted[suffix])
    )


def started_with(name: ServiceName, suffixes: Iterable[str]) -> str:
    """The names of the variables, as the beginning of a sentence; their values are not shown."""
    return f"Rocket.Chat's server is started with {', '.join(f'`{variable(name, suffix)}`' for suffix in suffixes)}"


def forced_by(name: ServiceName, suffixes: Iterable[str]) -> str:
    """The same, for those that contradict what is desired."""
    return f"{started_with(name, suffixes)}, which resets it at each start."
