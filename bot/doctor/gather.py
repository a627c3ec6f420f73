"""Gathers the evidence: everything at the same time, each piece by itself. What fails is `Unknown`, with the reason."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

from bot.chatops.admin_room import AdminRoom
from bot.chatops.ports import Chat, Notices
from bot.chatops.unfamiliar import known_by_now
from bot.connection.in_use import InUse
from bot.connection.ports import EncvoyId, Probe, RocketChat
from bot.connection.profile import Engine
from bot.connection.proof import prove_in_use
from bot.connection.state import Connection, LiveService, ServiceName, Unknown
from bot.doctor.evidence import Begins, CallbackAnswer, Evidence, KeySet
from bot.errors import Busy, UserError
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

    async def begins(self, name: ServiceName) -> Begins:
        """What pressing the button does, on the modern engine; Busy where it may not be asked now."""
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
    admin_room: AdminRoom
    notices: Notices | None = None
    """What the bot noted; None where there is no database."""

    async def gather(self, connection: Connection | None) -> Evidence:
        """One look at both systems; never fails."""
        evidence = await self._systems()
        return evidence if connection is None else await self._joint(evidence, connection)

    async def _systems(self) -> Evidence:
        (server, account, permissions, rooms), (provider, keys, login), fields = await asyncio.gather(
            asyncio.gather(
                _or_unknown(self.rocketchat.server()),
                _or_unknown(self.chat.person(self.user_id)),
                _or_unknown(self.looks.permissions()),
                _or_unknown(self.admin_room.look()),
            ),
            asyncio.gather(
                _or_unknown(self.encvoy.provider()),
                _or_unknown(self.looks.keys()),
                _or_unknown(self.looks.login()),
            ),
            _or_unknown(self._strange_fields()),
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
        )

    async def _joint(self, evidence: Evidence, connection: Connection) -> Evidence:
        client_id, uri = connection.client_id, connection.redirect_uri
        if client_id is None:
            return replace(evidence, connection=connection)
        stored, live, application, ours, random, callback = await asyncio.gather(
            _or_unknown(self.rocketchat.stored(connection.name)),
            _or_unknown(self.rocketchat.live(connection.name)),
            _or_unknown(self.encvoy.application(client_id)),
            _or_unknown(self._probe(client_id, connection.current or connection.secret, uri)),
            _or_unknown(self._probe(client_id, new_secret(), uri)),
            _or_unknown(self.looks.callback(uri)),
        )
        seen = replace(
            evidence,
            connection=connection,
            stored=stored,
            live=live,
            application=application,
            ours=ours,
            random=random,
            callback=callback,
        )
        begins, in_use = await asyncio.gather(
            _or_unknown(self._begins(seen, connection)), _or_unknown(self._in_use(seen, connection))
        )
        return replace(seen, begins=begins, in_use=in_use)

    async def _begins(self, seen: Evidence, connection: Connection) -> Begins | None:
        """Asked only where there is such a button."""
        modern = not isinstance(seen.server, Unknown) and seen.server.profile.engine is Engine.MODERN
        return await self.looks.begins(connection.name) if modern and isinstance(seen.live, LiveService) else None

    async def _in_use(self, seen: Evidence, connection: Connection) -> InUse | None:
        """Asked only where the answer would be about this connection: it is on, and Encvoy ID accepts our secret."""
        if (
            not isinstance(seen.live, LiveService)
            or isinstance(seen.server, Unknown)
            or seen.ours is not Probe.ACCEPTED
        ):
            return None
        return await prove_in_use(connection, seen.server.profile.engine, self.rocketchat, self.encvoy)

    async def _strange_fields(self) -> tuple[str, ...]:
        return () if self.notices is None else await known_by_now(self.notices)

    def _probe(self, client_id: str, secret: Secret, redirect_uri: str) -> Awaitable[Probe]:
        return self.encvoy.probe(client_id, secret, redirect_uri)


async def _or_unknown(asking: Awaitable[T]) -> T | Unknown:
    try:
        return await asking
    except Busy as busy:
        return Unknown(busy.not_checked, busy.mend, busy=True)
    except UserError as error:
        return Unknown(" ".join(part for part in (error.what, error.why) if part), error.mend)
