"""The stored services, read and written at servers of several ages."""

from __future__ import annotations

from typing import Any

import pytest

from bot.clock import SystemClock
from bot.connection.accounts import APPROVAL, BY_SERVICES, DOMAINS, Registration
from bot.connection.defaults import DEFAULTS
from bot.connection.profile import MODERN_FLOW, Edition, Engine
from bot.connection.state import ServiceName
from bot.connection.unknown import Unknown
from bot.errors import BadAnswer, Forbidden, Rejected
from bot.rocketchat.names import setting_id
from bot.rocketchat.quiet import Quiet
from bot.rocketchat.rest import Rest
from bot.rocketchat.services import MOST_SERVICES, Services, read_setting
from bot.secret import Secret, new_secret
from tests.support.rocket_routes import BARE_FAILURE, FORBIDDEN, Asked, Body, Routes, method_result, rocket

NAME = ServiceName("Encvoy ID", "Encvoyid")
K = "Accounts_OAuth_Custom-Encvoyid"


def services_of(rest: Rest) -> Services:
    return Services(rest, Quiet(SystemClock()))


def documents(**values: Any) -> list[Body]:
    """As they are listed, of each a few fields (facts/rocketchat.md §2.3). `_` stands for the switch; a value that is
    None isn't there."""
    ours = [{"_id": setting_id("Encvoyid", k.strip("_") and k), "value": v} for k, v in values.items()]
    listed: list[Body] = [{"_id": "Site_Url", "value": "https://chat.test"}, {"_id": "X", "value": 3}, *ours]
    return [{name: value for name, value in document.items() if value is not None} for document in listed]


EVERY: dict[str, Any] = {suffix or "_": value for suffix, value in DEFAULTS.items()}
SIGHT = "GET settings/Accounts_OAuth_Custom-Ssobot"
"""What is asked where the list alone doesn't prove that private settings are shown."""


def seeing(replies: dict[str, Any]) -> Routes:
    """Routes of a server that shows the bot everything."""
    return Routes({SIGHT: BARE_FAILURE, **replies})


def listing(*pages: list[Body], total: int | None = None) -> Body:
    return {"settings": pages[0], "total": len(pages[0]) if total is None else total, "count": 0, "offset": 0}


class TestForced:
    METHOD = "POST method.call/private-settings:get"

    @pytest.mark.parametrize(
        ("marks", "forced"),
        [
            ({"valueSource": "processEnvValue", "processEnvValue": "/x"}, {"token_path": "/x"}),
            ({"valueSource": "packageValue", "packageValue": "/x"}, {}),
            ({"valueSource": "settingValue", "processEnvValue": "/x"}, {}),
            ({}, {}),
        ],
    )
    async def test_only_what_the_environment_forces(self, marks: Body, forced: Body) -> None:
        rows = [{"_id": f"{K}-token_path", "value": "/x", **marks}, {"_id": "X", "value": 1, **marks}, "odd"]
        async with rocket(Routes({self.METHOD: method_result(rows)})) as rest:
            assert await services_of(rest).forced(NAME) == forced

    @pytest.mark.parametrize("answer", [FORBIDDEN, (404, {"success": False}), method_result({"update": []})])
    async def test_where_it_is_not_told_it_is_not_known(self, answer: Any) -> None:
        async with rocket(Routes({self.METHOD: answer})) as rest:
            assert isinstance(await services_of(rest).forced(NAME), Unknown)


class TestReading:
    async def test_one_request(self) -> None:
        routes = Routes({"GET settings": listing(documents(_=True, url="https://id.test", secret="s3"))})
        async with rocket(routes) as rest:
            service = await services_of(rest).stored(NAME)
        assert service is not None
        assert (service.enabled, service.secret, service.settings["url"]) == (True, Secret("s3"), "https://id.test")
        assert [a.query for a in routes.asked] == [{"count": "0", "offset": "0"}]

    async def test_absent(self) -> None:
        async with rocket(seeing({"GET settings": listing(documents())})) as rest:
            assert await services_of(rest).stored(NAME) is None
            assert (await services_of(rest).listed()).services == ()

    @pytest.mark.parametrize(
        ("values", "registration"),
        [
            ({BY_SERVICES: False, APPROVAL: True, DOMAINS: "a.example"}, Registration(False, True, "a.example")),
            ({BY_SERVICES: "false", APPROVAL: None, DOMAINS: 7}, Registration()),
            ({}, Registration()),
        ],
    )
    async def test_who_may_register(self, values: Body, registration: Registration) -> None:
        rows = [{"_id": setting, "value": value} for setting, value in values.items()]
        async with rocket(seeing({"GET settings": listing(rows)})) as rest:
            assert (await services_of(rest).listed()).registration == registration

    @pytest.mark.parametrize(
        ("version", "value", "engine"),
        [
            ((8, 6), True, Engine.LEGACY),
            ((8, 7), True, Engine.MODERN),
            ((8, 9), False, Engine.LEGACY),
            ((8, 8), "true", Engine.LEGACY),
            ((8, 8), None, Engine.LEGACY),
            ((9, 0), None, Engine.MODERN),
        ],
    )
    async def test_the_list_tells_the_login_engine(
        self, version: tuple[int, int], value: object, engine: Engine
    ) -> None:
        rows = documents(_=True, secret="s3") + ([] if value is None else [{"_id": MODERN_FLOW, "value": value}])
        async with rocket(Routes({"GET settings": listing(rows)})) as rest:
            listed = await services_of(rest).listed()
        assert listed.profile(Edition(version, frozenset())).engine is engine

    @pytest.mark.parametrize(("value", "address"), [("https://chat.test/sub/", "https://chat.test/sub"), (None, "")])
    async def test_the_list_tells_the_address(self, value: object, address: str) -> None:
        async with rocket(seeing({"GET settings": listing([{"_id": "Site_Url", "value": value}])})) as rest:
            listed = await services_of(rest).listed()
        assert listed.server(Edition((8, 8), frozenset())).site_url == address

    @pytest.mark.parametrize(("value", "shown"), [("[a-z]+", "[a-z]+"), ("", ""), (None, None), (7, None)])
    async def test_the_list_tells_which_user_names_are_allowed(self, value: object, shown: str | None) -> None:
        rows = [{"_id": "UTF8_User_Names_Validation", "value": value}]
        async with rocket(seeing({"GET settings": listing(rows)})) as rest:
            assert (await services_of(rest).listed()).user_names == shown

    async def test_one_list_holds_every_service(self) -> None:
        rows = [*documents(_=True, secret="s3"), {"_id": "Accounts_OAuth_Custom-Other", "value": False}]
        async with rocket(Routes({"GET settings": listing(rows)})) as rest:
            listed = await services_of(rest).listed()
        assert [service.key for service in listed.services] == ["Encvoyid", "Other"]
        assert listed.service(NAME) == listed.services[0]
        assert listed.service(ServiceName("Third", "Third")) is None

    async def test_a_capped_server_is_walked_by_total(self) -> None:
        everything = documents(_=True, **{f"s{chr(97 + i)}": str(i) for i in range(20)})

        def page(asked: Asked) -> Body:
            start = int(asked.query["offset"])
            return listing(everything[start : start + 7], total=len(everything))

        routes = seeing({"GET settings": page})
        async with rocket(routes) as rest:
            service = await services_of(rest).stored(NAME)
        assert service is not None
        assert len(service.settings) == 20 + 1
        assert [a.query["offset"] for a in routes.of("GET settings")] == ["0", "7", "14", "21"]

    async def test_a_total_that_is_never_reached_ends(self) -> None:
        routes = seeing({"GET settings": [listing(documents(), total=99), listing([], total=99)]})
        async with rocket(routes) as rest:
            assert (await services_of(rest).listed()).services == ()
        assert len(routes.of("GET settings")) == 2

    @pytest.mark.parametrize("marked", [True, False])
    async def test_a_list_without_the_private_ones_is_not_taken_for_absence(self, marked: bool) -> None:
        listed: Body = {"_id": "Site_Url", "value": "https://chat.test"} | ({"public": True} if marked else {})
        async with rocket(Routes({"GET settings": listing([listed]), SIGHT: FORBIDDEN})) as rest:
            with pytest.raises(Forbidden, match="view-privileged-setting"):
                await services_of(rest).stored(NAME)

    async def test_a_secret_in_the_list_proves_the_sight(self) -> None:
        routes = Routes({"GET settings": listing(documents(_=True, secret="s3"))})
        async with rocket(routes) as rest:
            await services_of(rest).listed()
        assert [a.route for a in routes.asked] == ["GET settings"]

    async def test_a_service_without_values_is_there_and_says_which(self) -> None:
        routes = Routes({"GET settings": listing(documents(_=None, url=None, secret=None, scope="openid"))})
        async with rocket(routes) as rest:
            service = await services_of(rest).stored(NAME)
        assert service is not None
        assert service.without_value == {"", "url", "secret"}
        assert (service.enabled, service.secret, service.settings["url"]) == (False, Secret(""), "")

    @pytest.mark.parametrize("fresh", [True, False])
    async def test_a_list_without_end_is_not_taken_for_the_whole(self, fresh: bool) -> None:
        def page(asked: Asked) -> Body:
            start = int(asked.query["offset"]) if fresh else 0
            return listing([{"_id": f"s{start + at}"} for at in range(50)], total=10**9)

        routes = Routes({"GET settings": page})
        async with rocket(routes) as rest:
            with pytest.raises(BadAnswer, match="is endless"):
                await services_of(rest).listed()
        assert len(routes.asked) == (100 if fresh else 2)

    @pytest.mark.parametrize(
        "odd",
        [
            {},
            {"settings": None, "total": 1},
            {"settings": []},
            {"settings": [{}], "total": True},
            {"settings": [{}], "total": 0},
        ],
    )
    async def test_an_odd_list_is_no_answer_of_rocketchat(self, odd: Body) -> None:
        async with rocket(Routes({"GET settings": odd})) as rest:
            with pytest.raises(BadAnswer):
                await services_of(rest).stored(NAME)

    async def test_more_services_than_anybody_has_are_not_looked_at(self) -> None:
        many = [{"_id": f"Accounts_OAuth_Custom-X{number}-secret", "value": ""} for number in range(MOST_SERVICES + 1)]
        routes = Routes({"GET settings": {"settings": many, "total": len(many)}})
        async with rocket(routes) as rest:
            with pytest.raises(BadAnswer, match="an implausible number of Custom OAuth services"):
                await Services(rest, Quiet(SystemClock())).listed()

    async def test_one_setting(self) -> None:
        async with rocket(Routes({"GET settings/Site_Url": {"_id": "Site_Url", "value": "https://c"}})) as rest:
            assert await read_setting(rest, "Site_Url") == "https://c"


class TestWriting:
    async def test_at_once_and_in_order(self) -> None:
        routes = Routes({"POST settings": {}})
        secret = new_secret()
        async with rocket(routes) as rest:
            await services_of(rest).write_service(NAME, {"url": "u", "merge_users": True, "secret": secret, "": True})
        assert [a.body for a in routes.asked] == [
            {
                "settings": [
                    {"_id": f"{K}-url", "value": "u"},
                    {"_id": f"{K}-merge_users", "value": True},
                    {"_id": f"{K}-secret", "value": secret.reveal()},
                    {"_id": K, "value": True},
                ]
            }
        ]

    async def test_a_single_setting_by_itself(self) -> None:
        routes = Routes({f"POST settings/{K}": {}})
        async with rocket(routes) as rest:
            await services_of(rest).write_service(NAME, {"": False})
        assert [(a.route, a.body) for a in routes.asked] == [(f"POST settings/{K}", {"value": False})]

    @pytest.mark.parametrize("status", [404, 405])
    async def test_one_by_one_before_8_6(self, status: int) -> None:
        routes = Routes(
            {
                "POST settings": (status, {"success": False}),
                f"POST settings/{K}-url": {},
                f"POST settings/{K}-scope": {},
                f"POST settings/{K}": {},
            }
        )
        async with rocket(routes) as rest:
            services = services_of(rest)
            await services.write_service(NAME, {"url": "u", "scope": "openid", "": True})
            await services.write_service(NAME, {"scope": "openid", "url": "u"})
        assert [a.route.removeprefix("POST settings") for a in routes.asked] == [
            "",
            f"/{K}-url",
            f"/{K}-scope",
            f"/{K}",
            "",
            f"/{K}-scope",
            f"/{K}-url",
        ]

    async def test_what_is_absent_and_means_the_same_is_left_out(self) -> None:
        def write(asked: Asked) -> Body | tuple[int, Body]:
            ids = [item["_id"] for item in asked.body["settings"]]
            return BARE_FAILURE if f"{K}-merge_users_distinct_services" in ids else {}

        routes = seeing({"POST settings": write, "GET settings": listing(documents(_=True, url="", scope=""))})
        async with rocket(routes) as rest:
            await services_of(rest).write_service(
                NAME, {"url": "u", "merge_users_distinct_services": False, "scope": "s"}
            )
        written = [item["_id"] for item in routes.of("POST settings")[-1].body["settings"]]
        assert written == [f"{K}-url", f"{K}-scope"]

    @pytest.mark.parametrize(("wanted", "asked"), [(True, 1), (False, 0)])
    async def test_what_a_bulk_write_passes_over_is_not_called_written(self, wanted: bool, asked: int) -> None:
        """An unknown id gets a good answer (facts/rocketchat.md §2.4), and is looked for where it matters."""
        values: dict[str, str | bool] = {"url": "u", "merge_users_distinct_services": wanted}
        routes = seeing({"POST settings": {}, "GET settings": listing(documents(_=True, url="", secret=""))})
        async with rocket(routes) as rest:
            if wanted:
                with pytest.raises(Rejected, match="no setting merge_users_distinct_services"):
                    await services_of(rest).write_service(NAME, values)
            else:
                await services_of(rest).write_service(NAME, values)
        assert bool(routes.of("GET settings")) == bool(asked)

    async def test_what_is_absent_and_alone_is_not_written(self) -> None:
        routes = seeing({"GET settings": listing(documents(_=True))})
        routes.replies[f"POST settings/{K}-merge_users_distinct_services"] = BARE_FAILURE
        async with rocket(routes) as rest:
            await services_of(rest).write_service(NAME, {"merge_users_distinct_services": False})
        assert len(routes.of(f"POST settings/{K}-merge_users_distinct_services")) == 1

    @pytest.mark.parametrize("values", [{"merge_users_distinct_services": True}, {"no_such_thing": ""}])
    async def test_anything_else_absent_is_refused(self, values: dict[str, str | bool]) -> None:
        routes = seeing({"GET settings": listing(documents(_=True, url=""))})
        routes.replies |= {f"POST settings/{K}-{suffix}": BARE_FAILURE for suffix in values}
        async with rocket(routes) as rest:
            with pytest.raises(Rejected):
                await services_of(rest).write_service(NAME, values)

    async def test_a_refused_secret_is_not_in_the_error(self) -> None:
        secret = new_secret()
        failure = (400, {"success": False, "error": f"bad {secret.reveal()}", "errorType": secret.reveal()})
        routes = Routes({"POST settings": failure, "GET settings": listing(documents(secret="", url=""))})
        async with rocket(routes) as rest:
            with pytest.raises(Rejected) as caught:
                await services_of(rest).write_service(NAME, {"secret": secret, "url": ""})
        assert secret.reveal() not in caught.value.text


class TestCreatingAndRemoving:
    async def test_creating(self) -> None:
        made = listing(documents(**EVERY))
        routes = Routes({"POST settings.addCustomOAuth": {}, "GET settings": made})
        async with rocket(routes) as rest:
            await services_of(rest).create_service(NAME)
        assert routes.asked[0].body == {"name": "Encvoyid"}
        assert [a.route for a in routes.asked] == ["POST settings.addCustomOAuth", "GET settings"]

    async def test_what_was_made_without_a_value_gets_the_servers_default(self) -> None:
        some = {"_": None, "secret": None, "scope": "mine", "show_button": None, "of_a_later_version": None}
        made = listing(documents(**{**EVERY, **some}))
        routes = Routes({"POST settings.addCustomOAuth": {}, "GET settings": made, "POST settings": {}})
        async with rocket(routes) as rest:
            await services_of(rest).create_service(NAME)
        [written] = routes.of("POST settings")
        assert {item["_id"]: item["value"] for item in written.body["settings"]} == {
            K: False,
            f"{K}-secret": "",
            f"{K}-show_button": True,
        }

    async def test_what_was_not_made_is_asked_for_again(self) -> None:
        """A server that has not noticed yet that it was removed makes nothing in its place."""
        partly = listing(documents(_=False, secret=""))
        routes = Routes({"POST settings.addCustomOAuth": {}, "GET settings": [partly, listing(documents(**EVERY))]})
        async with rocket(routes) as rest:
            await services_of(rest).create_service(NAME)
        assert len(routes.of("POST settings.addCustomOAuth")) == 2

    async def test_creating_without_permission(self) -> None:
        async with rocket(Routes({"POST settings.addCustomOAuth": FORBIDDEN})) as rest:
            with pytest.raises(Forbidden, match="add-oauth-service"):
                await services_of(rest).create_service(NAME)

    async def test_removing(self) -> None:
        routes = Routes({"POST settings.removeCustomOAuth": {}})
        async with rocket(routes) as rest:
            await services_of(rest).remove_service(NAME)
        assert routes.asked[0].body == {"name": "Encvoyid"}

    async def test_removing_before_8_7(self) -> None:
        routes = Routes({"POST method.call/removeOAuthService": method_result(None)})
        async with rocket(routes) as rest:
            await services_of(rest).remove_service(NAME)
        assert '"params": ["Encvoyid"]' in routes.asked[1].body["message"]

    async def test_removing_what_is_not_there_is_done(self) -> None:
        routes = seeing({"POST settings.removeCustomOAuth": BARE_FAILURE, "GET settings": listing(documents())})
        async with rocket(routes) as rest:
            await services_of(rest).remove_service(NAME)
        assert len(routes.of("GET settings")) == 1

    async def test_removing_what_stays_is_refused(self) -> None:
        routes = seeing({"POST settings.removeCustomOAuth": BARE_FAILURE, "GET settings": listing(documents(_=False))})
        async with rocket(routes) as rest:
            with pytest.raises(Rejected):
                await services_of(rest).remove_service(NAME)
