"""What goes wrong on the way: a lost connection, a second window, foreign text, a login that is over."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, Route, expect

from sandbox.faults import Fault
from sandbox.rocketchat.people import User
from tests.support.browser import IN_A_BROWSER, Visit, another_window, visiting
from tests.support.world import World, world_at

pytestmark = IN_A_BROWSER

LOST = "No connection to Rocket.Chat. Trying again …"


def say(world: World, text: str, role: str = "admin") -> None:
    """Somebody elsewhere says something in the room."""
    chat, person = world.rocketchat.chat, world.rocketchat.person(role)
    chat.post(chat.rooms.find("sso-admins"), person.id, text)


@contextlib.asynccontextmanager
async def held(page: Page, url: str) -> AsyncIterator[None]:
    """While the block lasts the requests to `url` wait."""
    over = asyncio.Event()

    async def hold(route: Route) -> None:
        await over.wait()
        await route.continue_()

    await page.route(url, hold)
    try:
        yield
    finally:
        over.set()


async def test_it_comes_back_by_itself_and_shows_what_was_said_meanwhile(visit: Visit) -> None:
    sockets, status = visit.world.rocketchat.sockets, visit.page.locator("#connection")
    await visit.act_as("Administrator")
    sockets.refuse()
    sockets.cut()
    await expect(status).to_have_text(LOST)
    await visit.type("typed meanwhile")
    await expect(visit.problem).to_have_text(
        "Not sent: there is no connection to Rocket.Chat. What you typed stays here."
    )
    await expect(visit.box).to_have_value("typed meanwhile")
    say(visit.world, "said meanwhile")
    sockets.accept()
    await expect(status).to_have_text("Connected again. What you typed is not sent yet.")
    await expect(visit.problem).to_be_hidden()
    await expect(visit.message("said meanwhile")).to_have_count(1)
    await visit.box.press("Enter")
    await expect(visit.message("typed meanwhile")).to_have_count(1)
    visit.overlook("WebSocket")


async def test_the_line_stays_in_view_on_a_screen_that_a_keyboard_has_made_low(visit: Visit) -> None:
    await visit.page.set_viewport_size({"width": 320, "height": 256})
    await visit.act_as("Administrator")
    visit.world.rocketchat.sockets.refuse()
    visit.world.rocketchat.sockets.cut()
    await visit.type("typed meanwhile")
    await expect(visit.problem).to_be_visible()
    await expect(visit.page.locator("#connection")).to_have_text(LOST)
    await expect(visit.box).to_be_in_viewport(ratio=1)
    await expect(visit.page.get_by_role("button", name="Send")).to_be_in_viewport(ratio=1)
    visit.overlook("WebSocket")


async def test_what_was_deleted_meanwhile_is_gone(visit: Visit) -> None:
    say(visit.world, "soon deleted")
    await visit.act_as("Administrator")
    await expect(visit.message("soon deleted")).to_be_visible()
    sockets, chat = visit.world.rocketchat.sockets, visit.world.rocketchat.chat
    sockets.refuse()
    sockets.cut()
    await expect(visit.page.locator("#connection")).to_have_text(LOST)
    [message] = [m for m in chat.messages.values() if m.msg == "soon deleted"]
    chat.delete(message.author.id, message)
    sockets.accept()
    await expect(visit.message("soon deleted")).to_have_count(0)
    visit.overlook("WebSocket")


async def test_a_message_is_sent_once_though_its_answer_was_lost(visit: Visit) -> None:
    await visit.act_as("Administrator")
    chat, sockets = visit.world.rocketchat.chat, visit.world.rocketchat.sockets
    chat.listen(
        lambda event: sockets.cut() if getattr(event, "message", None) and event.message.msg == "once" else None
    )
    await visit.type("once")
    await expect(visit.page.locator("#connection")).to_have_text("Connected again.")
    await expect(visit.log.get_by_text("once", exact=True)).to_have_count(1)
    assert [m.msg for m in chat.messages.values()].count("once") == 1


FOREIGN = {
    "<img src=x onerror=alert(1)><script>alert(1)</script>": "<img src=x onerror=alert(1)><script>alert(1)</script>",
    "[press](javascript:alert(1)) ![x](https://elsewhere.example/x.png)": "press x",
    "`<b>code</b>` *<i>bold</i>*": "<b>code</b> <i>bold</i>",
    "```\n</code></pre><script>alert(1)</script>\n```": "</code></pre><script>alert(1)</script>",
}
"""Hostile text, and what is read of it: a link leads to a page or nowhere, and nothing is fetched."""


async def test_foreign_text_stays_text(visit: Visit) -> None:
    await visit.act_as("Administrator")
    for text in FOREIGN:
        say(visit.world, text)
    bodies = visit.log.locator("article[data-author=admin] .body")
    await expect(bodies).to_have_count(len(FOREIGN))
    assert [text.strip() for text in await bodies.all_inner_texts()] == list(FOREIGN.values())
    assert await bodies.locator("img, script, i, b").count() == 0
    links = bodies.locator("a")
    assert [await link.get_attribute("href") for link in await links.all()] == [None, "https://elsewhere.example/x.png"]


async def test_what_the_bot_writes_is_set_in_bold_code_and_lists(visit: Visit) -> None:
    await visit.act_as("Administrator")
    say(visit.world, "*bold* `code *not bold*` 2*3*4\n- one\n- `two`\n1. first\n```\n*as it is*\n```\n✗ failed: it")
    body = visit.log.locator("article .body").last
    await expect(body.locator("strong")).to_have_text(["bold", "3"])
    await expect(body.locator("code")).to_have_text(["code *not bold*", "two", "*as it is*"])
    await expect(body.locator("ul > li")).to_have_text(["one", "two"])
    await expect(body.locator("ol > li")).to_have_text(["first"])
    await expect(body.locator(".bad")).to_have_text("✗ failed: it")


async def test_an_edit_and_a_deletion_elsewhere_are_seen(visit: Visit) -> None:
    await visit.act_as("Administrator")
    say(visit.world, "first")
    await expect(visit.message("first")).to_be_visible()
    chat = visit.world.rocketchat.chat
    [message] = [m for m in chat.messages.values() if m.msg == "first"]
    chat.edit(message.author.id, message, "second")
    await expect(visit.message("second")).to_contain_text("edited")
    chat.delete(message.author.id, message)
    await expect(visit.message("second")).to_have_count(0)


async def test_another_window_follows_who_is_logged_in(visit: Visit) -> None:
    await visit.act_as("Administrator")
    other = await another_window(visit)
    await other.open()
    await other.loaded()
    await expect(other.page.locator("summary")).to_have_text("admin")
    await other.page.locator("summary").click()
    await other.page.get_by_role("button", name="Continue as Plain Member").click()
    for window in (other, visit):
        await expect(window.page.locator("summary")).to_have_text("member")
    await visit.page.bring_to_front()
    await visit.page.locator("summary").click()
    await visit.page.get_by_role("button", name="Log out").click()
    for window in (visit, other):
        await expect(window.page).to_have_title("Login: Rocket.Chat")
    assert other.complaints == []


async def test_a_reload_in_the_middle_of_an_operation_loses_nothing(visit: Visit) -> None:
    await visit.act_as("Administrator")
    await visit.type("!sso setup")
    await expect(visit.answer("!sso setup")).to_be_visible()
    await visit.page.reload()
    await visit.loaded()
    await expect(visit.answer("!sso setup")).to_contain_text("checks passed")


async def test_an_answer_that_is_heard_of_before_its_question_is_put_below_it(visit: Visit) -> None:
    await visit.act_as("Administrator")
    chat, bot = visit.world.rocketchat.chat, visit.world.rocketchat.person("bot")
    question = chat.post(chat.rooms.find("sso-admins"), visit.world.rocketchat.person("admin").id, "question")
    answer = chat.post(chat.rooms.find("sso-admins"), bot.id, "… working", tmid=question.id)
    async with held(visit.page, "**/groups.history?*"):
        await visit.page.reload()
        await visit.type("connected")
        await expect(visit.message("connected")).to_be_visible()
        chat.edit(bot.id, answer, "answer")
        await expect(visit.message("answer")).to_be_visible()
    await visit.loaded()
    await expect(visit.answer("question")).to_contain_text("answer")
    await expect(visit.message("answer")).to_have_count(0)


async def test_a_line_that_is_typed_while_the_room_is_still_being_opened_is_sent(visit: Visit) -> None:
    await visit.act_as("Administrator")
    async with held(visit.page, "**/api/v1/me"):
        await visit.page.reload()
        await visit.type("typed at once")
        await expect(visit.box).to_have_value("")
    await expect(visit.message("typed at once")).to_be_visible()


async def test_a_login_that_is_over_leads_to_the_login_page(visit: Visit) -> None:
    await visit.act_as("Plain Member")
    member: User = visit.world.rocketchat.person("member")
    member.tokens.clear()
    visit.world.rocketchat.sockets.cut()
    await expect(visit.page).to_have_title("Login: Rocket.Chat")
    assert await visit.page.evaluate("localStorage.getItem('Meteor.loginToken')") is None


async def test_a_room_that_somebody_may_not_see_is_said_to_be_so(visit: Visit) -> None:
    await visit.act_as("Plain Member")
    await visit.open("/channel/board")
    await expect(visit.problem).to_have_text(
        "member cannot see #board: there is no such room, or it is private and they are not in it."
    )
    visit.forgive("400")


async def test_a_server_that_is_too_busy_says_when_to_try_again(visit: Visit) -> None:
    await visit.act_as("Plain Member")
    busy = '{"success": false, "error": "You must wait 7 seconds before trying this endpoint again."}'
    visit.world.rocketchat.faults.add(Fault("GET", "/api/v1/rooms.info", status=429, body=busy, times=1))
    await visit.page.reload()
    await expect(visit.problem).to_contain_text("You must wait 7 seconds")
    visit.forgive("429")
    await visit.page.get_by_role("button", name="Try again").click()
    await visit.loaded()


async def test_a_connection_that_falls_silent_is_given_up(visit: Visit) -> None:
    await visit.page.clock.install()
    await visit.act_as("Administrator")
    visit.world.rocketchat.sockets.freeze()
    await visit.page.clock.fast_forward(20_000)
    await expect(visit.page.locator("#connection")).to_be_empty()
    await visit.page.clock.fast_forward(10_000)
    await expect(visit.page.locator("#connection")).to_have_text(LOST)
    visit.world.rocketchat.sockets.thaw()
    await visit.page.get_by_role("button", name="Try now").click()
    await expect(visit.page.locator("#connection")).to_have_text("Connected again.")


async def test_a_login_page_that_was_left_open_shows_the_new_button_when_it_is_seen_again(visit: Visit) -> None:
    await visit.open("/login")
    await visit.world.ask("setup")
    button = visit.page.get_by_role("button", name="Sign in with Encvoy ID")
    await expect(button).to_be_hidden()
    await visit.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    await expect(button).to_be_visible()


@pytest.mark.parametrize("kind", ["below a path", "over TLS"])
async def test_a_workspace(chromium: Browser, tmp_path: Path, kind: str) -> None:
    options: dict[str, Any] = {"path": "/chat"} if kind == "below a path" else {"tls": tmp_path}
    async with (
        world_at(tmp_path, **options) as world,
        world.play.bot(),
        visiting(chromium, world, ignore_https_errors=True) as visit,
    ):
        await visit.act_as("Administrator")
        assert visit.page.url == f"{world.rocketchat.url}/channel/sso-admins"
        await visit.ask("!sso setup")
        await visit.open("/login")
        await visit.page.get_by_role("button", name="Sign in with Encvoy ID").click()
        await visit.page.get_by_role("button", name="Continue as Plain One").click()
        await visit.page.get_by_role("heading", name="Data visible").wait_for()
        await visit.page.get_by_role("button", name="Allow").click()
        await visit.page.get_by_role("heading", name="Access to your data").wait_for()
        await visit.page.get_by_role("button", name="Allow").click()
        await expect(visit.page.get_by_role("heading", name="Logged in as plain1")).to_be_visible()
        assert visit.page.url == f"{world.rocketchat.url}/home"
