"""Callback addresses, as Encvoy ID compares them (facts/encvoy-id.md §7, end)."""

from __future__ import annotations

import pytest

from sandbox.encvoy.callbacks import is_registered

OURS = "https://chat.example.org/_oauth/encvoyid"


@pytest.mark.parametrize(
    ("uri", "registered"),
    [
        (OURS, OURS),
        (OURS, "HTTPS://Chat.Example.ORG/_oauth/encvoyid"),
        (OURS, "https://chat.example.org:443/_oauth/encvoyid"),
        (OURS, "https://chat.example.org/x/../_oauth/./encvoyid"),
        ("http://127.0.0.1:3000/cb", "http://127.1:3000/cb"),
        ("http://chat.example.org:80", "http://chat.example.org/"),
        ("com.app://cb", "com.app://cb"),
    ],
)
def test_what_is_the_same(uri: str, registered: str) -> None:
    assert is_registered(uri, ("https://x.example/cb", registered))
    assert is_registered(registered, (uri,))


@pytest.mark.parametrize(
    "registered",
    [
        "https://chat.example.org/_OAuth/encvoyid",
        "https://chat.example.org/_oauth/encvoyid/",
        "https://chat.example.org/_oauth/encvoyid?",
        "https://chat.example.org/_oauth/en%63voyid",
        "https://chat.example.org/_oauth/encvoyid#x",
        "https://anna@chat.example.org/_oauth/encvoyid",
        "https://chat.example.org:8443/_oauth/encvoyid",
        "http://chat.example.org/_oauth/encvoyid",
        "https://chat.example.org/_oauth/encvoyid/.",
    ],
)
def test_what_is_another_address(registered: str) -> None:
    assert not is_registered(OURS, (registered,))
