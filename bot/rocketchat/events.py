"""Events of Rocket.Chat's realtime API (facts/rocketchat.md §5): those that `bot.rocketchat.ddp` makes from frames, how
pushed data is parsed, and what refusals mean."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from bot.errors import Busy, Rejected, RemoteError, Unauthenticated

Json = Mapping[str, object]

MESSAGES = "stream-room-messages"
MY_MESSAGES = "__my_messages__"
"""Every room that the bot is in, those joined later included."""
SERVICES = "meteor.loginServiceConfiguration"
RECORDS = "meteor_accounts_loginServiceConfiguration"
NOTICES = "stream-notify-logged"
SETTINGS = "private-settings-changed"
"""Only for those who may see privileged settings; optional, so a refusal does no harm (§5.5b)."""

NOT_ALLOWED = ("403", "not-allowed", "error-not-allowed")
TOO_MANY = "too-many-requests"


@dataclass(frozen=True)
class LoggedIn:
    """The token was accepted."""


@dataclass(frozen=True)
class LoginFailed:
    """The token was refused; tried again on the same socket in `retry_in` seconds."""

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
    """The list of live login services starts again on this socket: nothing is known."""


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
    """A login service that is no longer live."""

    id: str


@dataclass(frozen=True)
class SettingChanged:
    """Somebody, perhaps the bot, changed a setting that only privileged people see (§5.5b). Its value is dropped: it
    may be a secret."""

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


RecordEvent = RecordAdded | RecordChanged | RecordRemoved
LiveEvent = LiveRequested | LiveReady | LiveRenewed | LiveRefused | RecordEvent
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


def pushed(frame: Json) -> MessagePushed | SettingChanged | RecordEvent | None:
    """What an `added`, `changed` or `removed` tells; None for what nobody here reads."""
    collection = frame.get("collection")
    if collection == MESSAGES:
        return _message(frame.get("fields"))
    if collection == NOTICES:
        return _setting_changed(frame.get("fields"))
    return _record(frame) if collection == RECORDS else None


def _record(frame: Json) -> RecordEvent | None:
    key = frame.get("id")
    if not isinstance(key, str):
        return None
    if frame.get("msg") == "removed":
        return RecordRemoved(key)
    fields = frame.get("fields")
    fields = fields if isinstance(fields, dict) else {}
    if frame.get("msg") == "added":
        return RecordAdded(key, fields)
    cleared = frame.get("cleared")
    names = tuple(name for name in cleared if isinstance(name, str)) if isinstance(cleared, list) else ()
    return RecordChanged(key, fields, names)


def _message(fields: object) -> MessagePushed | None:
    if not isinstance(fields, dict) or fields.get("eventName") != MY_MESSAGES:
        return None
    args = fields.get("args")
    if not isinstance(args, list) or not args or not isinstance(args[0], dict):
        return None
    room = args[1] if len(args) > 1 and isinstance(args[1], dict) else {}
    room_type = room.get("roomType")
    return MessagePushed(args[0], room_type if isinstance(room_type, str) else "")


def _setting_changed(fields: object) -> SettingChanged | None:
    """`args` is `["updated", {"_id": …, "value": …}]`."""
    if not isinstance(fields, dict) or fields.get("eventName") != SETTINGS:
        return None
    args = fields.get("args")
    document = args[1] if isinstance(args, list) and len(args) > 1 else None
    key = document.get("_id") if isinstance(document, dict) else None
    return SettingChanged(key if isinstance(key, str) else "")


def login_error(frame: Json, user_id: str) -> RemoteError | None:
    """Why the answer to a login is no login of that user; None if it is."""
    route = "websocket login"
    failure = frame.get("error")
    if failure is not None:
        code = code_of(failure)
        if code == TOO_MANY:
            busy = Busy("Rocket.Chat", route, code=code)
            busy.retry_after = time_to_reset(failure)
            return busy
        if code in NOT_ALLOWED:
            return Unauthenticated(
                "Rocket.Chat",
                route,
                code=code,
                fix="Create a new personal access token for SSOBOT_ROCKETCHAT_TOKEN.",
            )
        return Rejected("Rocket.Chat", route, code=code)
    result = frame.get("result")
    who = result.get("id") if isinstance(result, dict) else None
    if who is not None and who != user_id:
        return Unauthenticated(
            "Rocket.Chat",
            route,
            why="The token belongs to another account.",
            fix="Set SSOBOT_ROCKETCHAT_USER_ID and SSOBOT_ROCKETCHAT_TOKEN to values of the same account.",
        )
    return None


def code_of(failure: object) -> str:
    """The short word of a Meteor error (`not-allowed`, `403`); never its free text."""
    code = str(failure.get("error")) if isinstance(failure, dict) else ""
    return code if re.fullmatch(r"[A-Za-z0-9_-]{1,60}", code) else "unknown"


def time_to_reset(failure: object) -> float:
    """Seconds, from `details.timeToReset` in milliseconds (§1.6); at most ten minutes, one second if it isn't said."""
    details = failure.get("details") if isinstance(failure, dict) else None
    wait = details.get("timeToReset") if isinstance(details, dict) else None
    return max(0.0, min(wait, 600_000) / 1000) if isinstance(wait, int | float) else 1.0


def complaint(reason: object) -> str:
    """Which of Meteor's own complaints about a frame it is; `unknown` if none."""
    known = ("Must connect first", "Bad request", "Already connected")
    return next((text for text in known if text == reason), "unknown")
