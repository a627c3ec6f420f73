"""Whether anything of an interrupted operation shows."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.connection.state import Application, Connection, LiveService, NotVisible, Observed, ServiceName, StoredService
from bot.connection.trace import assumed_before, part_shows
from bot.secret import Secret

OLD, NEW, OTHER, NONE = Secret("o" * 64), Secret("n" * 64), Secret("x" * 64), Secret("")
REST = Connection(
    id="7f3c0a1b",
    name=ServiceName("Encvoy ID", "Encvoyid"),
    site_url="https://chat.example.org",
    application_name="Rocket.Chat",
    settings={"url": "https://id.example.org", "scope": "openid"},
    client_id="client1",
    current=OLD,
)
SET_UP = replace(REST, client_id=None, current=None, pending=NEW)
ROTATED = replace(REST, pending=NEW)
STORED = StoredService("Encvoyid", True, {**REST.settings, "id": "client1"}, OLD)
BLANK = StoredService("Encvoyid", False, {"url": "", "scope": "openid"}, NONE)
BY_HAND = StoredService("Encvoyid", False, {"url": "https://id.example.org"}, OTHER)
LIVE = LiveService("encvoyid", STORED.settings)
APPLICATION = Application("client1", "n", REST.description, "d", (REST.redirect_uri,), "client_secret_post", OLD)
NOWHERE = Observed(None, None, None)
AT_REST = Observed(STORED, LIVE, APPLICATION)

CASES: dict[str, tuple[Connection | None, Connection, Observed, bool]] = {
    "setup: nothing": (None, SET_UP, NOWHERE, False),
    "setup: the service": (None, SET_UP, Observed(BLANK, None, None), True),
    "setup: its secret": (None, SET_UP, Observed(replace(BLANK, secret=NEW), None, None), True),
    "setup: a service that somebody made": (None, SET_UP, Observed(BY_HAND, None, None), False),
    "setup: an application with our description": (None, SET_UP, Observed(None, None, APPLICATION), True),
    "setup: its id was kept": (None, replace(SET_UP, client_id="c"), Observed(None, None, NotVisible("c")), True),
    "setup again, not ended": (SET_UP, SET_UP, NOWHERE, False),
    "setup again, not ended, with an application": (SET_UP, SET_UP, Observed(BLANK, None, APPLICATION), True),
    "setup again, all as it was": (REST, REST, AT_REST, False),
    "setup again, moved": (REST, replace(REST, site_url="https://new.example.org"), AT_REST, False),
    "setup again, moved, and registered": (
        REST,
        replace(REST, site_url="https://new.example.org"),
        replace(AT_REST, application=replace(APPLICATION, redirect_uris=("https://new.example.org/_oauth/encvoyid",))),
        True,
    ),
    "setup again, another setting": (REST, replace(REST, settings={**REST.settings, "scope": "x"}), AT_REST, False),
    "setup again, another setting, written": (
        replace(REST, settings={**REST.settings, "scope": "x"}),
        REST,
        AT_REST,
        True,
    ),
    "rotate: nowhere": (REST, ROTATED, AT_REST, False),
    "rotate: in Rocket.Chat": (REST, ROTATED, replace(AT_REST, stored=replace(STORED, secret=NEW)), True),
    "rotate: at Encvoy ID": (REST, ROTATED, replace(AT_REST, application=replace(APPLICATION, secret=NEW)), True),
    "rotate: on its way back": (
        REST,
        replace(REST, current=NEW, pending=OLD, undoing=True),
        AT_REST,
        True,
    ),
    "rotate: given up already": (REST, REST, AT_REST, False),
    "rotate: one that went on with another": (ROTATED, ROTATED, AT_REST, True),
    "disable: still on": (REST, replace(REST, enabled=False), AT_REST, False),
    "disable: off": (REST, replace(REST, enabled=False), replace(AT_REST, stored=replace(STORED, enabled=False)), True),
    "enable: still off": (
        replace(REST, enabled=False),
        REST,
        replace(AT_REST, stored=replace(STORED, enabled=False)),
        False,
    ),
    "enable: on": (replace(REST, enabled=False), REST, AT_REST, True),
}


@pytest.mark.parametrize("case", CASES)
def test_part_shows(case: str) -> None:
    before, desired, observed, shows = CASES[case]
    assert part_shows(before, desired, observed) is shows


@pytest.mark.parametrize(
    ("desired", "before"),
    [(SET_UP, None), (ROTATED, REST), (REST, REST), (replace(ROTATED, undoing=True), replace(ROTATED, undoing=True))],
)
def test_what_nobody_kept_is_assumed(desired: Connection, before: Connection | None) -> None:
    assert assumed_before(desired) == before
