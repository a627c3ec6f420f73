"""Both stand-ins connected without a bot, and the bot's two clients for them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bot.connection.state import Connection, ServiceName
from bot.encvoy.client import EncvoyIdClient
from bot.rocketchat.client import RocketChatClient
from bot.rocketchat.rest import Rest
from bot.secret import Secret
from sandbox.encvoy.standin import EncvoyStandIn
from sandbox.rocketchat.standin import Switches
from tests.support.client import rocketchat_client
from tests.support.rocket import Rocket, running

NAME = ServiceName("Encvoy ID", "Encvoyid")
SCOPE = "openid profile email"


@dataclass
class Joined:
    """A service that is on, and its application."""

    rocket: Rocket
    encvoy: EncvoyStandIn
    rocketchat: RocketChatClient
    identity: EncvoyIdClient
    client_id: str
    secret: Secret
    """The secret that both hold at first."""

    @property
    def connection(self) -> Connection:
        """As the bot would know it."""
        return Connection(
            id="7f3c0a1b",
            name=NAME,
            site_url=self.rocket.standin.url,
            application_name="Rocket.Chat",
            settings={"url": self.encvoy.url, "token_path": "/oidc/token", "scope": SCOPE},
            client_id=self.client_id,
            current=self.secret,
        )

    async def code(self) -> Secret:
        """An authorization code of the bot's own user."""
        return await self.identity.code(self.client_id, self.connection.redirect_uri, SCOPE)

    async def serve(self, **values: str) -> None:
        """Changes settings of the service; they are live at once."""
        await self.rocket.service("Encvoyid", **values)

    def accept_another_secret(self) -> None:
        """Changes the secret at Encvoy ID only."""
        self.encvoy.clients.by_id[self.client_id]["client_secret"] = "generated-elsewhere"


@asynccontextmanager
async def joined(*, path: str = "", switches: Switches | None = None) -> AsyncIterator[Joined]:
    """`path` is the path of Rocket.Chat; the clients use its clock."""
    encvoy = EncvoyStandIn()
    await encvoy.start()
    try:
        async with running(path=path, switches=switches) as rocket:
            url, bot, manager = rocket.standin.url, rocket.standin.introduction.account("bot"), encvoy.person("manager")
            row = encvoy.clients.create(
                encvoy.state.iso(),
                {"name": "Rocket.Chat", "domain": url, "redirect_uris": [f"{url}/_oauth/encvoyid"]},
            )
            await rocket.service(
                url=encvoy.url,
                token_path="/oidc/token",
                identity_path="/oidc/me",
                authorize_path="/oidc/auth",
                identity_token_sent_via="header",
                id=row["client_id"],
                secret=row["client_secret"],
            )
            rest = Rest(url, bot.user_id, Secret(bot.token), clock=rocket.clock)
            identity = EncvoyIdClient(
                encvoy.url,
                client_id=encvoy.state.main_id,
                login=manager.login,
                password=Secret(manager.password),
                clock=rocket.clock,
            )
            async with identity, rocketchat_client(rest, clock=rocket.clock) as client:
                yield Joined(rocket, encvoy, client, identity, row["client_id"], Secret(row["client_secret"]))
            rest.close()
    finally:
        await encvoy.stop()
