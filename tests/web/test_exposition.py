"""The text of `/metrics`, as a parser and Prometheus' own checks read it."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from datetime import UTC, datetime

import pytest
from prometheus_client.parser import text_string_to_metric_families

from bot.doctor.checks import CheckState
from bot.schedule.waker import _TROUBLES
from bot.web.exposition import SCHEDULER_EVENTS, Snapshot, exposition
from bot.web.readings import NOTHING_KNOWN, Readings
from tests.support.prometheus import of, promtool, samples

FULL = Snapshot(
    version="1.2.3",
    parts={"rocketchat": True, "database": False},
    readings=Readings(
        secret_age=86_400.5,
        rotated_at=datetime(2026, 11, 24, 12, 0, 0, 250_000, tzinfo=UTC),
        gap=0.0229,
        overdue=True,
        suspended=False,
        failing=True,
    ),
    findings={"passed": 30, "failed": 2, "note": 1, "skipped": 0},
    operations={("rotate", "done"): 3, ("rotate", "failed"): 1, ("test", "done"): 7},
    scheduler_events={"missed": 2},
    message_age=12.5,
)
EMPTY = Snapshot("1.2.3")

EXPECTED = {
    "ssobot_build_info": {"1.2.3": 1},
    "ssobot_part_up": {"rocketchat": 1, "database": 0},
    "ssobot_secret_age_seconds": 86_400.5,
    "ssobot_last_rotation_timestamp_seconds": datetime(2026, 11, 24, 12, tzinfo=UTC).timestamp() + 0.25,
    "ssobot_last_rotation_gap_seconds": 0.0229,
    "ssobot_rotation_overdue": 1,
    "ssobot_schedule_suspended": 0,
    "ssobot_verdict": {"ok": 0, "failing": 1, "unknown": 0},
    "ssobot_findings": {"passed": 30, "failed": 2, "note": 1, "skipped": 0},
    "ssobot_operations_total": {"rotate done": 3, "rotate failed": 1, "test done": 7},
    "ssobot_scheduler_events_total": {"missed": 2, "error": 0, "max_instances": 0},
    "ssobot_last_message_age_seconds": 12.5,
}


def test_every_metric_has_its_samples() -> None:
    found = samples(exposition(FULL))
    assert {name: of(found, name) for name in {one for one, _ in found}} == EXPECTED


def test_every_metric_has_help_and_type_and_a_name_by_the_conventions() -> None:
    families = list(text_string_to_metric_families(exposition(FULL).decode()))
    assert len(families) == len(EXPECTED)
    for family in families:
        assert family.documentation.endswith(".")
        assert re.fullmatch(r"ssobot(_[a-z]+)+", family.name)
        assert family.type == ("counter" if f"{family.name}_total" in EXPECTED else "gauge")
        assert not re.search(r"_(ms|minutes|hours|days|percent)(_|$)", family.name)


@pytest.mark.parametrize(
    ("readings", "missing"),
    [
        ("secret_age", "ssobot_secret_age_seconds"),
        ("rotated_at", "ssobot_last_rotation_timestamp_seconds"),
        ("gap", "ssobot_last_rotation_gap_seconds"),
        ("overdue", "ssobot_rotation_overdue"),
        ("suspended", "ssobot_schedule_suspended"),
    ],
)
def test_what_is_not_known_has_no_sample(readings: str, missing: str) -> None:
    found = samples(exposition(replace(FULL, readings=replace(FULL.readings, **{readings: None}))))
    assert EXPECTED.keys() - {name for name, _ in found} == {missing}


def test_an_unknown_verdict_is_a_state_of_its_own() -> None:
    assert [one.name for one in fields(Readings) if getattr(NOTHING_KNOWN, one.name) is not None] == []
    assert of(samples(exposition(EMPTY)), "ssobot_verdict") == {"ok": 0, "failing": 0, "unknown": 1}


def test_at_the_start_there_are_no_findings_and_operations_but_every_event_of_the_scheduler() -> None:
    found = samples(exposition(EMPTY))
    assert of(found, "ssobot_findings") is None
    assert of(found, "ssobot_operations_total") is None
    assert of(found, "ssobot_scheduler_events_total") == {"missed": 0, "error": 0, "max_instances": 0}


def test_the_events_are_those_that_the_scheduler_tells() -> None:
    assert set(SCHEDULER_EVENTS) == set(_TROUBLES.values())


def test_the_severities_are_those_of_the_checks() -> None:
    assert FULL.findings.keys() == {state.value for state in CheckState}


def test_there_is_no_time_of_creation_beside_a_counter() -> None:
    assert b"_created" not in exposition(FULL)


@pytest.mark.needs("promtool")
@pytest.mark.parametrize("snapshot", [FULL, EMPTY], ids=["full", "empty"])
def test_prometheus_finds_nothing_wrong_with_it(snapshot: Snapshot) -> None:
    assert promtool("check", "metrics", given=exposition(snapshot)) == ""


@pytest.mark.needs("promtool")
def test_prometheus_finds_a_metric_that_breaks_the_conventions() -> None:
    wrong = b"# TYPE ssobot_age_minutes gauge\nssobot_age_minutes 1\n"
    assert "no help text" in promtool("check", "metrics", given=wrong)
