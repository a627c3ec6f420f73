"""What the demo calls right: each rule holds for one state of both stand-ins, and for no other."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sandbox.demo import SCENES, StandIns, off, rotated, unchanged, whole

NOTHING = StandIns(applications=0, accepted=None, stored=None, live=None)
ON = StandIns(applications=1, accepted="a", stored="a", live="a")
NEW = StandIns(applications=1, accepted="b", stored="b", live="b")


def test_whole_is_one_application_and_one_secret_live_on_both_sides() -> None:
    assert whole(NOTHING, ON)


@pytest.mark.parametrize(
    "now",
    [
        NOTHING,
        replace(ON, applications=2),
        replace(ON, accepted="b"),
        replace(ON, stored="b"),
        replace(ON, live="b"),
        replace(ON, live=None),
    ],
)
def test_whole_is_nothing_less(now: StandIns) -> None:
    assert not whole(NOTHING, now)


def test_rotated_is_whole_with_another_secret() -> None:
    assert rotated(ON, NEW)
    assert not rotated(ON, ON)
    assert not rotated(ON, replace(NEW, live="a"))


def test_off_takes_the_button_away_and_nothing_else() -> None:
    assert off(ON, replace(ON, live=None))
    assert not off(ON, ON)
    assert not off(ON, replace(NEW, live=None))


def test_looking_changes_nothing() -> None:
    assert unchanged(ON, ON)
    assert not unchanged(ON, replace(ON, live="b"))


def test_it_plays_every_command_that_the_main_job_has() -> None:
    assert [line for line, _ in SCENES] == [
        "/sso setup",
        "/sso status",
        "/sso test",
        "/sso rotate",
        "/sso disable",
        "/sso enable",
    ]
