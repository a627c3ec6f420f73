"""The client's half of DDP, frame by frame (facts/rocketchat.md §5)."""

from __future__ import annotations

import pytest

from bot.errors import NoAnswer, Rejected
from bot.rocketchat import ddp, events
from tests.support.ddp_peer import ME, TOKEN, Peer

SERVICES, RECORDS = events.SERVICES, events.RECORDS
OPTIONS = {"useCollection": False, "args": []}


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
        assert list(peer.subscriptions()) == ["stream-room-messages", "stream-notify-logged"]

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


class TestRenewal:
    def test_the_first_subscription_is_dropped_once_the_second_is_complete(self, peer: Peer) -> None:
        first = peer.up()[SERVICES]
        peer.core.renew_services()
        second = str(peer.subscriptions()[SERVICES]["id"])
        assert second != first
        assert peer.hears(msg="ready", subs=[second]) == [events.LiveRenewed()]
        assert peer.sent() == [{"msg": "unsub", "id": first}]
        assert peer.hears(msg="nosub", id=first) == []

    def test_what_the_second_brings_is_told_as_it_comes(self, peer: Peer) -> None:
        peer.up()
        peer.core.renew_services()
        peer.sent()
        added = peer.hears(msg="added", collection=RECORDS, id="k2", fields={"service": "encvoyid"})
        assert added == [events.RecordAdded("k2", {"service": "encvoyid"})]

    def test_before_the_first_is_complete_nothing_is_asked_for(self, peer: Peer) -> None:
        peer.connects()
        peer.logs_in()
        peer.sent()
        peer.core.renew_services()
        assert peer.sent() == []

    def test_a_second_that_is_refused_takes_the_first_with_it(self, peer: Peer) -> None:
        first = peer.up()[SERVICES]
        peer.core.renew_services()
        second = str(peer.subscriptions()[SERVICES]["id"])
        (refused,) = peer.hears(msg="nosub", id=second, error={"error": "too-many-requests"})
        assert isinstance(refused, events.LiveRefused)
        assert peer.sent() == [{"msg": "unsub", "id": first}]
        peer.waits(refused.retry_in)
        third = str(peer.subscriptions()[SERVICES]["id"])
        assert peer.hears(msg="ready", subs=[third]) == [events.LiveReady()]


class TestSettings:
    def test_a_changed_setting_is_told_without_its_value(self, peer: Peer) -> None:
        peer.up()
        document = {"_id": "Accounts_OAuth_Custom-Encvoyid-secret", "value": "the-secret"}
        fields = {"eventName": "private-settings-changed", "args": ["updated", document]}
        (told,) = peer.hears(msg="changed", collection="stream-notify-logged", id="id", fields=fields)
        assert told == events.SettingChanged("Accounts_OAuth_Custom-Encvoyid-secret")
        assert "the-secret" not in repr(told)

    @pytest.mark.parametrize("args", [[], ["updated"], ["updated", None], ["updated", {"_id": 3}], "x", None])
    def test_an_event_that_does_not_say_which(self, peer: Peer, args: object) -> None:
        peer.up()
        fields = {"eventName": "private-settings-changed", "args": args}
        told = peer.hears(msg="changed", collection="stream-notify-logged", id="id", fields=fields)
        assert told == [events.SettingChanged("")]

    def test_another_event_is_none(self, peer: Peer) -> None:
        peer.up()
        fields = {"eventName": "Users:NameChanged", "args": [{}]}
        assert peer.hears(msg="changed", collection="stream-notify-logged", id="id", fields=fields) == []

    def test_where_it_is_refused_nothing_else_suffers(self, peer: Peer) -> None:
        ids = peer.up()
        assert peer.hears(msg="nosub", id=ids["stream-notify-logged"], error={"error": "not-allowed"}) == []
        assert peer.sent() == []


@pytest.mark.parametrize(
    "frame", ['{"msg":"ping","x":' + "9" * 400 + "}", '{"msg":"ping","msg":"ping"}', " " * 2_000_000 + '{"msg":"ping"}']
)
def test_a_frame_beyond_the_bounds_is_a_sign_of_life_only(frame: str) -> None:
    core = ddp.ClientProtocol(ME, TOKEN, 0.0)
    core.frames()
    assert core.receive(frame, 10.0) == []
    assert core.frames() == []
    assert core.wake_at >= 10.0
