"""Is the service in Rocket.Chat as it was set up, and live. These checks need a connection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.connection.forced import ONLY_REMOVING, against_us, forced_by
from bot.connection.marker import meaning
from bot.connection.needs import drift
from bot.connection.state import Connection, LiveService, StoredService
from bot.connection.unknown import Unknown
from bot.doctor.checks import (
    LEAKED,
    PUT_RIGHT,
    ROTATED,
    Catalogue,
    Result,
    failed,
    of_service,
    passed,
    skipped,
    to_be_set_up,
    unseen,
)
from bot.doctor.checks.systems import licence_is_missing
from bot.doctor.evidence import Evidence

catalogue = Catalogue()


@catalogue.check("Service", "facts/rocketchat.md §2.2")
def service(evidence: Evidence) -> Result | None:
    """Its settings are there."""
    if evidence.connection is None:
        return None
    if isinstance(evidence.stored, Unknown):
        if isinstance(evidence.server, Unknown) or isinstance(evidence.account, Unknown):
            return skipped(evidence.stored.reason)
        if not isinstance(evidence.permissions, Unknown) and "view-privileged-setting" not in evidence.permissions:
            return skipped("the bot's account may not read settings")
        return unseen("it cannot be read", evidence.stored, "Give the bot's account the role admin in Rocket.Chat.")
    if evidence.stored is None:
        return to_be_set_up(
            evidence, failed("it is not there", "It was there when the connection was set up.", PUT_RIGHT)
        )
    return passed(f"`{evidence.connection.name.service}`")


@catalogue.check("Service's settings", "facts/rocketchat.md §2.2, §3.6")
@of_service
def settings(evidence: Evidence, connection: Connection, stored: StoredService) -> Result | None:
    """All are stored as set up, the client id included."""
    changed = [suffix for suffix in drift(connection, stored) if suffix != "secret"]
    if changed:
        found = failed(f"not as set up: {', '.join(changed)}", *_cause(evidence, changed))
        return to_be_set_up(evidence, found)
    return passed(f"all {len(connection.settings) + 1} as set up")


@catalogue.check("Service's secret", "facts/rocketchat.md §0.7")
@of_service
def secret(evidence: Evidence, connection: Connection, stored: StoredService) -> Result | None:
    """Rocket.Chat has the secret in the bot's database."""
    if stored.secret not in (connection.current, connection.pending):
        why, fix = _cause(evidence, ["secret"])
        fix = ROTATED if evidence.replaced_on_both else f"{fix} {LEAKED}"
        return to_be_set_up(evidence, failed("Rocket.Chat has a different one", why, fix))
    return passed("Rocket.Chat has it")


@catalogue.check("Service's switch", "facts/rocketchat.md §2.2")
@of_service
def switch(evidence: Evidence, connection: Connection, stored: StoredService) -> Result | None:
    """On or off, as wanted."""
    wanted, there = connection.enabled, stored.enabled
    if wanted != there:
        word = "enable" if wanted else "disable"
        why, fix = _cause(evidence, [""], f"`/sso {word}` fixes it.")
        seen = f"{'on' if there else 'off'}, but should be {'on' if wanted else 'off'}"
        return to_be_set_up(evidence, failed(seen, why, fix))
    return passed("on" if there else "off, as it should be")


@catalogue.check("Saved settings are active", "facts/rocketchat.md §2.5, §2.6")
@of_service
def live(evidence: Evidence, connection: Connection, stored: StoredService) -> Result | None:
    """What the settings say is what the login page uses."""
    if isinstance(evidence.live, Unknown):
        return skipped(evidence.live.reason)
    if stored.enabled and evidence.live is None and licence_is_missing(evidence.server):
        return skipped("without its licence Rocket.Chat keeps it off")
    if stored.enabled != (evidence.live is not None):
        return failed(
            f"saved: {'on' if stored.enabled else 'off'}, active: {'on' if evidence.live else 'off'}",
            "Rocket.Chat has not started using the saved setting, as it should within seconds.",
            "If this lasts for a minute, restart Rocket.Chat, or switch the service off and on: "
            "`/sso disable`, `/sso enable`.",
        )
    stale = _stale(stored, evidence.live) if evidence.live else []
    if stale:
        return failed(
            f"saved, but not active: {', '.join(stale)}",
            "Rocket.Chat has not started using the change, as it should within seconds.",
            "If this lasts for a minute, restart Rocket.Chat.",
        )
    return passed("the login page uses the saved settings" if evidence.live else "saved: off, active: off")


def _cause(evidence: Evidence, suffixes: Sequence[str], fix: str = PUT_RIGHT) -> tuple[str, str]:
    """Why these settings are not as desired, and the fix. A change that was begun may never have been written, so the
    text blames nobody."""
    connection, forced = evidence.connection, evidence.forced
    if connection is not None and isinstance(forced, Mapping):
        named = [suffix for suffix in suffixes if suffix in against_us(connection, forced)]
        if named:
            return forced_by(connection.name, named), ONLY_REMOVING
    return "Rocket.Chat has other values than the connection should have.", fix


def _stale(stored: StoredService, seen: LiveService) -> list[str]:
    return sorted(
        suffix
        for suffix, value in seen.settings.items()
        if suffix in stored.settings and meaning(suffix, stored.settings[suffix]) != meaning(suffix, value)
    )
