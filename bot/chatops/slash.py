"""Slash commands are off by default in Rocket.Chat: said once in the admin room, never changed unasked.

With `Message_AllowUnrecognizedSlashCommand` off, the web client swallows `/sso` and nothing reaches the server
(facts/rocketchat.md §4.1).
"""

from __future__ import annotations

import structlog

from bot.chatops.ports import Notices, SlashSetting
from bot.chatops.reply import Outbox, Reply, new_message_id
from bot.errors import RemoteError

SETTING = "Message_AllowUnrecognizedSlashCommand"
NOTICE = "slash commands are off"

_log = structlog.get_logger()


def explanation(bot_username: str) -> str:
    """What is off, what works meanwhile, what turns it on, and what else that changes."""
    return "\n".join(
        (
            "Hello. I connect Rocket.Chat to Encvoy ID; type `!sso help` to see how.",
            f"`/sso` does not work here yet: the setting `{SETTING}` is off, so Rocket.Chat's web client answers "
            "unknown slash commands itself (“No such command”) and I never see them.",
            f"What works now: `!sso …`, `@{bot_username} sso …`, or a direct message to me.",
            "`!sso slash on` turns the setting on. It holds for everyone: every unknown slash command that anyone "
            "types, a mistyped one too, is then sent as an ordinary message. I never turn it on unasked.",
        )
    )


async def introduce(
    *, outbox: Outbox, notices: Notices, setting: SlashSetting, room_id: str, bot_username: str
) -> None:
    """Says it if the setting is off and it was not said in this room before. If that cannot be told, nothing is said:
    the next start asks again."""
    key = f"{NOTICE}: {room_id}"
    state = await notices.get(key)
    if state == _SAID:
        return
    try:
        if state is None and await setting.allowed():
            return
    except RemoteError as error:
        _log.warning("slash setting not read", error=error.what)
        return
    # The id is kept before the message is sent, so that a crash in between does not say it twice.
    message_id = state or new_message_id()
    await notices.put(key, message_id)
    if await Reply(outbox, message_id, room_id, None).finish(explanation(bot_username)):
        await notices.put(key, _SAID)


_SAID = "said"
