"""What the bot stands on is taken away under a connection that works: each command says what is missing or does not
need it, nothing is half done, and once it is given back everything works without a restart."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from tests.support import grounds
from tests.support.grounds import Ground
from tests.support.world import World, world_at

COMMANDS = ("status", "test", "rotate", "enable", "setup", "disable")
TAKEN: dict[str, tuple[Callable[[World], Ground], str]] = {
    "the permission to read settings": (grounds.permission("view-privileged-setting"), "view-privileged-setting"),
    "the permission to write settings": (grounds.permission("edit-privileged-setting"), "edit-privileged-setting"),
    "the login without a second factor": (grounds.second_factor_enforced, "two_factor_authentication"),
}


@pytest.fixture
async def connected(tmp_path: Path) -> AsyncIterator[World]:
    """A connection; the bot that made it has ended, and with it its session at Encvoy ID."""
    async with world_at(tmp_path) as world:
        async with world.play.bot():
            assert "checks passed" in await world.ask("setup")
        yield world


@pytest.mark.parametrize(("ground", "named"), TAKEN.values(), ids=TAKEN)
async def test_what_is_taken_away_is_named_and_what_is_given_back_is_used(
    connected: World, ground: Callable[[World], Ground], named: str
) -> None:
    before, said = connected.state(), {}
    async with connected.play.bot():
        with ground(connected):
            for words in COMMANDS:
                said[words] = await connected.ask(words)
            after = connected.state()
        assert after.accepted == after.stored == before.accepted
        assert after.live in (before.live, None)
        assert not [words for words, answer in said.items() if "internal error" in answer]
        assert named in said["test"]
        for words, answer in said.items():
            assert "✗ Not done" not in answer or named in answer, words
            assert re.search(r"^Next: ", answer, re.MULTILINE), words
        assert "✗" not in await connected.ask("setup")
        assert "✓ On" in await connected.ask("enable")
        assert "Rotated" in await connected.ask("rotate")


@pytest.mark.slow
async def test_a_token_that_was_revoked_is_named_in_healthz_and_used_again_once_it_is_valid(connected: World) -> None:
    """The bot cannot say it in the chat."""
    async with connected.play.bot() as bot:
        account = connected.rocketchat.person("bot")
        tokens, account.tokens = account.tokens, []
        connected.rocketchat.sockets.cut()
        async with asyncio.timeout(30):
            while "SSOBOT_ROCKETCHAT_TOKEN" not in ((await bot.health())["rocketchat"] or ""):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        account.tokens = tokens
        assert "in sync" in await connected.ask("status", 60.0)
        assert (await bot.health())["rocketchat"] is None


@pytest.mark.parametrize("words", ["status", "test", "rotate --dry-run", "enable", "setup --dry-run"])
async def test_a_new_address_of_rocketchat_is_named_with_the_way_on(connected: World, words: str) -> None:
    """`setup` itself registers it; here Encvoy ID is on this computer only, which is said first."""
    before = connected.state()
    async with connected.play.bot():
        with grounds.moved_to("https://moved.example.org")(connected):
            answer = await connected.ask(words)
    assert connected.state() == before
    assert "moved.example.org" in answer or words.startswith("rotate")
    assert words == "setup --dry-run" or words.startswith("rotate") or "`!sso setup`" in answer
