"""What Rocket.Chat's own word does to a connection that was set up: taken back, or left, and never for less."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.connection.confirm import Confirmed, Taken, ask, confirm
from bot.connection.desired import rules
from bot.connection.in_use import BECAUSE_MODERN, BECAUSE_OFF, InUse, Use
from bot.connection.observe import observe
from bot.connection.ports import ApplicationFields
from bot.connection.profile import LICENCE_MODULE, Engine
from bot.connection.proof import LATER_TIMES
from bot.connection.state import Connection, Observed
from bot.errors import NoAnswer, Unfinished, Unreachable
from tests.connection.conftest import NEW, Bench

OTHER = InUse(Use.OTHER, "Rocket.Chat says: “Unauthorized”")
FAILED = InUse(Use.FAILED, "Rocket.Chat says: “getaddrinfo ENOTFOUND id.example.org”")
MOVED = "https://moved.example.org"


async def confirmed(bench: Bench, before: Connection | None, *says: InUse, engine: Engine = Engine.LEGACY) -> Confirmed:
    """What comes of it if Rocket.Chat says this at first, and then what is true."""
    bench.rocketchat.uses = list(says)
    if engine is Engine.MODERN:
        bench.rocketchat.version, bench.rocketchat.modules = (9, 0), frozenset({LICENCE_MODULE})
    return await confirm(bench.connections.there, before, await seen(bench), bench.context, bench.told)


async def seen(bench: Bench) -> Observed:
    """The last look."""
    return await observe(bench.connections.there, bench.context)


def live_url(bench: Bench) -> object:
    return bench.rocketchat.live_records["Encvoyid"][0].settings["url"]


async def moved(bench: Bench, **more: object) -> Connection:
    """The connection follows Encvoy ID to another address; it as it was before."""
    before = bench.connections.there
    await bench.run(replace(before, settings={**before.settings, "url": MOVED}, **more))  # type: ignore[arg-type]
    bench.forget_faults()
    return before


async def test_what_works_is_left(standing: Bench) -> None:
    before = standing.connections.there
    assert await confirmed(standing, None) == Confirmed(before, InUse(Use.PROVED))
    assert standing.connections.there == before


# Switched off again: it was not on before.


@pytest.mark.parametrize("said", [OTHER, FAILED], ids=lambda said: said.use.value)
async def test_what_was_just_switched_on_is_switched_off_again(standing: Bench, said: InUse) -> None:
    found = await confirmed(standing, None, said, said)
    assert (found.taken, found.said, found.works) == (Taken.OFF, said, False)
    assert found.connection == standing.connections.there
    assert not standing.connections.there.enabled
    assert standing.rocketchat.live_records == {}


@pytest.mark.parametrize("before", [{"current": None}, {"enabled": False}])
async def test_so_is_what_was_off_or_unfinished_before(standing: Bench, before: dict[str, object]) -> None:
    found = await confirmed(standing, replace(standing.connections.there, **before), FAILED)  # type: ignore[arg-type]
    assert found.taken is Taken.OFF
    assert not standing.connections.there.enabled


async def test_the_secret_is_left_on_both_sides(standing: Bench) -> None:
    before = standing.secrets()
    await confirmed(standing, None, FAILED)
    assert standing.secrets() == before


# The address of before is put back.


async def test_another_address_is_taken_back(standing: Bench) -> None:
    before = await moved(standing)
    assert live_url(standing) == MOVED
    found = await confirmed(standing, before, FAILED)
    assert found.taken is Taken.BACK
    assert standing.connections.there == found.connection == before
    assert live_url(standing) == before.settings["url"]


async def test_another_address_of_rocketchat_too(standing: Bench) -> None:
    before = standing.connections.there
    await standing.run(replace(before, site_url="https://other.example.org"))
    found = await confirmed(standing, before, FAILED)
    assert found.taken is Taken.BACK
    assert found.connection.redirect_uri == before.redirect_uri


async def test_what_was_asked_for_besides_stays(standing: Bench) -> None:
    """E-mail addresses left out: scope and rules are no matter of the address, and belong together."""
    settings = {**standing.connections.there.settings, "url": MOVED, "scope": "openid profile"}
    before = standing.connections.there
    await standing.run(replace(before, settings=settings, rules=rules(with_email=False)))
    found = await confirmed(standing, before, FAILED)
    assert found.taken is Taken.BACK
    assert found.connection.settings == {**before.settings, "scope": "openid profile"}
    assert not found.connection.with_email


# Left as it is.


@pytest.mark.parametrize("said", [OTHER, FAILED], ids=lambda said: said.use.value)
async def test_what_was_on_before_at_the_same_address_is_left(standing: Bench, said: InUse) -> None:
    before = standing.connections.there
    found = await confirmed(standing, before, said, said)
    assert (found.taken, found.works) == (Taken.NOTHING, False)
    assert standing.connections.there == before
    assert "write_service" not in standing.world.calls


async def test_another_scope_alone_is_left_too(standing: Bench) -> None:
    before = standing.connections.there
    without = replace(before, settings={**before.settings, "scope": "openid profile"}, rules=rules(with_email=False))
    await standing.run(without)
    found = await confirmed(standing, before, FAILED)
    assert found.taken is Taken.NOTHING
    assert standing.connections.there == without


@pytest.mark.parametrize("use", [Use.UNKNOWN, Use.SILENT])
async def test_nothing_less_than_a_verdict_undoes_anything(standing: Bench, use: Use) -> None:
    standing.world.script = lambda call: Unreachable("Encvoy ID", "GET /oidc/auth") if call == "code before" else None
    found = await confirmed(standing, None, InUse(use, "why"))
    assert (found.taken, found.said.use, found.works) == (Taken.NOTHING, Use.UNKNOWN, True)
    assert standing.connections.there.enabled


async def test_nor_does_the_modern_engine(standing: Bench) -> None:
    found = await confirmed(standing, None, FAILED, engine=Engine.MODERN)
    assert found == Confirmed(standing.connections.there, BECAUSE_MODERN)


async def test_one_that_is_off_is_not_asked(standing: Bench) -> None:
    await standing.run(replace(standing.connections.there, enabled=False))
    found = await confirmed(standing, None, FAILED)
    assert found == Confirmed(standing.connections.there, BECAUSE_OFF)
    assert "bring_bogus_code" not in standing.world.calls


async def test_where_it_cannot_be_taken_back_it_is_not_finished(standing: Bench) -> None:
    standing.world.script = lambda call: (
        Unreachable("Rocket.Chat", "POST /api/v1/settings") if call == "write_service before" else None
    )
    with pytest.raises(Unfinished, match="I could not confirm that it was undone") as caught:
        await confirmed(standing, None, FAILED)
    assert "getaddrinfo ENOTFOUND" in caught.value.why
    assert "cannot be reached" in caught.value.why
    assert not standing.connections.there.enabled, "it is desired all the same"


async def test_a_rocketchat_that_does_not_tell_its_version_takes_nothing_back(standing: Bench) -> None:
    """The button is on by then: whatever fails afterwards, it is not "not done"."""
    standing.world.script = lambda call: NoAnswer("Rocket.Chat", "GET /api/info") if call == "edition before" else None
    found = await confirmed(standing, None, FAILED)
    assert (found.taken, found.said.use, found.works) == (Taken.NOTHING, Use.UNKNOWN, True)
    assert "Rocket.Chat did not respond" in found.said.words


# Another secret: fixed by the equal write, once.


async def test_an_instance_with_an_outdated_cache_is_fixed_and_asked_again(standing: Bench) -> None:
    began = standing.world.clock.seconds
    found = await confirmed(standing, None, OTHER)
    assert (found.taken, found.said) == (Taken.NOTHING, InUse(Use.PROVED))
    calls = [call for call in standing.world.calls if call in ("bring_bogus_code", "repeat_secret")]
    assert calls == ["bring_bogus_code", "repeat_secret", "bring_bogus_code"]
    assert standing.world.clock.seconds - began > LATER_TIMES * 2.5


async def test_it_is_fixed_once(standing: Bench) -> None:
    (application,) = standing.encvoy.applications_by_id.values()
    await standing.encvoy.write_application(application.client_id, ApplicationFields(secret=NEW))
    found = await confirmed(standing, standing.connections.there)
    assert found.said.use is Use.OTHER
    assert standing.world.calls.count("repeat_secret") == 1
    assert standing.world.calls.count("bring_bogus_code") == 2


@pytest.mark.parametrize(
    "said", [FAILED, InUse(Use.UNKNOWN, "why"), InUse(Use.PROVED)], ids=lambda said: said.use.value
)
async def test_nothing_else_is_fixed_so(standing: Bench, said: InUse) -> None:
    standing.rocketchat.uses = [said]
    assert await ask(standing.connections.there, await seen(standing), standing.context) == said
    assert "repeat_secret" not in standing.world.calls


async def test_a_repetition_that_fails_leaves_what_was_said(standing: Bench) -> None:
    standing.world.script = lambda call: (
        NoAnswer("Rocket.Chat", "POST /api/v1/settings/:_id") if call == "repeat_secret before" else None
    )
    standing.rocketchat.uses = [OTHER]
    assert await ask(standing.connections.there, await seen(standing), standing.context) == OTHER
