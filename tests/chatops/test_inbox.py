"""Which messages may be commands."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chatops.inbox import AWAY, Accept, Ignore, Known, Refuse, Seen, apart, consider
from bot.chatops.ports import Message
from tests.support.chat import BOT_ID, typed
from tests.support.clocks import START

MESSAGE = typed("!sso setup")
KNOWN = Known(BOT_ID, started=START, now=START + timedelta(seconds=2), seen=False)


def test_a_fresh_message_is_read() -> None:
    assert consider(MESSAGE, KNOWN) == Accept()


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (replace(MESSAGE, text=""), "no text"),
        (replace(MESSAGE, text=" \n"), "no text"),
        (replace(MESSAGE, system_type="uj"), "system message"),
        (replace(MESSAGE, system_type="e2e"), "system message"),
        (replace(MESSAGE, system_type=""), "system message"),
        (replace(MESSAGE, from_integration=True), "integration"),
        (replace(MESSAGE, alias="Anna"), "alias"),
        (replace(MESSAGE, alias=""), "alias"),
        (replace(MESSAGE, less_trusted="sentByEmail"), "less trusted: sentByEmail"),
        (replace(MESSAGE, edited=True), "edited"),
        (replace(MESSAGE, user_id=BOT_ID), "own"),
        (replace(MESSAGE, user_id=""), "no author"),
        (replace(MESSAGE, ts=START - timedelta(seconds=11)), "older than the start"),
        (replace(MESSAGE, ts=START - timedelta(days=300)), "older than the start"),
    ],
)
def test_what_is_ignored(message: Message, reason: str) -> None:
    assert consider(message, KNOWN) == Ignore(reason)


def test_what_was_seen_is_ignored() -> None:
    assert consider(MESSAGE, replace(KNOWN, seen=True)) == Ignore("repeated")


def test_a_client_s_clock_may_be_a_little_off() -> None:
    assert consider(replace(MESSAGE, ts=START - timedelta(seconds=9)), KNOWN) == Accept()


@pytest.mark.parametrize(
    ("age", "decision"), [(1, Accept()), (119, Accept()), (131, Refuse(AWAY)), (9000, Refuse(AWAY))]
)
def test_found_by_catching_up(age: int, decision: object) -> None:
    message = replace(MESSAGE, caught_up=True, ts=KNOWN.now - timedelta(seconds=age))
    assert consider(message, replace(KNOWN, started=START - timedelta(hours=3))) == decision


def test_found_by_catching_up_and_older_than_the_start_the_clocks_are_apart() -> None:
    """What was written before the start is not told."""
    message = replace(MESSAGE, caught_up=True, ts=START - timedelta(hours=1))
    decision = consider(message, KNOWN)
    assert isinstance(decision, Refuse)
    assert "the timestamp of your message is 60 minutes behind the clock of Rocket.Chat's address" in decision.text
    assert consider(replace(message, ts=START - timedelta(seconds=60)), KNOWN) == Accept()


def test_found_by_catching_up_it_obeys_the_other_rules() -> None:
    message = replace(MESSAGE, caught_up=True, from_integration=True)
    assert consider(message, KNOWN) == Ignore("integration")
    assert consider(replace(MESSAGE, caught_up=True), replace(KNOWN, seen=True)) == Ignore("repeated")


def test_clocks_a_few_minutes_apart_make_no_pushed_message_old() -> None:
    late = replace(KNOWN, now=MESSAGE.ts + timedelta(minutes=8))
    assert consider(MESSAGE, late) == Accept()


def test_what_is_pushed_long_after_it_was_typed_is_to_be_typed_again() -> None:
    late = replace(KNOWN, now=MESSAGE.ts + timedelta(minutes=30))
    decision = consider(MESSAGE, late)
    assert isinstance(decision, Refuse)
    assert "is 30 minutes behind the clock of Rocket.Chat's address" in decision.text
    assert "type it again" in decision.text


def test_without_the_server_s_clock_ours_is_named() -> None:
    decision = consider(MESSAGE, replace(KNOWN, now=MESSAGE.ts + timedelta(hours=1), server_told=False))
    assert isinstance(decision, Refuse)
    assert "60 minutes behind my clock (Rocket.Chat did not tell me its own)" in decision.text


@pytest.mark.parametrize("caught_up", [True, False])
def test_a_time_far_in_the_future_is_no_time_to_act_on(caught_up: bool) -> None:
    early = replace(KNOWN, now=MESSAGE.ts - timedelta(hours=1))
    decision = consider(replace(MESSAGE, caught_up=caught_up), early)
    assert isinstance(decision, Refuse)
    assert "60 minutes ahead of the clock" in decision.text


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(119.4, "119 seconds"), (119.6, "2 minutes"), (149, "2 minutes"), (3570.4, "60 minutes"), (3599.6, "60 minutes")],
)
def test_how_far_apart_they_are_is_told_to_the_nearest_minute(seconds: float, said: str) -> None:
    known = replace(KNOWN, now=MESSAGE.ts + timedelta(seconds=seconds))
    assert f"is {said} behind" in apart(MESSAGE, known)


def test_a_server_that_is_a_little_ahead_is_heard() -> None:
    assert consider(MESSAGE, replace(KNOWN, now=MESSAGE.ts - timedelta(minutes=9))) == Accept()


def test_what_was_just_written_and_is_older_than_the_start_shows_that_clocks_are_apart() -> None:
    ts = START - timedelta(minutes=5)
    decision = consider(replace(MESSAGE, ts=ts, updated_at=ts + timedelta(seconds=1)), KNOWN)
    assert isinstance(decision, Refuse)
    assert "5 minutes behind" in decision.text


def test_what_is_sent_again_for_a_reaction_is_old_and_nothing_is_said() -> None:
    message = replace(MESSAGE, ts=START - timedelta(minutes=5), updated_at=START)
    assert consider(message, KNOWN) == Ignore("older than the start")


@given(
    st.builds(
        lambda **changes: replace(MESSAGE, **changes),
        text=st.sampled_from(["", "!sso setup"]),
        system_type=st.sampled_from([None, "uj"]),
        from_integration=st.booleans(),
        alias=st.sampled_from([None, "anna"]),
        edited=st.booleans(),
        user_id=st.sampled_from(["anna1", BOT_ID, ""]),
        caught_up=st.booleans(),
        ts=st.sampled_from([START - timedelta(hours=1), START, START + timedelta(seconds=1)]),
    ),
    st.booleans(),
)
def test_only_a_person_s_own_first_words_are_read(message: Message, seen: bool) -> None:
    words = (message.from_integration, message.alias, message.edited, message.system_type) == (False, None, False, None)
    own = words and message.user_id == "anna1" and bool(message.text)
    accepted = consider(message, replace(KNOWN, seen=seen)) == Accept()
    assert accepted == (own and not seen and message.ts >= START)


def test_seen_forgets_the_oldest_only() -> None:
    seen = Seen(limit=3)
    for number in range(4):
        seen.add(str(number))
    assert [str(number) in seen for number in range(4)] == [False, True, True, True]
