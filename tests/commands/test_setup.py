"""`setup`: what it says before and after, and what typing it again means."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.connection.state import Connection
from bot.doctor.checks import Finding, Result, State
from bot.doctor.verdict import Verdict
from bot.errors import UserError
from bot.secret import Secret
from tests.support.counter import Counter


def row(counter: Counter) -> Connection:
    assert counter.connections.row is not None
    return counter.connections.row


async def test_it_leaves_a_connection_at_rest_and_enabled(counter: Counter) -> None:
    await counter.run("setup")
    assert row(counter).enabled
    assert row(counter).current is not None
    assert row(counter).pending is None


async def test_it_commits_before_it_writes(counter: Counter) -> None:
    await counter.run("setup")
    assert counter.writes[0] == "save"


async def test_it_says_how_it_went(counter: Counter) -> None:
    await counter.run("setup")
    assert counter.spoken.steps[0] == "Rocket.Chat 8.8 at https://chat.example.org: its address and licence are fine"
    assert counter.spoken.steps[-1] == "On: the login page shows `Sign in with Encvoy ID`"
    assert "3 accounts exist here." in counter.spoken.notes[0]


async def test_it_ends_with_the_doctors_word(counter: Counter) -> None:
    finding = Finding("Keys", Result(State.FAILED, "none", "The file is gone.", "Restore it."))
    counter.doctor.verdict = Verdict((finding,))
    answer, text = await counter.run("setup")
    assert answer.failed
    assert counter.doctor.examined == [row(counter)]
    assert "✗ failed: Keys: none" in text
    assert "✗ 0 checks passed, 1 failed" in text


async def test_disabled_leaves_the_button_off_and_names_enable(counter: Counter) -> None:
    answer, _ = await counter.run("setup --disabled")
    assert not row(counter).enabled
    assert counter.rocketchat.live_records == {}
    assert answer.next == ("test", "enable")


async def test_a_dry_run_lists_the_plan_and_every_setting(counter: Counter) -> None:
    _, text = await counter.run("setup --dry-run")
    assert "1. create the OAuth service `encvoyid` in Rocket.Chat, switched off" in text
    assert "Callback address: https://chat.example.org/_oauth/encvoyid" in text
    assert "• merge_users = on" in text
    assert "• email_field = (empty)" in text
    assert counter.connections.row is None


async def test_a_dry_run_with_nothing_to_do_says_so(standing: Counter) -> None:
    _, text = await standing.run("setup --dry-run")
    assert "there is nothing to do" in text


async def test_typed_again_it_changes_nothing(standing: Counter) -> None:
    before = row(standing)
    _, text = await standing.run("setup")
    assert "nothing was changed" in text
    assert standing.writes == []
    assert row(standing) == before


async def test_typed_again_it_does_not_switch_a_disabled_one_on(standing: Counter) -> None:
    await standing.run("disable")
    await standing.run("setup")
    assert not row(standing).enabled
    assert standing.rocketchat.switches == {"Encvoyid": False}


async def test_another_name_is_refused(standing: Counter) -> None:
    with pytest.raises(UserError, match="There is a connection already: `Encvoy ID`"):
        await standing.run("setup --name Other")
    assert standing.writes == []


async def test_one_that_did_not_end_is_finished_and_may_be_left_off_after_all(counter: Counter) -> None:
    await counter.run("setup")
    counter.connections.row = replace(row(counter), current=None, pending=row(counter).current)
    await counter.run("setup --disabled")
    assert not row(counter).enabled
    assert row(counter).pending is None
    assert len(counter.encvoy.applications_by_id) == 1


async def test_it_follows_a_rocketchat_that_moved(standing: Counter) -> None:
    standing.rocketchat.site_url = "https://new.example.org"
    await standing.run("setup")
    (application,) = standing.encvoy.applications_by_id.values()
    assert "https://new.example.org/_oauth/encvoyid" in application.redirect_uris
    assert row(standing).site_url == "https://new.example.org"


async def test_a_secret_put_back_is_awaited_until_it_is_live(standing: Counter) -> None:
    standing.rocketchat.secrets["Encvoyid"] = Secret("x" * 64)
    standing.rocketchat.touched()
    standing.rocketchat.tick()
    await standing.run("setup")
    _, live = standing.rocketchat.live_records["Encvoyid"]
    assert live == row(standing).current
    assert standing.world.calls.count("await_live") == 2


async def test_where_nothing_can_be_respelled_it_is_put_back_all_the_same(standing: Counter) -> None:
    standing.rocketchat.secrets["Encvoyid"] = Secret("x" * 64)
    standing.rocketchat.settings["Encvoyid"] |= {"button_label_color": "#000000", "scope": "openid"}
    await standing.run("setup")
    assert standing.rocketchat.secrets["Encvoyid"] == row(standing).current
