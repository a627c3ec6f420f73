"""How a test sign-in ends: somebody is signed in, or it failed at a step."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from bot.errors import UserError
from bot.secret import Secret


class SignInStep(enum.Enum):
    """The steps of a sign-in."""

    BUTTON = "finding the button on the login page"
    AUTHORIZE = "being sent to Encvoy ID"
    PASSWORD = "signing in at Encvoy ID"
    CONSENT = "answering what Encvoy ID asks"
    CALLBACK = "coming back to Rocket.Chat"
    LOGIN = "being logged in by Rocket.Chat"


class WalkFailed(UserError):
    """The test sign-in did not get through."""

    def __init__(self, step: SignInStep, why: str, *, code: str | None = None, fix: str = "") -> None:
        """`code`: the error code of the system that refused."""
        self.step = step
        self.code = code
        super().__init__(f"The sign-in stopped at {step.value}.", why=why, fix=fix)


@dataclass(frozen=True)
class SignedIn:
    """Somebody is signed in."""

    user_id: str
    """The user's id in Rocket.Chat."""
    token: Secret
    """A login token of Rocket.Chat; whoever holds it is that person."""
    pages: tuple[str, ...]
    """The pages of Encvoy ID in order, without the login itself: `steps`, `publicity`, `access`."""
