"""Gathers the evidence: everything at the same time, each piece by itself and asked once. What fails is `Unknown`, with
the reason.

What several pieces need is a task that each of them waits for, and nothing waits for what it does not need.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from bot.chatops.admin_room import AdminRoom
from bot.chatops.ports import Chat, Notes, Person, Room
from bot.chatops.unknown_fields import known_by_now
from bot.connection.asking import or_unknown, succeeds
from bot.connection.entrance import Begins, CallbackAnswer, KeySet
from bot.connection.in_use import InUse
from bot.connection.lost_key import Locked
from bot.connection.ports import EncvoyId, Listed, Probe, RocketChat, ServerInfo
from bot.connection.profile import Engine
from bot.connection.proof import prove_in_use
from bot.connection.reachable import Site
from bot.connection.state import Application, Connection, LiveService, NotVisible, ServiceName, StoredService
from bot.connection.unknown import Unknown
from bot.doctor.evidence import Evidence, is_on
from bot.doctor.gather_own import OwnGatherer
from bot.doctor.own import OwnMachine
from bot.secret import Secret, new_secret


@dataclass(frozen=True)
class Looks:
    """Requests to both systems that only the doctor makes. Errors: `bot.errors.RemoteError`."""

    permissions: Callable[[], Awaitable[frozenset[str]]]
    """What the bot's account may do in Rocket.Chat."""
    keys: Callable[[], Awaitable[KeySet]]
    """The key set that Encvoy ID publishes."""
    login: Callable[[], Awaitable[None]]
    """Whether the bot's user can log in at Encvoy ID and use the management API; an error says why not."""
    begins: Callable[[ServiceName], Awaitable[Begins]]
    """What pressing the button does, on the modern engine; Busy if a rate limit forbids the request now."""
    callback: Callable[[str], Awaitable[CallbackAnswer]]
    """Asks a callback address as a browser whose sign-in was refused would."""


T = TypeVar("T")
Asked = asyncio.Task[T | Unknown]
"""An answer that is under way, for whoever waits for it."""


@dataclass
class _Round:
    """The tasks of one look."""

    _tasks: list[asyncio.Task[Any]] = field(default_factory=list)

    def begin(self, asking: Coroutine[Any, Any, T]) -> Asked[T]:
        """Asks, and waits for nothing."""
        task = asyncio.create_task(or_unknown(asking))
        self._tasks.append(task)
        return task

    def end(self) -> None:
        """Whoever gives the look up leaves nothing behind that asks on."""
        for task in self._tasks:
            task.cancel()


@dataclass(frozen=True)
class _Shared:
    """What more than one piece needs."""

    server: Asked[ServerInfo]
    listed: Asked[Listed]
    account: Asked[Person]
    rooms: Asked[tuple[Room | None, Room | None]]
    login: Asked[bool]


@dataclass(frozen=True)
class _OfConnection:
    """What more than one piece about a connection needs."""

    connection: Connection
    live: Asked[LiveService | None]
    ours: Asked[Probe | None]


@dataclass(frozen=True)
class Gatherer:
    """The ports, and the configuration of the bot itself."""

    rocketchat: RocketChat
    encvoy: EncvoyId
    chat: Chat
    looks: Looks
    address: str
    user_id: str
    admin_room: AdminRoom
    own: OwnGatherer
    notes: Notes | None = None
    """What the bot noted; None without a database."""
    report_room: AdminRoom | None = None
    """None: reports go to the admin room."""

    async def gather(self, found: Connection | Locked | None, place: OwnMachine | None = None) -> Evidence:
        """Observes both systems once; never fails. Of a locked connection nothing is looked at. `place` is what was
        found on this machine, if that was looked at."""
        look = _Round()
        connection, locked = (None, found) if isinstance(found, Locked) else (found, None)
        try:
            listed = look.begin(self.rocketchat.listed())
            shared = _Shared(
                server=look.begin(self._server(listed)),
                listed=listed,
                account=look.begin(self.chat.person(self.user_id)),
                rooms=look.begin(self.admin_room.look()),
                login=look.begin(succeeds(self.looks.login())),
            )
            systems, own, connected = await asyncio.gather(
                self._systems(shared),
                self.own.gather(shared.account, _room(shared), shared.login, terminal=place is not None),
                self._with_connection(shared, look, connection),
            )
        finally:
            look.end()
        whole: Evidence = replace(systems, own=own, place=place, connection=connection, locked=locked, **connected)
        return whole

    async def _systems(self, shared: _Shared) -> Evidence:
        site, reports, (permissions, provider, keys, fields), (server, account, rooms, login) = await asyncio.gather(
            self._site(shared),
            or_unknown(self._reports()),
            asyncio.gather(
                or_unknown(self.looks.permissions()),
                or_unknown(self.encvoy.provider()),
                or_unknown(self.looks.keys()),
                or_unknown(self._strange_fields()),
            ),
            asyncio.gather(shared.server, shared.account, shared.rooms, shared.login),
        )
        room, namesake = (rooms, None) if isinstance(rooms, Unknown) else rooms
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
            site_url_refused=server if isinstance(server, Unknown) else self.encvoy.why_refused(server.site_url),
            report_room=reports,
            strange_fields=fields,
            site=site,
        )

    async def _reports(self) -> tuple[Room | None, Room | None] | None:
        return None if self.report_room is None else await self.report_room.look()

    async def _server(self, listing: Asked[Listed]) -> ServerInfo:
        edition, listed = await asyncio.gather(self.rocketchat.edition(), listing)
        if isinstance(listed, Unknown):  # whoever may not read it still learns where Rocket.Chat is
            return await self.rocketchat.server()
        return listed.server(edition)

    async def _site(self, shared: _Shared) -> Site | Unknown | None:
        server = await shared.server
        return None if isinstance(server, Unknown) else await or_unknown(self.rocketchat.site(server.site_url))

    async def _with_connection(self, shared: _Shared, look: _Round, connection: Connection | None) -> dict[str, Any]:
        """Fields of the evidence; none without a connection."""
        if connection is None:
            return {}
        secret = connection.current or connection.secret
        of = _OfConnection(
            connection,
            look.begin(self.rocketchat.live(connection.name)),
            look.begin(self._probe(connection, secret)),
        )
        forced, only, application, random, callback, begins, in_use = await asyncio.gather(
            or_unknown(self.rocketchat.forced(connection.name)),
            or_unknown(self.encvoy.only_administrators()),
            or_unknown(self._application(connection)),
            or_unknown(self._probe(connection, new_secret())),
            or_unknown(self._callback(connection)),
            or_unknown(self._begins(shared, of)),
            or_unknown(self._in_use(shared, of)),
        )
        return {
            "stored": await _stored(shared, connection),
            "live": await of.live,
            "forced": forced,
            "only_administrators": only,
            "application": application,
            "ours": await of.ours,
            "random": random,
            "callback": callback,
            "begins": begins,
            "in_use": in_use,
        }

    async def _application(self, connection: Connection) -> Application | NotVisible | None:
        """None before it was made, as for all that is asked of it."""
        return None if connection.client_id is None else await self.encvoy.application(connection.client_id)

    async def _probe(self, connection: Connection, secret: Secret) -> Probe | None:
        if connection.client_id is None:
            return None
        return await self.encvoy.probe(connection.client_id, secret, connection.redirect_uri)

    async def _callback(self, connection: Connection) -> CallbackAnswer | None:
        return None if connection.client_id is None else await self.looks.callback(connection.redirect_uri)

    async def _begins(self, shared: _Shared, of: _OfConnection) -> Begins | None:
        """Asked only if there is such a button."""
        server, on = await asyncio.gather(shared.server, _on(shared, of))
        modern = not isinstance(server, Unknown) and server.profile.engine is Engine.MODERN
        return await self.looks.begins(of.connection.name) if modern and on else None

    async def _in_use(self, shared: _Shared, of: _OfConnection) -> InUse | None:
        """Asked only if the answer is about this connection: it is on, and Encvoy ID accepts our secret."""
        stored, server, on, ours = await asyncio.gather(
            _stored(shared, of.connection), shared.server, _on(shared, of), of.ours
        )
        if not isinstance(stored, StoredService) or isinstance(server, Unknown):
            return None
        if not on or ours is not Probe.ACCEPTED:
            return None
        return await prove_in_use(of.connection, server.profile.engine, self.rocketchat, self.encvoy, stored)

    async def _strange_fields(self) -> tuple[str, ...]:
        return () if self.notes is None else await known_by_now(self.notes)


async def _room(shared: _Shared) -> Room | Unknown | None:
    rooms = await shared.rooms
    return rooms if isinstance(rooms, Unknown) else rooms[0]


async def _stored(shared: _Shared, connection: Connection) -> StoredService | Unknown | None:
    listed = await shared.listed
    return listed if isinstance(listed, Unknown) else listed.service(connection.name)


async def _on(shared: _Shared, of: _OfConnection) -> bool:
    return is_on(await _stored(shared, of.connection), await of.live)
