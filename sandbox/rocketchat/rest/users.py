"""REST routes about people (facts/rocketchat.md §6): `users.*` and `me`."""

from __future__ import annotations

from collections.abc import Sequence

from sandbox.rocketchat.documents import Document, iso
from sandbox.rocketchat.people import User, digest
from sandbox.rocketchat.problems import Forbidden, MeteorError, PlainError
from sandbox.rocketchat.rest.api import Api
from sandbox.rocketchat.rest.paging import page
from sandbox.rocketchat.rest.route import RestCall, Route
from sandbox.rocketchat.rest.schema import BOOLEAN, NAME, OBJECT, PAGED, STRING, array, strict
from sandbox.rocketchat.workspace import Workspace

_STATUSES = ("online", "away", "offline", "busy")
_NOT_IN_PROFILE = {"type", "reason"}
_PROFILE = {
    "roles": array(STRING),
    "active": BOOLEAN,
    "verified": BOOLEAN,
    "requirePasswordChange": BOOLEAN,
    "setRandomPassword": BOOLEAN,
    "sendWelcomeEmail": BOOLEAN,
    "joinDefaultChannels": BOOLEAN,
    "customFields": OBJECT,
    "statusText": STRING,
    "bio": STRING,
    "nickname": STRING,
}
_CREATE = strict({"email": STRING, "name": STRING, "password": STRING, "username": STRING}, _PROFILE)
_DATA = strict(optional={"email": STRING, "name": STRING, "password": STRING, "username": STRING, **_PROFILE})
_WHO = {"userId": STRING, "username": STRING}
_BY_STATUS = {"status": STRING, "hasLoggedIn": BOOLEAN, "type": STRING, "roles": STRING, "searchTerm": STRING}
_ONE = strict(optional={**_WHO, "importId": STRING, "includeUserRooms": STRING, "fields": STRING})


def register(api: Api, workspace: Workspace) -> None:
    """Declares them."""
    routes = UserRoutes(workspace)
    api.route(Route("GET", "me"))(routes.me)
    api.route(Route("GET", "users.info", query=_ONE))(routes.info)
    api.route(Route("GET", "users.list", permission="view-d-room", query=strict(optional=PAGED)))(routes.list)
    by_status = strict(optional={**PAGED, **_BY_STATUS})
    api.route(Route("GET", "users.listByStatus", since="7.0", permission="view-d-room", query=by_status))(
        routes.list_by_status
    )
    api.route(Route("POST", "users.create", permission="create-user", body=_CREATE))(routes.create)
    update = strict({"userId": NAME, "data": _DATA}, {"confirmRelinquish": BOOLEAN})
    api.route(Route("POST", "users.update", body=update))(routes.update)
    gone = {"anyOf": [strict({w: NAME}, {"confirmRelinquish": BOOLEAN}) for w in _WHO]}
    api.route(Route("POST", "users.delete", permission="delete-user", body=gone))(routes.delete)
    active = strict({"userId": NAME, "activeStatus": BOOLEAN}, {"confirmRelinquish": BOOLEAN})
    api.route(Route("POST", "users.setActiveStatus", body=active))(routes.set_active_status)
    presence = strict(optional={"from": STRING, "ids": STRING})
    api.route(Route("GET", "users.presence", query=presence))(routes.presence)
    api.route(Route("GET", "users.getStatus", query=strict(optional=_WHO)))(routes.get_status)
    status = strict(optional={"status": STRING, "message": STRING, **_WHO})
    api.route(Route("POST", "users.setStatus", body=status))(routes.set_status)


class UserRoutes:
    """The handlers."""

    def __init__(self, workspace: Workspace) -> None:
        self._people = workspace.people
        self._settings = workspace.settings

    def me(self, call: RestCall) -> Document:
        """Everything about the caller, without an envelope of its own."""
        return own_profile(call.caller)

    def info(self, call: RestCall) -> Document:
        """One person; roles and addresses only for themselves and `view-full-other-user-info`."""
        user = self._find(call.query)
        if user is None:
            raise PlainError("User not found.")
        return {"user": self._shown(call, user)}

    def list(self, call: RestCall) -> Document:
        """Everybody, by username, in pages of 100 at most."""
        return self._page(call, list(self._people))

    def list_by_status(self, call: RestCall) -> Document:
        """The same of those who fit, with the reason that somebody gave when they asked for an account."""
        query = call.query
        wanted = {"active": True, "deactivated": False}.get(query.get("status", ""))
        roles = {role for role in query.get("roles", "").split(",") if role}
        fitting = [
            user
            for user in self._people
            if wanted in (None, user.active)
            and (not roles or roles.intersection(user.roles))
            and ("hasLoggedIn" not in query or query["hasLoggedIn"] == bool(user.last_login))
            and query.get("searchTerm", "").lower() in f"{user.username} {user.name} {' '.join(user.addresses)}".lower()
        ]
        return self._page(call, fitting, reason=True)

    def _page(self, call: RestCall, users: Sequence[User], *, reason: bool = False) -> Document:
        outside = self._settings.get("API_Apply_permission_view-outside-room_on_users-list", False)
        if outside and not self._people.may(call.caller.id, "view-outside-room"):
            raise Forbidden("User does not have the permissions required for this action [error-unauthorized]")
        privileged = self._people.may(call.caller.id, "view-full-other-user-info")
        shown = [
            user.listed(privileged=privileged) | ({"reason": user.reason} if reason and user.reason else {})
            for user in sorted(users, key=lambda user: user.username)
        ]
        return page("users", shown, call.query, self._settings)

    def create(self, call: RestCall) -> Document:
        """A new account; refused if the username or the address is taken."""
        body = call.body
        username, address = body["username"], body["email"]
        self._check_free(username, address)
        user = self._people.add(
            username,
            name=body["name"],
            password=body["password"],
            roles=body.get("roles") or ["user"],
            emails=[{"address": address, "verified": bool(body.get("verified"))}],
            active=body.get("active", True),
        )
        self._apply_rest(user, body)
        return {"user": user.full()}

    def update(self, call: RestCall) -> Document:
        """Changes somebody; others need `edit-other-user-info`."""
        user, data = self._people.get(call.body["userId"]), call.body["data"]
        if user is None:
            raise MeteorError("error-invalid-user", 'The required "userId" param provided does not match any users')
        if user.id != call.caller.id and not self._people.may(call.caller.id, "edit-other-user-info"):
            raise MeteorError("error-action-not-allowed", "Editing user is not allowed")
        self._change_names(user, data)
        if "password" in data:
            user.password_digest = digest(data["password"])
        if "roles" in data:
            user.roles = list(data["roles"])
        self._apply_rest(user, data)
        return {"user": user.full()}

    def delete(self, call: RestCall) -> Document:
        """Deletes somebody."""
        user = self._find(call.body)
        if user is None:
            raise MeteorError("error-invalid-user", 'The required "userId" or "username" param was not provided')
        if self._people.holders("admin") == [user]:
            raise MeteorError("error-action-not-allowed", "Leaving the app without admins is not allowed")
        self._people.delete(user)
        return {"deletedRooms": []}

    def set_active_status(self, call: RestCall) -> Document:
        """Lets somebody in or locks them out."""
        if not self._people.may(call.caller.id, "edit-other-user-active-status"):
            raise MeteorError("error-unauthorized", "Not authorized")
        user = self._people.get(call.body["userId"])
        if user is None:
            raise MeteorError("error-invalid-user", "Invalid user")
        if call.body["activeStatus"]:
            user.active = True
            self._people.touch(user)
        else:
            self._people.deactivate(user)
        return {"user": {"_id": user.id, "active": user.active}}

    def presence(self, call: RestCall) -> Document:
        """Who is there; `ids` is a list with commas."""
        wanted = call.query.get("ids")
        users = [user for user in self._people if not wanted or user.id in wanted.split(",")]
        shown = [
            {"_id": user.id, "username": user.username, "name": user.name, "status": user.status}
            | {"utcOffset": 0, "statusText": user.status_text, "avatarETag": ""}
            for user in users
        ]
        return {"users": shown, "full": not wanted and not call.query.get("from")}

    def get_status(self, call: RestCall) -> Document:
        """Somebody's status, the caller's own without a name."""
        user = (self._find(call.query) if call.query else None) or call.caller
        return {"_id": user.id, "connectionStatus": user.status, "status": user.status, "message": user.status_text}

    def set_status(self, call: RestCall) -> Document:
        """The caller's status; somebody else's needs `edit-other-user-info`."""
        user = (self._find(call.body) if {"userId", "username"} & call.body.keys() else None) or call.caller
        if user.id != call.caller.id and not self._people.may(call.caller.id, "edit-other-user-info"):
            raise MeteorError("error-unauthorized", "User does not have the permissions required for this action")
        status = call.body.get("status")
        if status is not None and status not in _STATUSES:
            text = "Valid status types include online, away, offline, and busy."
            raise MeteorError("error-invalid-status", text, {"method": "users.setStatus"})
        user.status = status or user.status
        user.status_text = call.body.get("message", user.status_text)
        return {}

    def _find(self, given: Document) -> User | None:
        if user_id := given.get("userId"):
            return self._people.get(user_id)
        if username := given.get("username"):
            return self._people.named(username)
        if "importId" in given:
            return None
        raise MeteorError("error-user-param-not-provided", 'The required "userId" or "username" param was not provided')

    def _shown(self, call: RestCall, user: User) -> Document:
        full = user.id == call.caller.id or self._people.may(call.caller.id, "view-full-other-user-info")
        return user.full() if full else user.basic()

    def _change_names(self, user: User, data: Document) -> None:
        username, address = data.get("username", ""), data.get("email", "")
        self._check_free(username, address, user)
        user.username = username or user.username
        user.name = data.get("name", user.name)
        if address:
            user.emails = [{"address": address, "verified": bool(data.get("verified"))}]

    def _check_free(self, username: str, address: str, user: User | None = None) -> None:
        """`error-field-unavailable` for what somebody else than `user` has; an empty text is free."""
        for value, holder in ((username, self._people.named(username)), (address, self._people.with_address(address))):
            if value and holder not in (None, user):
                raise MeteorError("error-field-unavailable", f"{value} is already in use :(")

    def _apply_rest(self, user: User, data: Document) -> None:
        if data.get("active") is False:
            self._people.deactivate(user)
        user.active = data.get("active", user.active)
        user.require_password_change = data.get("requirePasswordChange", user.require_password_change)
        user.custom_fields = data.get("customFields", user.custom_fields)
        user.status_text = data.get("statusText", user.status_text)
        self._people.touch(user)


def own_profile(user: User) -> Document:
    """What `me` and `login` answer about the caller."""
    mail = user.emails[0]["address"] if user.emails else ""
    shown = {name: value for name, value in user.full().items() if name not in _NOT_IN_PROFILE}
    return shown | {
        "email": mail,
        "settings": {"profile": {}, "preferences": {}, "calendar": {}},
        "avatarUrl": f"/avatar/{user.username}",
        "isOAuthUser": any("id" in s for s in user.services.values() if isinstance(s, dict)),
        "services": {"password": {"exists": user.password_digest is not None}} | _second_factors(user),
        "_updatedAt": iso(user.updated_at or user.created_at),
    }


def _second_factors(user: User) -> Document:
    totp, email = user.services.get("totp", {}), user.services.get("email2fa", {})
    found: Document = {"totp": {"enabled": bool(totp.get("enabled"))}} if totp else {}
    return found | ({"email2fa": {"enabled": bool(email.get("enabled"))}} if email else {})
