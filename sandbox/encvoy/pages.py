"""The pages of the login interaction: plain HTML that a browser, a screen reader and a test can use.

Directly after `<body>` stands the script element from which programs read what the page is about
(facts/encvoy-id.md §6).
"""

from __future__ import annotations

import html
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from sandbox import looks

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
    identifier: str = ""
    """What somebody typed who is asked again."""
    players: Mapping[str, str] = field(default_factory=dict)
    """People of the sandbox who may be played without a password: the name of each by role."""
    details: dict[str, Any] = field(default_factory=dict)

    def data(self) -> dict[str, Any]:
        """What is assigned to `window.__WIDGET_DATA__`."""
        variables = {"MESSAGE": self.message, "MESSAGE_DETAIL": self.detail}
        details = {"fields": list(self.fields), "client_name": self.client_name} | self.details
        return {"initialRoute": self.route, "interactionId": self.uid, "envVars": variables, "details": details}

    def response(self, status: int) -> web.Response:
        """The page as it is answered."""
        return looks.page(self.html(), status=status, script=self._script())

    def html(self) -> str:
        """The whole document."""
        title = html.escape(TITLES[self.route])
        note = f'<p id="problem" class="problem" role="alert">{html.escape(self.message)}</p>' if self.message else ""
        prefix = "Error: " if self.message else ""
        return (
            f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{prefix}{title}: Encvoy ID</title>'
            '<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">'
            f'<link rel="stylesheet" href="{looks.STYLESHEET}"></head><body>'
            f'<script id="__WIDGET_DATA__">{self._script()}</script>'
            f'<main class="card"><h1>{title}</h1><p class="whose">Encvoy ID, a stand-in to play with</p>{note}'
            f"{self._form()}</main></body></html>"
        )

    def _script(self) -> str:
        data = json.dumps(self.data()).replace("<", "\\u003c")
        return f"window.__WIDGET_DATA__ = {data};"

    def _form(self) -> str:
        name = html.escape(self.client_name)
        match self.route:
            case "login" | "error" if self.uid:
                return (
                    f"<section><p>To go on to {name}</p>"
                    + _form(
                        self._action("auth?type=CREDENTIALS"),
                        '<input type="hidden" name="prompt" value="login">'
                        + _input("identifier", "Login, e-mail or phone", fill="username", value=self.identifier)
                        + _input(
                            "password", "Password", kind="password", fill="current-password", wrong=bool(self.message)
                        ),
                        "Sign in",
                    )
                    + f"</section>{self._offer()}"
                )
            case "error":
                return "<p>Go back to where you came from and begin again.</p>"
            case "steps":
                inputs = "".join(_input(field, LABELS.get(field, field), fill="on") for field in self.fields)
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

    def _offer(self) -> str:
        """A form of its own, with a button for each."""
        buttons = "".join(
            f'<button name="role" value="{html.escape(role)}">Continue as {html.escape(name)}</button>'
            for role, name in self.players.items()
        )
        title = '<h2 id="players">In this sandbox, without a password</h2>'
        form = f'<form method="post" action="{html.escape(self._action("play"))}">{buttons}</form>'
        return f'<section aria-labelledby="players">{title}{form}</section>' if buttons else ""

    def _action(self, tail: str) -> str:
        return f"/api/interaction/{self.uid}/{tail}"


def _input(name: str, label: str, *, kind: str = "text", fill: str = "on", value: str = "", wrong: bool = False) -> str:
    """A labelled field. Whoever is asked again finds the cursor where the mistake was, and is told of it there."""
    escaped = html.escape(name)
    about = ' aria-invalid="true" aria-describedby="problem" autofocus' if wrong else ""
    plain = ' autocapitalize="none" spellcheck="false"' if kind == "text" else ""
    return (
        f'<label for="{escaped}">{html.escape(label)}</label>'
        f'<p><input id="{escaped}" name="{escaped}" type="{kind}" value="{html.escape(value)}" autocomplete="{fill}"'
        f"{plain}{about} required></p>"
    )


def _form(action: str, inputs: str, button: str) -> str:
    submit = f'<button type="submit" class="main">{button}</button>'
    return f'<form method="post" action="{html.escape(action)}">{inputs}{submit}</form>'
