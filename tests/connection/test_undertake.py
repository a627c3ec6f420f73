"""What was not done is not desired; what was begun is; and nobody is told "not done" of what perhaps was."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from bot.connection.desired import removed
from bot.connection.plan import Scope
from bot.connection.receipt import Receipt
from bot.connection.state import Connection
from bot.connection.undertake import Undertaking, undertake
from bot.errors import Forbidden, NoAnswer, StoreUnavailable, Uncertain, Unfinished, UserError
from bot.secret import Secret
from tests.connection.conftest import OLD, Bench, exchange, new_connection

REFUSED = Forbidden("Rocket.Chat", "POST /api/v1/settings/:_id", status=403)
AWAY = NoAnswer("Rocket.Chat", "POST /api/v1/settings/:_id")
Script = Callable[[str], "Exception | None"]


def always(moment: str, error: Exception) -> Script:
    return lambda call: error if call == moment else None


async def ask(bench: Bench, wanted: Connection, scope: Scope = Scope.ALL, *, resumed: bool = False) -> None:
    before = bench.connections.row
    await undertake(Undertaking(wanted, before, "op", scope, resumed), bench.context, bench.told, bench.allowed)


def test_what_is_asked_for_is_no_later_start_unless_it_is_said() -> None:
    assert not Undertaking(new_connection(), None, "op").resumed


async def test_what_was_done_is_desired(standing: Bench) -> None:
    await ask(standing, replace(standing.connections.there, enabled=False), Scope.SWITCH)
    assert not standing.connections.there.enabled


async def test_a_switch_that_was_refused_is_not_desired(standing: Bench) -> None:
    before = standing.connections.there
    standing.world.script = always("write_service before", REFUSED)
    with pytest.raises(Forbidden):
        await ask(standing, replace(before, enabled=False), Scope.SWITCH)
    assert standing.connections.there == before


async def test_what_stopped_before_any_write_is_not_done_even_if_nobody_can_look_again(standing: Bench) -> None:
    """A service of another secret stops it; then Rocket.Chat goes away."""
    before = standing.connections.there
    standing.rocketchat.secrets["Encvoyid"] = Secret("x" * 64)
    looks = iter(range(100))
    standing.world.script = lambda call: AWAY if call == "stored before" and next(looks) else None
    with pytest.raises(UserError) as caught:
        await ask(standing, exchange(before))
    assert not isinstance(caught.value, Uncertain | Unfinished)
    assert standing.connections.there == before


async def test_no_later_command_carries_it_out(standing: Bench) -> None:
    standing.world.script = always("write_service before", REFUSED)
    with pytest.raises(Forbidden):
        await ask(standing, replace(standing.connections.there, enabled=False), Scope.SWITCH)
    standing.forget_faults()
    await standing.run()
    assert standing.rocketchat.switches["Encvoyid"]


async def test_a_switch_that_was_never_answered_and_not_made_is_not_desired(standing: Bench) -> None:
    before = standing.connections.there
    standing.world.script = always("write_service before", AWAY)
    with pytest.raises(NoAnswer):
        await ask(standing, replace(before, enabled=False), Scope.SWITCH)
    assert standing.connections.there == before


async def test_a_switch_that_was_made_and_is_not_live_stays_desired(standing: Bench) -> None:
    standing.world.script = always("await_live before", AWAY)
    standing.rocketchat.tick = lambda: None  # type: ignore[method-assign]
    with pytest.raises(Unfinished):
        await ask(standing, replace(standing.connections.there, enabled=False), Scope.SWITCH)
    assert not standing.connections.there.enabled


async def test_where_nobody_can_see_what_became_of_it_nobody_says_not_done(standing: Bench) -> None:
    written: list[str] = []

    def script(call: str) -> Exception | None:
        if call == "write_service before":
            written.append(call)
        return AWAY if written and call in ("write_service before", "listed before") else None

    standing.world.script = script
    with pytest.raises(Uncertain):
        await ask(standing, replace(standing.connections.there, enabled=False), Scope.SWITCH)
    assert not standing.connections.there.enabled


async def test_a_button_that_cannot_be_proved_is_not_desired(standing: Bench) -> None:
    await ask(standing, replace(standing.connections.there, enabled=False), Scope.SWITCH)
    standing.encvoy.applications_by_id.clear()
    with pytest.raises(UserError, match="gone from Encvoy ID"):
        await ask(standing, replace(standing.connections.there, enabled=True), Scope.SWITCH)
    assert not standing.connections.there.enabled


async def test_a_secret_that_was_refused_is_not_desired(standing: Bench) -> None:
    standing.world.script = always("write_service before", REFUSED)
    with pytest.raises(Forbidden):
        await ask(standing, exchange(standing.connections.there), Scope.SECRET)
    assert (standing.connections.there.current, standing.connections.there.pending) == (OLD, None)


async def test_a_setup_that_left_nothing_is_forgotten(bench: Bench) -> None:
    bench.world.script = always("create_service before", REFUSED)
    with pytest.raises(Forbidden):
        await ask(bench, new_connection())
    assert bench.connections.row is None


async def test_a_setup_that_left_something_is_gone_on_with(bench: Bench) -> None:
    bench.world.script = always("create_application before", Forbidden("Encvoy ID", "POST /api/v1/clients"))
    with pytest.raises(Unfinished):
        await ask(bench, new_connection())
    assert bench.connections.there.pending == OLD


async def test_after_a_crash_nobody_says_that_nothing_was_done(standing: Bench) -> None:
    standing.world.script = always("write_service before", REFUSED)
    with pytest.raises(Unfinished):
        await ask(standing, replace(standing.connections.there, enabled=False), Scope.SWITCH, resumed=True)
    assert not standing.connections.there.enabled


async def test_what_the_store_cannot_forget_is_not_called_undone(standing: Bench) -> None:
    standing.world.script = always("write_service before", REFUSED)
    save, saves = standing.connections.save, []

    async def once(connection: Connection, **kept: object) -> None:
        saves.append(connection)
        if len(saves) > 1:
            raise StoreUnavailable
        await save(connection, **kept)  # type: ignore[arg-type]

    standing.connections.save = once  # type: ignore[method-assign]
    with pytest.raises(Unfinished):
        await ask(standing, replace(standing.connections.there, enabled=False), Scope.SWITCH)


async def test_to_switch_off_nothing_is_asked_of_encvoy_id(standing: Bench) -> None:
    await ask(standing, replace(standing.connections.there, enabled=False), Scope.SWITCH)
    assert not set(standing.world.calls) & {"application", "applications", "probe", "provider", "write_application"}


async def test_a_rotation_leaves_what_else_differs(standing: Bench) -> None:
    standing.rocketchat.settings["Encvoyid"]["token_path"] = "/by-hand"
    client_id = standing.connections.there.client_id or ""
    standing.encvoy.applications_by_id[client_id] = replace(
        standing.encvoy.applications_by_id[client_id], rules=frozenset(), grant_types=("implicit",)
    )
    await ask(standing, exchange(standing.connections.there), Scope.SECRET)
    application = standing.encvoy.applications_by_id[client_id]
    assert standing.rocketchat.settings["Encvoyid"]["token_path"] == "/by-hand"
    assert (application.rules, application.grant_types) == (frozenset(), ("implicit",))
    assert len(set(standing.secrets())) == 1


# A removal.


async def test_what_was_removed_is_forgotten_with_its_receipt_kept(standing: Bench) -> None:
    await ask(standing, removed(standing.connections.there))
    assert standing.connections.row is None
    kept = Receipt.from_dict(dict(standing.connections.receipts["op"]))
    assert kept.changes == ("SwitchService", "AwaitLive", "RemoveService", "DeleteApplication")
    assert kept.left == ()


async def test_what_it_left_is_in_the_receipt(standing: Bench) -> None:
    standing.encvoy.hidden |= set(standing.encvoy.applications_by_id)
    await ask(standing, removed(standing.connections.there))
    [sentence] = standing.connections.receipts["op"]["left"]
    assert "stays at Encvoy ID: it is not fully visible to me" in sentence


async def test_what_is_half_removed_is_not_forgotten(standing: Bench) -> None:
    standing.world.script = always("applications before", NoAnswer("Encvoy ID", "GET /api/v1/clients"))
    with pytest.raises(Unfinished):
        await ask(standing, removed(standing.connections.there))
    assert standing.connections.there.absent


async def test_a_removal_that_nobody_could_record_is_not_done(standing: Bench) -> None:
    standing.world.script = always("forget before", StoreUnavailable())
    with pytest.raises(Unfinished):
        await ask(standing, removed(standing.connections.there))
    standing.forget_faults()
    await ask(standing, standing.connections.there, resumed=True)
    assert standing.connections.row is None
