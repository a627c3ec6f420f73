"""What becomes of an operation that was authorised, and then interrupted."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.chatops.answer import buttons
from bot.chatops.origin import FromMessage
from bot.chatops.ports import Operation, OperationState, Person
from bot.chatops.registry import Trace
from bot.errors import StoreUnavailable, UserError
from tests.support.chat import ANNA, MemoryOperations, typed
from tests.support.clocks import START
from tests.support.desk import Desk

DEMOTED = replace(ANNA, roles=frozenset({"user"}))
GONE = replace(ANNA, active=False)
A_MONTH = 30 * 24 * 3600.0


async def restarted(desk: Desk, trace: Trace, *, after: float = 60, who: Person = ANNA) -> Desk:
    """The same bot after it was killed right behind `authorize`; the author is `who` by now."""
    desk.script.after_effect = asyncio.Event()
    await desk.type(typed("!sso setup --disabled"))
    await desk.runner._work.cancel()
    await desk.clock.advance(after)
    desk.chat.people[ANNA.id] = who
    later = Desk(chat=desk.chat, operations=desk.operations, clock=desk.clock)
    later.script.trace = trace
    return later


async def recovered(desk: Desk) -> str:
    await desk.runner.recover()
    await desk.clock.advance(2)
    [text] = desk.chat.said()
    return text


@pytest.mark.parametrize("who", [ANNA, DEMOTED, GONE])
@pytest.mark.parametrize("after", [1, A_MONTH])
async def test_what_is_partly_done_is_finished_without_asking(desk: Desk, who: Person, after: float) -> None:
    later = await restarted(desk, Trace.PART, after=after, who=who)
    asked = desk.chat.calls.count("person")
    assert "Changed." in await recovered(later)
    assert desk.chat.calls.count("person") == asked
    assert later.script.calls[0].operation.resumed
    assert later.script.taken_back == []


@pytest.mark.parametrize("trace", [Trace.NOTHING, Trace.UNCLEAR])
async def test_what_shows_nowhere_goes_on_for_an_author_who_still_may(desk: Desk, trace: Trace) -> None:
    later = await restarted(desk, trace)
    asked = desk.chat.calls.count("person")
    assert "Changed." in await recovered(later)
    assert desk.chat.calls.count("person") == asked + 2, "at the start, and just before the first effect"
    assert later.script.calls[0].operation.resumed
    assert later.script.taken_back == []


async def test_a_role_withdrawn_between_the_two_questions(desk: Desk) -> None:
    later = await restarted(desk, Trace.NOTHING)
    later.script.before_authorize = asyncio.Event()
    await later.runner.recover()
    await later.clock.advance(2)
    desk.chat.people[ANNA.id] = DEMOTED
    later.script.before_authorize.set()
    await later.clock.advance(2)
    assert later.script.effects == []
    assert later.script.taken_back == list(desk.operations.rows)
    assert "Only an administrator may do this." in desk.chat.said()[0]


async def test_a_wish_that_cannot_be_taken_back_is_answered_all_the_same(desk: Desk) -> None:
    later = await restarted(desk, Trace.NOTHING)
    later.script.before_authorize = asyncio.Event()
    later.script.revert_error = StoreUnavailable()
    await later.runner.recover()
    await later.clock.advance(2)
    desk.chat.people[ANNA.id] = DEMOTED
    later.script.before_authorize.set()
    await later.clock.advance(2)
    assert "Result unknown" in desk.chat.said()[0], "it is still desired"
    assert await desk.operations.unfinished() == ()


@pytest.mark.parametrize("trace", [Trace.NOTHING, Trace.UNCLEAR])
@pytest.mark.parametrize("who", [DEMOTED, GONE])
async def test_what_shows_nowhere_is_given_up_for_an_author_who_may_not(desk: Desk, trace: Trace, who: Person) -> None:
    later = await restarted(desk, trace, who=who)
    answer = await recovered(later)
    assert ("✗ Not done: Only a" in answer) is (trace is Trace.NOTHING)
    assert ("✗ Result unknown: I was interrupted, and I am not continuing." in answer) is (trace is Trace.UNCLEAR)
    assert ("I cannot tell what I had done by then" in answer) is (trace is Trace.UNCLEAR)
    assert later.script.calls == []
    assert later.script.taken_back == list(desk.operations.rows)


@pytest.mark.parametrize(
    ("trace", "said"),
    [
        (Trace.NOTHING, "I was interrupted before anything was written."),
        (Trace.UNCLEAR, "I cannot tell what I had done by then"),
    ],
)
@pytest.mark.parametrize("after", [121, A_MONTH])
async def test_what_shows_nowhere_and_is_old_is_to_be_typed_again(
    desk: Desk, trace: Trace, said: str, after: float
) -> None:
    later = await restarted(desk, trace, after=after)
    text = await recovered(later)
    assert said in text
    assert "Please type it again." in text
    assert later.script.calls == []
    assert later.script.taken_back == list(desk.operations.rows)
    assert await desk.operations.unfinished() == ()


@pytest.mark.parametrize("state", [OperationState.ACCEPTED, OperationState.RUNNING])
@pytest.mark.parametrize(
    ("ours", "servers"),
    [(-30, -30), (-30, 0), (0, 30), (0, -30)],
    ids=["both back", "back", "stood still", "server's back"],
)
async def test_a_clock_that_was_set_back_makes_nothing_young(
    desk: Desk, state: OperationState, ours: int, servers: int
) -> None:
    """Days by which each clock differs from where it was: ours may have been set back, or have stood still while the
    machine was off."""
    later = await restarted(desk, Trace.NOTHING)
    [(key, row)] = desk.operations.rows.items()
    typed_at = row.created_at - timedelta(days=ours)
    desk.operations.rows[key] = replace(row, created_at=typed_at, state=state)
    later.time.known, later.time.told = False, [timedelta(days=servers - ours)]
    assert "Please type it again." in await recovered(later)
    assert later.script.calls == []


async def test_interrupted_once_more_it_is_looked_at_once_more(desk: Desk) -> None:
    later = await restarted(desk, Trace.NOTHING)
    later.script.before_authorize = asyncio.Event()
    await later.runner.recover()
    await later.clock.advance(2)
    [row] = await desk.operations.unfinished()
    assert row.state is OperationState.RUNNING


async def test_what_was_committed_as_done_is_only_answered(desk: Desk) -> None:
    later = await restarted(desk, Trace.NOTHING, after=A_MONTH, who=DEMOTED)
    [row] = desk.operations.rows.values()
    desk.operations.rows[row.id] = replace(row, receipt={"changed": True})
    await recovered(later)
    assert later.script.calls[0].operation.receipt == {"changed": True}
    assert later.script.taken_back == []


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            UserError("The keys do not fit."),
            "Result unknown: I was restarted and could not check what",
        ),
        (OSError("x"), "internal error"),
    ],
)
async def test_what_cannot_be_looked_at_is_neither_done_nor_not_done(desk: Desk, error: Exception, said: str) -> None:
    later = await restarted(desk, Trace.NOTHING)
    later.script.trace_error = error
    text = await recovered(later)
    assert said in text
    assert "Not done" not in text
    assert later.script.calls == []
    assert await desk.operations.unfinished() == ()


async def test_a_look_that_was_interrupted_is_for_administrators_all_the_same(desk: Desk) -> None:
    desk.script.after_effect = asyncio.Event()
    await desk.runner.handle(typed("!sso setup", message_id="m1"))
    await desk.runner.handle(typed("!sso test", message_id="m2"))
    later = await restarted(desk, Trace.PART, who=DEMOTED)
    await later.runner.recover()
    await later.clock.advance(2)
    assert "Only an administrator may do this." in desk.chat.said()[1]


ODD = {
    "an unknown state": {"state": OperationState.ODD},
    "an end without an answer": {"state": OperationState.DONE},
    "an answer without an end": {"reply_text": "All is well."},
    "an unknown command": {"words": "vanished"},
    "free words": {"words": "setup My Name"},
    "no words": {"words": ""},
    "several lines": {"words": "setup\nrotate"},
}


def left(number: int, **changes: Any) -> Operation:
    return Operation(
        **{
            "id": f"op{number}", "origin": FromMessage(f"m{number}", "room1", f"m{number}", ANNA.id, "anna"),
            "words": "setup", "reply_id": f"reply{number}", "created_at": START, "state": OperationState.RUNNING,
            **changes,
        }
    )  # fmt: skip


@pytest.mark.parametrize("changes", ODD.values(), ids=ODD)
async def test_a_row_that_makes_no_sense_is_refused_once_and_holds_nothing_up(changes: dict[str, Any]) -> None:
    operations = MemoryOperations({"op1": left(1, **changes), "op2": left(2, words="rotate")})
    desk = Desk(operations=operations)
    await desk.runner.recover()
    await desk.clock.advance(2)
    first, second = desk.chat.posted["reply1"].text, desk.chat.posted["reply2"].text
    assert first.startswith("@anna ✗ Not done: I was restarted and ")
    assert "Changed." in second
    assert operations.rows["op1"].state is OperationState.FAILED
    assert await operations.unfinished() == ()
    assert len(desk.script.calls) == 1


@pytest.mark.parametrize("trace", [Trace.PART, Trace.UNCLEAR])
async def test_who_lost_the_role_is_not_told_to_type_what_only_others_may(desk: Desk, trace: Trace) -> None:
    later = await restarted(desk, trace, after=1, who=DEMOTED)
    later.script.following = ("rotate", "status")
    said = await recovered(later)
    assert ("✓ Changed." in said) is (trace is Trace.PART)
    assert buttons(said) == (("!sso status",) if trace is Trace.PART else ())


async def test_a_database_that_is_away_while_it_looks_is_said(desk: Desk) -> None:
    later = await restarted(desk, Trace.NOTHING)
    later.script.trace_error = StoreUnavailable()
    assert "The bot's own database cannot be used right now." in await recovered(later)
