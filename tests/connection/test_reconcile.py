"""The loop, against two systems in memory: what it leaves behind, in what order, and what no fault can spoil."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.connection.changes import AwaitLive, Live
from bot.connection.moments import LiveSeen
from bot.connection.ports import ApplicationFields
from bot.connection.receipt import Outcome, Receipt
from bot.connection.state import Application
from bot.errors import BadAnswer, Forbidden, NoAnswer, NotLive, UserError
from bot.secret import Secret
from tests.connection.conftest import NEW, OLD, Bench, exchange, new_connection
from tests.connection.exchanging import at, rotate

REMOTE_WRITES = ("create_service", "create_application", "write_application", "attach_rules", "write_service")


async def test_setup_leaves_one_application_and_one_live_service(bench: Bench) -> None:
    connection, receipt = await bench.run(new_connection())
    assert bench.secrets() == (OLD.reveal(), OLD.reveal())
    assert bench.rocketchat.live_records["Encvoyid"][1] == OLD
    assert (connection.current, connection.pending) == (OLD, None)
    assert receipt.outcome is Outcome.DONE


async def test_setup_twice_changes_nothing_the_second_time(standing: Bench) -> None:
    _, receipt = await standing.run()
    assert receipt.outcome is Outcome.UNCHANGED
    assert not set(standing.world.calls) & set(REMOTE_WRITES)


async def test_setup_writes_in_the_order_of_the_policy(bench: Bench) -> None:
    await bench.run(new_connection())
    writes = [call for call in bench.world.calls if call in REMOTE_WRITES]
    assert writes == [
        "create_service",
        "create_application",
        "write_application",
        "attach_rules",
        "write_service",
        "write_service",
    ]


async def test_each_step_is_told_with_the_time_that_it_took(bench: Bench) -> None:
    began = bench.world.clock.monotonic()
    await bench.run(new_connection())
    assert len(bench.told.took) == len(bench.told.did_)
    assert all(seconds >= 0 for seconds in bench.told.took)
    assert 0 < sum(bench.told.took) <= bench.world.clock.monotonic() - began


async def test_the_switch_is_the_last_write_of_setup(bench: Bench) -> None:
    switched_on: list[bool] = []
    bench.world.script = lambda call: (
        switched_on.append(bench.rocketchat.switches.get("Encvoyid", False)) if call.endswith("before") else None
    )
    await bench.run(new_connection())
    first = switched_on.index(True)
    assert not set(bench.world.calls[first:]) & set(REMOTE_WRITES)


async def test_setup_disabled_leaves_it_off(bench: Bench) -> None:
    await bench.run(new_connection(enabled=False))
    assert bench.rocketchat.switches == {"Encvoyid": False}
    assert bench.secrets() == (OLD.reveal(), OLD.reveal())


async def test_disable_then_enable(standing: Bench) -> None:
    assert standing.connections.row is not None
    off, _ = await standing.run(replace(standing.connections.row, enabled=False))
    assert standing.rocketchat.live_records == {}
    await standing.run(replace(off, enabled=True))
    assert "Encvoyid" in standing.rocketchat.live_records


async def test_enable_proves_before_the_button_is_shown(standing: Bench) -> None:
    assert standing.connections.row is not None
    off, _ = await standing.run(replace(standing.connections.row, enabled=False))
    standing.world.calls.clear()
    await standing.run(replace(off, enabled=True))
    assert standing.world.calls.index("probe") < standing.world.calls.index("write_service")


async def test_rotation_ends_with_the_new_secret_on_both_sides(standing: Bench) -> None:
    connection, receipt = await rotate(standing)
    assert standing.secrets() == (NEW.reveal(), NEW.reveal())
    assert (connection.current, connection.pending) == (NEW, None)
    assert receipt.outcome is Outcome.DONE


async def test_encvoy_switches_only_once_the_new_secret_is_live(standing: Bench) -> None:
    await rotate(standing)
    (live_at,) = [at for at, what in standing.world.log if what == f"live {NEW.reveal()}"]
    (switched_at,) = [at for at, what in standing.world.log if what == f"switched {NEW.reveal()}"]
    assert 0 <= switched_at - live_at < 0.1


async def test_nothing_is_asked_between_live_and_the_switch(standing: Bench) -> None:
    await rotate(standing)
    calls = standing.world.calls
    assert calls[calls.index("await_live") + 1] == "write_application"


async def test_the_receipt_holds_the_gap_and_the_proof(standing: Bench) -> None:
    _, receipt = await rotate(standing)
    assert receipt.gap is not None
    assert receipt.gap < 0.1
    assert (receipt.seen_by, receipt.instances) == ("poll", 1)
    assert receipt.proof is not None
    assert (receipt.proof.previous_refused, receipt.proof.random_refused) == (True, True)


async def test_the_receipt_says_when_the_probe_proves_nothing(standing: Bench) -> None:
    standing.encvoy.accepts_anything = True
    _, receipt = await rotate(standing)
    assert receipt.proof is not None
    assert receipt.proof.random_refused is False


async def test_the_receipt_is_saved_with_the_connection_at_rest(standing: Bench) -> None:
    await rotate(standing)
    saved = Receipt.from_dict(dict(standing.connections.receipts["op"]))
    assert saved.outcome is Outcome.DONE
    assert saved.gap is not None


async def test_a_disabled_connection_is_exchanged_without_waiting(standing: Bench) -> None:
    assert standing.connections.row is not None
    off, _ = await standing.run(replace(standing.connections.row, enabled=False))
    standing.world.calls.clear()
    await standing.run(replace(off, pending=NEW))
    assert standing.secrets() == (NEW.reveal(), NEW.reveal())
    assert "await_live" not in standing.world.calls


async def test_what_holds_nothing_gets_the_servers_default_and_is_not_desired(standing: Bench) -> None:
    standing.rocketchat.without_value = {"roles_claim", "map_channels"}
    desired, _ = await standing.run()
    written = standing.rocketchat.settings["Encvoyid"]
    assert (written["roles_claim"], written["map_channels"]) == ("roles", False)
    assert not standing.rocketchat.without_value
    assert not {"roles_claim", "map_channels"} & desired.settings.keys()


async def test_a_publication_that_tells_is_named_in_the_receipt(standing: Bench) -> None:
    standing.rocketchat.publication = True
    _, receipt = await rotate(standing)
    assert receipt.seen_by == "publication"


async def test_a_secret_changed_by_others_meanwhile_is_not_overwritten(standing: Bench) -> None:
    assert standing.connections.row is not None
    standing.rocketchat.secrets["Encvoyid"] = Secret("x" * 64)
    with pytest.raises(UserError, match="that I do not know"):
        await standing.run(exchange(standing.connections.row))
    assert standing.secrets() == ("x" * 64, OLD.reveal())


async def test_a_creation_never_answered_is_found_by_its_description(bench: Bench) -> None:
    bench.world.script = at("create_application after", NoAnswer("Encvoy ID", "POST /api/v1/clients"))
    await bench.run(new_connection())
    assert len(bench.encvoy.applications_by_id) == 1


async def test_in_the_place_of_an_application_that_is_gone_a_new_one_is_made(standing: Bench) -> None:
    standing.encvoy.applications_by_id.clear()
    connection, _ = await standing.run()
    assert list(standing.encvoy.applications_by_id) == [connection.client_id]
    assert standing.rocketchat.settings["Encvoyid"]["id"] == connection.client_id
    assert standing.rocketchat.live_records["Encvoyid"][0].settings["id"] == connection.client_id


async def test_a_new_one_that_was_never_answered_is_found_too(standing: Bench) -> None:
    standing.encvoy.applications_by_id.clear()
    standing.world.script = at("create_application after", NoAnswer("Encvoy ID", "POST /api/v1/clients"))
    connection, _ = await standing.run()
    assert list(standing.encvoy.applications_by_id) == [connection.client_id]


async def test_an_application_that_is_deleted_in_the_middle_of_an_exchange_ends_it(standing: Bench) -> None:
    def script(call: str) -> Exception | None:
        if call != "write_application before":
            return None
        standing.encvoy.applications_by_id.clear()
        return Forbidden("Encvoy ID", "PUT /api/v1/clients", status=403)

    standing.world.script = script
    with pytest.raises(UserError, match="gone from Encvoy ID"):
        await rotate(standing)


async def test_an_application_of_others_with_our_address_is_left_alone(bench: Bench) -> None:
    await bench.encvoy.create_application(
        ApplicationFields(name="theirs", description="by hand", redirect_uris=(new_connection().redirect_uri,))
    )
    theirs = next(iter(bench.encvoy.applications_by_id))
    await bench.run(new_connection())
    assert bench.encvoy.applications_by_id[theirs].description == "by hand"
    assert len(bench.encvoy.applications_by_id) == 2


async def test_a_second_application_of_ours_is_removed(bench: Bench) -> None:
    shy = [True]

    def script(call: str) -> Exception | None:
        if call == "create_application after" and shy[0]:
            shy[0] = False
            hidden.update(bench.encvoy.applications_by_id)
            bench.encvoy.applications_by_id.clear()  # carried out, but not to be seen yet
            return NoAnswer("Encvoy ID", "POST /api/v1/clients")
        if call == "attach_rules before" and hidden:
            bench.encvoy.applications_by_id.update(hidden)
            hidden.clear()
            return BadAnswer("Encvoy ID", "POST /api/v1/clients/:id/rules")
        return None

    hidden: dict[str, Application] = {}
    bench.world.script = script
    connection, _ = await bench.run(new_connection())
    assert list(bench.encvoy.applications_by_id) == [connection.client_id]


async def test_a_setting_that_the_server_sets_back_each_time_ends_the_loop(standing: Bench) -> None:
    def script(call: str) -> Exception | None:
        standing.rocketchat.settings["Encvoyid"]["token_path"] = "/forced"
        return None

    standing.world.script = script
    with pytest.raises(UserError, match="token_path"):
        await standing.run()


async def test_a_server_that_publishes_a_setting_in_another_form_is_set_up_all_the_same(bench: Bench) -> None:
    tick = bench.rocketchat.tick

    def odd() -> None:
        tick()
        for key, (service, secret) in bench.rocketchat.live_records.items():
            settings = {**service.settings, "merge_users": "true"}
            bench.rocketchat.live_records[key] = (replace(service, settings=settings), secret)

    bench.rocketchat.tick = odd  # type: ignore[method-assign]
    connection, _ = await bench.run(new_connection())
    assert connection.current == OLD


async def test_an_encvoy_id_that_is_slow_to_warm_up_delays_nothing(standing: Bench) -> None:
    async def warm() -> None:
        raise NoAnswer("Encvoy ID", "GET /api/v1/settings")

    standing.encvoy.warm = warm  # type: ignore[method-assign]
    _, receipt = await rotate(standing)
    assert receipt.outcome is Outcome.DONE


async def test_where_nobody_can_see_what_is_live_the_switch_is_made_after_the_bound(standing: Bench) -> None:
    async def blind(name: object, marker: object, expected: float | None, timeout: float) -> LiveSeen:
        standing.world.clock.seconds += timeout
        standing.rocketchat.tick()
        raise NotLive("Rocket.Chat", "live")

    standing.rocketchat.asked_too_often = True
    standing.rocketchat.await_marker = blind  # type: ignore[method-assign]
    connection, receipt = await rotate(standing)
    assert standing.secrets() == (NEW.reveal(), NEW.reveal())
    assert receipt.seen_by is None
    assert standing.told.unseen == [AwaitLive(Live.MARKER)], "nobody says that it is live"
    assert connection.pending is None
