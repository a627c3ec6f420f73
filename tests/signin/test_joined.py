"""People sign in through both stand-ins, joined by hand as setup joins them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from bot.errors import UserError
from bot.sandbox.encvoy.standin import EncvoyStandIn
from bot.sandbox.rocketchat.oauth_settings import add_service
from bot.sandbox.rocketchat.standin import RocketChatStandIn
from bot.secret import Secret
from bot.signin.walk import SignedIn, Step, WalkFailed, sign_in

KEY = "Accounts_OAuth_Custom-Encvoyid"


@dataclass
class Joined:
    """Both sides, and how somebody walks."""

    rocketchat: RocketChatStandIn
    encvoy: EncvoyStandIn
    client_id: str

    @property
    def problem(self) -> str:
        """Why Rocket.Chat refused somebody last; no client hears it."""
        noted: str = self.rocketchat.ledger.of("sign-in")[-1].body["problem"]
        return noted

    async def walk(self, role: str = "person", **more: Any) -> SignedIn:
        person = self.encvoy.person(role)
        return await sign_in(self.rocketchat.url, "encvoyid", person.login, Secret(person.password), **more)

    async def set(self, **settings: Any) -> None:
        """Writes settings of the service by suffix (`on` is the switch), and waits until they are live."""
        for suffix, value in settings.items():
            self.rocketchat.settings.write(KEY if suffix == "on" else f"{KEY}-{suffix}", value)
        await self.rocketchat.ledger.wait_for(lambda _: self._settled(settings), timeout=5)

    def _settled(self, settings: dict[str, Any]) -> bool:
        live = self.rocketchat.login_services.get("encvoyid")
        if settings.get("on") is False:
            return live is None
        names = {"secret": "secret", "login_style": "loginStyle", "merge_users": "mergeUsers", "id": "clientId"}
        return live is not None and all(
            live.fields[field] == settings[suffix] for suffix, field in names.items() if suffix in settings
        )


async def join(rocketchat: RocketChatStandIn, encvoy: EncvoyStandIn) -> Joined:
    """An application and a service that name each other."""
    callback = f"{rocketchat.url}/_oauth/encvoyid"
    columns = {"name": "Rocket.Chat", "domain": rocketchat.url, "redirect_uris": [callback]}
    row = encvoy.clients.create(encvoy.state.iso(), columns | {"parent_id": encvoy.state.main_id})
    encvoy.clients.rules[row["client_id"]] = [encvoy.state.rule(name).id for name in ("login", "email")]
    add_service(rocketchat.settings, "Encvoyid", gated=False)
    joined = Joined(rocketchat, encvoy, row["client_id"])
    await joined.set(
        url=encvoy.url,
        token_path="/oidc/token",
        identity_path="/oidc/me",
        authorize_path="/oidc/auth",
        scope="openid profile email",
        id=row["client_id"],
        secret=row["client_secret"],
        token_sent_via="payload",
        identity_token_sent_via="header",
        login_style="redirect",
        key_field="username",
        username_field="login",
        name_field="nickname",
        merge_users=True,
        on=True,
    )
    return joined


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

    assert caught.value.step is Step.LOGIN
    assert joined.problem == "User with username plain1 already exists [CustomOAuth]"


async def test_a_wrong_secret_stops_at_the_callback(joined: Joined) -> None:
    await joined.set(secret="another")

    with pytest.raises(WalkFailed) as caught:
        await joined.walk()

    assert caught.value.step is Step.CALLBACK
    assert joined.problem.endswith(". Unauthorized")


async def test_a_service_that_is_off_has_no_button(joined: Joined) -> None:
    await joined.set(on=False)

    with pytest.raises(WalkFailed) as caught:
        await joined.walk()

    assert caught.value.step is Step.BUTTON


@pytest.mark.parametrize("style", ["popup", "redirect"])
async def test_both_login_styles_come_through(joined: Joined, style: str) -> None:
    await joined.set(login_style=style)

    assert joined.rocketchat.people.get((await joined.walk()).user_id) is not None


async def test_the_modern_engine_is_refused(joined: Joined) -> None:
    joined.rocketchat.settings.write("Accounts_OAuth_Use_Modern_Flow", True)

    with pytest.raises(UserError, match="modern"):
        await joined.walk()


async def test_a_workspace_below_a_path_is_walked_too() -> None:
    rocketchat, encvoy = RocketChatStandIn(settle=0.02, path="/chat"), EncvoyStandIn()
    await asyncio.gather(rocketchat.start(), encvoy.start())
    try:
        joined = await join(rocketchat, encvoy)
        assert rocketchat.people.get((await joined.walk()).user_id) is not None
    finally:
        await asyncio.gather(rocketchat.stop(), encvoy.stop())
