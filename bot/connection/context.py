"""The ports of the loop, and the state of one run."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.clock import Clock
from bot.connection.marker import engine_of
from bot.connection.moments import Written
from bot.connection.ports import Connections, EncvoyId, RocketChat
from bot.connection.profile import Engine, Profile
from bot.connection.receipt import Receipt
from bot.connection.state import NOT_ASKED, Connection, Marker, Observed, StoredService
from bot.connection.unknown import Unknown
from bot.secret import Fingerprints

SETTLE = 2.51
"""Seconds that Rocket.Chat needs, if this server was never measured."""


@dataclass(frozen=True)
class Context:
    """Everything the connection works with; built once, in `bot.app`."""

    rocketchat: RocketChat
    encvoy: EncvoyId
    connections: Connections
    clock: Clock
    fingerprints: Fingerprints
    """For receipts and answers."""


@dataclass(frozen=True)
class LoopState:
    """The state of one run: what is desired by now, what was done, and since when the new secret is live."""

    desired: Connection
    receipt: Receipt
    operation_id: str | None = None
    live_since: float | None = None
    """The last moment in which the new secret was not live in Rocket.Chat, for certain."""
    stored_before: bool = False
    """Whether the last look found the secret stored already: then an earlier process wrote it, or a request that was
    never answered, and nobody knows when."""
    written: Written | None = None
    """When this run wrote it for the first time, and the marker for the last; None if it did not, or nobody knows."""
    prove_until: float | None = None
    """Until when a token side that lags behind is waited for."""
    stored: StoredService | None = None
    """The service as it was read last; None: something was changed or waited for since, so it is to be read anew."""
    profile: Profile | Unknown = NOT_ASKED
    """Of Rocket.Chat, as the operation found it."""

    @property
    def settle(self) -> float:
        """Seconds that this Rocket.Chat needs."""
        return settle_of(self.desired)

    @property
    def engine(self) -> Engine:
        """The login engine: it may be another one than when the exchange began. Where Rocket.Chat says nothing, that
        one."""
        return engine_of(known_marker(self.desired)) if isinstance(self.profile, Unknown) else self.profile.engine

    def found(self, observed: Observed) -> LoopState:
        """As a look found it, before anything is changed."""
        stored = observed.stored
        before = stored is not None and stored.secret == self.desired.secret
        return replace(self, stored_before=before, stored=stored, profile=observed.profile)

    def accepted(self, now: float) -> LoopState:
        """Encvoy ID was seen to accept the new secret. The first moment counts."""
        if self.live_since is None or self.receipt.gap is not None:
            return self
        return replace(self, receipt=replace(self.receipt, gap=now - self.live_since))


def settle_of(desired: Connection) -> float:
    """Seconds that its Rocket.Chat needs from a write to live, as far as it is known."""
    return desired.settle or SETTLE


def known_id(desired: Connection) -> str:
    """The application's id; ValueError before there is one."""
    if desired.client_id is None:
        raise ValueError("the application has no id yet")
    return desired.client_id


def known_marker(desired: Connection) -> Marker:
    """The marker of the exchange; ValueError without one."""
    if desired.marker is None:
        raise ValueError("an exchange needs a marker")
    return desired.marker
