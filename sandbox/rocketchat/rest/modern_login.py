"""REST routes by which the web client ends a sign-in of the modern engine (facts/rocketchat.md §3.4, no. 5)."""

from __future__ import annotations

from typing import Protocol

from sandbox.rocketchat.documents import Document
from sandbox.rocketchat.people import User
from sandbox.rocketchat.rate_limit import Limit
from sandbox.rocketchat.rest.api import Api
from sandbox.rocketchat.rest.route import RestCall, Route
from sandbox.rocketchat.rest.schema import STRING, strict

_REDEEM = Limit(10, 60)
_VERIFY = Limit(5, 60)


class Completion(Protocol):
    """What the engine keeps for them. Each throws MeteorError for what is unknown, used or too old."""

    def redeem(self, code: str) -> tuple[User, str]:
        """Who a login code stands for, and a new login token."""
        ...

    def verify(self, challenge_id: str, code: str) -> tuple[User, str]:
        """Who answered a challenge, and a new login token."""
        ...

    def send_code(self, challenge_id: str) -> None:
        """Mails another code."""
        ...


def register(api: Api, completion: Completion) -> None:
    """Declares them. Nobody is logged in yet who calls them."""

    given = strict({"code": STRING})

    @api.route(Route("POST", "loginCode.redeem", since="8.7", login=False, body=given, limit=_REDEEM))
    def redeem(call: RestCall) -> Document:
        return _logged_in(*completion.redeem(call.body["code"]))

    given = strict({"challengeId": STRING, "code": STRING})

    @api.route(
        Route("POST", "twoFactorChallenges.verifyChallenge", since="8.7", login=False, body=given, limit=_VERIFY)
    )
    def verify(call: RestCall) -> Document:
        return _logged_in(*completion.verify(call.body["challengeId"], call.body["code"]))

    given = strict({"challengeId": STRING})

    @api.route(Route("POST", "twoFactorChallenges.sendEmailCode", since="8.7", login=False, body=given, limit=_VERIFY))
    def send(call: RestCall) -> Document:
        completion.send_code(call.body["challengeId"])
        return {}


def _logged_in(user: User, token: str) -> Document:
    return {"loginToken": token, "userId": user.id}
