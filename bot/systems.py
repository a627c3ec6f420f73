"""The clients of both systems, built from the configuration, and the doctor's whole run."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from functools import partial

from bot.chatops.admin_room import AdminRoom, room_of_reports
from bot.chatops.notices import NO_NOTES
from bot.chatops.ports import Notes
from bot.clock import Clock
from bot.config import Config
from bot.connection.lost_key import Locked
from bot.connection.state import Connection
from bot.doctor.gather import Gatherer, Looks
from bot.doctor.gather_own import OwnGatherer, OwnLooks
from bot.doctor.own import OwnMachine
from bot.doctor.verdict import Verdict, judge
from bot.encvoy.client import EncvoyIdClient
from bot.http import BeforeWrite, HttpClient, at_once
from bot.rocketchat.callback import PATIENCE
from bot.rocketchat.chat import RestChat
from bot.rocketchat.client import RocketChatClient
from bot.rocketchat.public import ask_callback, server_time
from bot.rocketchat.quiet import Quiet
from bot.rocketchat.rest import Rest
from bot.rocketchat.roles import holders
from bot.rocketchat.second_factor import try_guard
from bot.rocketchat.server_clock import ServerClock
from bot.rocketchat.socket import RealtimeClient
from bot.rocketchat.socket_trial import try_websocket
from bot.tls import client_context


@dataclass
class Systems:
    """The clients of both systems for one configuration."""

    config: Config
    clock: Clock
    rest: Rest
    rocketchat: RocketChatClient
    chat: RestChat
    realtime: RealtimeClient
    encvoy: EncvoyIdClient
    gatherer: Gatherer
    server_clock: ServerClock

    def remember(self, notes: Notes) -> None:
        """From now on the doctor reads what the bot noted: its rooms, and unknown fields of messages."""
        room = AdminRoom(self.chat, notes, self.config.admin_room)
        reports = room_of_reports(self.chat, notes, self.config.report_room)
        self.gatherer = replace(self.gatherer, admin_room=room, notes=notes, report_room=reports)

    async def examine(self, connection: Connection | Locked | None, place: OwnMachine | None = None) -> Verdict:
        """Runs every check of the doctor; reads discovery again. `place` is what was found on this machine, if
        anything."""
        self.encvoy.forget_provider()
        return judge(await self.gatherer.gather(connection, place))


@contextlib.asynccontextmanager
async def systems(config: Config, clock: Clock, before_write: BeforeWrite = at_once) -> AsyncIterator[Systems]:
    """Builds the clients; sends nothing yet. `before_write` comes before each request that may change something."""
    tls = client_context(config.ca_file)
    rest = Rest(
        config.rocketchat_url,
        config.rocketchat_user_id,
        config.rocketchat_token,
        clock=clock,
        password=config.rocketchat_password,
        tls=tls,
        before_write=before_write,
    )
    chat = RestChat(rest)
    encvoy = EncvoyIdClient(
        config.encvoy_url,
        client_id=config.encvoy_client_id,
        login=config.encvoy_login,
        password=config.encvoy_password,
        clock=clock,
        tls=tls,
        before_write=before_write,
    )
    quiet = Quiet(clock)
    patient = HttpClient("Rocket.Chat", timeout=PATIENCE, tls=tls)
    async with HttpClient("Rocket.Chat", tls=tls) as http, patient, encvoy:
        server_clock = ServerClock(clock, lambda: server_time(http, config.rocketchat_url))
        realtime = RealtimeClient(
            config.rocketchat_url,
            config.rocketchat_user_id,
            config.rocketchat_token,
            clock,
            chat,
            server_clock,
            tls=tls,
            on_setting=quiet.heard,
        )
        rocketchat = RocketChatClient(rest, realtime.live, clock, quiet=quiet, http=http, patient=patient)
        gatherer = Gatherer(
            rocketchat=rocketchat,
            encvoy=encvoy,
            chat=chat,
            looks=Looks(
                permissions=rocketchat.facts.permissions,
                keys=encvoy.keys,
                login=encvoy.prove_login,
                begins=rocketchat.strategy.begins,
                callback=partial(ask_callback, http),
            ),
            address=config.rocketchat_url,
            user_id=config.rocketchat_user_id,
            admin_room=AdminRoom(chat, NO_NOTES, config.admin_room),
            report_room=room_of_reports(chat, NO_NOTES, config.report_room),
            own=OwnGatherer(
                chat,
                OwnLooks(
                    standing=encvoy.standing,
                    holders=partial(holders, rest),
                    latest=chat.latest,
                    websocket=partial(
                        try_websocket,
                        config.rocketchat_url,
                        config.rocketchat_user_id,
                        config.rocketchat_token,
                        clock,
                        tls,
                    ),
                    guarded=partial(try_guard, rest),
                ),
                config.rocketchat_user_id,
                config.admin_roles,
            ),
        )
        try:
            yield Systems(config, clock, rest, rocketchat, chat, realtime, encvoy, gatherer, server_clock)
        finally:
            rest.close()
