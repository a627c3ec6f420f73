"""One REST route as declared, one call of it, and its answer (facts/rocketchat.md §1)."""

from __future__ import annotations

import enum
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import KW_ONLY, dataclass, field

from aiohttp import web

from sandbox.rocketchat.documents import Document
from sandbox.rocketchat.instance import Instance
from sandbox.rocketchat.instances import REQUEST_KEY
from sandbox.rocketchat.people import ResumeToken, User
from sandbox.rocketchat.problems import MeteorError
from sandbox.rocketchat.rate_limit import Limit
from sandbox.rocketchat.rest.schema import Schema
from sandbox.rocketchat.second_factor import FactorAttempt, fingerprint


class TwoFactor(enum.Enum):
    """How a route is guarded by the second factor (facts/rocketchat.md §1.4)."""

    NONE = "none"
    REMEMBERED = "remembered"
    EVERY_TIME = "every time"
    """Remembering is switched off: a code is needed for each call."""


@dataclass(frozen=True)
class RestCall:
    """One call of a route: who calls, and what was given."""

    request: web.Request
    user: User | None
    token: ResumeToken | None
    query: Document = field(default_factory=dict)
    body: Document = field(default_factory=dict)

    @property
    def caller(self) -> User:
        """Who calls, on a route that needs a login."""
        if self.user is None:
            raise MeteorError("error-invalid-user", "Invalid user")
        return self.user

    @property
    def user_id(self) -> str | None:
        """Id of the caller, None without a login."""
        return self.user.id if self.user else None

    @property
    def instance(self) -> Instance:
        """The server process that answers."""
        return self.request[REQUEST_KEY]

    @property
    def params(self) -> Mapping[str, str]:
        """What stands in the path for `:name`."""
        return self.request.match_info

    @property
    def attempt(self) -> FactorAttempt:
        """The second factor that the caller shows, if any."""
        headers = self.request.headers
        mark = fingerprint(headers.get("User-Agent", ""), self.request.remote or "")
        return FactorAttempt(self.token, mark, headers.get("x-2fa-code", ""), headers.get("x-2fa-method", ""))


@dataclass(frozen=True)
class RestResponse:
    """A whole answer, where a handler needs another status than 200 or other headers."""

    status: int
    body: Document
    headers: Mapping[str, str] = field(default_factory=dict)


RestHandler = Callable[[RestCall], Document | RestResponse | Awaitable[Document | RestResponse]]


@dataclass(frozen=True)
class Route:
    """One declared route."""

    method: str
    path: str
    """Below `/api/v1/`, parameters as `:name`; with a leading slash: below the workspace's address."""
    _: KW_ONLY
    since: str = "0.0"
    """The first version that has it."""
    until: str = "999.0"
    """The first version that doesn't have it any more."""
    login: bool = True
    permission: str = ""
    """What the caller needs; empty: nothing."""
    guard: Callable[[RestCall], bool] | None = None
    """A condition that one permission can't express."""
    two_factor: TwoFactor = TwoFactor.NONE
    body: Schema | None = None
    query: Schema | None = None
    limit: Limit | None = None
    """None: the workspace's default."""
    unlimited: bool = False
    bypass: str = "api-bypass-rate-limit"
    """Permission whose holders are not limited."""

    @property
    def full_path(self) -> str:
        """As it is served, below the workspace's address."""
        path = self.path if self.path.startswith("/") else f"/api/v1/{self.path}"
        return "/".join(f"{{{part[1:]}}}" if part.startswith(":") else part for part in path.split("/"))
