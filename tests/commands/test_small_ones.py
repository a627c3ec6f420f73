"""`status`, `test`, `enable`, `disable`, `slash`: what they answer."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.connection.in_use import InUse, Use
from bot.doctor.checks import CheckState, Finding, Result
from bot.doctor.incident import WatchState
from bot.doctor.sight import Sight
from bot.doctor.verdict import Verdict
from bot.errors import Forbidden, NoAnswer, UserError
from bot.schedule.rules import Schedule, Suspension
from bot.schedule.watching import KeptWatch
from bot.secret import Secret
from tests.commands.test_ack import CAUSE, INCIDENT
from tests.support.clocks import START
from tests.support.counter import Counter


async def test_status_without_a_connection(counter: Counter) -> None:
    answer, text = await counter.run("status")
    assert "There is no connection yet." in text
    assert answer.next == ("setup --dry-run", "setup")


async def test_status_of_a_connection_that_is_as_desired(standing: Counter) -> None:
    answer, text = await standing.run("status")
    assert "✓ Everything is in sync." in text
    assert "saved: on, active: on" in text
    assert "asks for `email`, `login`" in text
    assert answer.next == ("test",)


async def test_status_shows_one_fingerprint_for_both_sides(standing: Counter) -> None:
    _, text = await standing.run("status")
    shown = [line.split("secret ")[1][:4] for line in text.splitlines() if "secret " in line]
    assert len(shown) == 2
    assert len(set(shown)) == 1


async def test_status_lists_what_is_to_be_put_right(standing: Counter) -> None:
    standing.rocketchat.settings["Encvoyid"]["token_path"] = "/wrong"
    answer, text = await standing.run("status")
    assert "• Rocket.Chat: `token_path`: `/wrong` → `/oidc/token`" in text
    assert answer.next == ("repair",)


async def test_status_of_a_service_that_is_gone(standing: Counter) -> None:
    standing.rocketchat.settings.clear()
    _, text = await standing.run("status")
    assert "the service is not there" in text


async def test_status_where_nobody_can_see_what_is_live_is_no_alarm(standing: Counter) -> None:
    standing.rocketchat.asked_too_often = True
    _, text = await standing.run("status")
    assert "active: unknown (it may not be asked so often)" in text
    assert "✓ The saved settings are in sync." in text


AWAY = {"Rocket.Chat": "listed before", "Encvoy ID": "application before"}


@pytest.mark.parametrize(("system", "shown"), [("Rocket.Chat", "asks for `email`"), ("Encvoy ID", "saved: on")])
async def test_status_shows_the_side_that_it_can_see(standing: Counter, system: Any, shown: str) -> None:
    standing.world.script = lambda call: NoAnswer(system, "GET") if call == AWAY[system] else None
    answer, text = await standing.run("status")
    assert shown in text
    assert f"{system} did not respond in time" in text
    assert f"✗ {system} cannot be read now, so the two could not be compared." in text
    assert "in sync" not in text
    assert answer.next == ("test", "status")


async def test_status_shows_what_differs_on_the_side_that_it_can_see(standing: Counter) -> None:
    standing.rocketchat.settings["Encvoyid"]["token_path"] = "/wrong"
    standing.world.script = lambda call: NoAnswer("Encvoy ID", "GET") if call == "application before" else None
    _, text = await standing.run("status")
    assert "✗ Also differs: `token_path` of the service" in text


async def test_status_says_what_keeps_people_out_and_leads_them_elsewhere(standing: Counter) -> None:
    standing.encvoy.for_administrators = True
    (client_id, application), *_ = standing.encvoy.applications_by_id.items()
    uris = (*application.redirect_uris, "https://x.example/cb")
    standing.encvoy.applications_by_id[client_id] = replace(application, redirect_uris=uris, authorize_only_admins=True)
    _, text = await standing.run("status")
    assert "• Note: Encvoy ID lets only administrators sign in to any application" in text
    assert "• Note: Encvoy ID lets only administrators sign in through this application" in text
    assert "also has other callback addresses: `https://x.example/cb`" in text
    assert text.startswith("• Everything is in sync, but there is something to note.")


@pytest.mark.parametrize("words", ["disable", "rotate"])
async def test_what_else_differs_is_shown_and_left(standing: Counter, words: str) -> None:
    standing.rocketchat.settings["Encvoyid"]["token_path"] = "/by-hand"
    _, text = await standing.run(words)
    assert "✗ Also differs: `token_path` of the service; `!sso setup` fixes it." in text
    assert text.splitlines()[-1].startswith("Next: `!sso setup`, ")
    assert standing.rocketchat.settings["Encvoyid"]["token_path"] == "/by-hand"


async def test_enable_shows_what_else_differs_and_leaves_it(standing: Counter) -> None:
    await standing.run("disable")
    (client_id, application), *_ = standing.encvoy.applications_by_id.items()
    standing.encvoy.applications_by_id[client_id] = replace(application, grant_types=("authorization_code", "odd"))
    _, text = await standing.run("enable")
    assert text.splitlines()[1].startswith("✗ Also differs: `grant_types` of the application")
    assert text.splitlines()[-1] == "Next: `!sso setup`, `!sso test`"
    assert standing.encvoy.applications_by_id[client_id].grant_types == ("authorization_code", "odd")


@pytest.mark.parametrize("trouble", ["away", "deleted", "hidden"])
async def test_disable_needs_rocketchat_only(standing: Counter, trouble: str) -> None:
    calls = ("application", "applications", "probe", "provider", "only_administrators")
    if trouble == "away":
        standing.world.script = lambda call: NoAnswer("Encvoy ID", "GET") if call.split()[0] in calls else None
    elif trouble == "deleted":
        standing.encvoy.applications_by_id.clear()
    else:
        standing.encvoy.hidden |= standing.encvoy.applications_by_id.keys()
    _, text = await standing.run("disable")
    assert text.splitlines()[0] == "✓ It is off."
    assert standing.rocketchat.live_records == {}


@pytest.mark.parametrize("words", ["enable", "rotate"])
async def test_without_its_application_it_is_refused_with_the_fix(standing: Counter, words: str) -> None:
    await standing.run("disable")
    standing.encvoy.applications_by_id.clear()
    with pytest.raises(UserError) as caught:
        await standing.run(words)
    assert "gone from Encvoy ID" in caught.value.what
    assert "`/sso setup` creates a new one" in caught.value.fix
    assert "write_service" not in standing.writes


async def test_what_enable_did_is_done_whatever_fails_afterwards(standing: Counter) -> None:
    await standing.run("disable")
    standing.world.script = lambda call: NoAnswer("Rocket.Chat", "GET /api/info") if call == "edition before" else None
    _, text = await standing.run("enable")
    assert text.startswith("✓ On: ")
    assert "Not verified from Rocket.Chat's side, because: Rocket.Chat did not respond" in text


@pytest.mark.parametrize("resumed", [False, True])
async def test_a_button_that_rocketchat_cannot_use_does_not_stay_on(standing: Counter, resumed: bool) -> None:
    await standing.run("disable")
    standing.connections.befores.clear()
    standing.rocketchat.settings["Encvoyid"]["scope"] = "left"
    if resumed:  # killed once it was on, before Rocket.Chat was asked
        await standing.run("enable")
    standing.rocketchat.uses = [InUse(Use.FAILED, "Rocket.Chat says: “getaddrinfo ENOTFOUND”")] * 2
    answer, text = await standing.run("enable", resumed=resumed)
    assert answer.failed
    assert "Switched off again: Rocket.Chat cannot sign anybody in with it." in text
    assert "✓ On" not in text
    assert standing.rocketchat.switches == {"Encvoyid": False}
    assert standing.connections.row is not None
    assert not standing.connections.row.enabled
    assert standing.rocketchat.settings["Encvoyid"]["scope"] == "left", "nothing else is touched"


async def test_no_button_is_shown_whose_callback_is_not_registered(standing: Counter) -> None:
    await standing.run("disable")
    standing.rocketchat.site_url = "https://moved.example.org"
    with pytest.raises(UserError, match=r"Site_Url is `https://moved\.example\.org`, and the connection was made for"):
        await standing.run("enable")
    assert standing.rocketchat.switches == {"Encvoyid": False}


async def test_of_a_button_that_is_hidden_it_is_not_said_that_it_is_shown(standing: Counter) -> None:
    await standing.run("disable")
    standing.rocketchat.settings["Encvoyid"]["show_button"] = False
    _, text = await standing.run("enable")
    assert "On, with its button hidden" in text
    assert "login page shows" not in text


async def test_to_see_whether_it_works_no_secret_is_taken_to_another_address(standing: Counter) -> None:
    standing.rocketchat.settings["Encvoyid"]["token_path"] = "https://elsewhere.example.org/token"
    _, text = await standing.run("enable")
    assert "because: its token_path points to another address that would get the secret" in text
    assert "bring_bogus_code" not in standing.world.calls


async def test_one_that_was_on_before_is_left_and_said(standing: Counter) -> None:
    standing.rocketchat.uses = [InUse(Use.FAILED, "Rocket.Chat says: “getaddrinfo ENOTFOUND”")]
    answer, text = await standing.run("enable")
    assert answer.failed
    assert "it is left as it is" in text
    assert standing.rocketchat.switches == {"Encvoyid": True}


async def test_disable_over_an_unfinished_exchange_says_why_it_was_refused(standing: Counter) -> None:
    assert standing.connections.row is not None
    standing.connections.row = before = replace(standing.connections.row, pending=Secret("n" * 64))
    refusal = Forbidden("Rocket.Chat", "POST /api/v1/settings/:_id", status=403)
    standing.world.script = lambda call: refusal if call == "write_service before" else None
    with pytest.raises(Forbidden):
        await standing.run("disable")
    assert standing.spoken.notes == [], "nothing was given up, and nothing does not stay"
    assert standing.connections.row == before


async def test_what_enable_could_not_do_is_not_done_by_setup(standing: Counter) -> None:
    await standing.run("disable")
    (client_id, application), *_ = standing.encvoy.applications_by_id.items()
    standing.encvoy.applications_by_id[client_id] = replace(application, secret=Secret("x"))
    with pytest.raises(UserError, match="Encvoy ID has a different client secret"):
        await standing.run("enable")
    await standing.run("setup")
    assert standing.rocketchat.switches == {"Encvoyid": False}


async def test_test_begins_with_what_is_wrong(standing: Counter) -> None:
    good, bad = Result(CheckState.PASSED, "it is"), Result(CheckState.FAILED, "it is not", "Why.", "This.")
    standing.doctor.verdict = Verdict((Finding("One", good), Finding("Two", bad)))
    answer, text = await standing.run("test")
    assert text.split("\n") == [
        "✗ 1 check failed.",
        "✗ failed: Two: it is not",
        "    Why: Why.",
        "    Fix: This.",
        "✓ 1 check passed; `!sso test --all` lists them.",
        "Next: `!sso test`",
    ]
    assert answer.failed
    assert standing.doctor.examined == [standing.connections.row]


async def test_test_all_lists_what_passed(standing: Counter) -> None:
    answer, text = await standing.run("test --all")
    assert text == "✓ No check failed.\n✓ Everything: it is\n✓ 1 check passed\nNext: `!sso status`"
    assert not answer.failed


async def test_test_names_the_fixes_as_what_to_type_next(standing: Counter) -> None:
    bad = Result(
        CheckState.FAILED, "it is not", "Why.", "`/sso rotate` creates one, or `/sso setup`; then `/sso test`."
    )
    standing.doctor.verdict = Verdict((Finding("One", bad), Finding("Two", bad)))
    answer, _ = await standing.run("test")
    assert answer.next == ("rotate", "setup", "test")


async def test_test_without_a_connection_judges_the_systems(counter: Counter) -> None:
    answer, _ = await counter.run("test")
    assert counter.doctor.examined == [None]
    assert answer.next == ("setup",)


async def test_disable_waits_until_the_button_is_gone(standing: Counter) -> None:
    _, text = await standing.run("disable")
    assert text.splitlines()[0] == "✓ It is off."
    assert standing.rocketchat.live_records == {}
    assert standing.spoken.steps[-1] == "The login page no longer shows the button"


async def test_enable_proves_the_secret_first(standing: Counter) -> None:
    await standing.run("disable")
    _, text = await standing.run("enable")
    assert text.splitlines()[0].startswith("✓ On: the login page shows")
    assert standing.world.calls.index("probe") < standing.world.calls.index("write_service")


@pytest.mark.parametrize(("words", "said"), [("enable", "It was already on"), ("disable", "It was already off")])
async def test_a_switch_that_is_there_already_is_left_alone(standing: Counter, words: str, said: str) -> None:
    if words == "disable":
        await standing.run("disable")
    _, text = await standing.run(words)
    assert said in text
    assert "write_service" not in standing.writes


async def test_what_an_earlier_process_may_have_switched_was_not_so_already(standing: Counter) -> None:
    await standing.run("disable")  # killed before its answer
    _, text = await standing.run("disable", resumed=True)
    assert text.splitlines()[0] == "✓ It is off."


@pytest.mark.parametrize(("words", "before", "after"), [("slash on", False, True), ("slash off", True, False)])
async def test_slash_changes_the_setting_and_names_the_way_back(
    counter: Counter, words: str, before: bool, after: bool
) -> None:
    counter.slash.on = before
    _, text = await counter.run(words)
    assert counter.slash.on is after
    assert f"`!sso slash {'off' if after else 'on'}` undoes it." in text
    assert text.endswith("Next: `!sso status`")


async def test_slash_on_says_what_else_it_changes(counter: Counter) -> None:
    _, text = await counter.run("slash on")
    assert "Any other unknown slash command is now sent as a message" in text


async def test_slash_that_is_so_already_is_left_alone(counter: Counter) -> None:
    _, text = await counter.run("slash off")
    assert "It was already off; nothing changed." in text
    assert counter.writes == []


async def test_status_of_a_rocketchat_that_moved_is_not_as_desired(standing: Counter) -> None:
    standing.rocketchat.site_url = "https://moved.example.org"
    answer, text = await standing.run("status")
    assert "in sync.\n" not in text
    assert "Site_Url is `https://moved.example.org`" in text
    assert answer.next == ("setup",)


async def test_an_address_that_cannot_be_registered_is_not_to_be_registered(standing: Counter) -> None:
    standing.rocketchat.site_url = "https://@all.example"
    answer, text = await standing.run("status")
    assert "Set it back: the new one cannot be registered." in text
    assert answer.next == ()


async def test_status_shows_nothing_of_a_schedule_that_there_is_not(standing: Counter) -> None:
    assert "Age of the secret" not in (await standing.run("status"))[1]


async def test_status_shows_the_next_rotation_and_the_age_of_the_secret(standing: Counter) -> None:
    await standing.run("schedule rotate every 30 days")
    _, text = await standing.run("status")
    assert "• Next rotation: " in text
    assert "(Europe/Madrid)" in text
    assert "• Age of the secret: 0 days" in text


async def test_status_shows_the_scheduled_tests_and_a_mute(standing: Counter) -> None:
    await standing.run("schedule test every 15 minutes")
    await standing.run('mute 2 hours --reason "maintenance"')
    _, text = await standing.run("status")
    assert "• Rotations are not scheduled." in text
    assert "• Scheduled tests: none has run yet" in text
    assert "• Muted until " in text


async def test_status_shows_a_mute_where_no_test_is_scheduled_and_claims_nothing_else(standing: Counter) -> None:
    standing.watch.kept = KeptWatch(WatchState(sight=Sight(), since=START, tested_at=START))
    assert "tested" not in (await standing.run("status"))[1]
    await standing.run("mute 2 hours")
    _, text = await standing.run("status")
    assert "• Muted until " in text
    assert "ests" not in text


async def test_status_shows_an_incident_also_where_no_test_is_scheduled_any_more(standing: Counter) -> None:
    await standing.run("schedule test every 15 minutes")
    state = WatchState(sight=Sight((CAUSE,)), since=START, tested_at=START, incident=INCIDENT)
    standing.watch.kept = KeptWatch(state)
    await standing.run("schedule off test")
    _, text = await standing.run("status")
    assert (
        "• Tests are not scheduled; I look at this failure until it is over: ✗ failed: it does not; "
        "since 24 Nov 12:00 UTC; not acknowledged: `!sso ack`\n• Last tested: 24 Nov 12:00 UTC, "
    ) in text
    standing.watch.kept = KeptWatch(replace(state, incident=replace(INCIDENT, ended=START)))
    assert "Last tested" not in (await standing.run("status"))[1]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"suspended": Suspension(START, "three failures")}, "Scheduled rotations are suspended"),
        ({"nominal_end": START - timedelta(days=1)}, "The rotation is overdue"),
    ],
)
async def test_status_shows_what_needs_an_administrator(standing: Counter, changes: dict[str, Any], said: str) -> None:
    await standing.run("schedule rotate every 30 days")
    kept = standing.schedules.kept
    assert kept.rotation is not None
    standing.schedules.kept = replace(kept, rotation=replace(kept.rotation, **changes))
    assert said in (await standing.run("status"))[1]


async def test_status_says_that_the_schedule_cannot_be_read(standing: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    async def damaged() -> Schedule:
        raise UserError("What is scheduled for `rotate` cannot be read.")

    monkeypatch.setattr(standing.schedules, "get", damaged)
    assert "• What is scheduled for `rotate` cannot be read." in (await standing.run("status"))[1]
