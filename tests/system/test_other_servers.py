"""Servers of other versions and set up in other ways: the whole main job works on them, judged by both stand-ins."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.secret import Secret
from bot.signin.walk import sign_in
from sandbox.rocketchat.standin import Switches
from tests.support.crashes import answered
from tests.support.snapshot import snapshot
from tests.support.world import SERVICE, World, world_at

OIDC = "/.well-known/openid-configuration"


async def main_job(world: World) -> None:
    """Setup, rotate, disable, enable, and a person who signs in at last."""
    assert "✗" not in await world.ask("setup")
    first = world.state()
    assert first.applications == 1
    assert first.live == first.stored == first.accepted is not None

    assert "Rotated" in await world.ask("rotate")
    rotated = world.state()
    assert rotated.live == rotated.stored == rotated.accepted != first.accepted

    await world.ask("disable")
    assert world.state().live is None
    await world.ask("enable")
    assert world.state() == rotated
    assert "✗" not in await world.ask("test")

    person = world.encvoy.introduction.account("person")
    arrived = await sign_in(world.rocketchat.url, SERVICE, person.login, Secret(person.password))
    assert world.rocketchat.people.get(arrived.user_id).username == person.login


def posts(world: World, path: str) -> list[Any]:
    """Requests that were carried out."""
    return [entry for entry in world.rocketchat.ledger.requests("POST", path) if entry.status == 200]


def bulk_writes(world: World) -> int:
    """Writes of several settings at once (from 8.6 on)."""
    return len([entry for entry in posts(world, "/api/v1/settings") if entry.path.endswith("/api/v1/settings")])


@pytest.mark.parametrize(("version", "bulk"), [("7.10", False), ("8.5", False), ("8.6", True), ("8.7", True)])
async def test_the_main_job_on_every_version(tmp_path: Path, version: str, bulk: bool) -> None:
    async with world_at(tmp_path, version=version) as world, world.play.bot():
        await main_job(world)
        assert (bulk_writes(world) > 0) == bulk


async def test_the_main_job_below_a_path(tmp_path: Path) -> None:
    async with world_at(tmp_path, path="/chat") as world, world.play.bot():
        await main_job(world)
        (row,) = [row for row in world.encvoy.clients.by_id.values() if row["name"].startswith("Rocket.Chat")]
        assert row["redirect_uris"] == [f"{world.rocketchat.url}/_oauth/encvoyid"]
        assert world.rocketchat.url.endswith("/chat")


async def test_the_main_job_where_the_vendors_paths_hold(quiet_world: World) -> None:
    """Discovery is found under /api/oidc alone, as the vendor's pages say."""
    switches = quiet_world.encvoy.switches
    switches.oidc_prefix, switches.discovery_at = "/api/oidc", ("/api/oidc" + OIDC,)
    async with quiet_world.play.bot():
        await main_job(quiet_world)
        assert quiet_world.rocketchat.login_services.get(SERVICE).fields["tokenPath"] == "/api/oidc/token"


# The second factor.


@pytest.mark.parametrize("version", ["8.8", "8.5"])
@pytest.mark.parametrize(
    "switches", [Switches(honour_pat_bypass=False), Switches(pat_bypass=False)], ids=["regression", "plain token"]
)
async def test_the_password_is_the_second_factor_of_every_write(
    tmp_path: Path, version: str, switches: Switches
) -> None:
    async with world_at(tmp_path, version=version, switches=switches) as world, world.play.bot():
        await main_job(world)
        await world.ask("slash on")
        assert world.rocketchat.settings.get("Message_AllowUnrecognizedSlashCommand") is True
        refused = [entry for entry in world.rocketchat.ledger.writes() if entry.status == 400]
        assert refused, "it was asked for"


async def test_without_the_password_the_answer_says_what_is_missing(tmp_path: Path) -> None:
    async with world_at(tmp_path, switches=Switches(honour_pat_bypass=False)) as world:
        world.play.extra["SSOBOT_ROCKETCHAT_PASSWORD"] = ""
        async with world.play.bot():
            before = snapshot(world)
            answer = await world.ask("setup")
            now = snapshot(world)
            assert "SSOBOT_ROCKETCHAT_PASSWORD" in answer
            assert "second factor" in answer
            assert (now.settings, now.clients, now.live) == (before.settings, before.clients, before.live)


async def test_a_wrong_password_is_told_as_that(tmp_path: Path) -> None:
    async with world_at(tmp_path, switches=Switches(honour_pat_bypass=False)) as world:
        world.play.extra["SSOBOT_ROCKETCHAT_PASSWORD"] = "some-wrong-word"
        async with world.play.bot():
            answer = await world.ask("setup")
            assert "Set SSOBOT_ROCKETCHAT_PASSWORD to the password of the bot's account" in answer
            assert "some-wrong-word" not in answer


async def test_a_one_time_code_cannot_be_given_by_a_bot(tmp_path: Path) -> None:
    switches = Switches(twofa="totp", honour_pat_bypass=False)
    async with world_at(tmp_path, switches=switches) as world, world.play.bot():
        answer = await world.ask("setup")
        assert "Ignore two factor authentication" in answer
        assert world.state().applications == 0


# The chat.


async def test_where_editing_is_off_the_progress_stays_and_the_result_comes(world: World) -> None:
    world.rocketchat.settings.write("Message_AllowEditing", False)
    world.rocketchat.people.permissions["edit-message"].clear()
    message_id = await world.admin.send("!sso setup")
    await answered(world, message_id)
    thread = [message["msg"] for message in await world.admin.thread(message_id)]
    assert len(thread) == 2
    assert thread[0].splitlines()[-1].startswith("…")
    assert "checks passed" in thread[1]
    assert world.state().live is not None


def notices(world: World) -> int:
    """How often the room was told that slash commands are off."""
    messages = world.rocketchat.chat.messages.values()
    return sum("`/sso` does not work here yet" in message.msg for message in messages)


async def test_slash_commands_that_are_off_are_explained_once_over_two_starts(quiet_world: World) -> None:
    for _ in range(2):
        async with quiet_world.play.bot():
            await quiet_world.rocketchat.ledger.wait_for(lambda _: notices(quiet_world) > 0)
            await quiet_world.ask("status")
        assert notices(quiet_world) == 1
    assert quiet_world.rocketchat.settings.get("Message_AllowUnrecognizedSlashCommand") is False


async def test_where_slash_commands_are_on_nothing_is_said(tmp_path: Path) -> None:
    async with world_at(tmp_path, switches=Switches(allow_unrecognised_slash=True)) as world, world.play.bot():
        await world.ask("status")
        assert notices(world) == 0
        assert await world.admin.type("/sso help") is not None


async def test_slash_on_and_off_change_the_setting_and_nothing_else(world: World) -> None:
    before = snapshot(world)
    await world.ask("slash on")
    on = snapshot(world)
    assert on.settings == {**before.settings, "Message_AllowUnrecognizedSlashCommand": True}
    assert "It was already on" in await world.ask("slash on")
    assert snapshot(world) == on

    await world.ask("slash off")
    assert snapshot(world).settings == before.settings
