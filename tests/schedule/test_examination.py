"""What the scheduler asks the connection for: everything is seen, and nothing is changed but by the proof of the
ground."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.doctor.sight import SeenVersions
from bot.errors import NoAnswer, UserError
from bot.schedule.examination import ConnectionExaminer
from bot.schedule.ports import Examiner
from bot.secret import Secret, new_secret
from tests.support.clocks import START
from tests.support.counter import ALL_WELL, WRITES, Counter, new_counter


@pytest.fixture
def counter() -> Counter:
    return new_counter()


@pytest.fixture
async def standing(counter: Counter) -> Counter:
    await counter.run("setup")
    counter.doctor.examined.clear()
    counter.world.calls.clear()
    return counter


async def version() -> str:
    return "1.0.10"


async def no_version() -> str:
    raise NoAnswer("Encvoy ID", "GET /api/docs")


def examiner(counter: Counter) -> ConnectionExaminer:
    return ConnectionExaminer(counter.context, counter.doctor, version)


def test_it_is_the_port(counter: Counter) -> None:
    port: Examiner = examiner(counter)
    assert port == examiner(counter)


class TestProved:
    async def test_without_a_connection_nobody_knows(self, counter: Counter) -> None:
        assert await examiner(counter).proved_at() is None

    async def test_it_is_the_proof_of_the_connection(self, standing: Counter) -> None:
        proved_at = START + timedelta(days=3)
        standing.connections.row = replace(standing.connections.there, proved_at=proved_at)
        assert await examiner(standing).proved_at() == proved_at


class TestExamine:
    async def test_the_doctor_gets_the_connection(self, standing: Counter) -> None:
        assert await examiner(standing).examine() == ALL_WELL
        assert standing.doctor.examined == [standing.connections.row]

    async def test_without_a_connection_the_systems_are_examined(self, counter: Counter) -> None:
        await examiner(counter).examine()
        assert counter.doctor.examined == [None]


class TestVersions:
    async def test_both(self, counter: Counter) -> None:
        profile = await counter.rocketchat.profile()
        assert await examiner(counter).versions() == SeenVersions(profile.text, "1.0.10")

    async def test_what_does_not_answer_is_not_known(self, counter: Counter) -> None:
        silent = replace(examiner(counter), encvoy_version=no_version)
        counter.rocketchat.profile = no_version  # type: ignore[method-assign,assignment]
        assert await silent.versions() == SeenVersions(None, None)

    async def test_one_that_does_not_answer_hides_no_other(self, counter: Counter) -> None:
        silent = replace(examiner(counter), encvoy_version=no_version)
        seen = await silent.versions()
        assert (seen.encvoy, seen.rocketchat is None) == (None, False)


class TestRehearse:
    async def test_it_proves_the_ground_and_leaves_everything_as_it_is(self, standing: Counter) -> None:
        row, settings = standing.connections.row, {k: dict(v) for k, v in standing.rocketchat.settings.items()}
        applications = dict(standing.encvoy.applications_by_id)
        await examiner(standing).rehearse()
        assert standing.world.calls.count("write_application") == 1
        assert {call for call in standing.world.calls if call in WRITES} == {"write_application"}
        assert "authorize" not in standing.world.calls
        assert standing.connections.row == row
        assert standing.rocketchat.settings == settings
        assert standing.encvoy.applications_by_id == applications

    async def test_without_a_connection_it_says_so(self, counter: Counter) -> None:
        with pytest.raises(UserError, match="no connection yet") as caught:
            await examiner(counter).rehearse()
        assert "setup" in caught.value.fix

    async def test_an_exchange_that_is_not_finished_is_no_ground(self, standing: Counter) -> None:
        standing.connections.row = replace(standing.connections.there, pending=new_secret())
        with pytest.raises(UserError, match="not finished") as caught:
            await examiner(standing).rehearse()
        assert "rotate" in caught.value.fix
        assert standing.world.calls == []

    @pytest.mark.parametrize("gone", ["application", "service"])
    async def test_what_is_gone_is_no_ground(self, standing: Counter, gone: str) -> None:
        (standing.encvoy.applications_by_id if gone == "application" else standing.rocketchat.settings).clear()
        with pytest.raises(UserError):
            await examiner(standing).rehearse()

    async def test_a_write_that_is_refused_is_no_ground(self, standing: Counter) -> None:
        away = NoAnswer("Encvoy ID", "PUT /api/v1/clients")
        standing.world.script = lambda call: away if call == "write_application before" else None
        with pytest.raises(UserError):
            await examiner(standing).rehearse()

    async def test_another_secret_at_encvoy_id_is_no_ground(self, standing: Counter) -> None:
        [client_id] = standing.encvoy.applications_by_id
        application = standing.encvoy.applications_by_id[client_id]
        standing.encvoy.applications_by_id[client_id] = replace(application, secret=Secret("another"))
        with pytest.raises(UserError):
            await examiner(standing).rehearse()


class TestTrouble:
    async def test_none(self, counter: Counter) -> None:
        assert await examiner(counter).trouble() is None
        await counter.run("setup")
        assert await examiner(counter).trouble() is None

    async def test_an_exchange_that_is_not_finished(self, standing: Counter) -> None:
        standing.connections.row = replace(standing.connections.there, pending=new_secret())
        assert "not finished" in (await examiner(standing).trouble() or "")
