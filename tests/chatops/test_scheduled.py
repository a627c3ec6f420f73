"""Operations that a schedule began: the same runner, the same recovery, and an answer in the report room."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.chatops.access import Access
from bot.chatops.ports import OperationState
from bot.chatops.scheduled import AdministratorRoles, ScheduledOperations
from bot.errors import Rejected, Unreachable
from bot.schedule.ports import Begun, Due, Ended
from tests.support.chat import ADMIN_ROOM, ANNA, MARC, OTHER_ROOM, MemoryChat, typed
from tests.support.clocks import START, settle
from tests.support.desk import Desk, crashed, silenced

KEY = "rotate 2026-12-28T01:13:00+00:00 1"
DUE = Due(KEY, START + timedelta(hours=1), ANNA.id, ANNA.username)


def of(desk: Desk) -> ScheduledOperations:
    return ScheduledOperations(desk.runner, desk.operations, OTHER_ROOM.id)


async def test_it_runs_and_is_posted_in_the_report_room_with_why(desk: Desk) -> None:
    await of(desk).begin(DUE, "rotate")
    await desk.clock.advance(2)
    result = list(desk.chat.posted.values())[-1]
    assert (result.room_id, result.thread_id) == (OTHER_ROOM.id, None)
    assert result.text == (
        "✓ Changed.\nNext: `!sso status`\nThis was scheduled; `!sso schedule` shows by whom.\n"
        "Type commands in the admin room."
    )
    assert result.buttons == (), "what they type would be typed in a room where nobody listens"


async def test_where_the_report_room_does_not_take_it_the_admin_room_hears_it(desk: Desk) -> None:
    silenced(desk, OTHER_ROOM)
    await of(desk).begin(DUE, "rotate")
    await desk.clock.advance(2)
    result = list(desk.chat.posted.values())[-1]
    assert (result.room_id, result.buttons) == (ADMIN_ROOM.id, ("!sso status",))
    assert result.text.endswith("shows by whom.\nI could not post this in the report room.")
    assert desk.script.effects == ["effect"]


async def test_its_progress_is_shown_there_too_without_the_why(desk: Desk) -> None:
    desk.script.after_effect = asyncio.Event()
    await of(desk).begin(DUE, "rotate")
    await desk.clock.advance(2)
    [progress] = desk.chat.posted.values()
    assert progress.room_id == OTHER_ROOM.id
    assert progress.text == "✓ Looked\n… working"


async def test_nobody_is_asked_for_a_role(desk: Desk) -> None:
    desk.chat.people[ANNA.id] = MARC
    await of(desk).begin(DUE, "rotate")
    await desk.clock.advance(2)
    assert desk.script.effects == ["effect"]
    assert "person" not in desk.chat.calls


async def test_a_due_time_begins_one_operation(desk: Desk) -> None:
    await of(desk).begin(DUE, "rotate")
    await of(desk).begin(DUE, "rotate")
    await desk.clock.advance(2)
    assert desk.script.effects == ["effect"]


async def test_words_that_are_no_command_are_a_bug(desk: Desk) -> None:
    with pytest.raises(ValueError, match="no command"):
        await of(desk).begin(DUE, "rotat")


async def test_how_it_ended_is_known_when_it_has_ended(desk: Desk) -> None:
    scheduled = of(desk)
    assert await scheduled.outcome(KEY) is None
    desk.script.after_effect = asyncio.Event()
    await scheduled.begin(DUE, "rotate")
    await settle()
    assert await scheduled.outcome(KEY) == Begun()
    desk.script.after_effect.set()
    await desk.clock.advance(2)
    ended = await scheduled.outcome(KEY)
    assert isinstance(ended, Ended)
    assert ended.succeeded
    assert ended.said.startswith("✓ Changed.")


async def test_a_failure_is_none_that_succeeded(desk: Desk) -> None:
    desk.script.error = Unreachable("Encvoy ID", "GET /")
    await of(desk).begin(DUE, "rotate")
    await desk.clock.advance(2)
    ended = await of(desk).outcome(KEY)
    assert isinstance(ended, Ended)
    assert not ended.succeeded


async def test_listeners_hear_of_the_end(desk: Desk) -> None:
    heard: list[tuple[str, OperationState]] = []
    desk.runner._endings._listeners = (lambda operation, ending: heard.append((operation.words, ending.state)),)
    await of(desk).begin(DUE, "rotate")
    await desk.clock.advance(2)
    assert heard == [("rotate", OperationState.DONE)]


async def test_alone_waits_for_an_operation_and_keeps_the_next_one_waiting(desk: Desk) -> None:
    desk.script.after_effect = asyncio.Event()
    await desk.type(typed("!sso rotate"))
    entered, leave = asyncio.Event(), asyncio.Event()

    async def test() -> None:
        async with of(desk).alone():
            entered.set()
            await leave.wait()

    testing = asyncio.create_task(test())
    await settle()
    assert not entered.is_set()
    desk.script.after_effect.set()
    await desk.clock.advance(2)
    assert entered.is_set()
    await of(desk).begin(DUE, "rotate")
    await desk.clock.advance(2)
    assert len(desk.script.effects) == 1
    leave.set()
    await testing
    await desk.clock.advance(2)
    assert len(desk.script.effects) == 2


async def test_after_a_crash_what_had_begun_is_finished_however_late(desk: Desk) -> None:
    desk.script.after_effect = asyncio.Event()
    await of(desk).begin(DUE, "rotate")
    await desk.clock.advance(2)
    later = await crashed(desk)
    await later.clock.advance(7200)
    await later.runner.recover()
    await later.clock.advance(2)
    assert [message.room_id for message in desk.chat.posted.values()] == [OTHER_ROOM.id] * 2
    assert "✓ Changed." in desk.chat.said()[-1]


@pytest.mark.parametrize(("seconds", "effects"), [(60, 1), (3599, 0), (86_400, 0)])
async def test_after_a_crash_what_had_not_begun_begins_inside_its_window_only(
    desk: Desk, seconds: float, effects: int
) -> None:
    desk.script.before_authorize = asyncio.Event()
    await of(desk).begin(DUE, "rotate")
    await desk.clock.advance(2)
    later = await crashed(desk)
    await later.clock.advance(seconds)
    await later.runner.recover()
    await later.clock.advance(2)
    assert len(later.script.effects) == effects
    said = desk.chat.said()[-1]
    assert ("Changed." in said) == bool(effects)
    assert ("the next window is used." in said) != bool(effects)
    assert said.count("✗") == (not effects)


@pytest.mark.parametrize(
    ("account", "expected"),
    [
        (ANNA, True),
        (MARC, False),
        (replace(ANNA, active=False), False),
        (replace(ANNA, roles=None), None),
        (None, False),
    ],
)
async def test_who_holds_the_role(account: object, expected: bool | None) -> None:
    chat = MemoryChat({} if account is None else {ANNA.id: account})  # type: ignore[dict-item]
    roles = AdministratorRoles(Access(chat, frozenset({"admin"}), ADMIN_ROOM.id))
    assert await roles.holds(ANNA.id) is expected


async def test_a_server_that_is_away_is_no_lost_role() -> None:
    chat = MemoryChat({ANNA.id: ANNA})
    chat.fail("person", Unreachable)
    assert await AdministratorRoles(Access(chat, frozenset({"admin"}), ADMIN_ROOM.id)).holds(ANNA.id) is None


@pytest.mark.parametrize(("username", "expected"), [("anna", True), ("marc", False), ("nobody", False)])
async def test_a_role_by_user_name(username: str, expected: bool) -> None:
    chat = MemoryChat({person.id: person for person in (ANNA, MARC)})
    assert await AdministratorRoles(Access(chat, frozenset({"admin"}), ADMIN_ROOM.id)).named(username) is expected


async def test_a_name_that_cannot_be_looked_up_holds_no_role() -> None:
    chat = MemoryChat({ANNA.id: ANNA})
    chat.fail("person_named", Rejected)
    assert not await AdministratorRoles(Access(chat, frozenset({"admin"}), ADMIN_ROOM.id)).named("anna")
