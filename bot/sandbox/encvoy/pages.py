"""The pages of the login interaction: plain HTML that a browser, a screen reader and a test can use.

Directly after `<body>` stands the script element from which programs read what the page is about
(facts/encvoy-id.md §6).
"""

from __future__ import annotations

import html
import json
from dataclasses import dataclass, field
from typing import Any

TITLES = {
    "login": "Sign in",
    "error": "Sign in",
    "identifiers": "Confirm that it is you",
    "steps": "Complete your profile",
    "publicity": "Data visible to applications",
    "access": "Access to your data",
    "missing-identifiers": "Identifier needed",
    "recover-account": "Recover your account",
    "bind": "Link an account",
}
"""Every route that a page can have."""
LABELS = {"login": "Login", "email": "E-mail", "phone_number": "Phone number", "nickname": "Display name"}


@dataclass(frozen=True)
class Page:
    """One page of an interaction."""

    route: str
    uid: str
    client_name: str = ""
    message: str = ""
    detail: str = ""
    fields: tuple[str, ...] = ()
    """Profile fields that the page is about."""
    details: dict[str, Any] = field(default_factory=dict)

    def data(self) -> dict[str, Any]:
        """What is assigned to `window.__WIDGET_DATA__`."""
        variables = {"MESSAGE": self.message, "MESSAGE_DETAIL": self.detail}
        details = {"fields": list(self.fields), "client_name": self.client_name} | self.details
        return {"initialRoute": self.route, "interactionId": self.uid, "envVars": variables, "details": details}

    def html(self) -> str:
        """The whole document."""
        data = json.dumps(self.data()).replace("<", "\\u003c")
        title = html.escape(TITLES[self.route])
        note = f'<p role="alert">{html.escape(self.message)}</p>' if self.message else ""
        return (
            f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{title}: Encvoy ID</title>'
            '<meta name="viewport" content="width=device-width, initial-scale=1"></head><body>'
            f'<script id="__WIDGET_DATA__">window.__WIDGET_DATA__ = {data};</script>'
            f"<main><h1>{title}</h1>{note}{self._form()}</main></body></html>"
        )

    def _form(self) -> str:
        name = html.escape(self.client_name)
        match self.route:
            case "login" | "error" if self.uid:
                return _form(
                    self._action("auth?type=CREDENTIALS"),
                    '<input type="hidden" name="prompt" value="login">'
                    + _input("identifier", "Login, e-mail or phone", "text", "username")
                    + _input("password", "Password", "password", "current-password"),
                    "Sign in",
                )
            case "steps":
                inputs = "".join(_input(field, LABELS.get(field, field), "text", "on") for field in self.fields)
                return f"<p>{name} needs to know:</p>" + _form(self._action("steps"), inputs, "Save")
            case "publicity":
                items = "".join(f"<li>{html.escape(LABELS.get(field, field))}</li>" for field in self.fields)
                hidden = '<input type="hidden" name="public_profile_consent" value="true">'
                text = f"<p>{name} asks to see the following. Every application will be able to see it.</p>"
                return f"{text}<ul>{items}</ul>" + _form(self._action("steps"), hidden, "Allow")
            case "access":
                text = f"<p>{name} asks for access to your data.</p>"
                return text + _form(self._action("confirm"), "", "Allow")
        return ""

    def _action(self, tail: str) -> str:
        return f"/api/interaction/{self.uid}/{tail}"


def _input(name: str, label: str, kind: str, fill: str) -> str:
    escaped = html.escape(name)
    return (
        f'<p><label for="{escaped}">{html.escape(label)}</label> '
        f'<input id="{escaped}" name="{escaped}" type="{kind}" autocomplete="{fill}" required></p>'
    )


def _form(action: str, inputs: str, button: str) -> str:
    return f'<form method="post" action="{html.escape(action)}">{inputs}<button type="submit">{button}</button></form>'
