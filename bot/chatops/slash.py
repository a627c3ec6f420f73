"""Slash commands are off by default in Rocket.Chat: said once in the admin room, never changed unasked.

With `Message_AllowUnrecognizedSlashCommand` off, the web client swallows `/sso` and nothing reaches the server
(facts/rocketchat.md §4.1).
"""

from __future__ import annotations

import structlog

from bot.chatops.once import Once
from bot.chatops.ports import SLASH_SETTING, SlashSetting
from bot.errors import RemoteError

NOTICE = "slash commands are off"

_log = structlog.get_logger()


def explanation(bot_username: str) -> str:
    """What is off, what works meanwhile, what turns it on, and what else that changes."""
    return "\n".join(
        (
            "Hello. I connect Rocket.Chat to Encvoy ID; type `!sso help` to see how.",
            f"`/sso` does not work here yet: the setting `{SLASH_SETTING}` is off, so Rocket.Chat's web client answers "
            "unknown slash commands itself (“No such command”) and I never see them.",
            f"What works now: `!sso …`, `@{bot_username} sso …`, or a direct message to me.",
            "`!sso slash on` turns the setting on. It applies to everyone: every unknown slash command that anyone "
            "types, including a mistyped one, is then sent as a normal message. I never turn it on unless asked.",
        )
    )


async def introduce(*, room: Once, setting: SlashSetting, bot_username: str) -> None:
    """Says it if the setting is off and it was not said in this room before. If that cannot be told, nothing is said:
    the next start asks again."""

    async def is_off() -> bool:
        return not await setting.allowed()

    try:
        await room.say(NOTICE, explanation(bot_username), if_=is_off)
    except RemoteError as error:
        _log.warning("slash setting not read", error=error.what)
