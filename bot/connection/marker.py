"""The settle marker: how we see which write of a secret is live, though the secret itself is never shown.

A visible setting gets a spelling that means the same: other letter case in the colour of the button's label, or, where
a colour has no letters, another order of the words in the scope. Rocket.Chat rewrites the whole login service at once,
so a marker that was written after the secret and is live says that the secret is live (facts/rocketchat.md §2.5).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import permutations, product

from bot.connection.state import LiveService, Marker, SettingValue, StoredService
from bot.errors import UserError

COLOUR = "button_label_color"
SCOPE = "scope"


def spellings(setting: str, value: str) -> Iterator[str]:
    """Every spelling of a value that means the same; the first is the value itself in its plainest form."""
    if setting == COLOUR:
        letters = [(c.lower(), c.upper()) if c.isalpha() else (c,) for c in value]
        yield from ("".join(chosen) for chosen in product(*letters))
    elif setting == SCOPE:
        yield from (" ".join(words) for words in permutations(sorted(value.split())))
    else:
        yield value


def meaning(setting: str, value: SettingValue) -> SettingValue:
    """The plainest spelling: two values that mean the same have the same meaning. Drift ignores the spelling."""
    if isinstance(value, str) and setting == COLOUR:
        return value.lower()
    if isinstance(value, str) and setting == SCOPE:
        return " ".join(sorted(value.split()))
    return value


def next_marker(stored: StoredService, live: LiveService | None, last: Marker | None = None) -> Marker:
    """A spelling that differs from the stored, the live and the last one.

    UserError if the service has neither a colour with letters nor a scope of enough words.
    """
    shown = [stored.settings, live.settings if live else {}]
    for setting in (COLOUR, SCOPE):
        value = stored.settings.get(setting)
        if not isinstance(value, str):
            continue
        taken = {settings.get(setting) for settings in shown}
        if last is not None and last.setting == setting:
            taken.add(last.spelling)
        free = next((s for s in spellings(setting, value) if s not in taken), None)
        if free is not None:
            return Marker(setting, free)
    raise UserError(
        "The secret cannot be exchanged without a gap.",
        why="The service has no visible setting that could be spelled in another way.",
        mend=f"In Rocket.Chat, give the service a label colour with letters, such as #FFFFFF ({stored.key}).",
    )


def respells(marker: Marker, settings: Mapping[str, SettingValue]) -> bool:
    """Whether writing it would change these settings' spelling, and nothing that they mean."""
    there = settings.get(marker.setting)
    if there is None or there == marker.spelling:
        return False
    return meaning(marker.setting, there) == meaning(marker.setting, marker.spelling)


def shows(marker: Marker, settings: Mapping[str, SettingValue]) -> bool:
    """Whether these settings carry exactly this spelling."""
    return settings.get(marker.setting) == marker.spelling
