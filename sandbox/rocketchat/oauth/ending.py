"""What the page after the callback says (facts/rocketchat.md §3.1b, §3.3): Meteor's end of a login, with the mobile
app's return that Rocket.Chat added to it. Pure."""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from sandbox.rocketchat.documents import Document

STORAGE_PREFIX = "Meteor.oauth.credentialSecret-"
APP = "rocketchat://auth"
"""Where the mobile app comes back. A request that names it gets the reason of a failure."""
UNSAFE = "invalid_credential_token_or_secret"
_SAFE = re.compile(r"[A-Za-z0-9_-]+")
_KEPT = "!'()*-._~"
"""What `encodeURIComponent` leaves as it is."""


@dataclass(frozen=True)
class OAuthState:
    """What the browser put into `state`: base64 of JSON. A text that is no such thing is an old client's credential
    token, in popup style."""

    login_style: Any = "popup"
    credential_token: Any = None
    redirect_url: Any = None
    """None if it is missing."""
    cordova: bool = False

    @classmethod
    def of(cls, given: str) -> OAuthState:
        """Reads it as leniently as Node does."""
        try:
            letters = re.sub(r"[^A-Za-z0-9+/]", "", given.replace("-", "+").replace("_", "/"))
            state = json.loads(base64.b64decode(letters + "=" * (-len(letters) % 4)))
        except (ValueError, binascii.Error):
            return cls(credential_token=given)
        if not isinstance(state, dict):
            return cls()
        return cls(
            state.get("loginStyle"),
            state.get("credentialToken"),
            state.get("redirectUrl"),
            bool(state.get("isCordova")),
        )


@dataclass(frozen=True)
class Credential:
    """What a finished exchange is fetched with."""

    token: str
    secret: str


@dataclass(frozen=True)
class EndOfLogin:
    """What the page is made of. `login_style` is `popup` or `redirect`."""

    login_style: str
    config: Document


def safe(token: Any) -> bool:
    """Whether a credential token may be written into the page."""
    return isinstance(token, str) and bool(_SAFE.fullmatch(token))


def end(
    state: OAuthState, site: str, credential: Credential | None, error: str, *, tells: bool = True
) -> EndOfLogin | None:
    """The page after an exchange that gave `credential`, or failed with `error` (as JavaScript's `toString` writes it).
    None: the server fails over it and never ends its answer, because the style is unknown or a redirect style comes
    without an address. `tells` is whether the mobile app hears of errors."""
    config: Document = {"storagePrefix": STORAGE_PREFIX, "isCordova": state.cordova}
    if state.login_style == "redirect":
        if not isinstance(state.redirect_url, str):
            return None
        home = f"{site}/"
        if state.redirect_url.startswith(APP):
            config["redirectUrl"] = _back_to_app(home, credential, error if tells else "")
        elif state.redirect_url.startswith((home, home.replace("//localhost", "//127.0.0.1", 1))):
            config["redirectUrl"] = state.redirect_url
        else:
            config["redirectUrl"], error = home, "not on the same host"
    elif state.login_style != "popup":
        return None
    if error or credential is None:
        return EndOfLogin(state.login_style, {"setCredentialToken": False, **config})
    handed = {"credentialToken": credential.token, "credentialSecret": credential.secret}
    return EndOfLogin(state.login_style, {"setCredentialToken": True, **handed, **config})


def _back_to_app(home: str, credential: Credential | None, error: str) -> str:
    url = f"{APP}?host={home}&type=oauth"
    if error:
        url += f"&error={quote(error, safe=_KEPT)}"
    if credential is not None:
        url += f"&credentialToken={credential.token}&credentialSecret={credential.secret}"
    return url


def embedded(config: Document) -> str:
    """JSON for the page's hidden element as Rocket.Chat writes it: each text escaped by itself and the JSON around them
    not. An apostrophe becomes a quotation mark, so that the JSON is broken if the escapes are undone first."""
    return json.dumps(
        {name: _escaped(value) if isinstance(value, str) else value for name, value in config.items()},
        separators=(",", ":"),
        ensure_ascii=False,
    )


def _escaped(value: str) -> str:
    for character, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("'", "&quot;"), ("/", "&#x2F;")):
        value = value.replace(character, entity)
    return value
