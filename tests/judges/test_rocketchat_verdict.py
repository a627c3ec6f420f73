"""The judge itself: it passes the stand-in and the bot as they are, and names each fault that is planted in them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from bot.chatops.ports import Outgoing
from bot.clock import SystemClock
from bot.errors import RemoteError
from bot.rocketchat.chat import RestChat
from bot.rocketchat.rest import Rest
from bot.secret import Secret
from sandbox.faults import Fault
from sandbox.rocketchat.chat.messages import Message
from sandbox.rocketchat.chat.rooms import Room
from sandbox.rocketchat.people import User
from sandbox.rocketchat.permissions import Role
from sandbox.rocketchat.rate_limit import LimitVerdict
from sandbox.rocketchat.rest.api import Api
from sandbox.rocketchat.rest.route import RestResponse
from sandbox.rocketchat.standin import Switches
from tests.judges.rocketchat import recording, routes
from tests.judges.rocketchat.bending import bend, renamed
from tests.judges.rocketchat.verdict import Judge, Verdict, judge
from tests.support.rocket import Rocket, running

pytestmark = pytest.mark.needs("node")
Document = dict[str, Any]


@dataclass(frozen=True)
class Bench:
    """A stand-in, the bot's own client, and what they exchange."""

    rocket: Rocket
    rest: Rest
    exchanges: list[recording.Exchange]
    judge: Judge
    folder: Path

    async def talk(self) -> None:
        """The bot says something, changes it and reads it, and looks at the room and at people."""
        chat = RestChat(self.rest)
        await chat.post(Outgoing("chosen", self.rocket.room, "hello"))
        await chat.edit("chosen", self.rocket.room, "goodbye")
        await self.rest.get("chat.getMessage", msgId="chosen")
        await self.rest.get("rooms.info", roomId=self.rocket.room)
        await self.rest.get("users.list", count=10, offset=0)
        await self.rest.get("users.info", userId=self.rocket.user("bot").id)
        await self.rest.get("roles.list")
        await self.rest.get("settings.oauth")

    def verdict(self) -> Verdict:
        """On everything so far."""
        (self.folder / "record.jsonl").write_text(recording.lines(self.exchanges, [], "this test"))
        return self.judge.judge(self.folder)


@pytest.fixture(scope="module")
def official_judge() -> Iterator[Judge]:
    with judge() as found:
        yield found


@pytest.fixture
async def bench(tmp_path: Path, official_judge: Judge) -> AsyncIterator[Bench]:
    async with running(switches=Switches(open_routes_know_user=False)) as rocket:
        bot = rocket.standin.introduction.account("bot")
        rest = Rest(rocket.standin.url, bot.user_id, Secret(bot.token), clock=SystemClock())
        with recording.diverted() as exchanges:
            yield Bench(rocket, rest, exchanges, official_judge, tmp_path)
        rest.close()


async def test_nothing_is_refused_as_it_is(bench: Bench) -> None:
    await bench.talk()
    verdict = bench.verdict()
    assert verdict.refusals == ()
    assert verdict.requests["POST chat.update"] == {"sent": 1, "judged": 1}
    assert {"IMessage", "IRoom", "IUser", "IRole"} <= verdict.documents.keys()


@pytest.mark.parametrize(
    ("owner", "old", "new", "said"),
    [
        (Message, "rid", "roomId", "POST chat.sendMessage: IMessage in the answer"),
        (Room, "usersCount", "userCount", "GET rooms.info: IRoom in the answer"),
        (Role, "scope", "scopes", "GET roles.list: IRole in the answer"),
        (User, "createdAt", "created", "GET users.info: IUser in the answer"),
    ],
    ids=["message", "room", "role", "user"],
)
async def test_a_wrong_name_of_a_field_is_refused(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, owner: type, old: str, new: str, said: str
) -> None:
    bend(monkeypatch, owner, "full" if owner is User else "document", lambda document: renamed(document, old, new))
    await bench.talk()
    refusal = next(refusal for refusal in bench.verdict().refusals if refusal.startswith(said))
    assert f"must have required property '{old}'" in refusal
    assert f"({new})" in refusal


async def test_a_date_in_the_wrong_form_is_refused(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def in_milliseconds(document: Document) -> Document:
        moment = document["ts"]
        return document | {"ts": moment.timestamp() * 1000 if isinstance(moment, datetime) else moment}

    bend(monkeypatch, Message, "document", in_milliseconds)
    await bench.talk()
    assert any("IMessage in the answer /ts must be string" in refusal for refusal in bench.verdict().refusals)


async def test_a_missing_header_is_refused(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def without_the_end(headers: dict[str, str]) -> dict[str, str]:
        return {name: value for name, value in headers.items() if name != "X-RateLimit-Reset"}

    bend(monkeypatch, LimitVerdict, "headers", without_the_end)
    await bench.talk()
    [refusal] = bench.verdict().refusals
    assert refusal.startswith("GET settings.oauth: the 200 lacks x-ratelimit-reset ")


async def test_a_wrong_status_is_refused(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bend(monkeypatch, Api, "not_logged_in", lambda answer: RestResponse(200, answer.body))
    await bench.rocket.get("me", who=None)
    assert bench.verdict().refusals[0].startswith("GET me: the answer does not say success: true ")


async def test_a_refusal_with_a_foreign_field_is_refused(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bend(monkeypatch, Api, "not_logged_in", lambda answer: RestResponse(401, answer.body | {"hint": "log in"}))
    await bench.rocket.get("me", who=None)
    [refusal] = bench.verdict().refusals
    assert refusal.startswith("GET me: the 401 fails validateUnauthorizedErrorResponse: must NOT have additional")


async def test_a_request_with_one_more_field_is_refused(bench: Bench) -> None:
    body = {"roomId": bench.rocket.room, "msgId": "x", "text": "y", "extra": 1}
    with pytest.raises(RemoteError):
        await bench.rest.post("chat.update", body)
    [refusal] = bench.verdict().refusals
    assert refusal.startswith("POST chat.update: the request fails isChatUpdateProps: ")
    assert "(extra)" in refusal


async def test_a_query_with_one_more_parameter_is_refused(bench: Bench) -> None:
    with pytest.raises(RemoteError):
        await bench.rest.get("users.list", count=1, offset=0, extra=1)
    [refusal] = bench.verdict().refusals
    assert refusal.startswith("GET users.list: the request fails isUsersListParamsGET: ")


async def test_the_message_of_a_method_is_judged_too(bench: Bench) -> None:
    await bench.rest.post(
        "method.call/x", {"message": '{"msg": "method", "id": 1, "method": "rooms/get", "params": []}'}
    )
    assert bench.verdict().refusals == ()  # a number is turned into a text, as the server does
    await bench.rest.post("method.call/x", {"message": '{"msg": "method", "method": "rooms/get", "params": []}'})
    [refusal] = bench.verdict().refusals
    assert "fails isMethodCallProps: must have required property 'id'" in refusal


async def test_what_others_ask_is_not_judged(bench: Bench) -> None:
    await bench.rocket.post("chat.update", {"extra": 1})
    verdict = bench.verdict()
    assert (verdict.requests, verdict.refusals) == ({}, ())


async def test_what_a_fault_answers_is_not_judged(bench: Bench) -> None:
    bench.rocket.standin.faults.add(Fault("GET", "/api/v1/users.list", status=400, body='{"nonsense": true}'))
    with pytest.raises(RemoteError):
        await bench.rest.get("users.list", count=1, offset=0)
    verdict = bench.verdict()
    assert verdict.requests["GET users.list"] == {"sent": 1, "judged": 1}
    assert (verdict.documents, verdict.refusals) == ({}, ())


class TestRoutes:
    """What is said of routes after a whole run."""

    def verdict(self, *asked: str) -> Verdict:
        requests = {route: {"sent": 1, "judged": 1} for route in asked}
        return Verdict(requests, {}, (), frozenset({"GET a.covered", "GET b.covered"}), ("isUsersInfoParamsGetProps",))

    def faults(self, asked: list[str], used: list[str], listed: list[str]) -> list[str]:
        return self.verdict(*asked).faults_of_routes(used, listed)

    def test_nothing_where_all_is_well(self) -> None:
        both = ["GET a.covered", "GET x"]
        assert self.faults(both, both, ["GET x"]) == []

    def test_one_that_was_never_exercised(self) -> None:
        assert self.faults([], ["GET a.covered"], []) == ["GET a.covered is used by the bot, and was never exercised"]

    def test_one_that_the_code_does_not_show(self) -> None:
        assert self.faults(["GET a.covered"], [], []) == [
            "GET a.covered was asked by the bot, but cannot be found in its code"
        ]

    def test_one_without_a_schema_must_be_on_the_list(self) -> None:
        assert self.faults(["GET x"], ["GET x"], []) == ["GET x is covered by no schema, and not on the list"]

    def test_one_with_a_schema_must_not_be_on_the_list(self) -> None:
        both = ["GET a.covered"]
        assert self.faults(both, both, both) == ["GET a.covered is covered by a schema: take it off the list"]

    def test_one_that_is_not_used_must_not_be_on_the_list(self) -> None:
        assert self.faults([], [], ["GET x"]) == ["GET x is not used: take it off the list"]

    def test_one_whose_validator_has_appeared_must_not_be_on_the_list(self) -> None:
        both = ["GET users.info"]
        assert self.faults(both, both, both) == [
            "GET users.info has a validator now, it seems: isUsersInfoParamsGetProps"
        ]

    def test_the_table_counts_requests(self) -> None:
        verdict = Verdict(
            {"GET x": {"sent": 3, "judged": 0}, "GET ab": {"sent": 2, "judged": 2}}, {}, (), frozenset(), ()
        )
        assert verdict.table() == ["GET ab       2", "GET x        3 without a schema", "in answers: nothing"]


class TestUncoveredRoutes:
    """The list as it is, against the code and the packages as they are."""

    def test_it_is_exact(self, official_judge: Judge, tmp_path: Path) -> None:
        used = routes.used_routes()
        nothing = official_judge.judge(tmp_path)
        whole = replace(nothing, requests={route: {"sent": 1, "judged": 1} for route in used})
        assert whole.faults_of_routes(used, routes.uncovered_routes()) == []

    def test_it_has_not_grown(self) -> None:
        assert len(routes.uncovered_routes()) <= 11


class TestUsedRoutes:
    """Routes are found wherever the bot's code names them."""

    @pytest.mark.parametrize(
        "route",
        [
            "GET users.info",
            "GET settings/:_id",
            "GET settings.oauth",
            "GET groups.history",
            "GET /api/info",
            "POST settings.addCustomOAuth",
            "POST method.call/:method",
            "POST method.callAnon/:method",
        ],
    )
    def test_found(self, route: str) -> None:
        assert route in routes.used_routes()

    def test_an_unknown_method_of_the_library_is_named(self, tmp_path: Path) -> None:
        module = tmp_path / "module.py"
        module.write_text("rest.call(lambda api: api.rooms_delete('x'))")
        with pytest.raises(LookupError, match=r"module\.py calls rooms_delete"):
            list(routes.routes_in(module))
