"""The kinds of errors that Rocket.Chat's own code throws; REST and DDP show them differently.

`MeteorError` carries a code. REST answers 400 with `error: "<reason> [<code>]"` and `errorType: "<code>"`, DDP puts its
`frame` into `result` or `nosub`. `PlainError` is a bare JavaScript `Error`: REST answers 400 with its text alone and no
`errorType`, DDP hides it behind 500 (facts/rocketchat.md §1.5).
"""

from __future__ import annotations

from typing import Any

from sandbox.rocketchat.documents import ddp


class MeteorError(Exception):
    """An error that Meteor shows to the client. `code` is a number (403, 404) or a word (`not-allowed`)."""

    def __init__(self, code: int | str, reason: str = "", details: Any = None) -> None:
        super().__init__(f"{reason} [{code}]" if reason else f"[{code}]")
        self.code = code
        self.reason = reason
        self.details = details

    def frame(self) -> dict[str, Any]:
        """Its form inside `result` and `nosub` (facts/rocketchat.md §5.2)."""
        frame: dict[str, Any] = {"isClientSafe": True, "error": self.code}
        if self.reason:
            frame["reason"] = self.reason
        if self.details is not None:
            frame["details"] = ddp(self.details)
        return frame | {"message": str(self), "errorType": "Meteor.Error"}


class Wordless(MeteorError):
    """An error that reaches the client empty (facts/rocketchat.md §3.3)."""

    def __init__(self) -> None:
        super().__init__("")

    def frame(self) -> dict[str, Any]:
        """Nothing."""
        return {}


class PlainError(Exception):
    """A bare JavaScript Error: a text, and in rare cases an `error_type`."""

    def __init__(self, text: str, error_type: str | None = None) -> None:
        super().__init__(text)
        self.error_type = error_type


class MatchError(PlainError):
    """Meteor's `check` refused a value."""


def seen_by_caller(error: MeteorError | PlainError) -> MeteorError:
    """What the caller of a method is told of an error: the text of a bare one stays on the server."""
    if isinstance(error, MeteorError):
        return error
    return (
        MeteorError(400, "Match failed") if isinstance(error, MatchError) else MeteorError(500, "Internal server error")
    )


class Forbidden(Exception):
    """A route's own 403 with a text (`API.v1.forbidden`)."""
