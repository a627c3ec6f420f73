"""This version takes over what the last one left: on both databases, at rest and in the middle of something."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import text

from bot.chatops.answer import ENDED
from bot.secret import Secret
from bot.store.engine import open_database
from commands.correction import FALSE_PROMISE
from tests.support.crashes import Records, answered, fingerprints_of, records
from tests.support.realtime import until
from tests.upgrade.kept import databases, tried
from tests.upgrade.restore import Restored, restored

DATABASES = databases()
MISLED = {"0001"}
"""Schemas of versions that promised too much at `setup`."""


def of(name: str) -> pytest.MarkDecorator:
    """Every database of one scene."""
    found = [database for database in DATABASES if database.scene == name]
    return pytest.mark.parametrize(
        "scene", tried(found), indirect=True, ids=lambda found: f"{found.revision}-{found.kind}"
    )


@pytest.fixture
async def scene(request: pytest.FixtureRequest, tmp_path: Any) -> AsyncIterator[Restored]:
    """What an older version left, and no bot yet."""
    async with restored(request.param, tmp_path, request) as scene:
        yield scene


async def rows(scene: Restored) -> dict[str, Any]:
    """Every operation by its id: command, words, receipt and answer; and all that was noted."""
    database = await open_database(scene.url)
    try:
        async with database.reading() as transaction:
            told = await transaction.execute(text("SELECT id, message_id, words, reply_text FROM operations"))
            # What was heard last is noted all the time.
            noted = await transaction.execute(text("SELECT key, value FROM notes WHERE key <> 'heard until'"))
            return {row[0]: tuple(row) for row in (*told, *noted)}
    finally:
        await database.close()


async def old_receipt(scene: Restored) -> dict[str, Any]:
    """Of the one command, before this version has touched anything."""
    database = await open_database(scene.url)
    try:
        async with database.reading() as transaction:
            query = text("SELECT receipt FROM operations WHERE message_id = :message")
            receipt = await transaction.scalar(query, {"message": scene.kept.message_id})
            return dict(json.loads(receipt) if isinstance(receipt, str) else receipt)
    finally:
        await database.close()


def both_hold(scene: Restored, column: str, *, service: str) -> None:
    """One application, one service, and the secret that this column had; people sign in with it."""
    secret, standin = scene.secrets[column], scene.world.rocketchat
    ours = [c for c in scene.world.encvoy.clients.by_id.values() if f"/_oauth/{service}" in str(c["redirect_uris"])]
    live = standin.login_services.get(service)
    assert secret is not None
    assert [client["client_id"] for client in ours] == [scene.kept.application.columns["client_id"]]
    assert ours[0]["client_secret"] == secret
    assert standin.settings.get(f"Accounts_OAuth_Custom-{scene.kept.service.key}-secret") == secret
    assert live is not None
    assert live.fields["secret"] == secret


def corrections(scene: Restored) -> list[str]:
    """What was said of the promise of the first version."""
    return [said.msg for said in scene.world.rocketchat.chat.messages.values() if FALSE_PROMISE in said.msg]


def told(scene: Restored) -> list[str]:
    """Everything that was said but the progress, which is shown of what takes long on this machine."""
    texts = (message.msg for message in scene.world.rocketchat.chat.messages.values())
    return [text for text in texts if not text.rsplit("\n", 1)[-1].startswith(ENDED)]


async def thread(scene: Restored) -> list[str]:
    """The answers to the command that was not answered."""
    assert scene.kept.message_id is not None
    return await scene.world.admin.results(scene.kept.message_id)


async def finished(scene: Restored) -> Records:
    """Starts this version twice; what its database holds once everything is answered and at rest."""
    message_id = scene.kept.message_id
    assert message_id is not None
    for _ in range(2):
        async with scene.world.play.bot():
            await answered(scene.world, message_id)
            await scene.world.ask("help")
    found = await records(scene.world, message_id)
    assert found.unfinished == ()
    assert found.connection is not None
    assert (found.connection.pending, found.connection.undoing, found.connection.enabled) == (None, False, True)
    return found


async def fingerprint(scene: Restored, column: str) -> str:
    """As people see it, once this version has run."""
    return (await fingerprints_of(scene.world)).of(Secret(scene.secrets[column] or ""))


@of("rest")
async def test_a_connection_at_rest_is_in_sync(scene: Restored) -> None:
    before, said = await rows(scene), len(told(scene))
    writes, due = scene.world.writes(), 1 if scene.revision in MISLED else 0
    async with scene.world.play.bot():
        answer = await scene.world.ask("status")
        await until(lambda: len(corrections(scene)) == due)
        await scene.world.ask("help")
    assert "Everything is in sync." in answer
    assert f"secret fingerprint {await fingerprint(scene, 'current_secret')}" in answer
    both_hold(scene, "current_secret", service="encvoyid")
    assert scene.world.writes() == writes
    assert before.items() <= (await rows(scene)).items()
    assert len(corrections(scene)) == due, "it was set up under a promise that was wrong, or was not"
    assert len(told(scene)) == said + 4 + due, "more was said than was asked"


@of("setup")
async def test_an_unfinished_setup_goes_on_to_its_end(scene: Restored) -> None:
    await finished(scene)
    both_hold(scene, "pending_secret", service="myname")
    (answer,) = await thread(scene)
    assert "checks passed" in answer
    assert "Not done" not in answer


@of("rotation")
async def test_a_rotation_killed_in_mid_exchange_goes_on_to_its_end(scene: Restored) -> None:
    await finished(scene)
    both_hold(scene, "pending_secret", service="encvoyid")
    (answer,) = await thread(scene)
    shown = await fingerprint(scene, "pending_secret")
    assert f"Rotated: both sides have the new secret (fingerprint {shown})" in answer


@of("receipt")
async def test_a_receipt_becomes_an_answer_and_nothing_is_done_again(scene: Restored) -> None:
    writes = scene.world.writes()
    receipt = await old_receipt(scene)
    found = await finished(scene)
    both_hold(scene, "current_secret", service="encvoyid")
    assert scene.world.writes() == writes
    assert receipt.items() <= (found.operations[0].receipt or {}).items()
    (answer,) = await thread(scene)
    shown = await fingerprint(scene, "current_secret")
    assert f"Rotated: both sides have the new secret (fingerprint {shown})" in answer


@of("answer")
async def test_an_answer_that_was_committed_is_given_as_it_is(scene: Restored) -> None:
    writes, before = scene.world.writes(), await rows(scene)
    found = await finished(scene)
    assert scene.world.writes() == writes
    assert await thread(scene) == [found.operations[0].reply_text]
    assert before.items() <= (await rows(scene)).items()


@pytest.mark.parametrize(
    "scene",
    tried(database for database in DATABASES if database.scene in ("setup", "rotation")),
    indirect=True,
    ids=lambda found: f"{found.revision}-{found.scene}-{found.kind}",
)
async def test_as_a_program_of_its_own_it_finishes_them_too(scene: Restored) -> None:
    bot, message_id = scene.world.process(), scene.kept.message_id
    assert message_id is not None
    await bot.start()
    try:
        await answered(scene.world, message_id)
    finally:
        assert await bot.stop() == 0
    both_hold(scene, "pending_secret", service=scene.kept.service.key.lower())
    found = await records(scene.world, message_id)
    assert found.unfinished == ()
