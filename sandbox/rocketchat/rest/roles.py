"""REST routes of roles and permissions (facts/rocketchat.md §6, §2.7)."""

from __future__ import annotations

from sandbox.rocketchat.documents import Document
from sandbox.rocketchat.people import User
from sandbox.rocketchat.permissions import Role
from sandbox.rocketchat.problems import MeteorError
from sandbox.rocketchat.rest.api import Api
from sandbox.rocketchat.rest.paging import page
from sandbox.rocketchat.rest.route import RestCall, Route
from sandbox.rocketchat.rest.schema import NUMBER, STRING, strict
from sandbox.rocketchat.workspace import Workspace

_ASSIGN = strict({"username": STRING}, {"roleId": STRING, "roleName": STRING, "roomId": STRING, "scope": STRING})


def register(api: Api, workspace: Workspace) -> None:
    """Declares them."""
    routes = RoleRoutes(workspace)
    api.route(Route("GET", "roles.list"))(routes.list)
    in_role = strict({"role": STRING}, {"roomId": STRING, "count": NUMBER, "offset": NUMBER, "sort": STRING})
    api.route(Route("GET", "roles.getUsersInRole", permission="access-permissions", query=in_role))(
        routes.users_in_role
    )
    api.route(Route("POST", "roles.addUserToRole", permission="access-permissions", body=_ASSIGN))(routes.add)
    api.route(Route("POST", "roles.removeUserFromRole", permission="access-permissions", body=_ASSIGN))(routes.remove)
    since = strict(optional={"updatedSince": STRING})
    api.route(Route("GET", "permissions.listAll", query=since))(routes.permissions)


class RoleRoutes:
    """The handlers. A role is named by its `_id` from 8.0 on, before also by its name."""

    def __init__(self, workspace: Workspace) -> None:
        self._people = workspace.people
        self._settings = workspace.settings
        self._chat = workspace.chat
        self._by_name = workspace.version.major < 8

    def list(self, _: RestCall) -> Document:
        """All roles."""
        return {"roles": [role.document(self._people.founded) for role in self._people.roles.values()]}

    def users_in_role(self, call: RestCall) -> Document:
        """Who has a role, by username, without `count` and `offset`; a role of a room needs its `roomId`."""
        role = self._role(call.query["role"], call.query["role"])
        if role.scope == "Subscriptions":
            room = self._chat.rooms.get(call.query.get("roomId", ""))
            found = [user for user in self._people if room and role.id in room.roles_of(user.id)]
        else:
            found = self._people.holders(role.id)
        found = sorted(found, key=lambda user: user.username)
        whole = page("users", [_shown(user) for user in found], call.query, self._settings)
        return {"users": whole["users"], "total": whole["total"]}

    def add(self, call: RestCall) -> Document:
        """Gives a role of the workspace."""
        user, role = self._both(call)
        if role.id == "admin" and not self._people.may(call.caller.id, "assign-admin-role"):
            raise MeteorError("error-action-not-allowed", "Assigning admin is not allowed")
        if role.id in user.roles:
            raise MeteorError("error-user-already-in-role", "User already in role")
        user.roles.append(role.id)
        self._people.touch(user)
        return {"role": role.document(self._people.founded)}

    def remove(self, call: RestCall) -> Document:
        """Takes a role of the workspace."""
        user, role = self._both(call)
        if role.id not in user.roles:
            raise MeteorError("error-user-not-in-role", "User is not in this role")
        if role.id == "admin" and self._people.holders("admin") == [user]:
            raise MeteorError("error-admin-required", "You need to have at least one admin")
        user.roles.remove(role.id)
        self._people.touch(user)
        return {"role": role.document(self._people.founded)}

    def permissions(self, _: RestCall) -> Document:
        """Which roles hold which permission."""
        rows = [
            {"_id": name, "roles": sorted(roles), "_updatedAt": self._people.founded}
            for name, roles in self._people.permissions.items()
        ]
        return {"update": rows, "remove": []}

    def _both(self, call: RestCall) -> tuple[User, Role]:
        user = self._people.named(call.body["username"])
        if user is None:
            raise MeteorError("error-user-not-found", "There is no user with this username")
        return user, self._role(call.body.get("roleId", ""), call.body.get("roleName", ""))

    def _role(self, role_id: str, name: str) -> Role:
        role = self._people.roles.get(role_id)
        if role is None and self._by_name:
            role = next((role for role in self._people.roles.values() if role.name == name), None)
        if role is None:
            raise MeteorError("error-roleid-not-found", "No role found with given id")
        return role


def _shown(user: User) -> Document:
    """What the list of a role shows of a person: no roles."""
    names = ("_id", "name", "username", "emails", "createdAt", "_updatedAt")
    return {name: value for name, value in user.full().items() if name in names}
