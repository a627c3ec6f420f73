"""A browser at the pages of a `World`, and checks of its pages."""

from __future__ import annotations

import contextlib
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser

from tests.support.world import World
from tools import browser as tool
from tools.browser import DESKTOP, Scheme, launched

AUDIT = (Path(__file__).parent / "audit.js").read_text(encoding="utf-8")
"""Run in a page: what is wrong with it for people who see little, tap with a thumb, or hear it read out."""

IN_A_BROWSER = [pytest.mark.needs("chromium", "node"), pytest.mark.asyncio(loop_scope="session")]
"""The marks of a module that drives it: the browser lives for the whole session, and so does its loop."""
PHONE = (320, 568)
"""The narrowest phone that is still in use."""


@dataclass
class Visit(tool.Visit):
    """A person with a browser at the sandbox of a world."""

    world: World

    def forgive(self, pattern: str) -> None:
        """A complaint that the test itself provoked; there must have been one."""
        before = len(self.complaints)
        self.overlook(pattern)
        assert len(self.complaints) < before, f"nothing like {pattern} was complained of"

    def overlook(self, pattern: str) -> None:
        """Complaints that the test may provoke, and that may be absent."""
        self.complaints[:] = [complaint for complaint in self.complaints if not re.search(pattern, complaint)]


@contextlib.asynccontextmanager
async def visiting(browser: Browser, world: World, **options: Any) -> AsyncIterator[Visit]:
    """See `tools.browser.visiting`."""
    async with tool.visiting(browser, world.rocketchat.url, **options) as visit:
        yield Visit(visit.page, visit.url, visit.complaints, world)


async def another_window(visit: Visit) -> Visit:
    """One more page of the same person."""
    other = await tool.another_window(visit.page.context, visit.url)
    return Visit(other.page, other.url, other.complaints, visit.world)


__all__ = ["AUDIT", "DESKTOP", "IN_A_BROWSER", "PHONE", "Scheme", "Visit", "another_window", "launched", "visiting"]
