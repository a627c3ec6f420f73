"""What one operation says, whatever Rocket.Chat does meanwhile."""

from __future__ import annotations

import asyncio

import pytest

from bot import redaction
from bot.chatops import reply as reply_module
from bot.chatops.delivery import Recipient
from bot.chatops.ports import Outgoing
from bot.chatops.posting import derived_id, new_message_id
from bot.chatops.reply import UNSEEN_FOR, Outbox, Reply
from bot.errors import BadAnswer, Forbidden, NoAnswer, Rejected, RemoteError, Unauthenticated, Unreachable
from bot.secret import Secret
from tests.support.chat import ADMIN_ROOM, ANNA, DIRECT, OTHER_ROOM, MemoryChat, remote
from tests.support.clocks import SteppedClock, settle

ID = new_message_id()
PROGRESS = derived_id(ID, "progress")


def reply_of(outbox: Outbox, message_id: str = ID, *, known: bool = False) -> Reply:
    return Reply(outbox, message_id, Recipient(ADMIN_ROOM.id, "thread1"), known=known)


def reply_to_anna(outbox: Outbox, *, known: bool = False) -> Reply:
    return Reply(outbox, ID, Recipient(ADMIN_ROOM.id, "thread1", ANNA.id, "anna", "rotate"), known=known)


class TestProgress:
    async def test_it_is_one_message_that_changes_and_the_result_is_another(
        self, outbox: Outbox, chat: MemoryChat, clock: SteppedClock
    ) -> None:
        reply = reply_of(outbox)
        reply.show("working")
        await clock.advance(UNSEEN_FOR)
        assert chat.said() == ["working"]
        assert await reply.finish("done", ended="it took a second")
        progress, result = chat.posted.values()
        assert (progress.id, progress.texts) == (PROGRESS, ["working", "it took a second"])
        assert (result.id, result.room_id, result.thread_id) == (ID, ADMIN_ROOM.id, "thread1")
        assert result.texts == ["done"]

    async def test_what_ends_within_a_second_shows_none(
        self, outbox: Outbox, chat: MemoryChat, clock: SteppedClock
    ) -> None:
        reply = reply_of(outbox)
        reply.show("working")
        await clock.advance(UNSEEN_FOR / 2)
        await reply.finish("done", ended="it took half a second")
        assert chat.calls == ["post"]
        assert chat.posted[ID].texts == ["done"]

    async def test_edits_are_a_second_apart_and_the_newest_wins(
        self, outbox: Outbox, chat: MemoryChat, clock: SteppedClock
    ) -> None:
        reply = reply_of(outbox)
        for quarter in range(13):
            reply.show(f"step {quarter}")
            await clock.advance(0.25)
        await reply.finish("done")
        assert chat.posted[PROGRESS].texts == ["step 3", "step 7", "step 11"]

    async def test_the_same_text_is_not_sent_again(self, outbox: Outbox, chat: MemoryChat, clock: SteppedClock) -> None:
        reply = reply_of(outbox)
        for _ in range(4):
            reply.show("working")
            await clock.advance(1)
        assert chat.calls == ["post"]

    @pytest.mark.parametrize("kind", [Forbidden, Rejected])
    async def test_where_editing_is_off_it_stays_as_it_was(
        self, outbox: Outbox, chat: MemoryChat, clock: SteppedClock, kind: type[RemoteError]
    ) -> None:
        chat.fail("edit", kind, times=99)
        reply = reply_of(outbox)
        for text in ("working", "step 1", "step 2", "step 3"):
            reply.show(text)
            await clock.advance(1)
        assert await reply.finish("done", ended="over")
        assert chat.said() == ["working", "done"]
        assert chat.calls.count("edit") == 2

    async def test_one_of_an_earlier_run_is_ended_by_the_next(self, outbox: Outbox, chat: MemoryChat) -> None:
        await chat.post(Outgoing(PROGRESS, ADMIN_ROOM.id, "working", "thread1"))
        assert await reply_of(outbox, known=True).finish("done", ended="over")
        assert chat.said() == ["over", "done"]

    async def test_none_of_an_earlier_run_is_made_by_the_next(self, outbox: Outbox, chat: MemoryChat) -> None:
        assert await reply_of(outbox, known=True).finish("done", ended="over")
        assert chat.said() == ["done"]

    async def test_one_that_cannot_be_ended_does_not_hold_up_the_result(self, outbox: Outbox, chat: MemoryChat) -> None:
        reply = reply_of(outbox)
        await reply.open()
        chat.fail("edit", Unreachable, times=99)
        assert await reply.finish("done", ended="over")
        assert chat.calls.count("edit") == 1


class TestResult:
    async def test_it_mentions_who_asked(self, outbox: Outbox, chat: MemoryChat) -> None:
        await reply_to_anna(outbox).finish("✓ On")
        assert chat.posted[ID].text == "@anna ✓ On"

    async def test_a_direct_message_needs_no_mention(self, outbox: Outbox, chat: MemoryChat) -> None:
        await Reply(outbox, ID, Recipient(DIRECT.id, None, ANNA.id, "anna", "rotate")).finish("✓ On")
        assert chat.posted[ID].text == "✓ On"

    async def test_outside_of_the_thread_it_says_what_it_answers(self, outbox: Outbox, chat: MemoryChat) -> None:
        chat.refusing = lambda room_id, thread_id: remote(Forbidden) if thread_id else None
        await reply_to_anna(outbox).finish("✓ On")
        [message] = chat.posted.values()
        assert message.thread_id is None
        assert message.text == "@anna ✓ On\nThis is the reply to `rotate`; I could not post it below that message."

    async def test_it_goes_where_the_progress_could_be_shown(self, outbox: Outbox, chat: MemoryChat) -> None:
        chat.refusing = lambda room_id, thread_id: remote(Forbidden) if thread_id else None
        reply = reply_to_anna(outbox)
        await reply.open()
        tried = chat.calls.count("post")
        await reply.finish("✓ On", ended="over")
        assert chat.calls.count("post") == tried + 1

    async def test_no_known_secret_leaves_the_bot(
        self, outbox: Outbox, chat: MemoryChat, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(redaction, "_known", set())
        redaction.redact_values([Secret("s3cret-token")])
        reply = reply_of(outbox)
        reply.show("s3cret-token")
        await reply.open()
        reply.alarm("s3cret-token")
        await settle()
        await reply.finish("said s3cret-token at https://x.example.org/a?code=abc", ended="s3cret-token")
        everything = " ".join(text for message in chat.posted.values() for text in message.texts)
        assert "s3cret" not in everything
        assert "code=" not in everything
        assert everything.count(redaction.MASK) == 5


class TestButtons:
    async def test_a_result_has_one_for_each_command_to_type_next(self, outbox: Outbox, chat: MemoryChat) -> None:
        reply = reply_of(outbox)
        reply.show("working\nNext: `/sso status`")
        await reply.open()
        await reply.finish("✓ On\nNext: `/sso test`, `/sso status`", ended="Next: `/sso status`")
        assert [message.buttons for message in chat.posted.values()] == [(), ("!sso test", "!sso status")]

    async def test_they_can_be_switched_off(self, chat: MemoryChat, clock: SteppedClock) -> None:
        await reply_of(Outbox(chat, clock, buttons=False)).finish("✓ On\nNext: `/sso test`")
        assert chat.posted[ID].buttons == ()

    async def test_a_server_that_takes_none_gets_the_text(self, outbox: Outbox, chat: MemoryChat) -> None:
        chat.takes_buttons = False
        assert await reply_of(outbox).finish("✓ On\nNext: `/sso test`")
        assert chat.said() == ["✓ On\nNext: `/sso test`"]

    async def test_they_are_there_after_a_restart_too(self, outbox: Outbox, chat: MemoryChat) -> None:
        await reply_of(outbox, known=True).finish("✓ On\nNext: `/sso test`", ended="over")
        assert chat.posted[ID].buttons == ("!sso test",)


class TestAlarm:
    async def test_it_is_a_message_of_its_own_that_the_room_sees(self, outbox: Outbox, chat: MemoryChat) -> None:
        reply = reply_to_anna(outbox)
        await reply.open()
        reply.alarm("✗ ALARM: nobody can sign in.")
        await settle()
        progress, alarm = chat.posted.values()
        assert (alarm.text, alarm.thread_id, alarm.in_channel) == (
            "@anna ✗ ALARM: nobody can sign in.", "thread1", True,
        )  # fmt: skip
        assert not progress.in_channel

    async def test_how_it_ended_is_seen_in_the_room_as_well(self, outbox: Outbox, chat: MemoryChat) -> None:
        reply = reply_to_anna(outbox)
        reply.alarm("✗ ALARM")
        await settle()
        await reply.finish("✓ Both sides have the old secret")
        assert chat.posted[ID].in_channel

    async def test_without_one_the_result_stays_in_the_thread(self, outbox: Outbox, chat: MemoryChat) -> None:
        await reply_to_anna(outbox).finish("✓ On")
        assert not chat.posted[ID].in_channel

    async def test_one_of_an_earlier_run_is_remembered_by_the_room(self, outbox: Outbox, chat: MemoryChat) -> None:
        reply = reply_to_anna(outbox)
        reply.alarm("✗ ALARM")
        await settle()
        reply.abandon()
        await reply_to_anna(outbox, known=True).finish("✓ Both sides have the old secret")
        assert chat.posted[ID].in_channel

    async def test_a_later_one_takes_its_place(self, outbox: Outbox, chat: MemoryChat) -> None:
        reply = reply_to_anna(outbox)
        for text in ("first", "second"):
            reply.alarm(text)
            await settle()
        assert [message.texts for message in chat.posted.values()] == [["@anna first", "@anna second"]]

    async def test_it_is_tried_until_it_is_taken(self, outbox: Outbox, chat: MemoryChat) -> None:
        chat.fail("post", Unreachable, times=3)
        reply = reply_to_anna(outbox)
        reply.alarm("✗ ALARM")
        for _ in range(9):
            await settle()
        assert chat.said() == ["✗ ALARM"]

    async def test_one_that_could_not_be_told_is_dropped_for_the_result(self, outbox: Outbox, chat: MemoryChat) -> None:
        chat.refusing = lambda room_id, thread_id: remote(Unreachable)
        reply = reply_to_anna(outbox)
        reply.alarm("✗ ALARM")
        await settle()
        chat.refusing = lambda room_id, thread_id: None
        await reply.finish("✓ Both sides have the old secret")
        await settle()
        assert chat.said() == ["✓ Both sides have the old secret"]


async def test_a_first_post_that_was_carried_out_unanswered_still_ends_in_the_last_text(
    outbox: Outbox, chat: MemoryChat, clock: SteppedClock
) -> None:
    chat.fail("post", NoAnswer, after=True)
    reply = reply_of(outbox)
    for text in ("working", "step 2"):
        reply.show(text)
        await clock.advance(1)
    await clock.advance(1)
    assert chat.posted[PROGRESS].texts == ["working", "step 2"]
    await reply.finish("done")


async def test_progress_that_fails_stops_nothing(outbox: Outbox, chat: MemoryChat, clock: SteppedClock) -> None:
    chat.fail("edit", NoAnswer, times=1)
    reply = reply_of(outbox)
    for text in ("working", "lost", "step 2", "step 3"):
        reply.show(text)
        await clock.advance(1)
    assert chat.said() == ["step 3"]
    await reply.finish("done")


@pytest.mark.parametrize("kind", [Forbidden, Unauthenticated])
async def test_a_refusal_for_good_is_told_to_the_caller(
    outbox: Outbox, chat: MemoryChat, kind: type[RemoteError]
) -> None:
    chat.fail("post", kind, times=99)
    assert not await reply_of(outbox).finish("done")
    assert chat.said() == []


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
        other = Reply(outbox, new_message_id(), Recipient(OTHER_ROOM.id, "thread2"))
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
    await Reply(outbox, ID, Recipient(ADMIN_ROOM.id, "thread1", ANNA.id)).finish("done")
    assert chat.calls == ["post"]


class TestFirstWord:
    async def test_it_stands_before_anything_is_done(self, outbox: Outbox, chat: MemoryChat) -> None:
        reply = reply_of(outbox)
        reply.show("working")
        assert await reply.open()
        assert chat.said() == ["working"]

    async def test_once_said_nothing_is_asked(self, outbox: Outbox, chat: MemoryChat) -> None:
        reply = reply_of(outbox)
        assert await reply.open()
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
    outbox: Outbox, chat: MemoryChat, clock: SteppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    reply = reply_of(outbox)
    with monkeypatch.context() as patch:
        patch.delattr(MemoryChat, "post")
        reply.show("working")
        await clock.advance(UNSEEN_FOR)
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
    reply.alarm("✗ ALARM")
    await clock.advance(UNSEEN_FOR)
    reply.abandon()
    reply.show("more")
    await clock.advance(5)
    assert chat.said() == ["✗ ALARM", "working"]
