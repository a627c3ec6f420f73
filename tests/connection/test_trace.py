"""Whether anything of an interrupted operation shows."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.connection.plan import Scope
from bot.connection.state import (
    EMAIL,
    LOGIN,
    Application,
    Connection,
    LiveService,
    NotVisible,
    Observed,
    ServiceName,
    StoredService,
)
from bot.connection.trace import Shown, assumed_before, shown
from bot.connection.unknown import Unknown
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

MOVED = replace(REST, site_url="https://new.example.org")
REGISTERED = replace(APPLICATION, redirect_uris=("https://new.example.org/_oauth/encvoyid",))
WITHOUT_EMAIL = replace(REST, rules=frozenset({LOGIN}))
OFF = replace(AT_REST, stored=replace(STORED, enabled=False))
PART, PERHAPS, NOTHING = Shown.PART, Shown.PERHAPS, Shown.NOTHING

CASES: dict[str, tuple[Connection | None, Connection, Observed, Shown]] = {
    "setup: nothing": (None, SET_UP, NOWHERE, NOTHING),
    "setup: a blank service, as anybody makes one": (None, SET_UP, Observed(BLANK, None, None), PERHAPS),
    "setup: its secret": (None, SET_UP, Observed(replace(BLANK, secret=NEW), None, None), PART),
    "setup: a service that somebody made": (None, SET_UP, Observed(BY_HAND, None, None), NOTHING),
    "setup: a service without a secret, on": (
        None,
        SET_UP,
        Observed(replace(BLANK, enabled=True), None, None),
        NOTHING,
    ),
    "setup: an application with our description": (None, SET_UP, Observed(None, None, APPLICATION), PART),
    "setup: its id was kept": (None, replace(SET_UP, client_id="c"), Observed(None, None, NotVisible("c")), PART),
    "setup again, not ended": (SET_UP, SET_UP, NOWHERE, PERHAPS),
    "setup again, not ended, with what an earlier one made": (
        SET_UP,
        SET_UP,
        Observed(BLANK, None, APPLICATION),
        PERHAPS,
    ),
    "setup again, not ended, moved, with what an earlier one made": (
        SET_UP,
        replace(SET_UP, site_url="https://new.example.org"),
        Observed(BLANK, None, APPLICATION),
        PERHAPS,
    ),
    "setup again, not ended, moved, with a service of its secret": (
        SET_UP,
        replace(SET_UP, site_url="https://new.example.org"),
        Observed(replace(BY_HAND, secret=NEW), None, None),
        PERHAPS,
    ),
    "setup again, not ended, with an application that it made": (
        SET_UP,
        replace(SET_UP, client_id="client1"),
        Observed(BLANK, None, APPLICATION),
        PART,
    ),
    "setup again, not ended, and proved": (
        replace(SET_UP, client_id="client1"),
        replace(REST, current=NEW),
        Observed(STORED, None, APPLICATION),
        PART,
    ),
    "setup again, all as it was": (REST, REST, AT_REST, PERHAPS),
    "setup again, moved": (REST, MOVED, AT_REST, NOTHING),
    "setup again, moved, and registered, as anybody may": (
        REST,
        MOVED,
        replace(AT_REST, application=REGISTERED),
        PERHAPS,
    ),
    "setup again, another setting": (REST, replace(REST, settings={**REST.settings, "scope": "x"}), AT_REST, NOTHING),
    "setup again, another setting, written, as anybody may": (
        replace(REST, settings={**REST.settings, "scope": "x"}),
        REST,
        AT_REST,
        PERHAPS,
    ),
    "setup again, without e-mail": (
        REST,
        WITHOUT_EMAIL,
        replace(AT_REST, application=replace(APPLICATION, rules=frozenset({LOGIN, EMAIL}))),
        NOTHING,
    ),
    "setup again, without e-mail, and its rule is off": (
        REST,
        WITHOUT_EMAIL,
        replace(AT_REST, application=replace(APPLICATION, rules=frozenset({LOGIN}))),
        PERHAPS,
    ),
    "setup again, with an application in the place of a lost one": (
        REST,
        replace(REST, client_id="client2"),
        replace(AT_REST, application=replace(APPLICATION, client_id="client2")),
        PART,
    ),
    "setup again, with one in its place that no record names": (
        REST,
        MOVED,
        replace(AT_REST, application=replace(APPLICATION, client_id="client2")),
        PERHAPS,
    ),
    "rotate: nowhere": (REST, ROTATED, AT_REST, NOTHING),
    "rotate: in Rocket.Chat": (REST, ROTATED, replace(AT_REST, stored=replace(STORED, secret=NEW)), PART),
    "rotate: at Encvoy ID": (REST, ROTATED, replace(AT_REST, application=replace(APPLICATION, secret=NEW)), PART),
    "rotate: on its way back": (
        REST,
        replace(REST, current=NEW, pending=OLD, undoing=True),
        AT_REST,
        PART,
    ),
    "rotate: given up already": (REST, REST, AT_REST, PERHAPS),
    "rotate: one that went on with another": (ROTATED, ROTATED, AT_REST, PART),
}
GONE, FRESH_GONE = replace(REST, absent=True), replace(SET_UP, absent=True)
REMOVED: dict[str, tuple[Connection | None, Connection, Observed, Shown]] = {
    "all is there": (REST, GONE, AT_REST, NOTHING),
    "off": (REST, GONE, OFF, PART),
    "off, as it was before": (replace(REST, enabled=False), replace(GONE, enabled=False), OFF, NOTHING),
    "no service": (REST, GONE, Observed(None, None, APPLICATION), PART),
    "no service, and nobody can see the application": (REST, GONE, Observed(None, None, Unknown("away")), PART),
    "no application": (REST, GONE, Observed(STORED, LIVE, None), PART),
    "nothing": (REST, GONE, NOWHERE, PART),
    "of an exchange, all is there": (ROTATED, replace(ROTATED, absent=True), AT_REST, PART),
    "of one that was never set up, a service": (SET_UP, FRESH_GONE, Observed(BLANK, None, None), NOTHING),
    "of one that was never set up, an application": (SET_UP, FRESH_GONE, Observed(None, None, APPLICATION), NOTHING),
    "of one that was never set up, the service alone, and there was an application": (
        replace(SET_UP, client_id="client1"),
        replace(FRESH_GONE, client_id="client1"),
        Observed(BLANK, None, None),
        PART,
    ),
    "of one that was never set up, nothing": (SET_UP, FRESH_GONE, NOWHERE, PART),
    "again, all is there": (GONE, GONE, AT_REST, PART),
    "and then wanted again": (GONE, REST, OFF, PART),
}
SWITCHED: dict[str, tuple[Connection | None, Connection, Observed, Shown]] = {
    "disable: still on": (REST, replace(REST, enabled=False), AT_REST, NOTHING),
    "disable: off": (REST, replace(REST, enabled=False), OFF, PART),
    "disable: still on, while an exchange is not ended": (ROTATED, replace(ROTATED, enabled=False), AT_REST, NOTHING),
    "enable: still off": (replace(REST, enabled=False), REST, OFF, NOTHING),
    "enable: on": (replace(REST, enabled=False), REST, AT_REST, PART),
    "enable again, switched off by hand": (REST, REST, OFF, PERHAPS),
}


@pytest.mark.parametrize("case", CASES)
def test_what_shows_of_an_operation(case: str) -> None:
    before, desired, observed, expected = CASES[case]
    assert shown(before, desired, observed) is expected


@pytest.mark.parametrize("case", REMOVED)
def test_what_shows_of_a_removal(case: str) -> None:
    before, desired, observed, expected = REMOVED[case]
    assert shown(before, desired, observed) is expected


@pytest.mark.parametrize("case", SWITCHED)
def test_what_shows_of_a_switch(case: str) -> None:
    before, desired, observed, expected = SWITCHED[case]
    assert shown(before, desired, observed, Scope.SWITCH) is expected


@pytest.mark.parametrize(
    ("desired", "before"),
    [(SET_UP, None), (ROTATED, REST), (REST, REST), (replace(ROTATED, undoing=True), replace(ROTATED, undoing=True))],
)
def test_what_nobody_kept_is_assumed(desired: Connection, before: Connection | None) -> None:
    assert assumed_before(desired) == before
