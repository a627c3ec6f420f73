"""The REST side against the stand-in of Rocket.Chat, at every version that differs for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

import pytest

from bot.chatops.ports import Outgoing
from bot.clock import SystemClock
from bot.connection.ports import Awaited
from bot.connection.profile import LICENCE_MODULE, Licence
from bot.connection.state import LiveService, Marker, ServiceName, SettingValue, StoredService
from bot.errors import (
    Busy,
    Forbidden,
    NoAnswer,
    Rejected,
    RemoteError,
    SecondFactorNeeded,
    Unauthenticated,
    Unreachable,
)
from bot.rocketchat.chat import RestChat
from bot.rocketchat.client import RocketChatClient
from bot.rocketchat.rest import Rest
from bot.secret import Secret, new_secret
from sandbox.faults import Fault
from sandbox.rocketchat.standin import RocketChatStandIn, Switches
from tests.support.client import rocketchat_client

NAME = ServiceName("Encvoy ID", "Encvoyid")
VERSIONS = ("7.10", "8.6", "8.7", "8.8")
SETTINGS: dict[str, SettingValue] = {
    "url": "https://id.example.org",
    "token_path": "/oidc/token",
    "scope": "openid profile email",
    "merge_users": True,
    "merge_users_distinct_services": False,
    "button_label_color": "#ffffff",
    "id": "client1",
}


@dataclass
class World:
    """A stand-in and the bot's side of it, by polls alone."""

    standin: RocketChatStandIn
    rest: Rest
    client: RocketChatClient
    chat: RestChat

    def asked(self, ending: str) -> int:
        """How many requests ended in this path."""
        return sum(e.kind == "request" and e.path.endswith(ending) for e in self.standin.ledger)

    async def stored(self) -> StoredService:
        service = await self.client.stored(NAME)
        assert service is not None
        return service


@asynccontextmanager
async def world(
    version: str = "8.8",
    switches: Switches | None = None,
    *,
    role: str = "bot",
    settle: float = 0.1,
    path: str = "",
    password: bool = True,
    token: Secret | None = None,
) -> AsyncIterator[World]:
    standin = RocketChatStandIn(version=version, settle=settle, path=path, switches=switches)
    await standin.start()
    account = standin.introduction.account(role)
    rest = Rest(
        standin.url,
        account.user_id,
        token or Secret(account.token),
        clock=SystemClock(),
        password=Secret(account.password) if password else None,
        limit=3.0,
    )
    try:
        async with rocketchat_client(rest) as client:
            yield World(standin, rest, client, RestChat(rest))
    finally:
        rest.close()
        await standin.stop()


def shows(color: str) -> Awaited:
    return lambda live: live is not None and live.settings.get("button_label_color") == color


def absent(live: LiveService | None) -> bool:
    return live is None


def present(live: LiveService | None) -> bool:
    return live is not None


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("path", ["", "/chat"])
async def test_a_whole_life(version: str, path: str) -> None:
    secret = new_secret()
    async with world(version, path=path) as w:
        assert await w.client.stored(NAME) is None
        await w.client.create_service(NAME)
        assert not (await w.stored()).enabled
        await w.client.write_service(NAME, {**SETTINGS, "secret": secret})
        await w.client.write_service(NAME, {"": True})
        await w.client.await_live(NAME, present, None, 5)
        stored = await w.stored()
        assert stored.enabled
        assert stored.secret == secret
        assert SETTINGS.items() <= stored.settings.items()
        live = await w.client.live(NAME)
        assert isinstance(live, LiveService)
        assert SETTINGS.items() <= live.settings.items()
        await w.client.write_service(NAME, {"": False})
        await w.client.await_live(NAME, absent, None, 5)
        await w.client.remove_service(NAME)
        assert (await w.client.listed()).services == ()


@pytest.mark.parametrize(("version", "posts"), [("8.8", 1), ("7.10", len(SETTINGS))])
async def test_writing_takes_one_request_where_it_can(version: str, posts: int) -> None:
    async with world(version) as w:
        await w.client.create_service(NAME)
        before = len(w.standin.ledger.entries)
        await w.client.write_service(NAME, SETTINGS)
        written = [e for e in w.standin.ledger.entries[before:] if e.writes and e.status == 200]
        assert len(written) == posts


async def test_creating_twice_keeps_what_is_stored() -> None:
    async with world() as w:
        await w.client.create_service(NAME)
        await w.client.write_service(NAME, SETTINGS)
        await w.client.create_service(NAME)
        assert (await w.stored()).settings["url"] == SETTINGS["url"]


async def test_removing_what_is_not_there_is_done() -> None:
    async with world() as w:
        await w.client.remove_service(NAME)


async def test_a_setting_that_does_not_exist_is_refused_alone_and_passed_over_in_bulk() -> None:
    async with world() as w:
        await w.client.create_service(NAME)
        with pytest.raises(RemoteError) as caught:
            await w.client.write_service(NAME, {"no_such_thing": "x"})
        assert not caught.value.effect_unknown
        await w.client.write_service(NAME, {"url": "u", "no_such_thing": "x"})
        stored = await w.stored()
        assert stored.settings["url"] == "u"
        assert "no_such_thing" not in stored.settings


async def test_a_method_whose_name_has_a_slash() -> None:
    async with world() as w:
        documents = await w.rest.method("private-settings/get")
        assert any(document["_id"] == "Site_Url" and "valueSource" in document for document in documents)


@pytest.mark.parametrize("version", VERSIONS)
async def test_the_other_ways_to_sign_in_are_seen(version: str) -> None:
    async with world(version) as w:
        assert (await w.client.listed()).form is True
        assert await w.client.other_services_live(NAME) == frozenset()
        w.standin.settings.write("Accounts_ShowFormLogin", False)
        w.standin.settings.write("Accounts_OAuth_Github", True)
        w.standin.login_services.rewrite()
        assert (await w.client.listed()).form is False
        for _ in range(2):  # the two routes take turns
            await asyncio.sleep(0.03)
            assert await w.client.other_services_live(NAME) == frozenset({"github"})
        w.standin.settings.delete("Accounts_ShowFormLogin")
        assert (await w.client.listed()).form is None


@pytest.mark.parametrize("version", VERSIONS)
async def test_what_was_removed_and_made_again_has_its_values(version: str) -> None:
    async with world(version) as w:
        await w.client.create_service(NAME)
        before = await w.stored()
        await w.client.remove_service(NAME)
        await w.client.create_service(NAME)
        assert await w.stored() == before


async def test_the_marker_shows_the_moment() -> None:
    """By polls alone at a quick server: the spelling of the colour changes, and is seen soon after it is live."""
    async with world() as w:
        await w.client.create_service(NAME)
        await w.client.write_service(NAME, {**SETTINGS, "": True})
        await w.client.await_live(NAME, shows("#ffffff"), None, 5)
        marker = Marker("button_label_color", "#FFFFFF")
        await w.client.write_secret(NAME, new_secret(), marker, 0.2)
        seen = await w.client.await_marker(NAME, marker, 0.1, 5)
        became = max(e.at for e in w.standin.ledger if e.kind == "live")
        assert seen.by == "poll"
        assert 0 <= seen.at - became < 0.2
        assert seen.since <= became


@pytest.mark.parametrize("certain", [True, False], ids=["the button has it", "the button cannot be asked"])
async def test_of_the_modern_engine_the_button_is_looked_at_too(certain: bool) -> None:
    async with world("9.0", Switches(modules=frozenset({LICENCE_MODULE}))) as w:
        await w.client.create_service(NAME)
        await w.client.write_service(NAME, {**SETTINGS, "authorize_path": "/auth", "secret": new_secret(), "": True})
        await w.client.await_live(NAME, present, None, 5)
        marker = Marker("authorize_path", "/auth?settle=07")
        await w.client.write_secret(NAME, new_secret(), marker, 0.2)
        if not certain:
            w.standin.faults.add(Fault("GET", "/oauth/", status=429, times=None))
        seen = await w.client.await_marker(NAME, marker, 0.1, 5)
        assert seen.certain is certain
        assert await w.client.carries(NAME, marker) is (True if certain else None)
        w.standin.faults.clear()
        old = {"Location": "https://id.example/auth?settle=06&response_type=code&redirect_uri=x"}
        w.standin.faults.add(Fault("GET", "/oauth/", status=302, headers=old, times=None))
        with pytest.raises(NoAnswer, match="still uses the previous value"):
            await w.client.await_marker(NAME, marker, 0.1, 5)


async def test_nothing_becomes_live() -> None:
    async with world(settle=60) as w:
        await w.client.create_service(NAME)
        await w.client.write_service(NAME, {"": True})
        with pytest.raises(NoAnswer):
            await w.client.await_live(NAME, present, None, 0.5)


class TestServer:
    @pytest.mark.parametrize("version", [*VERSIONS, "9.0"])
    async def test_version_and_address(self, version: str) -> None:
        async with world(version) as w:
            server = await w.client.server()
            major, minor = version.split(".")
            assert server.profile.version == (int(major), int(minor))
            assert server.site_url == w.standin.url

    @pytest.mark.parametrize("modules", [frozenset[str](), frozenset({"oauth-enterprise"})])
    async def test_licence(self, modules: frozenset[str]) -> None:
        async with world("9.0", Switches(modules=modules)) as w:
            active = (await w.client.server()).profile.licence is Licence.ACTIVE
            assert active == bool(modules)

    async def test_9_without_the_module_refuses_to_create(self) -> None:
        async with world("9.0") as w:
            with pytest.raises(Forbidden, match="oauth-enterprise"):
                await w.client.create_service(NAME)

    async def test_slash(self) -> None:
        async with world() as w:
            assert not await w.client.facts.allowed()
            await w.client.facts.allow(True)
            assert await w.client.facts.allowed()

    async def test_public_settings(self) -> None:
        async with world() as w:
            public = await w.client.facts.public_settings("Site_Url", "Accounts_ShowFormLogin")
            assert public == {"Site_Url": w.standin.url, "Accounts_ShowFormLogin": True}

    async def test_the_account_and_what_it_may(self) -> None:
        async with world() as w:
            me = await w.client.facts.me()
            assert me.id == w.rest.user_id
            assert {"bot", "admin"} <= me.roles
            needed = {"add-oauth-service", "view-privileged-setting", "edit-privileged-setting"}
            assert needed <= await w.client.facts.permissions()


class TestSecondFactor:
    @pytest.mark.parametrize("version", VERSIONS)
    async def test_by_password_where_the_token_does_not_pass_it(self, version: str) -> None:
        async with world(version, Switches(pat_bypass=False)) as w:
            await w.client.create_service(NAME)
            await w.client.write_service(NAME, SETTINGS)
            assert (await w.stored()).settings["url"] == SETTINGS["url"]

    async def test_where_the_server_ignores_the_tokens_flag(self) -> None:
        async with world(switches=Switches(honour_pat_bypass=False)) as w:
            await w.client.create_service(NAME)

    @pytest.mark.parametrize(("twofa", "password"), [("totp", True), ("password", False)])
    async def test_needed_and_not_to_be_had(self, twofa: str, password: bool) -> None:
        switches = Switches(pat_bypass=False, twofa="totp" if twofa == "totp" else "password")
        async with world(switches=switches, password=password) as w:
            with pytest.raises(SecondFactorNeeded, match="two factor"):
                await w.client.create_service(NAME)
            assert await w.client.stored(NAME) is None


class TestRefusals:
    @pytest.mark.parametrize("version", ["8.8", "9.0"])
    async def test_a_wrong_token(self, version: str) -> None:
        async with world(version, token=new_secret()) as w:
            with pytest.raises(Unauthenticated, match="SSOBOT_ROCKETCHAT_TOKEN"):
                await w.client.stored(NAME)

    @pytest.mark.parametrize("version", ["8.8", "9.0"])
    async def test_an_ordinary_account(self, version: str) -> None:
        async with world(version, role="member") as w:
            with pytest.raises(Forbidden, match="view-privileged-setting"):
                await w.client.stored(NAME)
            with pytest.raises(Forbidden, match="add-oauth-service"):
                await w.client.create_service(NAME)

    async def test_ten_a_minute_without_the_right_to_pass(self) -> None:
        async with world(role="member") as w:
            for _ in range(10):
                await w.client.facts.me()
            with pytest.raises(Busy) as caught:
                await w.client.facts.me()
            assert 0 < caught.value.retry_after <= 61

    async def test_a_server_that_is_away(self) -> None:
        async with world() as w:
            await w.standin.stop()
            with pytest.raises(Unreachable):
                await w.client.stored(NAME)
            await w.standin.start()
            assert await w.client.stored(NAME) is None


class TestTheBudget:
    async def test_no_route_without_login_is_asked_more_than_eight_times(self) -> None:
        async with world() as w:
            for _ in range(12):
                await w.client.facts.version()
            with pytest.raises(NoAnswer):
                await w.client.await_live(NAME, present, None, 0.5)
            for _ in range(8):
                await w.client.facts.public_settings("Site_Url")
            with pytest.raises(Busy):
                await w.client.facts.public_settings("Site_Url")
            assert w.asked("/api/info") == 8
            assert w.asked("settings.public") == 8
            assert w.asked("settings.oauth") <= 8


class TestChat:
    async def room(self, w: World, name: str = "sso-admins") -> str:
        room = await w.chat.room(name)
        assert room is not None
        return room.id

    async def test_people(self) -> None:
        async with world() as w:
            admin, member = w.standin.person("admin"), w.standin.person("member")
            assert (await w.chat.person(admin.id)).roles == frozenset({"admin", "user"})
            assert (await w.chat.person(member.id)).roles == frozenset({"user"})
            with pytest.raises(Rejected):
                await w.chat.person("nobody")

    async def test_roles_are_not_shown_to_an_ordinary_account(self) -> None:
        async with world(role="member") as w:
            person = await w.chat.person(w.standin.person("admin").id)
            assert person.roles is None

    async def test_rooms(self) -> None:
        async with world() as w:
            room = await w.chat.room("#sso-admins")
            assert room is not None
            assert (room.name, room.type, room.encrypted) == ("sso-admins", "p", False)
            assert room.members == 4
            assert await w.chat.room(room.id) == room
            assert await w.chat.room("no-such-room") is None
            general = await w.chat.room("general")
            assert general is not None
            assert general.type == "c"

    async def test_a_message_sent_twice_is_there_once(self) -> None:
        async with world() as w:
            room_id, began = await self.room(w), w.standin.clock.now() - timedelta(seconds=1)
            await w.chat.post(Outgoing("own-1", room_id, "hello"))
            await w.chat.post(Outgoing("own-1", room_id, "hello"))
            mine = [m for m in await w.chat.since(room_id, began) if m.user_id == w.rest.user_id]
            assert [(m.id, m.text) for m in mine] == [("own-1", "hello")]

    async def test_an_id_in_another_room_is_not_ours(self) -> None:
        async with world() as w:
            await w.chat.post(Outgoing("own-1", await self.room(w), "hello"))
            with pytest.raises(RemoteError):
                await w.chat.post(Outgoing("own-1", await self.room(w, "general"), "hello"))

    async def test_a_message_is_edited_in_its_thread(self) -> None:
        async with world() as w:
            room_id, began = await self.room(w), w.standin.clock.now() - timedelta(seconds=1)
            await w.chat.post(Outgoing("head", room_id, "command"))
            await w.chat.post(Outgoing("own-1", room_id, "working", "head"))
            await w.chat.edit("own-1", room_id, "done")
            found = {m.id: m for m in await w.chat.since(room_id, began)}
            assert (found["own-1"].text, found["own-1"].thread_id, found["own-1"].edited) == ("done", "head", True)
            assert found["own-1"].caught_up

    async def test_editing_that_is_off(self) -> None:
        async with world(role="member") as w:
            room_id = await self.room(w)
            await w.chat.post(Outgoing("own-1", room_id, "working"))
            setting = w.standin.settings.find("Message_AllowEditing")
            assert setting is not None
            setting.value = False
            with pytest.raises((Forbidden, Rejected)):
                await w.chat.edit("own-1", room_id, "done")

    async def test_only_newer_ones(self) -> None:
        async with world() as w:
            room_id = await self.room(w)
            await w.chat.post(Outgoing("old", room_id, "old"))
            await asyncio.sleep(0.02)
            moment = w.standin.clock.now()
            await asyncio.sleep(0.02)
            await w.chat.post(Outgoing("new-1", room_id, "1"))
            await w.chat.post(Outgoing("new-2", room_id, "2"))
            assert [m.id for m in await w.chat.since(room_id, moment)] == ["new-1", "new-2"]

    @pytest.mark.parametrize(
        ("name", "route"), [("general", "channels"), ("sso-admins", "groups"), ("", "im")], ids=lambda name: name
    )
    async def test_from_the_history_where_there_is_nothing_else(self, name: str, route: str) -> None:
        async with world() as w:
            direct = w.standin.chat.direct(w.standin.person("admin").id, w.rest.user_id)
            room_id, began = await self.room(w, name or direct.id), w.standin.clock.now() - timedelta(seconds=1)
            await w.chat.post(Outgoing("own-1", room_id, "hello"))
            w.standin.faults.add(Fault("GET", "/api/v1/chat.syncMessages", status=404))
            assert "own-1" in {m.id for m in await w.chat.since(room_id, began)}
            assert w.asked(f"{route}.history") == 1

    async def test_direct_rooms(self) -> None:
        async with world() as w:
            assert await w.chat.direct_rooms() == ()
            direct = w.standin.chat.direct(w.standin.person("admin").id, w.rest.user_id)
            assert await w.chat.direct_rooms() == (direct.id,)

    async def test_no_preview_is_fetched_of_anything(self) -> None:
        async with world() as w:
            room_id, own = await self.room(w), w.standin.url
            for text in ("see [here](https://a.example)", f"see {own}/home", "see Rocket.Chat"):
                await w.chat.post(Outgoing("own-1", room_id, text))
                await w.chat.edit("own-1", room_id, f"{text}, now")
                assert not [url for url in w.standin.chat.messages["own-1"].urls if url["meta"]]

    async def test_many_messages_at_once_are_all_sent(self) -> None:
        """An account without the right to send many, five a second, is slowed down, not refused."""
        async with world(role="member") as w:
            room_id, began = await self.room(w), w.standin.clock.now() - timedelta(seconds=1)
            await asyncio.gather(*(w.chat.post(Outgoing(f"own-{n}", room_id, "x")) for n in range(6)))
            sent = {m.id for m in await w.chat.since(room_id, began)}
            assert {f"own-{n}" for n in range(6)} <= sent
            assert w.asked("chat.sendMessage") > 6

    async def test_reactions_are_seen(self) -> None:
        async with world() as w:
            await w.chat.post(Outgoing("own-1", await self.room(w), "hello"))
            assert await w.chat.reacted("own-1") == ()
            person = w.standin.person("admin")
            w.standin.chat.react(person.id, w.standin.chat.messages["own-1"], ":eyes:", None)
            assert await w.chat.reacted("own-1") == (person.username,)
            assert await w.chat.person_named(person.username) == await w.chat.person(person.id)


async def test_the_time_zone_of_the_workspace() -> None:
    async with world() as w:
        assert await w.client.facts.time_zone() is None
        for key, value in (("Default_Timezone_For_Reporting", "custom"), ("Default_Custom_Timezone", "Asia/Kolkata")):
            setting = w.standin.settings.find(key)
            assert setting is not None
            setting.value = value
        assert await w.client.facts.time_zone() == "Asia/Kolkata"
