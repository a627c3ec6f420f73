"""The version that the stand-in imitates, as something that can be compared."""

from __future__ import annotations

from typing import NamedTuple


class Version(NamedTuple):
    """`8.8` is `Version(8, 8)`."""

    major: int
    minor: int
    patch: int = 0

    @classmethod
    def of(cls, text: str) -> Version:
        """Reads `8.8` or `8.8.1`; ValueError for anything else."""
        major, minor, *patch = (int(part) for part in text.split("."))
        return cls(major, minor, *patch)

    @property
    def short(self) -> str:
        """Major and minor only, which is all that strangers are told."""
        return f"{self.major}.{self.minor}"

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"
