"""Which user names Rocket.Chat's own setting allows (facts/rocketchat.md §6). Pure.

The setting is a regular expression of an administrator. One that repeats within a repetition could take for ever, so
only the simple form is tried, one set of characters, which the default has, too.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable

from bot.connection.unknown import Unknown

SETTING = "UTF8_User_Names_Validation"
USUAL = "[0-9a-zA-Z-_.]+"
"""The default, which Rocket.Chat also uses where the setting is empty."""
_ONE_SET = re.compile(r"\[(?:[^\[\]\\]|\\[wdsWDS.\-_/@+ ])+\](?:[+*]|\{\d{1,3},?\d{0,3}\})")
_LONGEST = 300
"""Characters of a setting that is read."""

Allows = Callable[[str], bool]
"""Whether a user name is allowed."""


def rule(setting: str | None) -> Allows | Unknown:
    """What the setting allows; None: Rocket.Chat does not show it."""
    if setting is None:
        return Unknown(f"Rocket.Chat does not show me its setting {SETTING}.")
    pattern = setting or USUAL
    if len(pattern) > _LONGEST or not _ONE_SET.fullmatch(pattern):
        return Unknown(f"I do not evaluate Rocket.Chat's setting {SETTING}: it is more than one set of characters.")
    try:
        with warnings.catch_warnings(action="ignore"):  # of signs that another version of Python may read otherwise
            compiled = re.compile(pattern, re.ASCII)
    except re.error:
        return Unknown(f"Rocket.Chat's setting {SETTING} is not valid.")
    return lambda username: compiled.fullmatch(username) is not None
