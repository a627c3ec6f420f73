"""Buttons below a message: what they say is said by whoever presses them (facts/rocketchat.md §4.5)."""

from __future__ import annotations

from typing import Any

from playwright.async_api import expect

from sandbox.rocketchat.chat.rules import Draft
from tests.support.browser import IN_A_BROWSER, Visit

pytestmark = IN_A_BROWSER


def action(text: str, msg: str = "", **more: Any) -> dict[str, Any]:
    """A button as a sender gives it."""
    return {"type": "button", "text": text, "msg": msg, "msg_in_chat_window": True} | more


def offer(visit: Visit, *actions: dict[str, Any], tmid: str | None = None) -> None:
    """The bot offers buttons in the admin room, or in a thread of it."""
    rocketchat = visit.world.rocketchat
    room = rocketchat.chat.rooms.find("sso-admins")
    attachments = [{"text": "Next:", "actions": [*actions]}]
    draft = Draft(room.id, "Choose", tmid=tmid, extra={"attachments": attachments})
    assert rocketchat.chat.send(rocketchat.person("bot").id, draft)


def said(visit: Visit) -> list[tuple[str, str, str | None]]:
    """Author, text and thread of every message, in order."""
    return [(m.author.username, m.msg, m.tmid) for m in visit.world.rocketchat.chat.messages.values()]


async def test_the_bots_own_button_runs_its_command_as_the_administrator_who_presses(visit: Visit) -> None:
    await visit.act_as("Administrator")
    await visit.ask("!sso setup --disabled --dry-run")
    await visit.result("!sso setup --disabled --dry-run").get_by_role("button", name="!sso setup --disabled").click()
    await expect(visit.result("!sso setup --disabled --dry-run")).to_contain_text("checks passed")
    head, *thread = [m for m in visit.world.rocketchat.chat.messages.values() if "setup" in m.msg]
    assert [(m.author.username, m.tmid) for m in thread if m.msg == "!sso setup --disabled"] == [("admin", head.id)]
    assert visit.world.state().applications == 1


async def test_the_bots_own_button_is_refused_to_a_member_who_presses(visit: Visit) -> None:
    await visit.world.ask("setup --dry-run")
    await visit.act_as("Plain Member")
    await visit.result("!sso setup --dry-run").get_by_role("button", name="!sso setup").click()
    await expect(visit.result("!sso setup --dry-run")).to_contain_text("Only an administrator may do this.")
    assert ("member", "!sso setup") in [(author, text) for author, text, _ in said(visit)]
    assert visit.world.state().applications == 0


async def test_a_press_is_a_command_of_whoever_presses(visit: Visit) -> None:
    await visit.act_as("Administrator")
    offer(visit, action("Switch on", "!sso slash on"))
    await visit.log.get_by_role("button", name="Switch on").click()
    await expect(visit.answer("!sso slash on")).to_contain_text("On: /sso works in every client.")
    assert ("admin", "!sso slash on", None) in said(visit)


async def test_a_plain_member_may_press_and_is_refused(visit: Visit) -> None:
    await visit.act_as("Plain Member")
    offer(visit, action("Switch on", "!sso slash on"))
    before = visit.world.writes()
    await visit.log.get_by_role("button", name="Switch on").click()
    await expect(visit.answer("!sso slash on")).to_contain_text("Only an administrator may do this.")
    assert visit.world.writes() == before
    assert ("member", "!sso slash on", None) in said(visit)


async def test_a_slash_command_is_swallowed_like_a_typed_one(visit: Visit) -> None:
    await visit.act_as("Administrator")
    offer(visit, action("Status", "/sso status"))
    before = said(visit)
    await visit.log.get_by_role("button", name="Status").click()
    await expect(visit.log.locator(".whisper")).to_contain_text("No such command: /sso")
    assert said(visit) == before


async def test_in_a_thread_it_is_said_in_the_thread(visit: Visit) -> None:
    await visit.act_as("Administrator")
    await visit.type("hello there")
    await expect(visit.message("hello there")).to_be_visible()
    [head] = [m.id for m in visit.world.rocketchat.chat.messages.values() if m.msg == "hello there"]
    offer(visit, action("Say it", "hello back"), tmid=head)
    await visit.log.get_by_role("button", name="Say it").click()
    await expect(visit.answer("hello there")).to_contain_text("hello back")
    assert said(visit)[-1] == ("admin", "hello back", head)


async def test_only_what_leads_somewhere_is_drawn(visit: Visit) -> None:
    await visit.act_as("Administrator")
    bare = {"type": "button", "text": "Nothing"}
    offer(
        visit, bare, action("", "x"), action("Open", url="https://id.example.org/x"), action("Run", url="javascript:x")
    )
    attachment = visit.log.locator(".attachment")
    await expect(attachment.locator(".button")).to_have_text(["Open", "Run"])
    await expect(attachment.get_by_role("link", name="Open")).to_have_attribute("href", "https://id.example.org/x")
    await expect(attachment.get_by_role("link", name="Run")).to_have_count(0)
