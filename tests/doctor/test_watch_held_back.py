"""When the channel hears nothing for a while: the verdict flaps, or somebody muted it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from bot.doctor import watch
from bot.doctor.incident import Mute
from bot.doctor.sight import Sight
from tests.support.watched import (
    FINE,
    HOUR,
    MINUTE,
    NEW,
    OLD,
    SECOND,
    Watched,
    failing,
    flapped,
    mute,
    stem,
    stem_of,
)

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


# Muted


def test_a_first_failure_is_an_alarm_and_is_posted_while_muted(watched: Watched) -> None:
    assert len(mute(watched).tested(failing(3)).posts) == 1


def test_a_worse_cause_is_an_alarm_too(watched: Watched) -> None:
    watched.tested(failing(3))
    assert len(mute(watched).tested(failing(1)).posts) == 2


HELD: dict[str, Callable[[Watched], object]] = {
    "an edit": lambda w: w.tested(failing(3, 4)),
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
    mute(watched).tested(failing(3, 4)).later(HOUR).tested(failing(3))
    [post] = watched.posts
    watched.act(watch.acknowledged(watched.state, "anna", watched.now)).waited(watched.now + 2 * HOUR, failing(3))
    assert watched.posts == [post], "no reminder: it was acknowledged"
    assert not any("1 more check" in text for text in watched.messages[post]), "the other failure is gone"


def test_the_end_of_a_mute_is_looked_at_before_anything_is_said(watched: Watched) -> None:
    watched.tested(failing(3)).later(MINUTE)
    mute(watched).later(HOUR).looked(FINE).later(HOUR)
    assert watched.ticked().looks == [timedelta(0)]
    assert (len(watched.posts), watched.done[:-1]) == (1, ())
    watched.tested(failing(3))
    assert not any(key.endswith("recovered") for key in watched.posts)
    assert watched.state.mute is None


def test_the_end_of_a_mute_asks_for_no_look_where_nothing_was_held_back(watched: Watched) -> None:
    mute(watched).later(2 * HOUR)
    assert watched.ticked().looks == []
    assert watched.state.mute is None


def test_a_mute_that_is_ended_by_hand_asks_for_the_look_at_once(watched: Watched) -> None:
    watched.tested(failing(3)).later(MINUTE)
    mute(watched).later(HOUR).looked(FINE).later(MINUTE * 30)
    watched.act(watch.muted(watched.state, Mute(watched.now, ""), watched.now))
    assert watch.due(watched.state) == watched.now
    assert watched.ticked().looks == [timedelta(0)]
    assert watched.looked(FINE).posts[-1].endswith("recovered")


def test_a_new_failure_while_muted_is_posted_and_the_old_message_is_closed_afterwards(watched: Watched) -> None:
    watched.tested(failing(3)).later(HOUR)
    mute(watched, by=8 * HOUR).later(HOUR).looked(FINE).later(2 * HOUR).tested(failing(4))
    old, new = watched.posts
    assert len(watched.messages[old]) == 1
    watched.act(watch.muted(watched.state, Mute(watched.now, ""), watched.now))
    assert watched.messages[old][-1].startswith("✓ It works again")
    assert watched.posts == [old, new]
