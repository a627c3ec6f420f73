"""A run of the suite ends with the judges' word."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.judges.rocketchat import plugin, recording
from tests.support import secrets_watch

pytestmark = pytest.mark.needs("node")
AS_MAKE_TEST = {
    "args_source": pytest.Config.ArgsSource.TESTPATHS,
    "deselect": None,
    "exitstatus": pytest.ExitCode.OK,
    "ignore": None,
    "ignore_glob": None,
    "keyword": "",
    "lf": False,
    "markexpr": "not slow",
    "maxfail": 0,
    "shouldfail": False,
    "shouldstop": False,
    "stepwise": False,
}
ROOT = Path(__file__).parent.parent.parent


def run(*words: str, more: str = "") -> subprocess.CompletedProcess[str]:
    """A run of `tests/support/refused.py`."""
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-pno:cacheprovider", *words, "tests/support/refused.py"],
        env={**os.environ, "SSOBOT_TEST_ASKS_MORE": more},
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_a_refusal_fails_a_parallel_run_and_says_what_it_is() -> None:
    done = run("-n", "2", more="yes")
    assert done.returncode == 1
    assert "POST chat.update       2\n" in done.stdout
    assert (
        "REFUSED: POST chat.update: the request fails isChatUpdateProps: must NOT have additional properties (extra)"
        in done.stdout
    )
    assert "(2×, first in tests/support/refused.py::test_asks[" in done.stdout
    assert "THE RUN FAILS: 1 REFUSED BY THE JUDGES" in done.stdout
    assert "2 passed" in done.stdout.splitlines()[-1]


def test_without_a_refusal_a_run_ends_well() -> None:
    done = run()
    assert done.returncode == 0
    assert "POST chat.update       2\n" in done.stdout
    assert "REFUSED" not in done.stdout
    assert "never exercised" not in done.stdout  # which is said of whole runs only


def test_the_watch_for_secrets_hears_what_is_written(tmp_path: Path) -> None:
    exchange = recording.Exchange("GET me", False, {}, None, 200, [], {"name": "somebody"})
    judging: Any = plugin.Judging(tmp_path, is_worker=True, exchanges=[exchange])
    hook = judging.pytest_runtest_makereport(SimpleNamespace(nodeid="a test"))
    next(hook)
    with pytest.raises(StopIteration):
        hook.send(SimpleNamespace(when="teardown"))
    [file] = tmp_path.iterdir()
    assert "somebody" in file.read_text()
    assert secrets_watch.current.said == [("the record for the judges", file.read_text())]


class TestWhole:
    """Whether everything ran, told from what pytest was started with and how it ended."""

    @pytest.mark.parametrize(
        ("changed", "whole"),
        [
            ({}, True),
            ({"markexpr": ""}, True),
            ({"exitstatus": pytest.ExitCode.TESTS_FAILED}, True),
            ({"args_source": pytest.Config.ArgsSource.ARGS}, False),
            ({"markexpr": "slow"}, False),
            ({"keyword": "x"}, False),
            ({"lf": True}, False),
            ({"ignore": ["tests/web"]}, False),
            ({"deselect": ["tests/web"]}, False),
            ({"maxfail": 1}, False),
            ({"shouldstop": "it took too long"}, False),
            ({"exitstatus": pytest.ExitCode.INTERRUPTED}, False),
        ],
        ids=str,
    )
    def test_whole(self, changed: dict[str, Any], whole: bool) -> None:
        given = AS_MAKE_TEST | changed
        session: Any = SimpleNamespace(**given, config=SimpleNamespace(**given, option=SimpleNamespace(**given)))
        assert plugin.is_whole(session) is whole
