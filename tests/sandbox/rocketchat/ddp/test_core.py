"""The DDP server session: frames in, frames out (facts/rocketchat.md §5.1–5.3)."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.rocketchat.ddp.core import DdpSession, Method, Subscribe, Unsubscribe
from sandbox.rocketchat.problems import MeteorError

CONNECT = {"msg": "connect", "version": "1", "support": ["1"]}


def frames(session: DdpSession) -> list[dict[str, Any]]:
    return [json.loads(frame) for frame in session.take()]


def say(session: DdpSession, message: Any, now: float = 0.0) -> list[Any]:
    return list(session.receive(json.dumps(message), now))


@pytest.fixture
def session() -> DdpSession:
    """A session that has been greeted and connected, with nothing left to send."""
    session = DdpSession("s1", heartbeat=15, patience=15)
    session.open(0.0)
    say(session, CONNECT)
    session.take()
    return session


def test_the_server_greets_with_its_id() -> None:
    session = DdpSession("s1")
    session.open(0.0)
    assert frames(session) == [{"server_id": "0"}]


def test_connect_is_answered_with_the_session() -> None:
    session = DdpSession("s1")
    assert say(session, CONNECT) == []
    assert frames(session) == [{"msg": "connected", "session": "s1"}]


@pytest.mark.parametrize(
    ("message", "version"),
    [
        ({"msg": "connect", "version": "9", "support": ["9"]}, "1"),
        ({"msg": "connect", "version": "9", "support": ["9", "1"]}, "1"),
        ({"msg": "connect", "version": "1"}, "1"),
        ({"msg": "connect", "version": "1", "support": "1"}, "1"),
        ({"msg": "connect", "version": "9", "support": ["9", "pre2"]}, "pre2"),
    ],
)
def test_a_version_that_is_not_ours_fails_and_names_ours(message: dict[str, Any], version: str) -> None:
    session = DdpSession("s1")
    say(session, message)
    assert frames(session) == [{"msg": "failed", "version": version}]
    assert session.closed


@pytest.mark.parametrize("kind", ["method", "sub", "ping", "nonsense"])
def test_nothing_goes_before_connect(kind: str) -> None:
    session = DdpSession("s1")
    assert say(session, {"msg": kind, "id": "1"}) == []
    assert frames(session) == [
        {"msg": "error", "reason": "Must connect first", "offendingMessage": {"msg": kind, "id": "1"}}
    ]


def test_a_second_connect_is_refused(session: DdpSession) -> None:
    say(session, CONNECT)
    assert frames(session) == [{"msg": "error", "reason": "Already connected", "offendingMessage": CONNECT}]


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "7", '"ping"'])
def test_what_is_not_a_json_object_is_a_bad_request(session: DdpSession, text: str) -> None:
    assert session.receive(text, 0.0) == []
    assert frames(session) == [{"msg": "error", "reason": "Bad request"}]


def test_an_unknown_message_is_a_bad_request_and_quoted(session: DdpSession) -> None:
    say(session, {"msg": "dance"})
    assert frames(session) == [{"msg": "error", "reason": "Bad request", "offendingMessage": {"msg": "dance"}}]


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ({"msg": "method", "id": 1, "method": "login"}, "Malformed method invocation"),
        ({"msg": "method", "id": "1"}, "Malformed method invocation"),
        ({"msg": "method", "id": "1", "method": "login", "params": {}}, "Malformed method invocation"),
        ({"msg": "sub", "id": "1"}, "Malformed subscription"),
        ({"msg": "sub", "name": "x"}, "Malformed subscription"),
    ],
)
def test_malformed_requests_are_named(session: DdpSession, message: dict[str, Any], reason: str) -> None:
    assert say(session, message) == []
    assert frames(session) == [{"msg": "error", "reason": reason, "offendingMessage": message}]


def test_a_ping_is_answered_with_its_id(session: DdpSession) -> None:
    say(session, {"msg": "ping", "id": "p1"})
    assert frames(session) == [{"msg": "pong", "id": "p1"}]


def test_a_ping_without_id_is_answered_without_id(session: DdpSession) -> None:
    say(session, {"msg": "ping"})
    assert frames(session) == [{"msg": "pong"}]


def test_a_method_is_handed_over(session: DdpSession) -> None:
    asked = say(session, {"msg": "method", "id": "7", "method": "login", "params": [{"resume": "t"}]})
    assert asked == [Method("7", "login", ({"resume": "t"},))]


def test_a_method_without_params_has_none(session: DdpSession) -> None:
    assert say(session, {"msg": "method", "id": "7", "method": "logout"}) == [Method("7", "logout")]


def test_a_subscription_is_handed_over_once(session: DdpSession) -> None:
    message = {"msg": "sub", "id": "s", "name": "stream-room-messages", "params": ["r", False]}
    assert say(session, message) == [Subscribe("s", "stream-room-messages", ("r", False))]
    assert say(session, message) == []


def test_unsub_is_handed_over_only_for_what_is_subscribed(session: DdpSession) -> None:
    say(session, {"msg": "sub", "id": "s", "name": "x"})
    assert say(session, {"msg": "unsub", "id": "s"}) == [Unsubscribe("s")]
    assert say(session, {"msg": "unsub", "id": "other"}) == []


def test_after_nosub_the_id_may_be_used_again(session: DdpSession) -> None:
    message = {"msg": "sub", "id": "s", "name": "x"}
    say(session, message)
    session.nosub("s")
    assert len(say(session, message)) == 1


def test_results_and_errors_have_meteors_form(session: DdpSession) -> None:
    session.result("1", {"id": "u"})
    session.result("2")
    session.fail("3", MeteorError(403, "You've been logged out by the server. Please log in again."))
    session.updated(["1"])
    assert frames(session) == [
        {"msg": "result", "id": "1", "result": {"id": "u"}},
        {"msg": "result", "id": "2"},
        {
            "msg": "result",
            "id": "3",
            "error": {
                "isClientSafe": True,
                "error": 403,
                "reason": "You've been logged out by the server. Please log in again.",
                "message": "You've been logged out by the server. Please log in again. [403]",
                "errorType": "Meteor.Error",
            },
        },
        {"msg": "updated", "methods": ["1"]},
    ]


def test_an_error_without_reason_and_one_with_details() -> None:
    assert MeteorError("not-allowed").frame() == {
        "isClientSafe": True,
        "error": "not-allowed",
        "message": "[not-allowed]",
        "errorType": "Meteor.Error",
    }
    assert MeteorError("too-many-requests", "Slow down", {"timeToReset": 5}).frame()["details"] == {"timeToReset": 5}


def test_publications_have_ddps_form(session: DdpSession) -> None:
    session.added("users", "u1", {"username": "ada"})
    session.changed("users", "u1", {"name": "Ada"}, cleared=["bio"])
    session.removed("users", "u1")
    session.ready(["s"])
    session.nosub("s", MeteorError(404, "Subscription 'x' not found"))
    assert [(f["msg"], f.get("fields"), f.get("cleared")) for f in frames(session)] == [
        ("added", {"username": "ada"}, None),
        ("changed", {"name": "Ada"}, ["bio"]),
        ("removed", None, None),
        ("ready", None, None),
        ("nosub", None, None),
    ]


def test_silence_is_answered_with_one_ping_and_then_the_end(session: DdpSession) -> None:
    session.tick(14.9)
    assert frames(session) == []
    session.tick(15.0)
    session.tick(20.0)
    assert frames(session) == [{"msg": "ping"}]
    session.tick(29.9)
    assert not session.closed
    session.tick(30.0)
    assert session.closed


def test_any_frame_counts_as_a_sign_of_life(session: DdpSession) -> None:
    session.tick(15.0)
    say(session, {"msg": "pong"}, now=16.0)
    session.tick(30.0)
    assert not session.closed
    session.tick(31.0)
    assert [f["msg"] for f in frames(session)] == ["ping", "ping"]


def test_next_tick_names_the_moment(session: DdpSession) -> None:
    assert session.next_tick() == 15.0
    session.tick(15.0)
    assert session.next_tick() == 30.0
    session.tick(30.0)
    assert session.next_tick() == math.inf


def test_a_closed_session_hears_nothing(session: DdpSession) -> None:
    session.tick(15.0)
    session.tick(30.0)
    session.take()
    assert say(session, {"msg": "ping"}, now=31.0) == []
    assert session.take() == []


@given(
    st.text()
    | st.recursive(st.none() | st.integers() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)).map(
        json.dumps
    )
)
def test_no_text_breaks_the_session(text: str) -> None:
    session = DdpSession("s1")
    say(session, CONNECT)
    session.receive(text, 0.0)
    assert all(isinstance(json.loads(frame), dict) for frame in session.take())
