"""Ids as Meteor makes them: short, random, without look-alikes."""

from __future__ import annotations

import secrets

_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTWXYZabcdefghijkmnopqrstuvwxyz"


def random_id(length: int = 17) -> str:
    """An id as Meteor makes them."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))
