"""A correction, posted once at a start: what an earlier `setup` said about e-mail addresses and is not true.

An earlier version said that no local account could be taken over; on the legacy engine an e-mail address links
(facts/rocketchat.md §3.6). This version says it at `setup` and notes that it did: a connection without such a note is
older. A connection that was set up on the modern engine, and is on the legacy one now, is corrected too.
"""

from __future__ import annotations

from bot.chatops.notices import SAID, Announcement, Announcer
from bot.chatops.ports import Notes
from bot.connection.accounts import Accounts
from bot.connection.lost_key import without_secrets
from bot.connection.profile import Profile
from bot.connection.state import Connection
from bot.connection.unknown import Unknown
from commands.arrivals import UPGRADED, by_email
from commands.context import CommandContext

LINKED = "said that e-mail links"
REFUSED = "said that e-mail is refused"
"""Keys of notes; once for each database, whichever room is the admin room."""
FALSE_PROMISE = (
    "A correction: when this connection was set up I said that no local account can be taken over. That was wrong."
)
OTHER_ENGINE = (
    "Rocket.Chat now uses a different login engine than when this connection was set up, and it treats e-mail "
    "addresses differently."
)


async def note(notes: Notes, profile: Profile) -> None:
    """`setup` has said what an e-mail address leads to."""
    await notes.put(LINKED if profile.links_by_email else REFUSED, SAID)


def correction(context: CommandContext) -> Announcement:
    """Checked at each start. If everything that was said is true, nothing is posted and nothing noted: the next start
    checks again."""

    async def compose() -> str | None:
        connection = await without_secrets(context.connections.get)
        if connection is None or not connection.with_email:
            return None
        profile = await context.rocketchat.profile()
        if not profile.links_by_email:
            return None
        refused = await context.notes.get(REFUSED) is not None
        accounts = await context.rocketchat.accounts(lambda read, total: None)
        return text(OTHER_ENGINE if refused else FALSE_PROMISE, connection, profile, accounts)

    async def announce(room: Announcer) -> bool:
        return await room.tell(LINKED, compose)

    return announce


def text(what: str, connection: Connection, profile: Profile, accounts: Accounts | Unknown) -> str:
    """What is wrong, what is true, whom it concerns, what it amounts to, and the command."""
    return "\n".join(
        (
            what,
            by_email(profile, connection.name, accounts),
            UPGRADED,
            "This gives the owner of the mailbox no more than a password reset by e-mail does, as long as Encvoy ID "
            "verifies people's addresses; I cannot see whether it does.",
            "`!sso setup --no-email` leaves e-mail addresses out from then on; I change nothing unless asked.",
        )
    )
