"""What Rocket.Chat says of itself: whatever cannot be seen is Unknown, never a guess."""

from __future__ import annotations

from typing import Any

import pytest

from bot.clock import SystemClock
from bot.connection.ports import ServerInfo
from bot.connection.profile import MODERN_FLOW, Engine, Licence, profile
from bot.connection.unknown import Unknown
from bot.errors import BadAnswer, Busy, RouteAbsent
from bot.rocketchat.rate_budget import CALLS, RateBudget
from bot.rocketchat.rest import Rest
from bot.rocketchat.server import ZONE_KIND, ZONE_NAME, Me, ServerFacts, version_from
from tests.support.rocket_routes import ABSENT, FORBIDDEN, Reply, Routes, rocket

SLASH = "settings/Message_AllowUnrecognizedSlashCommand"


NO_SUCH_SETTING = (400, {"success": False})


def healthy(**replies: Reply) -> Routes:
    return Routes(
        {
            "GET info": {"version": "8.8"},
            f"GET settings/{MODERN_FLOW}": NO_SUCH_SETTING,
            "GET settings/Site_Url": {"_id": "Site_Url", "value": "https://chat.test/sub/"},
            "GET licenses.info": {"license": {"activeModules": ["oauth-enterprise", "auditing"]}},
            "GET me": {"_id": "bot-id", "username": "ssobot", "roles": ["bot", "sso-operator"]},
            **{f"GET {route.replace('__', '.')}": reply for route, reply in replies.items()},
        }
    )


def facts(rest: Rest) -> ServerFacts:
    return ServerFacts(rest, RateBudget(SystemClock()))


class TestServer:
    async def test_all_of_it(self) -> None:
        async with rocket(healthy()) as rest:
            server = await facts(rest).server()
        modules = frozenset({"oauth-enterprise", "auditing"})
        assert server == ServerInfo(profile=profile((8, 8), modules), site_url="https://chat.test/sub")

    async def test_no_licence_is_no_module(self) -> None:
        routes = healthy(info={"version": "9.0"}, licenses__info={"license": {"activeModules": []}})
        async with rocket(routes) as rest:
            assert (await facts(rest).server()).profile.licence is Licence.MISSING

    @pytest.mark.parametrize("reply", [FORBIDDEN, ABSENT, {}, {"license": {}}, {"license": {"activeModules": None}}])
    async def test_a_licence_that_cannot_be_seen(self, reply: Reply) -> None:
        async with rocket(healthy(info={"version": "9.0"}, licenses__info=reply)) as rest:
            licence = (await facts(rest).server()).profile.licence
        assert isinstance(licence, Unknown)
        assert "licenses.info" in licence.reason

    @pytest.mark.parametrize(
        ("version", "chosen", "engine"),
        [
            ("8.6", {"value": True}, Engine.LEGACY),
            ("8.7", {"value": True}, Engine.MODERN),
            ("8.9", {"value": False}, Engine.LEGACY),
            ("8.8", NO_SUCH_SETTING, Engine.LEGACY),
            ("9.0", NO_SUCH_SETTING, Engine.MODERN),
        ],
    )
    async def test_the_login_engine(self, version: str, chosen: Reply, engine: Engine) -> None:
        routes = healthy(info={"version": version}, **{f"settings/{MODERN_FLOW}": chosen})
        async with rocket(routes) as rest:
            assert (await facts(rest).server()).profile.engine is engine

    async def test_the_login_engine_is_asked_anew(self) -> None:
        """An administrator may choose another one while the bot runs."""
        routes = healthy(**{f"settings/{MODERN_FLOW}": {"value": False}})
        async with rocket(routes) as rest:
            asked = facts(rest)
            assert (await asked.profile()).engine is Engine.LEGACY
            routes.replies[f"GET settings/{MODERN_FLOW}"] = {"value": True}
            assert (await asked.profile()).engine is Engine.MODERN

    @pytest.mark.parametrize(
        "refusal", [FORBIDDEN, (401, {"success": False, "error": "You must be logged in to do this."})]
    )
    async def test_the_address_is_public_even_where_settings_may_not_be_read(self, refusal: Reply) -> None:
        routes = healthy(settings__public={"settings": [{"_id": "Site_Url", "value": "https://chat.test"}]})
        routes.replies["GET settings/Site_Url"] = refusal
        async with rocket(routes) as rest:
            assert (await facts(rest).server()).site_url == "https://chat.test"

    async def test_an_address_that_cannot_be_read_is_an_error(self) -> None:
        routes = healthy()
        routes.replies["GET settings/Site_Url"] = FORBIDDEN
        async with rocket(routes) as rest:
            with pytest.raises(RouteAbsent, match=r"settings\.public"):
                await facts(rest).server()


class TestVersion:
    @pytest.mark.parametrize(
        ("answer", "version"),
        [
            ({"version": "8.8"}, (8, 8)),
            ({"version": "8.8.1"}, (8, 8)),
            ({"version": "9.0.0-rc.1"}, (9, 0)),
            ({"version": "7.10.3+build"}, (7, 10)),
            ({"info": {"version": "8.6.2"}}, (8, 6)),
            ({"version": None, "info": {"version": "8.6.2"}}, (8, 6)),
        ],
    )
    def test_spellings(self, answer: dict[str, Any], version: tuple[int, int]) -> None:
        assert version_from(answer) == version

    @pytest.mark.parametrize("answer", [{}, {"version": "8"}, {"version": "develop"}, {"info": []}, {"version": 8.8}])
    def test_no_version_is_not_rocketchat(self, answer: dict[str, Any]) -> None:
        with pytest.raises(BadAnswer, match="SSOBOT_ROCKETCHAT_URL"):
            version_from(answer)

    async def test_beyond_the_budget_the_last_answer_counts(self) -> None:
        routes = healthy()
        async with rocket(routes) as rest:
            server = facts(rest)
            assert [await server.version() for _ in range(CALLS + 2)] == [(8, 8)] * (CALLS + 2)
        assert len(routes.of("GET info")) == CALLS

    async def test_beyond_the_budget_without_any_answer(self) -> None:
        routes = healthy()
        async with rocket(routes) as rest:
            server = facts(rest)
            while server.budget.take("info"):
                pass
            with pytest.raises(Busy):
                await server.version()
        assert routes.asked == []


class TestSettings:
    @pytest.mark.parametrize(("value", "allowed"), [(True, True), (False, False), ("true", False), (None, False)])
    async def test_slash(self, value: object, allowed: bool) -> None:
        async with rocket(Routes({f"GET {SLASH}": {"value": value}})) as rest:
            assert await facts(rest).allowed() is allowed

    @pytest.mark.parametrize("on", [True, False])
    async def test_allowing_slash(self, on: bool) -> None:
        routes = Routes({f"POST {SLASH}": {}})
        async with rocket(routes) as rest:
            await facts(rest).allow(on)
        assert routes.asked[0].body == {"value": on}

    async def test_public_ones(self) -> None:
        reply = {"settings": [{"_id": "A", "value": True}, {"_id": "B", "value": 3}, {"_id": "Z", "value": ""}]}
        routes = Routes({"GET settings.public": reply})
        async with rocket(routes) as rest:
            assert await facts(rest).public_settings("A", "B", "C") == {"A": True, "B": "3"}
        assert routes.asked[0].query == {"_id": "A,B,C"}

    async def test_public_ones_have_a_budget(self) -> None:
        routes = Routes({"GET settings.public": {"settings": []}})
        async with rocket(routes) as rest:
            server = facts(rest)
            for _ in range(CALLS):
                await server.public_settings("A")
            with pytest.raises(Busy):
                await server.public_settings("A")
        assert len(routes.asked) == CALLS


class TestTheAccount:
    async def test_me(self) -> None:
        async with rocket(healthy()) as rest:
            assert await facts(rest).me() == Me("bot-id", "ssobot", frozenset({"bot", "sso-operator"}))

    async def test_permissions(self) -> None:
        update = [
            {"_id": "add-oauth-service", "roles": ["admin", "sso-operator"]},
            {"_id": "api-bypass-rate-limit", "roles": ["admin", "bot", "app"]},
            {"_id": "manage-apps", "roles": ["admin"]},
            {"_id": "empty", "roles": []},
            {"_id": "odd"},
            None,
        ]
        async with rocket(healthy(permissions__listAll={"update": update, "remove": []})) as rest:
            assert await facts(rest).permissions() == {"add-oauth-service", "api-bypass-rate-limit"}

    @pytest.mark.parametrize("odd", [{}, {"_id": "x"}, {"_id": 3, "roles": []}])
    async def test_an_odd_me(self, odd: dict[str, Any]) -> None:
        async with rocket(healthy(me=odd)) as rest:
            with pytest.raises(BadAnswer):
                await facts(rest).me()


class TestTimeZone:
    """facts/rocketchat.md §17."""

    @staticmethod
    def routes(kind: Reply, name: Reply) -> Routes:
        return Routes({f"GET settings/{ZONE_KIND}": kind, f"GET settings/{ZONE_NAME}": name})

    async def zone(self, kind: Reply, name: Reply) -> str | None:
        async with rocket(self.routes(kind, name)) as rest:
            return await facts(rest).time_zone()

    async def test_a_custom_one(self) -> None:
        assert await self.zone({"value": "custom"}, {"value": "Europe/Madrid"}) == "Europe/Madrid"

    @pytest.mark.parametrize("kind", ["server", "user", "", None, 7])
    async def test_another_kind_names_none(self, kind: object) -> None:
        assert await self.zone({"value": kind}, {"value": "Europe/Madrid"}) is None

    @pytest.mark.parametrize("name", ["", "Europe/Nowhere", "../etc/passwd", None, 7, ["UTC"]])
    async def test_a_name_that_is_not_known_here_is_none(self, name: object) -> None:
        assert await self.zone({"value": "custom"}, {"value": name}) is None

    @pytest.mark.parametrize("refusal", [FORBIDDEN, NO_SUCH_SETTING, ABSENT, (502, {})])
    async def test_what_cannot_be_asked_is_none(self, refusal: Reply) -> None:
        assert await self.zone(refusal, {"value": "UTC"}) is None
        assert await self.zone({"value": "custom"}, refusal) is None
