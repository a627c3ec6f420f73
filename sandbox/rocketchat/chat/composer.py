"""What the web client does with a line somebody types, before anything reaches the server.

Read literally in the client's sendMessage and processSlashCommand flows (facts/rocketchat.md §4.1): the text is trimmed
first, so a leading space hides nothing; then, in this order, the reaction shortcut, the length, the slash command,
and at last the ordinary send. A command is looked up exactly and case-sensitively, its params keep their leading
space, and only the rest of the first line is params.
"""

from __future__ import annotations

import html
import re
from collections.abc import Collection
from dataclasses import dataclass

_SLASH = re.compile(r"/(\S+)(.*)")
_REACTION = re.compile(r"\+(:.*?:)$")


@dataclass(frozen=True)
class Sent:
    """The text goes to the server as an ordinary message."""

    text: str


@dataclass(frozen=True)
class Swallowed:
    """Nothing reaches the server; rocket.cat shows `reply` to the person alone, nothing if it is empty."""

    reply: str


@dataclass(frozen=True)
class RegisteredCommand:
    """A registered command: the client calls `POST commands.run`."""

    command: str
    params: str
    """With its leading space, as the client sends it."""


@dataclass(frozen=True)
class Reaction:
    """`+:tada:` puts a reaction on the last message of the room."""

    emoji: str


@dataclass(frozen=True)
class TooLong:
    """The client warns and sends nothing; the line stays where it was typed."""

    limit: int
    """Characters that one message may have."""


ComposerResult = Sent | Swallowed | RegisteredCommand | Reaction | TooLong


def composer(
    text: str, known_commands: Collection[str], allow_unrecognised: bool, max_size: int | None = None
) -> ComposerResult:
    """What the client does with `text`. `allow_unrecognised` is `Message_AllowUnrecognizedSlashCommand`; `max_size`
    `Message_MaxAllowedSize`, beyond which the client warns and sends nothing."""
    text = text.strip()
    if not text:
        return Swallowed("")
    if reaction := _REACTION.match(text):
        return Reaction(reaction[1])
    if max_size is not None and len(text) > max_size:
        return TooLong(max_size)
    if (match := _SLASH.match(text)) is None:
        return Sent(text)
    command, params = match.groups()
    if command in known_commands:
        return RegisteredCommand(command, params)
    return Sent(text) if allow_unrecognised else Swallowed(f"No such command: `/{html.escape(command)}`")
