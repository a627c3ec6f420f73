"""What is said of an application that the bot does not get to see: gone, or hidden from it. Pure.

Nobody is ever told to change the role of the bot's user at Encvoy ID itself: Encvoy ID then deletes the user's
organisation, and by cascade every application that it made (facts/encvoy-id.md §6).
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.connection.state import NotVisible

IF_THE_SAME = (
    "as long as it is the same Encvoy ID. One that was set up anew numbers its people anew, and they would enter each "
    "other's accounts."
)
"""Rocket.Chat knows people by their number at Encvoy ID alone (facts/encvoy-id.md §2); whether an Encvoy ID at the same
address is the one of before cannot be told from outside."""
KEEP_THE_ROLE = (
    "Leave the user's role in Encvoy ID itself as it is: changing a manager's role deletes every application that it "
    "made."
)


@dataclass(frozen=True)
class Explained:
    """The three parts of a failure."""

    what: str
    why: str
    mend: str


def gone(client_id: str) -> Explained:
    """It was proved to be gone."""
    return Explained(
        f"The application {client_id} is gone from Encvoy ID: nobody can sign in through it.",
        "It was deleted there, or the role of the bot's user was changed, upon which Encvoy ID deletes all that a "
        "manager made, or this is another Encvoy ID than before.",
        "`/sso setup` makes a new one. Its client_id is another, so Encvoy ID asks each person for consent once more; "
        f"everybody keeps the account {IF_THE_SAME}",
    )


def replaced(client_id: str) -> str:
    """Said before a new one is made in its place."""
    return (
        f"The application {client_id} is gone from Encvoy ID, so nobody can sign in through it. A new one takes its "
        "place: its client_id is another, and Encvoy ID asks each person for consent once more. Rocket.Chat knows "
        f"people by their number at Encvoy ID: everybody keeps the account {IF_THE_SAME}"
    )


def hidden(found: NotVisible) -> Explained:
    """The bot's user has no role in it."""
    role = (
        "An administrator of Encvoy ID gives the bot's user the role EDITOR in this one application, once that user "
        f"has signed in to it; or deletes it, and `/sso setup` makes a new one. {KEEP_THE_ROLE}"
    )
    if found.there:
        return Explained(
            f"The application {found.client_id} is there at Encvoy ID, and not visible to me in full.",
            "The bot's user has no role in it that lets it read and write it.",
            role,
        )
    return Explained(
        f"The application {found.client_id} is not visible to me at Encvoy ID.",
        "Whether it is there I could not find out: something refuses even what anybody may ask.",
        f"Let the proxy before Encvoy ID pass `GET /api/v1/clients/…` on without a login. {role}",
    )
