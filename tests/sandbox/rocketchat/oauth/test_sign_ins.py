"""Every situation of docs/facts/sign-ins.json ends as the real code let it end, on both engines."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from bot.sandbox.ledger import Ledger
from bot.sandbox.rocketchat.oauth.claims import IdentityFailed, identity_of
from bot.sandbox.rocketchat.oauth.engine import Engine
from bot.sandbox.rocketchat.oauth.hooks import Hooks
from bot.sandbox.rocketchat.oauth.resolve import Accounts, resolve
from bot.sandbox.rocketchat.people import People, User
from bot.sandbox.rocketchat.problems import MeteorError, PlainError
from bot.sandbox.rocketchat.settings import Settings
from bot.sandbox.rocketchat.workspace_settings import seed, workspace_settings
from tests.sandbox.rocketchat.oauth.situations import EACH, SERVICE, ended, expected, settle_people


@pytest.mark.parametrize("engine", Engine, ids=lambda engine: engine.value)
@pytest.mark.parametrize("situation", EACH)
def test_a_sign_in_ends_as_it_really_does(situation: dict[str, Any], engine: Engine) -> None:
    accounts = Accounts(People(lambda: datetime(2026, 11, 27, tzinfo=UTC)), _settings(situation), Hooks(engine))
    settle_people(accounts.people, situation)

    ends = [ended(accounts.people, _come(accounts, situation["fields"], step)) for step in situation["steps"]]

    assert ends == expected(situation, engine)


def _settings(situation: dict[str, Any]) -> Settings:
    settings = Settings(Ledger(), lambda _: False)
    seed(settings, workspace_settings("https://chat.example", "x", modern_flow=True))
    for name, value in situation["settings"].items():
        settings.write(name, value)
    return settings


def _come(accounts: Accounts, fields: dict[str, Any], step: dict[str, Any]) -> User | str:
    live = {"service": step.get("service", SERVICE), "serverURL": "IDP", "identityPath": "/me", **fields}
    try:
        return resolve(identity_of(step["claims"], live, accounts.hooks.engine), live, accounts)
    except (IdentityFailed, MeteorError, PlainError) as refusal:
        return str(refusal)
