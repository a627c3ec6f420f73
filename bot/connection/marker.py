"""The settle marker shows which write of a secret is live, although the secret itself is never shown.

A visible setting is written in another spelling with the same meaning. Rocket.Chat rewrites the whole login service at
once: if a marker that was written after the secret is live, so is the secret (facts/rocketchat.md §2.4, §2.5).

Legacy engine: the letter case of the button's label colour or, if the colour has no letters, the order of the words in
the scope. Modern engine: a query parameter of the authorize path, which Encvoy ID ignores; only this one is visible in
the strategy's own answer (§3.1b).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import permutations, product

from bot.connection.profile import Engine
from bot.connection.state import LiveService, Marker, SettingValue, StoredService
from bot.errors import UserError

COLOUR = "button_label_color"
SCOPE = "scope"
PATH = "authorize_path"
PARAMETER = "settle"
"""In the authorize path: `/oidc/auth?settle=07`."""
NUMBERS = 100
"""How many values are used in turn, so that an outdated record is not mistaken for the new one."""

_PARAMETER = re.compile(rf"[?&]{PARAMETER}=(\d{{2}})(?=&|$)")


def spellings(setting: str, value: str) -> Iterator[str]:
    """Every spelling of a value with the same meaning; the first is its normal form."""
    if setting == COLOUR:
        letters = [(c.lower(), c.upper()) if c.isalpha() else (c,) for c in value]
        yield from ("".join(chosen) for chosen in product(*letters))
    elif setting == SCOPE:
        yield from (" ".join(words) for words in permutations(sorted(value.split())))
    elif setting == PATH:
        plain = _without_parameter(value)
        yield plain
        join = "&" if "?" in plain else "?"
        yield from (f"{plain}{join}{PARAMETER}={number:02}" for number in range(NUMBERS))
    else:
        yield value


def meaning(setting: str, value: SettingValue) -> SettingValue:
    """The normal form, in which values with the same meaning are equal. Drift compares only this form."""
    if isinstance(value, str) and setting == COLOUR:
        return value.lower()
    if isinstance(value, str) and setting == SCOPE:
        return " ".join(sorted(value.split()))
    if isinstance(value, str) and setting == PATH:
        return _without_parameter(value)
    return value


def next_marker(
    stored: StoredService, live: LiveService | None, last: Marker | None = None, engine: Engine = Engine.LEGACY
) -> Marker:
    """The next spelling after the last one that differs from the stored and the live one.

    UserError if the service has neither a colour with letters nor a scope of enough words.
    """
    shown = [stored.settings, live.settings if live else {}]
    for setting in (PATH,) if engine is Engine.MODERN else (COLOUR, SCOPE):
        value = stored.settings.get(setting)
        if not isinstance(value, str):
            continue
        every = list(spellings(setting, value))
        if setting == PATH:
            every = every[1:]  # a path without the parameter shows nothing
        taken = {settings.get(setting) for settings in shown}
        if last is not None and last.setting == setting:
            taken.add(last.spelling)
            if last.spelling in every:
                turn = every.index(last.spelling)
                every = every[turn:] + every[:turn]
        free = next((spelling for spelling in every if spelling not in taken), None)
        if free is not None:
            return Marker(setting, free)
    raise UserError(
        "The secret cannot be replaced without a gap.",
        why="The service has no visible setting that can be spelled differently.",
        fix=f"In Rocket.Chat, give the service a label colour with letters, such as #FFFFFF ({stored.key}).",
    )


def engine_of(marker: Marker) -> Engine:
    """The engine that this marker is for."""
    return Engine.MODERN if marker.setting == PATH else Engine.LEGACY


def parameter_of(address: str) -> str | None:
    """The parameter's value in an authorize path or in a whole address; None if it has none."""
    found = _PARAMETER.search(address)
    return found[1] if found else None


def respells(marker: Marker, settings: Mapping[str, SettingValue]) -> bool:
    """Whether writing the marker would change the spelling of these settings, but not their meaning."""
    there = settings.get(marker.setting)
    if there is None or there == marker.spelling:
        return False
    return meaning(marker.setting, there) == meaning(marker.setting, marker.spelling)


def shows(marker: Marker, settings: Mapping[str, SettingValue]) -> bool:
    """Whether these settings have exactly this spelling."""
    return settings.get(marker.setting) == marker.spelling


def _without_parameter(path: str) -> str:
    """The path without our parameter, which is always the last one. A parameter before it keeps its `?`."""
    return re.sub(rf"[?&]{PARAMETER}=\d{{2}}$", "", path)
