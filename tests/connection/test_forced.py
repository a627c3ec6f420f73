"""Which settings the environment forces against us, and how its variables are named."""

from __future__ import annotations

import pytest

from bot.connection.forced import against_us, forced_by, variable
from bot.connection.state import SettingValue
from tests.connection.conftest import OLD
from tests.connection.test_plan import AT_REST


@pytest.mark.parametrize(
    ("suffix", "value", "against"),
    [
        ("token_path", "/x", True),
        ("token_path", "/oidc/token", False),
        ("scope", "email profile openid", False),
        ("secret", "another", True),
        ("secret", OLD.reveal(), False),
        ("id", "c2", True),
        ("", False, True),
        ("", True, False),
        ("button_color", "#000000", False),
    ],
)
def test_only_what_differs_is_against_us(suffix: str, value: SettingValue, against: bool) -> None:
    assert against_us(AT_REST, {suffix: value}) == ((suffix,) if against else ())


@pytest.mark.parametrize(
    ("suffix", "name"),
    [
        ("token_path", "OVERWRITE_SETTING_Accounts_OAuth_Custom-Encvoyid-token_path"),
        ("", "OVERWRITE_SETTING_Accounts_OAuth_Custom-Encvoyid"),
    ],
)
def test_the_variable_is_named(suffix: str, name: str) -> None:
    assert variable(AT_REST.name, suffix) == name
    assert f"`{name}`" in forced_by(AT_REST.name, (suffix,))


def test_no_forced_value_is_shown() -> None:
    assert "another" not in forced_by(AT_REST.name, against_us(AT_REST, {"secret": "another"}))
