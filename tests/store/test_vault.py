"""Encryption at rest."""

from __future__ import annotations

import pytest
from cryptography.fernet import Fernet

from bot.secret import Secret, new_secret
from bot.store.vault import Undecipherable, Vault


def fresh() -> Secret:
    return Secret(Fernet.generate_key().decode())


def test_what_is_sealed_can_be_opened(vault: Vault) -> None:
    secret = new_secret()
    sealed = vault.seal(secret, "7f3c0001", "current")
    assert vault.open(sealed, "7f3c0001", "current") == secret
    assert secret.reveal() not in sealed


@pytest.mark.parametrize("place", [("7f3c0002", "current"), ("7f3c0001", "pending")])
def test_a_ciphertext_is_bound_to_its_place(place: tuple[str, str], vault: Vault) -> None:
    with pytest.raises(Undecipherable, match="a different place"):
        vault.open(vault.seal(new_secret(), "7f3c0001", "current"), *place)


def test_the_first_key_encrypts_and_all_decrypt() -> None:
    old, new = fresh(), fresh()
    secret = new_secret()
    before = Vault([old]).seal(secret, "r", "c")
    both = Vault([new, old])
    assert both.open(before, "r", "c") == secret
    assert Vault([new]).open(both.seal(secret, "r", "c"), "r", "c") == secret


@pytest.mark.parametrize("sealed", ["", "not a ciphertext"])
def test_what_no_key_opens_says_what_to_do(sealed: str, vault: Vault) -> None:
    with pytest.raises(Undecipherable, match="back into SSOBOT_KEYS"):
        vault.open(sealed, "r", "c")


def test_what_an_older_key_encrypted_is_told_from_what_the_first_did() -> None:
    old, new = fresh(), fresh()
    both = Vault([new, old])
    assert both.sealed_by_first(both.seal(new_secret(), "r", "c"))
    assert not both.sealed_by_first(Vault([old]).seal(new_secret(), "r", "c"))
