"""Each operation that ends is one line in the log, however it ends, and holds nothing that a person typed freely."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, MutableMapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import structlog.testing

from bot.chatops.audit import ENDED, counted
from bot.errors import Unreachable, UserError
from tests.support.chat import ADMIN_ROOM, ANNA, DIRECT, MARC, typed
from tests.support.clocks import settle
from tests.support.desk import Desk, crashed

Log = list[MutableMapping[str, Any]]


@pytest.fixture
def log() -> Iterator[Log]:
    """Every line that is logged meanwhile."""
    with structlog.testing.capture_logs() as lines:
        yield lines


def ends(log: Log) -> Log:
    return [line for line in log if line["event"] == ENDED]


async def test_the_line_says_who_did_what_from_where_and_with_which_outcome(desk: Desk, log: Log) -> None:
    await desk.type(typed('!sso setup --name "Free words" --disabled'))
    [row] = desk.operations.rows.values()
    [line] = ends(log)
    assert line.pop("seconds") < 1
    assert line == {
        "event": ENDED,
        "log_level": "info",
        "operation": row.id,
        "command": "setup",
        "user": ANNA.id,
        "username": ANNA.username,
        "room": ADMIN_ROOM.id,
        "message": "m1",
        "outcome": "done",
        "receipt": True,
    }


@pytest.mark.parametrize(
    ("error", "outcome"), [(UserError("Free words."), "failed"), (RuntimeError("Free words"), "failed")]
)
async def test_a_failed_one_is_a_line_without_its_reason(desk: Desk, log: Log, error: Exception, outcome: str) -> None:
    desk.script.error = error
    await desk.type(typed("!sso setup"))
    [line] = ends(log)
    assert (line["outcome"], line["receipt"]) == (outcome, False)
    assert "Free words" not in str(line)


async def test_one_that_only_looks_is_a_line_too(desk: Desk, log: Log) -> None:
    await desk.type(typed("status", room=DIRECT))
    [line] = ends(log)
    assert (line["command"], line["room"], line["outcome"], line["receipt"]) == ("status", DIRECT.id, "done", False)


async def test_one_that_its_author_may_not_do_any_more_is_refused(desk: Desk, log: Log) -> None:
    desk.script.before_authorize = asyncio.Event()
    await desk.type(typed("!sso setup"))
    desk.chat.people[ANNA.id] = replace(ANNA, roles=frozenset())
    desk.script.before_authorize.set()
    await desk.clock.advance(2)
    [line] = ends(log)
    assert (line["outcome"], line["user"]) == ("refused", ANNA.id)


async def test_one_that_came_too_late_is_a_line(desk: Desk, log: Log) -> None:
    message = typed("!sso setup")
    await desk.type(replace(message, caught_up=True, ts=message.ts - timedelta(hours=1)))
    assert desk.script.calls == []
    [line] = ends(log)
    assert (line["command"], line["outcome"]) == ("setup", "failed")


async def test_what_never_became_an_operation_is_none(desk: Desk, log: Log) -> None:
    await desk.type(typed("!sso setup", who=MARC))
    await desk.type(typed("!sso bogus", message_id="m2"))
    await desk.type(typed("good morning", message_id="m3"))
    assert desk.operations.rows == {}
    assert ends(log) == []


async def test_several_are_a_line_each_in_the_order_of_their_ends(desk: Desk, log: Log) -> None:
    for number, command in enumerate(("setup", "test", "rotate", "status")):
        await desk.type(typed(f"!sso {command}", message_id=f"m{number}"))
    assert [line["command"] for line in ends(log)] == ["setup", "test", "rotate", "status"]
    assert [line["operation"] for line in ends(log)] == list(desk.operations.rows)


# --- over restarts and outages ---------------------------------------------------------------------------------------


async def test_one_that_is_finished_after_a_restart_is_one_line_which_counts_from_its_beginning(
    desk: Desk, log: Log
) -> None:
    desk.script.after_effect = asyncio.Event()
    await desk.type(typed("!sso setup"))
    later = await crashed(desk)
    assert ends(log) == []
    await later.clock.advance(60)
    await later.runner.recover()
    await later.clock.advance(2)
    [line] = ends(log)
    assert (line["command"], line["message"], line["outcome"], line["receipt"]) == ("setup", "m1", "done", True)
    assert 60 <= line["seconds"] < 65


async def test_one_whose_answer_alone_was_missing_is_no_second_line(desk: Desk, log: Log) -> None:
    desk.script.after_effect = asyncio.Event()
    await desk.type(typed("!sso setup"))
    desk.chat.fail("post", Unreachable, times=10_000)
    desk.script.after_effect.set()
    await settle()
    later = await crashed(desk)
    desk.chat.faults.clear()
    await later.runner.recover()
    await later.clock.advance(2)
    assert "Changed." in desk.chat.said()[0]
    assert len(ends(log)) == 1


async def test_a_receipt_of_an_earlier_run_counts(desk: Desk, log: Log) -> None:
    desk.script.after_effect = asyncio.Event()
    await desk.type(typed("!sso setup"))
    [row] = desk.operations.rows.values()
    desk.operations.rows[row.id] = replace(desk.operations.rows[row.id], receipt={"changed": True})
    later = await crashed(desk)
    later.script.error = UserError("It broke.")
    await later.runner.recover()
    await later.clock.advance(2)
    [line] = ends(log)
    assert (line["outcome"], line["receipt"]) == ("failed", True)


async def test_of_a_record_that_is_not_understood_no_word_is_repeated(desk: Desk, log: Log) -> None:
    desk.script.after_effect = asyncio.Event()
    await desk.type(typed("!sso setup"))
    [row] = desk.operations.rows.values()
    desk.operations.rows[row.id] = replace(row, words="free-words")
    later = await crashed(desk)
    await later.runner.recover()
    await later.clock.advance(2)
    [line] = ends(log)
    assert (line["command"], line["outcome"]) == (None, "failed")
    assert "free-words" not in str(line)


async def test_what_could_not_be_committed_is_a_line_once_it_is(desk: Desk, log: Log) -> None:
    desk.script.after_effect = asyncio.Event()
    await desk.runner.handle(typed("!sso setup"))
    await settle()
    desk.operations.away = True
    desk.script.after_effect.set()
    await desk.clock.advance(2)
    assert ends(log) == []
    desk.operations.away = False
    await desk.runner.idle()
    assert [line["outcome"] for line in ends(log)] == ["done"]


async def test_a_clock_that_was_set_back_makes_no_time_less_than_none(desk: Desk, log: Log) -> None:
    desk.script.after_effect = asyncio.Event()
    await desk.type(typed("!sso setup"))
    [row] = desk.operations.rows.values()
    ahead = row.created_at + timedelta(hours=1)
    desk.operations.rows[row.id] = replace(desk.operations.rows[row.id], created_at=ahead)
    later = await crashed(desk)
    await later.runner.recover()
    await later.clock.advance(2)
    assert [line["seconds"] for line in ends(log)] == [0.0]


async def test_what_is_counted_is_the_command_and_the_outcome_of_the_line(desk: Desk, log: Log) -> None:
    told: list[tuple[str, str]] = []
    desk.runner._endings._listeners = (counted(lambda kind, outcome: told.append((kind, outcome))),)
    await desk.type(typed('!sso setup --name "Free words"'))
    desk.script.error = UserError("It cannot be done.")
    await desk.type(replace(typed("!sso rotate"), id="m2"))
    assert told == [("setup", "done"), ("rotate", "failed")]
    assert told == [(line["command"], line["outcome"]) for line in ends(log)]
