"""`history`: who asked for what, when, and what came of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.chatops.history import PastOperation
from bot.chatops.origin import FromMessage, FromSchedule
from bot.chatops.ports import Operation, OperationState
from bot.connection.receipt import Outcome, Receipt
from bot.errors import UserError
from bot.text import SIZE_LIMIT, inert, size
from tests.support.clocks import START
from tests.support.counter import Counter

RECEIPT = Receipt(
    outcome=Outcome.DONE,
    changes=("WriteServiceSecret", "CommitSecret"),
    gap=0.084,
    fingerprint_before="1b37",
    fingerprint_after="9c1f",
)
ANSWER = "✓ Rotated: both sides have it.\nVerified: it works.\nNext: `!sso test`"


def past(number: int, words: str = "rotate", **changes: Any) -> PastOperation:
    """It began that many minutes after the start, and took 4.2 seconds."""
    created_at = START + timedelta(minutes=number)
    operation = Operation(
        id=f"{number:012x}",
        origin=FromMessage(f"m{number}", "room1", None, "anna1", "anna"),
        words=words,
        reply_id="r",
        created_at=created_at,
        state=OperationState.DONE,
        reply_text=ANSWER,
        delivered=True,
    )
    finished_at = changes.pop("finished_at", created_at + timedelta(seconds=4.2))
    return PastOperation(replace(operation, **changes), finished_at)


@pytest.fixture
def full(counter: Counter) -> Counter:
    """Three operations, the last of which was a look."""
    counter.history.past = [past(1, receipt=RECEIPT.as_dict()), past(2, "disable"), past(3, "status")]
    counter.world.clock.seconds = timedelta(hours=3).total_seconds()
    return counter


async def test_the_newest_comes_first_with_all_that_is_known(full: Counter) -> None:
    _, text = await full.run("history")
    assert text.splitlines() == [
        "The last 2 operations that could change something, newest first.",
        "• `000000000002`: `disable` by `anna`, 2026-11-24 12:02 UTC (2 hours ago)",
        "    ✓ Rotated: both sides have it.",
        "• `000000000001`: `rotate` by `anna`, 2026-11-24 12:01 UTC (2 hours ago)",
        "    ✓ Rotated: both sides have it.",
        "    gap 84 ms at most; fingerprint 1b37 → 9c1f",
        "Next: `!sso history 000000000002`, `!sso history --all`",
    ]


async def test_all_lists_looks_too_but_not_itself(full: Counter) -> None:
    full.history.past.append(past(4, "history --all", id="op1", state=OperationState.ACCEPTED, reply_text=None))
    answer, text = await full.run("history --all")
    assert text.startswith("The last 3 operations, newest first.\n• `000000000003`: `status` by `anna`")
    assert "op1" not in text
    assert answer.next == ("history 000000000003",)


async def test_what_an_unknown_version_did_is_listed(full: Counter) -> None:
    full.history.past.append(past(4, "remove"))
    assert "`remove` by `anna`" in (await full.run("history"))[1]


@pytest.mark.parametrize(("typed", "shown"), [("", 10), (" 3", 3), (" 12", 12), (" 11 --all", 11)])
async def test_it_lists_as_many_as_are_asked_for(counter: Counter, typed: str, shown: int) -> None:
    counter.history.past = [past(number) for number in range(1, 16)]
    _, text = await counter.run(f"history{typed}")
    assert text.startswith(f"The last {shown} operations")
    assert text.count("\n• ") == shown


async def test_one_is_no_number(counter: Counter) -> None:
    counter.history.past = [past(1)]
    assert (await counter.run("history"))[1].startswith("The last operation that could")


async def test_there_is_none_yet(counter: Counter) -> None:
    answer, text = await counter.run("history")
    assert text.startswith("There is no operation yet that could change something.")
    assert answer.next == ("history --all", "status")
    answer, text = await counter.run("history --all")
    assert text.startswith("There is no other operation yet.")
    assert answer.next == ("status",)


async def test_what_does_not_fit_into_one_message_is_left_out_at_its_end(counter: Counter) -> None:
    long = "✗ " + "`a.b` 127.0.0.1 " * 12
    counter.history.past = [past(number, reply_text=long) for number in range(1, 100)]
    _, text = await counter.run("history 90")
    assert size(inert(text)) <= SIZE_LIMIT
    assert "lines left out" not in text
    assert text.splitlines()[0].endswith("newest first. More do not fit into one message.")
    shown = text.count("\n• ")
    assert 9 < shown < 90
    assert f"`{99 - shown + 1:012x}`" in text
    assert f"The last {shown} operations" in text


@pytest.mark.parametrize("count", [1, 37, 38, 39, 40])
async def test_a_long_first_line_is_cut_and_its_code_closed(counter: Counter, count: int) -> None:
    counter.history.past = [past(1, reply_text=f"✗ `{'x' * (5 * count)}` and `{'y' * 300}` end\nmore")]
    line = (await counter.run("history"))[1].splitlines()[2]
    assert line.count("`") % 2 == 0
    assert len(line) < 210
    assert line.endswith("…")


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (OperationState.ACCEPTED, "not begun yet"),
        (OperationState.RUNNING, "not ended yet"),
        (OperationState.DONE, "done"),
        (OperationState.FAILED, "failed"),
        (OperationState.ODD, "of a kind that this version does not know"),
    ],
)
async def test_without_an_answer_the_state_is_said(counter: Counter, state: OperationState, said: str) -> None:
    counter.history.past = [past(1, state=state, reply_text=None, finished_at=None)]
    assert f"\n    {said}\n" in (await counter.run("history"))[1]
    _, whole = await counter.run("history 000000000001")
    assert f"UTC (15 minutes ago); {said}.\nIt left no receipt" in whole
    assert "There is no answer yet." in whole


async def test_a_receipt_that_cannot_be_read_hides_nothing(counter: Counter) -> None:
    counter.history.past = [past(1, receipt={"changed": True}), past(2, receipt={})]
    assert (await counter.run("history"))[1].count("\n• ") == 2
    assert "This version cannot read its receipt." in (await counter.run("history 000000000001"))[1]


async def test_one_in_full_has_its_receipt_and_its_whole_answer(full: Counter) -> None:
    answer, text = await full.run("history 000000000001")
    assert text.splitlines() == [
        "`000000000001`: `rotate` by `anna`.",
        "Accepted 2026-11-24 12:01 UTC (2 hours ago). Ended after 4.2 s.",
        "Receipt:",
        "• Outcome: done",
        "• Changes, in order: secret written in Rocket.Chat, secret saved by the bot",
        "• Secret: fingerprint 1b37 → 9c1f",
        "• Sign-ins: gap 84 ms at most",
        "Answer:",
        "    ✓ Rotated: both sides have it.",
        "    Verified: it works.",
        "    Next: `!sso test`",
        "Next: `!sso history`",
    ]
    assert answer.next == ("history",)


async def test_an_id_is_taken_as_it_is_copied(full: Counter) -> None:
    full.history.past.append(past(10))
    assert "`00000000000a`: `rotate`" in (await full.run("history 00000000000A"))[1]


async def test_a_clock_that_was_set_back_takes_no_negative_time(counter: Counter) -> None:
    counter.history.past = [past(1, finished_at=START)]
    assert "Ended after 0.0 s." in (await counter.run("history 000000000001"))[1]


async def test_an_operation_that_is_not_there_is_named_with_the_way(full: Counter) -> None:
    with pytest.raises(UserError) as caught:
        await full.run("history 00000000000b")
    assert "There is no operation `00000000000b`." in caught.value.what
    assert "`/sso history` lists" in caught.value.fix


async def test_a_scheduled_operation_says_so(counter: Counter) -> None:
    origin = FromSchedule("rotate 2026-12-28 1", START, "r1", "u1", "anna")
    counter.history.past = [replace(past(1), operation=replace(past(1).operation, origin=origin))]
    assert "the schedule of `anna`" in (await counter.run("history"))[1]


async def test_it_is_for_administrators(counter: Counter) -> None:
    command = counter.registry.commands["history"]
    assert (command.everyone, command.effect) == (False, False)
