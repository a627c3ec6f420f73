"""Before a rotation is desired: the ground is looked at, leave is asked for, and the proof writes nothing new."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.connection.observe import observe
from bot.connection.rotation import prepare_rotation
from bot.connection.state import Connection, Observed
from bot.errors import UserError
from tests.connection.conftest import OLD, Bench, new_connection


async def asked(bench: Bench, there: Connection | None = None, observed: Observed | None = None) -> Connection:
    there = there or bench.connections.there
    seen = observed or await observe(there, bench.context)
    bench.world.calls.clear()
    return await prepare_rotation(there, seen, bench.context, bench.allowed)


async def test_a_new_secret_is_on_its_way_and_nothing_is_saved(standing: Bench) -> None:
    there = standing.connections.there
    found = await asked(standing)
    assert found.current == OLD
    assert found.pending not in (None, OLD)
    assert found.marker is not None
    assert replace(found, pending=None, marker=None) == replace(there, marker=None)
    assert standing.connections.there == there
    assert standing.secrets() == (OLD.reveal(), OLD.reveal())


async def test_leave_is_asked_for_before_the_proof(standing: Bench) -> None:
    await asked(standing)
    assert standing.world.calls[0] == "authorize"


async def test_without_leave_nothing_is_proved(standing: Bench) -> None:
    async def refuse() -> None:
        raise UserError("You may not.")

    there = standing.connections.there
    seen = await observe(there, standing.context)
    standing.world.calls.clear()
    with pytest.raises(UserError, match="may not"):
        await prepare_rotation(there, seen, standing.context, refuse)
    assert standing.world.calls == []


async def test_what_was_never_set_up_to_its_end_is_not_rotated(standing: Bench) -> None:
    with pytest.raises(UserError, match="not fully set up"):
        await asked(standing, new_connection(client_id=standing.connections.there.client_id))
    assert standing.world.calls == []


async def test_a_service_that_is_gone_is_not_rotated(standing: Bench) -> None:
    there = standing.connections.there
    seen = await observe(there, standing.context)
    with pytest.raises(UserError, match="gone from Rocket"):
        await asked(standing, there, replace(seen, stored=None))
    assert standing.world.calls == []


async def test_an_application_that_is_gone_is_not_rotated(standing: Bench) -> None:
    there = standing.connections.there
    seen = await observe(there, standing.context)
    with pytest.raises(UserError):
        await asked(standing, there, replace(seen, application=None))
    assert standing.world.calls == []
