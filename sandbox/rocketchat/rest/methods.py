"""`method.call`, its anonymous twin, and the methods of administration (facts/rocketchat.md §1.7, §2.4, §2.6)."""

from __future__ import annotations

import inspect
import json
from dataclasses import dataclass, replace
from typing import Any

from sandbox.rocketchat.ddp import methods
from sandbox.rocketchat.documents import Document, ddp
from sandbox.rocketchat.instance import Instance
from sandbox.rocketchat.logins import Logins
from sandbox.rocketchat.people import User
from sandbox.rocketchat.problems import MatchError, MeteorError, PlainError
from sandbox.rocketchat.rest.api import Api
from sandbox.rocketchat.rest.bulk import save_bulk
from sandbox.rocketchat.rest.oauth_admin import OAuthAdmin
from sandbox.rocketchat.rest.route import RestCall, RestResponse
from sandbox.rocketchat.rest.schema import STRING, strict
from sandbox.rocketchat.second_factor import FactorAttempt
from sandbox.rocketchat.workspace import Workspace


def register(api: Api, workspace: Workspace, logins: Logins, admin: OAuthAdmin) -> None:
    """Declares both routes. They are not counted by the REST limiter: methods have one of their own."""
    caller = Methods(workspace, logins, admin)
    body = strict({"message": STRING})
    api.route("POST", "method.call/:method", body=body, unlimited=True)(caller.over_rest)
    api.route("POST", "method.callAnon/:method", login=False, body=body, unlimited=True)(caller.over_rest)


@dataclass(frozen=True)
class Caller:
    """The caller of a method, None without a login, and the second factor that was sent."""

    user: User | None
    attempt: FactorAttempt
    instance: Instance
    """The server process that answers."""

    @property
    def id(self) -> str | None:
        """The user id."""
        return self.user.id if self.user else None


class Methods:
    """All methods of the server: those of administration, `login`, and those of the chat."""

    def __init__(self, workspace: Workspace, logins: Logins, admin: OAuthAdmin) -> None:
        self._workspace = workspace
        self._logins = logins
        self._admin = admin

    async def over_rest(self, call: RestCall) -> Document | RestResponse:
        """Unpacks the message, calls, packs the result. Errors are inside; the status is 200 before 8.0, 400 from then
        on."""
        try:
            message = json.loads(call.body["message"])
            name, params, number = message["method"], list(message.get("params") or []), message.get("id")
        except (ValueError, KeyError, TypeError):
            raise PlainError("Invalid message") from None
        answer: Document = {"msg": "result", "id": number}
        try:
            answer["result"] = ddp(await self.call(name, params, Caller(call.user, call.attempt, call.instance)))
        except MeteorError as error:
            answer["error"] = error.frame()
        except MatchError:
            answer["error"] = MeteorError(400, "Match failed").frame()
        except PlainError:
            answer["error"] = MeteorError(500, "Internal server error").frame()
        packed = {"message": json.dumps(answer)}
        if "error" in answer and self._workspace.version.major >= 8:
            return RestResponse(400, {"success": False, **packed})
        return packed

    async def call(self, name: str, params: list[Any], caller: Caller) -> Any:
        """Calls one method; MeteorError 404 if there is none of that name."""
        if name == "login":
            return self._logins.login(tuple(params), caller.instance.id).document()
        if name in {"addOAuthService", "removeOAuthService", "refreshOAuthService", "saveSettings"}:
            if self._workspace.version.major >= 9:
                raise MeteorError(404, f"Method '{name}' not found")
            return self._administer(name, params, caller)
        if name == "private-settings/get":
            return self._private_settings(caller)
        handler = methods.METHODS.get(name)
        if handler is None:
            raise MeteorError(404, f"Method '{name}' not found")
        try:
            inspect.signature(handler).bind(None, *params)
        except TypeError:
            raise MeteorError(400, "Match failed") from None
        return handler(methods.MethodCall(self._workspace.chat, caller.id, name), *params)

    def _administer(self, name: str, params: list[Any], caller: Caller) -> Any:
        match name, params:
            case "addOAuthService", [str(service), *_]:
                return self._admin.add(caller.id, service, caller.instance)
            case "removeOAuthService", [str(service), *_]:
                return self._admin.remove(caller.id, service, caller.instance)
            case "refreshOAuthService", _:
                return self._admin.refresh(caller.id, caller.instance)
            case "saveSettings", [list(rows), *rest]:
                return self._save_settings(rows, rest, caller)
            case _:
                raise MeteorError(400, "Match failed")

    def _private_settings(self, caller: Caller) -> list[Document]:
        """Whole documents, for the pages of administration: `processEnvValue` is nowhere else."""
        workspace = self._workspace
        if caller.id is None or not workspace.people.may(caller.id, "view-privileged-setting"):
            return []
        return [setting.document(with_default=True) for setting in workspace.settings if not setting.hidden]

    def _save_settings(self, rows: list[Document], rest: list[Any], caller: Caller) -> bool:
        """The bulk write before 8.6. The second factor is needed each time, in the headers or as the last parameter."""
        if caller.user is None:
            details = {"method": "saveSetting"}
            raise MeteorError("error-action-not-allowed", "Editing settings is not allowed", details)
        attempt = caller.attempt
        if rest and isinstance(rest[-1], dict) and "twoFactorCode" in rest[-1]:
            attempt = replace(attempt, code=rest[-1]["twoFactorCode"], method=rest[-1].get("twoFactorMethod", ""))
        self._workspace.second_factor.check(caller.user, attempt, remember=False)
        save_bulk(self._workspace.settings, self._workspace.people.may, caller.user.id, rows, caller.instance)
        return True
