"""Do the two sides work together: what Rocket.Chat itself says about Encvoy ID, and what answers at the callback
address. These checks need a connection."""

from __future__ import annotations

from bot.connection.in_use import Use
from bot.connection.needs import drift
from bot.connection.ports import Probe
from bot.connection.profile import Engine
from bot.connection.state import StoredService
from bot.connection.unknown import Unknown
from bot.doctor.checks import Catalogue, Result, because, failed, passed, skipped
from bot.doctor.checks.systems import licence_is_missing
from bot.doctor.evidence import Evidence
from bot.text import code

catalogue = Catalogue()
_EXCHANGE = frozenset({"id", "url", "token_path", "token_sent_via"})
"""Settings that Rocket.Chat uses to exchange a code, besides the secret: if one of them is wrong, a refusal says
nothing about the secret."""


@catalogue.check("Secret in use", "facts/rocketchat.md §3.1b")
def in_use(evidence: Evidence) -> Result | None:
    """Rocket.Chat itself exchanges codes with the secret that Encvoy ID accepts."""
    if evidence.connection is None or not isinstance(evidence.stored, StoredService):
        return None
    if not evidence.on:
        return skipped("Rocket.Chat only answers for a service that is on")
    if evidence.ours is not Probe.ACCEPTED:
        return skipped("this needs a secret that Encvoy ID accepts")
    if evidence.stored.secret not in (evidence.connection.current, evidence.connection.pending):
        return skipped("Rocket.Chat has a different secret")
    if _EXCHANGE.intersection(drift(evidence.connection, evidence.stored)):
        return skipped("fix the service's settings first")
    if isinstance(evidence.server, Unknown):
        return because(evidence.server, "Rocket.Chat does not respond")
    if evidence.in_use is None:
        return None
    if isinstance(evidence.in_use, Unknown):
        return skipped(evidence.in_use.reason)
    said = evidence.in_use
    if said.use is Use.PROVED:
        return passed("Encvoy ID accepted what Rocket.Chat sent")
    if said.use is Use.OTHER:
        return failed(
            "Encvoy ID refused what Rocket.Chat sent",
            f"{said.words}. It uses a different secret than the one it has saved.",
            "Restart Rocket.Chat's instances, or type `/sso rotate`.",
        )
    if said.use is Use.FAILED:
        return failed(
            "Rocket.Chat gets no response from Encvoy ID",
            f"{said.words}.",
            "Make sure that Rocket.Chat's server can reach Encvoy ID: check its DNS, its firewall, and "
            "NODE_EXTRA_CA_CERTS for a private certificate authority.",
        )
    return skipped(said.words)


@catalogue.check("Callback address responds", "facts/rocketchat.md §3.2, §3.3")
def callback(evidence: Evidence) -> Result | None:
    """Rocket.Chat answers there, where Encvoy ID sends people back."""
    if evidence.connection is None or evidence.callback is None:
        return None
    if isinstance(evidence.callback, Unknown):
        return skipped(evidence.callback.reason)
    ends, server = evidence.callback.engine, evidence.server
    if ends is Engine.LEGACY:
        return passed("Rocket.Chat responds there")
    if ends is Engine.MODERN and isinstance(server, Unknown):
        return because(server, "it could not be read which login engine responds there")
    if ends is Engine.MODERN and not isinstance(server, Unknown) and server.profile.engine is Engine.MODERN:
        return passed("Rocket.Chat responds there")
    if licence_is_missing(evidence.server):
        return skipped("without its licence Rocket.Chat keeps it off")
    if isinstance(evidence.live, Unknown):
        return because(evidence.live, "what is active could not be read")
    if evidence.live is None:
        return skipped("the service is off")
    return failed(
        f"{code(evidence.connection.redirect_uri)} responds with {evidence.callback.status}, unlike Rocket.Chat",
        "A proxy, or another server, answers in its place.",
        "Let the proxy in front of Rocket.Chat pass on everything under /_oauth/.",
    )
