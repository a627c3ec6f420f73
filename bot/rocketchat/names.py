"""The name of a service: as typed, and as Rocket.Chat makes it (facts/rocketchat.md §2.1). Pure.

Rocket.Chat lower-cases a name, drops every character that is not a Latin letter, a digit or `_`, and capitalises the
rest, without saying so. Spaces, dots and dashes may be lost. A letter may not: the callback and people's identities
would have a name that nobody typed.
"""

from __future__ import annotations

import re

from bot.connection.state import ServiceName
from bot.errors import UserError

LONGEST = 40
"""Characters of a key; the name is in an address and in every one of 30 setting ids."""
_DROPPED = re.compile(r"[^a-z0-9_]")
_TAKEN = frozenset(
    {
        "apple",
        "cas",
        "dolphin",
        "drupal",
        "email",
        "email2fa",
        "facebook",
        "github",
        "google",
        "gitlab",
        "iframe",
        "ldap",
    }
    | {
        "linkedin",
        "meteor",
        "nextcloud",
        "oauth",
        "passkeys",
        "password",
        "resume",
        "saml",
        "totp",
        "twitter",
        "wordpress",
    }
)
"""`services.<name>` of a person's record already means something else under these."""
_OTHER = 'Use another one, for example `/sso setup --name "Encvoy ID"`.'
_MEND = 'Use Latin letters and digits, for example `/sso setup --name "Encvoy ID"`.'


def service_name(typed: str) -> ServiceName:
    """`Encvoy ID` becomes `Encvoyid`. UserError for a name that Rocket.Chat would empty, change, cut or confuse."""
    typed = " ".join(typed.split())
    key = normalised(typed)
    if len(typed) > 2 * LONGEST or len(key) > LONGEST:
        raise UserError("This name is too long.", why=f"The service may have {LONGEST} letters.", fix=_OTHER)
    lost = "".join(c for c in typed if c.isalnum() and not c.isascii())
    if lost:
        why = f"Rocket.Chat drops {_quoted(lost)} and would {f'call it `{key}`' if key else 'be left with nothing'}."
        raise UserError("Rocket.Chat would change this name.", why=why, fix=_MEND)
    if not key:
        raise UserError("This name is empty.", why="It has no letter and no digit.", fix=_MEND)
    if "_" in key:
        why = "Rocket.Chat cuts such a name off at the `_` where a service is configured by environment variables."
        without = key.replace("_", "")
        raise UserError(
            "A name with `_` will cause problems.", why=why, fix=f"Leave it out: `{without}`." if without else _MEND
        )
    if key.lower() in _TAKEN:
        why = f"Rocket.Chat uses `{key.lower()}` for one of its own logins."
        raise UserError("This name is taken.", why=why, fix=_OTHER)
    return ServiceName(typed, key)


def normalised(typed: str) -> str:
    """What Rocket.Chat turns any name into."""
    key = _DROPPED.sub("", typed.lower())
    return key[:1].upper() + key[1:]


def _quoted(letters: str) -> str:
    shown = letters[:8]
    return f"`{shown}{'…' if len(letters) > len(shown) else ''}`"
