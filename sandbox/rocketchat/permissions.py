"""Roles, and who may do what by default (facts/rocketchat.md §2.7, §1.2, §1.6, §6)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sandbox.rocketchat.documents import Document


@dataclass(frozen=True)
class Role:
    """A role. `id` is what permissions and people refer to; since 8.0 the routes take it too, not the name."""

    id: str
    name: str
    scope: str = "Users"
    """`Users` for the whole workspace, `Subscriptions` for one room."""
    description: str = ""
    protected: bool = True
    mandatory2fa: bool = False

    def document(self, updated_at: datetime) -> Document:
        """IRole."""
        return {
            "_id": self.id,
            "name": self.name,
            "scope": self.scope,
            "description": self.description,
            "protected": self.protected,
            "mandatory2fa": self.mandatory2fa,
            "_updatedAt": updated_at,
        }


def default_roles() -> dict[str, Role]:
    """The roles of a fresh workspace, by id."""
    roles = [
        Role("admin", "admin", description="Admin"),
        Role("user", "user"),
        Role("bot", "bot"),
        Role("app", "app"),
        Role("guest", "guest"),
        Role("anonymous", "anonymous"),
        Role("owner", "owner", "Subscriptions", "Owner"),
        Role("moderator", "moderator", "Subscriptions", "Moderator"),
        Role("leader", "leader", "Subscriptions", "Leader"),
    ]
    return {role.id: role for role in roles}


_DEFAULTS = {
    "access-permissions": "admin",
    "add-oauth-service": "admin",
    "add-user-to-any-c-room": "admin",
    "add-user-to-any-p-room": "admin",
    "add-user-to-joined-room": "admin owner moderator",
    "api-bypass-rate-limit": "admin bot app",
    "assign-admin-role": "admin",
    "assign-roles": "admin",
    "bypass-time-limit-edit-and-delete": "bot app",
    "call-management": "admin owner moderator",
    "create-c": "admin user bot app",
    "create-d": "admin user bot app",
    "create-p": "admin user bot app",
    "create-personal-access-tokens": "admin user",
    "create-user": "admin",
    "delete-message": "admin owner moderator",
    "delete-own-message": "admin user",
    "delete-user": "admin",
    "edit-message": "admin owner moderator",
    "edit-other-user-active-status": "admin",
    "edit-other-user-info": "admin",
    "edit-other-user-password": "admin",
    "edit-privileged-setting": "admin",
    "edit-room": "admin owner moderator",
    "force-delete-message": "admin owner",
    "get-server-info": "admin",
    "manage-apps": "admin",
    "manage-outgoing-integrations": "admin",
    "manage-selected-settings": "admin",
    "mention-all": "admin owner moderator user",
    "mention-here": "admin owner moderator user",
    "message-impersonate": "bot app",
    "pin-message": "owner moderator admin",
    "post-readonly": "admin owner moderator",
    "preview-c-room": "admin user anonymous",
    "remove-user": "admin owner moderator",
    "send-many-messages": "admin bot app",
    "set-moderator": "admin owner",
    "set-owner": "admin owner",
    "view-c-room": "admin user bot app anonymous",
    "view-d-room": "admin user bot app guest",
    "view-full-other-user-info": "admin",
    "view-joined-room": "guest bot app anonymous",
    "view-outside-room": "admin owner moderator user",
    "view-p-room": "admin user anonymous guest",
    "view-privileged-setting": "admin",
    "view-room-administration": "admin",
    "view-statistics": "admin",
    "view-user-administration": "admin",
}


def default_permissions() -> dict[str, set[str]]:
    """Permission -> ids of the roles that hold it, in a fresh workspace."""
    return {permission: set(roles.split()) for permission, roles in _DEFAULTS.items()}
