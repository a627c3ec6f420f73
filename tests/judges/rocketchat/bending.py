"""Deliberate faults in the stand-in: what its code makes is changed on the way."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest


def bend(monkeypatch: pytest.MonkeyPatch, owner: type | ModuleType, name: str, change: Callable[[Any], Any]) -> None:
    """From now on what this function returns is changed."""
    original = getattr(owner, name)
    monkeypatch.setattr(owner, name, lambda *args, **options: change(original(*args, **options)))


def renamed(document: dict[str, Any], old: str, new: str) -> dict[str, Any]:
    """The document with one field under another name."""
    return {new if name == old else name: value for name, value in document.items()}
