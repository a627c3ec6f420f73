"""The proof, and the ground before an exchange."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from bot.connection.in_use import BECAUSE_MODERN, OUTDATED, InUse, Use
from bot.connection.ports import ApplicationFields, Probe
from bot.connection.profile import Engine
from bot.connection.proof import (
    LAG,
    LATER_TIMES,
    NotProved,
    Proof,
    prove,
    prove_carried,
    prove_ground,
    prove_in_use,
    prove_in_use_and_fix,
)
from bot.connection.state import Connection, Marker, StoredService
from bot.errors import Forbidden, Unreachable, UserError
from bot.secret import Secret
from tests.connection.conftest import NEW, OLD, Bench, exchange
from tests.support.clocks import SteppedClock

THIRD = Secret("t" * 64)
AWAY = Unreachable("Rocket.Chat", "any")


def at_rest(bench: Bench) -> Connection:
    assert bench.connections.row is not None
    return bench.connections.row


def stored(bench: Bench) -> StoredService:
    """What Rocket.Chat was seen to hold."""
    found = bench.rocketchat.service("Encvoyid")
    assert found is not None
    return found


async def test_a_whole_connection_is_proved(standing: Bench) -> None:
    proved = await prove(at_rest(standing), standing.context)
    assert proved.proof == Proof(previous_refused=None, random_refused=True)


async def test_in_an_exchange_the_previous_secret_is_tried_too(standing: Bench) -> None:
    desired = exchange(at_rest(standing))
    standing.rocketchat.secrets["Encvoyid"] = NEW
    await standing.encvoy.write_application(desired.client_id or "", ApplicationFields(secret=NEW))
    proved = await prove(desired, standing.context)
    assert proved.proof.previous_refused is True


async def test_a_refused_secret_is_not_proved(standing: Bench) -> None:
    with pytest.raises(NotProved, match="refuses this client secret"):
        await prove(replace(at_rest(standing), current=NEW), standing.context)


async def test_a_callback_that_is_not_registered_is_named(standing: Bench) -> None:
    client_id = at_rest(standing).client_id or ""
    await standing.encvoy.write_application(client_id, ApplicationFields(redirect_uris=("https://other",)))
    with pytest.raises(NotProved, match=r"https://chat\.example\.org/_oauth/encvoyid` is not registered"):
        await prove(at_rest(standing), standing.context)


async def test_rocketchat_must_read_back_equal(standing: Bench) -> None:
    standing.rocketchat.secrets["Encvoyid"] = NEW
    with pytest.raises(NotProved, match="does not have the secret"):
        await prove(at_rest(standing), standing.context)


async def test_the_ground_is_the_secret_that_both_sides_hold(standing: Bench) -> None:
    desired = at_rest(standing)
    by_hand = Secret("h" * 64)
    standing.rocketchat.secrets["Encvoyid"] = by_hand
    await standing.encvoy.write_application(desired.client_id or "", ApplicationFields(secret=by_hand))
    application = standing.encvoy.applications_by_id[desired.client_id or ""]
    assert await prove_ground(desired, standing.encvoy, stored(standing), application) == by_hand


@pytest.mark.parametrize(
    ("in_rocketchat", "at_encvoy_id", "stranger"),
    [(NEW, OLD, "Rocket.Chat has"), (OLD, NEW, "Encvoy ID has"), (NEW, THIRD, "Rocket.Chat and Encvoy ID have")],
)
async def test_two_different_secrets_are_no_ground(
    standing: Bench, in_rocketchat: Secret, at_encvoy_id: Secret, stranger: str
) -> None:
    """What is stored was compared, and not what is live: whether people come through now was not seen."""
    standing.rocketchat.secrets["Encvoyid"] = in_rocketchat
    application = standing.encvoy.applications_by_id[at_rest(standing).client_id or ""]
    application = replace(application, secret=at_encvoy_id)
    with pytest.raises(UserError, match="has saved a different client secret than Encvoy ID") as caught:
        await prove_ground(at_rest(standing), standing.encvoy, stored(standing), application)
    assert caught.value.why == f"{stranger} a secret that I do not know."
    assert "nobody can sign in" not in caught.value.text


async def test_a_service_that_is_gone_holds_no_other_secret(standing: Bench) -> None:
    await standing.rocketchat.remove_service(at_rest(standing).name)
    with pytest.raises(NotProved, match="The service is gone"):
        await prove(at_rest(standing), standing.context)


async def test_the_ground_shows_that_the_bot_may_write(standing: Bench) -> None:
    standing.world.script = lambda call: (
        Forbidden("Encvoy ID", "PUT /api/v1/clients/:client_id") if call == "write_application before" else None
    )
    application = standing.encvoy.applications_by_id[at_rest(standing).client_id or ""]
    with pytest.raises(Forbidden):
        await prove_ground(at_rest(standing), standing.encvoy, stored(standing), application)


async def test_a_callback_address_that_is_not_registered_is_no_ground(standing: Bench) -> None:
    client_id = at_rest(standing).client_id or ""
    application = replace(standing.encvoy.applications_by_id[client_id], redirect_uris=())
    standing.encvoy.applications_by_id[client_id] = application
    with pytest.raises(UserError, match="nobody can sign in") as caught:
        await prove_ground(at_rest(standing), standing.encvoy, stored(standing), application)
    assert caught.value.fix == "`/sso setup` registers it."


async def test_the_ground_writes_nothing(standing: Bench) -> None:
    application = standing.encvoy.applications_by_id[at_rest(standing).client_id or ""]
    await prove_ground(at_rest(standing), standing.encvoy, stored(standing), application)
    assert standing.secrets() == (OLD.reveal(), OLD.reveal())
    assert standing.encvoy.applications_by_id[application.client_id] == application


@pytest.mark.parametrize("outcome", [p for p in Probe if p is not Probe.ACCEPTED])
async def test_each_way_of_not_being_accepted_has_its_reason(standing: Bench, outcome: Probe) -> None:
    async def probe(client_id: str, secret: Secret, redirect_uri: str) -> Probe:
        return outcome

    standing.encvoy.probe = probe  # type: ignore[method-assign]
    with pytest.raises(NotProved) as caught:
        await prove(at_rest(standing), standing.context)
    assert caught.value.why
    assert OLD.reveal() not in caught.value.text


def lagging(standing: Bench, seconds: float) -> float:
    """For so long the token side refuses what it will accept; the moment from which on it does."""
    clock, real = standing.world.clock, standing.encvoy.probe
    there = clock.monotonic() + seconds

    async def probe(client_id: str, secret: Secret, redirect_uri: str) -> Probe:
        return Probe.REFUSED if clock.monotonic() < there else await real(client_id, secret, redirect_uri)

    standing.encvoy.probe = probe  # type: ignore[method-assign]
    return there


@pytest.mark.parametrize("seconds", [3.0, LAG - 1.5])
async def test_a_token_side_that_lags_is_waited_for(standing: Bench, seconds: float) -> None:
    """It refuses what the management side stored a moment ago."""
    clock, there = standing.world.clock, lagging(standing, seconds)
    proved = await prove(at_rest(standing), standing.context)
    assert proved.proof.random_refused
    assert there <= proved.at <= clock.monotonic()
    assert there <= clock.monotonic() < there + 1.5


@pytest.mark.parametrize("seconds", [0.05, 0.2])
async def test_a_token_side_that_lags_a_little_delays_it_as_little(standing: Bench, seconds: float) -> None:
    """Each moment of it is a part of the gap."""
    there = lagging(standing, seconds)
    proved = await prove(at_rest(standing), standing.context)
    assert there <= proved.at < there + 0.2


async def test_an_old_secret_that_is_accepted_for_a_while_is_waited_for(standing: Bench) -> None:
    clock, real = standing.world.clock, standing.encvoy.probe
    desired = exchange(at_rest(standing))
    standing.rocketchat.secrets["Encvoyid"] = NEW
    await standing.encvoy.write_application(desired.client_id or "", ApplicationFields(secret=NEW))
    there = clock.monotonic() + 5.0

    async def lagging(client_id: str, secret: Secret, redirect_uri: str) -> Probe:
        late = secret == OLD and clock.monotonic() < there
        return Probe.ACCEPTED if late else await real(client_id, secret, redirect_uri)

    standing.encvoy.probe = lagging  # type: ignore[method-assign]
    proved = await prove(desired, standing.context)
    assert proved.proof.previous_refused is True


@pytest.mark.parametrize("fails", ["the secret", "Rocket.Chat"])
async def test_a_proof_that_fails_asks_nothing_on(standing: Bench, fails: str) -> None:
    """The loop looks at once, and would not be alone."""
    desired, real = exchange(at_rest(standing)), standing.encvoy.probe

    async def probe(client_id: str, secret: Secret, redirect_uri: str) -> Probe:
        if secret == OLD:
            await asyncio.Event().wait()
        return await real(client_id, secret, redirect_uri)

    standing.encvoy.probe = probe  # type: ignore[method-assign]
    if fails == "Rocket.Chat":
        await standing.encvoy.write_application(desired.client_id or "", ApplicationFields(secret=NEW))
    before = asyncio.all_tasks()
    with pytest.raises(NotProved):
        await prove(desired, replace(standing.context, clock=SteppedClock()), 0.0)
    assert asyncio.all_tasks() == before


async def test_the_wait_for_a_token_side_ends_at_its_moment(standing: Bench) -> None:
    clock = standing.world.clock
    until = clock.monotonic() + 2.0
    with pytest.raises(NotProved):
        await prove(replace(at_rest(standing), current=NEW), standing.context, until)
    assert clock.monotonic() <= until + 0.1


class TestInUse:
    async def test_rocketchat_uses_what_encvoy_accepts(self, standing: Bench) -> None:
        assert await self._asked(standing) == InUse(Use.PROVED)

    async def test_another_secret_is_live(self, standing: Bench) -> None:
        (application,) = standing.encvoy.applications_by_id.values()
        await standing.encvoy.write_application(application.client_id, ApplicationFields(secret=NEW))
        assert (await self._asked(standing)).use is Use.OTHER

    async def test_where_it_says_nothing_a_real_code_is_brought(self, standing: Bench) -> None:
        standing.rocketchat.uses = [InUse(Use.SILENT, "it doesn't say why")]
        assert await self._asked(standing) == InUse(Use.PROVED)
        assert standing.world.calls[-1] == "bring_code"

    async def test_a_real_code_that_fails_is_no_verdict(self, standing: Bench) -> None:
        (application,) = standing.encvoy.applications_by_id.values()
        await standing.encvoy.write_application(application.client_id, ApplicationFields(secret=NEW))
        standing.rocketchat.uses = [InUse(Use.SILENT, "it doesn't say why")]
        assert (await self._asked(standing)).use is Use.UNKNOWN

    async def test_a_user_who_cannot_sign_in_there_is_no_verdict(self, standing: Bench) -> None:
        standing.rocketchat.uses = [InUse(Use.SILENT, "it doesn't say why")]
        standing.world.script = lambda call: Forbidden("Encvoy ID", "GET /oidc/auth") if call == "code before" else None
        found = await self._asked(standing)
        assert found.use is Use.UNKNOWN
        assert "cannot sign in there" in found.words

    @pytest.mark.parametrize("use", [Use.UNKNOWN, Use.FAILED, Use.OTHER])
    async def test_only_silence_asks_for_a_real_code(self, standing: Bench, use: Use) -> None:
        standing.rocketchat.uses = [InUse(use, "why")]
        assert (await self._asked(standing)).use is use
        assert "bring_code" not in standing.world.calls

    async def test_the_modern_engine_is_not_asked(self, standing: Bench) -> None:
        found = await prove_in_use(at_rest(standing), Engine.MODERN, standing.rocketchat, standing.encvoy)
        assert found == BECAUSE_MODERN
        assert "bring_bogus_code" not in standing.world.calls

    async def _asked(self, bench: Bench) -> InUse:
        return await prove_in_use(at_rest(bench), Engine.LEGACY, bench.rocketchat, bench.encvoy)


class TestFixing:
    """An instance with an outdated cache gets the same once more, and after a settle time it is asked again."""

    SETTLE = 5.0

    async def test_the_equal_write_fixes_it(self, standing: Bench) -> None:
        before = standing.world.clock.seconds
        standing.rocketchat.uses = [InUse(Use.OTHER, "it says: Unauthorized")]
        assert await self._fixed(standing) == InUse(Use.PROVED)
        assert standing.world.calls.count("repeat_secret") == 1
        assert standing.world.clock.seconds >= before + LATER_TIMES * self.SETTLE

    async def test_what_cannot_be_written_stays_as_it_was_found(self, standing: Bench) -> None:
        other = InUse(Use.OTHER, "it says: Unauthorized")
        standing.rocketchat.uses = [other]
        standing.world.script = lambda call: AWAY if call == "repeat_secret before" else None
        assert await self._fixed(standing) == other

    @pytest.mark.parametrize("use", [Use.PROVED, Use.FAILED, Use.SILENT, Use.UNKNOWN])
    async def test_only_another_secret_is_fixed(self, standing: Bench, use: Use) -> None:
        standing.rocketchat.uses = [InUse(use)]
        await self._fixed(standing)
        assert "repeat_secret" not in standing.world.calls

    async def _fixed(self, bench: Bench) -> InUse:
        said, _ = await prove_in_use_and_fix(at_rest(bench), Engine.LEGACY, bench.context, self.SETTLE)
        return said

    @pytest.mark.parametrize(
        ("shown", "found", "writes"),
        [
            ([True], BECAUSE_MODERN, 0),
            ([None], BECAUSE_MODERN, 0),
            ([False, True], BECAUSE_MODERN, 1),
            ([False, None], BECAUSE_MODERN, 1),
            ([False, False], OUTDATED, 1),
        ],
    )
    async def test_of_the_modern_engine_the_marker_is_looked_at(
        self, standing: Bench, shown: list[bool | None], found: InUse, writes: int
    ) -> None:
        before = standing.world.clock.seconds
        standing.rocketchat.carried = list(shown)
        assert await self._carried(standing) == found
        assert standing.rocketchat.carried == []
        assert standing.world.calls.count("write_marker") == writes
        assert (standing.world.clock.seconds >= before + LATER_TIMES * self.SETTLE) is bool(writes)

    async def test_of_the_modern_engine_a_write_that_is_refused_leaves_it_outdated(self, standing: Bench) -> None:
        standing.rocketchat.carried = [False]
        standing.world.script = lambda call: AWAY if call == "write_service before" else None
        assert await self._carried(standing) == OUTDATED

    async def _carried(self, bench: Bench) -> InUse:
        marker = Marker("authorize_path", "/oidc/auth?settle=07")
        return await prove_carried(at_rest(bench), marker, bench.context, self.SETTLE)


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        (
            {"token_path": "https://evil.example/t"},
            "its token_path points to another address that would get the secret",
        ),
        (
            {"url": "https://evil.example", "token_path": "/t"},
            "its url and token_path point to another address that would get the secret",
        ),
        (None, "its settings are gone"),
    ],
)
async def test_rocketchat_is_not_asked_where_its_secret_would_go_elsewhere(
    standing: Bench, settings: dict[str, str] | None, why: str
) -> None:
    if settings is None:
        await standing.rocketchat.remove_service(at_rest(standing).name)
    else:
        standing.rocketchat.settings["Encvoyid"].update(settings)
    found = await prove_in_use(at_rest(standing), Engine.LEGACY, standing.rocketchat, standing.encvoy)
    assert found == InUse(Use.UNKNOWN, why)
    assert "bring_bogus_code" not in standing.world.calls


async def test_rocketchat_is_not_asked_where_it_does_not_show_its_settings(standing: Bench) -> None:
    standing.world.script = lambda call: AWAY if call == "stored before" else None
    found = await prove_in_use(at_rest(standing), Engine.LEGACY, standing.rocketchat, standing.encvoy)
    assert found == InUse(Use.UNKNOWN, AWAY.text.rstrip("."))
