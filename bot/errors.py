"""One small tree of errors.

A class docstring is the default first sentence of its text, so no error can be undocumented. `UserError` is the only
class whose text reaches a person; anything else becomes "internal error" with an id that finds the log line.

    SsobotError
    └── UserError             what is true, why, and what fixes it
        ├── Unfinished        a part of it was done
        ├── Uncertain         nobody can say whether it was done
        ├── ConfigError       names the variable
        ├── StoreUnavailable  the bot's own database is away          (effect unknown, but nothing remote)
        └── RemoteError       another system did not do what was asked
            ├── Unreachable   nothing was sent                        (transient, no effect)
            ├── Busy          a rate limit                            (transient, no effect)
            ├── NoAnswer      sent, no answer in time                 (transient, effect unknown)
            ├── BadAnswer     an answer that is not the system's own  (transient, effect unknown)
            ├── Redirected    it points elsewhere                     (no effect)
            ├── Unauthenticated, Forbidden, SecondFactorNeeded, LoginRefused, Rejected, RouteAbsent   (no effect)
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Mapping
from typing import ClassVar, Literal

System = Literal["Rocket.Chat", "Encvoy ID", "Monitoring"]
"""What the bot sends requests to: the two systems that it connects, and what hears its heartbeat."""
ADDRESSES: Mapping[System, str] = {
    "Rocket.Chat": "SSOBOT_ROCKETCHAT_URL",
    "Encvoy ID": "SSOBOT_ENCVOY_URL",
    "Monitoring": "SSOBOT_HEARTBEAT_URL",
}
"""The variable that leads to each system."""


class SsobotError(Exception):
    """Something went wrong inside."""


class UserError(SsobotError):
    """This cannot be done."""

    verdict: ClassVar[str] = "Not done"
    """How the answer begins: what became of the command."""
    offered: ClassVar[bool] = True
    """Whether what the fix tells to type is offered as a button, too. Not where reading it is the point."""

    def __init__(self, what: str = "", *, why: str = "", fix: str = "") -> None:
        """`what` is true now, on each side; `why`; `fix`, the command or the setting that puts it right."""
        self.what = what or _first_sentence(type(self))
        self.why = why
        self.fix = fix
        super().__init__(self.text)

    @property
    def text(self) -> str:
        """The whole text, as sentences; it never holds a secret or a part of a response body."""
        return " ".join(part for part in (self.what, self.why, self.fix) if part)


class Unfinished(UserError):
    """It was started, but not finished."""

    verdict = "Not finished"


class Uncertain(UserError):
    """It may or may not have been done."""

    verdict = "Result unknown"


class ConfigError(UserError):
    """The configuration cannot work."""


class StoreUnavailable(UserError):
    """The bot's own database cannot be used right now."""

    reason: str = ""
    """What the driver says, for the person who starts the bot; not part of the text."""


class RemoteError(UserError):
    """The other system did not do what was asked."""

    transient: ClassVar[bool] = False
    """Whether trying again later may help."""
    effect_unknown: ClassVar[bool] = False
    """Whether the request may have been carried out all the same: observe, then decide."""
    tells_route: ClassVar[bool] = True
    """Whether the text names the route; if nobody answers at all, that does not help."""

    def __init__(
        self,
        system: System,
        route: str,
        *,
        status: int | None = None,
        code: str | None = None,
        why: str = "",
        fix: str = "",
    ) -> None:
        """`route` is method and path without a query (`POST /api/v1/settings`); `code` the system's own error code,
        only ever a short word of letters, digits and dashes, never free text from a response."""
        self.system: System = system
        self.route = route
        self.status = status
        self.code = code
        marks = ", ".join(str(m) for m in (status, code) if m)
        what = _first_sentence(type(self)).rstrip(".").replace("The other system", system)
        if self.tells_route:
            what += f": {route}"
        super().__init__(f"{what} ({marks})." if marks else f"{what}.", why=why, fix=fix)


class Unreachable(RemoteError):
    """The other system cannot be reached."""

    transient = True
    tells_route = False


class Busy(RemoteError):
    """The other system asks to slow down."""

    transient = True
    retry_after: float = 1.0
    """Seconds until it may be asked again."""

    @property
    def not_checked(self) -> str:
        """What a check says that could not be made because of a rate limit. It does not say who asks for the wait: it
        may be the bot's own limit, or a whole window if the server named no time."""
        return f"too many requests: {self.system} can be asked again in {max(1, math.ceil(self.retry_after))} s"


class NoAnswer(RemoteError):
    """The other system did not respond in time."""

    transient = True
    effect_unknown = True


def look_there(system: System) -> str:
    """The fix for a system that nobody responds for."""
    return f"Check that {system} is running, and that {ADDRESSES[system]} leads to it from here."


def took_too_long(system: System, route: str, seconds: float) -> NoAnswer:
    """The same words whichever clock ran out first: that of the request, or that of the step that it belongs to."""
    return NoAnswer(system, route, why=f"It took longer than {seconds:g} seconds.", fix=look_there(system))


class NotLive(NoAnswer):
    """The other system saved the change, but was not seen using it in time."""

    tells_route = False


class StillBefore(NotLive):
    """The other system saved the change, but still uses the previous value."""


class BadAnswer(RemoteError):
    """The other system sent an unexpected response."""

    transient = True
    effect_unknown = True


class Redirected(RemoteError):
    """The other system redirects to another address."""


class Unauthenticated(RemoteError):
    """The other system does not accept the bot's credentials."""


class Forbidden(RemoteError):
    """The other system does not allow the bot to do this."""


class SecondFactorNeeded(RemoteError):
    """The other system asks for a second factor."""


class LoginRefused(RemoteError):
    """The other system did not let the bot log in."""


class Rejected(RemoteError):
    """The other system refused what was sent."""


class RouteAbsent(RemoteError):
    """The other system does not know this route."""


def where(failure: BaseException) -> str:
    """File and line of an unexpected error, without its text and without any value."""
    trace = failure.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno}" if trace else "unknown"


def _first_sentence(error: type[SsobotError]) -> str:
    return (inspect.getdoc(error) or error.__name__).split("\n\n")[0].replace("\n", " ")
