"""Where the button of the modern login engine leads. That engine answers with what a server process built from the
settings when it last read them, not with the settings themselves (facts/rocketchat.md §3.1b, §3.4; pre-release)."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from bot.connection.marker import meaning
from bot.connection.state import Connection, StoredService
from bot.connection.unknown import Unknown
from bot.doctor.checks import Catalogue, Result, failed, passed, skipped
from bot.doctor.checks.systems import licence_is_missing
from bot.doctor.evidence import Evidence

catalogue = Catalogue()
_ANEW = "`/sso disable` and `/sso enable` make Rocket.Chat read its settings again; if that does not help, restart it."
_ADDRESS = "address"
_PROXY = "Let the proxy in front of Rocket.Chat pass on everything under /oauth/."


@catalogue.check("Button starts a sign-in", "facts/rocketchat.md §3.1, §3.4")
def begins(evidence: Evidence) -> Result | None:
    """It leads to Encvoy ID as the settings say. This does not test the secret."""
    if evidence.connection is None or evidence.begins is None:
        return None
    if isinstance(evidence.begins, Unknown):
        return skipped(evidence.begins.reason)
    if not isinstance(evidence.stored, StoredService):
        return skipped("the service could not be read")
    if not evidence.begins.location and licence_is_missing(evidence.server):
        return skipped("without its licence Rocket.Chat keeps it off")
    if not evidence.begins.location:
        return failed(
            f"it does not work: /oauth/{evidence.connection.name.service} responds with {evidence.begins.status}",
            "Rocket.Chat does not use the service although it is on, or a proxy answers in its place.",
            f"{_PROXY} {_ANEW}",
        )
    wrong = _differing(evidence.connection, evidence.stored, evidence.begins.location)
    seen = f"it redirects with a different {', '.join(wrong)} than the saved one"
    if _ADDRESS in wrong:
        either = "Rocket.Chat still uses the settings that it read before, or a proxy answers in its place."
        return failed(seen, either, f"{_PROXY} {_ANEW}")
    if wrong:
        # Only Rocket.Chat itself sends people to exactly that address.
        return failed(seen, "Rocket.Chat still uses the settings that it read before.", _ANEW)
    return passed("it leads to Encvoy ID, with the saved settings")


def _differing(connection: Connection, stored: StoredService, location: str) -> list[str]:
    """Names of the parts that differ from what is stored. The address itself is never shown: it holds a state."""
    try:
        split = urlsplit(location)
        query = parse_qs(split.query)
    except ValueError:
        return [_ADDRESS]
    path = str(meaning("authorize_path", stored.settings.get("authorize_path", "")))
    wanted = {
        _ADDRESS: f"{stored.settings.get('url', '')}{path}".partition("?")[0],
        "client_id": str(stored.settings.get("id", "")),
        "redirect_uri": connection.redirect_uri,
        "scope": str(meaning("scope", stored.settings.get("scope", ""))),
    }
    shown = {
        _ADDRESS: f"{split.scheme}://{split.netloc}{split.path}",
        **{name: query.get(name, [""])[0] for name in ("client_id", "redirect_uri")},
        "scope": str(meaning("scope", query.get("scope", [""])[0])),
    }
    return [name for name, value in wanted.items() if value != shown[name]]
