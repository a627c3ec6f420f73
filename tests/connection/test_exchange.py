"""What an exchange of a secret does where the servers do not do as expected."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from bot.connection.apply import apply
from bot.connection.changes import AwaitLive, Live, ProveInUse, WriteApplicationSecret
from bot.connection.context import LoopState
from bot.connection.exchange import MARKER_WITHIN
from bot.connection.in_use import BECAUSE_MODERN, InUse, Use
from bot.connection.moments import LiveSeen
from bot.connection.observe import observe
from bot.connection.plan import plan
from bot.connection.ports import ApplicationFields
from bot.connection.profile import LICENCE_MODULE
from bot.connection.proof import LATER_TIMES
from bot.connection.receipt import Outcome, Receipt
from bot.connection.retry_policy import SWITCH_WITHIN
from bot.connection.state import Application, LiveService, Marker, NotVisible, ServiceName
from bot.errors import Busy, NoAnswer, NotLive, StillBefore
from bot.secret import Secret
from tests.connection.conftest import NEW, OLD, Bench, exchange
from tests.connection.exchanging import UNSEEN, hides_markers, lagging, rotate


@pytest.mark.parametrize(
    ("marker", "asked"),
    [
        (Marker("button_label_color", "#FFFFFf"), ["bring_bogus_code"]),
        (Marker("authorize_path", "/oidc/auth?settle=07"), []),
    ],
    ids=["legacy", "modern"],
)
async def test_where_rocketchat_does_not_say_its_engine_it_is_the_one_of_the_marker(
    standing: Bench, marker: Marker, asked: list[str]
) -> None:
    gone = NoAnswer("Rocket.Chat", "GET /api/info")
    standing.world.script = lambda call: gone if call == "profile before" else None
    desired = replace(standing.connections.there, marker=marker)
    done = await apply(ProveInUse(), LoopState(desired, Receipt()), standing.context)
    assert done.receipt.in_use == (InUse(Use.PROVED) if asked else BECAUSE_MODERN)
    assert [call for call in standing.world.calls if call == "bring_bogus_code"] == asked


class TestMarkerThatNeverComes:
    async def test_it_is_written_once_more_in_another_spelling(self, standing: Bench) -> None:
        waited = hides_markers(standing, times=1)
        connection, receipt = await rotate(standing)
        assert receipt.outcome is Outcome.DONE
        assert connection.current == NEW
        assert len({marker.spelling for marker in waited}) == len(waited) == 2

    async def test_encvoy_is_not_switched_before_it_is_seen(self, standing: Bench) -> None:
        hides_markers(standing, times=1)
        await rotate(standing)
        calls = standing.world.calls
        assert calls.count("write_application") == 1
        assert calls.index("write_application") > max(n for n, call in enumerate(calls) if call == "write_service")

    async def test_after_the_second_time_the_old_secret_is_put_back(self, standing: Bench) -> None:
        waited = hides_markers(standing, times=2)
        _, receipt = await rotate(standing)
        assert receipt.outcome is Outcome.UNDONE
        assert standing.secrets() == (OLD.reveal(), OLD.reveal())
        assert "write_application" not in standing.world.calls
        assert len(waited) == 3

    async def test_one_that_only_the_last_look_shows_is_there(self, standing: Bench) -> None:
        """Where a limit holds the polls of the wait may be used up."""
        real = standing.rocketchat.await_marker

        async def blind(name: ServiceName, marker: Marker, expected: float | None, timeout: float) -> LiveSeen:
            await real(name, marker, expected, timeout)
            standing.world.clock.seconds += 3.5
            raise UNSEEN

        standing.rocketchat.await_marker = blind  # type: ignore[method-assign]
        _, receipt = await rotate(standing)
        assert receipt.outcome is Outcome.DONE
        assert receipt.seen_by == "poll"
        assert receipt.gap is not None
        assert receipt.gap > MARKER_WITHIN
        assert not standing.told.unseen

    @pytest.mark.parametrize("fails", ["", "listed before", "live before"], ids=["none", "the rewrite", "the last"])
    async def test_of_the_modern_engine_the_record_alone_is_not_enough(self, standing: Bench, fails: str) -> None:
        """What signs people in still shows another marker, so Encvoy ID must not switch, whichever look fails."""
        assert standing.connections.row is not None
        real = standing.rocketchat.await_marker
        failures = [NoAnswer("Rocket.Chat", "GET")] * 2

        async def behind(name: ServiceName, marker: Marker, expected: float | None, timeout: float) -> LiveSeen:
            await real(name, marker, expected, timeout)
            standing.world.script = lambda call: failures.pop() if failures and call == fails else None
            raise StillBefore("Rocket.Chat", "GET /oauth/:service")

        standing.rocketchat.await_marker = behind  # type: ignore[method-assign]
        standing.rocketchat.version, standing.rocketchat.modules = (9, 0), frozenset({LICENCE_MODULE})
        marked = replace(exchange(standing.connections.row), marker=Marker("authorize_path", "/oidc/auth?settle=07"))
        _, receipt = await standing.run(marked)
        assert receipt.outcome is Outcome.UNDONE
        assert standing.secrets() == (OLD.reveal(), OLD.reveal())
        assert "write_application" not in standing.world.calls
        assert not standing.told.stuck_, "the way back has an end"
        assert standing.told.unseen == [AwaitLive(Live.MARKER)], "and says that nobody saw it"

    async def test_a_new_start_on_the_modern_engine_looks_at_what_signs_people_in(self, standing: Bench) -> None:
        """The record shows the marker already, and may be ahead of it."""
        assert standing.connections.row is not None
        standing.rocketchat.version, standing.rocketchat.modules = (9, 0), frozenset({LICENCE_MODULE})
        marked = replace(exchange(standing.connections.row), marker=Marker("authorize_path", "/oidc/auth?settle=07"))
        observed = await observe(marked, standing.context)
        assert observed.stored is not None
        shown = {**observed.stored.settings, "authorize_path": "/oidc/auth?settle=07"}
        begun = replace(
            observed,
            stored=replace(observed.stored, settings=shown, secret=marked.secret),
            live=LiveService("encvoyid", shown),
        )
        first, second, *_ = plan(marked, begun)
        assert (first, second) == (AwaitLive(Live.MARKER), WriteApplicationSecret())

    async def test_a_look_that_fails_before_it_is_rewritten_leaves_no_exchange_half_done(self, standing: Bench) -> None:
        hides_markers(standing, times=1)
        busy = [Busy("Rocket.Chat", "GET /api/v1/settings")]

        def script(call: str) -> Exception | None:
            waited = standing.world.clock.seconds > 1000 + MARKER_WITHIN
            return busy.pop() if busy and waited and call == "listed before" else None

        standing.world.script = script
        _, receipt = await rotate(standing)
        assert not busy
        assert receipt.outcome is Outcome.DONE
        assert standing.secrets() == (NEW.reveal(), NEW.reveal())

    async def test_where_no_marker_ever_shows_the_way_back_ends_by_what_rocketchat_uses(self, standing: Bench) -> None:
        """An environment variable may force the visible setting: then no spelling of it can ever be live."""
        hides_markers(standing, times=99)
        _, receipt = await rotate(standing)
        assert receipt.outcome is Outcome.UNDONE
        assert standing.secrets() == (OLD.reveal(), OLD.reveal())
        assert not standing.told.stuck_

    @pytest.mark.parametrize(
        ("use", "held", "visible"),
        [(Use.OTHER, OLD, True), (Use.UNKNOWN, OLD, True), (Use.PROVED, NEW, True), (Use.PROVED, OLD, False)],
        ids=["another is used", "nobody knows what is used", "Encvoy ID holds the new one", "it cannot be seen"],
    )
    async def test_the_way_back_does_not_end_there_while_anything_contradicts_it(
        self, standing: Bench, use: Use, held: Secret, visible: bool
    ) -> None:
        back = replace(exchange(standing.connections.there, OLD), undoing=True)
        ((client_id, application),) = standing.encvoy.applications_by_id.items()
        standing.encvoy.applications_by_id[client_id] = replace(application, secret=held)
        standing.encvoy.hidden.update(() if visible else (client_id,))
        standing.encvoy.accepts_anything = True
        hides_markers(standing, times=99)
        standing.rocketchat.uses = [InUse(use, "because")]
        with pytest.raises(NotLive):
            await apply(AwaitLive(Live.MARKER), LoopState(back, Receipt()), standing.context)

    async def test_it_takes_as_long_as_the_server_was_seen_to_take(self, standing: Bench) -> None:
        timeouts: list[float] = []
        real = standing.rocketchat.await_marker

        async def await_marker(name: ServiceName, marker: Marker, expected: float | None, timeout: float) -> LiveSeen:
            timeouts.append(timeout)
            return await real(name, marker, expected, timeout)

        standing.rocketchat.await_marker = await_marker  # type: ignore[method-assign]
        assert standing.connections.row is not None
        for settle in (None, 0.2, 10.0):
            standing.forget_faults()
            row = replace(standing.connections.row, current=OLD, settle=settle)
            (application,) = standing.encvoy.applications_by_id.values()
            await standing.encvoy.write_application(application.client_id, ApplicationFields(secret=OLD))
            standing.rocketchat.secrets["Encvoyid"] = OLD
            await standing.run(exchange(row))
        assert timeouts == [pytest.approx(6.02, abs=0.1), MARKER_WITHIN, pytest.approx(24.0)]


class TestSwitchThatHangs:
    async def test_each_try_is_cut_and_the_decision_is_made_in_time(
        self, standing: Bench, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Encvoy ID takes the request and never answers, and no time-out of the transport ends it."""
        monkeypatch.setattr("bot.connection.retry_policy.SWITCH_WITHIN", 0.15)
        monkeypatch.setattr("bot.connection.retry_policy.TRY_WITHIN", 0.05)
        monkeypatch.setattr("bot.connection.observe.LOOK_SECONDS", 0.05)
        real_write, real_read = standing.encvoy.write_application, standing.encvoy.application
        clock = standing.world.clock

        async def write(client_id: str, fields: ApplicationFields) -> None:
            if fields.secret == NEW:
                clock.seconds += 0.05
                await asyncio.sleep(60)
            await real_write(client_id, fields)

        async def read(client_id: str) -> Application | NotVisible | None:
            if not standing.told.undone and "write_service" in standing.world.calls:
                clock.seconds += 0.05
                await asyncio.sleep(60)
            return await real_read(client_id)

        standing.encvoy.write_application, standing.encvoy.application = write, read  # type: ignore[method-assign]
        _, receipt = await asyncio.wait_for(rotate(standing), 5)
        assert receipt.outcome is Outcome.UNDONE
        assert standing.secrets() == (OLD.reveal(), OLD.reveal())

    async def test_a_token_side_that_refuses_the_new_secret_for_a_while_is_no_reason_to_turn_back(
        self, standing: Bench
    ) -> None:
        lagging(standing, seconds=5.0)
        _, receipt = await rotate(standing)
        assert receipt.outcome is Outcome.DONE
        assert not standing.told.undone

    async def test_one_that_refuses_it_for_ever_is(self, standing: Bench) -> None:
        lagging(standing, seconds=1000.0)
        told: list[float] = []
        undoing = standing.told.undoing
        standing.told.undoing = lambda why: (told.append(standing.world.clock.seconds), undoing(why))[1]  # type: ignore[method-assign, func-returns-value]
        _, receipt = await rotate(standing)
        switched = next(at for at, what in standing.world.log if what == f"switched {NEW.reveal()}")
        assert receipt.outcome is Outcome.UNDONE
        assert told[0] - switched <= SWITCH_WITHIN + 1


class TestProofFromRocketChat:
    async def test_it_is_asked_at_once_and_once_more(self, standing: Bench) -> None:
        _, receipt = await rotate(standing)
        assert receipt.in_use == receipt.in_use_later == InUse(Use.PROVED)

    async def test_once_more_is_later_than_every_instance_is_up_to_date(self, standing: Bench) -> None:
        asked: list[float] = []

        def note(call: str) -> None:
            if call == "bring_bogus_code before":
                asked.append(standing.world.clock.seconds)

        standing.world.script = note
        await rotate(standing)
        at_once, later = asked
        assert later - at_once > LATER_TIMES * 2.5

    async def test_nothing_of_it_comes_before_the_switch(self, standing: Bench) -> None:
        await rotate(standing)
        calls = standing.world.calls
        assert calls.index("bring_bogus_code") > calls.index("write_application")

    async def test_an_outdated_instance_is_fixed_by_the_equal_write_and_proved_again(self, standing: Bench) -> None:
        standing.rocketchat.uses = [InUse(Use.PROVED), InUse(Use.OTHER, "Unauthorized")]
        _, receipt = await rotate(standing)
        assert receipt.in_use_later == InUse(Use.PROVED)
        assert standing.world.calls.count("repeat_secret") == 1
        assert not standing.told.alarms

    async def test_one_that_stays_is_an_alarm_and_undoes_nothing(self, standing: Bench) -> None:
        standing.rocketchat.uses = [InUse(Use.PROVED), *[InUse(Use.OTHER, "Unauthorized")] * 2]
        _, receipt = await rotate(standing)
        assert receipt.outcome is Outcome.DONE
        assert receipt.in_use_later is not None
        assert receipt.in_use_later.use is Use.OTHER
        assert len(standing.told.alarms) == 1
        assert standing.secrets() == (NEW.reveal(), NEW.reveal())

    @pytest.mark.parametrize("use", [Use.UNKNOWN, Use.FAILED])
    async def test_whatever_else_it_says_undoes_nothing_and_alarms_nobody(self, standing: Bench, use: Use) -> None:
        standing.rocketchat.uses = [InUse(use, "why"), InUse(use, "why")]
        _, receipt = await rotate(standing)
        assert receipt.outcome is Outcome.DONE
        assert receipt.in_use == InUse(use, "why")
        assert not standing.told.alarms
        assert "repeat_secret" not in standing.world.calls

    @pytest.mark.parametrize(
        ("carried", "alarms", "use"),
        [
            ([True], 0, Use.UNKNOWN),
            ([None], 0, Use.UNKNOWN),
            ([False, True], 0, Use.UNKNOWN),
            ([False, False], 1, Use.OTHER),
        ],
    )
    async def test_on_the_modern_engine_an_instance_with_an_older_marker_gets_both_once_more(
        self, standing: Bench, carried: list[bool | None], alarms: int, use: Use
    ) -> None:
        standing.rocketchat.version, standing.rocketchat.modules = (9, 0), frozenset({LICENCE_MODULE})
        written = 1 + (False in carried)
        standing.rocketchat.carried = carried
        _, receipt = await rotate(standing)
        assert receipt.outcome is Outcome.DONE
        assert receipt.in_use == BECAUSE_MODERN
        assert receipt.in_use_later is not None
        assert receipt.in_use_later.use is use
        assert standing.world.calls.count("write_marker") == written
        assert len(standing.told.alarms) == alarms

    async def test_with_the_button_off_it_is_not_asked(self, standing: Bench) -> None:
        assert standing.connections.row is not None
        off, _ = await standing.run(replace(standing.connections.row, enabled=False))
        standing.forget_faults()
        _, receipt = await standing.run(replace(off, pending=NEW))
        assert receipt.in_use is None
        assert "bring_bogus_code" not in standing.world.calls
