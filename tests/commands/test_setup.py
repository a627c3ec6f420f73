"""`setup`: what it says before and after, and what typing it again means."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.chatops.answer import fixes_in
from bot.connection.in_use import InUse, Use
from bot.connection.reachable import Site
from bot.connection.unknown import Unknown
from bot.doctor.checks import CheckState, Finding, Result
from bot.doctor.verdict import Verdict
from bot.errors import Forbidden, NoAnswer, Unfinished, UserError
from bot.secret import Secret
from tests.support.counter import Counter


async def test_it_leaves_a_connection_at_rest_and_enabled(counter: Counter) -> None:
    await counter.run("setup")
    assert counter.connections.there.enabled
    assert counter.connections.there.current is not None
    assert counter.connections.there.pending is None


async def test_it_commits_before_it_writes(counter: Counter) -> None:
    await counter.run("setup")
    assert counter.writes[0] == "save"


async def test_it_says_how_it_went(counter: Counter) -> None:
    await counter.run("setup")
    assert counter.spoken.steps[0] == "Rocket.Chat 8.8 at `https://chat.example.org`: its address and licence are fine"
    assert counter.spoken.steps[-1] == "The login page shows `Sign in with Encvoy ID`"
    assert "2 of 3 accounts are active and have an e-mail address" in counter.spoken.notes[0]


async def test_it_is_called_on_only_once_rocketchat_itself_says_so(counter: Counter) -> None:
    _, text = await counter.run("setup")
    assert text.startswith(
        "✓ On: the login page shows `Sign in with Encvoy ID`, and Rocket.Chat itself uses the secret"
    )
    calls = counter.world.calls
    assert calls.index("bring_bogus_code") > max(n for n, call in enumerate(calls) if call == "await_live")


@pytest.mark.parametrize("use", [Use.OTHER, Use.FAILED])
async def test_one_that_rocketchat_cannot_use_is_switched_off_again(counter: Counter, use: Use) -> None:
    counter.rocketchat.uses = [InUse(use, "Rocket.Chat says: “nothing works”")] * 3
    answer, text = await counter.run("setup")
    assert answer.failed
    assert "Switched off again" in text
    assert "type `!sso enable`" in text
    assert text.startswith("✗ Switched off again")
    assert text.splitlines()[-1] == "Next: `!sso enable`, `!sso test`"
    assert "Rocket.Chat says: “nothing works”" in text
    assert not counter.connections.there.enabled
    assert counter.rocketchat.live_records == {}


@pytest.mark.parametrize("use", [Use.UNKNOWN, Use.SILENT])
async def test_one_of_which_rocketchat_says_nothing_stays_on(counter: Counter, use: Use) -> None:
    counter.rocketchat.uses = [InUse(use, "it says nothing")]
    answer, text = await counter.run("setup")
    assert not answer.failed
    assert counter.connections.there.enabled
    assert text.count("Not verified from Rocket.Chat's side") == (use is Use.UNKNOWN)


async def test_an_instance_with_an_outdated_cache_is_fixed_first(counter: Counter) -> None:
    counter.rocketchat.uses = [InUse(Use.OTHER, "Unauthorized")]
    answer, _ = await counter.run("setup")
    assert not answer.failed
    assert counter.connections.there.enabled
    assert "repeat_secret" in counter.world.calls


async def test_an_address_at_which_it_cannot_work_is_taken_back(standing: Counter) -> None:
    standing.encvoy.url = "https://moved.example.org"
    standing.rocketchat.uses = [InUse(Use.FAILED, "Rocket.Chat says: “getaddrinfo ENOTFOUND”")]
    answer, text = await standing.run("setup")
    assert answer.failed
    assert "the previous one is back" in text
    assert "type `!sso setup`" in text
    assert standing.connections.there.enabled
    assert standing.rocketchat.live_records["Encvoyid"][0].settings["url"] == "https://id.example.org"


async def test_one_that_was_on_before_at_the_same_address_is_left_on(standing: Counter) -> None:
    standing.rocketchat.settings["Encvoyid"]["token_path"] = "/changed"
    standing.rocketchat.uses = [InUse(Use.FAILED, "Rocket.Chat says: “The user aborted a request.”")]
    answer, text = await standing.run("setup")
    assert answer.failed
    assert "it is left as it is" in text
    assert "type `!sso test`" in text
    assert standing.connections.there.enabled


async def test_disabled_it_says_why_nothing_is_proved(counter: Counter) -> None:
    _, text = await counter.run("setup --disabled")
    assert "Not verified from Rocket.Chat's side, because it is off." in text


async def test_it_names_what_it_made(counter: Counter) -> None:
    _, text = await counter.run("setup")
    connection = counter.connections.there
    fingerprint = counter.context.fingerprints.of(connection.secret)
    assert (
        f"Created: OAuth service `encvoyid`, application `{connection.application_name}` `{connection.client_id}`, "
        f"secret with the fingerprint {fingerprint}." in text
    )


async def test_its_receipt_has_the_fingerprint_of_the_new_secret_and_none_before(counter: Counter) -> None:
    answer, _ = await counter.run("setup")
    assert answer.receipt is not None
    assert answer.receipt["fingerprint_before"] is None
    assert answer.receipt["fingerprint_after"] == counter.context.fingerprints.of(counter.connections.there.secret)


async def test_it_ends_with_the_doctors_word(counter: Counter) -> None:
    finding = Finding("Keys", Result(CheckState.FAILED, "none", "The file is gone.", "Restore it."))
    counter.doctor.verdict = Verdict((finding,))
    answer, text = await counter.run("setup")
    assert answer.failed
    assert counter.doctor.examined == [counter.connections.there]
    assert text.startswith("✗ 1 check failed. On: the login page shows")
    assert text.splitlines()[1] == "✗ failed: Keys: none"
    assert text.splitlines()[-2:] == ["✓ 0 checks passed; `!sso test --all` lists them.", "Next: `!sso test`"]


async def test_disabled_leaves_the_button_off_and_names_enable(counter: Counter) -> None:
    answer, _ = await counter.run("setup --disabled")
    assert not counter.connections.there.enabled
    assert counter.rocketchat.live_records == {}
    assert answer.next == ("enable",)


async def test_a_dry_run_lists_the_plan_and_every_setting(counter: Counter) -> None:
    _, text = await counter.run("setup --dry-run")
    assert "1. create the OAuth service `encvoyid` in Rocket.Chat, switched off" in text
    assert "Callback address: `https://chat.example.org/_oauth/encvoyid`" in text
    assert "• merge_users = on" in text
    assert "• email_field = (empty)" in text
    assert counter.connections.row is None


async def test_a_dry_run_with_nothing_to_do_says_so(standing: Counter) -> None:
    _, text = await standing.run("setup --dry-run")
    assert "there is nothing to do" in text


async def test_typed_again_it_changes_nothing(standing: Counter) -> None:
    before = standing.connections.there
    _, text = await standing.run("setup")
    assert "nothing was changed" in text
    assert standing.writes == []
    assert standing.connections.there == before


async def test_typed_again_it_does_not_switch_a_disabled_one_on(standing: Counter) -> None:
    await standing.run("disable")
    await standing.run("setup")
    assert not standing.connections.there.enabled
    assert standing.rocketchat.switches == {"Encvoyid": False}


async def test_another_name_is_refused(standing: Counter) -> None:
    with pytest.raises(UserError, match="There is a connection already: `Encvoy ID`"):
        await standing.run("setup --name Other")
    assert standing.writes == []


async def test_one_that_did_not_end_is_finished_and_may_be_left_off_after_all(counter: Counter) -> None:
    await counter.run("setup")
    counter.connections.row = replace(
        counter.connections.there, current=None, pending=counter.connections.there.current
    )
    await counter.run("setup --disabled")
    assert not counter.connections.there.enabled
    assert counter.connections.there.pending is None
    assert len(counter.encvoy.applications_by_id) == 1


async def test_it_follows_a_rocketchat_that_moved(standing: Counter) -> None:
    standing.rocketchat.site_url = "https://new.example.org"
    await standing.run("setup")
    (application,) = standing.encvoy.applications_by_id.values()
    assert "https://new.example.org/_oauth/encvoyid" in application.redirect_uris
    assert standing.connections.there.site_url == "https://new.example.org"


async def test_a_secret_put_back_is_awaited_until_it_is_live(standing: Counter) -> None:
    standing.rocketchat.secrets["Encvoyid"] = Secret("x" * 64)
    standing.rocketchat.touched()
    standing.rocketchat.tick()
    await standing.run("setup")
    _, live = standing.rocketchat.live_records["Encvoyid"]
    assert live == standing.connections.there.current
    assert standing.world.calls.count("await_live") == 2


async def test_where_nothing_can_be_respelled_it_is_put_back_all_the_same(standing: Counter) -> None:
    standing.rocketchat.secrets["Encvoyid"] = Secret("x" * 64)
    standing.rocketchat.settings["Encvoyid"] |= {"button_label_color": "#000000", "scope": "openid"}
    await standing.run("setup")
    assert standing.rocketchat.secrets["Encvoyid"] == standing.connections.there.current


# Who arrives where, and e-mail addresses left out.


@pytest.mark.parametrize(
    ("site", "told"),
    [(Site.STRANGER, "Something other than Rocket.Chat responds"), (Site.ANOTHER, "Another Rocket.Chat responds")],
)
async def test_where_somebody_else_answers_at_site_url_nothing_is_written(
    counter: Counter, site: Site, told: str
) -> None:
    counter.rocketchat.at_site_url = site
    with pytest.raises(UserError, match=told):
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
    assert step.endswith("discovery read; no conflicting application found")


async def test_a_secret_that_is_put_back_is_not_called_new(standing: Counter) -> None:
    standing.rocketchat.secrets["Encvoyid"] = Secret("x" * 64)
    await standing.run("setup")
    said = " ".join(standing.spoken.steps)
    assert "64 random characters" not in said
    assert "the previous secret" in said
    assert "If it may have leaked, `/sso rotate` creates a new one." in said


async def test_nor_is_the_one_of_a_way_back_that_somebody_spoiled(standing: Counter) -> None:
    """On the way back it is the old secret that goes on both sides."""
    old = standing.connections.there.current
    standing.connections.row = replace(standing.connections.there, current=Secret("n" * 64), pending=old, undoing=True)
    [(client_id, application)] = standing.encvoy.applications_by_id.items()
    standing.encvoy.applications_by_id[client_id] = replace(application, secret=Secret("f" * 64))
    await standing.run("setup")
    assert standing.encvoy.applications_by_id[client_id].secret == old
    said = " ".join(standing.spoken.steps)
    assert "64 random characters" not in said
    assert "It has the previous secret" in said
    assert "`/sso rotate` creates a new one" in said
    assert (
        standing.connections.there.current,
        standing.connections.there.pending,
        standing.connections.there.undoing,
    ) == (old, None, False)


async def test_a_plan_does_not_call_it_new_either(standing: Counter) -> None:
    standing.rocketchat.secrets["Encvoyid"] = Secret("x" * 64)
    _, text = await standing.run("setup --dry-run")
    assert "save the previous secret and a settle marker in Rocket.Chat" in text
    assert "new secret" not in text


async def test_what_was_done_is_done_whatever_fails_afterwards(counter: Counter) -> None:
    counter.rocketchat.uses = [InUse(Use.SILENT, "it doesn't say why")]
    counter.world.script = lambda call: NoAnswer("Encvoy ID", "GET /oidc/auth") if call == "code before" else None
    _, text = await counter.run("setup")
    assert "Not verified from Rocket.Chat's side, because: it doesn't say why" in text
    assert counter.connections.there.enabled


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


async def test_to_leave_one_off_that_is_on_is_refused(standing: Counter) -> None:
    for words in ("setup --disabled", "setup --disabled --dry-run"):
        with pytest.raises(UserError, match="is on already") as caught:
            await standing.run(words)
        assert "/sso disable" in caught.value.fix
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
    assert not counter.connections.there.enabled
    assert counter.rocketchat.live_records == {}


async def test_one_that_was_killed_before_its_answer_says_on_only_by_rocketchats_word(counter: Counter) -> None:
    await counter.run("setup")
    _, text = await counter.run("setup", resumed=True, receipt=counter.connections.receipts["op1"])
    assert "Everything was done before the bot was restarted." in text
    assert "Rocket.Chat itself uses the secret" in text
    assert "bring_bogus_code" in counter.world.calls


@pytest.mark.parametrize("enabled", [True, False])
async def test_resumed_after_the_last_write_it_waits_until_what_was_written_is_active(
    standing: Counter, enabled: bool
) -> None:
    if not enabled:
        await standing.run("disable")
    await standing.run("setup", resumed=True)
    calls = standing.world.calls
    assert ("await_live" in calls) is enabled
    assert not enabled or calls.index("authorize") < calls.index("await_live")


async def test_both_choices_about_addresses_are_offered_where_both_were_typed(counter: Counter) -> None:
    with pytest.raises(UserError, match="cannot be used together") as caught:
        await counter.run("setup --email --no-email")
    assert fixes_in(caught.value.fix) == ("setup --email", "setup --no-email", "setup")
