"""A real browser at the sandbox's pages: Chromium through playwright, and what somebody does with its pages."""

from __future__ import annotations

import contextlib
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Error,
    Locator,
    Page,
    Request,
    async_playwright,
    expect,
)

from tests.support import needs
from tests.support.world import World

Scheme = Literal["light", "dark"]

AUDIT = (Path(__file__).parent / "audit.js").read_text(encoding="utf-8")
"""Run in a page: what is wrong with it for people who see little, tap with a thumb, or hear it read out."""

IN_A_BROWSER = [pytest.mark.needs("chromium"), pytest.mark.asyncio(loop_scope="session")]
"""The marks of a module that drives it: the browser lives for the whole session, and so does its loop."""
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESKTOP = (1000, 720)
PHONE = (320, 568)
"""The narrowest phone that is still about."""
PATIENCE = 15_000
"""Milliseconds that the browser waits for what it is told to expect."""


@contextlib.asynccontextmanager
async def launched() -> AsyncIterator[Browser]:
    """A Chromium of our own."""
    expect.set_options(timeout=PATIENCE)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=needs.chromium(), args=FLAGS)
        try:
            yield browser
        finally:
            await browser.close()


@dataclass
class Visit:
    """Somebody with an empty browser at the sandbox. Whatever the browser complains of is kept."""

    page: Page
    world: World
    complaints: list[str] = field(default_factory=list)

    def forgive(self, pattern: str) -> None:
        """A complaint that the test itself provoked; there must have been one."""
        before = len(self.complaints)
        self.overlook(pattern)
        assert len(self.complaints) < before, f"nothing like {pattern} was complained of"

    def overlook(self, pattern: str) -> None:
        """Complaints that may come of what the test provoked, and need not."""
        self.complaints = [complaint for complaint in self.complaints if not re.search(pattern, complaint)]

    @property
    def box(self) -> Locator:
        """The line to type into."""
        return self.page.get_by_role("textbox", name="Message to #sso-admins")

    @property
    def log(self) -> Locator:
        """The messages."""
        return self.page.get_by_role("log", name="Messages in #sso-admins")

    @property
    def problem(self) -> Locator:
        """What went wrong, in words."""
        return self.page.get_by_role("alert")

    async def open(self, path: str = "/") -> None:
        """Goes to a page of Rocket.Chat."""
        await self.page.goto(self.world.rocketchat.url + path)

    async def act_as(self, person: str) -> None:
        """From the login page into the room with one press: `Administrator` or `Plain Member`."""
        await self.open("/login")
        await self.page.get_by_role("button", name=f"Continue as {person}").click()
        await self.loaded()

    async def loaded(self) -> None:
        """The room is there, with what was said in it."""
        await expect(self.log).to_have_attribute("aria-live", "polite")

    async def type(self, line: str) -> None:
        """Types a line and presses Enter."""
        await self.box.fill(line)
        await self.box.press("Enter")

    def message(self, text: str) -> Locator:
        """The last message in the room, not in a thread, whose text is this."""
        # An answer may quote a line that is typed later: only what the message itself says counts.
        own = self.page.locator(":scope > .body").filter(has_text=re.compile(rf"^\s*{re.escape(text)}\s*$"))
        return self.log.locator("> article").filter(has=own).last

    def answer(self, to: str) -> Locator:
        """The answer in the thread of the last message of this text."""
        return self.message(to).get_by_role("group", name="Answers").get_by_role("article").last

    async def ask(self, line: str) -> str:
        """Types a command and waits for its whole answer."""
        await self.type(line)
        await expect(self.answer(line)).not_to_have_attribute("aria-busy", "true")
        return await self.answer(line).inner_text()


@contextlib.asynccontextmanager
async def visiting(browser: Browser, world: World, *, size: tuple[int, int] = DESKTOP, scheme: Scheme = "light",
                   **options: Any) -> AsyncIterator[Visit]:  # fmt: skip
    """A browser without history. When it leaves, the browser must have had nothing to complain of."""
    width, height = size
    context = await browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme, **options)
    context.set_default_timeout(PATIENCE)
    try:
        yield (visit := await another_window(context, world))
    finally:
        with contextlib.suppress(Error):
            await context.close()
    assert not visit.complaints, visit.complaints


async def another_window(context: BrowserContext, world: World) -> Visit:
    """One more page of the same person."""
    visit = Visit(await context.new_page(), world)

    def said(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            visit.complaints.append(f"console: {message.text} {message.location.get('url', '')}")

    def failed(request: Request) -> None:
        # Whoever leaves a page lets go of what it was waiting for; that is no failure.
        if request.failure != "net::ERR_ABORTED":
            visit.complaints.append(f"failed: {request.url} {request.failure}")

    visit.page.on("console", said)
    visit.page.on("pageerror", lambda error: visit.complaints.append(f"uncaught: {error}"))
    visit.page.on("requestfailed", failed)
    return visit
