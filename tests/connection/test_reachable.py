"""Where the two systems are: a row for each pair that can never work, may not, or is fine."""

from __future__ import annotations

import pytest

from bot.connection.profile import Profile, profile
from bot.connection.reachable import Reach, Site, doubts, reach, refuse_unreachable
from bot.connection.unknown import Unknown
from bot.errors import UserError

LEGACY, MODERN = profile((8, 8), frozenset()), profile((9, 0), frozenset({"oauth-enterprise"}))
CHAT, ID, HERE = "https://chat.example.org", "https://id.example.org", "http://localhost:3000"
NOT_SEEN = Unknown("From here it cannot be reached.")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://localhost:3000", Reach.ONE_COMPUTER),
        ("http://a.localhost", Reach.ONE_COMPUTER),
        ("http://127.8.0.1", Reach.ONE_COMPUTER),
        ("http://[::1]:3000", Reach.ONE_COMPUTER),
        ("http://[::ffff:127.0.0.1]", Reach.ONE_COMPUTER),
        ("http://0.0.0.0:3000", Reach.ONE_COMPUTER),
        ("http://10.1.2.3", Reach.ONE_NETWORK),
        ("http://172.16.0.1", Reach.ONE_NETWORK),
        ("http://172.31.255.1", Reach.ONE_NETWORK),
        ("http://192.168.1.1:81", Reach.ONE_NETWORK),
        ("http://169.254.1.1", Reach.ONE_NETWORK),
        ("http://[fd00::1]", Reach.ONE_NETWORK),
        ("http://[fe80::1]", Reach.ONE_NETWORK),
        ("http://[::ffff:10.0.0.1]", Reach.ONE_NETWORK),
        ("http://encvoy:3001", Reach.ONE_NETWORK),
        ("https://id.corp.internal", Reach.ONE_NETWORK),
        ("https://id.example.org", Reach.EVERYWHERE),
        ("http://172.32.0.1", Reach.EVERYWHERE),
        ("http://11.0.0.1", Reach.EVERYWHERE),
        ("http://192.0.2.1", Reach.EVERYWHERE),
        ("http://[2001:db8::1]", Reach.EVERYWHERE),
    ],
)
def test_reach(url: str, expected: Reach) -> None:
    assert reach(url) is expected


@pytest.mark.parametrize(
    ("site_url", "encvoy_url", "engine", "site", "says"),
    [
        (CHAT, HERE, LEGACY, Site.OURS, "points to each person's own computer"),
        ("http://10.0.0.1", "http://127.0.0.1:3001", LEGACY, Site.OURS, "points to each person's own computer"),
        (CHAT, ID, LEGACY, Site.STRANGER, "/api/info` does not respond like Rocket.Chat"),
        (f"{CHAT}/sub", ID, LEGACY, Site.STRANGER, f"{CHAT}/sub/api/info"),
        (CHAT, ID, LEGACY, Site.ANOTHER, "not the Rocket.Chat that I am connected to"),
        ("http://chat.example.org", ID, MODERN, Site.OURS, "over https only"),
        (HERE, HERE, MODERN, Site.OURS, "over https only"),
    ],
)
def test_what_can_never_work_is_refused(site_url: str, encvoy_url: str, engine: Profile, site: Site, says: str) -> None:
    with pytest.raises(UserError) as caught:
        refuse_unreachable(site_url, encvoy_url, engine, site)
    assert says in caught.value.why
    assert caught.value.fix


@pytest.mark.parametrize(
    ("site_url", "encvoy_url", "engine", "site"),
    [
        (CHAT, ID, LEGACY, Site.OURS),
        (CHAT, ID, MODERN, Site.OURS),
        (CHAT, ID, LEGACY, NOT_SEEN),
        (HERE, HERE, LEGACY, Site.OURS),
        (HERE, ID, LEGACY, Site.OURS),
        (CHAT, "http://10.0.0.1", LEGACY, Site.OURS),
        ("http://chat.example.org", ID, LEGACY, Site.OURS),
    ],
)
def test_what_may_work_is_not_refused(site_url: str, encvoy_url: str, engine: Profile, site: Site | Unknown) -> None:
    refuse_unreachable(site_url, encvoy_url, engine, site)


@pytest.mark.parametrize(
    ("site_url", "encvoy_url", "site", "says"),
    [
        (CHAT, "http://10.0.0.1", Site.OURS, "within one network"),
        (CHAT, "http://encvoy:3001", Site.OURS, "within one network"),
        (CHAT, ID, NOT_SEEN, "is not checked: From here it cannot be reached."),
    ],
)
def test_what_may_not_work_is_said(site_url: str, encvoy_url: str, site: Site | Unknown, says: str) -> None:
    (doubt,) = doubts(site_url, encvoy_url, site)
    assert says in doubt


@pytest.mark.parametrize(
    ("site_url", "encvoy_url"),
    [(CHAT, ID), (HERE, HERE), ("http://10.0.0.1", "http://10.0.0.2"), ("http://10.0.0.1", ID)],
)
def test_what_is_fine_raises_no_doubt(site_url: str, encvoy_url: str) -> None:
    assert doubts(site_url, encvoy_url, Site.OURS) == ()
