"""How an operation ends: stored first, then said, and both until they are done."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest
import structlog.testing

from bot.chatops.delivery import recipient_of
from bot.chatops.ending import Endings
from bot.chatops.execution import Ending
from bot.chatops.origin import FromMessage
from bot.chatops.ports import Operation, OperationState
from bot.chatops.reply import Outbox, Reply
from bot.errors import Rejected
from tests.support.chat import ADMIN_ROOM, ANNA, MemoryChat, MemoryOperations
from tests.support.clocks import START, SteppedClock, settle

ORIGIN = FromMessage("m1", ADMIN_ROOM.id, "m1", ANNA.id, "anna")
ROW = Operation("op1", ORIGIN, "setup", "reply1", START)
DONE = Ending(OperationState.DONE, "✓ On.")


@dataclass
class Scene:
    outbox: Outbox
    operations: MemoryOperations = field(default_factory=lambda: MemoryOperations({ROW.id: ROW}))
    heard: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.endings = Endings(
            self.operations, self.outbox.clock, lambda _: None, [lambda operation, _: self.heard.append(operation.id)]
        )

    @property
    def row(self) -> Operation:
        return self.operations.rows[ROW.id]

    def reply(self) -> Reply:
        return Reply(self.outbox, ROW.reply_id, recipient_of(ROW, ADMIN_ROOM.id))


@pytest.fixture
def scene(outbox: Outbox) -> Scene:
    return Scene(outbox)


async def test_it_is_stored_said_and_told(scene: Scene, chat: MemoryChat) -> None:
    await scene.endings.end(ROW, scene.reply(), DONE)
    assert scene.row == replace(ROW, state=OperationState.DONE, reply_text=DONE.text, delivered=True)
    assert (chat.said(), scene.heard) == (["✓ On."], [ROW.id])


async def test_what_cannot_be_stored_is_said_first_and_stored_later(scene: Scene, chat: MemoryChat) -> None:
    with structlog.testing.capture_logs() as logged:
        scene.operations.failing = frozenset({"finish"})
        assert not await scene.endings.commit(ROW, DONE)
        assert [entry["event"] for entry in logged] == ["internal error"]
    scene.operations.failing = frozenset()
    assert scene.heard == []
    await scene.endings.conclude(ROW, scene.reply(), DONE, committed=False)
    assert (scene.row.state, scene.row.delivered, scene.heard) == (OperationState.DONE, True, [ROW.id])
    assert chat.said() == ["✓ On."]


async def test_what_cannot_be_said_is_said_at_the_next_opportunity(
    scene: Scene, chat: MemoryChat, clock: SteppedClock
) -> None:
    chat.fail("post", Rejected, times=3)
    await scene.endings.end(ROW, scene.reply(), DONE)
    assert (scene.row.state, scene.row.delivered) == (OperationState.DONE, False)
    await settle()
    scene.endings.opportunity()
    await settle()
    [said] = chat.said()
    assert (scene.row.delivered, said.splitlines()[0]) == (True, "✓ On.")
    await scene.endings.stop()


async def test_once_it_was_stopped_nothing_is_tried_again(scene: Scene, chat: MemoryChat) -> None:
    await scene.endings.stop()
    chat.fail("post", Rejected, times=3)
    await scene.endings.end(ROW, scene.reply(), DONE)
    scene.endings.opportunity()
    await settle()
    assert (scene.row.delivered, chat.said()) == (False, [])


async def test_an_answer_that_is_there_is_not_given_again(scene: Scene, chat: MemoryChat) -> None:
    await scene.endings.without_answer(ROW, replace(DONE, state=OperationState.FAILED))
    assert (scene.row.state, scene.row.delivered, chat.said()) == (OperationState.FAILED, True, [])
