"""The client's half of DDP, frame by frame (facts/rocketchat.md §5)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import Busy, NoAnswer, Rejected, Unauthenticated
from bot.rocketchat import ddp, events
from bot.secret import Secret

TOKEN = Secret("generated-token-for-a-test")
ME = "botuser"
OPTIONS = {"useCollection": False, "args": []}


class Peer:
    """The core and what it sent, with a clock of its own."""

    def __init__(self) -> None:
        self.now = 100.0
        self.core = ddp.ClientProtocol(ME, TOKEN, self.now)

    def sent(self) -> list[dict[str, Any]]:
        """The frames since the last call."""
        return [json.loads(text) for text in self.core.frames()]

    def hears(self, **frame: object) -> list[events.Event]:
        return self.core.receive(json.dumps(frame), self.now)

    def waits(self, seconds: float) -> list[events.Event]:
        self.now += seconds
        return self.core.tick(self.now)

    def stays(self, seconds: float) -> None:
        """Waits while the server goes on pinging."""
        until = self.now + seconds
        while self.now < until:
            self.hears(msg="ping")
            self.waits(min(10.0, until - self.now))

    def connects(self) -> None:
        self.hears(msg="connected", session="s")

    def login_id(self) -> str:
        """Of the login that was just sent."""
        logins = [frame["id"] for frame in self.sent() if frame["msg"] == "method"]
        assert len(logins) == 1
        return str(logins[0])

    def logs_in(self) -> list[events.Event]:
        return self.hears(msg="result", id=self.login_id(), result={"id": ME, "token": "t", "type": "resume"})

    def refuses_login(self, error: object, **details: object) -> events.LoginFailed:
        first, *_ = self.hears(msg="result", id=self.login_id(), error={"error": error, "reason": "text", **details})
        assert isinstance(first, events.LoginFailed)
        return first

    def subscriptions(self) -> dict[str, dict[str, Any]]:
        """Those just asked for, by name."""
        return {frame["name"]: frame for frame in self.sent() if frame["msg"] == "sub"}

    def up(self) -> dict[str, str]:
        """Connected, logged in, both subscriptions ready; their ids by name."""
        self.connects()
        self.logs_in()
        ids = {name: str(sub["id"]) for name, sub in self.subscriptions().items()}
        self.hears(msg="ready", subs=list(ids.values()))
        return ids


@pytest.fixture
def peer() -> Peer:
    return Peer()


def pushed(message: object, **room: object) -> dict[str, object]:
    return {
        "msg": "changed",
        "collection": "stream-room-messages",
        "id": "id",
        "fields": {"eventName": "__my_messages__", "args": [message, room] if room else [message]},
    }


class TestTheWayUp:
    def test_begins_with_connect(self, peer: Peer) -> None:
        assert peer.sent() == [{"msg": "connect", "version": "1", "support": ["1"]}]

    def test_frames_are_given_out_once(self, peer: Peer) -> None:
        peer.sent()
        assert peer.sent() == []

    def test_a_greeting_before_connected_is_ignored(self, peer: Peer) -> None:
        peer.sent()
        assert peer.hears(server_id="0") == []
        assert peer.sent() == []

    def test_logs_in_with_the_token_once_connected(self, peer: Peer) -> None:
        peer.sent()
        peer.connects()
        (login,) = peer.sent()
        assert (login["msg"], login["method"]) == ("method", "login")
        assert login["params"] == [{"resume": TOKEN.reveal()}]

    def test_a_second_connected_does_not_log_in_again(self, peer: Peer) -> None:
        peer.connects()
        peer.sent()
        peer.connects()
        assert peer.sent() == []

    def test_a_login_is_followed_by_both_subscriptions(self, peer: Peer) -> None:
        peer.connects()
        assert events.LoggedIn() in peer.logs_in()
        subs = peer.subscriptions()
        assert subs["stream-room-messages"]["params"] == ["__my_messages__", OPTIONS]
        assert subs["meteor.loginServiceConfiguration"]["params"] == []

    def test_another_methods_result_is_not_the_logins(self, peer: Peer) -> None:
        peer.connects()
        peer.sent()
        assert peer.hears(msg="result", id="another", result={"id": ME}) == []

    def test_a_result_without_token_or_expiry_is_a_login(self, peer: Peer) -> None:
        peer.connects()
        assert events.LoggedIn() in peer.hears(msg="result", id=peer.login_id(), result={})

    @pytest.mark.parametrize("together", [True, False])
    def test_ready_in_one_frame_or_two(self, peer: Peer, together: bool) -> None:
        peer.connects()
        peer.logs_in()
        ids = [sub["id"] for sub in peer.subscriptions().values()]
        frames = [ids] if together else [[one] for one in reversed(ids)]
        seen = [event for subs in frames for event in peer.hears(msg="ready", subs=subs)]
        assert set(seen) == {events.MessagesReady(), events.LiveReady()}

    def test_ready_twice_is_told_once(self, peer: Peer) -> None:
        ids = peer.up()
        assert peer.hears(msg="ready", subs=list(ids.values())) == []

    def test_a_server_of_another_version_is_given_up(self, peer: Peer) -> None:
        (lost,) = peer.hears(msg="failed", version="2")
        assert isinstance(lost, events.Lost)
        assert isinstance(lost.error, Rejected)
        assert peer.core.lost

    def test_after_the_end_nothing_is_said_any_more(self, peer: Peer) -> None:
        peer.hears(msg="failed", version="2")
        assert peer.hears(msg="ping") == []
        assert peer.waits(1000) == []
        assert peer.sent() == []


class TestLoginRefused:
    def test_a_bad_token_is_named_with_its_mend(self, peer: Peer) -> None:
        peer.connects()
        failed = peer.refuses_login(403)
        assert isinstance(failed.error, Unauthenticated)
        assert "SSOBOT_ROCKETCHAT_TOKEN" in failed.error.mend

    def test_a_bad_token_is_tried_again_slowly(self, peer: Peer) -> None:
        peer.connects()
        waits = []
        for _ in range(4):
            failed = peer.refuses_login(403)
            peer.stays(failed.retry_in - 1)
            assert not [frame for frame in peer.sent() if frame["msg"] == "method"]
            peer.stays(1)
            waits.append(failed.retry_in)
        assert waits == [15.0, 30.0, 60.0, 60.0]

    def test_a_bad_token_does_not_stop_the_live_services(self, peer: Peer) -> None:
        peer.connects()
        peer.refuses_login(403)
        assert list(peer.subscriptions()) == ["meteor.loginServiceConfiguration"]

    def test_a_token_restored_is_good_again(self, peer: Peer) -> None:
        peer.connects()
        peer.waits(peer.refuses_login(403).retry_in)
        assert events.LoggedIn() in peer.logs_in()
        assert list(peer.subscriptions()) == ["stream-room-messages"]

    def test_a_limit_is_waited_for_as_long_as_it_says(self, peer: Peer) -> None:
        peer.connects()
        failed = peer.refuses_login("too-many-requests", details={"timeToReset": 7500})
        assert isinstance(failed.error, Busy)
        assert (failed.retry_in, failed.error.retry_after) == (7.5, 7.5)

    @pytest.mark.parametrize("details", [None, {}, {"timeToReset": "soon"}, {"timeToReset": -5}])
    def test_a_limit_without_a_time_is_waited_for_a_second(self, peer: Peer, details: object) -> None:
        peer.connects()
        assert peer.refuses_login("too-many-requests", details=details).retry_in == 1.0

    def test_a_limit_of_absurd_length_is_capped(self, peer: Peer) -> None:
        peer.connects()
        assert peer.refuses_login("too-many-requests", details={"timeToReset": 10**400}).retry_in == 600.0

    def test_another_accounts_token_is_refused_by_us(self, peer: Peer) -> None:
        peer.connects()
        (failed, *_) = peer.hears(msg="result", id=peer.login_id(), result={"id": "somebodyelse"})
        assert isinstance(failed, events.LoginFailed)
        assert "SSOBOT_ROCKETCHAT_USER_ID" in failed.error.mend

    def test_the_servers_free_text_stays_out(self, peer: Peer) -> None:
        peer.connects()
        failed = peer.refuses_login(f"free text with {TOKEN.reveal()}", reason=TOKEN.reveal())
        assert TOKEN.reveal() not in failed.error.text
        assert failed.error.code == "unknown"


class TestMessages:
    def test_a_message_comes_with_the_type_of_its_room(self, peer: Peer) -> None:
        peer.up()
        assert peer.hears(**pushed({"_id": "m"}, roomParticipant=True, roomType="p", roomName="sso")) == [
            events.MessagePushed({"_id": "m"}, "p")
        ]

    def test_a_message_without_a_word_on_its_room(self, peer: Peer) -> None:
        peer.up()
        assert peer.hears(**pushed({"_id": "m"})) == [events.MessagePushed({"_id": "m"}, "")]

    def test_a_message_before_ready_is_itself_the_proof_of_readiness(self, peer: Peer) -> None:
        peer.connects()
        peer.logs_in()
        messages = peer.subscriptions()["stream-room-messages"]["id"]
        assert peer.hears(**pushed({"_id": "m"})) == [events.MessagesReady(), events.MessagePushed({"_id": "m"}, "")]
        assert peer.hears(msg="ready", subs=[messages]) == []

    def test_another_subscriptions_event_is_not_ours(self, peer: Peer) -> None:
        peer.up()
        frame = pushed({"_id": "m"})
        frame["fields"] = {"eventName": "GENERAL", "args": [{"_id": "m"}]}
        assert peer.hears(**frame) == []

    @pytest.mark.parametrize("args", [None, [], {}, ["text"], [None, {}], 7])
    def test_an_event_without_a_document_is_ignored(self, peer: Peer, args: object) -> None:
        peer.up()
        frame = pushed({})
        frame["fields"] = {"eventName": "__my_messages__", "args": args}
        assert peer.hears(**frame) == []

    @pytest.mark.parametrize("code", [400, 500, "Match failed", "error-invalid-params"])
    def test_arguments_of_the_new_form_refused_are_sent_in_the_old(self, peer: Peer, code: object) -> None:
        peer.connects()
        peer.logs_in()
        sub = peer.subscriptions()["stream-room-messages"]
        assert peer.hears(msg="nosub", id=sub["id"], error={"error": code}) == []
        again = peer.subscriptions()["stream-room-messages"]
        assert again["params"] == ["__my_messages__", False]
        assert again["id"] != sub["id"]

    def test_both_forms_refused_are_tried_again_later(self, peer: Peer) -> None:
        peer.connects()
        peer.logs_in()
        for _ in range(2):
            sub = peer.subscriptions()["stream-room-messages"]
            seen = peer.hears(msg="nosub", id=sub["id"], error={"error": 400})
        assert seen == [events.MessagesRefused("400", 1.0)]
        assert peer.sent() == []
        peer.waits(1.0)
        assert peer.subscriptions()["stream-room-messages"]["params"] == ["__my_messages__", OPTIONS]

    def test_not_allowed_leads_to_a_new_login_first(self, peer: Peer) -> None:
        ids = peer.up()
        (refused,) = peer.hears(msg="nosub", id=ids["stream-room-messages"], error={"error": "not-allowed"})
        assert isinstance(refused, events.MessagesRefused)
        assert peer.sent() == []
        peer.waits(refused.retry_in)
        peer.logs_in()
        assert list(peer.subscriptions()) == ["stream-room-messages"]

    def test_refused_for_the_limit_waits_as_long_as_it_says(self, peer: Peer) -> None:
        ids = peer.up()
        error = {"error": "too-many-requests", "details": {"timeToReset": 4000}}
        assert peer.hears(msg="nosub", id=ids["stream-room-messages"], error=error) == [
            events.MessagesRefused("too-many-requests", 4.0)
        ]

    def test_a_stream_ended_without_a_reason_is_asked_for_again(self, peer: Peer) -> None:
        ids = peer.up()
        (refused,) = peer.hears(msg="nosub", id=ids["stream-room-messages"])
        assert isinstance(refused, events.MessagesRefused)
        for _ in range(2):
            peer.waits(refused.retry_in)
        assert "stream-room-messages" in peer.subscriptions()

    def test_a_late_refusal_of_an_earlier_try_is_ignored(self, peer: Peer) -> None:
        ids = peer.up()
        peer.hears(msg="nosub", id=ids["stream-room-messages"], error={"error": "not-allowed"})
        assert peer.hears(msg="nosub", id=ids["stream-room-messages"], error={"error": "not-allowed"}) == []


class TestLiveServices:
    RECORDS = "meteor_accounts_loginServiceConfiguration"

    @pytest.mark.parametrize(
        ("frame", "event"),
        [
            ({"msg": "added", "fields": {"service": "x"}}, events.RecordAdded("a", {"service": "x"})),
            ({"msg": "added"}, events.RecordAdded("a", {})),
            ({"msg": "changed", "fields": {"scope": "s"}}, events.RecordChanged("a", {"scope": "s"})),
            ({"msg": "changed", "cleared": ["scope", 3]}, events.RecordChanged("a", {}, ("scope",))),
            ({"msg": "changed", "fields": "?", "cleared": "?"}, events.RecordChanged("a", {})),
            ({"msg": "removed"}, events.RecordRemoved("a")),
        ],
    )
    def test_a_frame_is_an_event(self, peer: Peer, frame: dict[str, object], event: events.Event) -> None:
        assert peer.hears(collection=self.RECORDS, id="a", **frame) == [event]

    @pytest.mark.parametrize("collection", ["users", None, "stream-notify-user"])
    def test_other_collections_are_ignored(self, peer: Peer, collection: object) -> None:
        assert peer.hears(msg="added", collection=collection, id="a", fields={}) == []

    def test_a_refusal_is_told_and_tried_again(self, peer: Peer) -> None:
        ids = peer.up()
        (refused,) = peer.hears(msg="nosub", id=ids["meteor.loginServiceConfiguration"], error={"error": 404})
        assert refused == events.LiveRefused("404", 1.0)
        assert peer.waits(1.0) == [events.LiveRequested()]
        sub = peer.subscriptions()["meteor.loginServiceConfiguration"]
        assert peer.hears(msg="ready", subs=[sub["id"]]) == [events.LiveReady()]

    def test_a_publication_that_stays_silent_holds_nothing_up(self, peer: Peer) -> None:
        peer.connects()
        peer.logs_in()
        peer.hears(msg="ready", subs=[peer.subscriptions()["stream-room-messages"]["id"]])
        for _ in range(10):
            peer.hears(msg="ping")
            assert peer.waits(10) == []


class TestHeartbeat:
    @pytest.mark.parametrize(
        ("ping", "pong"),
        [
            ({"msg": "ping"}, {"msg": "pong"}),
            ({"msg": "ping", "id": "7"}, {"msg": "pong", "id": "7"}),
            ({"msg": "ping", "id": None}, {"msg": "pong"}),
        ],
    )
    def test_a_ping_is_answered_with_its_id(self, peer: Peer, ping: dict[str, object], pong: object) -> None:
        peer.sent()
        peer.hears(**ping)
        assert peer.sent() == [pong]

    def test_silence_is_asked_about_once(self, peer: Peer) -> None:
        peer.up()
        assert peer.core.wake_at == peer.now + ddp.PING_AFTER
        peer.waits(ddp.PING_AFTER)
        assert [frame["msg"] for frame in peer.sent()] == ["ping"]
        peer.waits(1)
        assert peer.sent() == []

    def test_the_next_silence_is_asked_about_again(self, peer: Peer) -> None:
        peer.up()
        for _ in range(3):
            peer.sent()
            peer.waits(ddp.PING_AFTER)
            assert [frame["msg"] for frame in peer.sent()] == ["ping"]
            peer.hears(msg="pong", id="ssobot")

    def test_an_answer_ends_the_worry(self, peer: Peer) -> None:
        peer.up()
        peer.waits(ddp.PING_AFTER)
        peer.hears(msg="pong", id="ssobot")
        assert peer.waits(ddp.DEAD_AFTER - ddp.PING_AFTER) == []

    @pytest.mark.parametrize("noise", ["{", "[]", "1", "null", '{"msg":"updated","methods":["1"]}', '{"msg":7}'])
    def test_any_frame_is_a_sign_of_life(self, peer: Peer, noise: str) -> None:
        peer.up()
        peer.waits(39)
        assert peer.core.receive(noise, peer.now) == []
        assert peer.waits(20) == []

    def test_forty_seconds_of_silence_are_the_end(self, peer: Peer) -> None:
        peer.up()
        peer.waits(ddp.PING_AFTER)
        assert peer.core.wake_at == peer.now + ddp.DEAD_AFTER - ddp.PING_AFTER
        (lost,) = peer.waits(ddp.DEAD_AFTER - ddp.PING_AFTER)
        assert isinstance(lost, events.Lost)
        assert isinstance(lost.error, NoAnswer)

    @pytest.mark.parametrize("stage", ["connect", "login", "subscription to messages"])
    def test_a_question_never_answered_is_the_end(self, peer: Peer, stage: str) -> None:
        if stage != "connect":
            peer.connects()
        if stage == "subscription to messages":
            peer.logs_in()
        assert peer.core.wake_at == peer.now + ddp.ANSWER_WITHIN
        peer.hears(msg="ping")
        (lost,) = peer.waits(ddp.ANSWER_WITHIN)
        assert isinstance(lost, events.Lost)
        assert stage in lost.error.text

    def test_a_complaint_keeps_the_offending_frame_to_itself(self, peer: Peer) -> None:
        seen = peer.hears(msg="error", reason="Bad request", offendingMessage={"params": [{"resume": TOKEN.reveal()}]})
        assert seen == [events.ProtocolComplaint("Bad request")]

    def test_an_unknown_complaint_is_not_repeated(self, peer: Peer) -> None:
        assert peer.hears(msg="error", reason=TOKEN.reveal()) == [events.ProtocolComplaint("unknown")]


WORDS = st.sampled_from(
    [
        *("msg", "id", "collection", "fields", "cleared", "subs", "error", "result"),
        *("details", "timeToReset", "eventName", "args", "server_id", "reason"),
    ]
)
VALUES = st.sampled_from(
    [
        *("connected", "failed", "ping", "pong", "error", "result", "ready", "nosub", "added", "changed", "removed"),
        *("updated", "login1", "login2", "messages1", "messages2", "services1", "stream-room-messages"),
        *("meteor_accounts_loginServiceConfiguration", "__my_messages__", "not-allowed", "403", ME),
        "too-many-requests",
    ]
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | VALUES
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS | st.text(max_size=4), inner, max_size=5),
    max_leaves=12,
)
FRAMES = st.fixed_dictionaries({"msg": VALUES | SCALARS}, optional={"id": VALUES | SCALARS, "fields": JSON}).flatmap(
    lambda frame: st.dictionaries(WORDS, JSON, max_size=5).map(lambda more: {**more, **frame})
)


class TestWhateverComes:
    @given(st.lists(FRAMES | JSON, max_size=25), st.lists(st.floats(0, 50), min_size=25, max_size=25))
    def test_no_frame_in_no_order_is_a_crash(self, frames: Sequence[object], pauses: Sequence[float]) -> None:
        peer = Peer()
        for frame, pause in zip(frames, pauses, strict=False):
            seen = peer.core.receive(json.dumps(frame), peer.now)
            seen += peer.waits(pause)
            for event in seen:
                assert TOKEN.reveal() not in repr(event)
            for sent in peer.sent():
                assert sent["msg"] in {"connect", "method", "sub", "ping", "pong"}
            assert peer.core.lost or peer.core.wake_at > peer.now - 1e-9

    @given(st.binary(max_size=200) | st.text(max_size=200))
    def test_no_text_is_a_crash(self, data: bytes | str) -> None:
        peer = Peer()
        assert all(isinstance(event, events.Event) for event in peer.core.receive(data, peer.now))

    @pytest.mark.parametrize("text", ["[" * 200_000, '{"msg":' * 100_000, "9" * 5000])
    def test_no_depth_and_no_number_is_a_crash(self, peer: Peer, text: str) -> None:
        assert peer.core.receive(text, peer.now) == []

    @given(st.permutations(["result", "updated", "added", "ready"]))
    def test_the_order_around_the_login_does_not_matter(self, order: Sequence[str]) -> None:
        peer = Peer()
        peer.connects()
        login = peer.login_id()
        frames: dict[str, dict[str, object]] = {
            "result": {"msg": "result", "id": login, "result": {"id": ME}},
            "updated": {"msg": "updated", "methods": [login]},
            "added": {"msg": "added", "collection": "users", "id": ME, "fields": {"username": "bot"}},
            "ready": {"msg": "ready", "subs": ["nobody-asked"]},
        }
        seen = [event for name in order for event in peer.hears(**frames[name])]
        assert events.LoggedIn() in seen
        assert "stream-room-messages" in peer.subscriptions()
