"""Which application counts as ours."""

from __future__ import annotations

from dataclasses import replace

from bot.connection.observe import observe
from bot.connection.state import Application, Connection
from tests.connection.conftest import OLD, Bench


async def seen(bench: Bench, desired: Connection) -> object:
    """The application that is found."""
    observed = await observe(desired, bench.rocketchat, bench.encvoy, bench.world.clock)
    return observed.application


def being_set_up(bench: Bench, client_id: str | None) -> Connection:
    assert bench.connections.row is not None
    return replace(bench.connections.row, current=None, pending=OLD, client_id=client_id)


async def test_one_that_was_described_anew_is_known_by_its_id(standing: Bench) -> None:
    ((client_id, application),) = standing.encvoy.applications_by_id.items()
    standing.encvoy.applications_by_id[client_id] = replace(application, description="Of somebody else")
    found = await seen(standing, being_set_up(standing, client_id))
    assert isinstance(found, Application)
    assert found.client_id == client_id


async def test_without_an_id_that_one_is_not_ours(standing: Bench) -> None:
    ((client_id, application),) = standing.encvoy.applications_by_id.items()
    standing.encvoy.applications_by_id[client_id] = replace(application, description="Of somebody else")
    assert await seen(standing, being_set_up(standing, None)) is None


async def test_one_that_is_gone_and_whose_id_is_known_is_looked_for_by_its_description(standing: Bench) -> None:
    """It may have a successor whose creation was never answered."""
    ((client_id, application),) = standing.encvoy.applications_by_id.items()
    del standing.encvoy.applications_by_id[client_id]
    standing.encvoy.applications_by_id["successor"] = replace(application, client_id="successor")
    assert standing.connections.row is not None
    found = await seen(standing, replace(standing.connections.row, pending=None))
    assert isinstance(found, Application)
    assert found.client_id == "successor"


async def test_one_whose_creation_was_never_answered_is_known_by_its_description(standing: Bench) -> None:
    (client_id,) = standing.encvoy.applications_by_id
    found = await seen(standing, being_set_up(standing, None))
    assert isinstance(found, Application)
    assert found.client_id == client_id
