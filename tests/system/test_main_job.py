"""The main job, end to end: what an administrator types, and what both systems hold afterwards."""

from __future__ import annotations

from bot.secret import Secret
from bot.signin.walk import sign_in
from tests.support.world import SERVICE, World


async def test_from_setup_to_a_person_signed_in(world: World) -> None:
    await world.ask("setup")
    person = world.encvoy.introduction.account("person")
    arrived = await sign_in(world.rocketchat.url, SERVICE, person.login, Secret(person.password))
    assert world.rocketchat.people.get(arrived.user_id).username == person.login


async def test_setup_twice_changes_nothing_the_second_time(world: World) -> None:
    await world.ask("setup")
    before = world.writes()
    answer = await world.ask("setup")
    assert world.writes() == before
    assert "nothing was changed" in answer


async def test_a_dry_run_of_setup_changes_nothing(world: World) -> None:
    answer = await world.ask("setup --dry-run")
    assert world.writes() == []
    assert "create the OAuth service" in answer


async def test_a_dry_run_of_rotate_changes_nothing(world: World) -> None:
    await world.ask("setup")
    before = world.state()
    answer = await world.ask("rotate --dry-run")
    assert world.state() == before
    assert "save the new secret" in answer


async def test_setup_disabled_shows_no_button(world: World) -> None:
    await world.ask("setup --disabled")
    assert world.state().live is None
    assert world.state().stored == world.state().accepted is not None


async def test_rotation_by_a_process_of_its_own(quiet_world: World) -> None:
    bot = quiet_world.process()
    await bot.start()
    try:
        await quiet_world.ask("setup")
        before = quiet_world.state()
        answer = await quiet_world.ask("rotate")
        now = quiet_world.state()
    finally:
        status = await bot.stop()
    assert "Rotated" in answer
    assert now.accepted == now.stored == now.live != before.live
    assert status == 0
