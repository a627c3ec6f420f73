"""Every situation of docs/facts/sign-ins.json ends as the real code let it end, on both engines."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sandbox.rocketchat.oauth.claims import IdentityFailed, identity_of
from sandbox.rocketchat.oauth.engine import Engine
from sandbox.rocketchat.oauth.resolve import AccountResolver, resolve
from sandbox.rocketchat.oauth_settings import FIELDS
from sandbox.rocketchat.people import User
from sandbox.rocketchat.problems import MeteorError, PlainError
from tests.sandbox.rocketchat.oauth.provider import Provider, come_in, connect, problem
from tests.sandbox.rocketchat.oauth.situations import (
    EACH,
    SERVICE,
    ended,
    expected,
    fields_at,
    settle_people,
    workspace_of,
)
from tests.support.modern import Modern, modern_at
from tests.support.rocket import Rocket, running


@pytest.mark.parametrize("engine", Engine, ids=lambda engine: engine.value)
@pytest.mark.parametrize("situation", EACH)
def test_a_sign_in_ends_as_it_really_does(situation: dict[str, Any], engine: Engine) -> None:
    assert _by_rule(situation, engine) == expected(situation, engine)


def _by_rule(situation: dict[str, Any], engine: Engine) -> list[dict[str, Any]]:
    """How each step ends by the rules alone."""
    accounts = workspace_of(situation, engine)
    settle_people(accounts.people, situation)
    return [ended(accounts.people, _come(accounts, fields_at(situation, step), step)) for step in situation["steps"]]


def _come(accounts: AccountResolver, fields: dict[str, Any], step: dict[str, Any]) -> User | str:
    live = {"service": step.get("service", SERVICE), "serverURL": "IDP", "identityPath": "/me", **fields}
    try:
        return resolve(identity_of(step["claims"], live, accounts.hooks.engine), live, accounts)
    except (IdentityFailed, MeteorError, PlainError) as refusal:
        return str(refusal)


@pytest.mark.parametrize("situation", EACH)
async def test_so_does_the_whole_way_through_the_legacy_engine(provider: Provider, situation: dict[str, Any]) -> None:
    assert await _through_the_legacy_engine(provider, situation) == expected(situation, Engine.LEGACY)


async def _through_the_legacy_engine(provider: Provider, situation: dict[str, Any]) -> list[dict[str, Any]]:
    async with running() as rocket:
        change = await _join(rocket, provider, situation)
        ends = []
        for step in situation["steps"]:
            change(step)
            ends.append(await _walk(rocket, provider, step))
    return ends


@pytest.mark.parametrize("situation", EACH)
async def test_and_the_whole_way_through_the_modern_engine(provider: Provider, situation: dict[str, Any]) -> None:
    assert await _through_the_modern_engine(provider, situation) == expected(situation, Engine.MODERN)


async def _through_the_modern_engine(provider: Provider, situation: dict[str, Any]) -> list[dict[str, Any]]:
    async with modern_at(provider) as modern:
        change = await _join(modern.rocket, provider, situation)
        modern.rocket.standin.modern.restart()  # or the hooks from before these settings would go on deciding
        ends = []
        for step in situation["steps"]:
            change(step)
            ends.append(await _press(modern, step))
    return ends


CHANGING: dict[str, Any] = {
    "fields": {"keyField": "username", "usernameField": "login", "mergeUsers": False},
    "locals": [],
    "settings": {},
    "steps": [
        {"claims": {"sub": "1", "login": "ada", "nick": "not this"}},
        {"claims": {"sub": "2", "login": "nor this", "nick": "bea"}, "fields": {"usernameField": "nick"}},
        {"claims": {"sub": "3", "login": "carl", "nick": "nor this"}},
        {"claims": {"sub": "4", "login": "dora"}, "fields": {"rolesClaim": "groups", "nameField": "login"}},
    ],
}


@pytest.mark.parametrize("way", ["rule, legacy", "rule, modern", "legacy", "modern"])
async def test_a_step_may_change_fields_for_itself(provider: Provider, way: str) -> None:
    match way:
        case "legacy":
            ends = await _through_the_legacy_engine(provider, CHANGING)
        case "modern":
            ends = await _through_the_modern_engine(provider, CHANGING)
        case _:
            ends = _by_rule(CHANGING, Engine(way.removeprefix("rule, ")))
    assert [end["username"] for end in ends] == ["ada", "bea", "carl", "dora"]
    assert ends[-1]["name"] == "dora"


async def _press(modern: Modern, step: dict[str, Any]) -> dict[str, Any]:
    """From the button to whoever came in, or to the page that doesn't say why not."""
    modern.provider.claims = step["claims"]
    reply = await modern.sign_in(step.get("service", SERVICE))
    end = _end(modern.rocket, modern.provider)
    assert reply.status == (500 if "error" in end else 302)
    assert "error" not in end or ("Error" in reply.text and end["error"] not in reply.text)
    return end


async def _join(rocket: Rocket, provider: Provider, situation: dict[str, Any]) -> Callable[[dict[str, Any]], None]:
    """The situation's services and settings, and nobody but its people. To be called before each step: writes what the
    step changes, and what the one before it had changed back."""
    fields = {field.suffix: situation["fields"][field.live] for field in FIELDS if field.live in situation["fields"]}
    for service in {step.get("service", SERVICE) for step in situation["steps"]}:
        await connect(rocket, provider, service.capitalize(), **fields)
    for name, value in situation["settings"].items():
        rocket.standin.settings.write(name, value)
    for seeded in rocket.standin.people:
        rocket.standin.people.delete(seeded)
    settle_people(rocket.standin.people, situation)
    changing = {name for step in situation["steps"] for name in step.get("fields", {})}
    suffixes = {field.live: field.suffix for field in FIELDS if field.live in changing}

    def setting(step: dict[str, Any], name: str) -> str:
        return f"Accounts_OAuth_Custom-{step.get('service', SERVICE).capitalize()}-{suffixes[name]}"

    settings = rocket.standin.settings
    usual = {
        row: settings.get(row) for step in situation["steps"] for name in suffixes for row in [setting(step, name)]
    }

    def change(step: dict[str, Any]) -> None:
        for name in suffixes:
            row = setting(step, name)
            settings.write(row, step.get("fields", {}).get(name, usual[row]))
        if suffixes:
            rocket.standin.login_services.rewrite()

    return change


async def _walk(rocket: Rocket, provider: Provider, step: dict[str, Any]) -> dict[str, Any]:
    provider.claims = step["claims"]
    await come_in(rocket, step.get("service", SERVICE))
    return _end(rocket, provider)


def _end(rocket: Rocket, provider: Provider) -> dict[str, Any]:
    """What the server noted last."""
    came = rocket.standin.ledger.of("sign-in")[-1]
    user = rocket.standin.people.get(came.who) if came.who else None
    return ended(rocket.standin.people, user or problem(rocket).replace(provider.server.url, "IDP"))
