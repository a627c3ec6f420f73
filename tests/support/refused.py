"""A bot that asks for too much; `tests/judges/test_rocketchat_plugin.py` runs it. Not collected by itself."""

from __future__ import annotations

import contextlib
import os

import pytest

from bot.clock import SystemClock
from bot.errors import RemoteError
from bot.rocketchat.rest import Rest
from bot.secret import Secret
from tests.support.rocket import running


@pytest.mark.parametrize("number", [1, 2])
async def test_asks(number: int) -> None:
    """One field more than the vendor's schema has, if the outer test wants it."""
    more = {"extra": number} if os.environ.get("SSOBOT_TEST_ASKS_MORE") else {}
    async with running() as rocket:
        bot = rocket.standin.introduction.account("bot")
        rest = Rest(rocket.standin.url, bot.user_id, Secret(bot.token), clock=SystemClock())
        with contextlib.suppress(RemoteError):
            # In code: some tokens hold what the vendor's parser takes for markup, which is another refusal.
            text = f"`{bot.token}`"
            await rest.post("chat.update", {"roomId": rocket.room, "msgId": "x", "text": text, **more})
        rest.close()
