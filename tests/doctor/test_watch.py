"""What the channel hears of scheduled tests: little, once, and true."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.connection.unknown import Unknown
from bot.doctor import watch
from bot.doctor.incident import REMINDERS, Decision, Edit, FullTest, LookAgain, Post, WatchState
from bot.doctor.sight import FailedCheck, SeenVersions, Sight
from bot.doctor.strip import DayResult
from bot.doctor.verdict import judge, sight_of
from bot.doctor.watch_text import summary
from tests.doctor.grounds import WHOLE
from tests.support.watched import DAY, FINE, HOUR, MINUTE, NIGHT, SECOND, Watched, failing

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
NEW = SeenVersions("8.9.1", "1.0.10")
OLD = SeenVersions("8.8.0", "1.0.10")


@pytest.fixture
def watched() -> Watched:
    """A watch that has seen one test pass."""
    return Watched().looked(FINE).later(15 * MINUTE)


def stem(watched: Watched) -> str:
    assert watched.state.incident
    return watched.state.incident.key.rpartition(" ")[0]


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


# Flapping


def test_100_flaps_lead_to_at_most_2_posts(watched: Watched) -> None:
    """The first failure, and the notice that the result keeps changing, which comes with the third change."""
    for flap in range(100):
        watched.tested(failing(3)).waited(watched.now + 4 * MINUTE, FINE)
        watched.tested(FINE).waited(watched.now + 4 * MINUTE, FINE)
        assert len(watched.posts) == (1 if flap == 0 else 2)
    first, notice = watched.posts
    assert first.startswith("incident ")
    assert watched.messages[first][-1].startswith("✓ It works again since"), "the edit of the recovery was silent"
    assert notice.startswith("flapping ")
    assert watched.last.startswith("✗ The result of the tests keeps changing: 3 times since 28 Nov 02:15 UTC.")
    watched.waited(watched.state.changes[-1] + HOUR, FINE)
    assert watched.posts[2:] == [f"{notice} over"]
    assert watched.last.startswith("✓ Stable again: no check has failed since 28 Nov 16:")
    assert "the result changed 200 times in 14 h" in watched.last


def flapped(watched: Watched) -> Watched:
    """Three changes: it fails, and the channel has heard of the flapping."""
    return watched.tested(failing(3)).later(MINUTE).tested(FINE).later(MINUTE).tested(failing(3))


def test_what_still_fails_after_an_hour_is_posted_with_its_cause(watched: Watched) -> None:
    last = flapped(watched).state.changes[-1]
    watched.waited(last + HOUR - SECOND, failing(3, 4))
    assert len(watched.posts) == 2
    watched.waited(last + HOUR, failing(3, 4))
    assert watched.posts[2:] == [f"{stem(watched)} 1"]
    assert watched.last.startswith("The result of the tests has been the same since 28 Nov 02:18 UTC, after 3 changes")
    assert ": ✗ failed: Check 3: no\n" in watched.last
    watched.later(2 * HOUR).looked(FINE)
    assert watched.posts[3:] == [f"{stem_of(watched.posts[2])} recovered"]


def stem_of(key: str) -> str:
    return key.rpartition(" ")[0]


def test_another_change_begins_the_hour_anew(watched: Watched) -> None:
    last = flapped(watched).state.changes[-1]
    watched.waited(last + 50 * MINUTE, failing(3)).tested(FINE)
    watched.waited(last + 109 * MINUTE, FINE)
    assert len(watched.posts) == 2
    assert len(watched.waited(last + 110 * MINUTE, FINE).posts) == 3


def test_a_look_before_the_hour_is_over_does_not_end_the_flapping(watched: Watched) -> None:
    last = flapped(watched).state.changes[-1]
    watched.now = last + HOUR - SECOND
    assert len(watched.looked(failing(3)).posts) == 2
    assert len(watched.later(SECOND).looked(failing(3)).posts) == 3


def test_while_it_flaps_no_cause_is_looked_at_twice_as_none_is_posted(watched: Watched) -> None:
    assert flapped(watched).later(MINUTE).looked(failing(0)).looks == []


def test_the_end_of_the_flapping_is_seen_and_not_supposed(watched: Watched) -> None:
    last = flapped(watched).state.changes[-1]
    watched.now = last + HOUR
    assert watched.ticked().looks == [timedelta(0)]
    assert len(watched.posts) == 2


def test_flapping_that_ends_with_a_recovery_leaves_no_message_that_says_it_fails(watched: Watched) -> None:
    watched.tested(failing(3)).later(2 * HOUR).tested(FINE).later(MINUTE).tested(failing(3)).later(MINUTE).tested(FINE)
    *_, second, notice = watched.posts
    assert notice.startswith("flapping ")
    assert "Now no check fails." in watched.last
    assert watched.messages[second][-1].startswith("✓ It works again")
    watched.now = watched.state.changes[-2] + HOUR
    assert watched.looked(FINE).posts[-1] == notice, "it has recovered when it is stable, and not before"


def test_changes_that_are_not_within_an_hour_are_posted_each(watched: Watched) -> None:
    for _ in range(3):
        watched.tested(failing(3)).waited(watched.now + 40 * MINUTE, failing(3))
        watched.tested(FINE).waited(watched.now + 40 * MINUTE, FINE)
    assert [key.split()[-1] for key in watched.posts] == ["1", "recovered"] * 3


# Reminders, acknowledgement


def test_there_are_three_reminders_and_no_more(watched: Watched) -> None:
    posted = watched.tested(failing(3)).now
    watched.waited(posted + 9 * DAY, failing(3))
    first = watched.posts[0]
    assert watched.posts[1:] == [f"{first} reminder {number}" for number in (1, 2, 3)]
    assert watch.due(watched.state) is None
    one, two, three = (watched.messages[key][0] for key in watched.posts[1:])
    assert one.startswith(
        "Still failing since 28 Nov 02:15 UTC (1 h):\n✗ failed: Check 3: no\n    Why: x\n    Fix: y\n"
    )
    assert "(4 h)" in two
    assert one.endswith("`/sso ack`, or a reaction to this message, acknowledges it and ends the reminders.")
    assert three.endswith("This is the last reminder.")


@pytest.mark.parametrize(("after", "number"), [(REMINDERS[0], 1), (REMINDERS[1], 2), (REMINDERS[2], 3)])
def test_a_reminder_comes_not_a_second_before(watched: Watched, after: timedelta, number: int) -> None:
    watched.tested(failing(3)).later(after - SECOND).ticked()
    assert not any(key.endswith(f"reminder {number}") for key in watched.posts)
    assert watched.later(SECOND).ticked().posts[-1].endswith(f"reminder {number}")


def test_after_an_absence_only_the_last_of_the_missed_reminders_is_posted(watched: Watched) -> None:
    watched.tested(failing(3)).later(5 * HOUR).ticked()
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
    watched.later(HOUR).ticked()
    assert watched.posts[-1] == f"{stem(watched)} 2 reminder 1"


def test_a_reaction_to_any_message_of_the_incident_counts(watched: Watched) -> None:
    watched.tested(failing(3)).later(HOUR).ticked().tested(failing(1))
    assert len(watched.posts) == 3
    assert set(watched.posts) <= set(watch.to_acknowledge(watched.state))


# Muted


def mute(watched: Watched, *, by: timedelta = 2 * HOUR) -> Watched:
    return watched.act(watch.muted(watched.state, watched.now + by, "maintenance", watched.now))


def test_a_first_failure_is_an_alarm_and_is_posted_while_muted(watched: Watched) -> None:
    assert len(mute(watched).tested(failing(3)).posts) == 1


HELD: dict[str, Callable[[Watched], object]] = {
    "an edit": lambda w: w.tested(failing(3, 4)),
    "a worse cause": lambda w: w.tested(failing(1)),
    "a recovery": lambda w: w.later(HOUR).looked(FINE),
    "a reminder": lambda w: w.later(HOUR).ticked(),
    "an acknowledgement": lambda w: w.act(watch.acknowledged(w.state, "anna", w.now)),
    "a refused edit": lambda w: w.act(watch.edit_refused(w.state, w.posts[0], w.now)),
    "flapping": lambda w: flapped(w.tested(FINE)),
    "a version": lambda w: w.tested(failing(3, versions=NEW)),
}


@pytest.mark.parametrize("what", HELD)
def test_everything_else_is_held_back_and_said_when_the_mute_ends(what: str) -> None:
    watched = Watched().looked(Sight(versions=OLD)).later(MINUTE).tested(failing(3, versions=OLD))
    until = mute(watched).state.mute
    before = {key: list(texts) for key, texts in watched.messages.items()}
    HELD[what](watched)
    assert watched.messages == before
    assert until
    assert watch.due(watched.state) == until.until
    watched.waited(until.until, watched.state.sight or FINE)
    assert watched.messages != before


def test_only_what_is_still_true_is_said_when_the_mute_ends(watched: Watched) -> None:
    watched.tested(failing(3))
    mute(watched).tested(failing(1)).later(HOUR).tested(failing(3))
    watched.act(watch.acknowledged(watched.state, "anna", watched.now)).waited(watched.now + 2 * HOUR, failing(3))
    assert len(watched.posts) == 1, "neither the worse cause, which is gone, nor a reminder"


def test_a_new_failure_while_muted_is_posted_and_the_old_message_is_closed_afterwards(watched: Watched) -> None:
    watched.tested(failing(3)).later(HOUR)
    mute(watched, by=8 * HOUR).later(HOUR).looked(FINE).later(2 * HOUR).tested(failing(4))
    old, new = watched.posts
    assert len(watched.messages[old]) == 1
    watched.act(watch.muted(watched.state, watched.now, "", watched.now))
    assert watched.messages[old][-1].startswith("✓ It works again")
    assert watched.posts == [old, new]


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
