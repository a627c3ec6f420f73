"""The errors for an application that the bot cannot see: gone, or hidden from it. Pure.

No text ever tells people to change the role of the bot's user at Encvoy ID: Encvoy ID then deletes the user's
organisation, and with it every application that the user created (facts/encvoy-id.md §6).
"""

from __future__ import annotations

from bot.connection.state import NotVisible
from bot.errors import UserError
from bot.text import code

IF_THE_SAME = (
    "as long as it is the same Encvoy ID. A new installation numbers its users from the start again, and people "
    "would get into each other's accounts."
)
"""Rocket.Chat identifies people only by their number at Encvoy ID (facts/encvoy-id.md §2). Whether Encvoy ID at the
same address is still the same installation cannot be seen from outside."""
KEEP_THE_ROLE = (
    "Do not change the user's role in Encvoy ID itself: changing a manager's role deletes every application that the "
    "user created."
)


class ChangedByOthers(UserError):
    """The current state does not allow it."""


def gone(client_id: str) -> ChangedByOthers:
    """The error for an application that was proved to be gone."""
    return ChangedByOthers(
        f"The application {code(client_id)} is gone from Encvoy ID: nobody can sign in through it.",
        why="It was deleted there; or the role of the bot's user was changed, and Encvoy ID then deletes everything "
        "that a manager created; or this is a different Encvoy ID.",
        fix="`/sso setup` creates a new one. It has a different client_id, so Encvoy ID asks each person for consent "
        f"once more; everybody keeps their account {IF_THE_SAME}",
    )


def replaced(client_id: str) -> str:
    """The note before a new application is created in its place."""
    return (
        f"The application {code(client_id)} is gone from Encvoy ID, so nobody can sign in through it. A new one "
        "replaces it: it has a different client_id, and Encvoy ID asks each person for consent once more. Rocket.Chat "
        f"identifies people by their number at Encvoy ID: everybody keeps their account {IF_THE_SAME}"
    )


def hidden(found: NotVisible) -> ChangedByOthers:
    """The error for an application in which the bot's user has no role."""
    role = (
        "Ask an administrator of Encvoy ID to give the bot's user the role EDITOR in this one application, once "
        f"that user has signed in to it; or to delete it, and `/sso setup` creates a new one. {KEEP_THE_ROLE}"
    )
    if found.there:
        return ChangedByOthers(
            f"The application {code(found.client_id)} exists at Encvoy ID, but is not fully visible to me.",
            why="The bot's user has no role in it that allows it to read and write it.",
            fix=role,
        )
    return ChangedByOthers(
        f"The application {code(found.client_id)} is not visible to me at Encvoy ID.",
        why="I could not find out whether it exists: even a public request was refused.",
        fix=f"Let the proxy in front of Encvoy ID pass `GET /api/v1/clients/…` on without a login. {role}",
    )
