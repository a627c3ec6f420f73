"""What the channel reads of the scheduled tests. Pure.

A text about something that goes on holds no duration: an edit is made only if its text changes.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bot.doctor.incident import REMINDERS, Flapping, Incident, WatchState
from bot.doctor.sight import SeenVersions, Sight
from bot.doctor.strip import strip
from bot.text import code, defuse

_UNITS = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))


def lasting(duration: timedelta) -> str:
    """A duration in its two largest units: `2 h 5 min`, `30 s`."""
    left = max(0, int(duration.total_seconds()))
    counts: list[tuple[int, str]] = []
    for seconds, unit in _UNITS:
        number, left = divmod(left, seconds)
        counts.append((number, unit))
    first = next((place for place, (number, _) in enumerate(counts) if number), len(counts) - 1)
    shown = [f"{number} {unit}" for number, unit in counts[first : first + 2] if number]
    return " ".join(shown) or "0 s"


def moment(at: datetime) -> str:
    """`28 Nov 02:00 UTC`"""
    there = at.astimezone(UTC)
    return f"{there.day} {there:%b %H:%M} UTC"


def folded(sight: Sight, usual: tuple[str, ...]) -> str:
    """One line for what failed or could not be checked besides the first cause. `usual`: what can never be checked, so
    it does not follow from the failure."""
    more = tuple(failure.check for failure in sight.failures[1:])
    unmade = tuple(name for name in sight.unchecked if name not in usual)
    if not more:
        return f"… and {_more(len(unmade))} cannot be made because of it: {', '.join(unmade)}." if unmade else ""
    fails = f"… and {_more(len(more))} {'fails' if len(more) == 1 else 'fail'}: {', '.join(more)}"
    rest = f"; {len(unmade)} cannot be made: {', '.join(unmade)}" if unmade else ""
    return f"{fails}{rest}. `/sso test` shows how to fix everything."


def _more(number: int) -> str:
    return "1 more check" if number == 1 else f"{number} more checks"


def of_incident(incident: Incident) -> str:
    """The message of an incident, whether it goes on, is acknowledged, or has ended."""
    preface = f"{incident.preface}: " if incident.preface else ""
    lines = [f"{preface}{incident.cause.line}", incident.folded]
    if incident.ended is None:
        lines.append(f"It has failed since {moment(incident.began)}.")
    else:
        lasted = lasting(incident.ended - incident.began)
        lines.insert(
            0,
            f"• There is no connection any more, as seen on {moment(incident.ended)}. What had failed for {lasted}:"
            if incident.moot
            else f"✓ It works again since {moment(incident.ended)}, after {lasted}. What failed:",
        )
    if incident.acknowledged is not None:
        by = defuse(incident.acknowledged.by)
        lines.append(f"Acknowledged by @{by} on {moment(incident.acknowledged.at)}.")
    if incident.ended is None:
        lines.append(f"Next: `/sso test`{'' if incident.acknowledged else ', `/sso ack`'}")
    return "\n".join(line for line in lines if line)


def recovered(incident: Incident, ended: datetime) -> str:
    """The new message at the end of an incident."""
    if incident.moot:
        return (
            f"• {incident.cause.check} is not checked any more: the connection was removed. It failed from "
            f"{moment(incident.began)} to {moment(ended)}."
        )
    return (
        f"✓ Recovered: everything works again after {lasting(ended - incident.began)}. "
        f"{incident.cause.check} failed from {moment(incident.began)} to {moment(ended)}."
    )


def reminder(incident: Incident, number: int, looked: datetime) -> str:
    """A reminder of an incident that nobody has acknowledged; `number` counts from 1. It names the time of the look,
    because it may be delivered late."""
    last = " This is the last reminder." if number == len(REMINDERS) else ""
    began, seen_at = incident.began, incident.seen_at or incident.began
    if seen_at >= looked:
        seen = f"Still failing since {moment(began)} ({lasting(looked - began)}), seen again on {moment(looked)}:"
    else:
        seen = (
            f"Failing since {moment(began)} when last seen, on {moment(seen_at)}; "
            f"on {moment(looked)} it could not be checked:"
        )
    return (
        f"{seen}\n"
        f"{incident.cause.line}\n"
        f"`/sso ack`, or a reaction to this message, acknowledges it and ends the reminders.{last}"
    )


def of_flapping(flapping: Flapping, state: WatchState) -> str:
    """The one message about a verdict that keeps changing."""
    failures = state.sight.failures if state.sight else ()
    now = f"Now {failures[0].check} fails." if failures else "Now no check fails."
    return (
        f"✗ The result of the tests keeps changing: {flapping.changes} times since {moment(flapping.began)}. {now} "
        "The next message comes when it has stayed the same for an hour; `/sso test` shows what is true until then."
    )


def settled(flapping: Flapping, since: datetime) -> str:
    """What is true after the flapping; a failure follows it."""
    return (
        f"the result of the tests has been the same since {moment(since)}, "
        f"after {flapping.changes} changes in {lasting(since - flapping.began)}"
    )


def settled_well(flapping: Flapping, since: datetime) -> str:
    """The message after the flapping, if nothing fails."""
    return (
        f"✓ Stable again: no check has failed since {moment(since)}. Before that, the result changed "
        f"{flapping.changes} times in {lasting(since - flapping.began)}."
    )


def new_versions(before: SeenVersions, now: SeenVersions) -> str:
    """Such as: Rocket.Chat is 8.9.1 now (was 8.8.0); empty: nothing changed that was known before."""
    pairs = (("Rocket.Chat", before.rocketchat, now.rocketchat), ("Encvoy ID", before.encvoy, now.encvoy))
    return " and ".join(
        f"{name} is {code(new, 30)} now (was {code(old, 30)})"
        for name, old, new in pairs
        if old is not None and new is not None and old != new
    )


def verdict_of(sight: Sight) -> str:
    """The verdict after a change of version."""
    return sight.failures[0].line if sight.failures else "✓ No check failed."


def summary(state: WatchState, now: datetime, *, scheduled: bool = True) -> tuple[str, ...]:
    """What `status` shows: a line for each thing, the strip last. `scheduled`: whether tests are. If not, only what is
    not over is shown: nobody knows the rest any more."""
    goes_on = state.incident is not None and state.incident.ended is None
    lines: list[str] = []
    if scheduled and state.tested_at is None:
        lines.append("• Scheduled tests: none has run yet")
    elif scheduled:
        lines.append(f"• Scheduled tests: {_verdict(state)}")
    elif goes_on:
        lines.append(f"• Tests are not scheduled; I look at this failure until it is over: {_verdict(state)}")
    if state.tested_at is not None and (scheduled or goes_on):
        lines.append(f"• Last tested: {moment(state.tested_at)}, {lasting(now - state.tested_at)} ago")
    if (flapping := state.flapping) is not None:
        lines.append(f"• The result keeps changing: {flapping.changes} times since {moment(flapping.began)}")
    if state.mute is not None and now < state.mute.until:
        reason = f" ({defuse(state.mute.reason)})" if state.mute.reason else ""
        lines.append(f"• Muted until {moment(state.mute.until)}{reason}")
    return (*lines, strip(state.days, now)) if scheduled else tuple(lines)


def _verdict(state: WatchState) -> str:
    if state.since is None:
        return "✗ a first failure is not confirmed yet"
    since, incident = f"since {moment(state.since)}", state.incident
    if incident is None or incident.ended is not None:
        doubt = "; the last test failed, which is not confirmed yet" if state.suspected_at else ""
        return f"✓ no check has failed {since}{doubt}"
    first = incident.cause.line.partition("\n")[0]
    if incident.acknowledged is not None:
        return f"{first}; {since}; acknowledged by @{defuse(incident.acknowledged.by)}"
    return f"{first}; {since}; {'not acknowledged: `/sso ack`' if incident.posts else 'not posted'}"
