"""What runs in the processes of `tests.support.forked`: `ssobot run`, and variants that fail on purpose."""

from __future__ import annotations

import os
import secrets
import signal
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

from sqlalchemy.ext.asyncio import AsyncConnection

import bot.app
from bot.__main__ import main
from bot.chatops.ports import Operation, Outgoing
from bot.chatops.scheduled import ScheduledOperations
from bot.connection.ports import ApplicationFields
from bot.connection.state import Connection
from bot.encvoy.applications import Applications
from bot.rocketchat.chat import RestChat
from bot.schedule.ports import Due
from bot.store.connections import SqlConnections
from bot.store.engine import Database
from bot.store.operations import SqlOperations
from tests.support.quick import as_quick, led_briefly

Program = Callable[[Mapping[str, str], str, float], None]
"""See `tests.support.forked`."""
PRELOADED = (bot.app, SqlConnections, SqlOperations, Applications)


COMMITS = ".commits"
"""A file beside the log: a byte for each transaction that was counted."""


def run(env: Mapping[str, str], log: str, settle: float) -> None:
    """`ssobot run`."""
    os.environ.clear()
    os.environ.update(env)
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for standard in (1, 2):
        os.dup2(descriptor, standard)
    sys.argv = ["ssobot", "run"]
    with as_quick(settle), led_briefly(settle):
        main()


def run_until_settled(env: Mapping[str, str], log: str, settle: float) -> None:
    """The same, killed when the secret is settled on both sides and in the database, but no answer is committed."""

    async def die(*_: object, **__: object) -> NoReturn:
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError

    SqlOperations.finish = die  # type: ignore[method-assign]
    run(env, log, settle)


def run_dying_at_commit(
    env: Mapping[str, str],
    log: str,
    settle: float,
    *,
    number: int,
    after: bool,
    since_accepted: bool,
    program: Program = run,
) -> None:
    """The same, killed just before or after that commit; counted from 1, and 0 for none. `since_accepted`: the first
    is the one that accepts an operation, else the first of the process."""
    writing, accept = Database.writing, SqlOperations.accept
    counted, counting = 0, not since_accepted

    def mark() -> None:
        with Path(f"{log}{COMMITS}").open("a") as marks:
            marks.write(".")

    def die_if(now: bool) -> None:
        if now:
            os.kill(os.getpid(), signal.SIGKILL)

    @asynccontextmanager
    async def counted_writing(self: Database) -> AsyncIterator[AsyncConnection]:
        nonlocal counted
        counted += counting
        here = counting and counted == number
        if counting:
            mark()
        async with writing(self) as transaction:
            yield transaction
            die_if(here and not after)
        die_if(here)

    async def counted_accept(self: SqlOperations, operation: Operation) -> Operation | None:
        nonlocal counting
        counting = True
        return await accept(self, operation)

    Database.writing = counted_writing  # type: ignore[method-assign]
    SqlOperations.accept = counted_accept  # type: ignore[method-assign]
    program(env, log, settle)


def run_committing_late(env: Mapping[str, str], log: str, settle: float) -> None:
    """The planted bug: what is to be committed before the first remote write is committed after the next one."""
    save, write = SqlConnections.save, Applications.write_application
    late: list[tuple[SqlConnections, Connection, str | None]] = []

    async def save_later(
        self: SqlConnections,
        connection: Connection,
        *,
        operation_id: str | None = None,
        receipt: Mapping[str, object] | None = None,
    ) -> None:
        if connection.pending is not None and receipt is None:
            late.append((self, connection, operation_id))
        else:
            await save(self, connection, operation_id=operation_id, receipt=receipt)

    async def write_and_save(self: Applications, client_id: str, fields: ApplicationFields) -> None:
        await write(self, client_id, fields)
        while late and fields.secret is not None:
            store, connection, operation_id = late.pop(0)
            await save(store, connection, operation_id=operation_id)

    SqlConnections.save = save_later  # type: ignore[method-assign]
    Applications.write_application = write_and_save  # type: ignore[method-assign]
    run(env, log, settle)


def run_beginning_again(env: Mapping[str, str], log: str, settle: float) -> None:
    """The planted bug: the due time of an operation is not unique, so it is begun again."""
    begin = ScheduledOperations.begin

    async def begin_another(self: ScheduledOperations, due: Due, words: str) -> None:
        await begin(self, replace(due, key=f"{due.key} {secrets.token_hex(4)}"), words)

    ScheduledOperations.begin = begin_another  # type: ignore[method-assign]
    run(env, log, settle)


def run_answering_again(env: Mapping[str, str], log: str, settle: float) -> None:
    """The planted bug: the id of an answer is not the one that was kept, so it is posted again after a crash."""
    send = RestChat.post

    async def send_twice(self: RestChat, message: Outgoing) -> None:
        await send(self, message)
        if message.thread_id is not None and message.text.startswith("@"):
            await send(self, replace(message, id=secrets.token_hex(8)))

    RestChat.post = send_twice  # type: ignore[method-assign]
    run(env, log, settle)
