"""What `setup` says of people who are new, and of an Encvoy ID in which everybody is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.connection.accounts import APPROVAL, BY_SERVICES, DOMAINS
from tests.answers.conftest import Asks, Heard
from tests.support.another import another_encvoy_id
from tests.support.snapshot import snapshot
from tests.support.world import SETTINGS, World, as_people_run_it, world_at

case = pytest.mark.case

REGISTRATION: dict[str, tuple[str, dict[str, Any]]] = {
    "Rocket.Chat makes no account for who comes through a service": ("setup", {BY_SERVICES: False}),
    "An administrator approves new accounts, of some domains only": (
        "setup",
        {APPROVAL: True, DOMAINS: "people.example"},
    ),
    "An administrator approves new accounts, and e-mail addresses are to be left out": (
        "setup --no-email",
        {APPROVAL: True},
    ),
}


@pytest.mark.parametrize(
    ("words", "settings"), [pytest.param(*given, marks=case("setup", title)) for title, given in REGISTRATION.items()]
)
async def test_who_may_register(world: World, asks: Asks, words: str, settings: dict[str, Any]) -> None:
    for setting, value in settings.items():
        world.rocketchat.settings.write(setting, value)
    await asks(words)
    assert world.state().live is not None


@case("setup", "Rocket.Chat does not show whether an administrator approves new accounts")
async def test_a_setting_that_is_not_shown(world: World, asks: Asks) -> None:
    world.rocketchat.settings.remove(APPROVAL)
    await asks("setup")
    assert world.state().live is not None


@case("setup", "Rocket.Chat 9, and somebody changed by which rules it lets people in")
async def test_rules_that_outlive_their_change(tmp_path: Path, hears: Heard) -> None:
    async with world_at(tmp_path, **as_people_run_it(tmp_path, "9.0")) as world, world.play.bot():
        await world.ask("setup")
        for suffix, value in {"merge_users": False, "merge_users_distinct_services": True}.items():
            world.rocketchat.settings.write(f"{SETTINGS}-{suffix}", value)
        hears(await world.ask("setup"), typed="!sso setup")


@case("setup", "The application is gone, and Encvoy ID is at another address")
async def test_another_encvoy_id(quiet_world: World, hears: Heard) -> None:
    async with quiet_world.play.bot():
        await quiet_world.ask("setup")
    async with another_encvoy_id(quiet_world), quiet_world.play.bot():
        before = snapshot(quiet_world)
        hears(await quiet_world.ask("setup"), typed="!sso setup")
        assert snapshot(quiet_world) == before
