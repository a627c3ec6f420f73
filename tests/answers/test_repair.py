"""What `repair` and `rename` answer."""

from __future__ import annotations

import pytest

from tests.answers.conftest import Asks, Heard
from tests.support import grounds
from tests.support.by_hand import CLAIMS, made_by_hand
from tests.support.world import World

case = pytest.mark.case
NEW = "Войти через Encvoy ID"


@case("repair", "Somebody changed settings of the service")
async def test_settings(world: World, asks: Asks) -> None:
    await world.ask("setup")
    for suffix, value in (("token_path", "/wrong"), ("merge_users", False)):
        world.rocketchat.settings.write(f"Accounts_OAuth_Custom-Encvoyid-{suffix}", value)
    world.rocketchat.login_services.rewrite()
    await asks("repair")


@case("repair", "What would it change")
async def test_a_dry_run(world: World, hears: Heard) -> None:
    await world.ask("setup")
    grounds.application(world)["client_secret"] = "somebody's"
    with grounds.setting("scope", "openid")(world):
        hears(await world.ask("repair --dry-run"), typed="!sso repair --dry-run")


@case("repair", "Nothing differs")
async def test_nothing(world: World, asks: Asks) -> None:
    await world.ask("setup")
    await asks("repair")


@case("repair", "Nothing differs, and it would change nothing")
async def test_a_dry_run_of_nothing(world: World, asks: Asks) -> None:
    await world.ask("setup")
    await asks("repair --dry-run")


@case("repair", "The connection was made by hand, and adopted")
async def test_improvements(world: World, asks: Asks) -> None:
    client_id = made_by_hand(world, **CLAIMS)
    await world.ask("adopt")
    await asks("repair")
    made = world.encvoy.clients.by_id[client_id]
    assert (made["name"], made["description"]) == ("Our chat", "Made by hand")
    assert world.rocketchat.settings.find("Accounts_OAuth_Custom-Login-button_label_text").value == "Our login"


@case("repair", "Rocket.Chat has another address now")
async def test_moved(world: World, asks: Asks) -> None:
    await world.ask("setup")
    moved = world.rocketchat.url.replace("127.0.0.1", "localhost")
    with grounds.moved_to(moved)(world):
        await asks("repair")
        assert grounds.application(world)["redirect_uris"] == [f"{moved}/_oauth/encvoyid"]


@case("rename", "The button gets another text")
async def test_rename(world: World, asks: Asks) -> None:
    await world.ask("setup")
    await asks(f'rename --label "{NEW}"')
    service = world.rocketchat.login_services.get("encvoyid")
    assert service is not None
    assert service.fields["buttonLabelText"] == NEW


@case("rename", "The service is off")
async def test_rename_while_off(world: World, asks: Asks) -> None:
    await world.ask("setup --disabled")
    await asks(f'rename --label "{NEW}"')


@case("rename", "It has that text already")
async def test_the_same(world: World, asks: Asks) -> None:
    await world.ask("setup")
    await asks('rename --label "Sign in with Encvoy ID"')


@pytest.mark.parametrize(
    "words",
    [
        pytest.param("rename", marks=case("rename", "The text is missing")),
        pytest.param(f'rename --label "{"x" * 61}"', marks=case("rename", "The text is too long")),
    ],
)
async def test_no_text(world: World, hears: Heard, words: str) -> None:
    await world.ask("setup")
    hears(await world.ask(words), typed=f"!sso {words}")


@case("setup", "With a text for the button, which is there already")
async def test_setup_leaves_a_label(world: World, hears: Heard) -> None:
    await world.ask("setup")
    hears(await world.ask(f'setup --label "{NEW}"'), typed=f'!sso setup --label "{NEW}"')
