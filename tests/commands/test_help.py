"""`help` shows what the registry holds."""

from __future__ import annotations

from typing import cast

import pytest

from bot.chatops.grammar import Hint, parse
from bot.chatops.ports import Person, Room
from bot.chatops.registry import Call, OperationRef, Registry
from commands import help as help_command
from commands.context import CommandContext
from tests.support.counter import MemoryPrivate, Spoken
from tests.support.desk import example_registry


async def nobody() -> None:
    raise AssertionError("help has no effect")


async def answer(registry: Registry, **arguments: str) -> str:
    call = Call(
        who=Person("marc1", "marc", None, active=True, type="user"),
        room=Room("room1", "sso-admins", "p", encrypted=False, members=4),
        arguments=arguments,
        options=frozenset(),
        progress=Spoken(),
        authorize=nobody,
        operation=OperationRef("op1"),
        private=MemoryPrivate(),
    )
    result = await registry.commands["help"].handler(call)
    return "\n".join((result.verdict, *result.lines))


@pytest.fixture
def registry() -> Registry:
    registry = example_registry()
    del registry.commands["help"]
    help_command.register(registry, cast(CommandContext, None))  # it uses none of them
    return registry


async def test_every_command_has_a_line(registry: Registry) -> None:
    text = await answer(registry)
    assert '• `setup [--name "…"] [--dry-run] [--disabled]`: sets it up' in text
    assert text.count("•") == len(registry.commands)


async def test_one_command_is_explained(registry: Registry) -> None:
    assert await answer(registry, command="setup") == registry.commands["setup"].manual("/sso")


@pytest.mark.parametrize(
    ("words", "said"),
    [("help @all", "There is no command `＠all`."), ("help rotat", "Did you mean `!sso help rotate`?")],
)
def test_an_unknown_one_is_no_argument(registry: Registry, words: str, said: str) -> None:
    reply = parse(f"!sso {words}", registry.commands, bot_username="ssobot")
    assert isinstance(reply, Hint)
    assert said in reply.text


def test_help_is_for_everyone(registry: Registry) -> None:
    assert registry.commands["help"].everyone
