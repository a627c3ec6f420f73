"""What the realtime side of Rocket.Chat tells (facts/rocketchat.md §5), as `bot.rocketchat.ddp` makes it of frames."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.errors import RemoteError

Json = Mapping[str, object]


@dataclass(frozen=True)
class LoggedIn:
    """The token was accepted."""


@dataclass(frozen=True)
class LoginFailed:
    """It was not; tried again on the same socket in `retry_in` seconds."""

    error: RemoteError
    retry_in: float


@dataclass(frozen=True)
class MessagesReady:
    """From here on every message is pushed: the time to catch up."""


@dataclass(frozen=True)
class MessagesRefused:
    """No subscription to messages, or no longer; tried again in `retry_in` seconds."""

    code: str
    retry_in: float


@dataclass(frozen=True)
class MessagePushed:
    """One message document as it came (§5.4), with what the event says of its room."""

    document: Json
    room_type: str


@dataclass(frozen=True)
class LiveRequested:
    """The list of live login services begins anew on this socket: nothing is known."""


@dataclass(frozen=True)
class LiveRenewed:
    """A second subscription to the list is complete: what it found is there, and the first may go (§5.5)."""


@dataclass(frozen=True)
class LiveReady:
    """The list is complete."""


@dataclass(frozen=True)
class LiveRefused:
    """There is no list, or no longer; tried again in `retry_in` seconds."""

    code: str
    retry_in: float


@dataclass(frozen=True)
class RecordAdded:
    """A live login service."""

    id: str
    fields: Json


@dataclass(frozen=True)
class RecordChanged:
    """Only what changed, and the names of the fields that are gone."""

    id: str
    fields: Json
    cleared: tuple[str, ...] = ()


@dataclass(frozen=True)
class RecordRemoved:
    """A login service that is live no more."""

    id: str


@dataclass(frozen=True)
class SettingChanged:
    """Somebody, we too, changed a setting that only privileged people see (§5.5b). Its value is dropped: it may be a
    secret."""

    id: str
    """`Accounts_OAuth_Custom-Encvoyid-scope`; empty if the event does not say."""


@dataclass(frozen=True)
class ProtocolComplaint:
    """The server did not understand a frame of ours. Its copy of the frame is dropped: it may hold the token."""

    reason: str


@dataclass(frozen=True)
class Lost:
    """Close this socket and open another."""

    error: RemoteError


LiveEvent = LiveRequested | LiveReady | LiveRenewed | LiveRefused | RecordAdded | RecordChanged | RecordRemoved
Event = (
    LoggedIn
    | LoginFailed
    | MessagesReady
    | MessagesRefused
    | MessagePushed
    | SettingChanged
    | ProtocolComplaint
    | Lost
    | LiveEvent
)
