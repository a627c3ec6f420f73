"""People sign in through both stand-ins, joined by hand as setup joins them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.signin.walk import SignInStep, WalkFailed
from sandbox.encvoy.standin import EncvoyStandIn
from sandbox.rocketchat.standin import RocketChatStandIn
from tests.support.joined import Joined, join


@pytest.fixture
async def joined() -> AsyncIterator[Joined]:
    rocketchat, encvoy = RocketChatStandIn(settle=0.02), EncvoyStandIn()
    await asyncio.gather(rocketchat.start(), encvoy.start())
    yield await join(rocketchat, encvoy)
    await asyncio.gather(rocketchat.stop(), encvoy.stop())


async def test_a_person_becomes_a_user_of_rocketchat(joined: Joined) -> None:
    signed_in = await joined.walk()

    user = joined.rocketchat.people.get(signed_in.user_id)
    assert user is not None
    assert user.username == joined.encvoy.person("person").login
    assert signed_in.pages == ("publicity", "access")


async def test_the_token_is_good_for_rocketchat(joined: Joined) -> None:
    signed_in = await joined.walk()

    found = joined.rocketchat.people.with_token(signed_in.token.reveal())
    assert found is not None
    assert found[0].id == signed_in.user_id


async def test_the_same_person_comes_back_as_the_same_user(joined: Joined) -> None:
    assert (await joined.walk()).user_id == (await joined.walk()).user_id


async def test_a_person_renamed_at_encvoy_id_comes_back(joined: Joined) -> None:
    first = await joined.walk()
    joined.encvoy.person("person").nickname = "Another Name"

    assert (await joined.walk()).user_id == first.user_id


async def test_a_person_renamed_in_rocketchat_comes_back(joined: Joined) -> None:
    first = await joined.walk()
    user = joined.rocketchat.people.get(first.user_id)
    assert user is not None
    user.name = "Another Name"

    assert (await joined.walk()).user_id == first.user_id


async def test_a_person_with_another_login_comes_back(joined: Joined) -> None:
    first = await joined.walk()
    joined.encvoy.person("person").login = "another1"

    assert (await joined.walk()).user_id == first.user_id


async def test_without_merging_a_renamed_person_is_refused(joined: Joined) -> None:
    await joined.walk()
    await joined.set(merge_users=False)
    joined.encvoy.person("person").nickname = "Another Name"

    with pytest.raises(WalkFailed) as caught:
        await joined.walk()

    assert caught.value.step is SignInStep.LOGIN
    assert joined.problem == "User with username plain1 already exists [CustomOAuth]"


async def test_a_wrong_secret_stops_at_the_callback_without_a_reason(joined: Joined) -> None:
    await joined.set(secret="another")

    with pytest.raises(WalkFailed) as caught:
        await joined.walk()

    assert caught.value.step is SignInStep.CALLBACK
    assert joined.problem.endswith(". Unauthorized")


async def test_a_service_that_is_off_has_no_button(joined: Joined) -> None:
    await joined.set(on=False)

    with pytest.raises(WalkFailed) as caught:
        await joined.walk()

    assert caught.value.step is SignInStep.BUTTON


@pytest.mark.parametrize("style", ["popup", "redirect"])
async def test_both_login_styles_come_through(joined: Joined, style: str) -> None:
    await joined.set(login_style=style)

    assert joined.rocketchat.people.get((await joined.walk()).user_id) is not None


async def test_a_workspace_below_a_path_is_walked_too() -> None:
    rocketchat, encvoy = RocketChatStandIn(settle=0.02, path="/chat"), EncvoyStandIn()
    await asyncio.gather(rocketchat.start(), encvoy.start())
    try:
        joined = await join(rocketchat, encvoy)
        assert rocketchat.people.get((await joined.walk()).user_id) is not None
    finally:
        await asyncio.gather(rocketchat.stop(), encvoy.stop())
