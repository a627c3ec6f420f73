"""The operation runner: turns a message, or a due time, into one true answer, even after errors and restarts.

    message → reception ─┐
                         ├─→ Operations.accept → handler → reply
    schedule → begin ────┘

Operations run one after the other, in the order of their messages; commands for everyone never wait. The final answer
is committed before it is delivered, so a crash loses neither.

This is one of the three places of the program that survive any error; the others are the socket loop and the
scheduler.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from functools import partial
from typing import assert_never

import structlog

from bot.chatops import inbox
from bot.chatops.access import Access
from bot.chatops.answer import EVERYWHERE, Mark, render_failure, render_internal
from bot.chatops.background import Background
from bot.chatops.delivery import recipient_of
from bot.chatops.ending import Endings, EndListener
from bot.chatops.execution import Ending, Job, Means, Steps, execute, log_internal
from bot.chatops.origin import FromMessage, FromSchedule, Origin
from bot.chatops.ports import Message, Operation, Operations, OperationState, Person, Room
from bot.chatops.posting import new_message_id
from bot.chatops.private import PrivateMessage
from bot.chatops.reception import Order, Reception, Say
from bot.chatops.registry import Command
from bot.chatops.remarks import Remarks, thread_of
from bot.chatops.reply import Outbox, Reply
from bot.chatops.resumption import CLOSED, NOT_KNOWN, SENSELESS, makes_sense, resume
from bot.chatops.unknown_fields import UnknownFields
from bot.clock import within
from bot.errors import StoreUnavailable, UserError
from bot.retry import until_available

_log = structlog.get_logger()
_ENDED = (OperationState.DONE, OperationState.FAILED)


class Runner:
    """Receives messages, runs commands, answers. All its work is in its own tasks; `stop` ends them."""

    def __init__(
        self,
        *,
        outbox: Outbox,
        operations: Operations,
        reception: Reception,
        access: Access,
        admin_room: Room,
        unfamiliar: UnknownFields,
        listeners: Sequence[EndListener] = (),
    ) -> None:
        self._outbox = outbox
        self._clock = outbox.clock
        self._operations = operations
        self._reception = reception
        self._access = access
        self._admin_room = admin_room
        self._unfamiliar = unfamiliar
        self._endings = Endings(operations, outbox.clock, self._command_of, listeners)
        self._one_at_a_time = asyncio.Lock()
        self._work = Background()
        self._remarks = Remarks(outbox, self._work)
        self._stopping = False

    async def handle(self, message: Message) -> None:
        """Handles one message, and returns once it is decided what to do with it. Never raises."""
        try:
            decision = await self._reception.decide(message)
            if decision is None:
                return
            self._endings.opportunity()
            if self._reception.may_be_known(message) and await self._is_answered(message.id):
                _log.info("repeated message ignored", message=message.id)
            elif isinstance(decision, Say):
                self._remarks.make(message, decision.text)
            else:
                if fields := self._unfamiliar.among(message.unknown):
                    self._work.spawn(self._unfamiliar.saw(fields))
                await self._accept(message, decision)
        except UserError as error:
            self._say_in_admin_room(message, render_failure((), error))
        except Exception as error:  # noqa: BLE001 - one bad message must not end the listening
            self._say_in_admin_room(message, render_internal((), log_internal(error, "message")))

    async def begin(self, origin: FromSchedule, words: str) -> None:
        """Begins the operation of a due time, unless it was begun before. It runs on its own; `listeners` hear of its
        end."""
        parsed = self._reception.reread(words)
        if parsed is None:
            raise ValueError(f"{words} is no command")
        wanted = Operation(
            id=secrets.token_hex(6),
            origin=origin,
            words=parsed.words,
            reply_id=new_message_id(),
            created_at=self._clock.now(),
        )
        accepted = await self._operations.accept(wanted)
        if accepted is not None:
            who, room, prefix = self._asked(origin)
            self._work.spawn(self._run(Job(accepted, replace(parsed, prefix=prefix), who, room)))

    @contextlib.asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        """No operation that may change something runs meanwhile."""
        async with self._one_at_a_time:
            yield

    async def recover(self) -> None:
        """Resumes what an earlier process left: answers not delivered, and operations not ended."""
        for operation in await self._operations.unfinished():
            self._work.spawn(self._take_up(operation))

    def reconnected(self) -> None:
        """Rocket.Chat is back: undelivered answers can be tried again."""
        self._endings.opportunity()

    async def stop(self, grace: float = 5.0) -> None:
        """Gives running operations `grace` seconds to finish, then cancels them; the next start continues."""
        self._stopping = True
        await self._endings.stop()
        with contextlib.suppress(TimeoutError):
            await within(self._clock, grace, self.idle())
        await self._work.cancel()

    async def idle(self) -> None:
        """Returns when nothing is running."""
        await self._work.idle()

    async def _is_answered(self, message_id: str) -> bool:
        """Whether it has its answer, or will get it: what is said now may contradict that, and a role that was
        withdrawn since must not cause a second one."""
        row = await until_available(partial(self._operations.of_message, message_id))
        return row is not None or await self._remarks.were_made(message_id)

    async def _accept(self, message: Message, order: Order) -> None:
        operation = Operation(
            id=secrets.token_hex(6),
            origin=FromMessage(
                message.id, message.room_id, thread_of(message, order.room.type), order.who.id, message.username
            ),
            words=order.invocation.words,
            reply_id=new_message_id(),
            created_at=self._clock.now(),
        )
        try:
            accepted = await self._operations.accept(operation)
        except StoreUnavailable as error:
            self._remarks.make(message, render_failure((), error))
            self._work.spawn(self._withdraw(operation.id, message.id))
            return
        if accepted is None:
            _log.info("repeated message ignored", message=message.id)
        elif order.late is not None:
            self._work.spawn(
                self._endings.end(accepted, self._reply(accepted), Ending(OperationState.FAILED, order.late))
            )
        else:
            self._work.spawn(self._run(Job(accepted, order.invocation, order.who, order.room)))

    async def _take_up(self, operation: Operation) -> None:
        reply = self._reply(operation, known=True)
        parsed = self._reception.reread(operation.words)
        who, room, prefix = self._asked(operation.origin)
        if operation.state is OperationState.ACCEPTED and await self._was_denied(operation.origin):
            await self._deny(operation)
        elif operation.state is OperationState.ACCEPTED and (told := await self._remarks.standing(operation.reply_id)):
            state = OperationState.FAILED if told.startswith(Mark.FAILED.value) else OperationState.DONE
            await self._endings.without_answer(operation, Ending(state, told))
        elif operation.state in _ENDED and operation.reply_text is not None:
            await self._endings.deliver(operation, reply, operation.reply_text)
        elif parsed is None or not makes_sense(operation):
            text = render_failure((), SENSELESS if parsed else NOT_KNOWN, prefix=prefix)
            await self._endings.end(operation, reply, Ending(OperationState.FAILED, text))
        elif operation.state is OperationState.ACCEPTED and (late := await self._late(operation)):
            await self._endings.end(operation, reply, Ending(OperationState.FAILED, late))
        else:
            parsed = replace(parsed, prefix=prefix)
            await self._run(Job(operation, parsed, who, room, resumed=True))

    async def _withdraw(self, operation_id: str, message_id: str) -> None:
        """The database may have accepted it, and only its answer was lost."""
        row = await until_available(partial(self._operations.of_message, message_id))
        if row is not None and row.id == operation_id:
            await self._deny(row)

    async def _deny(self, operation: Operation) -> None:
        """Ends it with the answer that its author has."""
        ending = Ending(OperationState.FAILED, render_failure((), StoreUnavailable()))
        await self._endings.without_answer(operation, ending)

    async def _was_denied(self, origin: Origin) -> bool:
        """Whether its author was told that it is not done: the database had accepted it, and its answer was lost."""
        if not isinstance(origin, FromMessage):
            return False
        return await self._remarks.were_made(origin.message_id)

    def _asked(self, origin: Origin) -> tuple[Person, Room, str]:
        """Who asked, where, and the prefix for what the answer tells to type next."""
        match origin:
            case FromMessage() as message:
                who = Person(message.user_id, message.username, roles=None, active=True, type="user")
                room = Room(message.room_id, message.username, "d", encrypted=False, members=2)
                # The typed prefix is not stored: `!sso` works in every client, and a direct room needs none.
                prefix = "!sso" if message.thread_id else ""
                return who, self._admin_room if message.room_id == self._admin_room.id else room, prefix
            case FromSchedule() as schedule:
                who = Person(schedule.user_id, schedule.username, roles=None, active=True, type="user")
                return who, self._admin_room, EVERYWHERE
            case never:
                assert_never(never)

    async def _run(self, job: Job) -> None:
        reply = self._reply(job.operation, known=job.resumed)
        steps = Steps(self._clock, reply)
        try:
            async with self._turn(job.command, steps):
                if self._stopping:
                    return
                ending = await self._ending(job, steps, reply)
                committed = await self._endings.commit(job.operation, ending)
            # Outside of the turn: an unavailable chat must not delay the next operation.
            await self._endings.conclude(job.operation, reply, ending, committed)
        finally:
            reply.abandon()

    async def _ending(self, job: Job, steps: Steps, reply: Reply) -> Ending:
        private = PrivateMessage(
            self._outbox.chat,
            job.operation.reply_id,
            job.operation.origin.user_id,
            room_id=job.room.id if job.room.type == "d" else None,
            known=job.resumed,
            buttons=self._outbox.buttons,
        )
        means = Means(self._access, self._operations, reply.open, self._reception.for_everyone, private)
        if not job.resumed:
            return await execute(job, steps, means)
        told = partial(self._remarks.standing, job.operation.reply_id)
        return await resume(job, steps, means, old=bool(await self._late(job.operation)), told=told)

    async def _late(self, operation: Operation) -> str:
        """Not empty: it is too late to begin it, and this is said instead."""
        match operation.origin:
            case FromMessage():
                return inbox.AWAY if await self._reception.long_ago(operation.created_at) else ""
            case FromSchedule(until=until):
                return "" if self._clock.now() < until else render_failure((), CLOSED, prefix=EVERYWHERE)
            case never:
                assert_never(never)

    @contextlib.asynccontextmanager
    async def _turn(self, command: Command, steps: Steps) -> AsyncIterator[None]:
        if command.everyone:
            yield
            return
        steps.doing("waiting for another operation" if self._one_at_a_time.locked() else "working")
        async with self._one_at_a_time:
            steps.begin()
            yield

    def _command_of(self, words: str) -> Command | None:
        known = self._reception.reread(words)
        return known.command if known else None

    def _say_in_admin_room(self, message: Message, text: str) -> None:
        if message.room_id == self._admin_room.id and self._reception.parse(message.text, bare=False) is not None:
            self._remarks.make(message, text)

    def _reply(self, operation: Operation, *, known: bool = False) -> Reply:
        return Reply(self._outbox, operation.reply_id, recipient_of(operation, self._admin_room.id), known=known)
