"""What `schedule` answers. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.chatops.answer import Answer
from bot.chatops.phrases import spelled
from bot.schedule.adjustments import can_be_moved, standing_freeze
from bot.schedule.asked import spelled_days
from bot.schedule.calendar import next_times
from bot.schedule.overdue import overdue_since, secret_age
from bot.schedule.rotation import SHORT_INTERVAL
from bot.schedule.rules import EVERY_DAY, MOST_MOVES, Freeze, Kind, Rotation, Schedule, Verification
from bot.schedule.wording import at, between, counted, expected, in_short
from bot.text import code, quoted

SUGGESTED = {"rotate": "schedule rotate every 30 days", "test": "schedule test every 15 minutes"}
"""What may be typed where nothing is scheduled, by the second word."""
_OFF = {
    Kind.ROTATE: "Rotations are not scheduled any more.",
    Kind.TEST: "Tests are not scheduled any more.",
    Kind.MAXIMUM: "The secret has no maximum age any more.",
}


def minutes(number: int) -> timedelta:
    """The interval of tests."""
    return timedelta(minutes=number)


def everything(schedule: Schedule, proved_at: datetime | None, now: datetime, *, connected: bool = True) -> Answer:
    """All that is scheduled, and the age of the secret."""
    age = _age(proved_at, now) if connected else "• There is no connection yet, so there is no secret to replace."
    if schedule == Schedule():
        return Answer("Nothing is scheduled.", (age,), next=(_first_step(connected), SUGGESTED["test"]))
    lines: list[str] = []
    missing: list[str] = []
    if schedule.rotation is None:
        lines.append("• Rotations are not scheduled.")
        missing.append(_first_step(connected))
    else:
        lines += _rotation_lines(schedule, schedule.rotation, proved_at, now)
    if schedule.verification is None:
        lines.append("• Tests are not scheduled.")
        missing.append(SUGGESTED["test"])
    else:
        lines.append(_verification_line(schedule.verification))
    if schedule.maximum is not None:
        lines.append(f"• Maximum age of the secret: {counted(schedule.maximum.days, 'day')}")
    lines.append(age)
    verdict = "✓ This is scheduled:"
    if schedule.rotation is not None and schedule.rotation.suspended is not None:
        verdict = "✗ Scheduled rotations are suspended."
    elif schedule.rotation is not None and now >= overdue_since(schedule.rotation, secret_age(schedule, proved_at)):
        verdict = "✗ The rotation is overdue."
    following = (*_fitting(schedule, proved_at, now), *missing)
    return Answer(verdict, tuple(lines), next=following if connected else (_first_step(connected),))


def in_status(schedule: Schedule, proved_at: datetime | None, now: datetime) -> tuple[str, ...]:
    """For `status`: the next rotation and the age of the secret; nothing where nothing is scheduled."""
    if schedule == Schedule():
        return ()
    rotation = schedule.rotation
    if rotation is None:
        lines = ["• Rotations are not scheduled."]
    elif now >= overdue_since(rotation, secret_age(schedule, proved_at)):
        lines = ["• ✗ The rotation is overdue; `/sso schedule` shows since when."]
    elif rotation.suspended is not None:
        lines = ["• ✗ Scheduled rotations are suspended; `/sso schedule` shows why."]
    else:
        lines = [f"• Next rotation: {expected(rotation, now)} ({rotation.window.zone})"]
    return (*lines, _age(proved_at, now))


def rotation_set(schedule: Schedule, rotation: Rotation, zone_note: str, now: datetime) -> Answer:
    """Rotations are scheduled now."""
    lines = [_next_line(rotation, now), zone_note, _freeze_line(rotation, now)]
    if schedule.maximum is not None and schedule.maximum.days < rotation.every:
        lines.append(
            f"• Note: the maximum age is {counted(schedule.maximum.days, 'day')}, shorter than this interval, so the "
            "secret will be overdue before each rotation."
        )
    if rotation.every < SHORT_INTERVAL:
        lines.append("An hour before each, I check whether it can work, and announce it in the report room.")
    else:
        lines.append(
            "24 hours before each, I check whether it can work. An hour before, I announce it in the report room."
        )
    following = ("schedule",) if schedule.verification else ("schedule", SUGGESTED["test"])
    if rotation.suspended is not None:
        verdict = (
            f"✓ Saved, but suspended: I replace the client secret {_rule(rotation)} only once "
            "`/sso schedule resume rotate` has ended the suspension."
        )
        return Answer(verdict, _told(lines), next=("schedule resume rotate", *following))
    return Answer(f"✓ Scheduled: I replace the client secret {_rule(rotation)}.", _told(lines), next=following)


def zone_of_the_workspace(zone: str | None) -> str:
    """Where the time zone comes from, if none was typed."""
    if zone is None:
        return (
            "• The workspace names no time zone (`Default_Timezone_For_Reporting` is not `custom`), so these times are "
            "UTC; name one in the command to change that."
        )
    return f"• {zone} is the time zone of the workspace (`Default_Custom_Timezone`)."


def test_set(number: int, schedule: Schedule, *, connected: bool) -> Answer:
    """Tests are scheduled now."""
    following = ("schedule",) if schedule.rotation else ("schedule", _first_step(connected))
    return Answer(
        f"✓ Scheduled: a full test every {spelled(minutes(number)).removeprefix('1 ')}. The first one runs now.",
        ("The report room hears of it when the verdict changes.",),
        next=following,
    )


def maximum_set(days: int, schedule: Schedule, proved_at: datetime | None, now: datetime) -> Answer:
    """There is a maximum age now."""
    lines = [_age(proved_at, now)]
    if schedule.rotation is not None and schedule.rotation.every > days:
        lines.append("• Note: rotations are scheduled less often than that.")
    return Answer(
        f"✓ A secret that is older than {counted(days, 'day')} is reported as overdue.",
        _told(lines),
        next=("schedule",),
    )


def off(kind: Kind, freeze: Freeze | None = None) -> Answer:
    """It is not scheduled any more, and its freeze is gone with it."""
    lost = (f"• The freeze from {_days(freeze)} went with it: a new schedule does not have it.",) if freeze else ()
    return Answer(f"✓ {_OFF[kind]}", lost, next=("schedule",))


def changed(what: str, rotation: Rotation, now: datetime) -> Answer:
    """The next rotation is another one now."""
    return Answer(f"✓ {what}", (_next_line(rotation, now),), next=("schedule",))


def frozen(rotation: Rotation, now: datetime, before: Freeze | None = None) -> Answer:
    """Nothing rotates on these days. `before`: the freeze that stood until now."""
    freeze = rotation.freeze
    assert freeze is not None
    replaced = ""
    if before is not None and _days(before) != _days(freeze):
        replaced = f"• This replaces the freeze from {_days(before)}: there is one at a time."
    return Answer(
        f"✓ No scheduled rotation from {freeze.first:%a} {freeze.first.day} {freeze.first:%b %Y} to "
        f"{freeze.last:%a} {freeze.last.day} {freeze.last:%b %Y}, both included. Tests go on.",
        _told([replaced, _next_line(rotation, now)]),
        next=("schedule", "schedule off freeze"),
    )


def _rotation_lines(schedule: Schedule, rotation: Rotation, proved_at: datetime | None, now: datetime) -> list[str]:
    zone, by = rotation.window.zone, rotation.set_by
    lines = [
        f"• Rotation {_rule(rotation)}; set by {code(by.username)} on {at(by.at, zone)}",
        _next_line(rotation, now),
    ]
    if rotation.suspended is not None:
        lines.append(
            f"• Suspended since {at(rotation.suspended.since, zone)}: {rotation.suspended.reason} "
            "`/sso schedule resume rotate` ends that, and so does a successful `/sso rotate`."
        )
    if rotation.operation is not None:
        lines.append("• A rotation is running just now")
    if rotation.again_at is not None:
        lines.append(f"• The last try failed; the next one is at {at(rotation.again_at, zone)}")
    if rotation.rehearsal.passed_at is not None:
        lines.append(f"• The check before it passed on {at(rotation.rehearsal.passed_at, zone)}")
    elif rotation.rehearsal.failure:
        lines.append(f"• The check before it failed: {in_short(rotation.rehearsal.failure)}")
    if rotation.postponed:
        lines.append(f"• Postponed or left out {rotation.postponed} of {MOST_MOVES} times")
    if frozen_days := _freeze_line(rotation, now):
        lines.append(frozen_days)
    since = overdue_since(rotation, secret_age(schedule, proved_at))
    if now >= since:
        lines.append(f"• Overdue since {at(since, zone)}")
    return lines


def _rule(rotation: Rotation) -> str:
    window = rotation.window
    every = "day" if rotation.every == 1 else counted(rotation.every, "day")
    days = "" if window.weekdays == EVERY_DAY else f", {spelled_days(window.weekdays)}"
    return f"every {every} between {window.begins:%H:%M} and {window.ends:%H:%M} ({window.zone}{days})"


def _freeze_line(rotation: Rotation, now: datetime) -> str:
    """Empty if no freeze is on or to come."""
    freeze = standing_freeze(rotation, now)
    if freeze is None:
        return ""
    return f"• Frozen from {_days(freeze)}" + (f": {quoted(freeze.reason)}" if freeze.reason else "")


def _days(freeze: Freeze) -> str:
    return f"{freeze.first:%d %b %Y} to {freeze.last:%d %b %Y}"


def _first_step(connected: bool) -> str:
    """What to type where no rotation is scheduled: without a connection there is none to schedule."""
    return SUGGESTED["rotate"] if connected else "setup"


def _next_line(rotation: Rotation, now: datetime) -> str:
    if rotation.suspended is not None:
        return "• Next: none while it is suspended"
    zone = rotation.window.zone
    later = ", ".join(between(window, zone) for window in next_times(rotation)[1:])
    return f"• Next: {expected(rotation, now)}, then {later}"


def _verification_line(verification: Verification) -> str:
    every = spelled(verification.every).removeprefix("1 ")
    by = verification.set_by
    return (
        f"• Test every {every}; set by {code(by.username)} on {at(by.at, 'UTC')}; "
        f"next at {at(verification.due_at, 'UTC')} (UTC)"
    )


def _age(proved_at: datetime | None, now: datetime) -> str:
    if proved_at is None:
        return "• Age of the secret: unknown; `/sso rotate` replaces it"
    return (
        f"• Age of the secret: {counted(max(0, (now - proved_at).days), 'day')}, proved on {at(proved_at, 'UTC')} (UTC)"
    )


def _fitting(schedule: Schedule, proved_at: datetime | None, now: datetime) -> tuple[str, ...]:
    """Only what would not be refused."""
    if schedule.rotation is None:
        return ()
    if schedule.rotation.suspended is not None:
        return ("test", "rotate", "schedule resume rotate")
    known = secret_age(schedule, proved_at)
    moves = {"schedule postpone 1 day": 1, "schedule skip": schedule.rotation.every}
    return tuple(words for words, days in moves.items() if can_be_moved(schedule.rotation, days, known, now))


def _told(lines: list[str]) -> tuple[str, ...]:
    return tuple(line for line in lines if line)
