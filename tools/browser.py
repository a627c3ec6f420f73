"""A real browser at the sandbox's pages: Chromium through playwright, and what somebody does with its pages.

The pages' own parser of messages gives way to the vendor's, so what is looked at is what Rocket.Chat would draw.
"""

from __future__ import annotations

import contextlib
import re
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Literal

from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Error,
    Locator,
    Page,
    Request,
    Route,
    async_playwright,
    expect,
)

from tools import vendor_parser

Scheme = Literal["light", "dark"]

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
PATIENCE = 15_000
"""Milliseconds that the browser waits for what it is told to expect."""


def chromium() -> str | None:
    """The program, whatever this machine calls it."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@contextlib.asynccontextmanager
async def launched() -> AsyncIterator[Browser]:
    """A Chromium of our own."""
    expect.set_options(timeout=PATIENCE)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        try:
            yield browser
        finally:
            await browser.close()


_MENTION = re.compile(r"^\s*@\S+ (?!✗ ALARM)")


@dataclass
class Visit:
    """Somebody with an empty browser at the sandbox. Whatever the browser complains of is kept."""

    page: Page
    url: str
    """Of Rocket.Chat."""
    complaints: list[str]

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
        await self.page.goto(self.url + path)

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
        """Types a command and waits for its result, which mentions whoever asked."""
        await self.type(line)
        return await self.result(line).inner_text()

    def result(self, to: str) -> Locator:
        """The result in the thread of the last message of this text."""
        mentions = self.page.locator(":scope > .body").filter(has_text=_MENTION)
        return self.message(to).get_by_role("group", name="Answers").get_by_role("article").filter(has=mentions).last


@contextlib.asynccontextmanager
async def visiting(browser: Browser, url: str, *, size: tuple[int, int] = DESKTOP, scheme: Scheme = "light",
                   **options: Any) -> AsyncIterator[Visit]:  # fmt: skip
    """A browser without history. When it leaves, the browser must have had nothing to complain of."""
    width, height = size
    context = await browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme, **options)
    context.set_default_timeout(PATIENCE)
    await context.route(vendor_parser.PAGES, _vendors_parser)
    try:
        yield (visit := await another_window(context, url))
    finally:
        with contextlib.suppress(Error):
            await context.close()
    assert not visit.complaints, visit.complaints


async def _vendors_parser(route: Route) -> None:
    await route.fulfill(body=vendor_parser.script(), content_type="text/javascript")


async def another_window(context: BrowserContext, url: str) -> Visit:
    """One more page of the same person."""
    visit = Visit(await context.new_page(), url, [])

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
