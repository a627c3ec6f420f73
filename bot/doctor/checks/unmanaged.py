"""What others may have wanted, and the bot leaves as it is. These checks never fail."""

from __future__ import annotations

from bot.connection.forced import ONLY_REMOVING, SWITCH, against_us, forced_by, started_with
from bot.connection.needs import drift, foreign_callbacks, kept_out
from bot.connection.state import Application, Connection, StoredService
from bot.connection.unknown import Unknown
from bot.doctor.checks import Catalogue, Result, noted, of_application, passed, skipped
from bot.doctor.evidence import Evidence
from bot.text import code

catalogue = Catalogue()


@catalogue.check("Who may sign in", "facts/encvoy-id.md §6, §10")
@of_application
def who(evidence: Evidence, connection: Connection, found: Application) -> Result | None:
    """Encvoy ID lets all its users sign in; if it does not, that may be wanted."""
    if why := kept_out(found, everywhere=evidence.only_administrators is True):
        return noted(" ".join(why), "If this is not intended, change it at Encvoy ID; I do not change it.")
    if isinstance(evidence.only_administrators, Unknown):
        return skipped(evidence.only_administrators.reason)
    return passed("Encvoy ID excludes nobody from this application")


@catalogue.check("Other callback addresses", "facts/encvoy-id.md §3")
@of_application
def others(evidence: Evidence, connection: Connection, found: Application) -> Result | None:
    """The application has no callback address but this one; others may be wanted."""
    if other := foreign_callbacks(connection, found):
        shown = ", ".join(code(uri) for uri in other)
        return noted(
            f"the application also sends people to {shown}",
            "If nobody needs it, remove it from the application at Encvoy ID; I do not change it.",
        )
    return passed("the application has none")


@catalogue.check("Forced settings", "facts/rocketchat.md §8 no. 1")
def forced(evidence: Evidence) -> Result | None:
    """No environment variable of Rocket.Chat's server overwrites the service when it starts."""
    if evidence.connection is None or evidence.forced is None:
        return None
    if not isinstance(evidence.stored, StoredService):
        return skipped("the service could not be read")
    if isinstance(evidence.forced, Unknown):
        return skipped(evidence.forced.reason)
    if not evidence.forced:
        return passed("none of the service's")
    name, against = evidence.connection.name, against_us(evidence.connection, evidence.forced)
    if to_come := [suffix for suffix in against if suffix not in _differing(evidence.connection, evidence.stored)]:
        return noted(forced_by(name, to_come), ONLY_REMOVING)
    if against:
        return skipped("fix the forced settings that differ first")
    return noted(f"{started_with(name, sorted(evidence.forced))}; this overrides nothing that I wrote")


def _differing(connection: Connection, stored: StoredService) -> frozenset[str]:
    """Settings that have checks of their own, which name the variable."""
    switch = {SWITCH} if stored.enabled != connection.enabled else set()
    return frozenset(drift(connection, stored)) | switch
