"""Moments as people read them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_UNITS = ((timedelta(days=1), "days"), (timedelta(hours=1), "hours"), (timedelta(minutes=1), "minutes"))


def utc(moment: datetime) -> str:
    """`2026-11-24 09:30 UTC`, of an aware time."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def ago(moment: datetime, now: datetime) -> str:
    """`just now` (less than two minutes), `119 minutes ago`, `2 hours ago`, `47 hours ago`, `2 days ago`: in the
    largest unit of which two have passed."""
    passed = now - moment
    return next((f"{passed // unit} {name} ago" for unit, name in _UNITS if passed // unit >= 2), "just now")


def when(moment: datetime, now: datetime) -> str:
    """`2026-11-24 09:30 UTC (2 days ago)`."""
    return f"{utc(moment)} ({ago(moment, now)})"
