"""Which application counts as ours, and that a look asks for each thing once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.connection.apply import apply
from bot.connection.changes import AttachRules, AwaitLive, Change, Live, ProveInUse, SwitchService, WriteService
from bot.connection.context import LoopState
from bot.connection.in_use import InUse, Use
from bot.connection.observe import observe
from bot.connection.plan import Scope
from bot.connection.profile import Engine, profile
from bot.connection.receipt import Outcome, Receipt
from bot.connection.state import Application, Connection, Marker
from bot.connection.unknown import Unknown
from bot.errors import NoAnswer
from tests.connection.conftest import OLD, Bench, exchange


async def seen(bench: Bench, desired: Connection) -> object:
    """The application that is found."""
    observed = await observe(desired, bench.context)
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


async def looked(bench: Bench, desired: Connection, **known: object) -> list[str]:
    """What a look asks."""
    bench.world.calls.clear()
    await observe(desired, bench.context, **known)  # type: ignore[arg-type]
    return sorted(bench.world.calls)


async def test_a_first_look_asks_for_each_thing_once(standing: Bench) -> None:
    assert await looked(standing, standing.connections.there) == ["application", "edition", "listed", "live"]


async def test_what_an_earlier_look_found_is_not_asked_for_again(standing: Bench) -> None:
    known = profile((8, 8), frozenset())
    assert await looked(standing, standing.connections.there, profile=known) == ["application", "listed", "live"]


async def test_nor_what_was_read_for_this_look_already(standing: Bench) -> None:
    listed = await standing.rocketchat.listed()
    assert "listed" not in await looked(standing, standing.connections.there, listed=listed)


async def test_to_switch_off_only_the_service_is_looked_at(standing: Bench) -> None:
    off = replace(standing.connections.there, enabled=False)
    assert await looked(standing, off, scope=Scope.SWITCH) == ["listed", "live"]


async def test_a_look_shows_address_and_engine(standing: Bench) -> None:
    standing.rocketchat.site_url, standing.rocketchat.modern_flow = "https://moved.example.org", True
    observed = await observe(standing.connections.there, standing.context)
    assert (observed.site_url, observed.engine) == ("https://moved.example.org", Engine.MODERN)


async def test_a_version_that_cannot_be_read_spoils_no_look(standing: Bench) -> None:
    standing.world.script = lambda call: NoAnswer("Rocket.Chat", "GET /api/info") if call == "edition before" else None
    observed = await observe(standing.connections.there, standing.context)
    assert isinstance(observed.profile, Unknown)
    assert observed.stored is not None


async def test_version_and_licence_are_read_once_for_a_rotation(standing: Bench) -> None:
    standing.world.calls.clear()
    await standing.run(exchange(standing.connections.there))
    assert standing.world.calls.count("edition") == 1
    assert "profile" not in standing.world.calls


async def test_where_they_cannot_be_read_they_are_asked_for_again(standing: Bench) -> None:
    failures = [NoAnswer("Rocket.Chat", "GET /api/info")]
    standing.world.script = lambda call: failures.pop() if failures and call == "edition before" else None
    standing.world.calls.clear()
    _, receipt = await standing.run(exchange(standing.connections.there))
    assert receipt.outcome is Outcome.DONE
    assert standing.world.calls.count("edition") == 2


async def test_without_them_an_exchange_takes_the_engine_that_it_began_with(standing: Bench) -> None:
    standing.world.script = lambda call: NoAnswer("Rocket.Chat", "GET /api/info") if call == "edition before" else None
    _, receipt = await standing.run(exchange(standing.connections.there))
    assert receipt.in_use is not None
    assert receipt.in_use.use is Use.PROVED


async def test_what_was_read_before_a_write_is_read_again_after_it(standing: Bench) -> None:
    await standing.run(exchange(standing.connections.there))
    calls = standing.world.calls
    assert "stored" not in calls[: calls.index("write_application")]
    assert calls[calls.index("write_application") :].count("stored") == 1
    assert calls.index("stored") < calls.index("bring_bogus_code")


async def test_what_rocketchat_uses_is_asked_of_it_both_times(standing: Bench) -> None:
    await standing.run(exchange(standing.connections.there))
    assert standing.world.calls.count("bring_bogus_code") == 2


async def test_after_an_outdated_instance_was_fixed_it_is_read_again(standing: Bench) -> None:
    standing.rocketchat.uses = [InUse(Use.OTHER, "it says: Unauthorized")]
    await standing.run(exchange(standing.connections.there))
    calls = standing.world.calls
    fixed = calls.index("repeat_secret")
    assert "stored" in calls[fixed : calls.index("bring_bogus_code", fixed)], "for the second try"
    assert calls[fixed:].count("stored") == 2, "and for the later one"


async def test_what_was_seen_a_moment_ago_is_proved_without_another_look(standing: Bench) -> None:
    await standing.run(replace(standing.connections.there, enabled=False))
    standing.world.calls.clear()
    await standing.run(replace(standing.connections.there, enabled=True))
    assert standing.world.calls.index("probe") < standing.world.calls.index("write_service")
    assert "stored" not in standing.world.calls


@pytest.mark.parametrize(
    ("change", "kept"),
    [
        (SwitchService(on=True), False),
        (WriteService(("scope",)), False),
        (AttachRules(("login",)), False),
        (AwaitLive(Live.ON), False),
        (ProveInUse(), True),
    ],
)
async def test_a_change_makes_what_was_seen_outdated(standing: Bench, change: Change, kept: bool) -> None:
    desired = replace(standing.connections.there, marker=Marker("button_label_color", "#FFFFFf"))
    stored = standing.rocketchat.service("Encvoyid")
    progress = await apply(change, LoopState(desired, Receipt(), stored=stored), standing.context)
    assert (progress.stored == stored) is kept
    assert (progress.stored is None) is not kept
