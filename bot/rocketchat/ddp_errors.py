"""What the realtime side of Rocket.Chat says when it refuses something (facts/rocketchat.md §1.6, §5)."""

from __future__ import annotations

import re

from bot.errors import Busy, Rejected, RemoteError, Unauthenticated
from bot.rocketchat.events import Json

NOT_ALLOWED = ("403", "not-allowed", "error-not-allowed")
TOO_MANY = "too-many-requests"


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
                mend="Create a new personal access token for SSOBOT_ROCKETCHAT_TOKEN.",
            )
        return Rejected("Rocket.Chat", route, code=code)
    result = frame.get("result")
    who = result.get("id") if isinstance(result, dict) else None
    if who is not None and who != user_id:
        return Unauthenticated(
            "Rocket.Chat",
            route,
            why="The token belongs to another account.",
            mend="Set SSOBOT_ROCKETCHAT_USER_ID and SSOBOT_ROCKETCHAT_TOKEN to values of the same account.",
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
