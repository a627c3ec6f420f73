"""The client's half of DDP as a state machine without I/O and without a clock (facts/rocketchat.md §5).

    core = ClientProtocol(user_id, token, now)      -> take `frames()` and send them
    events = core.receive(text, now)                -> handle them, then send `frames()`
    events = core.tick(now)                         -> no later than `core.wake_at`, then send `frames()`

until an event `Lost` says that this socket can no longer be used. `now` is `Clock.monotonic()`, in seconds.

The way of one connection:

    connect → connected → login → result ─┬→ sub meteor.loginServiceConfiguration → ready   (even if the login failed)
                                          ├→ sub stream-room-messages → ready               (only after a login)
                                          └→ sub stream-notify-logged → ready               (the same)

A list of live services that was subscribed to before a service was switched on stays silent about it (§5.5):
`renew_services` subscribes a second time, and drops the first subscription once the second is complete.
"""

from __future__ import annotations

import json

from bot.bounds import Unreadable, read_json
from bot.clock import Backoff
from bot.errors import Busy, NoAnswer, Rejected, RemoteError, Unauthenticated
from bot.rocketchat import events
from bot.rocketchat.events import Event, Json
from bot.secret import Secret

PING_AFTER = 25.0
"""Seconds of silence after which the client pings. The server pings after 15 to 17.5 s, so this is unusual."""
LONGEST_FRAME = 1024 * 1024
"""The largest frame that is parsed, in bytes. No typed message and no record of a login service is larger."""
DEAD_AFTER = 40.0
"""Seconds of silence after which the connection is lost."""
ANSWER_WITHIN = 15.0
"""Seconds for the answer to connect, login, and the subscription to messages."""
BAD_TOKEN_FIRST = 15.0
"""A refused token is rarely accepted a second later, but an administrator may restore it."""
RETRY_FIRST, RETRY_MOST = 1.0, 60.0
"""Seconds until a refused subscription is tried again; doubled each time."""


class Subscription:
    """One subscription and its next try."""

    def __init__(self, name: str, prefix: str) -> None:
        self.name = name
        self.id: str | None = None
        self.ready = False
        self.again_at: float | None = None
        self._prefix = prefix
        self._tries = 0
        self._delay = Backoff(RETRY_FIRST, RETRY_MOST)

    def frame(self, params: list[object]) -> Json:
        """Asks for it, with a new id each time: a late `nosub` of the last try is not taken for this one's."""
        self._tries += 1
        self.id, self.ready, self.again_at = f"{self._prefix}{self._tries}", False, None
        return {"msg": "sub", "id": self.id, "name": self.name, "params": params}

    def flows(self) -> bool:
        """The subscription works. True if it did not before."""
        news = self.id is not None and not self.ready
        if news:
            self.ready = True
            self._delay.reset()
        return news

    def refused(self, at_least: float) -> float:
        """It failed or ended; returns seconds until the next try."""
        self.id, self.ready = None, False
        return self._delay.next(at_least=at_least)


class ClientProtocol:
    """One connection, from its first frame to its end."""

    def __init__(self, user_id: str, token: Secret, now: float) -> None:
        self._user_id = user_id
        self._token = token
        self._out: list[Json] = [{"msg": "connect", "version": "1", "support": ["1"]}]
        self._heard = now
        self._pinged = False
        self._answer_by: float | None = now + ANSWER_WITHIN
        self._awaiting = "connect"
        self._login_id: str | None = None
        self._logins = 0
        self._login_at: float | None = None
        self._login_delay = Backoff(RETRY_FIRST, RETRY_MOST)
        self._messages = Subscription(events.MESSAGES, "messages")
        self._services = Subscription(events.SERVICES, "services")
        self._outdated: str | None = None
        self._settings = Subscription(events.NOTICES, "settings")
        self._old_arguments = False
        self._forms_tried = 0
        self._connected = False
        self.lost = False

    @property
    def awaiting(self) -> str:
        """Which answer is waited for, in words: `connect`, `login`, `subscription to messages`."""
        return self._awaiting

    # -- what the driver calls

    def frames(self) -> list[str]:
        """The frames to send now, in order; each is returned once."""
        out, self._out = self._out, []
        return [json.dumps(frame, separators=(",", ":")) for frame in out]

    def renew_services(self) -> None:
        """Subscribes to the live services a second time; harmless while the first is not complete yet."""
        if self._services.ready:
            self._outdated = self._services.id
            self._out.append(self._services.frame([]))

    @property
    def wake_at(self) -> float:
        """When `tick` must be called at the latest."""
        silence = self._heard + (DEAD_AFTER if self._pinged else PING_AFTER)
        others = (self._answer_by, self._login_at, self._messages.again_at, self._services.again_at)
        return min([silence, *(at for at in others if at is not None)])

    def receive(self, data: str | bytes, now: float) -> list[Event]:
        """Receives one frame. An unknown frame counts as a sign of life and is otherwise ignored."""
        if self.lost:
            return []
        self._heard, self._pinged = now, False
        try:
            frame = read_json(data, LONGEST_FRAME)
        except Unreadable:
            return []
        return self._dispatch(frame, now) if isinstance(frame, dict) else []

    def tick(self, now: float) -> list[Event]:
        """To be called as time passes: pings, gives up, retries."""
        if self.lost:
            return []
        if now >= self._heard + DEAD_AFTER:
            return self._give_up(NoAnswer("Rocket.Chat", "websocket", code="silent"))
        if self._answer_by is not None and now >= self._answer_by:
            return self._give_up(NoAnswer("Rocket.Chat", f"websocket {self._awaiting}"))
        if now >= self._heard + PING_AFTER and not self._pinged:
            self._pinged = True
            self._out.append({"msg": "ping", "id": "ssobot"})
        found: list[Event] = []
        if _due(self._login_at, now):
            self._log_in(now)
        if _due(self._messages.again_at, now):
            self._subscribe_messages(now)
        if _due(self._services.again_at, now):
            found += self._subscribe_services()
        return found

    # -- frames in

    def _dispatch(self, frame: dict[str, object], now: float) -> list[Event]:
        match frame.get("msg"):
            case "ping":
                asked = frame.get("id")
                self._out.append({"msg": "pong", "id": asked} if isinstance(asked, str | int) else {"msg": "pong"})
            case "connected" if not self._connected:
                self._connected = True
                self._log_in(now)
            case "failed":
                return self._give_up(Rejected("Rocket.Chat", "websocket connect", code="version"))
            case "error":
                return [events.ProtocolComplaint(events.complaint(frame.get("reason")))]
            case "result" if self._login_id is not None and frame.get("id") == self._login_id:
                return self._login_answered(frame, now)
            case "ready":
                return self._ready(frame.get("subs"))
            case "nosub":
                return self._nosub(frame, now)
            case "added" | "changed" | "removed":
                return self._document(frame)
        return []

    def _login_answered(self, frame: Json, now: float) -> list[Event]:
        self._login_id, self._answer_by = None, None
        first = self._services.id is None and self._services.again_at is None
        found: list[Event] = self._subscribe_services() if first else []
        error = events.login_error(frame, self._user_id)
        if error is None:
            self._login_delay = Backoff(RETRY_FIRST, RETRY_MOST)
            self._subscribe_messages(now)
            self._out.append(self._settings.frame([events.SETTINGS, {"useCollection": False, "args": []}]))
            return [events.LoggedIn(), *found]
        if isinstance(error, Unauthenticated):
            self._login_delay.first = BAD_TOKEN_FIRST
        retry_in = self._login_delay.next(at_least=error.retry_after if isinstance(error, Busy) else 0.0)
        self._login_at = now + retry_in
        return [events.LoginFailed(error, retry_in), *found]

    def _ready(self, subs: object) -> list[Event]:
        found: list[Event] = []
        for sub in subs if isinstance(subs, list) else []:
            if sub is not None and sub == self._services.id and self._services.flows():
                found.append(events.LiveRenewed() if self._drop_outdated() else events.LiveReady())
            elif sub is not None and sub == self._messages.id:
                found += self._messages_flow()
        return found

    def _drop_outdated(self) -> bool:
        outdated, self._outdated = self._outdated, None
        if outdated is not None:
            self._out.append({"msg": "unsub", "id": outdated})
        return outdated is not None

    def _messages_flow(self) -> list[Event]:
        if not self._messages.flows():
            return []
        self._answer_by = None
        return [events.MessagesReady()]

    def _nosub(self, frame: Json, now: float) -> list[Event]:
        sub, failure = frame.get("id"), frame.get("error")
        code = events.code_of(failure)
        at_least = events.time_to_reset(failure) if code == events.TOO_MANY else 0.0
        if sub is None:
            return []
        if sub == self._services.id:
            retry_in = self._services.refused(at_least)
            self._services.again_at = now + retry_in
            self._drop_outdated()
            return [events.LiveRefused(code, retry_in)]
        if sub == self._messages.id:
            return self._messages_refused(code, at_least, now)
        return []

    def _messages_refused(self, code: str, at_least: float, now: float) -> list[Event]:
        self._answer_by = None
        if code not in (*events.NOT_ALLOWED, events.TOO_MANY) and not self._messages.ready:
            # Perhaps the form of the arguments is wrong: older servers know only the other one (§5.3). Both are tried
            # in turn.
            self._old_arguments = not self._old_arguments
            self._forms_tried += 1
            if self._forms_tried % 2:
                self._subscribe_messages(now)
                return []
        retry_in = self._messages.refused(at_least)
        if code in events.NOT_ALLOWED:
            # The token may be withdrawn. Logging in again tells, and subscribes if it is not.
            self._login_at = now + retry_in
        else:
            self._messages.again_at = now + retry_in
        return [events.MessagesRefused(code, retry_in)]

    def _document(self, frame: Json) -> list[Event]:
        event = events.pushed(frame)
        if event is None:
            return []
        # A message says as clearly as `ready` that the subscription is there; the order of the two is not guaranteed.
        return [*self._messages_flow(), event] if isinstance(event, events.MessagePushed) else [event]

    # -- frames out

    def _log_in(self, now: float) -> None:
        self._logins += 1
        self._login_id, self._login_at = f"login{self._logins}", None
        self._await("login", now)
        params = [{"resume": self._token.reveal()}]
        self._out.append({"msg": "method", "method": "login", "id": self._login_id, "params": params})

    def _subscribe_messages(self, now: float) -> None:
        self._await("subscription to messages", now)
        options: object = False if self._old_arguments else {"useCollection": False, "args": []}
        self._out.append(self._messages.frame([events.MY_MESSAGES, options]))

    def _subscribe_services(self) -> list[Event]:
        self._out.append(self._services.frame([]))
        return [events.LiveRequested()]

    def _await(self, what: str, now: float) -> None:
        self._awaiting, self._answer_by = what, now + ANSWER_WITHIN

    def _give_up(self, error: RemoteError) -> list[Event]:
        self.lost = True
        self._out.clear()
        return [events.Lost(error)]


def _due(at: float | None, now: float) -> bool:
    return at is not None and now >= at
