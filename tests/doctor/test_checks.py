"""Each check turns, and only it, when its own ground is broken."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from bot.chatops.ports import Person
from bot.connection.entrance import CallbackAnswer, Standing
from bot.connection.forced import variable
from bot.connection.in_use import InUse, Use
from bot.connection.ports import Probe, ServerInfo
from bot.connection.profile import Engine, profile
from bot.connection.state import Application, NotVisible, SettingValue, StoredService
from bot.connection.unknown import Unknown
from bot.doctor.checks import CheckState, Result
from bot.doctor.evidence import Evidence
from bot.doctor.own import Administrators, Port, PortState
from bot.doctor.verdict import OF_A_CONNECTION, judge
from bot.secret import Secret, new_secret
from tests.doctor.grounds import (
    APPLICATION,
    BROKEN,
    BUSY,
    CHANGED,
    CONNECTION,
    GONE,
    NOTED,
    OURS,
    OWN,
    PROVIDER,
    STORED,
    WHOLE,
    own,
    place,
)

SAID_WHEN_BROKEN = {"Setting up"}
TURNED_TOGETHER = {"Service's settings": {"Saved settings are active"}}
"""A setting that was changed a moment ago is not live yet: both are true until it settles."""


def failing(evidence: Evidence) -> set[str]:
    return {finding.check for finding in judge(evidence).of(CheckState.FAILED)}


def test_a_whole_connection_passes_every_check() -> None:
    assert {finding.result.state for finding in judge(WHOLE).findings} == {CheckState.PASSED}


@pytest.mark.parametrize(("check", "evidence"), BROKEN, ids=[f"{n}-{name}" for n, (name, _) in enumerate(BROKEN)])
def test_a_broken_ground_turns_its_check_and_only_it(check: str, evidence: Evidence) -> None:
    assert failing(evidence) - TURNED_TOGETHER.get(check, set()) == {check}


@pytest.mark.parametrize(("check", "evidence"), BROKEN, ids=[f"{n}-{name}" for n, (name, _) in enumerate(BROKEN)])
def test_a_failure_says_why_and_what_fixes_it(check: str, evidence: Evidence) -> None:
    (result,) = [f.result for f in judge(evidence).findings if f.check == check]
    assert result.evidence
    assert result.cause
    assert result.fix


@pytest.mark.parametrize(("check", "evidence", "says"), NOTED, ids=[f"{n}-{row[0]}" for n, row in enumerate(NOTED)])
def test_what_somebody_may_have_wished_is_noted_and_fails_nothing(check: str, evidence: Evidence, says: str) -> None:
    verdict = judge(evidence)
    assert not verdict.failed
    (finding,) = verdict.of(CheckState.NOTE)
    assert finding.check == check
    assert says in finding.result.evidence.replace("\u200b", "")


def test_every_check_has_a_row() -> None:
    shown = {name for name, _ in BROKEN} | {name for name, _, _ in NOTED}
    assert {finding.check for finding in judge(WHOLE).findings} == shown - SAID_WHEN_BROKEN


def result(check: str, evidence: Evidence) -> Result:
    (found,) = [finding.result for finding in judge(evidence).findings if finding.check == check]
    return found


@pytest.mark.parametrize(
    ("suffix", "stored", "check"),
    [
        ("token_path", replace(STORED, settings=CHANGED), "Service's settings"),
        ("secret", replace(STORED, secret=Secret("x")), "Service's secret"),
        ("", replace(STORED, enabled=False), "Service's switch"),
    ],
)
def test_what_the_environment_forces_is_said_to_be_forced(suffix: str, stored: StoredService, check: str) -> None:
    values: dict[str, SettingValue] = {"token_path": "/t", "secret": "x", "": False}
    evidence = replace(WHOLE, stored=stored, live=None if suffix == "" else WHOLE.live, forced={suffix: values[suffix]})
    found = result(check, evidence)
    assert variable(CONNECTION.name, suffix) in found.cause
    assert "Only removing the variable" in found.fix


@pytest.mark.parametrize(
    ("suffix", "value", "stored"),
    [
        ("token_path", "/t", replace(STORED, settings=CHANGED)),
        ("secret", "x", replace(STORED, secret=Secret("x"))),
        ("", False, replace(STORED, enabled=False)),
    ],
)
def test_what_is_forced_and_differs_already_is_told_once(
    suffix: str, value: SettingValue, stored: StoredService
) -> None:
    evidence = replace(WHOLE, stored=stored, forced={suffix: value})
    assert "\n".join(judge(evidence).lines()).count("OVERWRITE_SETTING") == 1
    assert result("Forced settings", evidence).state is CheckState.SKIPPED


def test_endpoints_that_have_moved_are_each_named() -> None:
    urls = {"identity_url": "https://id.example.org/new/me", "authorize_url": "https://id.example.org/new/auth"}
    moved = replace(WHOLE, provider=replace(PROVIDER, **urls))
    found = result("Encvoy ID's discovery document", moved)
    assert found.evidence == (
        "the userinfo endpoint is `https://id.example.org/new/me`, "
        "the authorization endpoint is `https://id.example.org/new/auth`"
    )
    assert found.cause == (
        "The connection was made for `https://id.example.org/oidc/me`, `https://id.example.org/oidc/auth`."
    )


@pytest.mark.parametrize("secret", [OURS, Secret("x")])
def test_a_bare_refusal_says_nothing_of_the_record(secret: Secret) -> None:
    """It is the answer for an application that the token side does not know, too."""
    evidence = replace(WHOLE, ours=Probe.REFUSED, application=replace(APPLICATION, secret=secret))
    assert result("Application valid in the OIDC process", evidence).state is CheckState.SKIPPED


@pytest.mark.parametrize("forced", [{}, GONE, None, {"scope": "openid"}])
def test_what_nobody_saw_is_no_cause(forced: Any) -> None:
    found = result("Service's settings", replace(WHOLE, stored=replace(STORED, settings=CHANGED), forced=forced))
    assert found.cause == "Rocket.Chat has other values than the connection should have."
    assert "Somebody" not in found.cause


@pytest.mark.parametrize("application", [None, NotVisible("client1", there=False), GONE])
@pytest.mark.parametrize("check", ["Application valid in the OIDC process", "Counter-check", "Secret accepted"])
def test_nothing_passes_for_an_application_that_nobody_sees(application: Any, check: str) -> None:
    gone = replace(WHOLE, application=application, ours=Probe.REFUSED, random=Probe.REFUSED)
    assert result(check, gone).state is CheckState.SKIPPED


@pytest.mark.parametrize("application", [NotVisible("client1"), GONE])
@pytest.mark.parametrize(
    "check",
    [
        "Application valid in the OIDC process",
        "Secret accepted",
        "Counter-check",
        "Callback address registered",
    ],
)
def test_what_was_accepted_is_checked(application: Any, check: str) -> None:
    assert result(check, replace(WHOLE, application=application)).state is CheckState.PASSED


def test_a_record_that_nothing_here_would_fix_is_not_promised_to_be_fixed() -> None:
    broken = replace(WHOLE, ours=Probe.BROKEN, random=Probe.BROKEN)
    assert "/sso setup" not in result("Application valid in the OIDC process", broken).fix
    ours = replace(broken, application=replace(APPLICATION, grant_types=()))
    assert failing(ours) == {"Application's fields"}
    assert "/sso setup" in result("Application's fields", ours).fix


def test_a_callback_that_is_listed_and_refused_is_not_called_unregistered() -> None:
    found = result("Callback address registered", replace(WHOLE, ours=Probe.REDIRECT_REFUSED))
    assert "although it is on its list" in found.evidence


def test_a_callback_in_another_spelling_is_taken_and_not_called_unregistered() -> None:
    """Encvoy ID compares as normalised (facts/encvoy-id.md §7); `setup` registers the exact string."""
    spelled = replace(APPLICATION, redirect_uris=("https://chat.example.org/x/../_oauth/encvoyid",))
    found = result("Callback address registered", replace(WHOLE, application=spelled))
    assert (found.state, found.fix) == (CheckState.NOTE, "`/sso setup` fixes it.")
    assert "does not list it in exactly this form" in found.evidence
    refused = replace(WHOLE, application=spelled, ours=Probe.REDIRECT_REFUSED)
    assert "is not registered" in result("Callback address registered", refused).evidence


def test_an_old_secret_that_is_put_back_is_not_called_new() -> None:
    found = result("Service's secret", replace(WHOLE, stored=replace(STORED, secret=Secret("x"))))
    assert "`/sso rotate` then creates a new one" in found.fix


BEGUN = replace(WHOLE, connection=replace(CONNECTION, current=None, pending=OURS), live=None, in_use=None)
"""Set up to nearly its end: all is there, and was not yet seen to work."""
AS_MADE = replace(STORED, enabled=False, settings={"scope": "openid"}, secret=Secret(""))
"""A service as Rocket.Chat makes it, before anything is written."""
STOPPED = [
    replace(BEGUN, live=WHOLE.live, in_use=WHOLE.in_use),
    replace(BEGUN, stored=replace(STORED, enabled=False)),
    replace(BEGUN, stored=AS_MADE),
    replace(BEGUN, stored=None),
    replace(
        BEGUN,
        stored=AS_MADE,
        ours=Probe.REFUSED,
        application=replace(APPLICATION, secret=Secret("x"), rules=frozenset(), grant_types=(), redirect_uris=()),
    ),
    replace(
        BEGUN,
        connection=replace(CONNECTION, client_id=None, current=None, pending=OURS),
        stored=AS_MADE,
        application=None,
        ours=None,
        random=None,
        callback=None,
    ),
]


@pytest.mark.parametrize("evidence", STOPPED)
def test_what_was_never_set_up_to_its_end_is_one_failure(evidence: Evidence) -> None:
    assert failing(evidence) == {"Setting up"}
    assert result("Setting up", evidence).fix == "`/sso setup` finishes it."


@pytest.mark.parametrize("evidence", STOPPED)
def test_of_what_was_never_written_nothing_is_said_to_have_changed(evidence: Evidence) -> None:
    said = "\n".join(judge(evidence).lines())
    for claim in ("other values", "previous secret", "/sso enable", "/sso rotate", "was there", "removed", "gone"):
        assert claim not in said


def test_without_a_connection_only_the_systems_are_judged() -> None:
    alone = replace(
        WHOLE,
        connection=None,
        stored=None,
        live=None,
        application=None,
        ours=None,
        random=None,
        callback=None,
        only_administrators=None,
        forced=None,
    )
    assert "Admin room" in {f.check for f in judge(alone).findings}
    assert "Service" not in {f.check for f in judge(alone).findings}
    assert not judge(alone).failed


def test_where_reports_go_to_the_admin_room_nothing_is_said_of_another() -> None:
    assert "Report room" not in {f.check for f in judge(replace(WHOLE, report_room=None)).findings}


def test_a_report_room_that_cannot_be_asked_for_is_not_checked() -> None:
    assert result("Report room", replace(WHOLE, report_room=GONE)).state is CheckState.SKIPPED


def test_where_permissions_are_not_listed_the_role_admin_is_enough() -> None:
    assert failing(replace(WHOLE, permissions=GONE)) == set()


def test_a_field_that_nobody_knows_is_noted_and_nothing_fails() -> None:
    (finding,) = judge(replace(WHOLE, strange_fields=("writtenBy",))).of(CheckState.NOTE)
    assert finding.check == "Message fields"
    assert "`writtenBy`" in finding.result.evidence
    assert finding.result.fix


def test_where_the_notes_cannot_be_read_nothing_is_said_of_fields() -> None:
    (finding,) = judge(replace(WHOLE, strange_fields=GONE)).of(CheckState.SKIPPED)
    assert (finding.check, finding.result.evidence) == ("Message fields", GONE.reason)


def test_the_marker_is_not_taken_for_a_change() -> None:
    spelled = replace(STORED, settings={**STORED.settings, "scope": "email openid profile"})
    assert failing(replace(WHOLE, stored=spelled)) == set()


def test_the_summary_counts_each_state() -> None:
    verdict = judge(replace(WHOLE, login=GONE, application=GONE))
    assert verdict.headline() == "✗ 1 check failed."
    assert verdict.summary() == "✓ 28 checks passed, 5 not checked"
    assert verdict.lines()[-1] == "✗ 28 checks passed, 1 failed, 5 not checked"


def test_what_was_not_checked_for_one_reason_is_one_line() -> None:
    unseen = [line for line in judge(replace(WHOLE, login=GONE, application=GONE)).others() if "not checked:" in line]
    assert len(unseen) < 5
    assert sum(line.count(", ") + 1 for line in unseen) == 5
    assert len({line.partition("(")[2] for line in unseen}) == len(unseen)


def test_no_secret_is_in_any_line() -> None:
    for _, evidence in BROKEN:
        assert OURS.reveal() not in "\n".join(judge(evidence).lines())


@pytest.mark.parametrize(
    "field",
    ["server", "account", "permissions", "room", "provider", "keys", "login", "stored", "live", "application", "ours",
     "random", "callback"],
)  # fmt: skip
def test_who_asks_to_slow_down_is_not_broken(field: str) -> None:
    change: dict[str, Any] = {field: BUSY}
    verdict = judge(replace(WHOLE, **change))
    assert not verdict.failed
    skipped = verdict.of(CheckState.SKIPPED)
    assert skipped
    assert not [finding for finding in skipped if "not respond" in finding.result.evidence]
    assert any("again in 42 s" in finding.result.evidence for finding in skipped)


MODERN = ServerInfo(profile=profile((9, 0), frozenset({"oauth-enterprise"})), site_url="https://chat.example.org")


@pytest.mark.parametrize(
    ("server", "ends", "state"),
    [
        (WHOLE.server, Engine.LEGACY, CheckState.PASSED),
        (WHOLE.server, Engine.MODERN, CheckState.FAILED),
        (MODERN, Engine.MODERN, CheckState.PASSED),
        (MODERN, None, CheckState.FAILED),
        (GONE, Engine.LEGACY, CheckState.PASSED),
        (GONE, Engine.MODERN, CheckState.SKIPPED),
        (GONE, None, CheckState.FAILED),
    ],
)
def test_only_the_engine_in_use_answers_at_the_callback(server: Any, ends: Engine | None, state: CheckState) -> None:
    evidence = replace(WHOLE, server=server, callback=CallbackAnswer(302, ends))
    assert result("Callback address responds", evidence).state is state


def test_of_what_is_live_and_may_not_be_asked_nothing_is_claimed() -> None:
    busy = replace(WHOLE, live=BUSY, callback=CallbackAnswer(502, None))
    found = result("Callback address responds", busy)
    assert (found.state, found.evidence) == (CheckState.SKIPPED, BUSY.reason)
    assert result("Secret in use", busy).state is CheckState.PASSED
    assert STORED.enabled


@pytest.mark.parametrize("suffix", ["id", "url", "token_path"])
def test_an_exchange_by_other_settings_says_nothing_of_the_secret(suffix: str) -> None:
    stored = replace(STORED, settings={**STORED.settings, suffix: "another"})
    evidence = replace(WHOLE, stored=stored, in_use=InUse(Use.OTHER, "it says: Unauthorized"))
    assert result("Secret in use", evidence).evidence == "fix the service's settings first"


def test_what_is_used_is_not_asked_of_a_server_that_does_not_answer() -> None:
    unseen = replace(WHOLE, server=GONE, in_use=None)
    assert result("Secret in use", unseen).evidence == "Rocket.Chat does not respond"
    busy = replace(WHOLE, server=BUSY, in_use=None)
    assert result("Secret in use", busy).evidence == BUSY.reason


@pytest.mark.parametrize("live", [BUSY, None])
def test_a_service_that_is_off_is_not_asked_what_it_uses(live: Any) -> None:
    off = replace(WHOLE, live=live, stored=replace(STORED, enabled=False), in_use=None)
    assert "that is on" in result("Secret in use", off).evidence


def test_a_licence_that_may_not_be_asked_for_so_often_is_not_missing() -> None:
    busy = replace(WHOLE, server=ServerInfo(profile=profile((9, 0), BUSY), site_url="https://chat.example.org"))
    assert result("Licence for Custom OAuth", busy).state is CheckState.SKIPPED


def test_a_system_that_says_nothing_but_slow_down_is_not_broken() -> None:
    fields = "server account permissions room provider keys login stored live application ours random callback"
    everything: dict[str, Any] = dict.fromkeys(fields.split(), BUSY)
    verdict = judge(replace(WHOLE, **everything))
    assert not verdict.failed
    assert "not respond" not in " ".join(verdict.lines())


UNSEEN = Unknown("too many requests: Rocket.Chat can be asked again in 9 s", busy=True)


@pytest.mark.parametrize("field", ["websocket", "guarded", "administrators", "typed", "standing"])
def test_what_was_asked_too_often_is_not_checked_and_says_so(field: str) -> None:
    verdict = judge(own(**{field: UNSEEN}))
    assert [finding.result.evidence for finding in verdict.of(CheckState.SKIPPED)] == [UNSEEN.reason]
    assert not verdict.failed


@pytest.mark.parametrize("field", ["guarded", "administrators", "typed", "standing"])
def test_what_could_not_be_asked_is_no_failure_of_its_own(field: str) -> None:
    verdict = judge(own(**{field: GONE}))
    assert [finding.result.evidence for finding in verdict.of(CheckState.SKIPPED)] == [GONE.reason]
    assert not verdict.failed


NOTES = [
    (own(administrators=Administrators(unheld=frozenset({"helpers"}), able="anna")), "nobody has `helpers`"),
    (replace(WHOLE, account=Person("b1", "ssobot", frozenset({"admin"}), active=True, type="user")), "role `bot`"),
    (
        replace(WHOLE, own=replace(OWN, standing=Standing(may_create=False, applications=1))),
        "it may manage the application of this connection",
    ),
    (place(port=Port("127.0.0.1:8080", PortState.OURS, "address already in use")), "127.0.0.1:8080"),
]


@pytest.mark.parametrize(("evidence", "said"), NOTES, ids=[said for _, said in NOTES])
def test_what_works_all_the_same_is_noted(evidence: Evidence, said: str) -> None:
    verdict = judge(evidence)
    (finding,) = verdict.of(CheckState.NOTE)
    assert said in finding.result.evidence
    assert finding.result.fix
    assert not verdict.failed


def test_of_holders_that_were_not_looked_at_nothing_is_claimed() -> None:
    (finding,) = judge(own(administrators=Administrators(unfit=10, more=True))).of(CheckState.SKIPPED)
    assert "there are more" in finding.result.evidence


def test_the_chat_says_nothing_of_the_place_where_the_bot_runs() -> None:
    said = "\n".join(judge(replace(WHOLE, place=None)).lines())
    assert not [
        name for name in ("Database", "Database keys", "/healthz", "Second factor in Rocket.Chat") if name in said
    ]


@pytest.mark.parametrize("sealed", [None, GONE])
def test_keys_are_not_judged_by_a_database_that_cannot_be_read(sealed: Unknown | None) -> None:
    (finding,) = judge(place(sealed=sealed)).of(CheckState.SKIPPED)
    assert finding.check == "Database keys"


TERMINAL = [evidence for _, evidence in BROKEN if evidence.connection is None and evidence.locked is None] + [
    replace(evidence, connection=None, application=None)
    for check, evidence in BROKEN
    if evidence.locked is None
    and check not in {entry.name for catalogue in OF_A_CONNECTION for entry in catalogue.entries}
]


def test_at_the_terminal_no_fix_is_typed_in_a_chat_that_may_not_work() -> None:
    """Nothing is set up there: a command of the chat would fix nothing."""
    assert TERMINAL
    for evidence in TERMINAL:
        for finding in judge(evidence).of(CheckState.FAILED):
            assert not re.search(r"[/!]sso|the command again", finding.result.fix), finding


@pytest.mark.parametrize("check", ["Application valid in the OIDC process", "Counter-check", "Secret accepted"])
def test_of_an_application_that_is_gone_nothing_passes_that_was_tried_with_it(check: str) -> None:
    """Its token side refuses every secret alike."""
    evidence = replace(WHOLE, application=None, ours=Probe.REFUSED, random=Probe.REFUSED)
    (found,) = [finding.result for finding in judge(evidence).findings if finding.check == check]
    assert found.state is CheckState.SKIPPED


def test_a_secret_that_was_replaced_on_both_sides_is_rotated_and_not_written_over() -> None:
    """`setup` refuses to write over it: people may be signing in with it."""
    strange = new_secret()
    assert isinstance(WHOLE.stored, StoredService)
    assert isinstance(WHOLE.application, Application)
    both = replace(
        WHOLE,
        stored=replace(WHOLE.stored, secret=strange),
        application=replace(WHOLE.application, secret=strange),
        ours=Probe.REFUSED,
    )
    found = judge(both).of(CheckState.FAILED)
    assert {finding.check for finding in found} == {"Secret accepted", "Service's secret"}
    for finding in found:
        assert "`/sso rotate` replaces it" in finding.result.fix
        assert "setup" not in finding.result.fix
