"""`rotate`: what it says, what it keeps, and how it goes on after a crash."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.chatops.history import PastOperation
from bot.chatops.origin import FromMessage, FromSchedule, Origin
from bot.chatops.ports import Operation
from bot.connection.in_use import InUse, Use
from bot.connection.marker import next_marker
from bot.connection.moments import LiveSeen
from bot.connection.profile import LICENCE_MODULE, Engine
from bot.connection.state import Marker, ServiceName
from bot.errors import Forbidden, UserError
from bot.schedule.rules import Schedule
from bot.secret import Secret
from tests.support.clocks import START
from tests.support.counter import Counter
from tests.support.schedules import rotation

PENDING = Secret("p" * 64)


async def test_it_replaces_the_secret_and_says_what_was_proved(standing: Counter) -> None:
    before = standing.connections.there
    _, text = await standing.run("rotate")
    assert standing.connections.there.current != before.current
    assert standing.connections.there.pending is None
    assert "Rotated: both sides have the new secret" in text
    assert "Verified: the new secret is accepted, the previous one and a random one are refused." in text


async def test_its_receipt_holds_the_gap(standing: Counter) -> None:
    answer, text = await standing.run("rotate")
    assert answer.receipt is not None
    assert answer.receipt["gap"] == pytest.approx(0.04)
    assert "for 40 ms at most: from the last time Rocket.Chat was known to use the old secret" in text


async def test_its_receipt_has_the_fingerprints_before_and_after(standing: Counter) -> None:
    before = standing.connections.there.secret
    answer, _ = await standing.run("rotate")
    assert answer.receipt is not None
    of = standing.context.fingerprints.of
    assert answer.receipt["fingerprint_before"] == of(before)
    assert answer.receipt["fingerprint_after"] == of(standing.connections.there.secret)


async def test_of_several_instances_it_promises_nothing_but_of_the_first(standing: Counter) -> None:
    real = standing.rocketchat.await_marker

    async def await_marker(name: ServiceName, marker: Marker, expected: float | None, timeout: float) -> LiveSeen:
        return replace(await real(name, marker, expected, timeout), instances=3)

    standing.rocketchat.await_marker = await_marker  # type: ignore[method-assign]
    answer, text = await standing.run("rotate")
    assert answer.receipt is not None
    assert answer.receipt["instances"] == 3
    assert "responds with 3 instances, and each switches on its own" in text
    assert "at the first of them sign-ins may have failed for 40 ms at most" in text
    assert "I did not see the others switch." in text


async def test_it_says_what_rocketchat_itself_uses(standing: Counter) -> None:
    answer, text = await standing.run("rotate")
    assert "Rocket.Chat itself uses the new secret" in text
    assert not answer.failed


async def test_one_that_rocketchat_does_not_use_is_told_as_an_alarm(standing: Counter) -> None:
    standing.rocketchat.uses = [InUse(Use.OTHER, "it says: Unauthorized")] * 4
    answer, text = await standing.run("rotate")
    assert answer.failed
    assert text.startswith("✗ Rotated, but people may be unable to sign in: ")
    assert "Rocket.Chat uses a different secret than the one it has saved" in text.splitlines()[1]
    assert standing.spoken.alarms[0].startswith("ALARM")


async def test_what_cannot_be_proved_from_there_is_said_with_its_reason(standing: Counter) -> None:
    standing.rocketchat.uses = [InUse(Use.UNKNOWN, "its callback did not respond to me")] * 2
    answer, text = await standing.run("rotate")
    assert "Not verified from Rocket.Chat's side, because: its callback did not respond to me." in text
    assert not answer.failed


async def test_where_rocketchat_cannot_ask_encvoy_id_no_bound_is_told(standing: Counter) -> None:
    """A bound would say that sign-ins have worked since."""
    standing.rocketchat.uses = [InUse(Use.FAILED, "Rocket.Chat says: “getaddrinfo ENOTFOUND”")] * 2
    answer, text = await standing.run("rotate")
    assert answer.failed
    assert "ms at most" not in text
    assert "getaddrinfo ENOTFOUND" in text


async def test_with_the_button_off_it_says_why_nothing_is_proved_there(standing: Counter) -> None:
    await standing.run("disable")
    _, text = await standing.run("rotate")
    assert "Not verified from Rocket.Chat's side, because it is off." in text


async def test_one_that_somebody_switched_off_is_not_said_to_be_unproved_by_a_restart(standing: Counter) -> None:
    service = standing.connections.there.name
    await standing.rocketchat.write_service(service, {"": False})
    standing.rocketchat.live_records.clear()
    _, text = await standing.run("rotate")
    assert "Not verified from Rocket.Chat's side, because it is off." in text
    assert "restarted" not in text


async def test_on_the_modern_engine_the_marker_is_one_that_the_strategy_shows(standing: Counter) -> None:
    standing.rocketchat.version, standing.rocketchat.modules = (9, 0), frozenset({LICENCE_MODULE})
    _, text = await standing.run("rotate")
    assert standing.rocketchat.settings["Encvoyid"]["authorize_path"] == "/oidc/auth?settle=00"
    assert "only the sign-in of a test user can verify it" in text


@pytest.mark.parametrize("now", [(9, 0), (8, 8)])
async def test_the_engine_of_now_says_how_it_is_proved_there(standing: Counter, now: tuple[int, int]) -> None:
    """Rocket.Chat was upgraded, or set back, since an exchange was interrupted: its marker is for the other engine."""
    stored = await standing.rocketchat.stored(standing.connections.there.name)
    assert stored is not None
    other = Engine.LEGACY if now >= (9, 0) else Engine.MODERN
    marker = next_marker(stored, None, engine=other)
    standing.connections.row = replace(standing.connections.there, pending=PENDING, marker=marker)
    standing.rocketchat.version, standing.rocketchat.modules = now, frozenset({LICENCE_MODULE})
    _, text = await standing.run("rotate", resumed=True)
    assert "Rotated" in text
    assert ("only the sign-in of a test user can verify it" in text) is (now >= (9, 0))


async def test_one_that_was_committed_before_a_crash_is_not_done_twice(standing: Counter) -> None:
    _, first = await standing.run("rotate")
    receipt, before = standing.connections.receipts["op1"], standing.connections.there
    _, again = await standing.run("rotate", resumed=True, receipt=receipt)
    assert standing.writes == []
    assert standing.connections.there == before
    assert again == first.replace(", at once and once more later.", ", at once.")


async def test_one_that_was_interrupted_is_gone_on_with(standing: Counter) -> None:
    stored = await standing.rocketchat.stored(standing.connections.there.name)
    assert stored is not None
    standing.connections.row = replace(standing.connections.there, pending=PENDING, marker=next_marker(stored, None))
    _, text = await standing.run("rotate", resumed=True)
    assert "Rotated" in text
    assert (standing.connections.there.current, standing.connections.there.pending) == (PENDING, None)


async def test_one_that_was_away_while_its_secret_became_live_says_that_nobody_measured(standing: Counter) -> None:
    await standing.run("rotate")
    at_rest = standing.connections.there
    [(client_id, there)] = standing.encvoy.applications_by_id.items()
    old = replace(there, secret=PENDING)  # Rocket.Chat has used the new one for long, Encvoy ID still holds the old one
    standing.encvoy.applications_by_id[client_id] = old
    standing.connections.row = replace(at_rest, current=PENDING, pending=at_rest.current)
    _, text = await standing.run("rotate", resumed=True)
    assert "Rotated" in text
    assert "it is unknown how long sign-ins failed" in text
    assert "ms at most" not in text


async def test_a_dry_run_of_an_interrupted_one_shows_what_is_left(standing: Counter) -> None:
    stored = await standing.rocketchat.stored(standing.connections.there.name)
    assert stored is not None
    standing.connections.row = before = replace(
        standing.connections.there, pending=PENDING, marker=next_marker(stored, None)
    )
    _, text = await standing.run("rotate --dry-run")
    assert "save the new secret and a settle marker in Rocket.Chat" in text
    assert standing.connections.there == before


async def test_a_setup_that_did_not_end_comes_first(standing: Counter) -> None:
    standing.connections.row = replace(standing.connections.there, current=None, pending=PENDING)
    with pytest.raises(UserError, match="not fully set up") as caught:
        await standing.run("rotate")
    assert "/sso setup" in caught.value.fix


async def test_a_connection_that_is_not_whole_is_not_rotated(standing: Counter) -> None:
    standing.rocketchat.settings.clear()
    with pytest.raises(UserError, match="the service is gone") as caught:
        await standing.run("rotate")
    assert "/sso setup" in caught.value.fix


async def test_a_refusal_of_the_switch_is_undone_and_said(standing: Counter) -> None:
    before = standing.connections.there
    switches = iter((None, Forbidden("Encvoy ID", "PUT", why="The role of the bot's user does not include this.")))
    standing.world.script = lambda call: next(switches, None) if call == "write_application before" else None
    answer, text = await standing.run("rotate")
    assert answer.failed
    assert "Not rotated. Both sides have the old secret again" in text
    assert "Rocket.Chat itself uses the old secret: Encvoy ID accepted it from there" in text
    assert "The role of the bot's user does not include this." in text
    assert standing.connections.there.current == before.current
    assert standing.spoken.remarks[0].startswith("The rotation is being rolled back")


async def test_of_what_was_put_back_it_says_no_more_than_it_saw(standing: Counter) -> None:
    refusals = iter((None, Forbidden("Encvoy ID", "PUT", why="Not now.")))
    standing.world.script = lambda call: next(refusals, None) if call == "write_application before" else None
    standing.rocketchat.uses += [InUse(Use.UNKNOWN, "it does not say")] * 2
    answer, text = await standing.run("rotate")
    assert answer.failed
    assert "Not verified from Rocket.Chat's side, because: it does not say." in text
    assert "sign in" not in text


async def test_where_nobody_saw_what_signs_people_in_change_no_time_is_promised(standing: Counter) -> None:
    real = standing.rocketchat.await_marker

    async def uncertain(name: ServiceName, marker: Marker, expected: float | None, timeout: float) -> LiveSeen:
        return replace(await real(name, marker, expected, timeout), certain=False)

    standing.rocketchat.await_marker = uncertain  # type: ignore[method-assign]
    _, text = await standing.run("rotate")
    assert "it is unknown how long sign-ins failed" in text
    assert "at most" not in text


async def test_a_secret_that_rocketchat_takes_elsewhere_is_no_success(standing: Counter) -> None:
    standing.rocketchat.settings["Encvoyid"]["token_path"] = "https://elsewhere.example.org/token"
    answer, text = await standing.run("rotate")
    assert answer.failed
    assert "bring_bogus_code" not in standing.world.calls, "the bot does not send it there itself"
    assert "at most" not in text
    assert "sends the secret to another address" in text
    assert "creates one that nobody there has seen" in text


async def test_where_rocketchat_has_moved_nobody_is_told_that_sign_ins_work(standing: Counter) -> None:
    standing.rocketchat.site_url = "https://moved.example.org"
    answer, text = await standing.run("rotate")
    assert answer.failed
    assert "at most" not in text
    assert "Encvoy ID does not redirect people there." in text


async def test_where_anything_is_accepted_the_proof_proves_nothing(standing: Counter) -> None:
    standing.encvoy.accepts_anything = True
    _, text = await standing.run("rotate")
    assert "this check proves nothing" in text


DUE = "rotate 2026-11-24T12:00:00+00:00 1"
SECOND = timedelta(seconds=1)


def waited(counter: Counter, origin: Origin, before_the_proof: timedelta) -> None:
    """`rotate` had to wait for another one; the interval counted from that long before its proof."""
    proved_at, now = counter.connections.there.proved_at, counter.world.clock.now()
    assert proved_at is not None
    row = rotation(operation=DUE, begun=1, anchor=proved_at - before_the_proof)
    counter.schedules.kept = Schedule(rotation=row)
    counter.history.past.append(PastOperation(Operation(counter.operation, origin, "rotate", "reply", now), None))


BY_SCHEDULE = FromSchedule(DUE, START + timedelta(hours=1), "r1", "u1", "anna")
BY_HAND = FromMessage("m1", "r1", None, "u1", "anna")


async def test_a_scheduled_one_that_waited_for_one_by_hand_does_not_rotate_again(standing: Counter) -> None:
    waited(standing, BY_SCHEDULE, SECOND)
    before = standing.connections.there
    answer, text = await standing.run("rotate")
    assert text.startswith("✓ This scheduled rotation was not needed any more: the secret was replaced by another one")
    assert not answer.failed  # the interval counts from the proof
    assert (standing.connections.there, standing.writes) == (before, [])


@pytest.mark.parametrize(
    ("origin", "before_the_proof", "resumed"),
    [
        (BY_SCHEDULE, timedelta(), False),  # the proof that the interval counts from
        (replace(BY_SCHEDULE, due="another"), SECOND, False),
        (BY_HAND, SECOND, False),  # a person asked for it
        (BY_SCHEDULE, SECOND, True),  # the proof may be its own
    ],
)
async def test_every_other_one_rotates(
    standing: Counter, origin: Origin, before_the_proof: timedelta, resumed: bool
) -> None:
    waited(standing, origin, before_the_proof)
    before = standing.connections.there.secret
    await standing.run("rotate", resumed=resumed)
    assert standing.connections.there.secret != before


async def test_without_a_schedule_any_more_it_rotates(standing: Counter) -> None:
    waited(standing, BY_SCHEDULE, SECOND)
    standing.schedules.kept = Schedule()
    assert "✓ Rotated" in (await standing.run("rotate"))[1]
