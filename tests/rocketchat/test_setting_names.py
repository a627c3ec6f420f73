"""Settings by suffix."""

from __future__ import annotations

from bot.connection.state import ServiceName
from bot.rocketchat.names import setting_id, stored_service, stored_services
from bot.secret import Secret

NAME = ServiceName("Encvoy ID", "Encvoyid")


def setting(suffix: str, value: object, key: str = "Encvoyid") -> dict[str, object]:
    return {"_id": setting_id(key, suffix), "value": value}


def test_ids() -> None:
    assert setting_id("Encvoyid", "") == "Accounts_OAuth_Custom-Encvoyid"
    assert setting_id("Encvoyid", "token_path") == "Accounts_OAuth_Custom-Encvoyid-token_path"


def test_a_stored_service() -> None:
    service = stored_service(
        [
            setting("", True),
            setting("url", "https://id.test"),
            setting("secret", "abc"),
            setting("map_channels", False),
        ],
        NAME,
    )
    assert service is not None
    assert (service.key, service.enabled, service.secret) == ("Encvoyid", True, Secret("abc"))
    assert service.settings == {"url": "https://id.test", "map_channels": False, "merge_users_distinct_services": False}


def test_the_secret_is_not_among_the_settings() -> None:
    service = stored_service([setting("secret", "abc")], NAME)
    assert service is not None
    assert "secret" not in service.settings
    assert "abc" not in repr(service)


def test_a_switch_that_is_text_is_off() -> None:
    """Rocket.Chat drops a service whose switch is not a JSON boolean (facts/rocketchat.md §2.4)."""
    service = stored_service([setting("", "true")], NAME)
    assert service is not None
    assert not service.enabled


def test_what_is_stored_beats_what_absence_means() -> None:
    service = stored_service([setting("merge_users_distinct_services", True)], NAME)
    assert service is not None
    assert service.settings["merge_users_distinct_services"] is True


def test_services_are_told_apart() -> None:
    found = stored_services(
        [
            setting("url", "a", "Aa"),
            setting("url", "b", "Bb"),
            {"_id": "Accounts_OAuth_Github", "value": True},
            {"_id": "Accounts_OAuth_Custom-Aa-x-y", "value": "odd"},
            {"_id": "Site_Url", "value": "https://chat.test"},
        ]
    )
    assert [service.key for service in found] == ["Aa", "Bb"]
    assert "url" in found[0].settings


def test_no_service_is_none() -> None:
    assert stored_service([setting("url", "a", "Other")], NAME) is None
