"""What `adopt` answers: to a connection made by hand, and to what somebody changed of the bot's own."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.answers.conftest import Asks, Heard
from tests.support import grounds
from tests.support.by_hand import made_by_hand
from tests.support.world import World

case = pytest.mark.case
LOGIN = "Accounts_OAuth_Custom-Login"


@case("adopt", "There is a connection that somebody made by hand")
async def test_by_hand(world: World, asks: Asks) -> None:
    made_by_hand(world)
    before = world.writes()
    await asks("adopt")
    assert world.writes() == before


@case("adopt", "There is one made by hand whose two sides have different secrets")
async def test_two_secrets(world: World, asks: Asks) -> None:
    made_by_hand(world, secret="another")
    await asks("adopt")
    await world.ask("repair")
    accepted = next(c["client_secret"] for c in world.encvoy.clients.by_id.values() if c["name"] == "Our chat")
    assert world.rocketchat.settings.find(f"{LOGIN}-secret").value == accepted


REFUSED: dict[str, tuple[Callable[[World], object], str]] = {
    "There is no connection, and none made by hand": (lambda world: None, "adopt"),
    "There are two made by hand": (lambda world: (made_by_hand(world), made_by_hand(world, "Second")), "adopt"),
    "There is no service of that name": (lambda world: made_by_hand(world), "adopt nothing"),
    "There is no service at all": (lambda world: None, "adopt nothing"),
    "The service leads somewhere else": (
        lambda world: made_by_hand(world, url="https://elsewhere.example.org"),
        "adopt login",
    ),
    "The service has no client id": (lambda world: made_by_hand(world, id=""), "adopt"),
    "The application is gone from Encvoy ID": (
        lambda world: world.encvoy.clients.by_id.pop(made_by_hand(world)),
        "adopt",
    ),
    "The bot's role at Encvoy ID does not show the application": (
        lambda world: made_by_hand(world, owner="owner"),
        "adopt",
    ),
    "The name is none": (lambda world: None, "adopt our-login"),
}


@pytest.mark.parametrize(
    ("made", "words"), [pytest.param(*given, marks=case("adopt", title)) for title, given in REFUSED.items()]
)
async def test_refused(world: World, asks: Asks, made: Callable[[World], object], words: str) -> None:
    made(world)
    before = world.writes()
    await asks(words)
    assert world.writes() == before


@case("adopt", "Somebody changed a setting of the connection")
async def test_a_change_is_kept(world: World, asks: Asks) -> None:
    await world.ask("setup")
    with grounds.setting("login_style", "popup")(world):
        await asks("adopt")
        assert "in sync" in await world.ask("repair")


@case("adopt", "Somebody changed where the secret is sent, which is not kept")
async def test_an_address_is_not_kept(world: World, asks: Asks) -> None:
    await world.ask("setup")
    with grounds.setting("token_path", "/elsewhere")(world):
        await asks("adopt")


@case("adopt", "Another service, while there is a connection")
async def test_another_one(world: World, hears: Heard) -> None:
    await world.ask("setup")
    hears(await world.ask("adopt login"), typed="!sso adopt login")


@case("adopt", "The application was deleted at Encvoy ID")
async def test_nothing_to_keep(world: World, hears: Heard) -> None:
    await world.ask("setup")
    with grounds.application_deleted(world):
        hears(await world.ask("adopt"), typed="!sso adopt")


@case("adopt", "The service was removed from Rocket.Chat")
async def test_no_service_to_keep(world: World, hears: Heard) -> None:
    await world.ask("setup")
    with grounds.service_removed(world):
        hears(await world.ask("adopt"), typed="!sso adopt")


@case("adopt", "Both sides have a secret that the bot does not know")
async def test_a_database_that_is_older_than_the_last_rotation(world: World, asks: Asks) -> None:
    await world.ask("setup")
    world.rocketchat.settings.write("Accounts_OAuth_Custom-Encvoyid-secret", "rotated-by-another-bot")
    world.rocketchat.login_services.rewrite()
    grounds.application(world)["client_secret"] = "rotated-by-another-bot"
    assert "but I do not know it" in await world.ask("status")
    await asks("adopt")
    assert "Everything is in sync." in await world.ask("status")
