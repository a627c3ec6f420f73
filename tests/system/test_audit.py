"""The log of a bot that works with both systems: each operation is one line, and says whether it left a receipt."""

from __future__ import annotations

import structlog.testing

from bot.chatops.audit import ENDED
from tests.support.world import World


async def test_each_command_is_one_line_and_what_was_changed_has_a_receipt(world: World) -> None:
    with structlog.testing.capture_logs() as log:
        for words in ('setup --name "Encvoy ID"', "status", "rotate", "disable"):
            await world.ask(words)
    lines = [line for line in log if line["event"] == ENDED]
    assert [(line["command"], line["outcome"]) for line in lines] == [
        ("setup", "done"),
        ("status", "done"),
        ("rotate", "done"),
        ("disable", "done"),
    ]
    admin = world.rocketchat.introduction.account("admin")
    assert {line["user"] for line in lines} == {admin.user_id}
    assert [line["command"] for line in lines if line["receipt"]] == ["setup", "rotate", "disable"]
    assert str(world.state().accepted) not in str(lines)
