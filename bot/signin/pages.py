"""What Rocket.Chat's login engine sends and receives, as data. Pure (facts/rocketchat.md §3.1, §3.3)."""

from __future__ import annotations

import base64
import contextlib
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from html import unescape
from typing import Any
from urllib.parse import quote

from bot.bounds import Unreadable, read_json

_CONFIG = re.compile(r"""\sid=["']?config(?=["'>\s])""")
LONGEST_CONFIG = 64 * 1024
"""How much of a page is read as its configuration: a real one has about one kilobyte."""
TOKEN_BYTES = 32
"""43 characters of base64, as Meteor's `Random.secret` has."""


@dataclass(frozen=True)
class Button:
    """A custom OAuth service as the login page shows it."""

    service: str
    client_id: str
    server_url: str
    authorize_path: str
    scope: str
    login_style: str
    old_callback: bool = False
    """Without a login style Meteor keeps the callback of old clients, with `?close` (facts/rocketchat.md §3.2)."""

    @property
    def authorize_url(self) -> str:
        """The path may be absolute."""
        if self.authorize_path.startswith(("https://", "http://")):
            return self.authorize_path
        return self.server_url + self.authorize_path


@dataclass(frozen=True)
class CallbackOutcome:
    """The hidden configuration of the page that the callback answers with."""

    succeeded: bool
    """If false, the exchange or reading the identity failed; the reason is not in it (facts/rocketchat.md §3.1b)."""
    credential_token: str
    credential_secret: str | None


@dataclass(frozen=True)
class MethodError:
    """The error of a method call."""

    code: str
    reason: str
    """Text from outside, not yet made harmless."""

    @property
    def tells(self) -> bool:
        """Whether it tells the reason: a failed exchange has no text since 4.8, and since 7.0 every refusal while the
        user is resolved reads `User not found [401]` (facts/rocketchat.md §3.3)."""
        return bool(self.reason) and self.code != "401"


def read_button(document: Any, service: str) -> Button | None:
    """The service's entry in `settings.oauth`, None if there is no such button."""
    entries = document.get("services") if isinstance(document, Mapping) else None
    for entry in entries if isinstance(entries, list) else []:
        if isinstance(entry, Mapping) and entry.get("service") == service and entry.get("custom"):
            return Button(
                service=service,
                client_id=str(entry.get("clientId") or ""),
                server_url=str(entry.get("serverURL") or ""),
                authorize_path=str(entry.get("authorizePath") or ""),
                scope=str(entry.get("scope") or ""),
                login_style=str(entry.get("loginStyle") or "popup"),
                old_callback=not entry.get("loginStyle"),
            )
    return None


def read_settings(document: Any) -> dict[str, Any]:
    """`settings.public` as id to value."""
    rows = document.get("settings") if isinstance(document, Mapping) else None
    return {
        str(row["_id"]): row.get("value")
        for row in (rows if isinstance(rows, list) else [])
        if isinstance(row, Mapping) and "_id" in row
    }


def new_credential_token() -> str:
    """43 random characters that tie the callback to the browser."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def state_of(button: Button, credential_token: str, redirect_url: str) -> str:
    """The `state` parameter: base64 of JSON, as Meteor makes it. `redirect_url` is only there in redirect style."""
    state: dict[str, Any] = {
        "loginStyle": button.login_style,
        "credentialToken": credential_token,
        "isCordova": False,
    }
    if button.login_style == "redirect":
        state["redirectUrl"] = redirect_url
    return base64.b64encode(json.dumps(state, separators=(",", ":")).encode()).decode()


def authorize_url(button: Button, redirect_uri: str, state: str) -> str:
    """The address behind the button, its parameters in the web client's order."""
    parameters = {
        "client_id": button.client_id,
        "redirect_uri": redirect_uri,
        "response_type": "code",
        "state": state,
        "scope": button.scope,
    }
    query = "&".join(f"{name}={quote(value, safe='')}" for name, value in parameters.items())
    url = button.authorize_url
    return f"{url}{'&' if '?' in url else '?'}{query}"


def read_config(html: str) -> Mapping[str, Any] | None:
    """The JSON in the element with the id `config` of the page that ends a sign-in; None if the page has none.

    At success it holds the credential: it never goes into a log or an answer.
    """
    found = _CONFIG.search(html)
    if found is None:
        return None
    # Not with Python's HTML parser: a malicious page can make it take minutes, and it fails on others.
    begin = html.find(">", found.end()) + 1
    text, end, _ = html[begin : begin + LONGEST_CONFIG].partition("<")
    config = _read_escaped(text) if end else None
    return config if isinstance(config, Mapping) else None


def _read_escaped(text: str) -> Any:
    """Parses JSON as Rocket.Chat escapes it: each text by itself, an apostrophe as a quotation mark; unescaping the
    whole first would break the JSON. Otherwise as HTML is escaped: all of it at once. None if it is neither."""
    # `unescape` raises ValueError too, for a huge character number.
    with contextlib.suppress(ValueError):
        try:
            config = read_json(text)
        except Unreadable:
            return read_json(unescape(text))
        if isinstance(config, Mapping):
            return {name: unescape(value) if isinstance(value, str) else value for name, value in config.items()}
    return None


def read_outcome(html: str) -> CallbackOutcome | None:
    """The result of a sign-in in this page; None if the page has none."""
    config = read_config(html)
    if config is None:
        return None
    secret = config.get("credentialSecret")
    return CallbackOutcome(
        succeeded=config.get("setCredentialToken") is True and isinstance(secret, str) and bool(secret),
        credential_token=str(config.get("credentialToken") or ""),
        credential_secret=secret if isinstance(secret, str) else None,
    )


def method_call(method: str, parameter: Any) -> dict[str, str]:
    """The body of `method.callAnon/<method>` (facts/rocketchat.md §1.7)."""
    return {"message": json.dumps({"msg": "method", "id": "1", "method": method, "params": [parameter]})}


def read_method_answer(document: Any) -> Mapping[str, Any] | MethodError | None:
    """The result or the error inside; None if it is not the answer of a method call."""
    try:
        inner = read_json(str(document["message"]))
    except (Unreadable, TypeError, KeyError):
        return None
    if not isinstance(inner, Mapping):
        return None
    error, result = inner.get("error"), inner.get("result")
    if isinstance(error, Mapping):
        return MethodError(str(error.get("error", "")), str(error.get("reason") or error.get("message") or ""))
    return result if isinstance(result, Mapping) else None
