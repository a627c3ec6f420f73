"""One message in one place: there once, with its last text, whatever the server makes of an id, an edit or a length."""

from __future__ import annotations

import pytest

from bot.chatops.delivery import Recipient
from bot.chatops.ports import Outgoing
from bot.chatops.posting import ALPHABET, ID_LENGTH, TOO_LONG, new_message_id, second_id
from bot.chatops.reply import Outbox, Reply
from bot.errors import BadAnswer, Busy, Forbidden, NoAnswer, Rejected, RemoteError, Unreachable
from tests.support.chat import ADMIN_ROOM, MemoryChat

ID = new_message_id()


def reply_of(outbox: Outbox, *, known: bool = False) -> Reply:
    return Reply(outbox, ID, Recipient(ADMIN_ROOM.id, "thread1"), known=known)


@pytest.mark.parametrize("kind", [Unreachable, NoAnswer, BadAnswer, Busy])
@pytest.mark.parametrize("call", ["post", "edit"])
@pytest.mark.parametrize("after", [False, True])
async def test_the_last_text_arrives_once_however_long_it_takes(
    outbox: Outbox, chat: MemoryChat, kind: type[RemoteError], call: str, after: bool
) -> None:
    await chat.post(Outgoing(ID, ADMIN_ROOM.id, "an older text", "thread1"))
    chat.fail(call, kind, times=50, after=after)
    assert await reply_of(outbox, known=True).finish("done")
    assert chat.said() == ["done"]


@pytest.mark.parametrize("kind", [Forbidden, Rejected])
async def test_where_editing_is_off_another_result_than_that_of_an_earlier_run_is_a_second_message(
    outbox: Outbox, chat: MemoryChat, kind: type[RemoteError]
) -> None:
    await chat.post(Outgoing(ID, ADMIN_ROOM.id, "an older text", "thread1"))
    chat.fail("edit", kind, times=99)
    for _ in range(2):
        assert await reply_of(outbox, known=True).finish("done")
    assert chat.said() == ["an older text", "done"]
    assert list(chat.posted) == [ID, second_id(ID)]
    assert chat.posted[second_id(ID)].thread_id == "thread1"


async def test_a_known_message_is_edited_even_if_its_text_looks_right(outbox: Outbox, chat: MemoryChat) -> None:
    await chat.post(Outgoing(ID, ADMIN_ROOM.id, "an older text", "thread1"))
    assert await reply_of(outbox, known=True).finish("done")
    assert chat.posted[ID].texts == ["an older text", "done"]


async def test_a_server_that_refuses_a_known_id_is_asked_to_edit(outbox: Outbox, chat: MemoryChat) -> None:
    await chat.post(Outgoing(ID, ADMIN_ROOM.id, "an older text", "thread1"))
    chat.fail("post", Rejected)
    assert await reply_of(outbox, known=True).finish("done")
    assert chat.said() == ["done"]


@pytest.mark.parametrize(("size", "said"), [(300, "taken"), (20, None)])
async def test_a_server_that_takes_less_gets_less(
    outbox: Outbox, chat: MemoryChat, size: int, said: str | None
) -> None:
    too_long = Rejected("Rocket.Chat", "POST /api/v1/chat.sendMessage", code=TOO_LONG)
    lines = "\n".join(f"line {number}" for number in range(200))

    async def post(message: Outgoing) -> None:
        if len(message.text) > size:
            raise too_long
        await MemoryChat.post(chat, message)

    chat.post = post  # type: ignore[method-assign]
    assert await reply_of(outbox).finish(lines) is (said is not None)
    assert all(len(text) <= size and text.startswith("line 0\n") for text in chat.said())
    assert bool(chat.said()) is (said is not None)


def test_ids_are_of_rocket_chat_s_alphabet() -> None:
    for message_id in (ID, second_id(ID)):
        assert len(message_id) == ID_LENGTH
        assert set(message_id) <= set(ALPHABET)


def test_the_second_id_follows_from_the_first() -> None:
    assert second_id(ID) == second_id(ID) != ID
    assert second_id(ID) != second_id(new_message_id())
    assert new_message_id() != new_message_id()
