"""The new button in a real browser on Rocket.Chat 9.0 over TLS, in the window itself and in one of its own."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from sandbox.rocketchat.second_factor import enrol_totp, totp
from sandbox.rocketchat.standin import Switches
from tests.support.browser import IN_A_BROWSER, Visit, visiting
from tests.support.world import SERVICE, SETTINGS, World, world_at

pytestmark = IN_A_BROWSER


@contextlib.asynccontextmanager
async def secure(chromium: Browser, folder: Path, style: str) -> AsyncIterator[Visit]:
    """A connection whose sign-ins end in that style, and somebody at its login page."""
    licensed = Switches(modules={"oauth-enterprise"})
    async with (
        world_at(folder, version="9.0", switches=licensed, tls=folder / "tls") as world,
        world.play.bot(),
        visiting(chromium, world, ignore_https_errors=True) as visit,
    ):
        await world.ask("setup")
        world.rocketchat.settings.write(f"{SETTINGS}-login_style", style)
        world.rocketchat.login_services.rewrite()
        await visit.open("/login")
        yield visit


async def identify(page: Page, world: World) -> None:
    """At Encvoy ID, to the end."""
    person = world.encvoy.introduction.account("person")
    await page.get_by_label("Login, e-mail or phone").fill(person.login)
    await page.get_by_role("textbox", name="Password").fill(person.password)
    await page.get_by_role("button", name="Sign in").click()
    await page.get_by_role("button", name="Allow").click()
    await expect(page.get_by_role("heading", name="Access to your data")).to_be_visible()
    await page.get_by_role("button", name="Allow").click()


async def arrived(visit: Visit) -> None:
    """The page that was there first says who they are, and keeps a login of theirs."""
    person = visit.world.encvoy.introduction.account("person")
    await expect(visit.page.get_by_role("heading", name=f"Logged in as {person.login}")).to_be_visible()
    user = visit.world.rocketchat.people.get(await visit.page.evaluate("localStorage.getItem('Meteor.userId')"))
    assert (user.username, SERVICE in user.services) == (person.login, True)
    assert "loginCode" not in visit.page.url


def button(visit: Visit) -> str:
    return visit.world.rocketchat.login_services.get(SERVICE).fields["buttonLabelText"]  # type: ignore[no-any-return]


async def test_somebody_comes_in_by_the_window_itself(chromium: Browser, tmp_path: Path) -> None:
    async with secure(chromium, tmp_path, "redirect") as visit:
        await visit.page.get_by_role("button", name=button(visit)).click()
        await identify(visit.page, visit.world)
        await arrived(visit)


async def test_somebody_comes_in_by_a_window_of_its_own(chromium: Browser, tmp_path: Path) -> None:
    async with secure(chromium, tmp_path, "popup") as visit:
        async with visit.page.expect_popup() as opened:
            await visit.page.get_by_role("button", name=button(visit)).click()
        popup = await opened.value
        await identify(popup, visit.world)
        await arrived(visit)
        assert popup.is_closed()


@pytest.mark.parametrize("style", ["redirect", "popup"])
async def test_a_second_factor_is_asked_for_in_between(chromium: Browser, tmp_path: Path, style: str) -> None:
    async with secure(chromium, tmp_path, style) as visit:
        login = visit.world.encvoy.introduction.account("person").login
        sub = str(visit.world.encvoy.person("person").id)
        user = visit.world.rocketchat.people.add(login, services={SERVICE: {"id": sub}})
        code = totp(enrol_totp(user), visit.world.rocketchat.clock.now())

        async def answer(dialog: object) -> None:
            await dialog.accept(code)  # type: ignore[attr-defined]

        visit.page.on("dialog", answer)
        page = visit.page
        if style == "popup":
            async with page.expect_popup() as opened:
                await page.get_by_role("button", name=button(visit)).click()
            page = await opened.value
        else:
            await page.get_by_role("button", name=button(visit)).click()
        await identify(page, visit.world)
        await arrived(visit)


async def test_a_failure_is_the_servers_own_page(chromium: Browser, tmp_path: Path) -> None:
    async with secure(chromium, tmp_path, "redirect") as visit:
        visit.world.rocketchat.settings.write(f"{SETTINGS}-secret", "another")
        visit.world.rocketchat.login_services.rewrite()
        await visit.page.get_by_role("button", name=button(visit)).click()
        await identify(visit.page, visit.world)
        await expect(visit.page.get_by_text("Internal Server Error")).to_be_visible()
        visit.forgive("500")
