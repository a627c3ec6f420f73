"""The DDP method `login` in its forms (facts/rocketchat.md §5.2, §3.3).

`{resume: token}` with a login token or a personal access token; `{user: {username | email | id}, password: {digest,
algorithm}}`; `{oauth: {credentialToken, credentialSecret}}`, which the sign-in half answers; each may come wrapped in
`{totp: {code, login: {…}}}`. The official ddp-client fails without `tokenExpires`, so it is always there.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sandbox.rocketchat.documents import Document
from sandbox.rocketchat.people import TOKEN_LIFE, People, User, digest
from sandbox.rocketchat.problems import MeteorError
from sandbox.rocketchat.second_factor import SecondFactor

BAD_CREDENTIALS = "Something went wrong. Please check your credentials."
LOGGED_OUT = "You've been logged out by the server. Please log in again."


@dataclass(frozen=True)
class Login:
    """A successful login."""

    user_id: str
    token: str
    expires: datetime
    type: str
    """`resume`, `password` or `oauth`."""
    user: Document
    """What the `users` collection then shows of them, without `_id`."""

    def document(self) -> Document:
        """The method's result."""
        return {"id": self.user_id, "token": self.token, "tokenExpires": self.expires, "type": self.type}


OAuthLogin = Callable[[str, str | None, str | None, str], tuple[User, str]]
"""(credentialToken, credentialSecret, second-factor code, id of the instance that is asked) -> the user and a new login
token; throws MeteorError."""


class Logins:
    """Checks logins. `oauth` makes a login of a credential of the login page."""

    def __init__(self, people: People, oauth: OAuthLogin, second_factor: SecondFactor) -> None:
        self._people = people
        self._oauth = oauth
        self._second_factor = second_factor

    def login(self, params: tuple[Any, ...], at: str) -> Login:
        """Answers `login` as the instance `at`; MeteorError as the real server throws it."""
        options: Any = params[0] if params else None
        code = None
        if isinstance(options, dict) and isinstance(options.get("totp"), dict):
            code, options = options["totp"].get("code"), options["totp"].get("login")
        match options:
            case {"resume": str(token)}:
                return self._resume(token)
            case {"user": dict(who), "password": {"digest": str(given), "algorithm": "sha-256"}}:
                return self._password(who, given, code)
            case {"user": dict(who), "password": str(plain)}:
                return self._password(who, digest(plain), code)
            case {"oauth": dict(credential)} if isinstance(credential.get("credentialToken"), str):
                user, new = self._oauth(credential["credentialToken"], credential.get("credentialSecret"), code, at)
                return self._login(user, new, "oauth")
            case _:
                raise MeteorError(400, "Unrecognized options for login request")

    def _resume(self, token: str) -> Login:
        found = self._people.with_token(token)
        if found is None:
            raise MeteorError(403, LOGGED_OUT)
        user, entry = found
        since = self._people.now() if entry.personal else entry.when
        return self._login(user, token, "resume", since)

    def _password(self, who: Document, given: str, code: str | None) -> Login:
        user = self._find(who)
        known = user.password_digest if user and user.active else None
        if user is None or known is None or not hmac.compare_digest(known, given.lower()):
            raise MeteorError(403, BAD_CREDENTIALS)
        self._second_factor.at_login(user, code or "")
        return self._login(user, self._people.log_in(user), "password")

    def _find(self, who: Document) -> User | None:
        match who:
            case {"username": str(username)}:
                return self._people.named(username)
            case {"email": str(address)}:
                return self._people.with_address(address)
            case {"id": str(user_id)}:
                return self._people.get(user_id)
            case _:
                raise MeteorError(400, "Match failed")

    def _login(self, user: User, token: str, kind: str, since: datetime | None = None) -> Login:
        expires = (since or self._people.now()) + TOKEN_LIFE
        shown = {key: value for key, value in user.full().items() if key != "_id"}
        return Login(user.id, token, expires, kind, shown)
