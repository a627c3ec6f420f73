"""What the scheduler says in the report room, and how it writes times. Pure."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from bot.schedule.calendar import Occurrence
from bot.schedule.rules import MOST_MOVES, Rotation, SetBy, Slot, Verification
from bot.text import code


def at(moment: datetime, zone: str) -> str:
    """`Mon 28 Dec 2026 02:13`, in the zone."""
    local = moment.astimezone(ZoneInfo(zone))
    return f"{local:%a} {local.day} {local:%b %Y %H:%M}"


def between(slot: Slot | Occurrence, zone: str) -> str:
    """`Mon 28 Dec 2026 between 02:00 and 05:00`, in the zone."""
    begins, ends = (moment.astimezone(ZoneInfo(zone)) for moment in (slot.begins, slot.ends))
    return f"{begins:%a} {begins.day} {begins:%b %Y} between {begins:%H:%M} and {ends:%H:%M}"


def expected(rotation: Rotation, now: datetime) -> str:
    """When the next rotation begins. After its moment it waits for its check, or is being begun."""
    zone, due = rotation.window.zone, rotation.again_at or rotation.slot.at
    if rotation.operation is not None and rotation.begun:
        return "the one that is running just now"
    if now < due:
        return at(due, zone)
    if now < rotation.slot.ends:
        when = "at once" if rotation.rehearsal.passed_at else "as soon as its check has passed"
        return f"{when}, in the window that ends at {at(rotation.slot.ends, zone)}"
    return f"not known yet, since its window ended at {at(rotation.slot.ends, zone)}"


def warning(rotation: Rotation, slot: Slot) -> str:
    """An hour before a rotation."""
    zone = rotation.window.zone
    moved = "To move it: `/sso schedule postpone 1 day`. To leave it out: `/sso schedule skip`."
    if rotation.postponed >= MOST_MOVES:
        moved = f"It was postponed or left out {MOST_MOVES} times, and cannot be moved again."
    return f"• On {at(slot.at, zone)} ({zone}) I replace the client secret, as scheduled.\n{moved}"


def failed_rehearsal(rotation: Rotation, slot: Slot, failure: str) -> str:
    """The rotation will not start as things are."""
    zone = rotation.window.zone
    return (
        f"✗ The rotation scheduled for {at(slot.at, zone)} ({zone}) will not start as things are.\n{failure}\n"
        f"I check again every hour until its window ends at {at(slot.ends, zone)}.\nNext: `/sso test`"
    )


def missed(rotation: Rotation, slot: Slot, following: Slot) -> str:
    """A window that ended without a rotation; `following` is the next one."""
    zone, reason = rotation.window.zone, rotation.rehearsal.failure
    why = f"Why: the check before it never passed: {in_short(reason)}" if reason else _unexplained(rotation)
    return (
        f"✗ The rotation scheduled for {at(slot.at, zone)} ({zone}) did not happen; its window is over.\n{why}\n"
        f"The next window is on {between(following, zone)}.\nNext: `/sso test`, `/sso rotate`"
    )


def in_short(failure: str) -> str:
    """The first line of what failed, without the sign: what is to be done about it is told by `test`."""
    return failure.partition("\n")[0].removeprefix("✗ failed: ")


def _unexplained(rotation: Rotation) -> str:
    if rotation.failures:
        return f"Why: it failed; failures in a row: {rotation.failures}."
    return "Why: I was not running in this window, or could not work then."


def overdue(rotation: Rotation | None, since: datetime, days: int, maximum_days: int | None) -> str:
    """The secret should have been replaced by now."""
    zone = rotation.window.zone if rotation else "UTC"
    late = counted(days, "day")
    allowed = f" Its maximum age is {counted(maximum_days, 'day')}." if maximum_days else ""
    return (
        f"✗ The client secret is overdue for rotation by {late}: it should have been replaced by "
        f"{at(since, zone)} ({zone}).{allowed}\nNext: `/sso rotate`, `/sso schedule`"
    )


def suspended(rotation: Rotation, said: str) -> str:
    """After failures in a row; `said` is the answer of the last one, with what is true on each side."""
    verdict = said.partition("\nNext: ")[0]
    if verdict.startswith("✗ Not done"):
        verdict = f"{verdict}\nNothing was changed on either side."
    return (
        f"✗ Scheduled rotations are suspended after {rotation.failures} failures in a row. The last one said:\n"
        f"{verdict}\nFix: remove the cause, then `/sso rotate`, or `/sso schedule resume rotate`."
    )


def role_gone(rotation: Rotation) -> str:
    """Who set the schedule is no administrator any more."""
    return _role_gone("rotations", "rotate", rotation.set_by, at(rotation.set_by.at, rotation.window.zone))


def role_of_tests_gone(verification: Verification) -> str:
    """The same of the schedule of tests."""
    return _role_gone("tests", "test", verification.set_by, f"{at(verification.set_by.at, 'UTC')} (UTC)")


def _role_gone(what: str, word: str, set_by: SetBy, when: str) -> str:
    return (
        f"• The schedule of {what} was set by {code(set_by.username)} on {when}, who is no administrator any more. "
        "It goes on.\n"
        f"`/sso schedule confirm {word}` by an administrator confirms it, and `/sso schedule off {word}` ends it."
    )


def counted(number: int, noun: str) -> str:
    """`1 day`, `2 days`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
