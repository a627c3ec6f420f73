"""The settings as the database holds them (facts/rocketchat.md §0.2, §2.2)."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.ledger import Ledger
from sandbox.rocketchat.settings import Setting, SettingEvent, Settings, same


@pytest.fixture
def settings() -> Settings:
    settings = Settings(Ledger(), lambda modules: not modules)
    settings.add(Setting("Site_Name", "string", "Rocket.Chat", public=True))
    return settings


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("a", "a", True),
        (1, 1.0, True),
        (True, True, True),
        (True, 1, False),
        (0, False, False),
        ("1", 1, False),
        (None, None, True),
        ([], [], False),
    ],
)
def test_values_are_the_same_as_javascript_has_it(one: Any, other: Any, alike: bool) -> None:
    assert same(one, other) is alike


def test_who_listens_is_told_what_happened(settings: Settings) -> None:
    heard: list[tuple[SettingEvent, str, Any]] = []
    settings.listen(lambda told, setting: heard.append((told, setting.id, setting.value)))
    settings.add(Setting("Other", "string", "x"))
    settings.add(Setting("Other", "string", "y"))
    settings.write("Other", "z")
    settings.remove("Other")
    settings.remove("Other")
    assert heard == [
        (SettingEvent.INSERTED, "Other", "x"),
        (SettingEvent.UPDATED, "Other", "z"),
        (SettingEvent.REMOVED, "Other", "z"),
    ]


def test_the_database_alone_tells_nobody(settings: Settings) -> None:
    settings.listen(lambda told, setting: pytest.fail("told"))
    assert settings.store("Site_Name", "x") is True
    assert settings.store("Site_Name", "x") is False
    assert settings.delete("Site_Name") is not None
    assert settings.delete("Site_Name") is None


def test_each_write_is_in_the_ledger_as_stored() -> None:
    ledger = Ledger()
    settings = Settings(ledger, lambda _: True)
    settings.add(Setting("Site_Name", "string", ""))
    settings.write("Site_Name", "x")
    settings.remove("Site_Name")
    assert [e.body for e in ledger.of("stored")] == [
        {"_id": "Site_Name", "value": "x"},
        {"_id": "Site_Name", "removed": True},
    ]


def test_what_counts_of_a_premium_setting_is_the_invalid_value(settings: Settings) -> None:
    settings.add(Setting("Premium", "boolean", True, modules=("m",), invalid_value=False))
    assert settings.get("Premium") is False
    notice = settings.notice(SettingEvent.UPDATED, settings.find("Premium") or Setting("", "", ""))
    assert notice is not None
    assert notice.document == {"_id": "Premium", "value": False, "enterprise": True}


def test_nobody_is_told_of_a_hidden_setting(settings: Settings) -> None:
    assert settings.notice(SettingEvent.UPDATED, Setting("x", "string", "", hidden=True)) is None


def test_a_document_without_a_value_shows_none(settings: Settings) -> None:
    setting = Setting("x", "string", "default")
    setting.value = None
    assert "value" not in setting.public_document()
    assert "value" not in setting.document()
