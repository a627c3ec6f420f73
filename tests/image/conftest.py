"""What the Dockerfile builds, once for all tests that need it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import dockerfile
from tests.support.image import Image, built, writable


@pytest.fixture(scope="session")
def root() -> Iterator[Path]:
    """The root folder of the build."""
    with built() as root:
        yield root


@pytest.fixture
def image(root: Path) -> Image:
    """With a data folder that is empty."""
    return Image(root, writable(root), dockerfile.read())
