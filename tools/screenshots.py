"""The pictures of the README: the sandbox's pages in a real browser, while the story is played.

python -m tools.screenshots     writes docs/images/*.png anew; needs Chromium and Node

What the bot says in them is kept beside them as text, so that a test sees when it says something else.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

import click
from aiohttp import web
from playwright.async_api import Browser, FloatRect, Locator, expect

from sandbox.faults import Fault, FaultEffect, When
from sandbox.stage import Stage, stage
from sandbox.visitor import as_seen, without_mention
from tools import vendor_parser
from tools.browser import Visit, chromium, launched, visiting
from tools.even import even, untimed

FOLDER = Path(__file__).parent.parent / "docs" / "images"
SAID = FOLDER / "said.txt"
"""The answers in the pictures, without what the steps took."""
LARGEST = 170_000
"""Bytes of one picture."""
BOT = "ssobot"
CALLBACK = "/_oauth/encvoyid"
ALARMED_WITHIN = 90_000
"""Milliseconds: the bot tries both ways before it raises an alarm, and waits longer each time while it lasts."""
ROOM, CARD, PHONE = (800, 820), (400, 680), (360, 780)
RENAME = """
(names) => {
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    for (const [from, to] of Object.entries(names)) {
      texts.currentNode.data = texts.currentNode.data.replaceAll(from, to);
    }
  }
}
"""


def main() -> int:
    """Writes them; 1 if there is no Chromium or no Node, or a picture came out too large."""
    if missing := vendor_parser.missing() or ("" if chromium() else "Chromium is not installed."):
        click.echo(missing, err=True)
        return 1
    FOLDER.mkdir(exist_ok=True)
    asyncio.run(_play())
    large = [path.name for path in FOLDER.glob("*.png") if path.stat().st_size > LARGEST]
    if large:
        click.echo(f"Larger than {LARGEST} bytes: {', '.join(large)}", err=True)
    return 1 if large else 0


async def _play() -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with stage(Path(folder)) as play, play.bot(), launched() as browser:
            await _setup(browser, play)
            await _sign_in(browser, play)
            await _failed_test(browser, play)
            _keep_what_was_said(play)
            await _alarm(browser, play)


def _keep_what_was_said(play: Stage) -> None:
    """But of the alarm, whose words are those of one outage and not of another."""
    said = (m.msg for m in play.rocketchat.chat.messages.values() if m.tmid and m.author.username == BOT)
    text = "\n".join(without_mention(as_seen(message)) for message in said)
    SAID.write_text(even(untimed(text)) + "\n", encoding="utf-8")


async def _setup(browser: Browser, play: Stage) -> None:
    async with visiting(browser, play.rocketchat.url, size=ROOM) as visit:
        await visit.act_as("Administrator")
        await visit.ask("!sso slash on")
        await visit.type("/sso setup")
        await expect(visit.answer("/sso setup")).to_have_attribute("aria-busy", "true")
        await expect(visit.answer("/sso setup")).to_contain_text("settings written")
        await _shoot(visit, play, "working")
        await expect(visit.result("/sso setup")).to_contain_text("checks passed")
        await _shoot(visit, play, "setup", above=visit.page.locator("#composer"))
    await _on_a_phone(browser, play, "setup")


async def _sign_in(browser: Browser, play: Stage) -> None:
    async with visiting(browser, play.rocketchat.url, size=CARD) as visit:
        page = visit.page
        await visit.open("/login")
        await expect(page.get_by_role("button", name="Sign in with Encvoy ID")).to_be_visible()
        await _shoot(visit, play, "login")
        await page.get_by_role("button", name="Sign in with Encvoy ID").click()
        await page.get_by_role("button", name="Continue as Plain One").click()
        await expect(page.get_by_role("heading", name="Data visible to applications")).to_be_visible()
        await _shoot(visit, play, "consent")


async def _failed_test(browser: Browser, play: Stage) -> None:
    """Somebody tidied up at Encvoy ID, and took the callback address away."""
    [application] = [c for c in play.encvoy.clients.by_id.values() if CALLBACK in str(c["redirect_uris"])]
    callbacks, application["redirect_uris"] = application["redirect_uris"], [f"https://elsewhere.example.org{CALLBACK}"]
    async with visiting(browser, play.rocketchat.url, size=ROOM) as visit:
        await visit.act_as("Administrator")
        await visit.ask("/sso test")
        await _shoot(visit, play, "test", above=visit.page.locator("#composer"))
    await _on_a_phone(browser, play, "test")
    application["redirect_uris"] = callbacks


async def _alarm(browser: Browser, play: Stage) -> None:
    """Encvoy ID goes away just when it is to switch, and is not there for the way back either."""
    away = Fault(effect=FaultEffect.DROP)

    def goes_away(_: web.Request) -> None:
        play.encvoy.faults.add(away)

    play.rocketchat.faults.add(Fault("POST", "/api/v1/settings", FaultEffect.PASS, When.AFTER, times=1, call=goes_away))
    async with visiting(browser, play.rocketchat.url, size=ROOM) as visit:
        await visit.act_as("Administrator")
        await visit.type("/sso rotate")
        await expect(visit.answer("/sso rotate")).to_contain_text("ALARM", timeout=ALARMED_WITHIN)
        await _shoot(visit, play, "alarm", above=visit.page.locator("#composer"))
        await _on_a_phone(browser, play, "alarm")
        play.encvoy.faults.remove(away)
        await expect(visit.result("/sso rotate")).to_be_visible(timeout=ALARMED_WITHIN)


async def _on_a_phone(browser: Browser, play: Stage, name: str) -> None:
    async with visiting(browser, play.rocketchat.url, size=PHONE, scheme="dark") as visit:
        await visit.act_as("Administrator")
        # As somebody sees it who comes from a notification.
        latest = visit.log.get_by_role("article").last
        await latest.evaluate("message => message.scrollIntoView({ block: 'start' })")
        await _shoot(visit, play, f"{name}-phone")


async def _shoot(visit: Visit, play: Stage, name: str, above: Locator | None = None) -> None:
    """A picture without a caret that blinks, with the ports that the demo's transcript shows; of what is `above`
    something, or of the whole window."""
    ports = {play.rocketchat.url: ":3000", play.encvoy.url: ":3001"}
    await visit.page.evaluate(RENAME, {f":{urlsplit(url).port}": port for url, port in ports.items()})
    box = await above.bounding_box() if above else None
    clip: FloatRect | None = {"x": 0, "y": 0, "width": box["width"], "height": box["y"]} if box else None
    await visit.page.screenshot(path=FOLDER / f"{name}.png", animations="disabled", caret="hide", clip=clip)


if __name__ == "__main__":
    sys.exit(main())
