"""REST routes of personal access tokens (facts/rocketchat.md §1.2)."""

from __future__ import annotations

from sandbox.rocketchat.documents import Document
from sandbox.rocketchat.people import People, ResumeToken
from sandbox.rocketchat.problems import MeteorError
from sandbox.rocketchat.rest.api import Api
from sandbox.rocketchat.rest.route import RestCall, Route, TwoFactor
from sandbox.rocketchat.rest.schema import BOOLEAN, STRING, strict

PERMISSION = "create-personal-access-tokens"


def register(api: Api, people: People) -> None:
    """Declares them. The permission is checked in the handler, as in the real server, so its lack is a 400."""
    named = strict({"tokenName": STRING})

    def check(call: RestCall, method: str) -> None:
        if not people.may(call.caller.id, PERMISSION):
            raise MeteorError("not-authorized", "Not Authorized", {"method": f"personalAccessTokens:{method}"})

    def find(call: RestCall, method: str) -> ResumeToken:
        token = people.find_personal_token(call.caller, call.body["tokenName"])
        if token is None:
            text = "Token does not exist"
            raise MeteorError("error-token-does-not-exists", text, {"method": f"personalAccessTokens:{method}"})
        return token

    @api.route(
        Route(
            "POST",
            "users.generatePersonalAccessToken",
            two_factor=TwoFactor.REMEMBERED,
            body=strict({"tokenName": STRING}, {"bypassTwoFactor": BOOLEAN}),
        )
    )
    def generate(call: RestCall) -> Document:
        check(call, "generateToken")
        name, bypass = call.body["tokenName"], bool(call.body.get("bypassTwoFactor"))
        if not name.strip():
            raise MeteorError("error-token-param-not-provided", "Token name is required")
        return {"token": people.personal_token(call.caller, name, bypass_two_factor=bypass)}

    @api.route(Route("POST", "users.regeneratePersonalAccessToken", two_factor=TwoFactor.REMEMBERED, body=named))
    def regenerate(call: RestCall) -> Document:
        check(call, "regenerateToken")
        token = find(call, "regenerateToken")
        people.log_out(call.caller, token)
        name, bypass = call.body["tokenName"], token.bypass_two_factor
        return {"token": people.personal_token(call.caller, name, bypass_two_factor=bypass)}

    @api.route(Route("POST", "users.removePersonalAccessToken", two_factor=TwoFactor.REMEMBERED, body=named))
    def remove(call: RestCall) -> Document:
        check(call, "removeToken")
        people.log_out(call.caller, find(call, "removeToken"))
        return {}

    @api.route(Route("GET", "users.getPersonalAccessTokens"))
    def get(call: RestCall) -> Document:
        check(call, "getPersonalAccessTokens")
        return {
            "tokens": [
                {
                    "name": token.name,
                    "createdAt": token.when,
                    "lastTokenPart": token.last_part,
                    "bypassTwoFactor": token.bypass_two_factor,
                }
                for token in call.caller.tokens
                if token.personal
            ]
        }
