"""The bot's half of DDP, and what it sent, with a clock of its own."""

from __future__ import annotations

import json
from typing import Any

from bot.rocketchat import ddp, events
from bot.secret import Secret

TOKEN = Secret("generated-token-for-a-test")
ME = "botuser"


class Peer:
    """The core and what it sent, with a clock of its own."""

    def __init__(self) -> None:
        self.now = 100.0
        self.core = ddp.ClientProtocol(ME, TOKEN, self.now)

    def sent(self) -> list[dict[str, Any]]:
        """The frames since the last call."""
        return [json.loads(text) for text in self.core.frames()]

    def hears(self, **frame: object) -> list[events.Event]:
        return self.core.receive(json.dumps(frame), self.now)

    def waits(self, seconds: float) -> list[events.Event]:
        self.now += seconds
        return self.core.tick(self.now)

    def stays(self, seconds: float) -> None:
        """Waits while the server keeps pinging."""
        until = self.now + seconds
        while self.now < until:
            self.hears(msg="ping")
            self.waits(min(10.0, until - self.now))

    def connects(self) -> None:
        self.hears(msg="connected", session="s")

    def login_id(self) -> str:
        """Of the login that was just sent."""
        logins = [frame["id"] for frame in self.sent() if frame["msg"] == "method"]
        assert len(logins) == 1
        return str(logins[0])

    def logs_in(self) -> list[events.Event]:
        return self.hears(msg="result", id=self.login_id(), result={"id": ME, "token": "t", "type": "resume"})

    def refuses_login(self, error: object, **details: object) -> events.LoginFailed:
        first, *_ = self.hears(msg="result", id=self.login_id(), error={"error": error, "reason": "text", **details})
        assert isinstance(first, events.LoginFailed)
        return first

    def subscriptions(self) -> dict[str, dict[str, Any]]:
        """Those just asked for, by name."""
        return {frame["name"]: frame for frame in self.sent() if frame["msg"] == "sub"}

    def up(self) -> dict[str, str]:
        """Connected, logged in, both subscriptions ready; their ids by name."""
        self.connects()
        self.logs_in()
        ids = {name: str(sub["id"]) for name, sub in self.subscriptions().items()}
        self.hears(msg="ready", subs=list(ids.values()))
        return ids
