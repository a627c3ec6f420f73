"""REST routes about the workspace: version and licence (facts/rocketchat.md §2.8, §3.1)."""

from __future__ import annotations

from sandbox.rocketchat.documents import Document
from sandbox.rocketchat.rest.api import Api
from sandbox.rocketchat.rest.route import RestCall, Route
from sandbox.rocketchat.rest.schema import BOOLEAN, strict
from sandbox.rocketchat.workspace import Workspace


def register(api: Api, workspace: Workspace) -> None:
    """Declares them."""

    def info(call: RestCall) -> Document:
        """Major and minor only, the whole version for `get-server-info`. Nobody need be logged in."""
        caller = api.who(call.request)
        if caller and workspace.people.may(caller[0].id, "get-server-info"):
            return {"info": {"version": str(workspace.version), "marketplaceApiVersion": "1.59.0"}}
        return {"version": workspace.version.short}

    for path in ("/api/info", "/api/v1/info"):
        api.route(Route("GET", path, login=False))(info)

    @api.route(Route("GET", "licenses.info", query=strict(optional={"loadValues": BOOLEAN})))
    def licenses_info(call: RestCall) -> Document:
        licensed = bool(workspace.modules)
        license_info: Document = {
            "activeModules": sorted(workspace.modules),
            "externalModules": [],
            "preventedActions": {},
            "limits": {},
            "tags": [{"name": "Enterprise", "color": "#5154ec"}] if licensed else [],
            "trial": False,
            "hasValidLicense": licensed,
        }
        if workspace.people.may(call.caller.id, "view-privileged-setting"):
            license_info["limits"] = {"privateApps": {"max": -1 if licensed else 0}}
        return {"license": license_info}

    @api.route(Route("GET", "licenses.isEnterprise"))
    def is_enterprise(_: RestCall) -> Document:
        return {"isEnterprise": bool(workspace.modules)}

    @api.route(Route("GET", "/api/apps/count"))
    def apps_count(_: RestCall) -> Document:
        most = -1 if workspace.modules else 0
        return {
            "totalMarketplaceEnabled": 0,
            "totalPrivateEnabled": 0,
            "maxMarketplaceApps": -1 if workspace.modules else 5,
            "maxPrivateApps": most,
        }
