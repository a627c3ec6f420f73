"""A second Encvoy ID in place of the first."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

from sandbox.encvoy.standin import EncvoyStandIn
from tests.support.world import World


@contextlib.asynccontextmanager
async def another_encvoy_id(world: World) -> AsyncIterator[None]:
    """At another address, with its own database. The id of the first one's person belongs to somebody else there."""
    another = EncvoyStandIn(seed=1)
    person = another.person("person")
    person.login, person.nickname, person.email = "stranger", "Stranger", "stranger@elsewhere.example"
    before, world.play.encvoy = world.play.encvoy, another
    await another.start()
    try:
        yield
    finally:
        world.play.encvoy = before
        await another.stop()
