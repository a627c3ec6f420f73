"""A message means the same, however it was found."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rocketchat.message_fields import KNOWN, LESS_TRUSTED
from bot.rocketchat.messages import LONGEST_NAME, MOST_UNKNOWN, iso, message_from, moment_from

TS = datetime(2026, 11, 24, 10, 0, 0, 123000, tzinfo=UTC)
MS = int(TS.timestamp() * 1000)


def document(**over: object) -> dict[str, object]:
    base: dict[str, object] = {
        "_id": "m1",
        "rid": "r1",
        "msg": "!sso status",
        "ts": "2026-11-24T10:00:00.123Z",
        "u": {"_id": "u1", "username": "ada", "name": "Ada"},
    }
    return {k: v for k, v in {**base, **over}.items() if v is not ...}


def test_rest_and_ddp_dates_give_one_message() -> None:
    assert message_from(document()) == message_from(document(ts={"$date": MS}))


def test_the_plain_message() -> None:
    message = message_from(document(), room_type="p")
    assert message is not None
    assert (message.id, message.room_id, message.room_type) == ("m1", "r1", "p")
    assert (message.user_id, message.username, message.text) == ("u1", "ada", "!sso status")
    assert message.ts == TS
    assert (message.from_integration, message.edited, message.caught_up) == (False, False, False)
    assert (message.thread_id, message.system_type, message.alias) == (None, None, None)


@pytest.mark.parametrize("missing", ["_id", "rid", "u", "ts"])
def test_half_a_message_is_none(missing: str) -> None:
    assert message_from(document(**{missing: ...})) is None


@pytest.mark.parametrize("junk", [None, 3, "text", [], {"u": []}])
def test_no_document_is_none(junk: object) -> None:
    assert message_from(junk) is None


@pytest.mark.parametrize("bot", [{"i": "integration"}, {}, True])
def test_whatever_has_bot_is_an_integration(bot: object) -> None:
    message = message_from(document(bot=bot))
    assert message is not None
    assert message.from_integration


@pytest.mark.parametrize("field", LESS_TRUSTED)
@pytest.mark.parametrize("value", [True, {"eventId": "$1"}, {}, "done", 1])
def test_a_less_trusted_way_in_is_named(field: str, value: object) -> None:
    message = message_from(document(**{field: value}))
    assert message is not None
    assert (message.less_trusted, message.unknown) == (field, frozenset())


@pytest.mark.parametrize("field", LESS_TRUSTED)
@pytest.mark.parametrize("value", [None, False])
def test_what_it_plainly_is_not_does_not_count(field: str, value: object) -> None:
    message = message_from(document(**{field: value}))
    assert message is not None
    assert message.less_trusted is None


def test_every_other_field_that_is_known_is_allowed() -> None:
    rest = KNOWN - {*LESS_TRUSTED, "_id", "rid", "msg", "ts", "u", "t", "bot", "alias", "editedAt"}
    message = message_from(document(**{field: [{"a": 1}] for field in rest}))
    assert message is not None
    assert (message.less_trusted, message.unknown, message.edited) == (None, frozenset(), False)


def test_a_field_that_nobody_knows_is_named() -> None:
    message = message_from(document(writtenBy="x", attachments=[]))
    assert message is not None
    assert message.unknown == {"writtenBy"}


@pytest.mark.parametrize("alias", [{"a": 1}, ["x"], 7, True])
def test_an_odd_alias_is_an_alias(alias: object) -> None:
    message = message_from(document(alias=alias))
    assert message is not None
    assert message.alias is not None


@pytest.mark.parametrize("field", ["_id", "rid"])
def test_an_id_longer_than_any_is_none(field: str) -> None:
    assert message_from(document(**{field: "x" * LONGEST_NAME})) is not None
    assert message_from(document(**{field: "x" * (LONGEST_NAME + 1)})) is None


def test_what_nobody_reads_to_its_end_is_cut() -> None:
    author = {"_id": "u", "username": "x" * 1000}
    odd = {f"field{number}": 1 for number in range(2 * MOST_UNKNOWN)} | {"x" * 1000: 1}
    message = message_from(document(t="x" * 1000, alias="x" * 1000, tmid="x" * 1000, u=author, **odd))
    assert message is not None
    assert (message.username, message.thread_id) == ("", None)
    assert (message.alias, message.system_type) == ("x" * LONGEST_NAME,) * 2
    assert len(message.unknown) == MOST_UNKNOWN


@pytest.mark.parametrize("kind", [{"a": 1}, ["x"], 7, True])
def test_an_odd_type_is_of_the_system(kind: object) -> None:
    message = message_from(document(t=kind))
    assert message is not None
    assert message.system_type is not None


@pytest.mark.parametrize("bot", [None, False, ...])
def test_no_bot_is_a_person(bot: object) -> None:
    message = message_from(document(bot=bot))
    assert message is not None
    assert not message.from_integration


def test_marks_are_kept() -> None:
    message = message_from(document(t="e2e", tmid="m0", alias="Ops", editedAt={"$date": MS}), caught_up=True)
    assert message is not None
    assert (message.system_type, message.thread_id, message.alias) == ("e2e", "m0", "Ops")
    assert message.edited
    assert message.caught_up


def test_a_message_without_text_is_empty() -> None:
    message = message_from(document(msg=...))
    assert message is not None
    assert message.text == ""


@given(st.datetimes(min_value=datetime(1990, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC)))
def test_iso_is_read_back_to_the_millisecond(moment: datetime) -> None:
    read = moment_from(iso(moment))
    assert read is not None
    assert timedelta(0) <= moment - read < timedelta(milliseconds=1)


def test_iso_is_utc_with_z() -> None:
    assert iso(TS.astimezone(timezone(timedelta(hours=3)))) == "2026-11-24T10:00:00.123Z"


@pytest.mark.parametrize("junk", ["yesterday", {"$date": "x"}, {"$date": 1e30}, True, None, {}])
def test_no_moment_is_none(junk: object) -> None:
    assert moment_from(junk) is None
