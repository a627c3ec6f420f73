"""`method.call`, its anonymous twin, and the methods of administration (facts/rocketchat.md §1.7, §2.4, §2.6)."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from sandbox.rocketchat.ddp.methods import call_method
from sandbox.rocketchat.documents import Document, ddp
from sandbox.rocketchat.logins import Logins
from sandbox.rocketchat.people import User
from sandbox.rocketchat.problems import MeteorError, PlainError, seen_by_caller
from sandbox.rocketchat.rest.api import Api
from sandbox.rocketchat.rest.bulk import save_bulk
from sandbox.rocketchat.rest.oauth_admin import OAuthAdmin
from sandbox.rocketchat.rest.route import RestCall, RestResponse, Route
from sandbox.rocketchat.rest.schema import STRING, strict
from sandbox.rocketchat.workspace import Workspace


def register(api: Api, workspace: Workspace, logins: Logins, admin: OAuthAdmin) -> None:
    """Declares both routes. They are not counted by the REST limiter: methods have one of their own."""
    caller = Methods(workspace, logins, admin)
    body = strict({"message": STRING})
    api.route(Route("POST", "method.call/:method", body=body, unlimited=True))(caller.over_rest)
    api.route(Route("POST", "method.callAnon/:method", login=False, body=body, unlimited=True))(caller.over_rest)


class Methods:
    """All methods of the server: those of administration, `login`, and those of the chat."""

    def __init__(self, workspace: Workspace, logins: Logins, admin: OAuthAdmin) -> None:
        self._workspace = workspace
        self._logins = logins
        self._admin = admin

    def over_rest(self, call: RestCall) -> Document | RestResponse:
        """Unpacks the message, calls, packs the result. Errors are inside; the status is 200 before 8.0, 400 from then
        on."""
        try:
            message = json.loads(call.body["message"])
            name, params, number = message["method"], list(message.get("params") or []), message.get("id")
        except (ValueError, KeyError, TypeError):
            raise PlainError("Invalid message") from None
        answer: Document = {"msg": "result", "id": number}
        try:
            answer["result"] = ddp(self._call(name, params, call))
        except (MeteorError, PlainError) as error:
            answer["error"] = seen_by_caller(error).frame()
        packed = {"message": json.dumps(answer)}
        if "error" in answer and self._workspace.version.major >= 8:
            return RestResponse(400, {"success": False, **packed})
        return packed

    def _call(self, name: str, params: list[Any], call: RestCall) -> Any:
        if name == "login":
            return self._logins.login(tuple(params), call.instance.id).document()
        if name in {"addOAuthService", "removeOAuthService", "refreshOAuthService", "saveSettings"}:
            if self._workspace.version.major >= 9:
                raise MeteorError(404, f"Method '{name}' not found")
            return self._administer(name, params, call)
        if name == "private-settings/get":
            return self._private_settings(call.user)
        return call_method(self._workspace.chat, call.user_id, name, params)

    def _administer(self, name: str, params: list[Any], call: RestCall) -> Any:
        match name, params:
            case "addOAuthService", [str(service), *_]:
                return self._admin.add(call.user_id, service, call.instance)
            case "removeOAuthService", [str(service), *_]:
                return self._admin.remove(call.user_id, service, call.instance)
            case "refreshOAuthService", _:
                return self._admin.refresh(call.user_id, call.instance)
            case "saveSettings", [list(rows), *rest]:
                return self._save_settings(rows, rest, call)
            case _:
                raise MeteorError(400, "Match failed")

    def _private_settings(self, user: User | None) -> list[Document]:
        """Whole documents, for the pages of administration: `processEnvValue` is nowhere else."""
        if user is None or not self._workspace.people.may(user.id, "view-privileged-setting"):
            return []
        return [setting.document(with_default=True) for setting in self._workspace.settings if not setting.hidden]

    def _save_settings(self, rows: list[Document], rest: list[Any], call: RestCall) -> bool:
        """The bulk write before 8.6. The second factor is needed each time, in the headers or as the last parameter."""
        if call.user is None:
            details = {"method": "saveSetting"}
            raise MeteorError("error-action-not-allowed", "Editing settings is not allowed", details)
        attempt = call.attempt
        if rest and isinstance(rest[-1], dict) and "twoFactorCode" in rest[-1]:
            attempt = replace(attempt, code=rest[-1]["twoFactorCode"], method=rest[-1].get("twoFactorMethod", ""))
        self._workspace.second_factor.check(call.user, attempt, remember=False)
        save_bulk(self._workspace.settings, self._workspace.people.may, call.user.id, rows, call.instance)
        return True
