"""Adding, removing and refreshing custom OAuth services, as routes and as methods (facts/rocketchat.md §2.1, §2.6)."""

from __future__ import annotations

from sandbox.rocketchat.documents import Document
from sandbox.rocketchat.instance import Instance
from sandbox.rocketchat.oauth_settings import MODULE, normalised, service_settings, setting_ids
from sandbox.rocketchat.problems import MeteorError
from sandbox.rocketchat.rest.api import Api
from sandbox.rocketchat.rest.route import RestCall, Route, TwoFactor
from sandbox.rocketchat.rest.schema import STRING, strict
from sandbox.rocketchat.workspace import Workspace

PERMISSION = "add-oauth-service"
_BODY = strict(optional={"name": STRING})
"""The name is looked at by the handler, so a missing one has a code of its own."""


def register(api: Api, admin: OAuthAdmin) -> None:
    """Declares the routes; the methods are `rest.methods`'."""
    guard = TwoFactor.REMEMBERED

    @api.route(Route("POST", "settings.addCustomOAuth", permission=PERMISSION, two_factor=guard, body=_BODY))
    def add(call: RestCall) -> Document:
        admin.add(call.caller.id, _name(call), call.instance)
        return {}

    @api.route(
        Route("POST", "settings.removeCustomOAuth", since="8.7", permission=PERMISSION, two_factor=guard, body=_BODY)
    )
    def remove(call: RestCall) -> Document:
        admin.remove(call.caller.id, _name(call), call.instance)
        return {}

    @api.route(Route("POST", "settings.refreshOAuthServices", since="8.7", permission=PERMISSION, two_factor=guard))
    def refresh(call: RestCall) -> Document:
        admin.refresh(call.caller.id, call.instance)
        return {}


def _name(call: RestCall) -> str:
    name = str(call.body.get("name") or "")
    if not name.strip():
        raise MeteorError("error-name-param-not-provided", 'The parameter "name" is required')
    return name


class OAuthAdmin:
    """What routes and methods do, with the permission that the methods check themselves."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def add(self, user_id: str | None, name: str, instance: Instance) -> None:
        """Makes the settings of a service; harmless if they are there. A name without any usable character makes
        settings that no run looks at."""
        self._check(user_id, "addOAuthService")
        gated, warned = self._workspace.version >= (9, 0), (8, 9) <= self._workspace.version < (9, 0)
        if gated and MODULE not in self._workspace.modules:
            raise MeteorError("error-action-not-allowed", "Adding OAuth Services is not allowed")
        instance.add(service_settings(normalised(name), gated=gated, warned=warned))

    def remove(self, user_id: str | None, name: str, instance: Instance) -> None:
        """Deletes the settings. A service that is on stays live, as a zombie."""
        self._check(user_id, "removeOAuthService")
        if not normalised(name):
            raise MeteorError("error-invalid-name", "Invalid OAuth service name", {"method": "removeOAuthService"})
        instance.remove(setting_ids(normalised(name)))

    def refresh(self, user_id: str | None, instance: Instance) -> None:
        """Deletes every live record, and makes new ones of what is on."""
        self._check(user_id, "refreshOAuthService")
        instance.refresh()

    def _check(self, user_id: str | None, method: str) -> None:
        if user_id is None:
            raise MeteorError("error-invalid-user", "Invalid user", {"method": method})
        if not self._workspace.people.may(user_id, PERMISSION):
            action = {"method": method, "action": "Adding_OAuth_Services"}
            raise MeteorError("error-action-not-allowed", "Adding OAuth Services is not allowed", action)
