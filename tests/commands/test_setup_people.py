"""What `setup` says of people before it writes: who arrives where, e-mail addresses left out, another Encvoy ID."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.errors import Forbidden, UserError
from commands.arrivals import LEFT_OUT, STALE_SCOPE
from tests.support.counter import Counter
from tests.support.memory_rocketchat import OPEN


async def test_it_reads_the_accounts_before_it_writes(counter: Counter) -> None:
    await counter.run("setup")
    assert counter.world.calls.index("accounts") < counter.world.calls.index("save")
    assert counter.world.calls.count("accounts") == 1


@pytest.mark.parametrize(
    ("version", "modules", "says"),
    [
        ((8, 8), frozenset[str](), "gets into that account, including an administrator's"),
        ((9, 0), frozenset({"oauth-enterprise"}), "is refused, unless they got into that same account through"),
    ],
)
async def test_it_says_what_is_true_for_the_engine(
    counter: Counter, version: tuple[int, int], modules: frozenset[str], says: str
) -> None:
    counter.rocketchat.version, counter.rocketchat.modules = version, modules
    await counter.run("setup")
    assert says in counter.spoken.notes[0]
    assert "user name of an existing account is refused" in counter.spoken.notes[1]


async def test_nothing_of_it_is_asked_or_said_again(standing: Counter) -> None:
    await standing.run("setup")
    assert "accounts" not in standing.world.calls
    assert standing.spoken.notes == []


async def test_one_that_did_not_end_says_it_again(standing: Counter) -> None:
    standing.connections.row = replace(
        standing.connections.there, current=None, pending=standing.connections.there.current
    )
    await standing.run("setup", resumed=True)
    assert "Existing accounts" in standing.spoken.notes[0]


async def test_without_email_neither_rule_nor_scope_asks_for_it(counter: Counter) -> None:
    _, text = await counter.run("setup --no-email")
    (application,) = counter.encvoy.applications_by_id.values()
    assert application.rules == {"login"}
    assert counter.rocketchat.settings["Encvoyid"]["scope"] == "openid profile"
    assert counter.spoken.notes[0] == LEFT_OUT
    assert "make login name visible; it then becomes visible to every application" in text
    assert "accounts" not in counter.world.calls


async def test_email_goes_from_a_connection_that_is_there(standing: Counter) -> None:
    await standing.run("setup --no-email")
    (application,) = standing.encvoy.applications_by_id.values()
    assert application.rules == {"login"}
    live, _ = standing.rocketchat.live_records["Encvoyid"]
    assert live.settings["scope"] == "openid profile"
    assert standing.writes == ["save", "detach_rules", "write_service"]
    assert "It no longer asks people for their e-mail" in standing.spoken.steps
    assert "can still do so" in standing.spoken.notes[-1]


@pytest.mark.parametrize("words", ["setup", "setup --dry-run", "rotate", "disable", "enable"])
async def test_what_was_chosen_stays(standing: Counter, words: str) -> None:
    await standing.run("setup --no-email")
    await standing.run(words)
    assert not standing.connections.there.with_email
    assert standing.connections.there.settings["scope"] == "openid profile"
    assert standing.rocketchat.settings["Encvoyid"]["scope"] == "openid profile"


async def test_a_dry_run_shows_what_would_go(standing: Counter) -> None:
    _, text = await standing.run("setup --no-email --dry-run")
    assert "1. stop Encvoy ID asking people for: email\n2. write in Rocket.Chat: scope" in text
    assert standing.writes == []
    assert standing.connections.there.with_email


async def test_email_comes_back_only_when_asked_for(standing: Counter) -> None:
    before = standing.connections.there
    await standing.run("setup --no-email")
    await standing.run("setup --email")
    (application,) = standing.encvoy.applications_by_id.values()
    assert application.rules == {"login", "email"}
    assert standing.connections.there == before
    assert "gets into that account" in standing.spoken.notes[0]


async def test_both_at_once_are_refused(standing: Counter) -> None:
    with pytest.raises(UserError, match="cannot be used together"):
        await standing.run("setup --email --no-email")
    assert standing.writes == []


async def test_the_modern_engine_may_keep_the_old_scope(counter: Counter) -> None:
    counter.rocketchat.version, counter.rocketchat.modules = (9, 0), frozenset({"oauth-enterprise"})
    await counter.run("setup")
    await counter.run("setup --no-email")
    assert counter.spoken.notes[-1] == STALE_SCOPE


@pytest.mark.parametrize(
    ("setting", "value"), [("scope", "openid"), ("merge_users", False), ("merge_users_distinct_services", True)]
)
async def test_what_the_modern_engine_holds_on_to_is_told_where_it_is_fixed(
    counter: Counter, setting: str, value: str | bool
) -> None:
    counter.rocketchat.version, counter.rocketchat.modules = (9, 0), frozenset({"oauth-enterprise"})
    await counter.run("setup")
    assert not any("restarted" in note for note in counter.spoken.notes), "nothing was there before"
    counter.rocketchat.settings["Encvoyid"][setting] = value
    await counter.run("setup")
    (note,) = counter.spoken.notes
    assert note == STALE_SCOPE if setting == "scope" else f"by the old value of `{setting}`" in note


async def test_the_legacy_engine_holds_on_to_nothing(standing: Counter) -> None:
    standing.rocketchat.settings["Encvoyid"]["merge_users_distinct_services"] = True
    await standing.run("setup")
    assert standing.spoken.notes == []


async def test_what_rocketchat_does_with_new_people_is_read_before_it_is_said(counter: Counter) -> None:
    counter.rocketchat.registration = replace(OPEN, approval=True)
    await counter.run("setup --no-email")
    assert "anyone else who is new is also refused" in counter.spoken.notes[1]
    assert counter.world.calls.index("listed") < counter.world.calls.index("create_service")


async def test_what_was_not_done_is_not_told_as_done(standing: Counter) -> None:
    refused = Forbidden("Encvoy ID", "DELETE", status=403)
    standing.world.script = lambda call: refused if call == "detach_rules before" else None
    with pytest.raises(Forbidden):
        await standing.run("setup --no-email")
    assert "will be left out. Then nobody gets into an account through its address" in standing.spoken.notes[0]


@pytest.mark.parametrize(
    ("words", "says"),
    [("setup", "`/sso setup --no-email` leaves them out"), ("setup --no-email", "left out; `/sso setup --email`")],
)
async def test_status_shows_it(counter: Counter, words: str, says: str) -> None:
    await counter.run(words)
    answer, _ = await counter.run("status")
    assert says in str(answer.lines)


async def test_accounts_are_promised_to_the_same_encvoy_id_alone(standing: Counter) -> None:
    """One that was emptied at the same address looks the same from outside."""
    standing.encvoy.applications_by_id.clear()
    await standing.run("setup")
    (note,) = standing.spoken.notes
    assert "everybody keeps their account as long as it is the same Encvoy ID" in note
    assert "numbers its users from the start again" in note


@pytest.mark.parametrize("words", ["setup", "setup --dry-run", "setup --no-email"])
async def test_in_another_encvoy_id_nothing_is_made_under_the_same_name(standing: Counter, words: str) -> None:
    """Its person 5 would enter the account of the former person 5."""
    before = standing.connections.there
    standing.encvoy.applications_by_id.clear()
    standing.encvoy.url = "https://another.example.org"
    with pytest.raises(UserError) as caught:
        await standing.run(words)
    assert "with Encvoy ID at https://id.example.org. Now it is at https://another.example.org" in caught.value.what
    assert "they would get into each other's accounts" in caught.value.why
    assert "`/sso disable`" in caught.value.fix
    assert standing.writes == []
    assert standing.connections.there == before


async def test_an_encvoy_id_that_moved_with_its_applications_is_followed(standing: Counter) -> None:
    standing.encvoy.url = "https://moved.example.org"
    answer, _ = await standing.run("setup")
    assert not answer.failed
    assert standing.rocketchat.settings["Encvoyid"]["url"] == "https://moved.example.org"
