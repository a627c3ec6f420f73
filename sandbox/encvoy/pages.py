"""The HTML pages of the provider; those of the login interaction work in browsers, screen readers and tests.

Directly after `<body>` of an interaction's page is the script element from which programs read what the page is about
(facts/encvoy-id.md §6).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from jinja2 import Environment, PackageLoader

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
_templates = Environment(loader=PackageLoader("sandbox.encvoy"), autoescape=True, trim_blocks=True)


def render(template: str, **shown: Any) -> str:
    """A page of the folder `templates`; every value is escaped."""
    return _templates.get_template(template).render(shown)


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
    """What the person typed before a mistake."""
    players: Mapping[str, str] = field(default_factory=dict)
    """The people who may log in without a password: role to name."""

    def data(self) -> dict[str, Any]:
        """What is assigned to `window.__WIDGET_DATA__`."""
        variables = {"MESSAGE": self.message, "MESSAGE_DETAIL": self.detail}
        details = {"fields": list(self.fields), "client_name": self.client_name}
        return {"initialRoute": self.route, "interactionId": self.uid, "envVars": variables, "details": details}

    def response(self, status: int) -> web.Response:
        """The page as it is answered."""
        data = json.dumps(self.data()).replace("<", "\\u003c")
        script = f"window.__WIDGET_DATA__ = {data};"
        shown = {"title": TITLES[self.route], "labels": LABELS, "stylesheet": looks.STYLESHEET, "script": script}
        return looks.page(render("interaction.html", page=self, **shown), status=status, script=script)
