"""REST routes of settings (facts/rocketchat.md §2.3, §2.4) and the two public lists of login services (§3.1)."""

from __future__ import annotations

from sandbox.rocketchat.documents import Document
from sandbox.rocketchat.login_services import LoginService
from sandbox.rocketchat.problems import PlainError
from sandbox.rocketchat.rest.api import Api
from sandbox.rocketchat.rest.bulk import save_bulk
from sandbox.rocketchat.rest.paging import page
from sandbox.rocketchat.rest.route import RestCall, Route, TwoFactor
from sandbox.rocketchat.rest.schema import ANY, BOOLEAN, PAGED, STRING, array, strict
from sandbox.rocketchat.settings import Setting
from sandbox.rocketchat.workspace import Workspace

_WRITE_ONE = {"oneOf": [strict({"value": ANY}), strict({"execute": BOOLEAN}), strict({"editor": STRING, "value": ANY})]}
_WRITE_MANY = strict({"settings": array(strict({"_id": STRING, "value": ANY}, {"editor": STRING}), at_least=1)})


def register(api: Api, workspace: Workspace, *, whole: bool = False) -> None:
    """Declares them. `whole`: the list shows whole documents."""
    routes = SettingsRoutes(workspace, whole)
    defaults = {"includeDefaults": BOOLEAN} if workspace.version >= (7, 10) else {}
    unsafe = () if workspace.version.major < 9 else ("query", "fields")
    listing = strict(optional={**{k: v for k, v in PAGED.items() if k not in unsafe}, **defaults})
    api.route(Route("GET", "settings", query=listing))(routes.list)
    api.route(Route("POST", "settings", since="8.6", two_factor=TwoFactor.EVERY_TIME, body=_WRITE_MANY))(
        routes.write_many
    )
    api.route(Route("GET", "settings/:_id", permission="view-privileged-setting"))(routes.read)
    api.route(Route("POST", "settings/:_id", guard=routes.may_write, two_factor=TwoFactor.REMEMBERED, body=_WRITE_ONE))(
        routes.write
    )
    api.route(Route("GET", "settings.public", login=False, query=strict(optional={**PAGED, "_id": STRING})))(
        routes.public
    )
    api.route(Route("GET", "settings.oauth", login=False))(routes.oauth)
    api.route(Route("GET", "service.configurations", login=False))(routes.configurations)


class SettingsRoutes:
    """The handlers."""

    def __init__(self, workspace: Workspace, whole: bool) -> None:
        self._whole = whole
        self._people = workspace.people
        self._settings = workspace.settings
        self._services = workspace.login_services

    def list(self, call: RestCall) -> Document:
        """All that the caller may see, sorted by id, a few fields of each; never hidden ones. The default is added on
        request (from 7.10 on)."""
        everything = self._people.may(call.caller.id, "view-privileged-setting")
        default = bool(call.query.get("includeDefaults"))
        shown = [
            self._shown(setting, default)
            for setting in sorted(self._settings, key=lambda setting: setting.id)
            if not setting.hidden and (everything or setting.public)
        ]
        return page("settings", shown, call.query, self._settings)

    def public(self, call: RestCall) -> Document:
        """Public ones, to everybody; `_id` is a list with commas."""
        wanted = call.query.get("_id")
        ids = set(wanted.split(",")) if wanted else None
        shown = [
            setting.public_document()
            for setting in sorted(self._settings, key=lambda setting: setting.id)
            if setting.public and not setting.hidden and (ids is None or setting.id in ids)
        ]
        return page("settings", shown, call.query, self._settings)

    def read(self, call: RestCall) -> Document:
        """One setting as stored; an unknown or hidden one is a bare failure."""
        setting = self._visible(call)
        return {"_id": setting.id} | ({} if setting.value is None else {"value": setting.value})

    def may_write(self, call: RestCall) -> bool:
        """`edit-privileged-setting`, or `manage-selected-settings` together with the setting's own permission."""
        user, setting = call.caller.id, call.params["_id"]
        if self._people.may(user, "edit-privileged-setting"):
            return True
        own = f"change-setting-{setting}"
        return self._people.may(user, "manage-selected-settings") and self._people.may(user, own)

    def write(self, call: RestCall) -> Document:
        """Stores one value of any type. The answering instance has it in its cache before it answers
        (facts/rocketchat.md §2.4)."""
        setting = self._visible(call)
        if "execute" in call.body:
            raise PlainError("")
        self._settings.admit({setting.id: call.body["value"]})
        call.instance.save(setting.id, call.body["value"])
        return {}

    def write_many(self, call: RestCall) -> Document:
        """Stores many at once, all of them or none; the answer waits for no cache (facts/rocketchat.md §2.4)."""
        save_bulk(self._settings, self._people.may, call.caller.id, call.body["settings"], call.instance)
        return {}

    def oauth(self, _: RestCall) -> Document:
        """The live services, in the two forms of facts/rocketchat.md §3.1."""
        return {"services": [_oauth_document(service) | self._on_mobile() for service in self._services.all()]}

    def configurations(self, _: RestCall) -> Document:
        """The live records without their secrets."""
        return {"configurations": [{"_id": s.id, **s.public} for s in self._services.all()]}

    def _on_mobile(self) -> Document:
        """8.7 to 8.9: the mobile app has no button where the modern engine is on."""
        modern = self._settings.find("Accounts_OAuth_Use_Modern_Flow")
        return {} if modern is None else {"hideButtonOnMobile": modern.value}

    def _shown(self, setting: Setting, default: bool) -> Document:
        if self._whole:
            return setting.document(with_default=default)
        return setting.public_document() | ({"packageValue": setting.package_value} if default else {})

    def _visible(self, call: RestCall) -> Setting:
        setting = self._settings.find(call.params["_id"])
        if setting is None or setting.hidden:
            raise PlainError("")
        return setting


def _oauth_document(service: LoginService) -> Document:
    if service.fields["custom"]:
        return {"_id": service.id, **service.public}
    return {
        "_id": service.id,
        "name": service.service,
        "clientId": service.fields["clientId"],
        "buttonLabelText": "",
        "buttonColor": "",
        "buttonLabelColor": "",
        "custom": False,
    }
