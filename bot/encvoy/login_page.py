"""What Encvoy ID's login page says. Pure.

Its pages carry their state as JSON assigned to `window.__WIDGET_DATA__` (facts/encvoy-id.md §6). A wrong password is
answered with such a page and status 201.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

_ASSIGNMENT = re.compile(r"""window(?:\.__WIDGET_DATA__|\[["']__WIDGET_DATA__["']\])\s*=\s*""")
_HTML_ERROR = re.compile(r"<strong>error</strong>:\s*([a-z_]{1,40})\b")
_WORD = re.compile(r"[A-Za-z0-9_-]{1,40}")
LONGEST_STATE = 256 * 1024
"""How many characters of a page are searched for the end of its state."""
LONGEST = 80
"""How many characters of a text from outside may reach a person."""


@dataclass(frozen=True)
class Page:
    """One page of the login: `route` is which one, `message` its words, defused, in the language of the system."""

    route: str
    message: str = ""


WRONG_CREDENTIALS = "Check SSOBOT_ENCVOY_LOGIN and SSOBOT_ENCVOY_PASSWORD, and that the user is not blocked."

MENDS: Mapping[str, str] = MappingProxyType(
    {
        "error": WRONG_CREDENTIALS,
        "login": "Password login seems to be switched off, or the cookies were lost on the way: "
        "check the provider Login/Password, and that SSOBOT_ENCVOY_URL is the address in Encvoy ID's DOMAIN.",
        "identifiers": "Encvoy ID enforces a second factor at login: take `login` out of the methods that its setting "
        "two_factor_authentication controls, or have the bot's user exempted.",
        "steps": "Encvoy ID requires a profile field that the bot's user has left empty: "
        "sign in as that user once and fill it in.",
        "publicity": "Encvoy ID asks the bot's user to make profile fields visible: "
        "sign in as that user once and confirm.",
        "access": "Encvoy ID asks the bot's user for consent: check that SSOBOT_ENCVOY_CLIENT_ID is the id of its "
        "main client.",
        "missing-identifiers": "The bot's user lacks a sign-in method that Encvoy ID requires: "
        "sign in as that user once and add it.",
        "recover-account": "The bot's user is marked as deleted in Encvoy ID: restore it, or use another one.",
        "bind": "Encvoy ID requires the bot's user to be linked to an external account: sign in as that user once.",
    }
)
"""Route of the login page to the fix (facts/encvoy-id.md §6)."""

UNKNOWN_ROUTE = "Sign in to Encvoy ID as the bot's user in a browser once, and see what it asks for."


def read_page(html: str) -> Page:
    """The page's route and message. `Page("unknown")` if it is no page of the login."""
    found = _ASSIGNMENT.search(html)
    if found is None:
        return Page("unknown")
    try:
        data, _ = json.JSONDecoder().raw_decode(html[found.end() : found.end() + LONGEST_STATE])
    except (ValueError, RecursionError):
        return Page("unknown")
    if not isinstance(data, dict):
        return Page("unknown")
    route = data.get("initialRoute")
    env = data.get("envVars")
    message = env.get("MESSAGE") if isinstance(env, dict) else None
    return Page(safe_word(route) or "unknown", defused(message) if isinstance(message, str) else "")


def error_on_page(html: str) -> str | None:
    """The code on the page by which the authorization endpoint refuses a client (facts/encvoy-id.md §9)."""
    found = _HTML_ERROR.search(html)
    return found.group(1) if found else None


def fix_for(route: str) -> str:
    """The fix if the login ended on this page."""
    return MENDS.get(route, UNKNOWN_ROUTE)


def safe_word(text: object) -> str | None:
    """The text if it is a short word of letters, digits, dashes and underscores, else None."""
    return text if isinstance(text, str) and _WORD.fullmatch(text) else None


def defused(text: str, longest: int = LONGEST) -> str:
    """Letters, digits and harmless punctuation of a text from outside: no mention, link, markup or code fence is
    left."""
    kept = "".join(
        char if unicodedata.category(char)[0] in "LMN" or char in " ,'’-" else " " for char in text[: 20 * longest]
    )
    words = " ".join(kept.split())
    return words if len(words) <= longest else words[: longest - 1].rstrip() + "…"
