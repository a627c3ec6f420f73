"""A connection as somebody makes it by hand, with the guide, in the two admin panels."""

from __future__ import annotations

from typing import Any

from sandbox.encvoy.people import Role
from sandbox.rocketchat.oauth_settings import add_service
from tests.support.world import World

CLAIMS = {"username_field": "login", "name_field": "nickname"}
"""What the guide leaves out, and without which nobody gets a user name."""


def made_by_hand(world: World, key: str = "Login", *, owner: str = "manager", **settings: Any) -> str:
    """The application's id. `owner`: who created it at Encvoy ID; the bot's user is the manager. `settings`: by suffix,
    where they are not as the guide says."""
    chat, encvoy = world.rocketchat, world.encvoy
    columns = {
        "name": "Our chat",
        "description": "Made by hand",
        "domain": chat.url,
        "redirect_uris": [f"{chat.url}/_oauth/{key.lower()}"],
        "token_endpoint_auth_method": "client_secret_post",
    }
    row: dict[str, Any] = encvoy.clients.create(encvoy.state.iso(), columns)
    encvoy.people.roles[row["client_id"], encvoy.person(owner).id] = Role.OWNER
    add_service(chat.settings, key, gated=False)
    values = {
        "url": encvoy.url,
        "token_path": "/oidc/token",
        "identity_path": "/oidc/me",
        "authorize_path": "/oidc/auth",
        "scope": "profile openid",
        "id": row["client_id"],
        "secret": row["client_secret"],
        "button_label_text": "Our login",
        **settings,
    }
    for suffix, value in values.items():
        chat.settings.write(f"Accounts_OAuth_Custom-{key}-{suffix}", value)
    chat.settings.write(f"Accounts_OAuth_Custom-{key}", True)
    chat.login_services.rewrite()
    return str(row["client_id"])
