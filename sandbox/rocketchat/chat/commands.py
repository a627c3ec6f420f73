"""The slash commands that every workspace has (facts/rocketchat.md §4.1, §4.2). No REST route registers another one."""

from __future__ import annotations

from dataclasses import dataclass, field

from sandbox.rocketchat.documents import Document


@dataclass(frozen=True)
class SlashCommand:
    """One registered command, with the fields of `commands.list`."""

    command: str
    description: str
    params: str = ""
    client_only: bool = False
    template: str | None = None
    """The message it leaves, `{}` standing for the trimmed params; None leaves none."""

    def document(self) -> Document:
        """`{command, params, description, clientOnly, providesPreview}`."""
        return {
            "command": self.command,
            "params": self.params,
            "description": self.description,
            "clientOnly": self.client_only,
            "providesPreview": False,
        }


BUILT_IN = (
    SlashCommand("archive", "Archive", "#channel"),
    SlashCommand("create", "Create_A_New_Channel", "#channel"),
    SlashCommand("help", "Show_the_keyboard_shortcut_list"),
    SlashCommand("hide", "Hide_room", "#room"),
    SlashCommand("invite", "Invite_user_to_join_channel", "@username"),
    SlashCommand("join", "Join_the_given_channel", "#channel"),
    SlashCommand("kick", "Remove_someone_from_room", "@username"),
    SlashCommand("leave", "Leave_the_current_channel"),
    SlashCommand("lennyface", "Slash_LennyFace_Description", "your_message_optional", template="{} ( ͡° ͜ʖ ͡°)"),
    SlashCommand("me", "Displays_action_text", "your_message", template="_{}_"),
    SlashCommand("msg", "Direct_message_someone", "@username message"),
    SlashCommand("mute", "Mute_someone_in_room", "@username"),
    SlashCommand("shrug", "Slash_Shrug_Description", "your_message_optional", template="{} ¯\\\\_(ツ)_/¯"),
    SlashCommand("status", "Slash_Status_Description", "Slash_Status_Params"),
    SlashCommand("topic", "Slash_Topic_Description", "Slash_Topic_Params"),
    SlashCommand("unmute", "Unmute_someone_in_room", "@username"),
)


@dataclass
class Commands:
    """What is registered. A test that plays an Apps-Engine app adds its own."""

    registered: dict[str, SlashCommand] = field(default_factory=lambda: {c.command: c for c in BUILT_IN})

    def names(self) -> frozenset[str]:
        """All names."""
        return frozenset(self.registered)

    def get(self, name: str) -> SlashCommand | None:
        """A command; the server, unlike the web client, takes any letter case."""
        return self.registered.get(name.lower())

    def run(self, name: str, params: str) -> str | None:
        """The text a command leaves in the room, None if none; KeyError if it isn't registered."""
        template = self.registered[name.lower()].template
        return None if template is None else template.format(params.strip()).strip()
