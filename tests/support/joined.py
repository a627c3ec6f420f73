"""Both stand-ins, connected as setup connects them, and a person who signs in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bot.secret import Secret
from bot.signin.walk import SignedIn, sign_in
from sandbox.encvoy.standin import EncvoyStandIn
from sandbox.rocketchat.oauth_settings import add_service
from sandbox.rocketchat.standin import RocketChatStandIn

KEY = "Accounts_OAuth_Custom-Encvoyid"


@dataclass
class Joined:
    """Both sides, and a person who signs in."""

    rocketchat: RocketChatStandIn
    encvoy: EncvoyStandIn
    client_id: str

    @property
    def problem(self) -> str:
        """Why Rocket.Chat last refused a sign-in; no client is told."""
        noted: str = self.rocketchat.ledger.of("sign-in")[-1].body["problem"]
        return noted

    async def walk(self, role: str = "person", **more: Any) -> SignedIn:
        person = self.encvoy.person(role)
        return await sign_in(self.rocketchat.url, "encvoyid", person.login, Secret(person.password), **more)

    async def set(self, **settings: Any) -> None:
        """Writes settings of the service by suffix (`on` is the switch), and waits until they are live."""
        for suffix, value in settings.items():
            self.rocketchat.settings.write(KEY if suffix == "on" else f"{KEY}-{suffix}", value)
        await self.rocketchat.ledger.wait_for(lambda _: self._settled(settings), timeout=5)

    def _settled(self, settings: dict[str, Any]) -> bool:
        record = self.rocketchat.login_services.get("encvoyid")
        if settings.get("on") is False:
            return record is None
        names = {"secret": "secret", "login_style": "loginStyle", "merge_users": "mergeUsers", "id": "clientId"}
        return record is not None and all(
            record.fields[field] == settings[suffix] for suffix, field in names.items() if suffix in settings
        )


async def join(rocketchat: RocketChatStandIn, encvoy: EncvoyStandIn) -> Joined:
    """An application and a service that name each other."""
    callback = f"{rocketchat.url}/_oauth/encvoyid"
    columns = {"name": "Rocket.Chat", "domain": rocketchat.url, "redirect_uris": [callback]}
    row = encvoy.clients.create(encvoy.state.iso(), columns | {"parent_id": encvoy.state.main_id})
    encvoy.clients.rules[row["client_id"]] = [encvoy.state.rule(name).id for name in ("login", "email")]
    add_service(rocketchat.settings, "Encvoyid", gated=rocketchat.version.major >= 9)
    joined = Joined(rocketchat, encvoy, row["client_id"])
    await joined.set(
        url=encvoy.url,
        token_path="/oidc/token",
        identity_path="/oidc/me",
        authorize_path="/oidc/auth",
        scope="openid profile email",
        id=row["client_id"],
        secret=row["client_secret"],
        token_sent_via="payload",
        identity_token_sent_via="header",
        login_style="redirect",
        key_field="username",
        username_field="login",
        name_field="nickname",
        merge_users=True,
        on=True,
    )
    return joined
