"""The two login engines (facts/rocketchat.md §0.3), for the rules in which they differ."""

from __future__ import annotations

import enum


class Engine(enum.Enum):
    """Who signs people in."""

    LEGACY = "legacy"
    """Meteor's OAuth: only engine up to 8.6, the default in 8.7–8.9."""
    MODERN = "modern"
    """Passport: by setting in 8.7–8.9, the only one from 9.0 on."""
