"""Roles, and who may do what by default (facts/rocketchat.md §2.7, §1.2, §1.6, §6)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sandbox.rocketchat.documents import Document, table


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


def default_permissions() -> dict[str, set[str]]:
    """Permission -> ids of the roles that hold it, in a fresh workspace (`permissions.json`)."""
    return {permission: set(roles) for permission, roles in table("permissions.json").items()}
