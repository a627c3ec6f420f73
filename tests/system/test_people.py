"""People come back as who they were, whatever was renamed meanwhile; and nobody becomes somebody else.

A connection made by `!sso setup`, and people who walk the whole way from the button to the logged-in user.
"""

from __future__ import annotations

import copy
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from bot.secret import Secret
from bot.signin.walk import SignedIn, SignInStep, WalkFailed, sign_in
from sandbox.encvoy.people import Person
from sandbox.rocketchat.people import User
from tests.support.world import SERVICE, World, world_at


@pytest.fixture
async def connected(tmp_path: Path) -> AsyncIterator[World]:
    """Rocket.Chat and Encvoy ID, joined by the bot, which has gone home since."""
    async with world_at(tmp_path) as world:
        async with world.play.bot():
            await world.ask("setup")
        yield world


async def walk(world: World, role: str = "person", **profile: str) -> SignedIn:
    person = world.encvoy.person(role)
    return await sign_in(world.rocketchat.url, SERVICE, person.login, Secret(person.password), profile=profile)


def user_of(world: World, arrived: SignedIn) -> User:
    found: User | None = world.rocketchat.people.get(arrived.user_id)
    assert found is not None
    return found


# The same person, renamed on either side, signs in again.


def nickname_at_encvoy_id(person: Person, user: User) -> None:
    person.nickname = "Another Name"


def login_at_encvoy_id(person: Person, user: User) -> None:
    person.login = "another1"


def email_at_encvoy_id(person: Person, user: User) -> None:
    person.email = "another@people.example"


def no_email_any_more_at_encvoy_id(person: Person, user: User) -> None:
    person.public_profile_claims_oauth = "picture nickname login"


def everything_at_encvoy_id(person: Person, user: User) -> None:
    nickname_at_encvoy_id(person, user)
    login_at_encvoy_id(person, user)
    email_at_encvoy_id(person, user)


def name_in_rocketchat(person: Person, user: User) -> None:
    user.name = "Another Name"


def username_in_rocketchat(person: Person, user: User) -> None:
    user.username = "another.one"


def email_in_rocketchat(person: Person, user: User) -> None:
    user.emails = [{"address": "another@workspace.example", "verified": True}]


def everything_on_both_sides(person: Person, user: User) -> None:
    everything_at_encvoy_id(person, user)
    name_in_rocketchat(person, user)
    username_in_rocketchat(person, user)
    email_in_rocketchat(person, user)


RENAMES: tuple[Callable[[Person, User], None], ...] = (
    nickname_at_encvoy_id,
    login_at_encvoy_id,
    email_at_encvoy_id,
    everything_at_encvoy_id,
    name_in_rocketchat,
    username_in_rocketchat,
    email_in_rocketchat,
    everything_on_both_sides,
)


@pytest.mark.parametrize("rename", RENAMES, ids=lambda rename: rename.__name__)
async def test_a_renamed_person_is_still_the_same_user(
    connected: World, rename: Callable[[Person, User], None]
) -> None:
    first = await walk(connected)
    rename(connected.encvoy.person("person"), user_of(connected, first))
    before = len(connected.rocketchat.people)

    again = await walk(connected)
    once_more = await walk(connected)

    assert first.user_id == again.user_id == once_more.user_id
    assert len(connected.rocketchat.people) == before


async def test_a_person_who_hides_the_email_again_is_asked_and_comes_back(connected: World) -> None:
    first = await walk(connected)
    no_email_any_more_at_encvoy_id(connected.encvoy.person("person"), user_of(connected, first))

    again = await walk(connected)

    assert again.user_id == first.user_id
    assert again.pages == ("publicity",)


async def test_renames_survive_a_rotation_and_a_second_setup(connected: World) -> None:
    first = await walk(connected)
    everything_on_both_sides(connected.encvoy.person("person"), user_of(connected, first))
    async with connected.play.bot():
        await connected.ask("rotate")
        await connected.ask("setup")

    assert (await walk(connected)).user_id == first.user_id


async def test_two_people_who_swap_their_names_stay_who_they_are(connected: World) -> None:
    one, two = connected.encvoy.person("person"), connected.encvoy.person("person2")
    two.email = "plain2@people.example"
    first, second = await walk(connected, "person"), await walk(connected, "person2")
    one.login, two.login = two.login, one.login
    one.nickname, two.nickname = two.nickname, one.nickname

    assert (await walk(connected, "person")).user_id == first.user_id
    assert (await walk(connected, "person2")).user_id == second.user_id


# What is asked of people.


async def test_consent_is_asked_for_once(connected: World) -> None:
    first, second = await walk(connected), await walk(connected)
    assert first.pages == ("publicity", "access")
    assert second.pages == ()


async def test_a_person_arrives_with_login_name_and_email(connected: World) -> None:
    person = connected.encvoy.person("person")
    user = user_of(connected, await walk(connected))
    assert (user.username, user.name, user.addresses) == (person.login, person.nickname, [person.email])
    assert user.roles == ["user"]


async def test_a_person_without_email_is_asked_for_it(connected: World) -> None:
    assert connected.encvoy.person("person2").email is None
    with pytest.raises(WalkFailed) as caught:
        await walk(connected, "person2")
    assert caught.value.code == "steps"

    arrived = await walk(connected, "person2", email="plain2@people.example")
    assert user_of(connected, arrived).addresses == ["plain2@people.example"]


async def test_a_person_arrives_without_email_where_nobody_asks_for_it(connected: World) -> None:
    """No setting names the e-mail claim, so its absence fails no sign-in."""
    (client_id,) = (c for c, rules in connected.encvoy.clients.rules.items() if rules)
    connected.encvoy.clients.rules[client_id] = [connected.encvoy.state.rule("login").id]

    user = user_of(connected, await walk(connected, "person2"))

    assert user.username == connected.encvoy.person("person2").login
    assert user.addresses == []


# Local accounts: never entered by their name, always by their address (facts/rocketchat.md §3.6, legacy engine).


def local_account(world: World, username: str, address: str) -> User:
    account: User = world.rocketchat.people.add(
        username, name="Local", password="local-password-of-a-test", emails=[{"address": address, "verified": True}]
    )
    return account


def noted(world: World) -> str:
    """Why Rocket.Chat refused somebody; no client hears it."""
    problem: str = world.rocketchat.ledger.of("sign-in")[-1].body["problem"]
    return problem


async def test_a_local_account_cannot_be_taken_by_its_name(connected: World) -> None:
    account = local_account(connected, "plain1", "local@workspace.example")
    before, count = copy.deepcopy(account), len(connected.rocketchat.people)

    with pytest.raises(WalkFailed) as caught:
        await walk(connected)

    assert caught.value.step is SignInStep.LOGIN
    assert noted(connected) == "Username already exists. [403]"
    assert account == before
    assert len(connected.rocketchat.people) == count


async def test_nor_by_its_name_in_another_letter_case(connected: World) -> None:
    account = local_account(connected, "PLAIN1", "local@workspace.example")
    before = copy.deepcopy(account)

    assert user_of(connected, await walk(connected)) is not account
    assert account == before


@pytest.mark.parametrize(
    ("username", "address"),
    [
        ("local", "plain1@people.example"),
        ("local", "Plain1@People.example"),
        ("plain1", "plain1@people.example"),
    ],
)
async def test_who_has_the_address_of_a_local_account_enters_it(connected: World, username: str, address: str) -> None:
    account = local_account(connected, username, address)

    assert user_of(connected, await walk(connected)) is account
    assert account.username == username


async def test_a_name_cannot_be_taken_from_who_came_before(connected: World) -> None:
    """Somebody else at Encvoy ID takes over the login name of one who left."""
    first = await walk(connected)
    connected.encvoy.person("person").login = "former"
    thief = connected.encvoy.person("person2")
    thief.login, thief.email = "plain1", "plain2@people.example"

    with pytest.raises(WalkFailed):
        await walk(connected, "person2")
    assert noted(connected) == "Username already exists. [403]"
    assert user_of(connected, first).services[SERVICE]["id"] == str(connected.encvoy.person("person").id)


async def test_the_setting_that_would_link_accounts_by_name_is_what_protects_them(connected: World) -> None:
    """The control: with it switched on, the same walk takes the local account over (facts/rocketchat.md §3.6)."""
    account = local_account(connected, "plain1", "local@workspace.example")
    settings = connected.rocketchat.settings
    settings.write("Accounts_OAuth_Custom-Encvoyid-merge_users_distinct_services", True)
    connected.rocketchat.login_services.rewrite()

    assert (await walk(connected)).user_id == account.id


async def test_without_merging_a_renamed_person_would_be_refused(connected: World) -> None:
    """The control: what `merge_users` is for."""
    await walk(connected)
    connected.rocketchat.settings.write("Accounts_OAuth_Custom-Encvoyid-merge_users", False)
    connected.rocketchat.login_services.rewrite()
    connected.encvoy.person("person").nickname = "Another Name"

    with pytest.raises(WalkFailed):
        await walk(connected)
    assert noted(connected) == "User with username plain1 already exists [CustomOAuth]"
