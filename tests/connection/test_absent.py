"""Nothing shall be left: the loop goes down to it from wherever it begins, and takes nobody else's things."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.connection.receipt import Outcome
from bot.errors import Forbidden, NoAnswer
from tests.connection.conftest import OLD, Bench, exchange
from tests.connection.exchanging import Crash, at

REFUSED = Forbidden("Rocket.Chat", "POST /api/v1/settings.removeCustomOAuth", status=403)
OTHER = "https://other.example.org/callback"


async def take_away(bench: Bench) -> None:
    await bench.run(replace(bench.connections.there, absent=True))


def left(bench: Bench) -> tuple[int, int]:
    """Services in Rocket.Chat and applications at Encvoy ID."""
    return len(bench.rocketchat.settings), len(bench.encvoy.applications_by_id)


async def test_both_sides_are_empty_and_the_record_says_what_was_desired(standing: Bench) -> None:
    connection, receipt = await standing.run(replace(standing.connections.there, absent=True))
    assert left(standing) == (0, 0)
    assert receipt.outcome is Outcome.DONE
    assert connection.absent
    assert standing.connections.there == connection


async def test_it_is_off_before_anything_is_taken_away(standing: Bench) -> None:
    await take_away(standing)
    done = [call for call in standing.world.calls if call in ("write_service", "remove_service", "delete_application")]
    assert done == ["write_service", "remove_service", "delete_application"]


async def test_a_second_time_nothing_is_written(standing: Bench) -> None:
    await take_away(standing)
    standing.world.calls.clear()
    await take_away(standing)
    assert not {"write_service", "remove_service", "delete_application"} & set(standing.world.calls)


async def test_an_application_with_other_addresses_keeps_those(standing: Bench) -> None:
    there = standing.connections.there
    [application] = standing.encvoy.applications_by_id.values()
    both = replace(application, redirect_uris=(OTHER, there.redirect_uri))
    standing.encvoy.applications_by_id[application.client_id] = both
    await take_away(standing)
    [kept] = standing.encvoy.applications_by_id.values()
    assert kept == replace(application, redirect_uris=(OTHER,))


@pytest.mark.parametrize("moment", ["write_service", "remove_service", "delete_application"])
@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_new_start_goes_on(standing: Bench, moment: str, when: str) -> None:
    standing.world.script = at(f"{moment} {when}", Crash())
    with pytest.raises(Crash):
        await take_away(standing)
    standing.forget_faults()
    await standing.run()
    assert left(standing) == (0, 0)


@pytest.mark.parametrize("moment", ["remove_service", "delete_application"])
async def test_a_request_that_was_never_answered_is_looked_at_again(standing: Bench, moment: str) -> None:
    standing.world.script = at(f"{moment} after", NoAnswer("Rocket.Chat", "POST"))
    await take_away(standing)
    assert left(standing) == (0, 0)
    assert standing.world.calls.count(moment) == 1


async def test_what_cannot_be_taken_away_is_an_error_and_stays_desired(standing: Bench) -> None:
    """Also in the middle of an exchange, whose way back would lead up again."""
    standing.world.script = lambda call: REFUSED if call == "remove_service before" else None
    with pytest.raises(Forbidden):
        await standing.run(replace(exchange(standing.connections.there), absent=True))
    assert standing.connections.there.absent
    assert standing.told.undone == []


async def test_an_exchange_that_was_interrupted_is_not_finished_first(standing: Bench) -> None:
    standing.connections.row = exchange(standing.connections.there)
    await take_away(standing)
    assert left(standing) == (0, 0)
    assert standing.connections.there.current == OLD
