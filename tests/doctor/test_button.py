"""The button of the modern engine: what it leads to is compared with what is stored, and never repeated."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlencode

import pytest

from bot.connection.entrance import Begins
from bot.connection.ports import ServerInfo
from bot.connection.profile import profile
from bot.connection.unknown import Unknown
from bot.doctor.checks import CheckState, Finding
from bot.doctor.checks.button import catalogue
from bot.doctor.evidence import Evidence
from tests.doctor.grounds import BUSY, CONNECTION, STORED, WHOLE

PATHS = {"authorize_path": "/oidc/auth?settle=07"}
MODERN = replace(WHOLE, stored=replace(STORED, settings={**STORED.settings, **PATHS}))
QUERY = {
    "settle": "07",
    "response_type": "code",
    "client_id": "client1",
    "redirect_uri": CONNECTION.redirect_uri,
    "scope": "openid profile email",
    "state": "generated-handle",
}


def leading(base: str = "https://id.example.org/oidc/auth", **query: str) -> Begins:
    return Begins(302, f"{base}?{urlencode(QUERY | query)}")


def finding(evidence: Evidence) -> Finding:
    [found] = catalogue.judge(evidence)
    return found


@pytest.mark.parametrize("change", [{}, {"settle": "06"}, {"scope": "email openid profile"}])
def test_where_it_leads_as_stored_it_passes_whatever_the_spelling(change: dict[str, str]) -> None:
    assert finding(replace(MODERN, begins=leading(**change))).result.state is CheckState.PASSED


@pytest.mark.parametrize(
    ("begins", "named"),
    [
        (leading(client_id="another"), "client_id"),
        (leading(redirect_uri="https://moved.example.org/_oauth/encvoyid"), "redirect_uri"),
        (leading(scope="openid profile"), "scope"),
        (leading("https://id.example.org/other"), "address"),
        (leading("https://evil.example.org/oidc/auth"), "address"),
        (Begins(302, "https://[id.example.org/oidc/auth"), "address"),
    ],
)
def test_what_is_not_as_stored_is_named_and_not_repeated(begins: Begins, named: str) -> None:
    result = finding(replace(MODERN, begins=begins)).result
    assert result.state is CheckState.FAILED
    assert f"with a different {named} than the saved one" in result.evidence
    assert "generated-handle" not in f"{result}"
    assert "evil" not in f"{result}"


@pytest.mark.parametrize(
    "begins",
    [
        leading("https://id.example.org/other"),
        Begins(302, "https://proxy.example/oauth2/sign_in?rd=x"),
        Begins(302, "/login?rd=x"),
    ],
)
def test_of_another_address_it_is_not_said_whose_answer_it_is(begins: Begins) -> None:
    """Rocket.Chat may have read its settings long ago; a proxy may want people to log in to itself first."""
    result = finding(replace(MODERN, begins=begins)).result
    assert "or a proxy answers in its place" in result.cause
    assert "under /oauth/" in result.fix


def test_whoever_leads_to_the_stored_address_is_rocketchat() -> None:
    result = finding(replace(MODERN, begins=leading(client_id="another"))).result
    assert result.cause == "Rocket.Chat still uses the settings that it read before."
    assert "make Rocket.Chat read its settings again" in result.fix


@pytest.mark.parametrize("status", [200, 404, 502])
def test_one_that_leads_nowhere_begins_no_sign_in(status: int) -> None:
    result = finding(replace(MODERN, begins=Begins(status))).result
    assert result.state is CheckState.FAILED
    assert f"/oauth/encvoyid responds with {status}" in result.evidence


@pytest.mark.parametrize("begins", [BUSY, Unknown("it did not answer")])
def test_what_was_not_seen_is_not_judged(begins: Begins | Unknown) -> None:
    assert finding(replace(MODERN, begins=begins)).result.state is CheckState.SKIPPED


def test_without_its_licence_it_is_the_licence_that_is_told() -> None:
    server = ServerInfo(profile=profile((9, 0), frozenset()), site_url="https://chat.example.org")
    assert finding(replace(MODERN, server=server, begins=Begins(200))).result.state is CheckState.SKIPPED


def test_without_settings_to_compare_with_it_is_not_judged() -> None:
    assert finding(replace(MODERN, stored=BUSY, begins=leading())).result.state is CheckState.SKIPPED


@pytest.mark.parametrize("evidence", [MODERN, replace(MODERN, connection=None, begins=leading())])
def test_where_there_is_no_such_button_nothing_is_said(evidence: Evidence) -> None:
    assert catalogue.judge(evidence) == ()
