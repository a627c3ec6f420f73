"""A spelling that means the same and can be told apart."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.connection.marker import COLOUR, SCOPE, meaning, next_marker, parameter_of, respells, shows, spellings
from bot.connection.state import LiveService, Marker, SettingValue, StoredService
from bot.errors import UserError
from bot.secret import Secret

COLOURS = st.text(string.hexdigits[:16], min_size=6, max_size=6).map(lambda digits: f"#{digits}")
SCOPES = st.lists(st.sampled_from(["openid", "profile", "email", "phone"]), min_size=3, max_size=4, unique=True)


def stored(**settings: SettingValue) -> StoredService:
    return StoredService("Encvoyid", True, settings, Secret("s"))


@given(colour=COLOURS, scope=SCOPES.map(" ".join))
def test_the_marker_differs_from_stored_and_live_and_last(colour: str, scope: str) -> None:
    service = stored(button_label_color=colour, scope=scope)
    first = next_marker(service, None)
    live = LiveService("encvoyid", {**service.settings, first.setting: first.spelling})
    second = next_marker(service, live, first)
    assert second.spelling not in (service.settings[second.setting], live.settings[second.setting])


@given(colour=COLOURS, scope=SCOPES.map(" ".join))
def test_the_next_one_is_the_next_in_turn(colour: str, scope: str) -> None:
    service = stored(button_label_color=colour, scope=scope)
    last = next_marker(service, None)
    every = list(spellings(last.setting, colour if last.setting == COLOUR else scope))
    turn = every.index(last.spelling)
    for at in range(turn + 1, len(every)):
        if every[at] != service.settings[last.setting]:
            last = next_marker(service, None, last)
            assert last.spelling == every[at]


@given(colour=COLOURS, scope=SCOPES.map(" ".join))
def test_the_marker_means_what_the_setting_meant(colour: str, scope: str) -> None:
    service = stored(button_label_color=colour, scope=scope)
    marker = next_marker(service, None)
    assert meaning(marker.setting, marker.spelling) == meaning(marker.setting, service.settings[marker.setting])


@pytest.mark.parametrize("setting", ["token_path", "authorize_path", COLOUR, SCOPE])
def test_only_the_spelling_of_its_own_setting_is_ignored(setting: str) -> None:
    """A parameter in another address, or a list in another order, is another value."""
    value = "/Oidc/b a?settle=07"
    plain = {"authorize_path": "/Oidc/b a", COLOUR: value.lower(), SCOPE: "/Oidc/b a?settle=07"}
    assert meaning(setting, value) == plain.get(setting, value)
    assert meaning(setting, True) is True


def test_a_setting_that_cannot_be_spelled_otherwise_has_the_one_spelling() -> None:
    assert list(spellings("token_path", "/oidc/token")) == ["/oidc/token"]


@pytest.mark.parametrize("colour", [True, None])
def test_what_is_no_text_is_passed_over(colour: SettingValue | None) -> None:
    settings: dict[str, SettingValue] = {} if colour is None else {COLOUR: colour}
    assert next_marker(stored(**settings, scope="openid profile email"), None).setting == SCOPE


def test_a_colour_with_letters_comes_first() -> None:
    assert next_marker(stored(button_label_color="#FFFFFF", scope="openid profile email"), None).setting == COLOUR


@pytest.mark.parametrize("colour", ["#000000", "", "#12345"])
def test_a_colour_without_letters_leaves_it_to_the_scope(colour: str) -> None:
    marker = next_marker(stored(button_label_color=colour, scope="openid profile email"), None)
    assert marker.setting == SCOPE
    assert sorted(marker.spelling.split()) == ["email", "openid", "profile"]


def test_a_colour_with_one_letter_has_too_few_spellings_for_a_way_back() -> None:
    service = stored(button_label_color="#00000a", scope="openid profile email")
    live = LiveService("encvoyid", {"button_label_color": "#00000A", "scope": "openid profile email"})
    assert next_marker(service, live).setting == SCOPE


def test_without_anything_to_spell_it_says_what_to_do() -> None:
    with pytest.raises(UserError, match="label colour"):
        next_marker(stored(button_label_color="#000000", scope="openid"), None)


def test_shows_is_exact() -> None:
    assert shows(Marker(COLOUR, "#fFFFFF"), {COLOUR: "#fFFFFF"})
    assert not shows(Marker(COLOUR, "#fFFFFF"), {COLOUR: "#FFFFFF"})


@pytest.mark.parametrize(
    ("there", "expected"),
    [({COLOUR: "#FFFFFF"}, True), ({COLOUR: "#fFFFFF"}, False), ({COLOUR: "#AA0000"}, False), ({}, False)],
    ids=["another spelling", "the same", "another colour", "no colour"],
)
def test_respelling_changes_the_spelling_alone(there: dict[str, SettingValue], expected: bool) -> None:
    assert respells(Marker(COLOUR, "#fFFFFF"), there) is expected


def test_every_spelling_of_a_colour_is_offered() -> None:
    assert len(set(spellings(COLOUR, "#FFFFFF"))) == 64


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("/oidc/auth?settle=07", "07"),
        ("/oidc/auth?a=1&settle=12", "12"),
        ("https://id.example.org/oidc/auth?settle=07&client_id=c1", "07"),
        ("/oidc/auth", None),
    ],
)
def test_our_parameter_is_found_in_an_address(address: str, found: str | None) -> None:
    assert parameter_of(address) == found
