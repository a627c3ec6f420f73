"""The errors that stop a plan before it begins: what is true on each side, why nothing is done, and the fix. Pure."""

from __future__ import annotations

from bot.connection.absence import ChangedByOthers, gone, hidden
from bot.connection.needs import drift
from bot.connection.state import Application, Connection, NotVisible, Observed, StoredService
from bot.connection.unknown import Unknown

GONE = "The service is gone from Rocket.Chat."
DIFFERENT = (
    "Rocket.Chat has saved a different client secret than Encvoy ID, and it cannot sign anybody in with the saved one"
)
"""What follows from what is stored: which one is live nobody can see (facts/rocketchat.md §2.5)."""


def required(desired: Connection, seen: Application | NotVisible | Unknown | None) -> Application:
    """The application, for what cannot go on without it. ChangedByOthers if it is gone or hidden."""
    match seen:
        case Application() as found:
            return found
        case NotVisible() as found:
            raise hidden(found)
        case Unknown(reason=reason, fix=fix):
            again = "Once it can be read again, type the command again: that finishes what was started."
            raise ChangedByOthers(
                "The application at Encvoy ID cannot be read now.", why=reason, fix=f"{fix} {again}".strip()
            )
        case None:
            raise gone(desired.client_id or "")


def ready(desired: Connection, observed: Observed) -> StoredService:
    """The service, if a button on the login page can lead to a sign-in, as far as one can see before it is proved."""
    stored, application = observed.stored, observed.application
    refuse_an_exchange(desired)
    refuse_unfinished(desired)
    if stored is None:
        raise ChangedByOthers(GONE, fix="`/sso setup` creates it again.")
    if application is None:
        raise gone(desired.client_id or "")
    refuse_foreign_secrets(desired, observed)
    differing = [name for name in ("id", "secret") if name in drift(desired, stored)]
    if differing:
        raise ChangedByOthers(
            f"The button would not work: in Rocket.Chat the client {' and '.join(differing)} of the service "
            f"{'differ' if len(differing) > 1 else 'differs'} from mine.",
            fix="`/sso setup` fixes it.",
        )
    if isinstance(application, Application) and application.secret != desired.secret:
        raise ChangedByOthers(
            "The button would not work: Encvoy ID has a different client secret than Rocket.Chat and I have.",
            fix="`/sso setup` writes mine to both sides.",
        )
    return stored


def refuse_an_exchange(desired: Connection) -> None:
    """ChangedByOthers while a secret is being replaced."""
    if desired.exchanging:
        raise ChangedByOthers("A secret is being replaced.", fix="`/sso rotate` finishes that; then type it again.")


def refuse_unfinished(desired: Connection) -> None:
    """ChangedByOthers for a connection that never worked."""
    if desired.current is None:
        raise ChangedByOthers("The connection is not fully set up.", fix="`/sso setup` finishes it.")


def refuse_a_removal(desired: Connection) -> None:
    """ChangedByOthers if the connection is being removed."""
    if desired.absent:
        raise ChangedByOthers(
            "The connection is being removed, and that is not finished.",
            fix="`/sso setup` brings it back; `/sso remove` takes away what is left of it.",
        )


def refuse_what_cannot_be_seen(desired: Connection, observed: Observed) -> None:
    """ChangedByOthers where the application is hidden, or gone in the middle of an exchange."""
    application = observed.application
    if isinstance(application, NotVisible):
        raise hidden(application)
    if desired.exchanging and application is None:
        raise gone(desired.client_id or "")  # neither way of the exchange can be gone to its end


def refuse_foreign_secrets(desired: Connection, observed: Observed) -> None:
    """ChangedByOthers if the secret of somebody else would be overwritten while people may be using it."""
    application, stored = observed.application, observed.stored
    if desired.current is None or stored is None or not isinstance(application, Application):
        return
    ours = {desired.current, desired.pending or desired.current}
    # Also where it should be off: a database that was restored may be older than the moment it was switched on.
    people_sign_in = stored.enabled or observed.live is not None
    if desired.exchanging:
        strange = [
            side
            for side, secret in (("Rocket.Chat", stored.secret), ("Encvoy ID", application.secret))
            if secret not in ours
        ]
        if strange:
            raise ChangedByOthers(
                f"{' and '.join(strange)} {'has' if len(strange) == 1 else 'have'} a client secret that I do not know.",
                why="It is neither the old nor the new secret of the rotation in progress; I did not overwrite it."
                + ("" if stored.secret == application.secret else f" {DIFFERENT}."),
                fix="`/sso status` shows both sides; `/sso setup` writes the secret that I know to both.",
            )
    elif (desired.enabled or people_sign_in) and stored.secret == application.secret and stored.secret not in ours:
        raise ChangedByOthers(
            "Both sides have the same client secret, but I do not know it.",
            why="It was replaced on both sides, or my database is older than it: I cannot tell. Because both sides "
            "agree, I did not overwrite it.",
            fix="`/sso rotate` replaces it with a new one without a gap.",
        )
