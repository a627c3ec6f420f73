"""Gathers the evidence: everything at the same time, each piece by itself. What fails is `Unknown`, with the reason."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeVar

from bot.chatops.ports import Chat
from bot.connection.ports import EncvoyId, Probe, RocketChat
from bot.connection.state import Connection, Unknown
from bot.doctor.evidence import CallbackAnswer, Evidence, KeySet
from bot.errors import UserError
from bot.secret import Secret, new_secret

T = TypeVar("T")


class Looks(Protocol):
    """What only the doctor asks."""

    async def permissions(self) -> frozenset[str]:
        """What the bot's account may do in Rocket.Chat."""
        ...

    async def keys(self) -> KeySet:
        """The key set that Encvoy ID publishes."""
        ...

    async def login(self) -> bool:
        """True if the bot's user can log in at Encvoy ID, and is let in there; else an error that says why not."""
        ...

    async def callback(self, redirect_uri: str) -> CallbackAnswer:
        """Asks the callback address as a browser whose sign-in was refused would."""
        ...


@dataclass(frozen=True)
class Gatherer:
    """The ports, and what the configuration says of the bot itself."""

    rocketchat: RocketChat
    encvoy: EncvoyId
    chat: Chat
    looks: Looks
    address: str
    user_id: str
    admin_room: str

    async def gather(self, connection: Connection | None) -> Evidence:
        """One look at both systems; never fails."""
        evidence = await self._systems()
        return evidence if connection is None else await self._joint(evidence, connection)

    async def _systems(self) -> Evidence:
        (server, account, permissions, room), (provider, keys, login) = await asyncio.gather(
            asyncio.gather(
                _or_unknown(self.rocketchat.server()),
                _or_unknown(self.chat.person(self.user_id)),
                _or_unknown(self.looks.permissions()),
                _or_unknown(self.chat.room(self.admin_room)),
            ),
            asyncio.gather(
                _or_unknown(self.encvoy.provider()),
                _or_unknown(self.looks.keys()),
                _or_unknown(self.looks.login()),
            ),
        )
        refused = server if isinstance(server, Unknown) else self.encvoy.why_refused(server.site_url)
        return Evidence(
            address=self.address,
            server=server,
            account=account,
            permissions=permissions,
            room=room,
            provider=provider,
            keys=keys,
            login=login,
            site_url_refused=refused,
            site=None if isinstance(server, Unknown) else await _or_unknown(self.rocketchat.site(server.site_url)),
        )

    async def _joint(self, evidence: Evidence, connection: Connection) -> Evidence:
        (stored, live, forced, only), asked = await asyncio.gather(
            asyncio.gather(
                _or_unknown(self.rocketchat.stored(connection.name)),
                _or_unknown(self.rocketchat.live(connection.name)),
                _or_unknown(self.rocketchat.forced(connection.name)),
                _or_unknown(self.encvoy.only_administrators()),
            ),
            self._about_the_application(connection),
        )
        seen = replace(evidence, connection=connection, stored=stored, live=live, forced=forced)
        return replace(seen, only_administrators=only, **asked)

    async def _about_the_application(self, connection: Connection) -> dict[str, Any]:
        """Fields of the evidence; none before it was made."""
        client_id, uri = connection.client_id, connection.redirect_uri
        if client_id is None:
            return {}
        application, ours, random, callback = await asyncio.gather(
            _or_unknown(self.encvoy.application(client_id)),
            _or_unknown(self._probe(client_id, connection.current or connection.secret, uri)),
            _or_unknown(self._probe(client_id, new_secret(), uri)),
            _or_unknown(self.looks.callback(uri)),
        )
        return {"application": application, "ours": ours, "random": random, "callback": callback}

    def _probe(self, client_id: str, secret: Secret, redirect_uri: str) -> Awaitable[Probe]:
        return self.encvoy.probe(client_id, secret, redirect_uri)


async def _or_unknown(asking: Awaitable[T]) -> T | Unknown:
    try:
        return await asking
    except UserError as error:
        return Unknown(" ".join(part for part in (error.what, error.why) if part), error.mend)
