"""What the channel has to hear so that it knows what is true, in small steps. Pure.

Each step looks at the state alone, so what was held back is said later if it is still true, and not otherwise. What is
said because time has passed is said only after a fresh look: see `bot.doctor.watch.due`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from bot.doctor.incident import HOUR, REMINDERS, Action, Edit, Incident, Post, WatchState, keyed
from bot.doctor.watch_text import (
    new_versions,
    of_flapping,
    of_incident,
    recovered,
    reminder,
    settled,
    settled_well,
    verdict_of,
)

Said = tuple[WatchState, tuple[Action, ...]]
"""The state after a step, and what the step says."""
OwedStep = Callable[[WatchState, datetime], Said]


def owed(state: WatchState) -> tuple[OwedStep, ...]:
    """The steps that may speak now. Muted, a new failure is an alarm, and so is a worse cause."""
    if state.mute is not None:
        return (_first_failure, _worse_cause)
    return (
        _late_edits,
        _flapping_over,
        _flapping,
        _first_failure,
        _worse_cause,
        _refused_edit,
        _edit,
        _recovery,
        _reminder,
        _versions,
    )


def is_held(state: WatchState, now: datetime) -> bool:
    """Whether one more change would be flapping."""
    return len(state.changes) > 1 and now - state.changes[-2] < HOUR


def closing(incident: Incident) -> tuple[Edit, ...]:
    """The edit that says in an incident's message that it has ended, if it does not say so yet."""
    text = of_incident(incident)
    if not incident.posts or incident.refused or incident.shown == text:
        return ()
    return (Edit(incident.key, text),)


def _late_edits(state: WatchState, now: datetime) -> Said:
    return replace(state, late=()), state.late


def _flapping_over(state: WatchState, now: datetime) -> Said:
    """An hour after the last change, if it was looked at then and there is no doubt."""
    flapping, tested = state.flapping, state.tested_at
    if flapping is None or tested is None or state.suspected_at is not None or tested - state.changes[-1] < HOUR:
        return state, ()
    state, since = replace(state, flapping=None), state.changes[-1]
    if state.incident is not None and state.incident.ended is None:
        # The first post of this incident follows.
        return replace(state, incident=replace(state.incident, preface=settled(flapping, since))), ()
    edits = closing(state.incident) if state.incident else ()
    text = settled_well(flapping, since)
    return replace(state, incident=None), (*edits, Post(f"{keyed('flapping', flapping.began)} over", text))


def _flapping(state: WatchState, now: datetime) -> Said:
    if state.flapping is None or state.flapping.told or state.suspected_at is not None:
        return state, ()
    incident, edits = state.incident, tuple[Edit, ...]()
    if incident is not None and incident.ended is not None:
        edits = closing(incident)
        incident = None
    post = Post(keyed("flapping", state.flapping.began), of_flapping(state.flapping, state))
    return replace(state, incident=incident, flapping=replace(state.flapping, told=True)), (*edits, post)


def _first_failure(state: WatchState, now: datetime) -> Said:
    incident = state.incident
    if incident is None or incident.posts or state.flapping is not None:
        return state, ()
    versions = new_versions(state.told, state.seen)
    preface = ", and ".join(part for part in (versions, incident.preface) if part)
    preface = preface[:1].upper() + preface[1:]
    state, said = _posted(state, replace(incident, preface=preface, posted_at=now, worst=incident.cause.rank))
    return (replace(state, told=state.seen) if versions else state), said


def _worse_cause(state: WatchState, now: datetime) -> Said:
    incident = state.incident
    if incident is None or not incident.going_on or incident.cause.rank >= incident.worst:
        return state, ()
    worse = replace(incident, posted_at=now, worst=incident.cause.rank)
    return _posted(state, replace(worse, preface="", reminded=0, acknowledged=None))


def _refused_edit(state: WatchState, now: datetime) -> Said:
    """A new message in place of one that cannot be edited."""
    incident = state.incident
    if incident is None or not incident.going_on or not incident.refused:
        return state, ()
    return _posted(state, incident)


def _posted(state: WatchState, incident: Incident) -> Said:
    text = of_incident(incident)
    incident = replace(incident, posts=incident.posts + 1, shown=text, refused=False)
    return replace(state, incident=incident), (Post(incident.key, text),)


def _edit(state: WatchState, now: datetime) -> Said:
    incident = state.incident
    if incident is None or not (edits := closing(incident)):
        return state, ()
    return replace(state, incident=replace(incident, shown=of_incident(incident))), edits


def _recovery(state: WatchState, now: datetime) -> Said:
    """It waits for the second look at bad news, and while one more change would be flapping. Where its message could
    not be edited, the channel would believe the failure until then, so it does not wait for that."""
    incident = state.incident
    if incident is None or incident.ended is None or state.suspected_at is not None or not state.is_fresh(now):
        return state, ()
    if is_held(state, now) and not incident.refused:
        return state, ()
    text = recovered(incident, incident.ended)
    return replace(state, incident=None), (Post(f"{keyed('incident', incident.began)} recovered", text),)


def _reminder(state: WatchState, now: datetime) -> Said:
    """One at most: of those that were missed, the last. It tells what was seen now, so it waits for a second look."""
    incident, looked = state.incident, state.tested_at
    if incident is None or not incident.going_on or incident.posted_at is None or incident.acknowledged is not None:
        return state, ()
    if looked is None or state.suspected_at is not None or not state.is_fresh(now):
        return state, ()
    number = sum(now - incident.posted_at >= after for after in REMINDERS)
    if number <= incident.reminded:
        return state, ()
    post = Post(f"{incident.key} reminder {number}", reminder(incident, number, looked))
    return replace(state, incident=replace(incident, reminded=number)), (post,)


def _versions(state: WatchState, now: datetime) -> Said:
    if state.flapping is not None or state.suspected_at is not None or state.sight is None:
        return state, ()
    if not (changed := new_versions(state.told, state.seen)):
        return state, ()
    number = state.versions_told + 1
    post = Post(f"versions {number}", f"{changed}: {verdict_of(state.sight)}")
    return replace(state, told=state.seen, versions_told=number), (post,)
