"""The whole story before a browser's eyes: from `/sso setup` to somebody who came in by the new button."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from playwright.async_api import Browser, expect

from sandbox.demo import whole
from tests.support.browser import IN_A_BROWSER, Visit, visiting
from tests.support.world import REAL_SETTLE, SERVICE, world_at

pytestmark = IN_A_BROWSER

WATCH = """
() => {
  const log = document.getElementById('log');
  window.working = {};
  window.heard = [];
  new MutationObserver(() => {
    const busy = log.querySelectorAll('[aria-busy=true]');
    for (const { id, innerText } of busy) (window.working[id] ??= []).push(innerText);
  }).observe(log, { childList: true, subtree: true });
  new MutationObserver((changes) => {
    for (const { addedNodes } of changes) for (const { textContent } of addedNodes) window.heard.push(textContent);
  }).observe(document.getElementById('announcer'), { childList: true });
}
"""
"""Keeps every text of a message while its author works on it, and every text that is read out."""


@pytest_asyncio.fixture(loop_scope="session")
async def at_real_speed(chromium: Browser, tmp_path: Path) -> AsyncIterator[Visit]:
    """Rocket.Chat takes its two and a half seconds until a button is live."""
    async with world_at(tmp_path, settle=REAL_SETTLE) as world, world.play.bot(), visiting(chromium, world) as visit:
        yield visit


async def test_from_setup_to_somebody_who_came_in(at_real_speed: Visit) -> None:
    visit, page, world = at_real_speed, at_real_speed.page, at_real_speed.world
    await visit.act_as("Administrator")
    await visit.ask("!sso slash on")
    before = world.state()

    await page.evaluate(WATCH)
    answer = await visit.ask("/sso setup")
    assert "checks passed" in answer
    assert whole(before, world.state())
    [texts] = (await page.evaluate("window.working")).values()
    assert len(set(texts)) >= 2
    assert all(text.splitlines()[-1].startswith("…") for text in texts)
    begun, over = await page.evaluate("window.heard")  # the result is a new message, which a log reads out itself
    assert begun == "ssobot is working …"
    assert over.splitlines()[-1].startswith("Ended after ")

    await page.get_by_text("admin", exact=True).first.click()
    await page.get_by_role("link", name="Login page").click()
    await page.get_by_role("button", name="Sign in with Encvoy ID").click()

    person = world.encvoy.introduction.account("person")
    await page.get_by_label("Login, e-mail or phone").fill(person.login)
    await page.get_by_role("textbox", name="Password").fill(person.password)
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("heading", name="Data visible to applications")).to_be_visible()
    assert set(await page.get_by_role("listitem").all_inner_texts()) == {"Login", "E-mail"}
    await page.get_by_role("button", name="Allow").click()
    await expect(page.get_by_role("heading", name="Access to your data")).to_be_visible()
    await page.get_by_role("button", name="Allow").click()

    await expect(page.get_by_role("heading", name=f"Logged in as {person.login}")).to_be_visible()
    user = world.rocketchat.people.get(await page.evaluate("localStorage.getItem('Meteor.userId')"))
    assert user.username == person.login
    assert SERVICE in user.services


async def test_an_ordinary_user_is_refused_and_changes_nothing(visit: Visit) -> None:
    await visit.act_as("Administrator")
    await visit.ask("!sso slash on")
    before, writes = visit.world.state(), visit.world.writes()
    await visit.act_as("Plain Member")
    answer = await visit.ask("/sso setup")
    assert "Not done: Only an administrator may do this." in answer
    assert visit.world.state() == before
    assert visit.world.writes() == writes
    assert visit.world.state().applications == 0


async def test_an_unknown_slash_command_is_swallowed_until_it_is_switched_on(visit: Visit) -> None:
    sent = visit.world.rocketchat.chat.messages
    await visit.act_as("Administrator")
    before = set(sent)
    await visit.type("/sso status")
    swallowed = visit.log.locator(".whisper")
    await expect(swallowed).to_contain_text("No such command: /sso")
    await expect(swallowed).to_contain_text("only you can see this")
    await expect(visit.box).to_have_value("")
    assert set(sent) == before
    await visit.ask("!sso slash on")
    assert "There is no connection" in await visit.ask("/sso status")


async def test_a_known_slash_command_and_a_reaction_do_what_they_do_in_the_real_client(visit: Visit) -> None:
    await visit.act_as("Administrator")
    await visit.type("/me waves")
    await expect(visit.message("waves").get_by_role("emphasis")).to_have_text("waves")
    await visit.type("+:tada:")
    await expect(visit.message("waves")).to_contain_text(":tada: admin")


async def test_messages_are_drawn_of_what_the_vendors_parser_makes_of_them(visit: Visit) -> None:
    await visit.act_as("Administrator")
    await visit.type("Rocket.Chat ||hidden|| @admin `code`\n1. one\n2. two")
    message = visit.log.locator("> article").filter(has_text="hidden")
    await expect(message.get_by_role("link", name="Rocket.Chat")).to_have_attribute("href", "//Rocket.Chat")
    await expect(message.get_by_role("listitem")).to_have_text(["one", "two"])
    await expect(message.locator(".mention")).to_have_text("@admin")
    # The page's own parser knows no such thing.
    await expect(message.locator(".other")).to_have_text("hidden")


async def test_a_wrong_password_at_encvoy_id_is_said_on_the_page(visit: Visit) -> None:
    await visit.world.ask("setup")
    await visit.open("/login")
    page, person = visit.page, visit.world.encvoy.introduction.account("person")
    await page.get_by_role("button", name="Sign in with Encvoy ID").click()
    await page.get_by_label("Login, e-mail or phone").fill(person.login)
    await page.get_by_role("textbox", name="Password").fill("mistyped")
    await page.get_by_role("button", name="Sign in").click()
    await expect(visit.problem).to_have_text("Invalid credentials")
    await expect(page.get_by_label("Login, e-mail or phone")).to_have_value(person.login)
    await expect(page.get_by_role("textbox", name="Password")).to_be_focused()
    await expect(page.get_by_role("textbox", name="Password")).to_have_accessible_description("Invalid credentials")
