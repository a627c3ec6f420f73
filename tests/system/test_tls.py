"""Everything over TLS, by an authority that only the sandbox and `SSOBOT_CA_FILE` know."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.http import HttpClient
from bot.secret import Secret
from bot.signin.walk import SignInStep, WalkFailed, sign_in
from tests.support.subprocesses import ssobot
from tests.support.world import SERVICE, world_at
from tests.system.test_processes import ANY_PORT


async def test_from_setup_to_a_person_signed_in(tmp_path: Path) -> None:
    async with world_at(tmp_path, tls=tmp_path / "tls") as world, world.play.bot():
        assert world.rocketchat.url.startswith("https://")
        assert "✗" not in await world.ask("setup")
        assert "✗" not in await world.ask("test")
        assert "Rotated" in await world.ask("rotate")
        person = world.encvoy.introduction.account("person")
        arrived = await sign_in(
            world.rocketchat.url, SERVICE, person.login, Secret(person.password), tls=world.play.tls
        )
        assert world.rocketchat.people.get(arrived.user_id).username == person.login
        now = world.state()
        assert now.accepted == now.stored == now.live is not None


async def test_a_rocketchat_that_does_not_trust_the_authority_lets_nobody_in(tmp_path: Path) -> None:
    """What NODE_EXTRA_CA_CERTS is for (facts/rocketchat.md §8 no. 11); whoever walks isn't told."""
    async with world_at(tmp_path, tls=tmp_path / "tls") as world, world.play.bot():
        await world.ask("setup")
        world.rocketchat.trusted = True
        await world.rocketchat.restart()
        person = world.encvoy.introduction.account("person")
        with pytest.raises(WalkFailed) as caught:
            await sign_in(world.rocketchat.url, SERVICE, person.login, Secret(person.password), tls=world.play.tls)
        assert caught.value.step is SignInStep.CALLBACK
        problem = world.rocketchat.ledger.of("sign-in")[-1].body["problem"]
        assert problem.endswith("failed, reason: unable to verify the first certificate")


async def test_every_cookie_of_encvoy_id_is_for_https_only(tmp_path: Path) -> None:
    async with (
        world_at(tmp_path, tls=tmp_path / "tls") as world,
        HttpClient("Encvoy ID", tls=world.play.tls) as http,
    ):
        url, client = world.encvoy.url, world.encvoy.state.main_id
        query = f"client_id={client}&response_type=code&scope=openid&redirect_uri={url}/code"
        answer = await http.send("GET", f"{url}/oidc/auth?{query}", route="GET /oidc/auth")
    cookies = answer.headers.getall("Set-Cookie")  # type: ignore[attr-defined]
    assert cookies
    assert all("; Secure" in cookie for cookie in cookies)


@pytest.mark.parametrize("place", ["before", "after"])
async def test_two_stand_ins_of_their_own_share_one_authority(tmp_path: Path, place: str) -> None:
    words = ("--tls", str(tmp_path / "tls"))
    outer, inner = (words, ()) if place == "before" else ((), words)
    async with (
        ssobot(tmp_path, "sandbox", *outer, "rocketchat", "--settle", "0.1", *inner) as chat,
        ssobot(tmp_path, "sandbox", *outer, "encvoy", *inner) as identity,
    ):
        rocketchat, encvoy = await chat.introduction(), await identity.introduction()
        assert rocketchat["url"].startswith("https://127.0.0.1:")
        assert rocketchat["env"]["SSOBOT_CA_FILE"] == encvoy["env"]["SSOBOT_CA_FILE"]
        async with ssobot(tmp_path, "run", env={**rocketchat["env"], **encvoy["env"], **ANY_PORT}) as bot:
            await bot.said('"listening"')
            assert await bot.stop() == 0


NOBODY = "Its certificate is not signed by a trusted authority."
MEND = "Save the certificate of its authority to a file, and set SSOBOT_CA_FILE to that file."


async def test_the_doctor_names_an_authority_that_nobody_trusts(tmp_path: Path) -> None:
    async with world_at(tmp_path, tls=tmp_path / "tls") as world:
        untrusting = {name: value for name, value in world.play.env.items() if name != "SSOBOT_CA_FILE"}
        async with ssobot(tmp_path, "doctor", env=untrusting) as doctor:
            assert await doctor.process.wait() == 1
        said = doctor.log.read_text()
        assert re.findall("✗ failed: ([^:]+)", said) == ["Rocket.Chat responds", "Encvoy ID's discovery document"]
        assert said.count(MEND) == 2
        assert "Traceback" not in said


async def test_the_bot_says_on_the_terminal_what_it_waits_for(tmp_path: Path) -> None:
    async with world_at(tmp_path, tls=tmp_path / "tls") as world:
        untrusting = {name: value for name, value in world.play.env.items() if name != "SSOBOT_CA_FILE"}
        async with ssobot(tmp_path, "run", env=untrusting) as bot:
            said = await bot.said('"waiting"')
            assert f"{NOBODY} {MEND}" in said
            assert await bot.stop() == 0


@pytest.mark.slow  # tests/system/test_modern.py plays it over TLS as well, on 9.0
async def test_the_demo_plays_over_tls(tmp_path: Path) -> None:
    async with ssobot(tmp_path, "demo", "--tls") as demo:
        assert await demo.process.wait() == 0
    said = demo.log.read_text()
    assert "Rocket.Chat stand-in at https://127.0.0.1:" in said
    assert "Everything was right on both sides after every answer." in said
