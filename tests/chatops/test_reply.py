"""One message for one operation, whatever Rocket.Chat does meanwhile."""

from __future__ import annotations

import asyncio

import pytest

from bot.chatops import reply as reply_module
from bot.chatops.delivery import Address
from bot.chatops.posting import ALPHABET, ID_LENGTH, TOO_LONG, new_message_id, second_id
from bot.chatops.reply import Outbox, Reply
from bot.errors import BadAnswer, Busy, Forbidden, NoAnswer, Rejected, RemoteError, Unauthenticated, Unreachable
from tests.support.chat import ADMIN_ROOM, ANNA, OTHER_ROOM, MemoryChat, remote
from tests.support.clocks import SteppedClock, settle

ID = new_message_id()


@pytest.fixture
def chat() -> MemoryChat:
    return MemoryChat()


@pytest.fixture
def outbox(chat: MemoryChat, clock: SteppedClock) -> Outbox:
    return Outbox(chat, clock)


def reply_of(outbox: Outbox, message_id: str = ID, *, known: bool = False) -> Reply:
    return Reply(outbox, message_id, Address(ADMIN_ROOM.id, "thread1"), known=known)


async def test_posted_at_once_and_edited(outbox: Outbox, chat: MemoryChat, clock: SteppedClock) -> None:
    reply = reply_of(outbox)
    reply.show("working")
    await settle()
    assert chat.said() == ["working"]
    assert await reply.finish("done")
    [message] = chat.posted.values()
    assert (message.id, message.room_id, message.thread_id) == (ID, ADMIN_ROOM.id, "thread1")
    assert message.texts == ["working", "done"]


async def test_without_anything_in_between_it_is_one_post(outbox: Outbox, chat: MemoryChat) -> None:
    assert await reply_of(outbox).finish("done")
    assert chat.calls == ["post"]


async def test_edits_are_a_second_apart_and_the_newest_wins(
    outbox: Outbox, chat: MemoryChat, clock: SteppedClock
) -> None:
    reply = reply_of(outbox)
    for quarter in range(9):
        reply.show(f"step {quarter}")
        await clock.advance(0.25)
    await reply.finish("done")
    assert chat.posted[ID].texts == ["step 0", "step 3", "step 7", "done"]


async def test_the_last_text_does_not_wait_for_the_second(outbox: Outbox, chat: MemoryChat) -> None:
    reply = reply_of(outbox)
    reply.show("working")
    await settle()
    await reply.finish("done")
    assert chat.said() == ["done"]


async def test_the_same_text_is_not_sent_again(outbox: Outbox, chat: MemoryChat, clock: SteppedClock) -> None:
    reply = reply_of(outbox)
    for _ in range(3):
        reply.show("working")
        await clock.advance(1)
    await reply.finish("working")
    assert chat.calls == ["post"]


@pytest.mark.parametrize("kind", [Forbidden, Rejected])
async def test_where_editing_is_off_the_last_text_is_a_second_message(
    outbox: Outbox, chat: MemoryChat, clock: SteppedClock, kind: type[RemoteError]
) -> None:
    chat.fail("edit", kind, times=99)
    reply = reply_of(outbox)
    for text in ("working", "step 1", "step 2"):
        reply.show(text)
        await clock.advance(1)
    assert await reply.finish("done")
    assert chat.said() == ["working", "done"]
    assert list(chat.posted) == [ID, second_id(ID)]
    assert chat.posted[second_id(ID)].thread_id == "thread1"
    assert chat.calls.count("edit") == 1


async def test_the_second_message_is_not_doubled_by_the_next_start(outbox: Outbox, chat: MemoryChat) -> None:
    chat.fail("edit", Forbidden, times=99)
    for known in (False, True):
        reply = reply_of(outbox, known=known)
        reply.show("working")
        await settle()
        await reply.finish("done")
    assert chat.said() == ["working", "done"]


@pytest.mark.parametrize("kind", [Unreachable, NoAnswer, BadAnswer, Busy])
@pytest.mark.parametrize("call", ["post", "edit"])
@pytest.mark.parametrize("after", [False, True])
async def test_the_last_text_arrives_once_however_long_it_takes(
    outbox: Outbox, chat: MemoryChat, kind: type[RemoteError], call: str, after: bool
) -> None:
    chat.fail(call, kind, times=50, after=after)
    reply = reply_of(outbox)
    reply.show("working")
    await settle()
    assert await reply.finish("done")
    assert chat.said() == ["done"]


async def test_a_first_post_that_was_carried_out_unanswered_still_ends_in_the_last_text(
    outbox: Outbox, chat: MemoryChat
) -> None:
    chat.fail("post", NoAnswer, after=True)
    reply = reply_of(outbox)
    reply.show("working")
    await settle()
    await reply.finish("done")
    assert chat.posted[ID].texts == ["working", "done"]


async def test_progress_that_fails_stops_nothing(outbox: Outbox, chat: MemoryChat, clock: SteppedClock) -> None:
    chat.fail("edit", NoAnswer, times=1)
    reply = reply_of(outbox)
    for text in ("working", "lost", "step 2"):
        reply.show(text)
        await clock.advance(1)
    assert chat.said() == ["step 2"]
    await reply.finish("done")


@pytest.mark.parametrize("kind", [Forbidden, Unauthenticated])
async def test_a_refusal_for_good_is_told_to_the_caller(
    outbox: Outbox, chat: MemoryChat, kind: type[RemoteError]
) -> None:
    chat.fail("post", kind, times=99)
    assert not await reply_of(outbox).finish("done")
    assert chat.said() == []


async def test_a_known_message_is_edited_even_if_its_text_looks_right(outbox: Outbox, chat: MemoryChat) -> None:
    await chat.post(ID, ADMIN_ROOM.id, "an older text", "thread1")
    assert await reply_of(outbox, known=True).finish("done")
    assert chat.posted[ID].texts == ["an older text", "done"]


async def test_a_server_that_refuses_a_known_id_is_asked_to_edit(outbox: Outbox, chat: MemoryChat) -> None:
    await chat.post(ID, ADMIN_ROOM.id, "an older text", "thread1")
    chat.fail("post", Rejected)
    assert await reply_of(outbox, known=True).finish("done")
    assert chat.said() == ["done"]


async def test_last_texts_keep_their_order(outbox: Outbox, chat: MemoryChat) -> None:
    chat.fail("post", Unreachable, times=1)
    first, second = new_message_id(), new_message_id()
    await asyncio.gather(reply_of(outbox, first).finish("first"), reply_of(outbox, second).finish("second"))
    assert chat.said() == ["first", "second"]


async def test_one_refused_for_good_does_not_hold_up_the_next(outbox: Outbox, chat: MemoryChat) -> None:
    chat.fail("post", Forbidden, times=2)
    first, second = new_message_id(), new_message_id()
    assert not await reply_of(outbox, first).finish("first")
    assert await reply_of(outbox, second).finish("second")


async def test_rooms_do_not_wait_for_each_other(outbox: Outbox, chat: MemoryChat) -> None:
    async with outbox.queue(ADMIN_ROOM.id):
        waiting = asyncio.create_task(reply_of(outbox).finish("waits"))
        await settle()
        other = Reply(outbox, new_message_id(), Address(OTHER_ROOM.id, "thread2"))
        assert await other.finish("goes on")
        assert chat.said() == ["goes on"]
    assert await waiting


async def test_what_rocket_chat_never_takes_is_not_delivered_and_lets_the_next_one_pass(
    outbox: Outbox, chat: MemoryChat
) -> None:
    chat.fail("post", BadAnswer, times=10_000)
    reply = reply_of(outbox)
    assert not await reply.finish("first")
    chat.faults.clear()
    assert await reply_of(outbox, new_message_id()).finish("second")
    assert await reply.finish("first", patience=0)
    assert chat.said() == ["second", "first"]


async def test_a_refusal_by_the_server_itself_is_not_taken_for_the_room_s(outbox: Outbox, chat: MemoryChat) -> None:
    chat.fail("post", Unauthenticated, times=99)
    await Reply(outbox, ID, Address(ADMIN_ROOM.id, "thread1", ANNA.id)).finish("done")
    assert chat.calls == ["post"]


@pytest.mark.parametrize(("size", "said"), [(300, "taken"), (20, None)])
async def test_a_server_that_takes_less_gets_less(
    outbox: Outbox, chat: MemoryChat, size: int, said: str | None
) -> None:
    too_long = Rejected("Rocket.Chat", "POST /api/v1/chat.sendMessage", code=TOO_LONG)
    lines = "\n".join(f"line {number}" for number in range(200))

    async def post(message_id: str, room_id: str, text: str, thread_id: str | None = None) -> None:
        if len(text) > size:
            raise too_long
        await MemoryChat.post(chat, message_id, room_id, text, thread_id)

    chat.post = post  # type: ignore[method-assign]
    assert await reply_of(outbox).finish(lines) is (said is not None)
    assert all(len(text) <= size and text.startswith("line 0\n") for text in chat.said())
    assert bool(chat.said()) is (said is not None)


class TestFirstWord:
    async def test_it_stands_before_anything_is_done(self, outbox: Outbox, chat: MemoryChat) -> None:
        reply = reply_of(outbox)
        reply.show("working")
        assert await reply.open()
        assert chat.said() == ["working"]

    async def test_once_said_nothing_is_asked(self, outbox: Outbox, chat: MemoryChat) -> None:
        reply = reply_of(outbox)
        reply.show("working")
        await settle()
        calls = list(chat.calls)
        assert await reply.open()
        assert chat.calls == calls

    @pytest.mark.parametrize("kind", [Forbidden, Rejected, Unreachable, Unauthenticated])
    async def test_refused_or_lost_it_was_not_said(
        self, outbox: Outbox, chat: MemoryChat, kind: type[RemoteError]
    ) -> None:
        chat.fail("post", kind, times=10_000)
        reply = reply_of(outbox)
        reply.show("working")
        assert not await reply.open()

    async def test_one_that_hangs_was_not_said(
        self, outbox: Outbox, chat: MemoryChat, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(reply_module, "FIRST_WORD", 0.05)

        async def post(*_: object) -> None:
            await asyncio.Event().wait()

        chat.post = post  # type: ignore[method-assign, assignment]
        assert not await reply_of(outbox).open()

    async def test_a_message_of_an_earlier_run_that_cannot_be_written_now_was_not_said(
        self, outbox: Outbox, chat: MemoryChat
    ) -> None:
        chat.refusing = lambda room_id, thread_id: remote(Rejected)
        assert not await reply_of(outbox, known=True).open()


async def test_progress_that_breaks_does_not_take_the_last_text_with_it(
    outbox: Outbox, chat: MemoryChat, monkeypatch: pytest.MonkeyPatch
) -> None:
    reply = reply_of(outbox)
    with monkeypatch.context() as patch:
        patch.delattr(MemoryChat, "post")
        reply.show("working")
        await settle()
    assert await reply.finish("done")
    assert chat.said() == ["done"]


async def test_nothing_is_shown_after_the_end(outbox: Outbox, chat: MemoryChat, clock: SteppedClock) -> None:
    reply = reply_of(outbox)
    reply.show("working")
    await reply.finish("done")
    reply.show("too late")
    await clock.advance(5)
    assert chat.said() == ["done"]


async def test_an_abandoned_reply_says_nothing_more(outbox: Outbox, chat: MemoryChat, clock: SteppedClock) -> None:
    reply = reply_of(outbox)
    reply.show("working")
    await settle()
    reply.abandon()
    reply.show("more")
    await clock.advance(5)
    assert chat.said() == ["working"]


def test_ids_are_of_rocket_chat_s_alphabet() -> None:
    for message_id in (ID, second_id(ID)):
        assert len(message_id) == ID_LENGTH
        assert set(message_id) <= set(ALPHABET)


def test_the_second_id_follows_from_the_first() -> None:
    assert second_id(ID) == second_id(ID) != ID
    assert second_id(ID) != second_id(new_message_id())
    assert new_message_id() != new_message_id()
