"""`people` from one end to the other, on a workspace with many accounts, and with a bot that is killed meanwhile."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from sandbox.faults import When
from sandbox.rocketchat.ids import random_id
from sandbox.rocketchat.people import User
from tests.support.crashes import Moment, answered, died
from tests.support.programs import run
from tests.support.world import World, world_at
from tests.system.test_undeliverable import direct, said

SECONDS = 30.0
"""For ten thousand accounts."""
HEADING = "Who gets into which account"


def crowd(world: World, size: int) -> None:
    """So many more accounts; put there as they are, since looking for their names takes the stand-in longer."""
    people = world.rocketchat.people
    for number in range(size):
        address = {"address": f"{number}@people.example", "verified": True}
        people.put(User(random_id(), f"user{number:05}", people.now(), name="N", emails=[address]))


def lists(world: World) -> list[str]:
    """The direct messages with a list."""
    return [m.msg for m in said(world) if m.rid == direct(world) and HEADING in m.msg]


@pytest.mark.parametrize("size", [1000, pytest.param(10_000, marks=pytest.mark.slow)])
async def test_many_accounts_are_listed_in_time_and_with_progress(
    world: World, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.chatops.reply.UNSEEN_FOR", 0.0)
    monkeypatch.setattr("bot.chatops.reply.EDIT_INTERVAL", 0.05)
    crowd(world, size)
    there, began = len(world.rocketchat.people), time.monotonic()
    shown = [text async for text in world.admin.answers(await world.admin.send("!sso people"), 2 * SECONDS)]
    took = time.monotonic() - began
    assert f"• {there} accounts, 3 of them administrators." in shown[-1]
    assert any(re.search(rf"… reading the accounts: \d+00 of {there}$", text, re.MULTILINE) for text in shown)
    assert len(lists(world)) == 1
    assert "`user00000`" not in "".join(shown)
    # A command takes a moment even if nobody is there.
    assert took < 2 + SECONDS * size / 10_000


def is_list(request: web.Request, body: Any) -> bool:
    """Whether it posts the list."""
    return request.path.endswith("/chat.sendMessage") and HEADING in str(body)


@pytest.mark.parametrize("when", When)
async def test_a_bot_that_is_killed_while_it_sends_the_list_sends_it_once(tmp_path: Path, when: When) -> None:
    async with world_at(tmp_path) as world:
        bot = world.forked()
        bot.start(run)
        await bot.listening()
        Moment("while it sends the list", is_list, 1, when).lay(world, bot)
        message = await world.admin.send("!sso people")
        await died(world, bot)
        assert len(lists(world)) == (1 if when is When.AFTER else 0)
        async with world.play.bot():
            await answered(world, message)
        assert len(lists(world)) == 1
        [result] = await world.admin.results(message)
        assert result.startswith("✓ Sent to you in a direct message: page 1 of 1.")
