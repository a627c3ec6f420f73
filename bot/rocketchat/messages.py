"""A message document of Rocket.Chat as the `Message` that chatops knows. Pure.

The same document comes by REST with ISO dates and by DDP with `{"$date": milliseconds}` (facts/rocketchat.md §5.4);
both are read here, so that a message means the same wherever it was found.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from datetime import UTC, datetime

from bot.chatops.ports import Message
from bot.rocketchat.message_fields import KNOWN, LESS_TRUSTED

LONGEST_NAME = 255
"""Maximum characters of an id and of other values with a column in our database; Meteor's ids have 17. Longer ones are
ignored."""
MOST_UNKNOWN = 50
"""Maximum number of unknown field names that are kept."""


def moment_from(value: object) -> datetime | None:
    """An aware UTC moment from an ISO text, `{"$date": ms}` or bare milliseconds; None if it is neither."""
    if isinstance(value, Mapping):
        value = value.get("$date")
    try:
        if isinstance(value, str):
            moment = datetime.fromisoformat(value)
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return None


def iso(moment: datetime) -> str:
    """A moment as Rocket.Chat's REST takes it: UTC, milliseconds, `Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def name_from(value: object) -> str:
    """An id or a user name; empty where it is none."""
    return value if isinstance(value, str) and len(value) <= LONGEST_NAME else ""


def message_from(document: object, *, room_type: str = "", caught_up: bool = False) -> Message | None:
    """The message of a document, or None where it lacks an id, a room, an author or a time.

    `room_type` is what the event says beside the message (`c`, `p`, `d`); a REST document does not carry it.
    """
    if not isinstance(document, Mapping):
        return None
    author = document.get("u")
    author_id = name_from(author.get("_id")) if isinstance(author, Mapping) else ""
    message_id, room_id, ts = (
        name_from(document.get("_id")),
        name_from(document.get("rid")),
        moment_from(document.get("ts")),
    )
    if not (message_id and room_id and author_id) or ts is None:
        return None
    return Message(
        id=message_id,
        room_id=room_id,
        room_type=room_type,
        user_id=author_id,
        username=name_from(author.get("username")) if isinstance(author, Mapping) else "",
        text=_text(document.get("msg")),
        ts=ts,
        thread_id=name_from(document.get("tmid")) or None,
        system_type=_system_type(document.get("t")),
        from_integration=_is_set(document.get("bot")),
        alias=_text(document["alias"])[:LONGEST_NAME] if _is_set(document.get("alias")) else None,
        edited=document.get("editedAt") is not None,
        less_trusted=next((name for name in LESS_TRUSTED if _is_set(document.get(name))), None),
        unknown=frozenset(itertools.islice((name for name in document if _is_unknown(name)), MOST_UNKNOWN)),
        caught_up=caught_up,
        updated_at=moment_from(document.get("_updatedAt")),
    )


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _is_unknown(name: str) -> bool:
    return name not in KNOWN and len(name) <= LONGEST_NAME


def _is_set(value: object) -> bool:
    """Everything except None, False and an empty text counts, an empty object too."""
    return value is not None and value is not False and value != ""


def _system_type(value: object) -> str | None:
    """The type in `t`. A value that is not text still means that no person wrote the message."""
    if value is None or value == "":
        return None
    return _text(value)[:LONGEST_NAME] or "odd"
