"""Whatever comes over the websocket, in whatever order: it is no crash."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rocketchat import events
from tests.support.ddp_peer import ME, TOKEN, Peer

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
