"""Rocket.Chat in memory, on which plan, loop and commands are tested, is what the facts say (facts/rocketchat.md §2.5,
§5.5); `tests/sandbox` says the same of the stand-in on a socket."""

from __future__ import annotations

import pytest

from bot.connection.state import LiveService, ServiceName
from bot.secret import Secret
from tests.support.clocks import ManualClock
from tests.support.memory_rocketchat import MemoryRocketChat
from tests.support.scripted import Scripted

NAME = ServiceName("Encvoyid", "Encvoyid")


@pytest.fixture
async def rocketchat() -> MemoryRocketChat:
    """With a service that is on, and nothing under way."""
    rocketchat = MemoryRocketChat(Scripted(ManualClock(0.0)))
    await rocketchat.create_service(NAME)
    await rocketchat.write_service(NAME, {"id": "client", "secret": Secret("first"), "": True})
    wait(rocketchat, 10.0)
    return rocketchat


def wait(rocketchat: MemoryRocketChat, seconds: float) -> None:
    rocketchat.world.clock.seconds += seconds
    rocketchat.tick()


def live(rocketchat: MemoryRocketChat) -> tuple[str, str]:
    """The client id and the secret by which people sign in."""
    service, secret = rocketchat.live_records["Encvoyid"]
    return str(service.settings["id"]), secret.reveal()


async def test_a_write_is_live_two_and_a_half_seconds_later(rocketchat: MemoryRocketChat) -> None:
    await rocketchat.write_service(NAME, {"id": "other"})
    wait(rocketchat, 2.49)
    assert live(rocketchat) == ("client", "first")
    wait(rocketchat, 0.02)
    assert live(rocketchat) == ("other", "first")


async def test_another_change_waits_anew(rocketchat: MemoryRocketChat) -> None:
    await rocketchat.write_service(NAME, {"id": "other"})
    wait(rocketchat, 1.5)
    await rocketchat.write_service(NAME, {"secret": Secret("second")})
    wait(rocketchat, 1.5)
    assert live(rocketchat) == ("client", "first")
    wait(rocketchat, 1.1)
    assert live(rocketchat) == ("other", "second")


async def test_what_is_written_just_before_the_run_goes_live_with_it(rocketchat: MemoryRocketChat) -> None:
    await rocketchat.write_service(NAME, {"id": "other"})
    wait(rocketchat, 2.3)
    await rocketchat.write_service(NAME, {"secret": Secret("second")})
    wait(rocketchat, 0.21)
    assert live(rocketchat) == ("other", "second")


async def test_equal_values_start_nothing_and_hold_nothing_up(rocketchat: MemoryRocketChat) -> None:
    await rocketchat.write_service(NAME, {"id": "other"})
    wait(rocketchat, 2.4)
    await rocketchat.write_service(NAME, {"id": "other", "secret": Secret("first"), "": True})
    await rocketchat.create_service(NAME)
    wait(rocketchat, 0.11)
    assert live(rocketchat) == ("other", "first")
    runs = len(rocketchat.world.log)
    await rocketchat.repeat_secret(NAME, Secret("first"))
    wait(rocketchat, 10.0)
    assert len(rocketchat.world.log) == runs


@pytest.mark.parametrize(("pushes", "by"), [(None, "poll"), (True, "publication")])
async def test_the_publication_is_silent_unless_it_is_switched(
    rocketchat: MemoryRocketChat, pushes: bool | None, by: str
) -> None:
    if pushes is not None:
        rocketchat.publication = pushes
    await rocketchat.write_service(NAME, {"id": "other"})

    def other(service: LiveService | None) -> bool:
        return service is not None and service.settings["id"] == "other"

    assert (await rocketchat.await_live(NAME, other, None, 10.0)).by == by
