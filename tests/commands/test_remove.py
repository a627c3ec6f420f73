"""`remove`, and what a typed code protects: which questions it asks, and when it does nothing."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from bot.chatops.answer import buttons, render_failure
from bot.chatops.codes import CodeNeeded
from bot.connection.receipt import Receipt
from bot.connection.unknown import Unknown
from bot.errors import Forbidden, NoAnswer, Unfinished, UserError
from tests.connection.exchanging import Crash, at
from tests.support.counter import Counter

REFUSED = Forbidden("Rocket.Chat", "POST /api/v1/settings.removeCustomOAuth", status=403)


async def refused_on_the_way(counter: Counter) -> UserError:
    counter.world.script = lambda call: REFUSED if call == "remove_service before" else None
    with pytest.raises(Unfinished) as caught:
        await counter.run("remove")
    counter.world.script = lambda _: None
    return caught.value


async def test_nothing_is_left_and_the_bot_forgets_it(standing: Counter) -> None:
    answer, text = await standing.run("remove")
    assert (standing.rocketchat.settings, standing.encvoy.applications_by_id) == ({}, {})
    assert standing.connections.row is None
    assert "✓ Removed: nothing of it is left" in text
    assert answer.receipt == standing.connections.receipts["op1"]
    assert Receipt.from_dict(dict(answer.receipt or {})).changes[-1] == "DeleteApplication"


async def test_it_is_forgotten_after_everything_else(standing: Counter) -> None:
    await standing.run("remove")
    assert standing.writes == ["save", "write_service", "remove_service", "delete_application", "forget"]


async def test_after_a_crash_the_answer_comes_from_the_receipt(standing: Counter) -> None:
    """The connection is gone by then, and its name is only in what was desired before."""
    answer, text = await standing.run("remove")
    again, as_told = await standing.run("remove", resumed=True, receipt=answer.receipt)
    assert (again, as_told) == (answer, text)
    assert standing.world.calls == []


async def test_what_is_not_the_bots_is_named_also_from_the_receipt(standing: Counter) -> None:
    standing.encvoy.hidden |= set(standing.encvoy.applications_by_id)
    answer, text = await standing.run("remove")
    assert "✓ Removed.\n• The application `client0000000000000001` stays at Encvoy ID" in text
    assert (await standing.run("remove", resumed=True, receipt=answer.receipt))[1] == text


async def test_what_cannot_be_finished_says_what_is_where_and_is_finished_later(standing: Counter) -> None:
    error = await refused_on_the_way(standing)
    assert "In Rocket.Chat: the service `encvoyid` is still there, off." in error.what
    assert "At Encvoy ID: the application `client0000000000000001` is still there." in error.what
    assert standing.connections.there.absent
    await standing.run("remove")
    assert standing.connections.row is None


async def test_what_was_not_begun_is_not_desired(standing: Counter) -> None:
    before = standing.connections.row
    standing.world.script = lambda call: REFUSED if call == "write_service before" else None
    with pytest.raises(Forbidden):
        await standing.run("remove")
    assert standing.connections.row == before


async def test_setup_brings_back_what_was_half_removed(standing: Counter) -> None:
    await refused_on_the_way(standing)
    _, text = await standing.run("setup")
    assert text.startswith("✓ On: ")
    assert not standing.connections.there.absent
    assert standing.rocketchat.live_records


async def test_setup_brings_it_back_without_its_button_if_that_is_typed(standing: Counter) -> None:
    await refused_on_the_way(standing)
    _, text = await standing.run("setup --disabled")
    assert text.startswith("✓ Off, as requested.")
    assert not standing.rocketchat.live_records


@pytest.mark.parametrize("words", ["enable", "disable", "rotate", "rotate --dry-run", "schedule rotate every 30 days"])
async def test_what_needs_a_connection_waits_for_the_end_of_a_removal(standing: Counter, words: str) -> None:
    await refused_on_the_way(standing)
    with pytest.raises(UserError, match="being removed, and that is not finished"):
        await standing.run(words)
    assert standing.writes == []


async def test_status_says_that_a_removal_is_not_finished(standing: Counter) -> None:
    await refused_on_the_way(standing)
    answer, text = await standing.run("status")
    assert "✗ The connection is being removed, and that is not finished." in text
    assert "1. remove the OAuth service `encvoyid` from Rocket.Chat" in text
    assert answer.next == ("remove --dry-run",)


async def test_setup_makes_a_new_connection_afterwards(standing: Counter) -> None:
    before = standing.connections.there
    await standing.run("remove")
    await standing.run("setup")
    after = standing.connections.there
    assert after.name == before.name
    assert after.id != before.id


# A connection that was adopted.


def adopted(counter: Counter) -> Counter:
    counter.connections.row = replace(counter.connections.there, adopted=True)
    return counter


async def test_what_was_adopted_is_removed_only_with_an_option(standing: Counter) -> None:
    with pytest.raises(UserError) as caught:
        await adopted(standing).run("remove")
    assert "`/sso remove --adopted-too`" in caught.value.fix
    assert standing.writes == []
    await standing.run("remove --adopted-too")
    assert standing.encvoy.applications_by_id == {}


async def test_the_code_for_what_was_adopted_is_bound_to_that_option(standing: Counter) -> None:
    code = await code_for(only_way(adopted(standing)), "remove --adopted-too")
    await standing.run(f"remove --adopted-too --code {code}")
    assert standing.connections.row is None


async def test_once_begun_what_was_adopted_needs_no_option_any_more(standing: Counter) -> None:
    await refused_on_the_way(standing)
    await adopted(standing).run("remove")
    assert standing.connections.row is None


# The last way to sign in.


def only_way(counter: Counter) -> Counter:
    counter.rocketchat.form = False
    return counter


async def code_for(counter: Counter, words: str) -> str:
    with pytest.raises(CodeNeeded) as caught:
        await counter.run(words)
    assert counter.writes == []
    assert "authorize" not in counter.world.calls
    [code] = re.findall(rf"`/sso {words} --code (\w+)`", caught.value.fix)
    return str(code)


@pytest.mark.parametrize("words", ["disable", "remove"])
async def test_the_last_way_is_taken_away_only_with_the_code_that_was_shown(standing: Counter, words: str) -> None:
    code = await code_for(only_way(standing), words)
    assert standing.connections.there.enabled
    await standing.run(f"{words} --code {code}")
    assert not standing.rocketchat.live_records


@pytest.mark.parametrize("words", ["disable", "remove"])
async def test_no_button_offers_what_a_code_protects(standing: Counter, words: str) -> None:
    with pytest.raises(CodeNeeded) as caught:
        await only_way(standing).run(words)
    assert buttons(render_failure((), caught.value, next=("status",))) == ("!sso status",)


@pytest.mark.parametrize("form", [True, False])
@pytest.mark.parametrize("words", ["disable", "remove"])
async def test_with_another_way_no_code_is_needed(standing: Counter, words: str, form: bool) -> None:
    standing.rocketchat.form = form
    standing.rocketchat.others = frozenset({"github"})
    await standing.run(words)
    assert not standing.rocketchat.live_records


@pytest.mark.parametrize("words", ["disable", "remove"])
async def test_what_is_off_already_takes_nothing_from_anybody(standing: Counter, words: str) -> None:
    await standing.run("disable")
    await only_way(standing).run(words)
    assert not standing.rocketchat.live_records


async def test_what_cannot_be_seen_counts_as_no_way(standing: Counter) -> None:
    standing.rocketchat.form = None
    await code_for(standing, "disable")
    standing.rocketchat.form, standing.rocketchat.others = False, Unknown("It is away.")
    await code_for(standing, "disable")


async def test_a_code_is_not_for_another_person(standing: Counter) -> None:
    code = await code_for(only_way(standing), "disable")
    note = await standing.notes.get("codes")
    assert note is not None
    await standing.notes.put("codes", note.replace('"u1"', '"u2"'))
    with pytest.raises(CodeNeeded, match="was shown to another person"):
        await standing.run(f"disable --code {code}")


async def test_an_interrupted_run_is_past_that_and_continues(standing: Counter) -> None:
    """There was another way when it began."""
    standing.connections.befores.clear()
    standing.world.script = at("write_service after", Crash())
    with pytest.raises(Crash):
        await standing.run("disable")
    standing.world.script = lambda _: None
    await only_way(standing).run("disable", resumed=True)
    assert not standing.rocketchat.live_records


async def test_a_used_code_is_still_that_of_the_operation_that_used_it(standing: Counter) -> None:
    code = await code_for(only_way(standing), "disable")
    standing.refusal = UserError("Only an administrator may do this.")
    with pytest.raises(UserError, match="Only an administrator"):
        await standing.run(f"disable --code {code}")
    standing.refusal = None
    await standing.run(f"disable --code {code}", resumed=True)
    assert not standing.rocketchat.live_records


async def test_a_system_that_fails_once_is_asked_again(standing: Counter) -> None:
    errors = iter([NoAnswer("Rocket.Chat", "GET")])
    standing.world.script = lambda call: next(errors, None) if call == "listed before" else None
    await standing.run("disable")
    assert not standing.rocketchat.live_records


async def test_status_notes_the_only_way(standing: Counter) -> None:
    assert "only way" not in (await standing.run("status"))[1]
    _, text = await only_way(standing).run("status")
    assert "• Note: Encvoy ID is the only way to sign in: " in text
    standing.rocketchat.others = frozenset({"github"})
    assert "only way" not in (await standing.run("status"))[1]
