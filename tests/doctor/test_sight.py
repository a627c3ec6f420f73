"""What the watch of the scheduled tests gets of a verdict."""

from __future__ import annotations

from dataclasses import replace

from bot.doctor.checks import CheckState, Finding, Result
from bot.doctor.sight import NOT_KNOWN, SeenVersions, Sight
from bot.doctor.verdict import CATALOGUES, Verdict, judge, sight_of
from tests.doctor.grounds import GONE, WHOLE

SEEN = SeenVersions("8.8.0", "1.0.10")


def test_a_sight_is_the_verdict_with_the_place_of_each_check_in_the_catalogues() -> None:
    names = [entry.name for catalogue in CATALOGUES for entry in catalogue.entries]
    assert len(names) == len(set(names))
    verdict = judge(replace(WHOLE, place=None, provider=GONE, room=None))
    sight = sight_of(verdict, SEEN)
    assert [(failure.check, failure.rank) for failure in sight.failures] == [
        (name, names.index(name)) for name in ("Admin room", "Encvoy ID's discovery document")
    ]
    assert tuple(failure.line for failure in sight.failures) == verdict.wrong()
    assert sight.versions == SEEN
    assert not sight_of(judge(WHOLE)).failed


def test_what_could_not_be_checked_is_named_and_what_passed_is_not() -> None:
    verdict = judge(replace(WHOLE, place=None, provider=GONE, keys=GONE, login=GONE))
    skipped = tuple(finding.check for finding in verdict.of(CheckState.SKIPPED))
    assert skipped
    assert sight_of(verdict).unchecked == skipped
    assert sight_of(judge(WHOLE)) == Sight()


def test_a_check_of_no_catalogue_ranks_last() -> None:
    strange = Verdict((Finding("Strange", Result(CheckState.FAILED, "no")),))
    (failure,) = sight_of(strange).failures
    assert failure.rank == sum(len(catalogue.entries) for catalogue in CATALOGUES)


def test_a_version_that_is_not_known_is_the_last_that_was() -> None:
    assert NOT_KNOWN.or_else(SEEN) == SEEN
    assert SeenVersions("8.9.1").or_else(SEEN) == SeenVersions("8.9.1", "1.0.10")
