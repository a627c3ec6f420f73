"""The chat over REST: what is asked, what is believed, and when a message counts as sent."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.bounds import MAX_BODY, MAX_VALUES
from bot.chatops.ports import Outgoing, Person, Room
from bot.errors import BadAnswer, Forbidden, NoAnswer, Rejected, RemoteError
from bot.rocketchat.chat import MOST_PAGES, RestChat
from tests.support.rocket_routes import ABSENT, BARE_FAILURE, BOT_ID, FORBIDDEN, Asked, Body, Reply, Routes, rocket

MOMENT = datetime(2026, 11, 24, 10, tzinfo=UTC)
FULL = {"_id": "u1", "username": "ada", "roles": ["user", "admin"], "active": True, "type": "user"}


def document(number: int, **over: Any) -> Body:
    ts = (MOMENT + timedelta(seconds=number)).isoformat().replace("+00:00", "Z")
    return {"_id": f"m{number}", "rid": "r1", "msg": str(number), "ts": ts, "u": {"_id": "u1", "username": "a"}, **over}


class TestPerson:
    async def test_an_administrator(self) -> None:
        routes = Routes({"GET users.info": {"user": FULL}})
        async with rocket(routes) as rest:
            person = await RestChat(rest).person("u1")
        assert person == Person("u1", "ada", frozenset({"user", "admin"}), active=True, type="user")
        assert routes.asked[0].query == {"userId": "u1"}

    @pytest.mark.parametrize("roles", [None, "admin", {"admin": True}])
    async def test_without_a_list_of_roles_nothing_is_known(self, roles: object) -> None:
        async with rocket(Routes({"GET users.info": {"user": {**FULL, "roles": roles}}})) as rest:
            assert (await RestChat(rest).person("u1")).roles is None

    @pytest.mark.parametrize("active", [False, None, "true", 1, ...])
    async def test_only_who_is_said_to_be_active_is(self, active: object) -> None:
        user = {name: value for name, value in {**FULL, "active": active}.items() if value is not ...}
        async with rocket(Routes({"GET users.info": {"user": user}})) as rest:
            assert not (await RestChat(rest).person("u1")).active

    async def test_somebody_else_is_not_believed(self) -> None:
        async with rocket(Routes({"GET users.info": {"user": FULL}})) as rest:
            with pytest.raises(BadAnswer):
                await RestChat(rest).person("u2")

    async def test_nobody(self) -> None:
        async with rocket(Routes({"GET users.info": BARE_FAILURE})) as rest:
            with pytest.raises(Rejected):
                await RestChat(rest).person("u1")


class TestRoom:
    ROOM: Body = {"_id": "r1", "name": "sso-admins", "t": "p", "usersCount": 4, "encrypted": True}  # noqa: RUF012

    async def test_by_id(self) -> None:
        routes = Routes({"GET rooms.info": {"room": self.ROOM}})
        async with rocket(routes) as rest:
            assert await RestChat(rest).room("r1") == Room("r1", "sso-admins", "p", encrypted=True, members=4)
        assert routes.asked[0].query == {"roomId": "r1"}

    @pytest.mark.parametrize("refusal", [BARE_FAILURE, FORBIDDEN])
    async def test_by_name(self, refusal: Reply) -> None:
        routes = Routes({"GET rooms.info": [refusal, {"room": self.ROOM}]})
        async with rocket(routes) as rest:
            room = await RestChat(rest).room(" #sso-admins ")
        assert room is not None
        assert routes.asked[1].query == {"roomName": "sso-admins"}

    @pytest.mark.parametrize("refusal", [BARE_FAILURE, FORBIDDEN])
    async def test_none(self, refusal: Reply) -> None:
        async with rocket(Routes({"GET rooms.info": refusal})) as rest:
            assert await RestChat(rest).room("r1") is None

    @pytest.mark.parametrize(
        ("said", "members"), [({"usersCount": 2}, 2), ({"uids": ["a", "b", "c"]}, 3), ({}, 0), ({"usersCount": "2"}, 0)]
    )
    async def test_a_room_that_does_not_say_how_many_are_in_it_has_none(self, said: Body, members: int) -> None:
        async with rocket(Routes({"GET rooms.info": {"room": {"_id": "r1", "t": "d", **said}}})) as rest:
            room = await RestChat(rest).room("r1")
        assert room is not None
        assert room.members == members

    async def test_the_unencrypted_and_nameless(self) -> None:
        async with rocket(Routes({"GET rooms.info": {"room": {"_id": "d1", "t": "d"}}})) as rest:
            assert await RestChat(rest).room("d1") == Room("d1", "", "d", encrypted=False, members=0)

    @pytest.mark.parametrize(
        ("subscription", "there"),
        [({"subscription": {"rid": "r1"}}, True), ({"subscription": None}, False), (ABSENT, True), (FORBIDDEN, True)],
    )
    async def test_a_public_room_that_the_bot_did_not_join(self, subscription: Reply, there: bool) -> None:
        replies: dict[str, Any] = {"GET rooms.info": {"room": {**self.ROOM, "t": "c"}}}
        async with rocket(Routes({**replies, "GET subscriptions.getOne": subscription})) as rest:
            assert (await RestChat(rest).room("r1") is not None) is there

    async def test_an_error_of_the_server_is_not_absence(self) -> None:
        async with rocket(Routes({"GET rooms.info": (500, {"success": False})})) as rest:
            with pytest.raises(RemoteError):
                await RestChat(rest).room("r1")


class TestPosting:
    def there(self, **over: Any) -> Body:
        return {"message": document(1, _id="own1", u={"_id": BOT_ID, "username": "ssobot"}, **over)}

    async def test_with_an_own_id(self) -> None:
        routes = Routes({"POST chat.sendMessage": {"message": {}}})
        async with rocket(routes) as rest:
            await RestChat(rest).post(Outgoing("own1", "r1", "hello"))
            await RestChat(rest).post(Outgoing("own2", "r1", "in a thread", "m1"))
        assert [a.body for a in routes.asked] == [
            {"message": {"_id": "own1", "rid": "r1", "msg": "hello"}, "previewUrls": []},
            {"message": {"_id": "own2", "rid": "r1", "msg": "in a thread", "tmid": "m1"}, "previewUrls": []},
        ]

    @pytest.mark.parametrize("failure", [BARE_FAILURE, (500, {"success": False}), (504, {})])
    async def test_what_is_there_is_sent(self, failure: Reply) -> None:
        routes = Routes({"POST chat.sendMessage": failure, "GET chat.getMessage": self.there()})
        async with rocket(routes) as rest:
            await RestChat(rest).post(Outgoing("own1", "r1", "hello"))
        assert routes.asked[1].query == {"msgId": "own1"}

    @pytest.mark.parametrize(
        "found",
        [
            BARE_FAILURE,
            (500, {}),
            {},
            {"message": None},
            {"message": document(1, _id="own1", rid="r2", u={"_id": BOT_ID})},
            {"message": document(1, _id="own1", u={"_id": "somebody"})},
        ],
    )
    async def test_what_is_not_there_is_not(self, found: Reply) -> None:
        routes = Routes({"POST chat.sendMessage": (504, {}), "GET chat.getMessage": found})
        async with rocket(routes) as rest:
            with pytest.raises(NoAnswer):
                await RestChat(rest).post(Outgoing("own1", "r1", "hello"))

    async def test_an_old_servers_quiet_refusal_is_one(self) -> None:
        routes = Routes({"POST chat.sendMessage": {"message": False}, "GET chat.getMessage": BARE_FAILURE})
        async with rocket(routes) as rest:
            with pytest.raises(Rejected):
                await RestChat(rest).post(Outgoing("own1", "r1", "hello"))

    @pytest.mark.parametrize(
        ("reply", "room", "text"),
        [
            ({"message": document(1, _id="own1", msg="hello", u={"_id": BOT_ID})}, "r1", "hello"),
            ({"message": document(1, _id="own1", u={"_id": "somebody"})}, None, None),
            (BARE_FAILURE, None, None),
            (FORBIDDEN, None, None),
        ],
    )
    async def test_where_an_own_message_stands(self, reply: Reply, room: str | None, text: str | None) -> None:
        async with rocket(Routes({"GET chat.getMessage": reply})) as rest:
            chat = RestChat(rest)
            assert (await chat.room_of("own1"), await chat.text_of("own1")) == (room, text)

    async def test_where_it_stands_may_be_untold(self) -> None:
        async with rocket(Routes({"GET chat.getMessage": (504, {})})) as rest:
            with pytest.raises(NoAnswer):
                await RestChat(rest).room_of("own1")

    @pytest.mark.parametrize("room", [{"_id": "d1", "rid": "d1"}, {"rid": "d1"}])
    async def test_the_direct_room_is_with_the_name_that_the_account_has_now(self, room: Body) -> None:
        routes = Routes({"GET users.info": {"user": FULL}, "POST im.create": {"room": room}})
        async with rocket(routes) as rest:
            assert await RestChat(rest).direct_with("u1") == "d1"
        assert routes.asked[1].body == {"username": FULL["username"]}

    async def test_a_direct_room_without_an_id_is_no_answer(self) -> None:
        async with rocket(Routes({"GET users.info": {"user": FULL}, "POST im.create": {"room": {}}})) as rest:
            with pytest.raises(BadAnswer):
                await RestChat(rest).direct_with("u1")

    async def test_a_refusal_is_not_looked_after(self) -> None:
        routes = Routes({"POST chat.sendMessage": FORBIDDEN, "GET chat.getMessage": self.there()})
        async with rocket(routes) as rest:
            with pytest.raises(Forbidden):
                await RestChat(rest).post(Outgoing("own1", "r1", "hello"))
        assert len(routes.asked) == 1

    async def test_editing(self) -> None:
        routes = Routes({"POST chat.update": {"message": {}}})
        async with rocket(routes) as rest:
            await RestChat(rest).edit("own1", "r1", "changed")
        assert routes.asked[0].body == {"roomId": "r1", "msgId": "own1", "text": "changed", "previewUrls": []}

    async def test_what_is_sent_does_nothing_by_accident(self) -> None:
        routes = Routes({"POST chat.sendMessage": {"message": {}}, "POST chat.update": {"message": {}}})
        async with rocket(routes) as rest:
            await RestChat(rest).post(Outgoing("own1", "r1", "Rocket.Chat at http://a.example"))
            await RestChat(rest).edit("own1", "r1", "a.py")
        sent, edited = (asked.body for asked in routes.asked)
        assert sent["message"]["msg"] == "Rocket.\u2060Chat at `http://a.example`"
        assert edited["text"] == "`a.py`"

    async def test_editing_that_is_off(self) -> None:
        refusal = (400, {"success": False, "error": "x [error-action-not-allowed]"})
        async with rocket(Routes({"POST chat.update": refusal})) as rest:
            with pytest.raises(Forbidden):
                await RestChat(rest).edit("own1", "r1", "changed")


class TestSince:
    async def ids(self, routes: Routes) -> list[str]:
        async with rocket(routes) as rest:
            messages = await RestChat(rest).since("r1", MOMENT)
        assert all(message.caught_up for message in messages)
        return [message.id for message in messages]

    async def test_newer_ones_oldest_first(self) -> None:
        edited_old_one = document(-5, editedAt="2026-11-24T10:00:01.000Z")
        updated = [document(3), document(1), edited_old_one, document(0), {"_id": "half"}, None]
        routes = Routes({"GET chat.syncMessages": {"result": {"updated": updated, "deleted": []}}})
        assert await self.ids(routes) == ["m1", "m3"]
        assert routes.asked[0].query == {"roomId": "r1", "lastUpdate": "2026-11-24T10:00:00.000Z"}

    async def test_a_message_twice_is_there_once(self) -> None:
        updated = [document(1), document(1, msg="again")]
        routes = Routes({"GET chat.syncMessages": {"result": {"updated": updated}}})
        assert await self.ids(routes) == ["m1"]

    async def test_the_form_in_pages(self) -> None:
        def page(asked: Asked) -> Body | tuple[int, Body]:
            if "type" not in asked.query:
                return BARE_FAILURE
            if asked.query["next"] == "17":
                return {"result": {"updated": [document(2)], "cursor": {"next": None, "previous": "3"}}}
            return {"result": {"updated": [document(1)], "cursor": {"next": "17", "previous": None}}}

        routes = Routes({"GET chat.syncMessages": page})
        assert await self.ids(routes) == ["m1", "m2"]
        first = routes.asked[1].query
        assert first == {"roomId": "r1", "type": "UPDATED", "next": str(int(MOMENT.timestamp() * 1000)), "count": "100"}

    async def test_a_cursor_without_end_ends_and_the_newest_are_told(self) -> None:
        """The pages begin with the oldest."""
        numbers = itertools.count(18)

        def page(asked: Asked) -> Body | tuple[int, Body]:
            if "type" not in asked.query:
                return BARE_FAILURE
            return {"result": {"updated": [document(1)], "cursor": {"next": str(next(numbers))}}}

        routes = Routes(
            {
                "GET chat.syncMessages": page,
                "GET rooms.info": {"room": {"_id": "r1", "t": "p"}},
                "GET groups.history": {"messages": [document(9000)]},
            }
        )
        assert await self.ids(routes) == ["m9000"]
        assert len(routes.of("GET chat.syncMessages")) == MOST_PAGES + 1

    @pytest.mark.parametrize("many", [True, False], ids=["too many values", "too long"])
    @pytest.mark.parametrize("first", ["whole", "in pages"])
    async def test_what_is_too_much_at_once_comes_in_pages_that_are_short_enough(self, first: str, many: bool) -> None:
        """Ten messages fill an answer, and there are forty."""
        ballast: Any = [0] * (MAX_VALUES // 10) if many else "x" * (MAX_BODY // 10)
        everything = [document(number, md=ballast) for number in range(40, 0, -1)]

        def sync(asked: Asked) -> Body | tuple[int, Body]:
            return (
                {"result": {"updated": everything}}
                if ("type" in asked.query) == (first == "in pages")
                else BARE_FAILURE
            )

        def page(asked: Asked) -> Body:
            latest = asked.query.get("latest", "9999")
            return {"messages": [d for d in everything if d["ts"] < latest][: int(asked.query["count"])]}

        routes = Routes(
            {
                "GET chat.syncMessages": sync,
                "GET rooms.info": {"room": {"_id": "r1", "t": "p"}},
                "GET groups.history": page,
            }
        )
        assert (await self.ids(routes))[-1] == "m40"
        assert [asked.query["count"] for asked in routes.of("GET groups.history")][:4] == ["100", "25", "6", "6"]

    async def test_what_is_too_much_by_itself_ends_it_behind_what_is_newer(self) -> None:
        everything = [document(3), document(2, msg="x" * MAX_BODY), document(1)]

        def page(asked: Asked) -> Body:
            latest = asked.query.get("latest", "9999")
            return {"messages": [d for d in everything if d["ts"] < latest][: int(asked.query["count"])]}

        routes = Routes(
            {
                "GET chat.syncMessages": {"result": {"updated": everything}},
                "GET rooms.info": {"room": {"_id": "r1", "t": "p"}},
                "GET groups.history": page,
            }
        )
        assert await self.ids(routes) == ["m3"]
        everything[0] = document(3, msg="x" * MAX_BODY)
        with pytest.raises(BadAnswer):
            await self.ids(routes)

    @pytest.mark.parametrize("reply", [(502, {}), (200, [])], ids=["a gateway", "a list"])
    async def test_what_is_no_answer_of_its_own_is_not_taken_for_too_much(self, reply: Any) -> None:
        routes = Routes({"GET chat.syncMessages": reply})
        with pytest.raises(BadAnswer):
            await self.ids(routes)
        assert len(routes.asked) == 1

    async def test_a_cursor_that_stays_ends_at_once(self) -> None:
        def page(asked: Asked) -> Body | tuple[int, Body]:
            if "type" not in asked.query:
                return BARE_FAILURE
            return {"result": {"updated": [], "cursor": {"next": asked.query["next"]}}}

        routes = Routes({"GET chat.syncMessages": page})
        assert await self.ids(routes) == []
        assert len(routes.asked) == 2

    @pytest.mark.parametrize(
        ("room_type", "route"), [("c", "channels.history"), ("p", "groups.history"), ("d", "im.history")]
    )
    async def test_the_history_of_the_room(self, room_type: str, route: str) -> None:
        routes = Routes(
            {
                "GET rooms.info": {"room": {"_id": "r1", "t": room_type}},
                f"GET {route}": {"messages": [document(2), document(1)]},
            }
        )
        assert await self.ids(routes) == ["m1", "m2"]
        query = routes.of(f"GET {route}")[0].query
        assert query == {"roomId": "r1", "oldest": "2026-11-24T10:00:00.000Z", "count": "100"}

    async def test_a_long_history_in_pages(self) -> None:
        everything = [document(number) for number in range(150, 0, -1)]

        def page(asked: Asked) -> Body:
            latest = asked.query.get("latest", "9999")
            return {"messages": [d for d in everything if d["ts"] < latest][:100]}

        routes = Routes({"GET rooms.info": {"room": {"_id": "r1", "t": "p"}}, "GET groups.history": page})
        assert await self.ids(routes) == [f"m{number}" for number in range(1, 151)]

    async def test_a_forbidden_room_is_forbidden(self) -> None:
        async with rocket(Routes({"GET chat.syncMessages": FORBIDDEN})) as rest:
            with pytest.raises(Forbidden):
                await RestChat(rest).since("r1", MOMENT)


class TestDirectRooms:
    async def test_in_pages(self) -> None:
        def page(asked: Asked) -> Body:
            start = int(asked.query["offset"])
            return {"ims": [{"_id": f"d{n}"} for n in range(start, min(start + 3, 7))], "total": 7}

        async with rocket(Routes({"GET im.list": page})) as rest:
            assert await RestChat(rest).direct_rooms() == tuple(f"d{n}" for n in range(7))

    @pytest.mark.parametrize("refusal", [BARE_FAILURE, FORBIDDEN, ABSENT])
    async def test_where_the_list_is_refused_the_subscriptions_tell(self, refusal: Reply) -> None:
        subscriptions = [{"rid": "d1", "t": "d"}, {"rid": "r1", "t": "p"}, {"t": "d"}, None]
        routes = Routes({"GET im.list": refusal, "GET subscriptions.get": {"update": subscriptions, "remove": []}})
        async with rocket(routes) as rest:
            assert await RestChat(rest).direct_rooms() == ("d1",)

    @pytest.mark.parametrize(("fresh", "asked"), [(True, 20), (False, 2)])
    async def test_a_list_without_end_ends(self, fresh: bool, asked: int) -> None:
        def page(one: Asked) -> Body:
            start = int(one.query["offset"]) if fresh else 0
            return {"ims": [{"_id": f"d{start + at}"} for at in range(300)], "total": 10**9}

        routes = Routes({"GET im.list": page})
        async with rocket(routes) as rest:
            assert len(await RestChat(rest).direct_rooms()) == (2000 if fresh else 300)
        assert len(routes.asked) == asked

    async def test_none(self) -> None:
        async with rocket(Routes({"GET im.list": {"ims": [], "total": 0}})) as rest:
            assert await RestChat(rest).direct_rooms() == ()

    async def test_an_odd_answer(self) -> None:
        async with rocket(Routes({"GET im.list": {}})) as rest:
            with pytest.raises(BadAnswer):
                await RestChat(rest).direct_rooms()


class TestPersonNamed:
    async def test_by_user_name(self) -> None:
        routes = Routes({"GET users.info": {"user": FULL}})
        async with rocket(routes) as rest:
            person = await RestChat(rest).person_named("ada")
        assert person == Person("u1", "ada", frozenset({"user", "admin"}), active=True, type="user")
        assert routes.asked[0].query == {"username": "ada"}

    @pytest.mark.parametrize("name", ["a&userId=u2", "a b", "ö#?"])
    async def test_a_name_is_one_value_of_the_query(self, name: str) -> None:
        routes = Routes({"GET users.info": BARE_FAILURE})
        async with rocket(routes) as rest:
            with pytest.raises(Rejected):
                await RestChat(rest).person_named(name)
        assert routes.asked[0].query == {"username": name}

    async def test_an_answer_without_a_user_is_not_believed(self) -> None:
        async with rocket(Routes({"GET users.info": {"user": []}})) as rest:
            with pytest.raises(BadAnswer):
                await RestChat(rest).person_named("ada")


class TestReacted:
    MINE: Body = document(1, u={"_id": BOT_ID, "username": "ssobot"})

    async def reacted(self, reply: Reply) -> tuple[str, ...]:
        async with rocket(Routes({"GET chat.getMessage": reply})) as rest:
            return await RestChat(rest).reacted("m1")

    async def test_each_person_once_in_order(self) -> None:
        reactions = {":eyes:": {"usernames": ["ada", "ben"]}, ":+1:": {"usernames": ["ben", "cleo"]}}
        assert await self.reacted({"message": {**self.MINE, "reactions": reactions}}) == ("ada", "ben", "cleo")

    @pytest.mark.parametrize(
        "reactions",
        [None, [], "x", {":x:": None}, {":x:": {}}, {":x:": {"usernames": "ada"}}, {":x:": {"usernames": [7, None]}}],
    )
    async def test_what_is_no_reaction_is_none(self, reactions: object) -> None:
        assert await self.reacted({"message": {**self.MINE, "reactions": reactions}}) == ()

    async def test_reactions_to_the_message_of_another_do_not_count(self) -> None:
        assert await self.reacted({"message": document(1, reactions={":x:": {"usernames": ["ada"]}})}) == ()

    @pytest.mark.parametrize("reply", [BARE_FAILURE, FORBIDDEN, {"message": None}, {"message": []}, {}])
    async def test_a_message_that_is_not_there_has_none(self, reply: Reply) -> None:
        assert await self.reacted(reply) == ()

    async def test_a_server_that_is_away_raises(self) -> None:
        with pytest.raises(RemoteError):
            await self.reacted((504, {}))
