"""The table of live login services (facts/rocketchat.md §5.5)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.bounds import MAX_TOGETHER
from bot.connection.state import LiveService
from bot.connection.unknown import Unknown
from bot.errors import BadAnswer
from bot.rocketchat.events import (
    LiveReady,
    LiveRefused,
    LiveRenewed,
    LiveRequested,
    RecordAdded,
    RecordChanged,
    RecordRemoved,
)
from bot.rocketchat.fields import FIELD_OF, SUFFIX_OF, live_fields, live_service
from bot.rocketchat.live import LiveTable

RECORD = {
    "service": "encvoyid",
    "custom": True,
    "clientId": "abc",
    "serverURL": "https://id.example.org",
    "scope": "a b",
}
LIVE = LiveService("encvoyid", {"id": "abc", "url": "https://id.example.org", "scope": "a b"})


@pytest.fixture
def table() -> LiveTable:
    """Ready, with one service."""
    table = LiveTable()
    table.apply(LiveRequested(), 1.0)
    table.apply(RecordAdded("k", RECORD), 1.1)
    table.apply(LiveReady(), 1.2)
    return table


class TestFields:
    def test_the_two_spellings_are_one_to_one(self) -> None:
        assert {SUFFIX_OF[field] for field in FIELD_OF.values()} == set(FIELD_OF)

    @pytest.mark.parametrize(
        ("suffix", "field"),
        [
            ("url", "serverURL"),
            ("id", "clientId"),
            ("button_label_color", "buttonLabelColor"),
            ("groups_channel_map", "channelsMap"),
            ("merge_users_distinct_services", "mergeUsersDistinctServices"),
        ],
    )
    def test_a_spelling(self, suffix: str, field: str) -> None:
        assert FIELD_OF[suffix] == field

    def test_the_secret_is_in_neither(self) -> None:
        assert "secret" not in {*FIELD_OF, *SUFFIX_OF}

    @pytest.mark.parametrize("document", [{}, {"service": 1}, {"service": ""}, {"_id": "x", "name": "github"}])
    def test_a_record_of_nobody_is_none(self, document: dict[str, Any]) -> None:
        assert live_service(document) is None

    def test_only_text_and_booleans_are_settings(self) -> None:
        document = {"service": "x", "scope": None, "keyField": 3, "mergeUsers": True, "secret": "never", "new": "y"}
        assert live_service(document) == LiveService("x", {"merge_users": True})

    def test_nothing_else_is_kept_of_a_record(self) -> None:
        document = {"service": "x", "scope": [["y"]], "mergeUsers": True, "secret": "never", "new": "y"}
        assert live_fields(document) == {"service": "x", "scope": None, "mergeUsers": True}


class TestCurrent:
    def test_is_unknown_before_anything_was_heard(self) -> None:
        assert isinstance(LiveTable().current("encvoyid"), Unknown)

    def test_is_unknown_while_the_list_is_incomplete(self) -> None:
        table = LiveTable()
        table.apply(LiveRequested(), 1.0)
        table.apply(RecordAdded("k", RECORD), 1.1)
        assert isinstance(table.current("encvoyid"), Unknown)

    def test_is_the_record_once_ready(self, table: LiveTable) -> None:
        assert table.current("encvoyid") == LIVE
        assert table.unknown is None

    def test_is_none_where_there_is_no_button(self, table: LiveTable) -> None:
        assert table.current("another") is None

    def test_follows_only_what_changed(self, table: LiveTable) -> None:
        table.apply(RecordChanged("k", {"scope": "b a"}, ("clientId", "never-there")), 2.0)
        assert table.current("encvoyid") == LiveService("encvoyid", {"url": "https://id.example.org", "scope": "b a"})

    def test_a_removed_record_is_gone(self, table: LiveTable) -> None:
        table.apply(RecordRemoved("k"), 2.0)
        assert table.current("encvoyid") is None

    def test_removing_what_is_not_there_is_harmless(self, table: LiveTable) -> None:
        table.apply(RecordRemoved("another"), 2.0)
        assert table.current("encvoyid") == LIVE

    def test_a_value_that_became_odd_is_not_the_one_of_before(self, table: LiveTable) -> None:
        table.apply(RecordChanged("k", {"scope": ["b"]}), 2.0)
        assert table.current("encvoyid") == LiveService("encvoyid", {"id": "abc", "url": "https://id.example.org"})

    def test_more_records_than_can_be_kept_are_refused_and_those_that_are_gone_do_not_count(
        self, table: LiveTable
    ) -> None:
        half = {"service": "x", "scope": "x" * (MAX_TOGETHER // 2)}
        for _ in range(3):
            table.apply(RecordAdded("long", half), 2.0)
        table.apply(RecordChanged("long", {"scope": "y" * (MAX_TOGETHER // 2)}), 3.0)
        with pytest.raises(BadAnswer, match=r"The live login services that it tells of are together longer than 16 MB"):
            table.apply(RecordAdded("another", half), 4.0)
        table.apply(RecordRemoved("long"), 5.0)
        table.apply(RecordAdded("another", half), 5.0)
        table.lost("gone", 6.0)
        table.apply(RecordAdded("long", half), 7.0)

    def test_without_socket_it_is_unknown_with_the_reason(self, table: LiveTable) -> None:
        table.lost("The socket is gone.", 2.0)
        assert table.current("encvoyid") == Unknown("The socket is gone.")

    def test_a_refusal_names_the_code(self, table: LiveTable) -> None:
        table.apply(LiveRefused("not-allowed", 1.0), 2.0)
        unknown = table.current("encvoyid")
        assert isinstance(unknown, Unknown)
        assert "not-allowed" in unknown.reason

    def test_what_was_removed_while_away_is_not_kept(self, table: LiveTable) -> None:
        table.lost("gone", 2.0)
        table.apply(LiveRequested(), 3.0)
        table.apply(RecordAdded("other", {"service": "other"}), 3.1)
        table.apply(LiveReady(), 3.2)
        assert table.current("encvoyid") is None

    def test_a_renewed_list_keeps_what_is_there(self, table: LiveTable) -> None:
        table.apply(LiveRenewed(), 3.0)
        assert table.current("encvoyid") == LIVE

    def test_of_two_records_of_one_service_the_later_one_counts(self, table: LiveTable) -> None:
        """Somebody's refresh made a new one; the old one stays until the outdated subscription is dropped."""
        table.apply(RecordAdded("new", {**RECORD, "scope": "b a"}), 3.0)
        table.apply(LiveRenewed(), 3.1)
        current = table.current("encvoyid")
        assert isinstance(current, LiveService)
        assert current.settings["scope"] == "b a"
        table.apply(RecordRemoved("k"), 3.2)
        assert table.current("encvoyid") == current

    def test_the_last_record_removed_before_our_eyes_is_absent(self, table: LiveTable) -> None:
        table.apply(RecordRemoved("k"), 3.0)
        assert table.current("encvoyid") is None

    def test_what_is_handed_out_does_not_change_later(self, table: LiveTable) -> None:
        before = table.current("encvoyid")
        table.apply(RecordChanged("k", {"scope": "b a"}), 2.0)
        assert before == LIVE

    @given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("acr"), st.text(max_size=3)), max_size=20))
    def test_equals_a_plain_dictionary_after_any_sequence(self, steps: list[tuple[str, str, str]]) -> None:
        table, plain = LiveTable(), dict[str, dict[str, object]]()
        table.apply(LiveRequested(), 0.0)
        table.apply(RecordAdded("another", {"service": "another"}), 0.0)
        table.apply(LiveReady(), 0.0)
        for at, (service, what, scope) in enumerate(steps):
            match what:
                case "a":
                    plain[service] = {"service": service, "scope": scope}
                    table.apply(RecordAdded(service, plain[service]), at)
                case "c" if service in plain:
                    plain[service] = {**plain[service], "scope": scope}
                    table.apply(RecordChanged(service, {"scope": scope}), at)
                case _:
                    plain.pop(service, None)
                    table.apply(RecordRemoved(service), at)
        for service in "abc":
            assert table.current(service) == (live_service(plain[service]) if service in plain else None)


class TestListeners:
    def test_are_told_at_once_with_the_time_of_arrival(self, table: LiveTable) -> None:
        told: list[tuple[float, object]] = []
        table.listen(lambda at: told.append((at, table.current("encvoyid"))))
        table.apply(RecordChanged("k", {"scope": "b a"}), 5.5)
        assert told == [(5.5, LiveService("encvoyid", {**LIVE.settings, "scope": "b a"}))]

    def test_are_told_of_ready_but_not_of_each_record_before(self) -> None:
        table, told = LiveTable(), list[float]()
        table.listen(told.append)
        table.apply(LiveRequested(), 1.0)
        table.apply(RecordAdded("k", RECORD), 2.0)
        table.apply(LiveReady(), 3.0)
        assert told == [1.0, 3.0]

    def test_are_told_when_it_becomes_unknown(self, table: LiveTable) -> None:
        told: list[float] = []
        table.listen(told.append)
        table.lost("gone", 7.0)
        assert told == [7.0]

    def test_are_told_no_more_once_they_left(self, table: LiveTable) -> None:
        told: list[float] = []
        leave = table.listen(told.append)
        leave()
        leave()
        table.apply(RecordRemoved("k"), 2.0)
        assert told == []

    def test_may_leave_while_being_told(self, table: LiveTable) -> None:
        told: list[str] = []

        def first(_: float) -> None:
            told.append("first")
            leave()

        leave = table.listen(first)
        table.listen(lambda _: told.append("second"))
        table.apply(RecordRemoved("k"), 2.0)
        table.apply(RecordRemoved("k"), 3.0)
        assert told == ["first", "second", "second"]
