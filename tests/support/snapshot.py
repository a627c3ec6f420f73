"""Everything in both stand-ins that a command could have changed, as a value that can be compared."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sandbox.encvoy.standin import EncvoyStandIn
from sandbox.rocketchat.standin import RocketChatStandIn
from tests.support.world import READING_METHOD, World


@dataclass(frozen=True)
class Snapshot:
    """Both systems at one moment. Messages and logins are left out: an answer is not an effect."""

    settings: Mapping[str, Any]
    """All settings of Rocket.Chat, as stored."""
    live: Mapping[str, Any]
    """Live login services with their secrets."""
    clients: Mapping[str, Any]
    """Client records at Encvoy ID."""
    rules: Mapping[str, Any]
    """Rules attached to clients."""
    installation: Any
    """Settings and people of Encvoy ID."""
    stored: int
    """How many settings were ever written: writing the same value again counts too."""
    writes: tuple[tuple[str, str], ...]
    """Every request by which the bot may have changed something, of both systems, without the order between them."""


def snapshot(world: World) -> Snapshot:
    """Both stand-ins as they are now."""
    return Snapshot(
        **_rocketchat(world.rocketchat),
        **_encvoy(world.encvoy),
        stored=len(world.rocketchat.ledger.of("stored")),
        writes=_writes(world),
    )


def _writes(world: World) -> tuple[tuple[str, str], ...]:
    """Without its answers in the chat, a method that reads, its logins at Encvoy ID, the probes, and `PUT {}`, by which
    it asks whether it may write (facts/encvoy-id.md §4: a no-op)."""
    bot = world.rocketchat.person("bot").id
    asked = [e for e in world.rocketchat.ledger.writes() if e.who == bot and not e.path.startswith("/api/v1/chat.")]
    asked = [e for e in asked if e.path != READING_METHOD]
    asked += [e for e in world.encvoy.ledger.writes() if e.path.startswith("/api/v1/") and e.body != {}]
    return tuple((entry.method, entry.path) for entry in asked)


def _rocketchat(standin: RocketChatStandIn) -> dict[str, Any]:
    return copy.deepcopy(
        {
            "settings": {setting.id: setting.value for setting in standin.settings},
            "live": {service.service: service.fields for service in standin.login_services.all()},
        }
    )


def _encvoy(standin: EncvoyStandIn) -> dict[str, Any]:
    people = {person.id: asdict(person) for person in standin.people.by_id.values()}
    roles = dict(standin.people.roles)
    return copy.deepcopy(
        {
            "clients": standin.clients.by_id,
            "rules": standin.clients.rules,
            "installation": (asdict(standin.settings), people, roles),
        }
    )
