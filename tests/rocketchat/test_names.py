"""A name is what Rocket.Chat makes of it, or it is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import UserError
from bot.rocketchat.names import normalised, service_name


@pytest.mark.parametrize(
    ("typed", "key", "service"),
    [
        ("Encvoy ID", "Encvoyid", "encvoyid"),
        ("encvoy-id", "Encvoyid", "encvoyid"),
        ("  Encvoy   ID ", "Encvoyid", "encvoyid"),
        ("SSO", "Sso", "sso"),
        ("2 factor", "2factor", "2factor"),
        ("id.example.org", "Idexampleorg", "idexampleorg"),
    ],
)
def test_names(typed: str, key: str, service: str) -> None:
    name = service_name(typed)
    assert (name.key, name.service) == (key, service)


def test_what_was_typed_is_kept() -> None:
    assert service_name("  Encvoy   ID ").typed == "Encvoy ID"


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("", "is empty"),
        ("   ", "is empty"),
        ("-- !", "is empty"),
        ("Энк", "left with nothing"),
        ("Вход Encvoy", "call it `Encvoy`"),
        ("Café", "drops `é`"),
        ("\u212aey", "would change this name"),
        ("٣d", "would change this name"),
        ("encvoy_id", "`Encvoyid`"),
        ("_", "Use "),
        ("x" * 41, "too long"),
        (" - " * 41 + "x", "too long"),
        ("e " * 100_000, "too long"),
        ("Google", "taken"),
        ("pass-word", "taken"),
    ],
)
def test_refused(typed: str, says: str) -> None:
    with pytest.raises(UserError, match=says) as caught:
        service_name(typed)
    assert caught.value.fix
    assert len(caught.value.text) < 300


@given(st.text(max_size=60))
def test_an_accepted_name_is_stable_and_loses_no_letter(typed: str) -> None:
    try:
        name = service_name(typed)
    except UserError:
        return
    assert normalised(name.key) == name.key
    assert name.service.isascii()
    assert name.service.isalnum()
    assert [c for c in typed.lower() if c.isalpha()] == [c for c in name.service if c.isalpha()]


@given(st.text(max_size=60))
def test_normalising_is_idempotent(typed: str) -> None:
    assert normalised(normalised(typed)) == normalised(typed)
