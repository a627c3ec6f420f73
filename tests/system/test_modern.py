"""Rocket.Chat's modern login engine, end to end over TLS: 9.0, and 8.x where its setting is on."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from bot.secret import Secret
from bot.signin.walk import SignedIn, SignInStep, WalkFailed, sign_in
from sandbox.demo import SCENES
from sandbox.faults import Fault
from sandbox.gaps import gaps
from sandbox.rocketchat.standin import Switches
from tests.support.subprocesses import ssobot
from tests.support.world import LICENCE, SERVICE, SETTINGS, VERSIONS, World, as_people_run_it, world_at


@contextlib.asynccontextmanager
async def modern_world(folder: Path, version: str) -> AsyncIterator[World]:
    """Such a world with a bot that listens."""
    options = as_people_run_it(folder, version) | {"tls": folder / "tls"}
    async with world_at(folder, **options) as world:
        if version < "9":
            world.rocketchat.settings.write("Accounts_OAuth_Use_Modern_Flow", True)
        async with world.play.bot():
            yield world


async def walk(world: World) -> SignedIn:
    person = world.encvoy.introduction.account("person")
    return await sign_in(world.rocketchat.url, SERVICE, person.login, Secret(person.password), tls=world.play.tls)


@pytest.mark.parametrize("version", VERSIONS)
async def test_from_setup_to_a_person_signed_in_after_a_rotation(tmp_path: Path, version: str) -> None:
    async with modern_world(tmp_path, version) as world:
        assert "✗" not in await world.ask("setup")
        first = await walk(world)
        before = world.state()
        assert "Rotated" in await world.ask("rotate")
        now = world.state()
        assert (await walk(world)).user_id == first.user_id
        assert "✗" not in await world.ask("test")
        user = world.rocketchat.people.get(first.user_id)
        assert (user.username, SERVICE in user.services) == (world.encvoy.introduction.account("person").login, True)
        assert now.accepted == now.stored == now.live != before.live
        assert world.rocketchat.ledger.requests("POST", "callAnon/login") == []


async def test_the_ledger_tells_when_each_secret_became_live_there(tmp_path: Path) -> None:
    async with modern_world(tmp_path, "9.0") as world:
        await world.ask("setup")
        await world.ask("rotate")
        ledgers = world.rocketchat.ledger, world.encvoy.ledger
        by_strategy, by_document = gaps(*ledgers, by="strategy"), gaps(*ledgers)
        assert [gap.switched for gap in by_strategy] == [gap.switched for gap in by_document]
        assert len(by_strategy) == 2
        assert all(strategy.live >= live.live for strategy, live in zip(by_strategy, by_document, strict=True))


async def test_what_is_live_is_what_the_strategy_holds(tmp_path: Path) -> None:
    async with modern_world(tmp_path, "9.0") as world:
        await world.ask("setup")
        world.rocketchat.login_services.get(SERVICE).fields["secret"] = "another"
        now = world.state()
        assert now.live == now.accepted


async def test_a_service_that_is_off_is_live_nowhere(tmp_path: Path) -> None:
    async with modern_world(tmp_path, "9.0") as world:
        await world.ask("setup")
        await world.ask("disable")
        assert world.state().live is None
        with pytest.raises(WalkFailed) as caught:
            await walk(world)
        assert caught.value.step is SignInStep.BUTTON
        assert "✗" not in await world.ask("test")
        assert "✗" not in await world.ask("enable")
        assert (await walk(world)).user_id


async def test_a_secret_changed_behind_our_back_is_an_error_page(tmp_path: Path) -> None:
    async with modern_world(tmp_path, "9.0") as world:
        await world.ask("setup")
        world.rocketchat.settings.write(f"Accounts_OAuth_Custom-{SERVICE.capitalize()}-secret", "another")
        world.rocketchat.login_services.rewrite()
        with pytest.raises(WalkFailed) as caught:
            await walk(world)
        assert (caught.value.step, caught.value.code) == (SignInStep.CALLBACK, "500")


async def test_a_strategy_that_outlives_what_it_was_made_of_is_found(tmp_path: Path) -> None:
    """It holds the callback address of the moment in which it was made; the settings of the service don't show that."""
    async with modern_world(tmp_path, "9.0") as world:
        await world.ask("setup")
        assert "✓ Button starts a sign-in" in await world.ask("test --all")
        world.rocketchat.settings.write("Site_Url", world.rocketchat.url.replace("127.0.0.1", "localhost"))
        answer = await world.ask("setup")
        assert "it redirects with a different redirect_uri than the saved one" in answer
        assert "`!sso disable` and `!sso enable`" in answer
        await world.ask("disable")
        await world.ask("enable")
        assert "✓ Button starts a sign-in" in await world.ask("test --all")


async def test_a_rule_that_was_fixed_still_lets_strangers_in_until_a_restart_and_that_is_said(tmp_path: Path) -> None:
    async with modern_world(tmp_path, "9.0") as world:
        await world.ask("setup --no-email")
        setting = f"{SETTINGS}-merge_users_distinct_services"
        world.rocketchat.settings.write(setting, True)
        world.rocketchat.login_services.rewrite()
        answer = await world.ask("setup")
        assert "Restart it: until then people may be let in, or refused, by the old value of" in answer
        assert world.rocketchat.settings.get(setting) is False
        login = world.encvoy.introduction.account("person").login
        account = world.rocketchat.people.add(login, name="Local", password="local-password-of-a-test")
        assert (await walk(world)).user_id == account.id
        account.services.pop(SERVICE)
        await world.rocketchat.restart()
        with pytest.raises(WalkFailed):
            await walk(world)


async def test_a_secret_that_encvoy_id_refuses_is_taken_back_in_what_people_sign_in_by(tmp_path: Path) -> None:
    refusal = Fault("PUT", "/api/v1/clients/", status=400, body="{}", matches=lambda _, body: bool(body))
    async with modern_world(tmp_path, "9.0") as world:
        await world.ask("setup")
        before = world.state()
        ill = world.encvoy.faults.add(refusal)
        assert "Both sides have the old secret again" in await world.ask("rotate")
        world.encvoy.faults.remove(ill)
        assert world.state() == before
        assert len({entry.body["secret"] for entry in world.rocketchat.ledger.of("strategy")}) == 2
        assert (await walk(world)).user_id
        assert "✗" not in await world.ask("test")
        assert "Rotated" in await world.ask("rotate")


async def test_each_instance_changes_over_by_itself_and_no_bound_is_told_for_all(tmp_path: Path) -> None:
    switches = Switches(modules={LICENCE}, instances=3, jitter=(0.0, 0.2))
    async with world_at(tmp_path, version="9.0", switches=switches, tls=tmp_path / "tls") as world, world.play.bot():
        await world.ask("setup")
        answer = await world.ask("rotate")
        assert "Rocket.Chat responds with 3 instances, and each switches on its own" in answer
        secret = world.state().accepted
        await world.rocketchat.ledger.wait_for(lambda _: len(made_of(world, secret)) == 3, timeout=5)
        assert "✗" not in await world.ask("test")


def made_of(world: World, secret: str | None) -> set[str]:
    """The instances that made a strategy of this secret."""
    made = world.rocketchat.ledger.of("strategy")
    return {entry.body["instance"] for entry in made if entry.body["secret"] == secret}


async def test_the_markers_parameter_is_no_difference(tmp_path: Path) -> None:
    async with modern_world(tmp_path, "9.0") as world:
        await world.ask("setup")
        for number in range(3):
            assert "Rotated" in await world.ask("rotate")
            assert str(world.rocketchat.settings.get(f"{SETTINGS}-authorize_path")).endswith(f"?settle={number:02}")
        assert "Everything is in sync" in await world.ask("status")
        assert "nothing to do" in await world.ask("setup --dry-run")
        assert "nothing was changed" in await world.ask("setup")
        assert "✗" not in await world.ask("test")


# As programs.


async def test_the_demo_plays_on_9_0_over_tls(tmp_path: Path) -> None:
    async with ssobot(tmp_path, "demo", "--version", "9.0", "--tls") as demo:
        assert await demo.process.wait() == 0
    said = demo.log.read_text()
    assert [line for line, _ in SCENES if f"admin> {line}\n" not in said] == []
    assert "✓ Rocket.Chat 9.0 at `https://127.0.0.1:" in said
    assert "and is `plain1` in Rocket.Chat" in said
    assert "Everything was right on both sides after every answer." in said


async def test_without_tls_it_says_in_one_line_why_not(tmp_path: Path) -> None:
    async with ssobot(tmp_path, "demo", "--version", "9.0") as demo:
        assert await demo.process.wait() == 2
    assert demo.log.read_text() == (
        "Nobody can sign in to Rocket.Chat 9.0 over plain http: its modern login engine demands https. Add --tls.\n"
    )


@pytest.mark.parametrize("version", ["9", "nine", "9.0.0.1", "-1.0", "٩.٠"])
async def test_what_is_no_version_is_refused_in_words(tmp_path: Path, version: str) -> None:
    async with ssobot(tmp_path, "demo", f"--version={version}") as demo:
        assert await demo.process.wait() == 2
    assert "8.8 or 9.0" in demo.log.read_text()
    assert "Traceback" not in demo.log.read_text()


async def test_the_sandbox_is_9_0_with_its_licence(tmp_path: Path) -> None:
    async with ssobot(tmp_path, "sandbox", "--version", "9.0", "--tls", str(tmp_path / "tls")) as sandbox:
        told = await sandbox.introduction()
        assert told["url"].startswith("https://")
        assert "plain http" not in await sandbox.said("Ctrl+C")
        assert await sandbox.stop() == 0


async def test_over_plain_http_the_sandbox_says_what_will_not_work(tmp_path: Path) -> None:
    async with ssobot(tmp_path, "sandbox", "--version", "9.0") as sandbox:
        await sandbox.introduction()
        assert "Add --tls DIR" in await sandbox.said("Nobody can sign in to Rocket.Chat 9.0 over plain http")
        assert await sandbox.stop() == 0


@pytest.mark.parametrize(
    ("words", "version"),
    [
        (("--version", "9.0", "rocketchat"), "9.0"),
        (("rocketchat", "--version", "9.0"), "9.0"),
        (("--version", "9.0", "rocketchat", "--version", "8.9"), "8.9"),
        (("rocketchat",), "8.8"),
    ],
)
async def test_one_stand_in_takes_the_version_from_either_place(
    tmp_path: Path, words: tuple[str, ...], version: str
) -> None:
    async with ssobot(tmp_path, "sandbox", *words, "--licence") as sandbox:
        assert await info(await sandbox.introduction()) == (version, ["oauth-enterprise"])
        assert await sandbox.stop() == 0


async def info(told: dict[str, object]) -> tuple[str, list[str]]:
    """Version and licence modules of a stand-in."""
    env = told["env"]
    assert isinstance(env, dict)
    who = {"X-User-Id": env["SSOBOT_ROCKETCHAT_USER_ID"], "X-Auth-Token": env["SSOBOT_ROCKETCHAT_TOKEN"]}
    async with aiohttp.ClientSession(str(told["url"])) as http:
        async with http.get("/api/info") as answer:
            version = (await answer.json())["version"]
        async with http.get("/api/v1/licenses.info", headers=who) as answer:
            return str(version), (await answer.json())["license"]["activeModules"]
