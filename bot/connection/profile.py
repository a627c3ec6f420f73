"""What depends on Rocket.Chat's version, login engine and licence, as one frozen value. Pure; nothing else in this
program compares a version.

Routes that only some versions have are not part of it: they are tried, and a 404 says that they are missing
(facts/rocketchat.md §1.5).

Marked (pre-release): taken from the source before that release, and never seen on a released server.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from bot.connection.unknown import Unknown

Version = tuple[int, int]
"""(8, 8): anonymous callers see major and minor only (facts/rocketchat.md §3.1)."""

LICENCE_MODULE = "oauth-enterprise"
_CHOICE_FROM: Version = (8, 7)
"""From this version on, a setting chooses the engine (facts/rocketchat.md §0.3, release notes of 8.7)."""
_MODERN_ONLY_FROM: Version = (9, 0)
"""From this version on, there is only one engine, and Custom OAuth needs a licence (facts/rocketchat.md §0.2, release
notes of 9.0). The details of the modern engine come from the source (pre-release)."""

MODERN_FLOW = "Accounts_OAuth_Use_Modern_Flow"
"""The public setting that chooses the engine, in versions that have both."""


class Engine(enum.Enum):
    """How people are signed in (facts/rocketchat.md §0.3)."""

    LEGACY = "legacy"
    MODERN = "modern"
    """Passport: PKCE, and a session that needs https (pre-release)."""


class Licence(enum.Enum):
    """Whether Custom OAuth may be used (facts/rocketchat.md §0.2)."""

    NOT_NEEDED = "not needed"
    ACTIVE = "active"
    MISSING = "missing"


@dataclass(frozen=True)
class Edition:
    """Version and licence of a Rocket.Chat, which do not depend on its settings."""

    version: Version
    modules: frozenset[str] | Unknown
    """The active modules of its licence."""


@dataclass(frozen=True)
class Profile:
    """One Rocket.Chat at this moment. An upgrade or a setting may change it."""

    version: Version
    engine: Engine
    licence: Licence | Unknown

    @property
    def links_by_email(self) -> bool:
        """Whether an `email` claim alone lets somebody into the account with that address, whatever the service's
        settings say; on the modern engine (pre-release) the same person is refused (facts/rocketchat.md §3.6)."""
        return self.engine is Engine.LEGACY

    @property
    def needs_https(self) -> bool:
        """Whether nobody can sign in over plain http (facts/rocketchat.md §3.4; pre-release)."""
        return self.engine is Engine.MODERN

    @property
    def text(self) -> str:
        """`8.8`"""
        return version_text(self.version)


def alike(one: Version, other: Version) -> bool:
    """Whether two answers may come from the same workspace, judged by their versions. Wrong during an upgrade."""
    return one == other


def has_choice(version: Version) -> bool:
    """Whether `MODERN_FLOW` chooses the engine of that version."""
    return _CHOICE_FROM <= version < _MODERN_ONLY_FROM


def profile(version: Version, modules: frozenset[str] | Unknown, *, modern_flow: bool = False) -> Profile:
    """`modules`: the active modules of the licence. `modern_flow`: the setting, in versions that have both engines."""
    modern = version >= _MODERN_ONLY_FROM or (has_choice(version) and modern_flow)
    return Profile(version, Engine.MODERN if modern else Engine.LEGACY, _licence(version, modules))


def _licence(version: Version, modules: frozenset[str] | Unknown) -> Licence | Unknown:
    if version < _MODERN_ONLY_FROM:
        return Licence.NOT_NEEDED
    if isinstance(modules, Unknown):
        return modules
    return Licence.ACTIVE if LICENCE_MODULE in modules else Licence.MISSING


def version_text(version: Version) -> str:
    """`8.8`"""
    return ".".join(map(str, version))
