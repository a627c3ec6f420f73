"""What the program finds on its own machine: checked from the terminal only, since a running bot has all of it."""

from __future__ import annotations

from typing import assert_never

from bot.connection.lost_key import LostKey
from bot.connection.unknown import Unknown
from bot.doctor.checks import Catalogue, Result, failed, noted, passed, skipped, unseen
from bot.doctor.evidence import Evidence
from bot.doctor.own import PortState

catalogue = Catalogue()


@catalogue.check("Database", "bot/store/engine.py")
def database(evidence: Evidence) -> Result | None:
    """It can be reached, and is the bot's own."""
    if evidence.place is None:
        return None
    if isinstance(evidence.place.database, Unknown):
        return unseen("it cannot be used", evidence.place.database, "Correct SSOBOT_DATABASE_URL.")
    return passed("it can be reached")


@catalogue.check("Database keys", "bot/store/vault.py")
def keys(evidence: Evidence) -> Result | None:
    """SSOBOT_KEYS decrypts every secret in it."""
    if evidence.locked is not None:
        lost = LostKey(evidence.locked)
        return failed("they cannot decrypt the client secret, so the connection was not checked", lost.why, lost.fix)
    if evidence.place is None:
        return None
    sealed = evidence.place.sealed
    if sealed is None:
        return skipped("the database cannot be used")
    if isinstance(sealed, Unknown):
        return skipped(sealed.reason)
    if sealed.closed:
        return failed(
            f"they cannot decrypt {', '.join(f'`{name}`' for name in sorted(sealed.closed))}",
            " ".join(dict.fromkeys(sealed.closed.values())),
            "Put the key with which they were encrypted back into SSOBOT_KEYS, behind the new one, and run "
            "`ssobot keys rotate`. `ssobot keys new` creates a different key, which decrypts nothing that is already "
            "there. If that key is lost, start the bot: it replaces the key of the fingerprints, and says how to "
            "restore the client secret from what both systems still hold. If no key is missing, restore the database "
            "from a backup.",
        )
    if not sealed.opened:
        return passed("there is no secret in it yet")
    if sealed.older:
        return noted(
            f"they decrypt every secret in it ({sealed.opened}), but {sealed.older} of them only with an older key",
            "`ssobot keys rotate` encrypts everything with the first one; then the older ones can be removed.",
        )
    return passed(f"they decrypt every secret in it ({sealed.opened})")


@catalogue.check("Address of /healthz", "bot/web/health.py")
def port(evidence: Evidence) -> Result | None:
    """SSOBOT_LISTEN is free, or an ssobot answers there."""
    if evidence.place is None:
        return None
    found = evidence.place.port
    match found.state:
        case PortState.OURS:
            return noted(
                f"an ssobot is already running and responds at {found.listen}",
                "To run a second one on this machine, set its SSOBOT_LISTEN to another port.",
            )
        case PortState.TAKEN:
            return failed(
                f"something else uses {found.listen}",
                f"The system says: {found.reason}; and what is there does not respond like ssobot.",
                "Set SSOBOT_LISTEN to another port, or stop the program that uses this one.",
            )
        case PortState.IMPOSSIBLE:
            return failed(
                f"it is not possible to listen on {found.listen}",
                f"The system says: {found.reason}.",
                "Set SSOBOT_LISTEN to an address of this machine, and to a port above 1023.",
            )
        case PortState.FREE:
            free = found.listen.removesuffix(":0")
            return passed(f"{free}, on any free port" if free != found.listen else f"{found.listen} is free")
        case never:
            assert_never(never)
