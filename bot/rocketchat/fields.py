"""How one property of a Custom OAuth service is spelled as a setting and as a field of the live record.

For everybody who reads live records, pushed or polled: `live_service(document)` is the one translation.

    stored  `Accounts_OAuth_Custom-Encvoyid-button_label_color`   suffix `button_label_color`   facts/rocketchat.md §2.2
    live    `buttonLabelColor` of the record                                                    facts/rocketchat.md §3.1
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from bot.connection.defaults import DEFAULTS
from bot.connection.state import LiveService, SettingValue

_IRREGULAR = {"url": "serverURL", "id": "clientId", "groups_channel_map": "channelsMap"}


def _camel_case(suffix: str) -> str:
    first, *others = suffix.split("_")
    return first + "".join(map(str.capitalize, others))


FIELD_OF: Mapping[str, str] = MappingProxyType(
    {suffix: _IRREGULAR.get(suffix, _camel_case(suffix)) for suffix in DEFAULTS if suffix not in ("", "secret")}
)
"""Suffix of the setting -> field of the live record. `secret` is in neither: no record shows it."""

SERVICE = "service"
"""The field that says whose record it is: `encvoyid`."""
SUFFIX_OF: Mapping[str, str] = MappingProxyType({field: suffix for suffix, field in FIELD_OF.items()})
"""The other way round."""


def live_fields(document: Mapping[str, object]) -> dict[str, SettingValue | None]:
    """Of the fields of a record those that anybody here reads; None for one that holds what cannot be read."""
    known = {name: value for name, value in document.items() if name == SERVICE or name in SUFFIX_OF}
    return {name: value if isinstance(value, (str, bool)) else None for name, value in known.items()}


def live_service(document: Mapping[str, object]) -> LiveService | None:
    """A record of `settings.oauth` or of the publication as a `LiveService`; None if it does not say whose it is.

    Fields that are no setting, or hold something other than text or a boolean, are left out.
    """
    service = document.get(SERVICE)
    if not isinstance(service, str) or not service:
        return None
    settings: dict[str, SettingValue] = {}
    for field, value in live_fields(document).items():
        if field != SERVICE and value is not None:
            settings[SUFFIX_OF[field]] = value
    return LiveService(service, settings)
