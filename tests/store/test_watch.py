"""What the watch of the scheduled tests remembers, in both databases."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import structlog
from sqlalchemy import text

from bot.clock import SystemClock
from bot.doctor.incident import Acknowledgement, Edit, Flapping, Incident, Mute, Post, WatchState
from bot.doctor.sight import FailedCheck, SeenVersions, Sight
from bot.doctor.strip import DayOfTests, DayResult
from bot.schedule.watching import KeptWatch, WatchStore
from bot.store.engine import Database
from bot.store.notes import SqlNotes
from bot.store.watch import KEY, NotedWatch

NOW = datetime(2026, 12, 1, 12, 30, 15, 250_000, tzinfo=UTC)
CAUSE = FailedCheck("Encvoy ID answers", "✗ failed: Encvoy ID answers: no\n    Why: “off”", 3)
INCIDENT = Incident(
    began=NOW,
    cause=CAUSE,
    folded="… and 1 more check fails: Login",
    preface="Rocket.Chat is `8.9` now (was `8.8`)",
    posts=2,
    posted_at=NOW + timedelta(seconds=30),
    worst=3,
    shown="text",
    refused=True,
    seen_at=NOW + timedelta(minutes=20),
    reminded=1,
    acknowledged=Acknowledgement("anna", NOW),
    ended=NOW + timedelta(hours=1),
)
STATE = WatchState(
    sight=Sight((CAUSE,), ("Login",), SeenVersions("8.9", None)),
    since=NOW,
    tested_at=NOW,
    suspected_at=NOW,
    unchecked=("Login",),
    incident=INCIDENT,
    changes=(NOW, NOW + timedelta(minutes=1)),
    flapping=Flapping(NOW, 3, told=True),
    mute=Mute(NOW, "maintenance"),
    seen=SeenVersions("8.9", "1.0.10"),
    told=SeenVersions("8.8", "1.0.10"),
    versions_told=2,
    late=(Edit("incident 1", "over"),),
    days=(DayOfTests(NOW.date(), DayResult.FAILED),),
)
WHOLE = KeptWatch(STATE, (Post("incident 2", "posted"), Edit("incident 1", "edited")))
EMPTY = KeptWatch(WatchState())


@pytest.fixture
def watch(database: Database) -> NotedWatch:
    return NotedWatch(SqlNotes(database, SystemClock()))


def test_it_is_the_port(watch: NotedWatch) -> None:
    port: WatchStore = watch
    assert port is watch


async def test_at_first_there_is_a_new_one(watch: NotedWatch) -> None:
    assert await watch.get() == EMPTY


@pytest.mark.parametrize("kept", [EMPTY, WHOLE, KeptWatch(WatchState(), WHOLE.owed), KeptWatch(STATE)])
async def test_what_is_kept_is_found_whole(watch: NotedWatch, kept: KeptWatch) -> None:
    await watch.put(kept)
    assert await watch.get() == kept


async def test_the_last_one_stays(watch: NotedWatch, database: Database) -> None:
    await watch.put(WHOLE)
    await watch.put(EMPTY)
    assert await NotedWatch(SqlNotes(database, SystemClock())).get() == EMPTY
    async with database.reading() as transaction:
        found = await transaction.scalars(text("SELECT value FROM notes WHERE key = :key"), {"key": KEY})
        assert len(found.all()) == 1


@pytest.mark.parametrize("value", ["", "{", "[]", "7", '{"state": {"changes": "often"}}', '{"state": 1, "owed": []}'])
async def test_one_that_cannot_be_read_begins_anew_and_is_logged(
    watch: NotedWatch, database: Database, value: str
) -> None:
    await SqlNotes(database, SystemClock()).put(KEY, value)
    with structlog.testing.capture_logs() as logs:
        assert await watch.get() == EMPTY
    assert [line["event"] for line in logs] == ["watch.unreadable"]
    await watch.put(WHOLE)
    assert await watch.get() == WHOLE


async def test_one_of_an_earlier_version_without_newer_fields_is_read(watch: NotedWatch, database: Database) -> None:
    await watch.put(WHOLE)
    notes = SqlNotes(database, SystemClock())
    written = json.loads(await notes.get(KEY) or "")
    del written["state"]["days"], written["owed"], written["state"]["incident"]["seen_at"]
    await notes.put(KEY, json.dumps(written))
    kept = await watch.get()
    assert (kept.state.incident, kept.state.days, kept.owed) == (replace(INCIDENT, seen_at=None), (), ())
