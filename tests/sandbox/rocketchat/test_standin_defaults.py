"""What the stand-in is when nothing is said: a real server's times and publication (facts/rocketchat.md §2.5, §5.5,
§16). Alone and on a stage, since the demo, the sandbox and every world begin with one of the two."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from sandbox.rocketchat.instance import Timing
from sandbox.rocketchat.standin import RocketChatStandIn, Switches
from sandbox.stage import stage
from tests.support.chat_server import Ddp, Frame
from tests.support.clocks import SteppedClock
from tests.support.world import LICENCE

KEY = "Accounts_OAuth_Custom-Encvoyid"
SERVICES = "meteor_accounts_loginServiceConfiguration"
PUBLICATION = "meteor.loginServiceConfiguration"
SETTLE = 2.5
Made = Callable[..., AbstractAsyncContextManager[RocketChatStandIn]]


@dataclass
class Seen:
    """A stand-in that runs, seen from outside."""

    standin: RocketChatStandIn
    clock: SteppedClock
    http: aiohttp.ClientSession

    async def write(self, path: str, body: dict[str, Any]) -> None:
        """As the bot."""
        bot = self.standin.introduction.account("bot")
        headers = {"X-User-Id": bot.user_id, "X-Auth-Token": bot.token}
        async with self.http.post(f"{self.standin.url}/api/v1/{path}", json=body, headers=headers) as response:
            assert response.status == 200, await response.text()

    async def make(self) -> None:
        """A service that is off, with nothing under way."""
        await self.write("settings.addCustomOAuth", {"name": "Encvoyid"})
        await self.clock.advance(2 * SETTLE)

    async def put(self, suffix: str, value: Any) -> None:
        await self.write(f"settings/{KEY}{suffix}", {"value": value})

    def live(self, field: str) -> Any:
        """What is live of the service; None while it is off."""
        return (self.standin.live("encvoyid") or {}).get(field)

    async def live_after(self, within: float) -> float:
        """Moves time on until the service is live; the seconds, to the millisecond."""
        began = self.clock.seconds
        while not self.live("service"):
            assert self.clock.seconds < began + within, "it never became live"
            await self.clock.advance(0.001)
        return self.clock.seconds - began

    async def subscribed(self) -> Ddp:
        """A session that subscribed to the login services, with nothing unread."""
        client = Ddp(await self.http.ws_connect(f"{self.standin.url}/websocket"))
        await client.connect()
        assert (await client.subscribe(PUBLICATION))["msg"] == "ready"
        return client


async def heard(client: Ddp) -> list[Frame]:
    """Frames of the login services since the last time."""
    await client.quiet()
    frames = [frame for frame in client.heard if frame.get("collection") == SERVICES]
    client.heard.clear()
    return frames


@pytest.fixture(params=["alone", "on a stage"])
def made(request: pytest.FixtureRequest, tmp_path: Path) -> Made:
    """Starts one of a version, on a clock, with nothing else said."""

    @asynccontextmanager
    async def alone(**given: Any) -> AsyncIterator[RocketChatStandIn]:
        standin = RocketChatStandIn(**given)
        await standin.start()
        try:
            yield standin
        finally:
            await standin.stop()

    @asynccontextmanager
    async def on_a_stage(**given: Any) -> AsyncIterator[RocketChatStandIn]:
        async with stage(tmp_path, **given) as play:
            yield play.rocketchat

    return alone if request.param == "alone" else on_a_stage


@asynccontextmanager
async def seen(made: Made, **given: Any) -> AsyncIterator[Seen]:
    clock = SteppedClock()
    async with made(clock=clock, **given) as standin, aiohttp.ClientSession() as http:
        yield Seen(standin, clock, http)


async def test_its_version_is_8_8(made: Made) -> None:
    async with made() as standin:
        assert standin.version.short == "8.8"


async def test_it_settles_in_two_and_a_half_seconds_and_up_to_twenty_milliseconds(made: Made) -> None:
    async with seen(made) as it:
        assert it.standin.instances.timing == Timing(settle=2.5, jitter=(0.005, 0.020))
        await it.make()
        moments = []
        for _ in range(10):
            await it.put("", value=True)
            moments.append(await it.live_after(within=3 * SETTLE) - SETTLE)
            await it.put("", value=False)
            await it.clock.advance(2 * SETTLE)
    assert all(0.004 < moment < 0.022 for moment in moments), moments
    assert len({round(moment, 3) for moment in moments}) > 1, "there is no chance in it"


async def test_half_a_second_of_it_is_the_key_and_two_are_the_run(made: Made) -> None:
    async with seen(made) as it:
        await it.make()
        await it.put("", value=True)
        await it.clock.advance(2.03)
        await it.put("-id", "in time")  # its half second is over after the run, which takes it along
        await it.clock.advance(SETTLE + 0.03 - 2.03)
        assert it.live("clientId") == "in time"
        await it.clock.advance(2 * SETTLE)
        await it.put("-scope", "openid profile")
        await it.clock.advance(1.97)
        await it.put("-id", "just before")  # its half second is over before the run, which waits anew
        await it.clock.advance(SETTLE + 0.03 - 1.97)
        assert it.live("clientId") == "in time"
        await it.clock.advance(1.97)
        assert it.live("clientId") == "just before"


@pytest.mark.parametrize(("version", "told"), [("7.6", True), ("7.7", False), ("8.8", False), ("9.0", False)])
async def test_since_7_7_whoever_subscribed_before_hears_nothing_of_an_enable(
    made: Made, version: str, told: bool
) -> None:
    async with seen(made, version=version, switches=Switches(modules={LICENCE})) as it:
        await it.make()
        early = await it.subscribed()
        await it.put("", value=True)
        await it.clock.advance(2 * SETTLE)
        assert [frame["msg"] for frame in await heard(early)] == (["added"] if told else [])
        late = await it.subscribed()
        assert [frame["msg"] for frame in await heard(late)] == ["added"]
