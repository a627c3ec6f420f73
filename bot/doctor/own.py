"""Evidence about the bot itself, apart from the two systems and a connection. Data only.

`Own` is looked at in the chat and at the terminal, `OwnMachine` at the terminal alone: while the bot runs it has its
database, its keys and its port, or it would not run.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.connection.entrance import Guarded, Standing
from bot.connection.unknown import Unknown


@dataclass(frozen=True)
class Administrators:
    """Who may give the bot commands."""

    absent: frozenset[str] = frozenset()
    """Words of SSOBOT_ADMIN_ROLES that are neither the id nor the name of a role."""
    unheld: frozenset[str] = frozenset()
    """Roles that only the bot's own account holds."""
    able: str | None = None
    """The user name of one person who may: active, and in one of the roles."""
    unfit: int = 0
    """How many holders were looked up who may not: deactivated, or not a person's account."""
    more: bool = False
    """Whether there are holders that were not looked up."""


@dataclass(frozen=True)
class TypedByBot:
    """Messages of the admin room that the bot's own account wrote as a person writes a command."""

    looked: int
    """How many messages were read, by any author."""
    commands: int = 0
    last: datetime | None = None
    """When the newest of these commands was written."""


@dataclass(frozen=True)
class Own:
    """None: not read, because something that it needs could not be read."""

    standing: Standing | Unknown | None = None
    administrators: Administrators | Unknown | None = None
    websocket: bool | Unknown | None = None
    """True: opened, logged in, subscribed to messages."""
    guarded: Guarded | Unknown | None = None
    typed: TypedByBot | Unknown | None = None


@dataclass(frozen=True)
class Sealed:
    """The secrets in the database, and whether the keys of SSOBOT_KEYS decrypt them."""

    opened: int = 0
    closed: Mapping[str, str] = field(default_factory=dict)
    """Which secret (`encvoyid: current secret`), and why it cannot be decrypted."""
    older: int = 0
    """How many of those that can be decrypted another key than the first one encrypted."""


class PortState(enum.Enum):
    """What holds SSOBOT_LISTEN."""

    FREE = "free"
    OURS = "ours"
    """An ssobot answers there."""
    TAKEN = "taken"
    IMPOSSIBLE = "impossible"
    """Not an address of this machine, or a port that this user may not listen on."""


@dataclass(frozen=True)
class Port:
    """The result of trying SSOBOT_LISTEN."""

    listen: str
    """`127.0.0.1:8080`."""
    state: PortState
    reason: str = ""
    """What the system says."""


@dataclass(frozen=True)
class OwnMachine:
    """What the program finds on its own machine."""

    database: bool | Unknown
    sealed: Sealed | Unknown | None
    """None: the database cannot be used."""
    port: Port
