"""Gathers the evidence: everything at the same time, each piece by itself. What fails is `Unknown`, with the reason."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

from bot.chatops.admin_room import AdminRoom
from bot.chatops.ports import Chat, Notes
from bot.chatops.unknown_fields import known_by_now
from bot.connection.asking import or_unknown, succeeds
from bot.connection.entrance import Begins, CallbackAnswer, KeySet
from bot.connection.in_use import InUse
from bot.connection.ports import EncvoyId, Probe, RocketChat
from bot.connection.profile import Engine
from bot.connection.proof import prove_in_use
from bot.connection.state import Connection, ServiceName, Unknown
from bot.doctor.evidence import Evidence
from bot.doctor.gather_own import OwnGatherer
from bot.doctor.own import Place
from bot.secret import Secret, new_secret


@dataclass(frozen=True)
class Looks:
    """What only the doctor asks of both systems. Errors: `bot.errors.RemoteError`."""

    permissions: Callable[[], Awaitable[frozenset[str]]]
    """What the bot's account may do in Rocket.Chat."""
    keys: Callable[[], Awaitable[KeySet]]
    """The key set that Encvoy ID publishes."""
    login: Callable[[], Awaitable[None]]
    """Whether the bot's user can log in at Encvoy ID, and is let in there; an error says why not."""
    begins: Callable[[ServiceName], Awaitable[Begins]]
    """What pressing the button does, on the modern engine; Busy where it may not be asked now."""
    callback: Callable[[str], Awaitable[CallbackAnswer]]
    """Asks a callback address as a browser whose sign-in was refused would."""


@dataclass(frozen=True)
class Gatherer:
    """The ports, and what the configuration says of the bot itself."""

    rocketchat: RocketChat
    encvoy: EncvoyId
    chat: Chat
    looks: Looks
    address: str
    user_id: str
    admin_room: AdminRoom
    own: OwnGatherer
    notes: Notes | None = None
    """What the bot noted; None where there is no database."""

    async def gather(self, connection: Connection | None, place: Place | None = None) -> Evidence:
        """One look at both systems; never fails. `place` is what was found on this machine, if that was looked at."""
        evidence = replace(await self._systems(), place=place)
        terminal = place is not None
        own = await self.own.gather(evidence.account, evidence.room, evidence.login, terminal=terminal)
        evidence = replace(evidence, own=own)
        return evidence if connection is None else await self._with_connection(evidence, connection)

    async def _systems(self) -> Evidence:
        (server, account, permissions, rooms), (provider, keys, login), fields = await asyncio.gather(
            asyncio.gather(
                or_unknown(self.rocketchat.server()),
                or_unknown(self.chat.person(self.user_id)),
                or_unknown(self.looks.permissions()),
                or_unknown(self.admin_room.look()),
            ),
            asyncio.gather(
                or_unknown(self.encvoy.provider()),
                or_unknown(self.looks.keys()),
                or_unknown(succeeds(self.looks.login())),
            ),
            or_unknown(self._strange_fields()),
        )
        room, namesake = (rooms, None) if isinstance(rooms, Unknown) else rooms
        refused = server if isinstance(server, Unknown) else self.encvoy.why_refused(server.site_url)
        return Evidence(
            address=self.address,
            server=server,
            account=account,
            permissions=permissions,
            room=room,
            namesake=namesake,
            provider=provider,
            keys=keys,
            login=login,
            site_url_refused=refused,
            strange_fields=fields,
            site=None if isinstance(server, Unknown) else await or_unknown(self.rocketchat.site(server.site_url)),
        )

    async def _with_connection(self, evidence: Evidence, connection: Connection) -> Evidence:
        (stored, live, forced, only), asked = await asyncio.gather(
            asyncio.gather(
                or_unknown(self.rocketchat.stored(connection.name)),
                or_unknown(self.rocketchat.live(connection.name)),
                or_unknown(self.rocketchat.forced(connection.name)),
                or_unknown(self.encvoy.only_administrators()),
            ),
            self._about_the_application(connection),
        )
        seen = replace(evidence, connection=connection, stored=stored, live=live, forced=forced)
        seen = replace(seen, only_administrators=only, **asked)
        begins, in_use = await asyncio.gather(
            or_unknown(self._begins(seen, connection)), or_unknown(self._in_use(seen, connection))
        )
        return replace(seen, begins=begins, in_use=in_use)

    async def _about_the_application(self, connection: Connection) -> dict[str, Any]:
        """Fields of the evidence; none before it was made."""
        client_id, uri = connection.client_id, connection.redirect_uri
        if client_id is None:
            return {}
        application, ours, random, callback = await asyncio.gather(
            or_unknown(self.encvoy.application(client_id)),
            or_unknown(self._probe(client_id, connection.current or connection.secret, uri)),
            or_unknown(self._probe(client_id, new_secret(), uri)),
            or_unknown(self.looks.callback(uri)),
        )
        return {"application": application, "ours": ours, "random": random, "callback": callback}

    async def _begins(self, seen: Evidence, connection: Connection) -> Begins | None:
        """Asked only where there is such a button."""
        modern = not isinstance(seen.server, Unknown) and seen.server.profile.engine is Engine.MODERN
        return await self.looks.begins(connection.name) if modern and seen.on else None

    async def _in_use(self, seen: Evidence, connection: Connection) -> InUse | None:
        """Asked only where the answer would be about this connection: it is on, and Encvoy ID accepts our secret."""
        if not seen.on or isinstance(seen.server, Unknown) or seen.ours is not Probe.ACCEPTED:
            return None
        return await prove_in_use(connection, seen.server.profile.engine, self.rocketchat, self.encvoy)

    async def _strange_fields(self) -> tuple[str, ...]:
        return () if self.notes is None else await known_by_now(self.notes)

    def _probe(self, client_id: str, secret: Secret, redirect_uri: str) -> Awaitable[Probe]:
        return self.encvoy.probe(client_id, secret, redirect_uri)
