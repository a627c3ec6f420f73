"""`slash on|off`: whether the web client sends slash commands that it does not know (facts/rocketchat.md §4.1)."""

from __future__ import annotations

from bot.chatops.answer import Answer
from bot.chatops.registry import Argument, Call, Registry
from commands.context import CommandContext
from commands.recovery import SlashRecovery

ORDER = 60
STATUS = ("!sso status",)
"""With the prefix that always works."""


def register(registry: Registry, context: CommandContext) -> None:
    """Declares the command."""

    @registry.command(
        "slash",
        summary="Lets people type `/sso` in the web client, or undoes that",
        help="Sets Message_AllowUnrecognizedSlashCommand. When it is on, every slash command that Rocket.Chat does "
        "not know, from anyone and in any room, is sent as a normal message for all to read; when it is off, "
        "the web client does not send it.",
        arguments=(Argument("state", "on or off", required=True, choices=("on", "off")),),
        effect=True,
        recovery=SlashRecovery(context),
        examples=("slash on",),
    )
    async def slash(call: Call) -> Answer:
        on = call.arguments["state"] == "on"
        if await context.slash.allowed() == on:
            return Answer(f"✓ It was already {'on' if on else 'off'}; nothing changed.", next=STATUS)
        await call.authorize()
        await context.slash.allow(on)
        if on:
            said = "On: `/sso` works in every client. Any other unknown slash command is now sent as a message."
        else:
            said = "Off: the web client does not send `/sso`. `!sso`, a mention and a direct message still work."
        back = f"`!sso slash {'off' if on else 'on'}` undoes it."
        return Answer(f"✓ {said}", (back,), next=STATUS)
