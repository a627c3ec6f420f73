"""What an administrator in a hurry does: types too much, too fast, again, and goes back and forth."""

from __future__ import annotations

from datetime import timedelta

from playwright.async_api import expect

from tests.support.browser import IN_A_BROWSER, Visit

pytestmark = IN_A_BROWSER


async def test_lines_arrive_in_the_order_in_which_they_were_typed(visit: Visit) -> None:
    await visit.act_as("Administrator")
    lines = [f"line {number}" for number in range(5)]
    for line in lines:
        await visit.type(line)
    await expect(visit.log.locator(".body").filter(has_text="line")).to_have_text(lines)


async def test_too_long_a_line_is_kept_and_the_reason_said(visit: Visit) -> None:
    await visit.act_as("Administrator")
    await visit.type("x" * 5001)
    await expect(visit.problem).to_have_text(
        "Not sent: it is longer than the 5000 characters that one message may have."
    )
    await expect(visit.box).to_have_value("x" * 5001)


async def test_the_line_that_is_one_too_many_is_kept_and_the_reason_said(visit: Visit) -> None:
    await visit.act_as("Administrator")
    for number in range(11):
        await visit.type(f"line {number}")
    await expect(visit.problem).to_contain_text("Not sent: Error, too many requests. Please slow down.")
    await expect(visit.box).to_have_value("line 10")


async def test_several_pasted_lines_are_one_message_and_no_command(visit: Visit) -> None:
    await visit.act_as("Administrator")
    await visit.type("!sso status\n!sso test")
    await expect(visit.log.get_by_role("group", name="Answers")).to_contain_text("a command must be a single line")


async def test_the_line_before_comes_back_with_the_arrow_up(visit: Visit) -> None:
    await visit.act_as("Administrator")
    await visit.type("/sso status")
    await expect(visit.log.locator(".whisper")).to_be_visible()
    await visit.box.press("ArrowUp")
    await expect(visit.box).to_have_value("/sso status")


async def test_the_log_follows_unless_somebody_reads_further_up(visit: Visit) -> None:
    chat = visit.world.rocketchat.chat
    room, admin = chat.rooms.find("sso-admins"), visit.world.rocketchat.person("admin")
    began = chat.now() - timedelta(minutes=1)
    for number in range(40):
        chat.post(room, admin.id, f"old {number}", ts=began + timedelta(seconds=number))
    await visit.act_as("Administrator")
    await expect(visit.message("old 39")).to_be_in_viewport()
    chat.post(room, admin.id, "seen at once")
    await expect(visit.message("seen at once")).to_be_in_viewport()
    await visit.message("old 5").scroll_into_view_if_needed()
    chat.post(room, admin.id, "not seen yet")
    newer = visit.page.get_by_role("button", name="Newer messages below")
    await expect(newer).to_be_visible()
    await expect(visit.message("not seen yet")).not_to_be_in_viewport()
    await newer.click()
    await expect(visit.message("not seen yet")).to_be_in_viewport()
    await expect(newer).to_be_hidden()


async def test_the_way_back_leads_to_a_room_that_works(visit: Visit) -> None:
    await visit.act_as("Administrator")
    await visit.page.locator("summary").click()
    await visit.page.get_by_role("link", name="Login page").click()
    await expect(visit.page.get_by_text("You are logged in as admin")).to_be_visible()
    await visit.page.go_back()
    await visit.loaded()
    assert "!sso help" in await visit.ask("!sso bogus")


async def test_the_address_alone_leads_to_the_room_for_whoever_is_logged_in(visit: Visit) -> None:
    await visit.act_as("Plain Member")
    await visit.open("/home")
    await visit.loaded()
    await expect(visit.page.locator("summary")).to_have_text("member")


async def test_a_seeded_account_logs_in_by_its_password(visit: Visit) -> None:
    account = visit.world.rocketchat.introduction.account("admin2")
    await visit.open("/login")
    await visit.page.get_by_role("textbox", name="Email or username").fill(account.login)
    await visit.page.get_by_role("textbox", name="Password").fill(account.password)
    await visit.page.get_by_role("button", name="Login").click()
    await visit.loaded()
    await expect(visit.page.locator("summary")).to_have_text(account.login)
    assert account.password not in visit.page.url
