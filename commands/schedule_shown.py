"""What `schedule` answers. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.chatops.answer import Answer
from bot.chatops.phrases import spelled
from bot.schedule.asked import spelled_days
from bot.schedule.calendar import next_times
from bot.schedule.overdue import overdue_since, secret_age
from bot.schedule.rotation import SHORT_INTERVAL
from bot.schedule.rules import EVERY_DAY, Kind, Rotation, Schedule, Slot, Verification
from bot.schedule.wording import at, between, counted, in_short
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


def everything(schedule: Schedule, proved_at: datetime | None, now: datetime) -> Answer:
    """All that is scheduled, and the age of the secret."""
    if schedule == Schedule():
        return Answer("Nothing is scheduled.", (_age(proved_at, now),), next=tuple(SUGGESTED.values()))
    lines: list[str] = []
    missing: list[str] = []
    if schedule.rotation is None:
        lines.append("• Rotations are not scheduled.")
        missing.append(SUGGESTED["rotate"])
    else:
        lines += _rotation_lines(schedule, schedule.rotation, proved_at, now)
    if schedule.verification is None:
        lines.append("• Tests are not scheduled.")
        missing.append(SUGGESTED["test"])
    else:
        lines.append(_verification_line(schedule.verification))
    if schedule.maximum is not None:
        lines.append(f"• Maximum age of the secret: {counted(schedule.maximum.days, 'day')}")
    lines.append(_age(proved_at, now))
    verdict = "✓ This is scheduled:"
    if schedule.rotation is not None and schedule.rotation.suspended is not None:
        verdict = "✗ Scheduled rotations are suspended."
    elif schedule.rotation is not None and now >= overdue_since(schedule.rotation, secret_age(schedule, proved_at)):
        verdict = "✗ The rotation is overdue."
    return Answer(verdict, tuple(lines), next=(*_fitting(schedule), *missing))


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
        lines = [f"• Next rotation: {at(rotation.slot.at, rotation.window.zone)} ({rotation.window.zone})"]
    return (*lines, _age(proved_at, now))


def rotation_set(schedule: Schedule, rotation: Rotation, zone_note: str) -> Answer:
    """Rotations are scheduled now."""
    lines = [_next_line(rotation), zone_note]
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
    return Answer(f"✓ Scheduled: I replace the client secret {_rule(rotation)}.", _told(lines), next=following)


def zone_of_the_workspace(zone: str | None) -> str:
    """Where the time zone comes from, if none was typed."""
    if zone is None:
        return (
            "• The workspace names no time zone (`Default_Timezone_For_Reporting` is not `custom`), so these times are "
            "UTC; name one in the command to change that."
        )
    return f"• {zone} is the time zone of the workspace (`Default_Custom_Timezone`)."


def test_set(number: int, schedule: Schedule) -> Answer:
    """Tests are scheduled now."""
    following = ("schedule",) if schedule.rotation else ("schedule", SUGGESTED["rotate"])
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


def off(kind: Kind) -> Answer:
    """It is not scheduled any more."""
    return Answer(f"✓ {_OFF[kind]}", next=("schedule",))


def changed(what: str, rotation: Rotation) -> Answer:
    """The next rotation is another one now."""
    return Answer(f"✓ {what}", (_next_line(rotation),), next=("schedule",))


def frozen(rotation: Rotation) -> Answer:
    """Nothing rotates on these days."""
    freeze = rotation.freeze
    assert freeze is not None
    return Answer(
        f"✓ No scheduled rotation from {freeze.first:%a} {freeze.first.day} {freeze.first:%b %Y} to "
        f"{freeze.last:%a} {freeze.last.day} {freeze.last:%b %Y}, both included. Tests go on.",
        (_next_line(rotation),),
        next=("schedule", "schedule off freeze"),
    )


def _rotation_lines(schedule: Schedule, rotation: Rotation, proved_at: datetime | None, now: datetime) -> list[str]:
    zone, by = rotation.window.zone, rotation.set_by
    lines = [
        f"• Rotation {_rule(rotation)}; set by {code(by.username)} on {at(by.at, zone)}",
        _next_line(rotation),
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
        lines.append(f"• Postponed {rotation.postponed} of 3 times")
    if (freeze := rotation.freeze) is not None:
        why = f": {quoted(freeze.reason)}" if freeze.reason else ""
        lines.append(f"• Frozen from {freeze.first:%d %b %Y} to {freeze.last:%d %b %Y}{why}")
    since = overdue_since(rotation, secret_age(schedule, proved_at))
    if now >= since:
        lines.append(f"• Overdue since {at(since, zone)}")
    return lines


def _rule(rotation: Rotation) -> str:
    window = rotation.window
    every = "day" if rotation.every == 1 else counted(rotation.every, "day")
    days = "" if window.weekdays == EVERY_DAY else f", {spelled_days(window.weekdays)}"
    return f"every {every} between {window.begins:%H:%M} and {window.ends:%H:%M} ({window.zone}{days})"


def _next_line(rotation: Rotation) -> str:
    if rotation.suspended is not None:
        return "• Next: none while it is suspended"
    zone = rotation.window.zone
    first, *later = next_times(rotation)
    drawn = first.at if isinstance(first, Slot) else first.begins
    return f"• Next: {at(drawn, zone)}, then {', '.join(between(window, zone) for window in later)}"


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


def _fitting(schedule: Schedule) -> tuple[str, ...]:
    if schedule.rotation is None:
        return ()
    if schedule.rotation.suspended is not None:
        return ("test", "rotate", "schedule resume rotate")
    return ("schedule postpone 1 day", "schedule skip")


def _told(lines: list[str]) -> tuple[str, ...]:
    return tuple(line for line in lines if line)
