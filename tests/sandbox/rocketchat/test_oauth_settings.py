"""Names and settings of custom OAuth services (facts/rocketchat.md §2.1, §2.2)."""

from __future__ import annotations

import pytest

from sandbox.ledger import Ledger
from sandbox.rocketchat.oauth_settings import (
    FIELDS,
    add_service,
    key,
    normalised,
    service_settings,
    setting_ids,
)
from sandbox.rocketchat.settings import Settings

KEY = key("Encvoyid")


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("Encvoy ID", "Encvoyid"),
        ("encvoy-id", "Encvoyid"),
        ("ENCVOY", "Encvoy"),
        ("a_b", "A_b"),
        ("ключ", ""),
        ("x.y/z 1", "Xyz1"),
    ],
)
def test_names_are_normalised(given: str, name: str) -> None:
    assert normalised(given) == name


def test_every_setting_of_a_service_is_there_with_its_default() -> None:
    made = {setting.id: setting for setting in service_settings("Encvoyid", gated=False)}
    assert list(made) == setting_ids("Encvoyid") == [KEY, *(f"{KEY}-{f.suffix}" for f in FIELDS)]
    assert len(made) == 30
    assert made[KEY].value is False
    assert made[f"{KEY}-token_path"].value == "/oauth/token"
    assert made[f"{KEY}-show_button"].value is True


@pytest.mark.parametrize(("gated", "modules"), [(False, ()), (True, ("oauth-enterprise",))])
def test_the_switch_is_gated_from_9_on(gated: bool, modules: tuple[str, ...]) -> None:
    switch, *others = service_settings("Encvoyid", gated=gated)
    assert switch.modules == modules
    assert {s.id.removeprefix(f"{KEY}-") for s in others if s.modules} == {f.suffix for f in FIELDS if f.premium}


def test_past_the_instances_they_are_made_once() -> None:
    settings = Settings(Ledger(), lambda _: True)
    add_service(settings, "Encvoyid", gated=False)
    settings.write(f"{KEY}-url", "https://id.example")
    add_service(settings, "Encvoyid", gated=False)
    add_service(settings, "Encvoyid2", gated=False)
    assert settings.get(f"{KEY}-url") == "https://id.example"
    assert {s.id for s in settings} == {*setting_ids("Encvoyid"), *setting_ids("Encvoyid2")}
