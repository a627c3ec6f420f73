"""What was typed while there was no socket is found, room by room, whatever one of the rooms does; and no clock makes
the bot deaf. Over real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from bot.app import Bot
from bot.clock import SystemClock
from bot.store.engine import open_database
from sandbox.faults import Fault, FaultEffect
from sandbox.stage import config_from
from sandbox.visitor import as_seen
from tests.support.world import World

SYNC = "/api/v1/chat.syncMessages"


class SetClock(SystemClock):
    """The machine's clock, which somebody sets."""

    def __init__(self) -> None:
        self.off = timedelta(0)

    def now(self) -> datetime:
        return super().now() + self.off


@dataclass
class Scene:
    """A bot that listens, and the switches of its socket."""

    world: World
    bot: Bot
    clock: SetClock

    @property
    def chat(self) -> Any:
        return self.world.rocketchat.chat

    def person(self, role: str) -> str:
        return str(self.world.rocketchat.person(role).id)

    @property
    def admin_room(self) -> Any:
        return self.chat.rooms.get(self.world.admin.room_id)

    async def gone(self) -> None:
        """The socket is lost, and refused until `back`."""
        self.world.rocketchat.sockets.refuse()
        self.world.rocketchat.sockets.cut()
        await until(lambda: not self.bot.systems.realtime.state.connected)

    async def back(self) -> None:
        self.world.rocketchat.sockets.accept()
        await until(lambda: self.bot.systems.realtime.state.connected)

    def direct(self, role: str) -> Any:
        return self.chat.direct(self.person(role), self.person("bot"))

    def type(self, role: str, room: Any, text: str, **how: Any) -> str:
        return str(self.chat.post(room, self.person(role), text, **how).id)

    async def answered(self, room: Any, thread: str | None = None, part: str = "rotate") -> str:
        """The answer of the bot in that room, in that thread; `help` names the command `rotate`."""
        bot = self.person("bot")

        def found() -> list[str]:
            return [
                as_seen(m.msg)
                for m in self.chat.messages.values()
                if (m.rid, m.author.id, m.tmid) == (room.id, bot, thread)
                and part in as_seen(m.msg)
                and "Hello. I" not in m.msg
            ]

        await until(found)
        return found()[0]


async def until(condition: Callable[[], object], seconds: float = 20.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - any condition at all
            await asyncio.sleep(0.02)


@pytest.fixture
async def scene(quiet_world: World) -> AsyncIterator[Scene]:
    clock = SetClock()
    async with quiet_world.play.bot(clock) as bot:
        await quiet_world.ask("help")
        yield Scene(quiet_world, bot, clock)


def of_room(room: Any, **how: Any) -> Fault:
    return Fault("GET", SYNC, matches=lambda request, _: request.query["roomId"] == room.id, **how)


async def test_a_room_that_cannot_be_read_takes_no_other_with_it(scene: Scene) -> None:
    unreadable, readable = scene.direct("admin2"), scene.direct("admin")
    await scene.gone()
    fault = of_room(unreadable, status=403, body='{"success":false,"error":"[error-not-allowed]"}')
    scene.world.rocketchat.faults.add(fault)
    for role, room in (("admin2", unreadable), ("admin", readable)):
        scene.type(role, room, "help")
    in_thread = scene.type("admin", scene.admin_room, "!sso help")
    await scene.back()
    await scene.answered(readable)
    await scene.answered(scene.admin_room, in_thread)
    scene.world.rocketchat.faults.remove(fault)
    await scene.answered(unreadable)


async def test_a_room_that_hangs_takes_no_other_with_it(scene: Scene) -> None:
    hanging = scene.direct("admin2")
    await scene.gone()
    fault = of_room(hanging, effect=FaultEffect.HANG)
    scene.world.rocketchat.faults.add(fault)
    scene.type("admin2", hanging, "help")
    in_thread = scene.type("admin", scene.admin_room, "!sso help")
    await scene.back()
    await scene.answered(scene.admin_room, in_thread)
    scene.world.rocketchat.faults.remove(fault)
    await scene.answered(hanging)


async def test_a_room_with_more_than_one_answer_can_hold_is_caught_up(scene: Scene) -> None:
    await scene.gone()
    scene.world.rocketchat.settings.find("Message_MaxAllowedSize").value = 200_000
    for _ in range(60):
        scene.type("member", scene.admin_room, "x" * 150_000)
    in_thread = scene.type("admin", scene.admin_room, "!sso help")
    await scene.back()
    await scene.answered(scene.admin_room, in_thread)


@pytest.mark.parametrize("everything", [False, True], ids=["im.list", "every list"])
async def test_a_list_that_is_refused_loses_nothing_that_is_known(scene: Scene, everything: bool) -> None:
    direct = scene.direct("admin2")
    scene.type("admin2", direct, "help")
    await scene.answered(direct)
    await scene.gone()
    for route in ("im.list", "subscriptions.get") if everything else ("im.list",):
        refused = Fault("GET", f"/api/v1/{route}", status=403, body='{"success":false,"error":"unauthorized"}')
        refused.matches = lambda request, _, route=route: request.path.endswith(route)
        scene.world.rocketchat.faults.add(refused)
    scene.type("admin2", direct, "status")
    in_thread = scene.type("admin", scene.admin_room, "!sso help")
    await scene.back()
    await scene.answered(scene.admin_room, in_thread)
    await scene.answered(direct, part="setup")


async def test_a_renamed_admin_room_is_still_it_and_a_room_of_its_name_is_not(scene: Scene) -> None:
    room = scene.admin_room
    await scene.gone()
    scene.chat.rename(scene.person("admin"), room, "renamed")
    people = [scene.person(role) for role in ("bot", "member", "admin2")]
    other = scene.chat.create_room(scene.person("admin"), "sso-admins", "p", people)
    in_thread = scene.type("admin", room, "!sso help")
    elsewhere = scene.type("member", other, "!sso help")
    await scene.back()
    await scene.answered(room, in_thread)
    await scene.answered(room, part="Another room now has the name in SSOBOT_ADMIN_ROOM, `sso-admins`")
    again = scene.type("member", other, "!sso help")
    late = scene.type("admin", room, "!sso help")
    await scene.answered(room, late)
    assert not [m for m in scene.chat.messages.values() if m.tmid in (elsewhere, again)]


async def test_after_a_restart_the_room_is_known_by_its_id_and_another_setting_counts(quiet_world: World) -> None:
    async with quiet_world.play.bot():
        await quiet_world.ask("help")
    chat, admin = quiet_world.rocketchat.chat, quiet_world.rocketchat.person("admin").id
    room = chat.rooms.get(quiet_world.admin.room_id)
    chat.rename(admin, room, "renamed")
    other = chat.create_room(admin, "sso-admins", "p", [quiet_world.rocketchat.person("bot").id])
    async with quiet_world.play.bot():
        assert "rotate" in await quiet_world.ask("help")
    quiet_world.play.extra["SSOBOT_ADMIN_ROOM"] = other.id
    quiet_world.admin.room_id = other.id
    async with quiet_world.play.bot():
        assert "rotate" in await quiet_world.ask("help")


async def test_a_message_of_the_future_hides_none_of_now(scene: Scene) -> None:
    scene.type("member", scene.admin_room, "hello", ts=scene.chat.now() + timedelta(days=300))
    assert "rotate" in await scene.world.ask("help")
    await scene.gone()
    in_thread = scene.type("admin", scene.admin_room, "!sso help")
    await scene.back()
    await scene.answered(scene.admin_room, in_thread)


@pytest.mark.parametrize("hours", [-5, 5])
async def test_our_clock_may_jump(scene: Scene, hours: int) -> None:
    scene.clock.off = timedelta(hours=hours)
    assert "rotate" in await scene.world.ask("help")
    await scene.gone()
    in_thread = scene.type("admin", scene.admin_room, "!sso help")
    await scene.back()
    await scene.answered(scene.admin_room, in_thread)


@pytest.mark.parametrize("hours", [-5, 5])
async def test_clocks_that_differ_from_the_start_are_compared_once_rocketchat_is_there(
    quiet_world: World, hours: int
) -> None:
    """It tells its time at none of the first questions, as while it is away."""
    clock = SetClock()
    clock.off = timedelta(hours=hours)
    quiet_world.rocketchat.faults.add(Fault("GET", "/api/info", effect=FaultEffect.DROP, times=1))
    async with quiet_world.play.bot(clock):
        assert "rotate" in await quiet_world.ask("help")


@pytest.mark.parametrize(("minutes", "side"), [(60, "behind"), (-60, "ahead of")])
async def test_the_clocks_of_the_server_itself_may_be_apart_and_then_it_says_so(
    quiet_world: World, minutes: int, side: str
) -> None:
    """Another machine answers for it, a proxy, and its clock is an hour off."""
    quiet_world.rocketchat.proxy_ahead = timedelta(minutes=minutes)
    async with quiet_world.play.bot():
        answer = await quiet_world.ask("setup")
        assert f"60 minutes {side} the clock of Rocket.Chat's address" in answer
    assert quiet_world.writes() == []


@pytest.mark.parametrize("minutes", [60, -60])
async def test_what_is_missed_while_they_are_apart_is_answered_as_well(quiet_world: World, minutes: int) -> None:
    quiet_world.rocketchat.proxy_ahead = timedelta(minutes=minutes)
    clock = SetClock()
    async with quiet_world.play.bot(clock) as bot:
        scene = Scene(quiet_world, bot, clock)
        await quiet_world.ask("help")
        looks = quiet_world.rocketchat.ledger.requests
        await until(
            lambda: any(quiet_world.admin.room_id in e.query for e in looks("GET", "/api/v1/chat.syncMessages"))
        )
        await scene.gone()
        in_thread = scene.type("admin", scene.admin_room, "!sso setup")
        await scene.back()
        said = await scene.answered(scene.admin_room, in_thread, "60 minutes")
        assert "the clock of Rocket.Chat's address" in said
    assert quiet_world.writes() == []


async def test_a_server_whose_clock_is_set_back_meanwhile_loses_nothing(scene: Scene) -> None:
    """By the time of the message, and by the one that its address tells."""
    back = timedelta(minutes=10)
    scene.type("member", scene.admin_room, "hello")
    assert "rotate" in await scene.world.ask("help")
    await scene.gone()
    scene.world.rocketchat.proxy_ahead = -back
    in_thread = scene.type("admin", scene.admin_room, "!sso help", ts=scene.chat.now() - back)
    await scene.back()
    await scene.answered(scene.admin_room, in_thread)


async def test_the_bots_own_name_may_change(scene: Scene) -> None:
    scene.world.rocketchat.people.get(scene.person("bot")).username = "renamed"
    asked = len(scene.world.rocketchat.ledger.requests("GET", "/api/v1/me"))
    await scene.gone()
    await scene.back()
    await until(lambda: len(scene.world.rocketchat.ledger.requests("GET", "/api/v1/me")) > asked)
    assert "rotate" in await scene.world.ask("help")
    in_thread = scene.type("admin", scene.admin_room, "@renamed sso help")
    await scene.answered(scene.admin_room, in_thread)


async def test_a_damaged_record_leaves_it_no_name_of_before(quiet_world: World) -> None:
    """What is said at the start reads the record, and goes on beside what is read anew at each socket."""
    async with quiet_world.play.bot():
        await quiet_world.ask("setup")
    database = await open_database(config_from(quiet_world.play.env).database_url)
    async with database.writing() as transaction:
        await transaction.execute(text("UPDATE connections SET settings = '{'"))
        await transaction.execute(text("DELETE FROM notes WHERE key LIKE 'said that %'"))
    await database.close()
    clock = SetClock()
    async with quiet_world.play.bot(clock) as bot:
        scene = Scene(quiet_world, bot, clock)
        await quiet_world.ask("help")
        quiet_world.rocketchat.people.get(scene.person("bot")).username = "renamed"
        asked = len(quiet_world.rocketchat.ledger.requests("GET", "/api/v1/me"))
        await scene.gone()
        await scene.back()
        await until(lambda: len(quiet_world.rocketchat.ledger.requests("GET", "/api/v1/me")) > asked)
        await quiet_world.ask("help")
        in_thread = scene.type("admin", scene.admin_room, "@renamed sso help")
        await scene.answered(scene.admin_room, in_thread)
