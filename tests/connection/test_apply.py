"""One change at a time: what it writes, and what it leaves as it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.connection.apply import LIVE_WITHIN, apply, values_of
from bot.connection.changes import (
    AwaitLive,
    Change,
    CommitSecret,
    CreateApplication,
    Live,
    RemoveCallback,
    WriteApplication,
)
from bot.connection.context import LoopState
from bot.connection.ports import ApplicationFields
from bot.connection.proof import Proof
from bot.connection.receipt import Receipt
from bot.connection.state import Connection, LiveService, ServiceName
from bot.connection.unknown import Unknown
from bot.errors import NoAnswer, NotLive
from bot.secret import Secret
from tests.connection.conftest import FINGERPRINTS, NEW, OLD, Bench, exchange, new_connection
from tests.connection.exchanging import at
from tests.support.clocks import START

ELSEWHERE = "https://elsewhere.example.org/cb"


async def applied(bench: Bench, change: Change, desired: Connection | None = None) -> LoopState:
    return await apply(change, LoopState(desired or bench.connections.there, Receipt(), "op"), bench.context)


async def test_the_id_of_a_new_application_is_saved_before_anything_else_is_done(bench: Bench) -> None:
    bench.connections.row = new_connection()
    done = await applied(bench, CreateApplication())
    assert bench.world.calls[:2] == ["create_application", "save"]
    (client_id,) = bench.encvoy.applications_by_id
    assert bench.connections.there.client_id == done.desired.client_id == client_id


def created_twice(bench: Bench) -> Connection:
    """A connection whose application is created twice by one request."""
    desired = bench.connections.row = new_connection()
    once = bench.encvoy.create_application

    async def twice(fields: ApplicationFields) -> str:
        await once(fields)
        return await once(fields)

    bench.encvoy.create_application = twice  # type: ignore[method-assign]
    return desired


async def test_a_creation_that_was_carried_out_twice_leaves_one_application(bench: Bench) -> None:
    done = await applied(bench, CreateApplication(), created_twice(bench))
    assert list(bench.encvoy.applications_by_id) == [done.desired.client_id]
    assert done.receipt.changes == ("DeleteTwin", "CreateApplication")


async def test_an_application_of_somebody_else_is_no_twin(bench: Bench) -> None:
    desired = bench.connections.row = new_connection()
    own = ApplicationFields(description=desired.description, redirect_uris=(desired.redirect_uri,))
    others = (replace(own, description="by hand"), replace(own, redirect_uris=(desired.redirect_uri, ELSEWHERE)))
    kept = [await bench.encvoy.create_application(fields) for fields in others]
    done = await applied(bench, CreateApplication(), desired)
    assert list(bench.encvoy.applications_by_id) == [*kept, done.desired.client_id]


@pytest.mark.parametrize("call", ["applications", "delete_application"])
async def test_a_twin_that_could_not_be_deleted_at_once_goes_with_the_next_look(bench: Bench, call: str) -> None:
    desired = created_twice(bench)
    bench.world.script = at(f"{call} before", NoAnswer("Encvoy ID", "GET /api/v1/clients"))
    await bench.run(desired)
    assert len(bench.encvoy.applications_by_id) == 1


async def test_each_change_is_in_the_receipt(standing: Bench) -> None:
    done = await applied(standing, WriteApplication(("description",)))
    assert done.receipt.changes == ("WriteApplication",)
    assert done.desired == standing.connections.there


async def test_a_callback_that_is_taken_off_leaves_those_of_others(standing: Bench) -> None:
    ((client_id, application),) = standing.encvoy.applications_by_id.items()
    standing.encvoy.applications_by_id[client_id] = replace(
        application, redirect_uris=(*application.redirect_uris, ELSEWHERE)
    )
    await applied(standing, RemoveCallback())
    assert standing.encvoy.applications_by_id[client_id].redirect_uris == (ELSEWHERE,)


async def test_a_callback_is_not_taken_off_where_there_is_no_other(standing: Bench) -> None:
    """An application without one would be invalid; it is to be deleted then, which the next plan says."""
    before = dict(standing.encvoy.applications_by_id)
    await applied(standing, RemoveCallback())
    assert standing.encvoy.applications_by_id == before
    assert standing.world.calls == ["application"]


async def test_a_callback_is_not_taken_off_what_cannot_be_seen(standing: Bench) -> None:
    standing.encvoy.hidden.update(standing.encvoy.applications_by_id)
    await applied(standing, RemoveCallback())
    assert standing.world.calls == ["application"]


async def test_the_callbacks_of_others_stay_when_fields_are_fixed(standing: Bench) -> None:
    ((client_id, application),) = standing.encvoy.applications_by_id.items()
    standing.encvoy.applications_by_id[client_id] = replace(application, redirect_uris=(ELSEWHERE,))
    await applied(standing, WriteApplication(("redirect_uris",)))
    fixed = standing.encvoy.applications_by_id[client_id].redirect_uris
    assert set(fixed) == {standing.connections.there.redirect_uri, ELSEWHERE}


async def test_what_was_exchanged_is_settled_with_its_receipt(standing: Bench) -> None:
    desired = replace(exchange(standing.connections.there), undoing=True)
    done = await applied(standing, CommitSecret(), desired)
    settled = standing.connections.there
    assert done.desired == settled
    assert (settled.current, settled.pending, settled.undoing) == (NEW, None, False)
    assert standing.connections.receipts["op"]["changes"] == ("CommitSecret",)


@pytest.mark.parametrize(
    ("changes", "before", "after"),
    [
        ({"current": OLD, "pending": NEW}, OLD, NEW),
        ({"current": None, "pending": NEW}, None, NEW),
        ({"current": NEW, "pending": OLD, "undoing": True}, OLD, OLD),
    ],
    ids=["exchanged", "set up", "undone"],
)
async def test_the_receipt_has_the_fingerprints_before_and_after(
    standing: Bench, changes: dict[str, Any], before: Secret | None, after: Secret
) -> None:
    done = await applied(standing, CommitSecret(), replace(standing.connections.there, **changes))
    kept = Receipt.from_dict(dict(standing.connections.receipts["op"]))
    assert kept == done.receipt
    assert kept.fingerprint_before == (None if before is None else FINGERPRINTS.of(before))
    assert kept.fingerprint_after == FINGERPRINTS.of(after)


@pytest.mark.parametrize(
    ("what", "there", "ends_well"),
    [
        (Live.ON, True, True),
        (Live.SHOWN, True, True),
        (Live.ON, False, False),
        (Live.SHOWN, False, False),
        (Live.OFF, True, False),
        (Live.OFF, False, False),
    ],
)
async def test_a_wait_that_saw_nothing_ends_well_only_where_the_button_is_there(
    standing: Bench, what: Live, there: bool, ends_well: bool
) -> None:
    """A server may publish a setting in another form than it stores it."""
    shown = standing.rocketchat.live_records["Encvoyid"][0]
    waited: list[float] = []

    async def unseen(name: ServiceName, awaited: object, expected: float | None, timeout: float) -> None:
        waited.append(timeout)
        raise NotLive("Rocket.Chat", "live")

    async def live(name: ServiceName) -> LiveService | Unknown | None:
        return shown if there else None

    standing.rocketchat.await_live = unseen  # type: ignore[assignment]
    standing.rocketchat.live = live  # type: ignore[method-assign]
    if ends_well:
        assert (await applied(standing, AwaitLive(what))).receipt.changes == ("AwaitLive",)
    else:
        with pytest.raises(NotLive):
            await applied(standing, AwaitLive(what))
    assert waited == [LIVE_WITHIN]


PROOF = Proof(previous_refused=True, random_refused=True)
EARLIER = START - timedelta(days=90)


@pytest.mark.parametrize(
    ("undoing", "proof", "age"),
    [(False, PROOF, timedelta(0)), (True, PROOF, timedelta(days=90)), (False, None, None)],
    ids=["new", "old again", "not proved"],
)
async def test_the_age_of_a_secret_counts_from_its_proof_and_the_way_back_makes_it_no_younger(
    standing: Bench, undoing: bool, proof: Proof | None, age: timedelta | None
) -> None:
    desired = replace(exchange(standing.connections.there), undoing=undoing, proved_at=EARLIER)
    standing.world.clock.seconds = 0
    done = await apply(CommitSecret(), LoopState(desired, Receipt(proof=proof), "op"), standing.context)
    assert done.desired.proved_at == (None if age is None else START - age)
    assert standing.connections.there == done.desired


def test_what_is_not_desired_gets_the_servers_default() -> None:
    values = values_of(new_connection(client_id="c1"), ("id", "secret", "scope", "login_style"))
    assert values == {"id": "c1", "secret": OLD, "scope": "openid profile email", "login_style": "popup"}
