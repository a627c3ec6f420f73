"""What the channel hears of scheduled tests: little, once, and true."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.connection.unknown import Unknown
from bot.doctor import watch
from bot.doctor.incident import Decision, Edit, LookAgain, Post, WatchState
from bot.doctor.sight import FailedCheck, Sight
from bot.doctor.strip import DayResult
from bot.doctor.verdict import judge, sight_of
from bot.doctor.watch_text import summary
from tests.doctor.grounds import WHOLE
from tests.support.watched import (
    FINE,
    HOUR,
    MINUTE,
    NIGHT,
    SECOND,
    Watched,
    failing,
    flapped,
    mute,
    stem,
)

AWAY = Unknown("Encvoy ID did not answer within 10 s.", "Check that it is up.")
OUTAGE = sight_of(
    judge(
        replace(
            WHOLE, place=None, provider=AWAY, keys=AWAY, login=AWAY, application=AWAY, only_administrators=AWAY,
            ours=AWAY, random=AWAY, in_use=AWAY,
        )
    )
)  # fmt: skip
"""Encvoy ID is away, as the doctor's own catalogues see it."""


@pytest.fixture
def watched() -> Watched:
    """A watch that has seen one test pass."""
    return Watched().looked(FINE).later(15 * MINUTE)


# One incident


def test_an_outage_that_breaks_12_checks_leads_to_one_post(watched: Watched) -> None:
    assert len(OUTAGE.unchecked) == 12
    for _ in range(20):
        watched.tested(OUTAGE).later(2 * MINUTE)
    assert len(watched.posts) == 1
    text = watched.last
    assert text.startswith("✗ failed: Encvoy ID's discovery document: it cannot be read\n    Why: Encvoy ID did not")
    assert "Fix: Check that it is up." in text
    assert "… and 12 more checks cannot be made because of it: Encvoy ID's signing keys, Bot's user at" in text
    assert len(watched.messages[watched.posts[0]]) == 1, "nothing changed, so nothing was edited"


def test_what_can_never_be_checked_does_not_follow_from_a_failure() -> None:
    watched = Watched().looked(Sight(unchecked=("Secret in use",)))
    watched.tested(failing(3, unchecked=("Secret in use", "Service")))
    assert "1 more check cannot be made because of it: Service.\n" in watched.last


@pytest.mark.parametrize(
    ("sight", "line"),
    [
        (failing(3), ""),
        (failing(3, 5), "… and 1 more check fails: Check 5. `/sso test` shows how to fix everything."),
        (failing(3, 5, 7, unchecked=("A",)), "… and 2 more checks fail: Check 5, Check 7; 1 cannot be made: A. `/sso"),
    ],
)
def test_what_else_fails_is_folded_into_one_line(watched: Watched, sight: Sight, line: str) -> None:
    watched.tested(sight)
    rest = watched.last.partition("Fix: y\n")[2].splitlines()
    assert len(rest) == 2 + bool(line)
    assert rest[-1] == "Next: `/sso test`, `/sso ack`"
    assert rest[0].startswith(line or "It has failed since")


def test_a_failure_is_posted_after_a_second_look_30_seconds_later(watched: Watched) -> None:
    watched.looked(failing(3))
    assert (watched.looks, watched.posts) == ([30 * SECOND], [])
    began = watched.now
    watched.later(30 * SECOND).looked(failing(3))
    assert (watched.looks, len(watched.posts)) == ([], 1)
    assert watched.state.incident
    assert watched.state.incident.began == began


@pytest.mark.parametrize(("seconds", "left"), [(1, 29), (27, 3)])
def test_a_second_look_that_comes_too_early_confirms_nothing(watched: Watched, seconds: int, left: int) -> None:
    watched.looked(failing(3)).later(seconds * SECOND).looked(failing(3))
    assert (watched.looks, watched.posts) == ([left * SECOND], [])


def test_a_clock_that_was_set_back_does_not_put_the_second_look_off(watched: Watched) -> None:
    watched.looked(failing(3)).later(-HOUR).looked(failing(3))
    assert watched.looks == [30 * SECOND]


def test_a_second_look_that_passes_leaves_no_trace_but_the_strip(watched: Watched) -> None:
    before = watched.state
    watched.looked(failing(3)).later(30 * SECOND).looked(FINE)
    assert watched.posts == []
    assert [day.worst for day in watched.state.days] == [DayResult.UNCONFIRMED]
    assert replace(watched.state, days=(), tested_at=None) == replace(before, days=(), tested_at=None)


def test_a_bot_that_was_away_looks_again_at_its_start(watched: Watched) -> None:
    watched.looked(failing(3)).later(HOUR).ticked()
    assert watched.looks == [timedelta(0)]
    assert len(watched.looked(failing(3)).posts) == 1


def test_a_failure_over_midnight_marks_both_days() -> None:
    watched = Watched()
    watched.later(22 * HOUR - 10 * SECOND).tested(failing(3))
    assert [day.worst for day in watched.state.days] == [DayResult.FAILED, DayResult.FAILED]


def test_the_message_is_edited_only_if_its_text_changes(watched: Watched) -> None:
    assert watched.tested(failing(3)).later(MINUTE).tested(failing(3)).done == ()
    watched.tested(failing(3, 5))
    assert watched.done == (Edit(watched.posts[0], watched.last),)
    assert watched.tested(failing(5)).last.startswith("✗ failed: Check 5:")
    assert len(watched.posts) == 1


def test_the_first_test_of_all_may_find_a_failure_and_says_nothing_if_it_does_not() -> None:
    assert Watched().tested(FINE).posts == []
    assert len(Watched().tested(failing(1)).posts) == 1


# The end of it


def test_a_recovery_is_a_new_short_message_with_how_long_it_took(watched: Watched) -> None:
    watched.tested(failing(3)).later(2 * HOUR + 5 * MINUTE - 30 * SECOND).looked(FINE)
    first, second = watched.posts
    assert second == f"{first.rpartition(' ')[0]} recovered"
    assert watched.last == (
        "✓ Recovered: everything works again after 2 h 5 min. Check 3 failed from 28 Nov 02:15 UTC to 28 Nov 04:20 UTC."
    )
    assert watched.messages[first][-1].startswith(
        "✓ It works again since 28 Nov 04:20 UTC, after 2 h 5 min. What failed:\n✗ failed: Check 3: no"
    )
    assert watched.state.incident is None


def test_what_failed_of_a_connection_that_was_removed_has_not_recovered(watched: Watched) -> None:
    watched.tested(failing(3)).later(2 * HOUR + 5 * MINUTE - 30 * SECOND).looked(Sight(without_object=("Check 3",)))
    first, _ = watched.posts
    assert watched.last == (
        "• Check 3 is not checked any more: the connection was removed. "
        "It failed from 28 Nov 02:15 UTC to 28 Nov 04:20 UTC."
    )
    assert watched.messages[first][-1].startswith(
        "• There is no connection any more, as seen on 28 Nov 04:20 UTC. "
        "What had failed for 2 h 5 min:\n✗ failed: Check 3"
    )
    assert watched.state.incident is None


def test_what_failed_of_the_systems_works_again_also_without_a_connection(watched: Watched) -> None:
    watched.tested(failing(3)).later(2 * HOUR).looked(Sight(without_object=("Check 4",)))
    assert watched.last.startswith("✓ Recovered: ")


def test_a_short_outage_is_said_to_be_over_by_an_edit_and_an_hour_after_it_began_by_a_message(
    watched: Watched,
) -> None:
    watched.tested(failing(3)).later(10 * MINUTE).looked(FINE)
    assert watched.done == (Edit(watched.posts[0], watched.last),)
    changed = watched.state.changes[0]
    assert watch.due(watched.state) == changed + HOUR
    watched.waited(changed + HOUR - SECOND, FINE)
    assert len(watched.posts) == 1
    watched.waited(changed + HOUR, FINE)
    assert watched.last.startswith("✓ Recovered: everything works again after 10 min 30 s.")
    assert watch.due(watched.state) is None


def test_while_the_last_look_failed_nothing_is_said_to_have_recovered(watched: Watched) -> None:
    watched.tested(failing(3)).later(10 * MINUTE).looked(FINE)
    watched.later(50 * MINUTE - SECOND).looked(failing(3)).later(2 * SECOND).ticked()
    assert len(watched.posts) == 1
    watched.later(28 * SECOND).looked(FINE)
    assert watched.posts[-1].endswith("recovered")


@pytest.mark.parametrize("unchecked", ["Check 3", "Check 4"])
def test_a_check_that_could_not_be_made_has_not_recovered(watched: Watched, unchecked: str) -> None:
    watched.tested(failing(3)).later(2 * HOUR).looked(Sight(unchecked=(unchecked,)))
    assert watched.posts[-1].endswith("recovered") is (unchecked != "Check 3")


# A worse cause, a refused edit


def test_a_worse_first_cause_is_a_new_message_after_its_second_look(watched: Watched) -> None:
    watched.tested(failing(3)).later(MINUTE).looked(failing(1, 3))
    assert (len(watched.posts), watched.looks) == (1, [30 * SECOND])
    watched.later(30 * SECOND).looked(failing(1, 3))
    assert watched.posts == [f"{stem(watched)} 1", f"{stem(watched)} 2"]
    assert watched.last.startswith("✗ failed: Check 1: no")


def test_a_worse_cause_is_looked_at_twice_and_may_be_gone_then(watched: Watched) -> None:
    watched.tested(failing(3)).later(MINUTE).looked(failing(1, 3)).later(30 * SECOND).looked(failing(3))
    assert (watched.done, watched.state.suspected_at) == ((), None)


def test_a_cause_that_was_posted_before_is_no_new_message(watched: Watched) -> None:
    for rank in (3, 1, 3, 1, 2, 3):
        watched.tested(failing(rank)).later(MINUTE)
    assert len(watched.posts) == 2


def test_a_refused_edit_is_a_new_message_and_the_newest_is_edited_from_then_on(watched: Watched) -> None:
    watched.tested(failing(3))
    watched.edits_allowed = False
    watched.tested(failing(3, 4))
    assert watched.posts == [f"{stem(watched)} 1", f"{stem(watched)} 2"]
    assert "Check 4" in watched.last
    watched.edits_allowed = True
    watched.tested(failing(3))
    assert watched.done == (Edit(watched.posts[1], watched.last),)


def test_where_editing_is_off_a_short_outage_is_not_believed_to_go_on() -> None:
    watched = Watched(edits_allowed=False)
    watched.tested(failing(3)).later(10 * MINUTE).looked(FINE)
    assert watched.posts[-1].endswith("recovered")


def test_a_refusal_about_another_message_changes_nothing(watched: Watched) -> None:
    watched.tested(failing(3))
    for state in (watched.state, WatchState()):
        assert watch.edit_refused(state, "incident 1", watched.now) == Decision(state)


# After a crash, and what `status` shows


def test_actions_that_are_repeated_after_a_crash_have_the_same_keys(watched: Watched) -> None:
    """Later, and with a text that may differ: the key finds the message."""
    before = watched.looked(failing(3)).later(30 * SECOND).state
    first = watch.saw(before, failing(3), watched.now).actions
    again = watch.saw(before, failing(3, 4), watched.now + HOUR).actions
    keys = [action.key for action in (*first, *again) if isinstance(action, Post)]
    assert len(keys) == 2
    assert len(set(keys)) == 1


def test_status_shows_an_incident_until_it_is_over(watched: Watched) -> None:
    def first() -> str:
        return summary(watched.state, watched.now)[0]

    assert first() == "• Scheduled tests: ✓ no check has failed since 28 Nov 02:00 UTC"
    assert first_doubt(watched.looked(failing(3))).endswith("; the last test failed, which is not confirmed yet")
    watched.tested(failing(3))
    assert first() == ("• Scheduled tests: ✗ failed: Check 3: no; since 28 Nov 02:15 UTC; not acknowledged: `/sso ack`")
    watched.act(watch.acknowledged(watched.state, "anna", watched.now))
    assert first().endswith("; acknowledged by @anna")
    watched.later(MINUTE).looked(FINE)
    assert first() == "• Scheduled tests: ✓ no check has failed since 28 Nov 02:16 UTC"


def test_a_first_test_that_was_not_confirmed_is_not_counted_as_passed() -> None:
    watched = Watched().looked(failing(3)).later(30 * SECOND).looked(FINE)
    assert watched.state.since == watched.now


def first_doubt(watched: Watched) -> str:
    return summary(watched.state, watched.now)[0]


def test_status_shows_what_else_is_to_know(watched: Watched) -> None:
    assert summary(WatchState(), NIGHT)[0] == "• Scheduled tests: none has run yet"
    assert "a first failure is not confirmed yet" in first_doubt(Watched().looked(failing(1)))
    mute(flapped(watched))
    lines = summary(watched.state, watched.now + 5 * MINUTE)
    assert lines[0].endswith("; not posted")
    assert lines[1:4] == (
        "• Last tested: 28 Nov 02:18 UTC, 5 min ago",
        "• The result keeps changing: 3 times since 28 Nov 02:15 UTC",
        "• Muted until 28 Nov 04:18 UTC (maintenance)",
    )
    assert lines[4].startswith("`·····························✗`")
    assert not any("Muted" in line for line in summary(watched.state, watched.now + 3 * HOUR))


def test_a_look_too_many_is_harmless(watched: Watched) -> None:
    """An instance may be told twice of one examination."""
    watched.tested(failing(3)).looked(failing(3))
    assert watched.done == ()
    assert LookAgain(30 * SECOND) in watch.saw(watched.state, failing(1), watched.now).actions


def test_what_fails_alone_says_so() -> None:
    cause = FailedCheck("Admin room", "✗ failed: Admin room: the bot cannot see it", 4)
    assert Watched().tested(Sight((cause,))).last == (
        "✗ failed: Admin room: the bot cannot see it\nIt has failed since 28 Nov 02:00 UTC.\n"
        "Next: `/sso test`, `/sso ack`"
    )
