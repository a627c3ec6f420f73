"""`remove` and afterwards `setup` again, without a restart of Rocket.Chat: everything works, and people come back as
themselves."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.connection.defaults import DEFAULTS
from bot.secret import Secret
from bot.signin.walk import SignedIn, WalkFailed, sign_in
from sandbox.faults import Fault
from tests.support.world import SERVICE, SETTINGS, VERSIONS, World, as_people_run_it, world_at


@pytest.fixture(params=VERSIONS)
async def connected(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    """Both login engines, and a bot."""
    async with world_at(tmp_path, **as_people_run_it(tmp_path, request.param)) as world, world.play.bot():
        await world.ask("setup")
        yield world


@pytest.fixture
async def legacy(tmp_path: Path) -> AsyncIterator[World]:
    """Only people on the legacy engine can be walked over plain HTTP."""
    async with world_at(tmp_path) as world, world.play.bot():
        await world.ask("setup")
        yield world


async def walk(world: World) -> SignedIn:
    person = world.encvoy.person("person")
    return await sign_in(world.rocketchat.url, SERVICE, person.login, Secret(person.password))


def documents(world: World) -> set[str]:
    return {setting.id for setting in world.rocketchat.settings if setting.id.startswith(SETTINGS)}


def is_bare(world: World) -> bool:
    """Whether nothing is left on either side, and no button either."""
    state = world.state()
    dead = world.rocketchat.login_services.get(SERVICE)
    return not documents(world) and dead is None and state.applications == 0


async def test_nothing_is_left_and_setup_connects_again(connected: World) -> None:
    for _ in range(2):
        assert "✓ Removed: nothing of it is left" in await connected.ask("remove")
        assert is_bare(connected)
        assert "There is no connection yet." in await connected.ask("status")
        text = await connected.ask("setup")
        assert "✓ On: " in text
        assert "✗" not in text
        assert "Everything is in sync" in await connected.ask("status")


async def test_the_documents_that_come_back_empty_get_their_values(connected: World) -> None:
    """facts/rocketchat.md §2.6: without a restart they come back without any."""
    before = {setting: connected.rocketchat.settings.find(setting).value for setting in documents(connected)}
    assert len(before) == len(DEFAULTS)
    await connected.ask("remove")
    await connected.ask("setup")
    after = {setting: connected.rocketchat.settings.find(setting).value for setting in documents(connected)}
    new = {f"{SETTINGS}-id", f"{SETTINGS}-secret"}
    assert {setting for setting in before if after[setting] != before[setting]} == new
    assert None not in after.values()


async def test_a_person_who_signed_in_before_comes_back_as_the_same_user(legacy: World) -> None:
    first = await walk(legacy)
    people = len(legacy.rocketchat.people)
    await legacy.ask("remove")
    with pytest.raises(WalkFailed):
        await walk(legacy)
    await legacy.ask("setup")
    again = await walk(legacy)
    assert again.user_id == first.user_id
    assert len(legacy.rocketchat.people) == people


async def test_people_who_are_signed_in_stay_so(legacy: World) -> None:
    arrived = await walk(legacy)
    user = legacy.rocketchat.people.get(arrived.user_id)
    before = list(user.tokens)
    await legacy.ask("remove")
    assert before
    assert legacy.rocketchat.people.get(arrived.user_id).tokens == before


async def test_history_shows_the_removal_and_what_was_before_it(legacy: World) -> None:
    await legacy.ask("remove")
    shown = await legacy.ask("history")
    assert "`remove`" in shown
    assert "`setup`" in shown


async def test_the_connection_may_be_made_under_another_name_afterwards(legacy: World) -> None:
    await legacy.ask("remove")
    assert "✓ On: " in await legacy.ask('setup --name "Company login"')


async def test_what_was_half_removed_is_brought_back_with_the_same_secret(legacy: World) -> None:
    before = legacy.state()
    refused = Fault("DELETE", "/api/v1/clients/", status=403, body="{}", times=None)
    legacy.encvoy.faults.add(refused)
    assert "✗ Not finished" in await legacy.ask("remove")
    legacy.encvoy.faults.remove(refused)
    assert not documents(legacy)
    assert "✓ On: " in await legacy.ask("setup")
    assert legacy.state() == before
