"""`repair`: drift is put back, and shown from which value to which."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.errors import UserError
from bot.secret import Secret
from tests.support.counter import Counter


async def test_drift_is_put_back_and_said_one_line_each(standing: Counter) -> None:
    settings = standing.rocketchat.settings["Encvoyid"]
    settings |= {"token_path": "/wrong", "merge_users": False}
    _, text = await standing.run("repair")
    assert "Changed:\n• Rocket.Chat: `token_path`: `/wrong` → `/oidc/token`\n" in text
    assert "• Rocket.Chat: `merge_users`: off → on" in text
    assert (settings["token_path"], settings["merge_users"]) == ("/oidc/token", True)


async def test_a_secret_is_shown_as_its_fingerprint(standing: Counter) -> None:
    there, marks = standing.connections.there.secret, standing.context.fingerprints
    standing.rocketchat.secrets["Encvoyid"] = Secret("somebody's")
    _, text = await standing.run("repair --dry-run")
    line = f"client secret: fingerprint {marks.of(Secret('somebody' + chr(39) + 's'))} → fingerprint {marks.of(there)}"
    assert f"• Rocket.Chat: {line}" in text


async def test_a_dry_run_shows_what_differs_and_the_plan(standing: Counter) -> None:
    standing.rocketchat.settings["Encvoyid"]["scope"] = "openid"
    answer, text = await standing.run("repair --dry-run")
    assert "• Rocket.Chat: `scope`: `openid` → `openid profile email`" in text
    assert "1. write in Rocket.Chat: scope" in text
    assert answer.next == ("repair", "adopt")
    assert standing.writes == []


@pytest.mark.parametrize("words", ["repair", "repair --dry-run"])
async def test_in_sync_there_is_nothing_to_do(standing: Counter, words: str) -> None:
    _, text = await standing.run(words)
    assert text.startswith("✓ Everything is in sync")
    assert standing.writes == []


async def test_what_was_never_finished_is_for_setup(standing: Counter) -> None:
    there = standing.connections.there
    standing.connections.row = replace(there, current=None, pending=there.current)
    with pytest.raises(UserError) as caught:
        await standing.run("repair")
    assert "/sso setup" in caught.value.fix


async def test_no_email_stays_as_chosen(counter: Counter) -> None:
    await counter.run("setup --no-email")
    _, text = await counter.run("repair")
    assert "in sync" in text
    assert not counter.connections.there.with_email


async def test_a_new_site_url_is_registered_before_the_old_callback_address_is_removed(standing: Counter) -> None:
    old = standing.connections.there.redirect_uri
    [application] = standing.encvoy.applications_by_id.values()
    standing.rocketchat.site_url = "https://new.example.org"
    kept: list[tuple[str, ...]] = []
    write = standing.encvoy.write_application

    async def noted(client_id: str, fields: object) -> None:
        await write(client_id, fields)  # type: ignore[arg-type]
        kept.append(standing.encvoy.applications_by_id[client_id].redirect_uris)

    standing.encvoy.write_application = noted  # type: ignore[method-assign]
    _, text = await standing.run("repair")
    new = "https://new.example.org/_oauth/encvoyid"
    assert kept == [(old, new), (new,)]
    assert "The callback address from before Rocket.Chat moved" in "".join(standing.spoken.steps)
    assert application.redirect_uris == (old,), "as it was"
    assert standing.connections.there.former == ()
    assert text.startswith("✓")


async def test_status_says_what_differs_on_which_side(standing: Counter) -> None:
    [client_id] = standing.encvoy.applications_by_id
    application = standing.encvoy.applications_by_id[client_id]
    standing.encvoy.applications_by_id[client_id] = replace(application, access_token_ttl=0)
    answer, text = await standing.run("status")
    assert "• Encvoy ID: `access_token_ttl`: 0 → 1800" in text
    assert answer.next == ("repair",), "nobody keeps that"
