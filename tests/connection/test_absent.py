"""Nothing shall be left: the loop goes down to it from wherever it begins, and takes nobody else's things."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.connection.changes import (
    AwaitLive,
    Change,
    CreateService,
    DeleteApplication,
    DeleteTwin,
    Live,
    RemoveCallback,
    RemoveService,
    SwitchService,
)
from bot.connection.observe import observe
from bot.connection.plan import plan
from bot.connection.receipt import Outcome
from bot.connection.state import Connection, NotVisible, Observed
from bot.errors import Forbidden, NoAnswer
from bot.secret import Secret
from tests.connection.conftest import OLD, Bench, exchange, new_connection
from tests.connection.exchanging import Crash, at
from tests.connection.test_plan import APPLICATION, AT_REST, EXCHANGE, LIVE, SILENT, STORED, WHOLE

GONE = replace(AT_REST, absent=True)
OTHERS = replace(APPLICATION, redirect_uris=(AT_REST.redirect_uri, "https://other.example.org/callback"))
TWIN = replace(APPLICATION, client_id="c2")
REFUSED = Forbidden("Rocket.Chat", "POST /api/v1/settings.removeCustomOAuth", status=403)
OTHER = "https://other.example.org/callback"


ROWS: list[tuple[str, Connection, Observed, tuple[Change, ...]]] = [
    (
        "nothing shall be left",
        GONE,
        WHOLE,
        (SwitchService(on=False), AwaitLive(Live.OFF), RemoveService(), DeleteApplication()),
    ),
    (
        "nothing shall be left, and it is off",
        GONE,
        Observed(replace(STORED, enabled=False), None, APPLICATION),
        (RemoveService(), DeleteApplication()),
    ),
    (
        "nothing shall be left of an application that has other addresses",
        GONE,
        replace(WHOLE, application=OTHERS),
        (SwitchService(on=False), AwaitLive(Live.OFF), RemoveService(), RemoveCallback()),
    ),
    ("nothing shall be left, and the service is gone", GONE, Observed(None, None, APPLICATION), (DeleteApplication(),)),
    (
        "nothing shall be left, and the application is gone",
        GONE,
        Observed(replace(STORED, enabled=False), None, None),
        (RemoveService(),),
    ),
    (
        "nothing shall be left of a creation that was repeated",
        GONE,
        Observed(None, None, APPLICATION, (TWIN,)),
        (DeleteApplication(), DeleteTwin("c2")),
    ),
    (
        "nothing shall be left of an exchange that was interrupted, whoever's the secrets are",
        replace(EXCHANGE, absent=True),
        Observed(replace(STORED, secret=Secret("somebody's")), LIVE, APPLICATION),
        (SwitchService(on=False), AwaitLive(Live.OFF), RemoveService(), DeleteApplication()),
    ),
    (
        "nothing is left but others' addresses",
        GONE,
        Observed(None, None, replace(OTHERS, redirect_uris=OTHERS.redirect_uris[1:])),
        (),
    ),
    (
        "nothing shall be left, and the application is hidden",
        GONE,
        replace(WHOLE, application=NotVisible("c1")),
        (SwitchService(on=False), AwaitLive(Live.OFF), RemoveService()),
    ),
    (
        "nothing shall be left, and the application is not seen",
        GONE,
        replace(WHOLE, application=SILENT),
        (SwitchService(on=False), AwaitLive(Live.OFF), RemoveService()),
    ),
    (
        "nothing shall be left of a button whose settings are gone",
        GONE,
        Observed(None, LIVE, None),
        (CreateService(), SwitchService(on=False), AwaitLive(Live.OFF), RemoveService()),
    ),
    ("nothing is left of an exchange", replace(EXCHANGE, absent=True), Observed(None, None, None), ()),
    ("nothing is left", GONE, Observed(None, None, None), ()),
]


@pytest.mark.parametrize(("desired", "observed", "expected"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_the_plan_leads_down(desired: Connection, observed: Observed, expected: tuple[Change, ...]) -> None:
    assert plan(desired, observed) == expected


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


AWAY = NoAnswer("Encvoy ID", "GET /api/v1/clients")


async def test_an_encvoy_id_that_is_away_holds_up_nothing_in_rocketchat(standing: Bench) -> None:
    standing.world.script = lambda call: AWAY if call == "applications before" else None
    with pytest.raises(NoAnswer):
        await take_away(standing)
    assert left(standing) == (0, 1)
    standing.forget_faults()
    await standing.run()
    assert left(standing) == (0, 0)


async def test_an_encvoy_id_that_comes_back_is_waited_for(standing: Bench) -> None:
    answers = iter([AWAY] * 3)
    standing.world.script = lambda call: next(answers, None) if call == "applications before" else None
    await take_away(standing)
    assert left(standing) == (0, 0)


async def test_a_button_without_settings_is_taken_off_the_login_page(standing: Bench) -> None:
    for table in (standing.rocketchat.settings, standing.rocketchat.secrets, standing.rocketchat.switches):
        table.clear()
    assert standing.rocketchat.live_records
    await take_away(standing)
    assert left(standing) == (0, 0)
    assert standing.rocketchat.live_records == {}


async def test_a_hidden_application_stays(standing: Bench) -> None:
    standing.encvoy.hidden |= set(standing.encvoy.applications_by_id)
    await take_away(standing)
    assert left(standing) == (0, 1)


async def test_an_application_that_somebody_begins_to_use_is_not_deleted(standing: Bench) -> None:
    """Between the look and the deletion."""
    there = standing.connections.there
    [application] = standing.encvoy.applications_by_id.values()

    def meanwhile(call: str) -> None:
        if call == "remove_service after":
            both = replace(application, redirect_uris=(OTHER, there.redirect_uri))
            standing.encvoy.applications_by_id[application.client_id] = both

    standing.world.script = meanwhile
    await take_away(standing)
    [kept] = standing.encvoy.applications_by_id.values()
    assert kept.redirect_uris == (OTHER,)


async def test_other_applications_with_our_address_are_seen_and_stay(standing: Bench) -> None:
    there = standing.connections.there
    [application] = standing.encvoy.applications_by_id.values()
    twin = replace(application, client_id="twin")
    shared = replace(twin, client_id="shared", redirect_uris=(OTHER, there.redirect_uri))
    foreign = replace(application, client_id="foreign", description="somebody's")
    standing.encvoy.applications_by_id |= {a.client_id: a for a in (twin, shared, foreign)}
    observed = await observe(replace(there, absent=True), standing.context)
    assert (observed.twins, observed.strangers) == ((twin,), (foreign, shared))
    await take_away(standing)
    assert set(standing.encvoy.applications_by_id) == {"foreign", "shared"}


async def test_half_set_up_it_is_removed_as_well(bench: Bench) -> None:
    bench.world.script = at("write_application before", Crash())
    with pytest.raises(Crash):
        await bench.run(new_connection())
    bench.forget_faults()
    assert left(bench) == (1, 1)
    await take_away(bench)
    assert left(bench) == (0, 0)
