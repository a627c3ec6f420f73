"""The proof, the ground before an exchange, and the receipt."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.connection.ports import ApplicationFields, Probe
from bot.connection.proof import NotProved, Proof, prove, prove_ground
from bot.connection.receipt import Outcome, Receipt
from bot.connection.state import Connection
from bot.errors import Forbidden, UserError
from bot.secret import Secret
from tests.connection.conftest import NEW, OLD, Bench, exchange


def at_rest(bench: Bench) -> Connection:
    assert bench.connections.row is not None
    return bench.connections.row


async def test_a_whole_connection_is_proved(standing: Bench) -> None:
    proof = await prove(at_rest(standing), standing.rocketchat, standing.encvoy)
    assert proof == Proof(previous_refused=None, random_refused=True)


async def test_in_an_exchange_the_previous_secret_is_tried_too(standing: Bench) -> None:
    desired = exchange(at_rest(standing))
    standing.rocketchat.secrets["Encvoyid"] = NEW
    await standing.encvoy.write_application(desired.client_id or "", ApplicationFields(secret=NEW))
    proof = await prove(desired, standing.rocketchat, standing.encvoy)
    assert proof.previous_refused is True


async def test_a_refused_secret_is_not_proved(standing: Bench) -> None:
    with pytest.raises(NotProved, match="refuses this client secret"):
        await prove(replace(at_rest(standing), current=NEW), standing.rocketchat, standing.encvoy)


async def test_a_callback_that_is_not_registered_is_named(standing: Bench) -> None:
    client_id = at_rest(standing).client_id or ""
    await standing.encvoy.write_application(client_id, ApplicationFields(redirect_uris=("https://other",)))
    with pytest.raises(NotProved, match="callback address is not registered"):
        await prove(at_rest(standing), standing.rocketchat, standing.encvoy)


async def test_rocketchat_must_read_back_equal(standing: Bench) -> None:
    standing.rocketchat.secrets["Encvoyid"] = NEW
    with pytest.raises(NotProved, match="does not hold the secret"):
        await prove(at_rest(standing), standing.rocketchat, standing.encvoy)


async def test_the_ground_is_the_secret_that_both_sides_hold(standing: Bench) -> None:
    desired = at_rest(standing)
    by_hand = Secret("h" * 64)
    standing.rocketchat.secrets["Encvoyid"] = by_hand
    await standing.encvoy.write_application(desired.client_id or "", ApplicationFields(secret=by_hand))
    application = standing.encvoy.applications_by_id[desired.client_id or ""]
    assert await prove_ground(desired, standing.rocketchat, standing.encvoy, application) == by_hand


async def test_two_different_secrets_are_no_ground(standing: Bench) -> None:
    standing.rocketchat.secrets["Encvoyid"] = NEW
    application = standing.encvoy.applications_by_id[at_rest(standing).client_id or ""]
    with pytest.raises(UserError, match="different client secrets"):
        await prove_ground(at_rest(standing), standing.rocketchat, standing.encvoy, application)


async def test_the_ground_shows_that_the_bot_may_write(standing: Bench) -> None:
    standing.world.script = lambda call: (
        Forbidden("Encvoy ID", "PUT /api/v1/clients/:client_id") if call == "write_application before" else None
    )
    application = standing.encvoy.applications_by_id[at_rest(standing).client_id or ""]
    with pytest.raises(Forbidden):
        await prove_ground(at_rest(standing), standing.rocketchat, standing.encvoy, application)


async def test_the_ground_writes_nothing(standing: Bench) -> None:
    application = standing.encvoy.applications_by_id[at_rest(standing).client_id or ""]
    await prove_ground(at_rest(standing), standing.rocketchat, standing.encvoy, application)
    assert standing.secrets() == (OLD.reveal(), OLD.reveal())
    assert standing.encvoy.applications_by_id[application.client_id] == application


@pytest.mark.parametrize("outcome", [p for p in Probe if p is not Probe.ACCEPTED])
async def test_each_way_of_not_being_accepted_has_its_reason(standing: Bench, outcome: Probe) -> None:
    async def probe(client_id: str, secret: Secret, redirect_uri: str) -> Probe:
        return outcome

    standing.encvoy.probe = probe  # type: ignore[method-assign]
    with pytest.raises(NotProved) as caught:
        await prove(at_rest(standing), standing.rocketchat, standing.encvoy)
    assert caught.value.why
    assert OLD.reveal() not in caught.value.text


def test_a_receipt_comes_back_from_its_row() -> None:
    receipt = Receipt(
        outcome=Outcome.UNDONE, changes=("Prove",), gap=0.012, seen_by="poll", proof=Proof(True, True), reason="because"
    )
    assert Receipt.from_dict(receipt.as_dict()) == receipt


def test_a_change_makes_an_unchanged_receipt_a_done_one() -> None:
    assert Receipt().with_change("Prove").outcome is Outcome.DONE


def test_an_undone_receipt_stays_undone() -> None:
    assert Receipt(outcome=Outcome.UNDONE).with_change("Prove").outcome is Outcome.UNDONE
