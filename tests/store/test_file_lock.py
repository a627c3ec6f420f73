"""One process for one SQLite file."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest
from sqlalchemy import URL, make_url

from bot.errors import ConfigError
from bot.store.file_lock import EVERY, PATIENCE, alone, alone_or_beside
from tests.support.clocks import ManualClock, SteppedClock
from tests.support.realtime import until

CHILD = """
import asyncio, sys
from bot.clock import SystemClock
from bot.store.file_lock import alone
from sqlalchemy import make_url

async def main():
    async with alone(make_url(sys.argv[1]), SystemClock()):
        print("alone", flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


@pytest.fixture
def url(tmp_path: Path) -> URL:
    return make_url(f"sqlite+aiosqlite:///{tmp_path / 'ssobot.sqlite'}")


async def test_a_second_one_waits_and_then_refuses_in_one_line(url: URL) -> None:
    clock = ManualClock()
    async with alone(url, clock):
        began = clock.seconds
        with pytest.raises(ConfigError) as caught:
            async with alone(url, clock):
                pytest.fail("two at once")
    assert PATIENCE <= clock.seconds - began <= PATIENCE + EVERY
    assert caught.value.text == (
        "SSOBOT_DATABASE_URL names a file that another ssobot uses. Stop that one. "
        "To run several instances, use PostgreSQL."
    )


async def test_a_second_one_begins_when_the_first_ends_and_says_what_it_waits_for(
    url: URL, capsys: pytest.CaptureFixture[str]
) -> None:
    clock, began = SteppedClock(), asyncio.Event()

    async def second() -> None:
        async with alone(url, clock):
            began.set()

    async with alone(url, clock):
        waiting = asyncio.create_task(second())
        await until(lambda: clock.slept)
        assert not began.is_set()
        assert "waiting for another ssobot to end" in capsys.readouterr().out
    await asyncio.sleep(0.01)
    await clock.advance(EVERY)
    await asyncio.wait_for(waiting, 5.0)
    assert began.is_set()


async def test_a_killed_one_is_not_waited_for(url: URL) -> None:
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", CHILD, url.render_as_string(), stdout=asyncio.subprocess.PIPE
    )
    assert child.stdout is not None
    assert await child.stdout.readline() == b"alone\n"
    clock = ManualClock()
    with pytest.raises(ConfigError):
        async with alone(url, clock):
            pytest.fail("two at once")
    child.send_signal(signal.SIGKILL)
    await child.wait()
    began = clock.seconds
    async with alone(url, clock):
        assert clock.seconds == began


async def test_another_name_of_the_file_is_the_same_file(url: URL, tmp_path: Path) -> None:
    (tmp_path / "link.sqlite").symlink_to(tmp_path / "ssobot.sqlite")
    (tmp_path / "ssobot.sqlite").touch()
    other = url.set(database=str(tmp_path / "link.sqlite"))
    async with alone(url, ManualClock()):
        with pytest.raises(ConfigError):
            async with alone(other, ManualClock()):
                pytest.fail("two at once")


@pytest.mark.parametrize("address", ["sqlite+aiosqlite://", "sqlite+aiosqlite:///:memory:", "postgresql+asyncpg://h/d"])
async def test_what_is_no_file_needs_no_lock(address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    async with alone(make_url(address), ManualClock()), alone(make_url(address), ManualClock()):
        assert os.listdir(tmp_path) == []  # noqa: PTH208


async def test_where_no_lock_file_can_be_made_the_folder_is_named(url: URL, tmp_path: Path) -> None:
    (tmp_path / "ssobot.sqlite.lock").mkdir()
    with pytest.raises(ConfigError, match=r"no lock file can be made: .*\. The bot must be allowed to write"):
        async with alone(url, ManualClock()):
            pytest.fail("without a lock")


async def test_whoever_may_work_beside_it_is_told_whether_it_is_there(url: URL) -> None:
    async with alone(url, ManualClock()):
        async with alone_or_beside(url) as free:
            assert not free
        with pytest.raises(ConfigError):
            async with alone(url, ManualClock()):
                pytest.fail("two at once")
    async with alone_or_beside(url) as free:
        assert free
        with pytest.raises(ConfigError):
            async with alone(url, ManualClock()):
                pytest.fail("it began in the middle")
    async with alone(url, ManualClock()):
        pass


async def test_a_server_has_no_lock_to_look_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    async with alone_or_beside(make_url("postgresql+asyncpg://h/d")) as free:
        assert free
    assert os.listdir(tmp_path) == []  # noqa: PTH208
