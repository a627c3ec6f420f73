"""Time zones as they are typed."""

from __future__ import annotations

import pytest

from bot.schedule.zones import zone_meant, zone_named


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("Europe/Madrid", "Europe/Madrid"),
        ("europe/madrid", "Europe/Madrid"),
        ("AMERICA/NEW_YORK", "America/New_York"),
        ("utc", "UTC"),
        ("Etc/GMT+5", "Etc/GMT+5"),
        ("America/Port-au-Prince", "America/Port-au-Prince"),
        ("America/Argentina/Salta", "America/Argentina/Salta"),
        ("Madrid", None),
        ("Factory", None),
        ("localtime", None),
        ("../etc/passwd", None),
        ("", None),
    ],
)
def test_a_name_of_the_database_in_any_case(typed: str, name: str | None) -> None:
    assert zone_named(typed) == name


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("Madrid", ("Europe/Madrid", 1)),
        ("madrid mon-fri", ("Europe/Madrid", 1)),
        ("New York", ("America/New_York", 2)),
        ("America/New York mon", ("America/New_York", 2)),
        ("Port of Spain", ("America/Port_of_Spain", 3)),
        ("Salta", ("America/Argentina/Salta", 1)),
        ("Louisville", ("America/Louisville", 1)),
        ("Europe/Madird", ("Europe/Madrid", 1)),
        ("Madird", ("Europe/Madrid", 1)),
        ("UTC+2", None),
        ("please", None),
        ("Mars/Phobos", None),
        ("x" * 300, None),
        ("", None),
    ],
)
def test_the_zone_that_was_probably_meant(typed: str, meant: tuple[str, int] | None) -> None:
    assert zone_meant(typed.split()) == meant
