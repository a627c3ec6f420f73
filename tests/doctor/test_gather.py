"""One look of the doctor: each thing is asked for once, and what fails hides nothing else; both systems in memory."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field, replace

import pytest

from bot.chatops.admin_room import AdminRoom
from bot.chatops.ports import Person
from bot.connection.entrance import Begins, CallbackAnswer, KeySet
from bot.connection.in_use import InUse, Use
from bot.connection.ports import Listed, Probe
from bot.connection.profile import LICENCE_MODULE, Engine
from bot.connection.state import LiveService, ServiceName, StoredService
from bot.connection.unknown import Unknown
from bot.doctor.evidence import Evidence
from bot.doctor.gather import Gatherer, Looks
from bot.errors import Forbidden, NoAnswer
from tests.connection.conftest import Bench, bench, standing
from tests.doctor.test_gather_own import Looks as OwnAnswers
from tests.doctor.test_gather_own import gatherer as own_gatherer
from tests.support.chat import ADMIN_ROOM, ANNA, BOT_ID, BOT_NAME, MemoryChat, MemoryNotes

__all__ = ["bench", "standing"]

BOT = Person(BOT_ID, BOT_NAME, frozenset({"bot", "admin"}), active=True, type="user")


@dataclass
class Answers:
    """To what only the doctor asks."""

    asked: list[str] = field(default_factory=list)

    def looks(self) -> Looks:
        return Looks(self.permissions, self.keys, self.login, self.begins, self.callback)

    async def permissions(self) -> frozenset[str]:
        self.asked.append("permissions")
        return frozenset({"add-oauth-service"})

    async def keys(self) -> KeySet:
        self.asked.append("keys")
        return KeySet(1, frozenset({"RS256"}))

    async def login(self) -> None:
        self.asked.append("login")

    async def begins(self, name: ServiceName) -> Begins:
        self.asked.append("begins")
        return Begins(302, "https://id.example.org/oidc/auth")

    async def callback(self, redirect_uri: str) -> CallbackAnswer:
        self.asked.append("callback")
        return CallbackAnswer(200, Engine.LEGACY)


@dataclass
class Doctor:
    """A gatherer, and what it asked."""

    bench: Bench
    answers: Answers = field(default_factory=Answers)
    own: OwnAnswers = field(default_factory=OwnAnswers)
    chat: MemoryChat = field(default_factory=lambda: MemoryChat({ANNA.id: ANNA, BOT_ID: BOT}))

    async def gather(self) -> Evidence:
        gatherer = Gatherer(
            rocketchat=self.bench.rocketchat,
            encvoy=self.bench.encvoy,
            chat=self.chat,
            looks=self.answers.looks(),
            address="https://chat.example.org",
            user_id=BOT_ID,
            admin_room=AdminRoom(self.chat, MemoryNotes(), ADMIN_ROOM.name),
            own=own_gatherer(self.own, chat=self.chat),
        )
        return await gatherer.gather(self.bench.connections.row)

    def asked(self) -> Counter[str]:
        return Counter([*self.bench.world.calls, *self.answers.asked])


@pytest.fixture
def doctor(standing: Bench) -> Doctor:
    return Doctor(standing)


async def test_each_thing_is_asked_for_once(doctor: Doctor) -> None:
    evidence = await doctor.gather()
    assert evidence.in_use == InUse(Use.PROVED)
    asked = doctor.asked()
    assert asked.pop("probe") == 2, "ours and a random one"
    assert set(asked.values()) == {1}
    assert not asked.keys() & {"stored", "profile", "server"}, "the list of all settings shows all of that"


async def test_without_a_connection_neither_service_nor_application_is_asked_for(doctor: Doctor) -> None:
    doctor.bench.connections.row = None
    evidence = await doctor.gather()
    assert not isinstance(evidence.server, Unknown)
    assert not doctor.asked().keys() & {"live", "application", "probe", "forced", "callback"}


async def test_of_an_application_that_was_not_made_yet_nothing_is_asked(doctor: Doctor) -> None:
    doctor.bench.connections.row = replace(doctor.bench.connections.there, client_id=None)
    evidence = await doctor.gather()
    assert (evidence.application, evidence.ours, evidence.random, evidence.callback) == (None, None, None, None)
    assert isinstance(evidence.stored, StoredService)
    assert not doctor.asked().keys() & {"application", "probe", "callback", "bring_bogus_code"}


async def test_whoever_may_not_read_the_settings_still_learns_where_rocketchat_is(doctor: Doctor) -> None:
    refused = Forbidden("Rocket.Chat", "GET /api/v1/settings")
    doctor.bench.world.script = lambda call: refused if call == "listed before" else None
    evidence = await doctor.gather()
    assert isinstance(evidence.stored, Unknown)
    assert not isinstance(evidence.server, Unknown)
    assert evidence.server.site_url == "https://chat.example.org"
    assert evidence.in_use is None


async def test_a_rocketchat_that_does_not_say_its_version_is_asked_no_more_of_it(doctor: Doctor) -> None:
    away = NoAnswer("Rocket.Chat", "GET /api/info")
    doctor.bench.world.script = lambda call: away if call == "edition before" else None
    evidence = await doctor.gather()
    assert isinstance(evidence.server, Unknown)
    assert evidence.site_url_refused == evidence.server
    assert isinstance(evidence.live, LiveService)
    assert not doctor.asked().keys() & {"server", "site", "bring_bogus_code"}


async def test_the_button_is_pressed_on_the_modern_engine_alone(doctor: Doctor) -> None:
    assert (await doctor.gather()).begins is None
    doctor.bench.rocketchat.version, doctor.bench.rocketchat.modules = (9, 0), frozenset({LICENCE_MODULE})
    assert isinstance((await doctor.gather()).begins, Begins)
    assert doctor.answers.asked.count("begins") == 1


@pytest.mark.parametrize("broken", ["off", "refused"])
async def test_what_would_say_nothing_of_this_connection_is_not_asked(doctor: Doctor, broken: str) -> None:
    if broken == "off":
        doctor.bench.rocketchat.live_records.clear()
    else:
        doctor.bench.encvoy.applications_by_id.clear()
    evidence = await doctor.gather()
    assert evidence.in_use is None
    assert (evidence.ours is Probe.ACCEPTED) is (broken == "off")
    assert "bring_bogus_code" not in doctor.asked()


async def test_a_look_that_is_given_up_leaves_nothing_behind_that_asks_on(doctor: Doctor) -> None:
    listing = asyncio.Event()

    async def listed() -> Listed:
        listing.set()
        await asyncio.Event().wait()
        raise AssertionError

    doctor.bench.rocketchat.listed = listed  # type: ignore[method-assign]
    before = asyncio.all_tasks()
    looking = asyncio.create_task(doctor.gather())
    await listing.wait()
    looking.cancel()
    await asyncio.gather(looking, return_exceptions=True)
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == before
