"""From a sign-in by the modern engine to a login: codes that are redeemed, and the second factor in between
(facts/rocketchat.md §3.4, no. 5)."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from sandbox.rocketchat.ids import random_id
from sandbox.rocketchat.people import User
from sandbox.rocketchat.problems import MeteorError
from sandbox.rocketchat.workspace import Workspace

CODE_LIFE = 60.0
"""Seconds."""
CHALLENGE_LIFE = 300.0
"""Seconds; not in the facts, as long as the session of the sign-in."""


@dataclass(frozen=True)
class _Waiting:
    """Somebody who signed in and isn't logged in yet."""

    user_id: str
    expires: float
    """In monotonic seconds."""
    method: str = ""
    """Of the second factor that is asked for."""


class Completion:
    """Login codes and challenges of one workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._codes: dict[str, _Waiting] = {}
        self._challenges: dict[str, _Waiting] = {}

    def second_factor(self, user: User) -> str | None:
        """The method by which this person has to prove themselves once more; None where they need not."""
        try:
            self._workspace.second_factor.at_oauth_login(user, "")
        except MeteorError as error:
            return str(error.details["method"])
        return None

    def login_token(self, user: User) -> str:
        """Logs somebody in."""
        return self._workspace.people.log_in(user)

    def login_code(self, user: User) -> str:
        """64 hex digits, good for one login within a minute."""
        code = secrets.token_hex(32)
        self._codes[code] = self._waiting(user, CODE_LIFE)
        return code

    def redeem(self, code: str) -> tuple[User, str]:
        """Whose code it is, and their new login token; `error-invalid-code` if it is unknown, used or too old."""
        user = self._due(self._codes.pop(code, None))
        if user is None:
            raise MeteorError("error-invalid-code", "Invalid code")
        return user, self.login_token(user)

    def challenge(self, user: User, method: str) -> str:
        """The id of a challenge of this method."""
        challenge_id = random_id()
        self._challenges[challenge_id] = self._waiting(user, CHALLENGE_LIFE, method)
        return challenge_id

    def verify(self, challenge_id: str, code: str) -> tuple[User, str]:
        """Who proved themselves, and their new login token. `totp-invalid` for a wrong code, after which they may try
        again; `error-invalid-challenge` if the challenge is unknown, done or too old."""
        user, method = self._challenged(challenge_id)
        self._workspace.second_factor.at_login(user, code, method)
        del self._challenges[challenge_id]
        return user, self.login_token(user)

    def send_code(self, challenge_id: str) -> None:
        """Mails another code, where codes come by mail."""
        user, method = self._challenged(challenge_id)
        if method == "email":
            self.second_factor(user)

    def _challenged(self, challenge_id: str) -> tuple[User, str]:
        waiting = self._challenges.get(challenge_id)
        user = self._due(waiting)
        if user is None or waiting is None:
            raise MeteorError("error-invalid-challenge", "Invalid challenge")
        return user, waiting.method

    def _waiting(self, user: User, life: float, method: str = "") -> _Waiting:
        return _Waiting(user.id, self._workspace.clock.monotonic() + life, method)

    def _due(self, waiting: _Waiting | None) -> User | None:
        if waiting is None or waiting.expires <= self._workspace.clock.monotonic():
            return None
        user = self._workspace.people.get(waiting.user_id)
        return user if user is not None and user.active else None
