"""The watch of the scheduled tests: decides what the channel hears of them. Pure.

Each function returns a `Decision`. The caller carries its actions out in order and saves its state after them. After a
crash in between it starts again from the old state, so actions may be repeated: a `Post` or an `Edit` with the same key
must find the message that is there. If the verdict changes before the repetition, what was posted is not known here;
who must exclude that saves the actions, which are data, together with the state before carrying them out.

How messages are counted: an incident is posted once, and again for a worse cause or after a refused edit. A verdict
that has changed twice within an hour might be about to flap. So a recovery is shown by an edit at once, and its own
message waits until the first of the changes is an hour old. That is how flapping makes two posts: the first failure,
and that it flaps.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from bot.doctor.incident import (
    FLAPS,
    HOUR,
    REMINDERS,
    SECOND_LOOK,
    Acknowledgement,
    Action,
    Decision,
    Flapping,
    FullTest,
    Incident,
    LookAgain,
    Mute,
    WatchState,
)
from bot.doctor.owed import closing, is_held, owed
from bot.doctor.sight import SeenVersions, Sight
from bot.doctor.strip import DayResult, with_result
from bot.doctor.watch_text import folded, new_versions

EARLY = timedelta(seconds=2)
"""A second look may come so much too early: clocks differ."""


def saw(state: WatchState, sight: Sight, now: datetime) -> Decision:
    """An examination ended: `now` is its end. Every examination may be told, also one that a person asked for."""
    seen = sight.versions.or_else(state.seen)
    state = replace(state, tested_at=now, seen=seen, told=state.told.or_else(seen))
    if _is_bad_news(state, sight):
        first = state.suspected_at or now
        if now - first < SECOND_LOOK - EARLY:
            result = DayResult.FAILED if state.failing else DayResult.UNCONFIRMED
            state = replace(state, suspected_at=first, days=with_result(state.days, now, result))
            return _with(_settled(state, now), LookAgain(min(SECOND_LOOK, first + SECOND_LOOK - now)))
    elif _cannot_tell(state, sight):
        return _settled(replace(state, suspected_at=None, days=with_result(state.days, now, DayResult.FAILED)), now)
    return _settled(_accepted(state, sight, now), now)


def overheard(state: WatchState, sight: Sight, now: datetime, *, scheduled: bool) -> Decision:
    """A person's examination ended. Where no test is scheduled it opens no incident: who asked has the answer. But it
    counts for what is open."""
    return saw(state, sight, now) if scheduled or state.is_open else Decision(state)


def tick(state: WatchState, now: datetime) -> Decision:
    """Time has passed: to be called at `due`, and at the start. A `LookAgain` of this call is due at once."""
    decision = _settled(state, now)
    look_at = due(decision.state)
    return _with(decision, LookAgain(timedelta(0))) if look_at is not None and now >= look_at else decision


def due(state: WatchState) -> datetime | None:
    """When `tick` next has something to do; None: not before the next examination. What is said then is about that
    moment, so it is looked at first, once: what `saw` is told says it, or says that it is not so any more."""
    if state.suspected_at is not None:
        # Nothing is said about what is in doubt, except by the look that decides it.
        return state.suspected_at + SECOND_LOOK
    if state.mute is not None:
        return state.mute.until
    if state.flapping is not None:
        return state.changes[-1] + HOUR
    incident = state.incident
    if incident is None:
        return None
    if incident.ended is not None:
        is_waiting = is_held(state, state.changes[-1]) and not incident.refused
        return state.changes[-2] + HOUR if is_waiting else incident.ended
    if incident.going_on and incident.acknowledged is None and incident.reminded < len(REMINDERS):
        return (incident.posted_at or incident.began) + REMINDERS[incident.reminded]
    return None


def unscheduled_look(state: WatchState) -> datetime | None:
    """Where no test is scheduled: when to look whether an incident that was posted goes on. Otherwise nobody would hear
    of its end."""
    incident, tested = state.incident, state.tested_at
    return tested + HOUR if incident is not None and incident.going_on and tested is not None else None


def acknowledged(state: WatchState, by: str, now: datetime) -> Decision:
    """An administrator has seen the incident; `by` is the user name. The state stays as it is if there is none, or if
    it was acknowledged before."""
    incident = state.incident
    if incident is None or not incident.going_on or incident.acknowledged is not None:
        return Decision(state)
    return _settled(replace(state, incident=replace(incident, acknowledged=Acknowledgement(by, now))), now)


def to_acknowledge(state: WatchState) -> tuple[str, ...]:
    """The keys of all messages to which a reaction acknowledges the incident: those about it, and reminders. Some of
    the reminders may never have been posted."""
    incident = state.incident
    if incident is None or not incident.going_on:
        return ()
    keys = [incident.key_of(post) for post in range(1, incident.posts + 1)]
    reminders = range(1, len(REMINDERS) + 1)
    return (*keys, *(f"{key} reminder {number}" for key in keys for number in reminders))


def edit_refused(state: WatchState, key: str, now: datetime) -> Decision:
    """Rocket.Chat refused an `Edit` with this key. Called with the state of the decision that asked for it. If it was
    the message of the incident, a new one follows."""
    incident = state.incident
    if incident is None or incident.key != key:
        return Decision(state)
    return _settled(replace(state, incident=replace(incident, refused=True)), now)


def muted(state: WatchState, mute: Mute, now: datetime) -> Decision:
    """Until then the channel hears only of a new failure; afterwards, only what is still true is said. With `until` =
    `now` a mute ends early."""
    return _settled(replace(state, mute=mute), now)


def noticed(state: WatchState, versions: SeenVersions) -> Decision:
    """Versions were seen outside of an examination. If one has changed, everything is tested, and what `saw` is told
    then is posted, once for each change."""
    return Decision(state, (FullTest(),) if new_versions(state.seen, versions) else ())


def _settled(state: WatchState, now: datetime) -> Decision:
    """What the channel must hear so that it knows what is true, as far as it may be told now. What a mute held back is
    said after a fresh look: nobody may have looked for as long as the mute."""
    if state.mute is not None and now >= state.mute.until:
        unmuted = _said(replace(state, mute=None), now)
        return _said(state, now) if unmuted.actions and not state.is_fresh(now) else unmuted
    return _said(state, now)


def _said(state: WatchState, now: datetime) -> Decision:
    actions: list[Action] = []
    for step in owed(state):
        state, said = step(state, now)
        actions += said
    return Decision(state, tuple(actions))


def _with(decision: Decision, action: Action) -> Decision:
    return replace(decision, actions=(*decision.actions, action))


def _is_bad_news(state: WatchState, sight: Sight) -> bool:
    """Whether it needs a second look: a failure, or a worse first cause than the one that people know."""
    if not sight.failed or state.incident is None or not state.failing:
        return sight.failed
    # An incident that was not posted has 0, and nothing is worse than that: nobody waits for its cause.
    return sight.failures[0].rank < min(state.incident.worst, state.incident.cause.rank)


def _cannot_tell(state: WatchState, sight: Sight) -> bool:
    """Nothing fails, but what failed before could not be checked, because of a rate limit for example."""
    known = state.incident
    return known is not None and state.failing and not sight.failed and known.cause.check in sight.unchecked


def _accepted(state: WatchState, sight: Sight, now: datetime) -> WatchState:
    """The state after a verdict that counts."""
    began = (state.suspected_at or now) if sight.failed else now
    days = with_result(state.days, now, DayResult.FAILED if sight.failed else DayResult.PASSED)
    if sight.failed:  # the first look was marked as not confirmed
        days = with_result(days, began, DayResult.FAILED)
    before, state = state, replace(state, sight=sight, suspected_at=None, days=days)
    if not sight.failed:
        state = replace(state, unchecked=sight.unchecked)
    state = replace(state, incident=_incident(state, sight, began, now), since=state.since or began)
    if sight.failed == before.failing:
        return state
    late = (*state.late, *(closing(before.incident) if before.incident and sight.failed else ()))
    changes = (*before.changes, now)[-FLAPS:]
    flapping = state.flapping
    if flapping is not None:
        flapping = replace(flapping, changes=flapping.changes + 1)
    elif len(changes) == FLAPS and now - changes[0] < HOUR:
        flapping = Flapping(changes[0], FLAPS)
    return replace(state, since=began, late=late, changes=changes, flapping=flapping)


def _incident(state: WatchState, sight: Sight, began: datetime, now: datetime) -> Incident | None:
    """The incident after this verdict. One that nobody has heard of leaves no trace."""
    incident = state.incident
    if not sight.failed:
        if incident is None or not incident.posts:
            return None
        return replace(incident, ended=incident.ended or now, moot=incident.cause.check in sight.without_object)
    cause, line = sight.failures[0], folded(sight, state.unchecked)
    if incident is None or incident.ended is not None:
        return Incident(began, cause, line, seen_at=now)
    return replace(incident, cause=cause, folded=line, seen_at=now)
