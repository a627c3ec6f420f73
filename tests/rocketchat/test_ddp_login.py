"""What the realtime side says when it refuses a login, and what the client makes of it."""

from __future__ import annotations

import pytest

from bot.errors import Busy, Unauthenticated
from bot.rocketchat import events
from tests.support.ddp_peer import TOKEN, Peer


class TestLoginRefused:
    def test_a_bad_token_is_named_with_its_fix(self, peer: Peer) -> None:
        peer.connects()
        failed = peer.refuses_login(403)
        assert isinstance(failed.error, Unauthenticated)
        assert "SSOBOT_ROCKETCHAT_TOKEN" in failed.error.fix

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
        assert list(peer.subscriptions()) == ["stream-room-messages", "stream-notify-logged"]

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
        assert peer.refuses_login("too-many-requests", details={"timeToReset": 10**30}).retry_in == 600.0

    def test_another_accounts_token_is_refused_by_us(self, peer: Peer) -> None:
        peer.connects()
        (failed, *_) = peer.hears(msg="result", id=peer.login_id(), result={"id": "somebodyelse"})
        assert isinstance(failed, events.LoginFailed)
        assert "SSOBOT_ROCKETCHAT_USER_ID" in failed.error.fix

    def test_the_servers_free_text_stays_out(self, peer: Peer) -> None:
        peer.connects()
        failed = peer.refuses_login(f"free text with {TOKEN.reveal()}", reason=TOKEN.reveal())
        assert TOKEN.reveal() not in failed.error.text
        assert failed.error.code == "unknown"
