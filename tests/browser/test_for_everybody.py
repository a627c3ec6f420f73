"""The pages by thumb, by keyboard, read out, in light and in dark."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, expect

from tests.support.browser import AUDIT, DESKTOP, IN_A_BROWSER, PHONE, Scheme, Visit, visiting
from tests.support.world import World

pytestmark = IN_A_BROWSER

LONG = "https://chat.example/" + "a" * 300


async def every_page(visit: Visit) -> AsyncIterator[str]:
    """Goes the whole way, and stops where there is something to look at."""
    page = visit.page
    await visit.act_as("Administrator")
    await visit.type("/sso")
    await visit.type(f"{LONG}\n```\n{LONG}\n```\n- `{LONG}`")
    await visit.ask("!sso bogus")
    await visit.ask("!sso setup")
    yield "the room"
    await page.locator("summary").click()
    yield "the menu"
    await page.get_by_role("link", name="Login page").click()
    await expect(page.get_by_text("You are logged in as admin")).to_be_visible()
    yield "the login page"
    await page.get_by_role("textbox", name="Email or username").fill("admin")
    await page.get_by_role("textbox", name="Password").fill("mistyped")
    await page.get_by_role("button", name="Login").click()
    await expect(visit.problem).to_have_text("User not found or incorrect password")
    visit.forgive("401")
    yield "the login page after a mistake"
    await page.get_by_role("button", name="Sign in with Encvoy ID").click()
    await page.get_by_role("textbox", name="Login, e-mail or phone").fill("plain1")
    await page.get_by_role("textbox", name="Password").fill("mistyped")
    yield "Encvoy ID's login page"
    await page.get_by_role("button", name="Sign in").click()
    await expect(visit.problem).to_have_text("Invalid credentials")
    yield "Encvoy ID's login page after a mistake"
    await page.get_by_role("button", name="Continue as Plain Two").click()
    await expect(page.get_by_role("heading", name="Complete your profile")).to_be_visible()
    yield "Encvoy ID's page for a profile"
    await page.get_by_role("textbox", name="E-mail").fill("two@people.example")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("heading", name="Data visible to applications")).to_be_visible()
    yield "Encvoy ID's page for what is visible"
    await page.get_by_role("button", name="Allow").click()
    await expect(page.get_by_role("heading", name="Access to your data")).to_be_visible()
    yield "Encvoy ID's page for consent"
    await page.get_by_role("button", name="Allow").click()
    await expect(page.get_by_role("heading", name="Logged in as plain2")).to_be_visible()
    yield "the page where people arrive"


@pytest.mark.parametrize(("scheme", "size"), [("light", PHONE), ("dark", DESKTOP)], ids=["phone", "desktop"])
async def test_every_page_can_be_read_tapped_and_named(
    chromium: Browser, world: World, scheme: Scheme, size: tuple[int, int]
) -> None:
    async with visiting(chromium, world, scheme=scheme, size=size) as visit:
        problems = [
            f"{where}: {problem}" async for where in every_page(visit) for problem in await visit.page.evaluate(AUDIT)
        ]
    assert problems == []


async def test_the_room_as_it_is_read_out(visit: Visit) -> None:
    await visit.act_as("Administrator")
    await visit.ask("!sso bogus")
    await expect(visit.page).to_have_title("#sso-admins: Rocket.Chat")
    await expect(visit.page.locator("body")).to_match_aria_snapshot("""
        - banner:
          - 'heading "#sso-admins" [level=1]'
          - group: admin
        - main:
          - 'log "Messages in #sso-admins"':
            - article /ssobot, .*/
            - article /admin, .*/:
              - text: "!sso bogus"
              - group "Answers":
                - article /ssobot, .*/
          - status
          - 'textbox "Message to #sso-admins"'
          - button "Send"
    """)
    await expect(visit.box).to_have_accessible_description("Enter sends, Shift+Enter begins a line")


async def test_the_login_page_as_it_is_read_out(visit: Visit) -> None:
    await visit.world.ask("setup")
    await visit.open("/login")
    await expect(visit.page).to_have_title("Login: Rocket.Chat")
    await expect(visit.page.locator("body")).to_match_aria_snapshot("""
        - main:
          - heading "Rocket.Chat" [level=1]
          - region "Single sign-on":
            - button "Sign in with Encvoy ID"
          - region "In this sandbox, without a password":
            - button "Continue as Administrator (admin)"
            - button "Continue as Plain Member (member)"
          - region "Password":
            - textbox "Email or username"
            - textbox "Password"
            - button "Login"
    """)


async def tab_to(page: Page, text: str) -> None:
    """Presses Tab until that is in focus; everything on the way shows that it is."""
    focus = (
        "(({ innerText, labels }, style) => [innerText || labels[0].innerText, style.outlineStyle, style.outlineWidth])"
    )
    for _ in range(20):
        await page.keyboard.press("Tab")
        script = f"{focus}(document.activeElement, getComputedStyle(document.activeElement))"
        if await page.evaluate("document.activeElement === document.body"):
            continue  # From the last one on the page to the first leads a way out of it.
        said, outline, width = await page.evaluate(script)
        assert (outline, width) == ("solid", "3px"), said
        if text in said:
            return
    raise AssertionError(f"Tab does not come to {text}")


async def test_everything_can_be_done_with_the_keyboard_alone(visit: Visit) -> None:
    keys = visit.page.keyboard
    await visit.open("/login")
    await tab_to(visit.page, "Continue as Administrator")
    await keys.press("Enter")
    await visit.loaded()
    await expect(visit.box).to_be_focused()
    await keys.type("!sso bogus")
    await keys.press("Shift+Enter")
    await keys.press("Backspace")
    await keys.press("Enter")
    await expect(visit.answer("!sso bogus")).to_contain_text("!sso help")
    await expect(visit.box).to_be_focused()
    await visit.page.reload()
    await visit.loaded()
    await visit.page.evaluate("document.activeElement.blur()")
    await tab_to(visit.page, "admin")
    await keys.press("Enter")
    await tab_to(visit.page, "Log out")
    await keys.press("Escape")
    await expect(visit.page.get_by_role("button", name="Log out")).to_be_hidden()
    await expect(visit.page.locator("summary")).to_be_focused()
    await keys.press("Enter")
    await tab_to(visit.page, "Log out")
    await keys.press("Enter")
    await expect(visit.page).to_have_title("Login: Rocket.Chat")


async def test_nothing_moves_for_whoever_wants_no_motion(chromium: Browser, world: World) -> None:
    async with visiting(chromium, world, reduced_motion="reduce") as visit:
        await visit.act_as("Administrator")
        world.rocketchat.chat.post(
            world.rocketchat.chat.rooms.find("sso-admins"), world.rocketchat.person("admin").id, "… working"
        )
        await expect(visit.log.locator(".working")).to_have_css("animation-name", "none")
