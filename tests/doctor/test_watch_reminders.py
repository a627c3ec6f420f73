"""Reminders until somebody has seen it, and new versions."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.doctor import watch
from bot.doctor.incident import REMINDERS, Decision, FullTest, WatchState
from bot.doctor.sight import SeenVersions, Sight
from tests.support.watched import (
    DAY,
    FINE,
    HOUR,
    MINUTE,
    NEW,
    OLD,
    SECOND,
    Watched,
    failing,
    stem,
)

# Reminders, acknowledgement


def test_there_are_three_reminders_and_no_more(watched: Watched) -> None:
    posted = watched.tested(failing(3)).now
    watched.waited(posted + 9 * DAY, failing(3))
    first = watched.posts[0]
    assert watched.posts[1:] == [f"{first} reminder {number}" for number in (1, 2, 3)]
    assert watch.due(watched.state) is None
    one, two, three = (watched.messages[key][0] for key in watched.posts[1:])
    assert one.startswith(
        "Still failing since 28 Nov 02:15 UTC (1 h), seen again on 28 Nov 03:15 UTC:\n"
        "✗ failed: Check 3: no\n    Why: x\n    Fix: y\n"
    )
    assert "(4 h)" in two
    assert one.endswith("`/sso ack`, or a reaction to this message, acknowledges it and ends the reminders.")
    assert three.endswith("This is the last reminder.")


@pytest.mark.parametrize(("after", "number"), [(REMINDERS[0], 1), (REMINDERS[1], 2), (REMINDERS[2], 3)])
def test_a_reminder_comes_not_a_second_before(watched: Watched, after: timedelta, number: int) -> None:
    watched.tested(failing(3)).later(after - SECOND).looked(failing(3))
    assert not any(key.endswith(f"reminder {number}") for key in watched.posts)
    assert watched.later(SECOND).looked(failing(3)).posts[-1].endswith(f"reminder {number}")


# A reminder says what was seen now


def test_a_reminder_waits_for_one_look(watched: Watched) -> None:
    posted = watched.tested(failing(3)).now
    for after in REMINDERS:
        watched.now = posted + after
        heard = len(watched.posts)
        assert watched.ticked().looks == [timedelta(0)]
        assert len(watched.posts) == heard
        assert watched.looked(failing(3)).looks == []
        assert watched.ticked().looks == []
        assert len(watched.posts) == heard + 1


def test_after_a_crash_before_its_look_a_reminder_asks_again(watched: Watched) -> None:
    watched.tested(failing(3)).later(HOUR).ticked()
    assert watched.later(MINUTE).ticked().looks == [timedelta(0)]


def test_what_somebody_has_just_seen_is_not_looked_at_again(watched: Watched) -> None:
    posted = watched.tested(failing(3)).now
    watched.now = posted + HOUR - 10 * SECOND
    assert watched.looked(failing(3)).later(10 * SECOND).ticked().looks == []
    assert "seen again on 28 Nov 03:15 UTC:" in watched.last


@pytest.mark.parametrize("wait", [HOUR, 4 * HOUR, DAY])
def test_what_works_again_is_no_reminder_but_the_recovery(watched: Watched, wait: timedelta) -> None:
    posted = watched.tested(failing(3)).now
    watched.waited(posted + wait - SECOND, failing(3))
    heard = len(watched.posts)
    watched.waited(posted + 9 * DAY, FINE)
    [key] = watched.posts[heard:]
    assert key.endswith(" recovered")
    assert watched.last.startswith("✓ Recovered: everything works again after ")


def test_a_reminder_tells_what_fails_now(watched: Watched) -> None:
    watched.tested(failing(3)).waited(watched.now + HOUR, failing(5))
    assert watched.last.startswith("Still failing since 28 Nov 02:15 UTC (1 h), seen again on 28 Nov 03:15 UTC:\n")
    assert "✗ failed: Check 5: no" in watched.last


def test_a_worse_cause_that_the_look_finds_is_posted_and_reminds_of_nothing_old(watched: Watched) -> None:
    watched.tested(failing(3)).waited(watched.now + HOUR, failing(1, 3))
    assert watch.due(watched.state) == watched.now + 30 * SECOND
    assert len(watched.posts) == 1
    watched.waited(watched.now + MINUTE, failing(1, 3))
    assert watched.posts[1:] == [f"{stem(watched)} 2"]


def test_a_worse_cause_that_is_gone_at_the_second_look_leaves_the_reminder(watched: Watched) -> None:
    watched.tested(failing(3)).waited(watched.now + HOUR, failing(1, 3)).waited(watched.now + MINUTE, failing(3))
    assert watched.posts[1:] == [f"{stem(watched)} 1 reminder 1"]


def test_what_could_not_be_checked_is_not_said_to_fail_still(watched: Watched) -> None:
    watched.tested(failing(3)).later(10 * MINUTE).looked(failing(3))
    watched.waited(watched.now + HOUR, Sight(unchecked=("Check 3",)))
    assert watched.last.startswith(
        "Failing since 28 Nov 02:15 UTC when last seen, on 28 Nov 02:25 UTC; on 28 Nov 03:15 UTC it could not be "
        "checked:\n✗ failed: Check 3: no\n"
    )
    assert len(watched.posts) == 2


def test_a_recovery_that_waited_is_looked_at_before_it_is_said(watched: Watched) -> None:
    watched.tested(failing(3)).later(10 * MINUTE).looked(FINE)
    watched.now = watched.state.changes[0] + HOUR
    assert watched.ticked().looks == [timedelta(0)]
    assert len(watched.posts) == 1
    watched.tested(failing(4))
    assert not any(key.endswith("recovered") for key in watched.posts)
    assert "Check 4" in watched.last


# A person's test


def test_a_persons_test_ends_an_incident_at_once_whatever_is_scheduled(watched: Watched) -> None:
    watched.tested(failing(3)).later(2 * HOUR)
    watched.act(watch.overheard(watched.state, FINE, watched.now, scheduled=False))
    assert watched.last.startswith("✓ Recovered: everything works again after 2 h")


def test_a_persons_test_opens_no_incident_where_no_test_is_scheduled(watched: Watched) -> None:
    for known in (watched, Watched()):
        assert watch.overheard(known.state, failing(3), known.now, scheduled=False) == Decision(known.state)


def test_a_persons_test_is_looked_at_again_before_it_opens_an_incident(watched: Watched) -> None:
    watched.act(watch.overheard(watched.state, failing(3), watched.now, scheduled=True))
    assert (watched.posts, watched.looks) == ([], [30 * SECOND])
    watched.waited(watched.now + MINUTE, failing(3))
    assert len(watched.posts) == 1


def test_a_persons_test_counts_against_a_recovery_that_is_not_told_yet(watched: Watched) -> None:
    """Also where no test is scheduled: otherwise “Recovered” would follow an answer that says what fails."""
    watched.tested(failing(3)).later(10 * MINUTE).looked(FINE).later(MINUTE)
    watched.act(watch.overheard(watched.state, failing(3), watched.now, scheduled=False))
    watched.waited(watched.now + 9 * MINUTE, failing(3))
    assert not any(key.endswith("recovered") for key in watched.posts)


# Where no test is scheduled


def test_an_incident_is_looked_at_every_hour_until_it_is_over(watched: Watched) -> None:
    assert watch.unscheduled_look(watched.state) is None
    watched.tested(failing(3))
    assert watch.unscheduled_look(watched.state) == watched.now + HOUR
    watched.act(watch.acknowledged(watched.state, "anna", watched.now)).later(HOUR).looked(failing(3))
    assert watch.unscheduled_look(watched.state) == watched.now + HOUR
    watched.later(HOUR).looked(FINE)
    assert watch.unscheduled_look(watched.state) is None


def test_after_an_absence_only_the_last_of_the_missed_reminders_is_posted(watched: Watched) -> None:
    watched.tested(failing(3)).later(5 * HOUR).looked(failing(3))
    assert [key for key in watched.posts if "reminder" in key] == [f"{stem(watched)} 1 reminder 2"]


def test_an_acknowledgement_is_shown_by_an_edit_and_ends_the_reminders(watched: Watched) -> None:
    watched.tested(failing(3)).later(MINUTE).act(watch.acknowledged(watched.state, "anna", watched.now))
    assert watched.last.endswith("\nAcknowledged by @anna on 28 Nov 02:16 UTC.\nNext: `/sso test`")
    watched.waited(watched.now + 2 * DAY, failing(3)).tested(failing(3))
    assert len(watched.posts) == 1
    assert watch.acknowledged(watched.state, "bert", watched.now) == Decision(watched.state)
    watched.looked(FINE)
    assert "Acknowledged by @anna" in watched.messages[watched.posts[0]][-1]


def test_nothing_can_be_acknowledged_where_nothing_was_posted(watched: Watched) -> None:
    for known in (watched, watched.looked(failing(3)), watched.tested(failing(3)).later(MINUTE).looked(FINE)):
        assert watch.acknowledged(known.state, "anna", known.now) == Decision(known.state)
        assert watch.to_acknowledge(known.state) == ()


def test_a_name_that_would_be_markup_is_made_harmless(watched: Watched) -> None:
    watched.tested(failing(3)).act(watch.acknowledged(watched.state, "`@all`", watched.now))
    assert "@all" not in watched.last


def test_a_worse_cause_is_acknowledged_anew(watched: Watched) -> None:
    watched.tested(failing(3)).act(watch.acknowledged(watched.state, "anna", watched.now)).tested(failing(1))
    assert "Acknowledged" not in watched.last
    watched.later(HOUR).looked(failing(1))
    assert watched.posts[-1] == f"{stem(watched)} 2 reminder 1"


def test_a_reaction_to_any_message_of_the_incident_counts(watched: Watched) -> None:
    watched.tested(failing(3)).later(HOUR).looked(failing(3)).tested(failing(1))
    assert len(watched.posts) == 3
    assert set(watched.posts) <= set(watch.to_acknowledge(watched.state))


# Versions


@pytest.mark.parametrize(
    ("versions", "said"),
    [
        (NEW, "Rocket.Chat is `8.9.1` now (was `8.8.0`): ✓ No check failed."),
        (SeenVersions("8.8.0", "1.0.11"), "Encvoy ID is `1.0.11` now (was `1.0.10`): ✓ No check failed."),
        (
            SeenVersions("8.9.1", "1.0.11"),
            "Rocket.Chat is `8.9.1` now (was `8.8.0`) and Encvoy ID is `1.0.11` now (was `1.0.10`): ✓ No check failed.",
        ),
    ],
)
def test_a_new_version_is_posted_once_with_its_verdict(versions: SeenVersions, said: str) -> None:
    watched = Watched().looked(Sight(versions=OLD))
    assert watched.posts == []
    for _ in range(3):
        watched.later(MINUTE).tested(Sight(versions=versions))
    assert watched.messages == {"versions 1": [said]}
    watched.looked(Sight(versions=OLD)).looked(Sight(versions=versions))
    assert watched.posts == ["versions 1", "versions 2", "versions 3"]


@pytest.mark.parametrize("unknown", [SeenVersions(), SeenVersions(encvoy="1.0.10"), SeenVersions("8.8.0")])
def test_an_unknown_version_is_no_change(unknown: SeenVersions) -> None:
    watched = Watched()
    for versions in (unknown, OLD, unknown, OLD):
        watched.looked(Sight(versions=versions))
    assert watched.posts == []


def test_a_failure_with_a_new_version_is_one_post_that_names_both() -> None:
    watched = Watched().looked(Sight(versions=OLD)).tested(failing(3, versions=NEW)).later(MINUTE)
    watched.tested(failing(3, 4, versions=NEW))
    assert len(watched.posts) == 1
    assert watched.last.startswith("Rocket.Chat is `8.9.1` now (was `8.8.0`): ✗ failed: Check 3: no")


def test_a_new_version_during_an_incident_is_told_with_its_cause() -> None:
    watched = Watched().looked(Sight(versions=OLD)).tested(failing(3, versions=OLD)).tested(failing(3, versions=NEW))
    assert watched.last.startswith("Rocket.Chat is `8.9.1` now (was `8.8.0`): ✗ failed: Check 3")


def test_versions_that_were_seen_elsewhere_ask_for_a_full_test_until_one_was_made() -> None:
    watched = Watched().looked(Sight(versions=OLD))
    assert watch.noticed(watched.state, NEW).actions == (FullTest(),)
    assert watch.noticed(watched.state, SeenVersions(None, "1.0.10")).actions == ()
    watched.looked(Sight(versions=NEW))
    assert watch.noticed(watched.state, NEW).actions == ()
    assert watch.noticed(WatchState(), NEW).actions == ()
