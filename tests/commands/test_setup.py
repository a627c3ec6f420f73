"""`setup`: what it says before and after, and what typing it again means."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.connection.in_use import InUse, Use
from bot.connection.reachable import Site
from bot.connection.state import Connection, Unknown
from bot.doctor.checks import Finding, Result, State
from bot.doctor.verdict import Verdict
from bot.errors import Forbidden, NoAnswer, Unfinished, UserError
from bot.secret import Secret
from commands.arrivals import LEFT_OUT, STALE_SCOPE
from tests.support.counter import Counter
from tests.support.memory_rocketchat import OPEN


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
    assert counter.spoken.steps[-1] == "The login page shows `Sign in with Encvoy ID`"
    assert "2 of 3 accounts are active and have an e-mail address" in counter.spoken.notes[0]


async def test_it_is_called_on_only_once_rocketchat_itself_says_so(counter: Counter) -> None:
    _, text = await counter.run("setup")
    assert "On: the login page shows `Sign in with Encvoy ID`, and Rocket.Chat itself uses the secret" in text
    calls = counter.world.calls
    assert calls.index("bring_bogus_code") > max(n for n, call in enumerate(calls) if call == "await_live")


@pytest.mark.parametrize("use", [Use.OTHER, Use.FAILED])
async def test_one_that_rocketchat_cannot_use_is_switched_off_again(counter: Counter, use: Use) -> None:
    counter.rocketchat.uses = [InUse(use, "Rocket.Chat says: “nothing works”")] * 3
    answer, text = await counter.run("setup")
    assert answer.failed
    assert "Switched off again" in text
    assert "type `!sso enable`" in text
    assert text.index("Switched off again") < text.index("checks passed")
    assert "Rocket.Chat says: “nothing works”" in text
    assert not row(counter).enabled
    assert counter.rocketchat.live_records == {}


@pytest.mark.parametrize("use", [Use.UNKNOWN, Use.SILENT])
async def test_one_of_which_rocketchat_says_nothing_stays_on(counter: Counter, use: Use) -> None:
    counter.rocketchat.uses = [InUse(use, "it says nothing")]
    answer, text = await counter.run("setup")
    assert not answer.failed
    assert row(counter).enabled
    assert text.count("Not proved from Rocket.Chat's side") == (use is Use.UNKNOWN)


async def test_an_instance_with_an_outdated_cache_is_mended_first(counter: Counter) -> None:
    counter.rocketchat.uses = [InUse(Use.OTHER, "Unauthorized")]
    answer, _ = await counter.run("setup")
    assert not answer.failed
    assert row(counter).enabled
    assert "repeat_secret" in counter.world.calls


async def test_an_address_at_which_it_cannot_work_is_taken_back(standing: Counter) -> None:
    standing.encvoy.url = "https://moved.example.org"
    standing.rocketchat.uses = [InUse(Use.FAILED, "Rocket.Chat says: “getaddrinfo ENOTFOUND”")]
    answer, text = await standing.run("setup")
    assert answer.failed
    assert "the one of before is back" in text
    assert "type `!sso setup`" in text
    assert row(standing).enabled
    assert standing.rocketchat.live_records["Encvoyid"][0].settings["url"] == "https://id.example.org"


async def test_one_that_was_on_before_at_the_same_address_is_left_on(standing: Counter) -> None:
    standing.rocketchat.settings["Encvoyid"]["token_path"] = "/changed"
    standing.rocketchat.uses = [InUse(Use.FAILED, "Rocket.Chat says: “The user aborted a request.”")]
    answer, text = await standing.run("setup")
    assert answer.failed
    assert "it is left as it is" in text
    assert "type `!sso test`" in text
    assert row(standing).enabled


async def test_disabled_it_says_why_nothing_is_proved(counter: Counter) -> None:
    _, text = await counter.run("setup --disabled")
    assert "Not proved from Rocket.Chat's side, because it is off." in text


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


# Who arrives where, and e-mail addresses left out.


async def test_it_reads_the_accounts_before_it_writes(counter: Counter) -> None:
    await counter.run("setup")
    assert counter.world.calls.index("accounts") < counter.world.calls.index("save")
    assert counter.world.calls.count("accounts") == 1


@pytest.mark.parametrize(
    ("version", "modules", "says"),
    [
        ((8, 8), frozenset[str](), "enters that account, an administrator's included"),
        ((9, 0), frozenset({"oauth-enterprise"}), "is refused, unless they came into that same account through"),
    ],
)
async def test_it_says_what_is_true_for_the_engine(
    counter: Counter, version: tuple[int, int], modules: frozenset[str], says: str
) -> None:
    counter.rocketchat.version, counter.rocketchat.modules = version, modules
    await counter.run("setup")
    assert says in counter.spoken.notes[0]
    assert "user name of an account that is here already is refused" in counter.spoken.notes[1]


async def test_nothing_of_it_is_asked_or_said_again(standing: Counter) -> None:
    await standing.run("setup")
    assert "accounts" not in standing.world.calls
    assert standing.spoken.notes == []


async def test_one_that_did_not_end_says_it_again(standing: Counter) -> None:
    standing.connections.row = replace(row(standing), current=None, pending=row(standing).current)
    await standing.run("setup", resumed=True)
    assert "Who arrives where" in standing.spoken.notes[0]


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
    assert "keeps that way in" in standing.spoken.notes[-1]


@pytest.mark.parametrize("words", ["setup", "setup --dry-run", "rotate", "disable", "enable"])
async def test_what_was_chosen_stays(standing: Counter, words: str) -> None:
    await standing.run("setup --no-email")
    await standing.run(words)
    assert not row(standing).with_email
    assert row(standing).settings["scope"] == "openid profile"
    assert standing.rocketchat.settings["Encvoyid"]["scope"] == "openid profile"


async def test_a_dry_run_shows_what_would_go(standing: Counter) -> None:
    _, text = await standing.run("setup --no-email --dry-run")
    assert "1. stop Encvoy ID asking people for: email\n2. write in Rocket.Chat: scope" in text
    assert standing.writes == []
    assert row(standing).with_email


async def test_email_comes_back_only_when_asked_for(standing: Counter) -> None:
    before = row(standing)
    await standing.run("setup --no-email")
    await standing.run("setup --email")
    (application,) = standing.encvoy.applications_by_id.values()
    assert application.rules == {"login", "email"}
    assert row(standing) == before
    assert "enters that account" in standing.spoken.notes[0]


async def test_both_at_once_are_refused(standing: Counter) -> None:
    with pytest.raises(UserError, match="exclude each other"):
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
async def test_what_the_modern_engine_holds_on_to_is_told_where_it_is_mended(
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
    assert "whoever else is new is refused, too" in counter.spoken.notes[1]
    assert counter.world.calls.count("listed") == 1


async def test_what_was_not_done_is_not_told_as_done(standing: Counter) -> None:
    refused = Forbidden("Encvoy ID", "DELETE", status=403)
    standing.world.script = lambda call: refused if call == "detach_rules before" else None
    with pytest.raises(UserError):
        await standing.run("setup --no-email")
    assert "are to be left out. Then nobody enters an account by its address" in standing.spoken.notes[0]


@pytest.mark.parametrize(
    ("words", "says"),
    [("setup", "`/sso setup --no-email` leaves them out"), ("setup --no-email", "left out; `/sso setup --email`")],
)
async def test_status_shows_it(counter: Counter, words: str, says: str) -> None:
    await counter.run(words)
    answer, _ = await counter.run("status")
    assert says in str(answer.lines)


@pytest.mark.parametrize("site", [Site.STRANGER, Site.ANOTHER])
async def test_where_somebody_else_answers_at_site_url_nothing_is_written(counter: Counter, site: Site) -> None:
    counter.rocketchat.at_site_url = site
    with pytest.raises(UserError):
        await counter.run("setup")
    assert counter.writes == []


async def test_what_cannot_be_reached_from_here_is_said_and_gone_on_with(counter: Counter) -> None:
    counter.rocketchat.at_site_url = Unknown("From here it cannot be reached.")
    answer, _ = await counter.run("setup")
    assert not answer.failed
    assert any("is not checked: From here it cannot be reached." in note for note in counter.spoken.notes)
    assert "its address" not in " ".join(counter.spoken.steps)


async def test_it_claims_nothing_about_what_it_cannot_see(counter: Counter) -> None:
    await counter.run("setup")
    (step,) = [step for step in counter.spoken.steps if step.startswith("Encvoy ID at")]
    assert step.endswith("discovery read; no application that I can see has our callback address")


async def test_a_secret_that_is_put_back_is_not_called_new(standing: Counter) -> None:
    standing.rocketchat.secrets["Encvoyid"] = Secret("x" * 64)
    await standing.run("setup")
    said = " ".join(standing.spoken.steps)
    assert "64 random characters" not in said
    assert "the secret of before" in said
    assert "If it may have leaked, `/sso rotate` makes a new one." in said


async def test_nor_is_the_one_of_a_way_back_that_somebody_spoiled(standing: Counter) -> None:
    """On the way back it is the old secret that goes on both sides."""
    old = row(standing).current
    standing.connections.row = replace(row(standing), current=Secret("n" * 64), pending=old, undoing=True)
    [(client_id, application)] = standing.encvoy.applications_by_id.items()
    standing.encvoy.applications_by_id[client_id] = replace(application, secret=Secret("f" * 64))
    await standing.run("setup")
    assert standing.encvoy.applications_by_id[client_id].secret == old
    said = " ".join(standing.spoken.steps)
    assert "64 random characters" not in said
    assert "It holds the secret of before" in said
    assert "`/sso rotate` makes a new one" in said
    assert (row(standing).current, row(standing).pending, row(standing).undoing) == (old, None, False)


async def test_a_plan_does_not_call_it_new_either(standing: Counter) -> None:
    standing.rocketchat.secrets["Encvoyid"] = Secret("x" * 64)
    _, text = await standing.run("setup --dry-run")
    assert "store the secret of before and a settle marker in Rocket.Chat" in text
    assert "new secret" not in text


async def test_what_was_done_is_done_whatever_fails_afterwards(counter: Counter) -> None:
    counter.world.script = lambda call: NoAnswer("Rocket.Chat", "GET /api/info") if call == "profile before" else None
    _, text = await counter.run("setup")
    assert "Not proved from Rocket.Chat's side, because: Rocket.Chat did not answer" in text
    assert row(counter).enabled


async def test_a_setup_that_was_refused_at_once_is_forgotten(counter: Counter) -> None:
    refused = Forbidden("Rocket.Chat", "POST /api/v1/settings.addCustomOAuth", status=403)
    counter.world.script = lambda call: refused if call == "create_service before" else None
    with pytest.raises(Forbidden):
        await counter.run("setup")
    assert counter.connections.row is None


async def test_a_setup_that_left_something_is_not_called_not_done(counter: Counter) -> None:
    refused = Forbidden("Encvoy ID", "POST /api/v1/clients", status=403)
    counter.world.script = lambda call: refused if call == "create_application before" else None
    with pytest.raises(Unfinished):
        await counter.run("setup")
    assert counter.connections.row is not None


async def test_an_application_that_is_gone_is_told_of_before_a_new_one_is_made(standing: Counter) -> None:
    standing.encvoy.applications_by_id.clear()
    await standing.run("setup")
    assert any("is gone from Encvoy ID" in note for note in standing.spoken.notes)
    assert len(standing.encvoy.applications_by_id) == 1


async def test_accounts_are_promised_to_the_same_encvoy_id_alone(standing: Counter) -> None:
    """One that was emptied at the same address looks the same from outside."""
    standing.encvoy.applications_by_id.clear()
    await standing.run("setup")
    (note,) = standing.spoken.notes
    assert "everybody keeps the account as long as it is the same Encvoy ID" in note
    assert "numbers its people anew" in note


@pytest.mark.parametrize("words", ["setup", "setup --dry-run", "setup --no-email"])
async def test_in_another_encvoy_id_nothing_is_made_under_the_same_name(standing: Counter, words: str) -> None:
    """Its person 5 would enter the account of the former person 5."""
    before = row(standing)
    standing.encvoy.applications_by_id.clear()
    standing.encvoy.url = "https://another.example.org"
    with pytest.raises(UserError) as caught:
        await standing.run(words)
    assert "with Encvoy ID at https://id.example.org. Now it is at https://another.example.org" in caught.value.what
    assert "they would enter each other's accounts" in caught.value.why
    assert "`/sso disable`" in caught.value.mend
    assert standing.writes == []
    assert row(standing) == before


async def test_an_encvoy_id_that_moved_with_its_applications_is_followed(standing: Counter) -> None:
    standing.encvoy.url = "https://moved.example.org"
    answer, _ = await standing.run("setup")
    assert not answer.failed
    assert standing.rocketchat.settings["Encvoyid"]["url"] == "https://moved.example.org"


async def test_to_leave_one_off_that_is_on_is_refused(standing: Counter) -> None:
    for words in ("setup --disabled", "setup --disabled --dry-run"):
        with pytest.raises(UserError, match="is on already") as caught:
            await standing.run(words)
        assert "/sso disable" in caught.value.mend
        assert standing.writes == []


async def test_to_leave_one_off_that_is_off_is_as_it_was(standing: Counter) -> None:
    await standing.run("disable")
    _, text = await standing.run("setup --disabled")
    assert "nothing was changed" in text


@pytest.mark.parametrize(
    ("words", "carries_out"),
    [
        ("setup --dry-run", "setup"),
        ('setup --name "My Corp" --no-email --disabled --dry-run', 'setup --name "My Corp" --disabled --no-email'),
        ('setup --name "a*b" --dry-run', "help setup"),
    ],
)
async def test_what_a_dry_run_says_to_type_next_is_its_own_plan(counter: Counter, words: str, carries_out: str) -> None:
    answer, _ = await counter.run(words)
    assert answer.next == (carries_out,)


@pytest.mark.parametrize("use", [Use.OTHER, Use.FAILED])
async def test_one_that_was_killed_before_rocketchat_was_asked_is_switched_off_again(
    counter: Counter, use: Use
) -> None:
    await counter.run("setup")  # killed before its answer: the operation still knows that nothing was there before
    counter.rocketchat.uses = [InUse(use, "Rocket.Chat says: “nothing works”")] * 3
    answer, text = await counter.run("setup", resumed=True, receipt=counter.connections.receipts["op1"])
    assert answer.failed
    assert "Everything was done before the bot was restarted." in text
    assert "Switched off again" in text
    assert not row(counter).enabled
    assert counter.rocketchat.live_records == {}


async def test_one_that_was_killed_before_its_answer_says_on_only_by_rocketchats_word(counter: Counter) -> None:
    await counter.run("setup")
    _, text = await counter.run("setup", resumed=True, receipt=counter.connections.receipts["op1"])
    assert "Everything was done before the bot was restarted." in text
    assert "Rocket.Chat itself uses the secret" in text
    assert "bring_bogus_code" in counter.world.calls
