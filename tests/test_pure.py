"""The rooms of `make quick` are there, and a test of theirs that leaves its process is found out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.support.pure import NotPure, Pure, listed

HERE = Path(__file__).parent
ROOMS, OTHERS = (HERE / "room",), (HERE / "room" / "test_other.py",)


def item(path: str, *needs: str) -> Any:
    """A test in that file."""
    return SimpleNamespace(path=HERE / path, iter_markers=lambda name: iter(needs if name == "needs" else ()))


@pytest.fixture
def pure() -> Pure:
    return Pure(ROOMS, OTHERS)


@pytest.fixture
def running(pure: Pure) -> Iterator[Pure]:
    """While a pure test runs."""
    hook = pure.pytest_runtest_protocol(item("room/test_x.py"))
    next(hook)
    yield pure
    hook.close()


@pytest.mark.parametrize("variable", ["QUICK", "NOT_QUICK"])
def test_what_the_makefile_lists_is_there(variable: str) -> None:
    assert [path for path in listed(variable) if not path.exists()] == []


def test_a_list_may_run_over_lines() -> None:
    assert {HERE / "connection", HERE / "test_values.py"} <= set(listed("QUICK"))


def test_what_is_pure(pure: Pure) -> None:
    assert pure.is_pure(item("room/test_x.py"))
    assert not pure.is_pure(item("room/test_x.py", "node"))
    assert not pure.is_pure(item("room/test_other.py"))
    assert not pure.is_pure(item("elsewhere/test_x.py"))


def test_a_pure_test_is_kept_in_its_process(running: Pure) -> None:
    running.on_audit("open", ())
    with pytest.raises(NotPure, match=r"socket\.connect"):
        running.on_audit("socket.connect", ())


def test_others_may_do_as_they_like(pure: Pure) -> None:
    pure.on_audit("socket.connect", ())
    assert pure.seen == []


def test_it_fails_even_where_the_refusal_was_made_light_of(running: Pure) -> None:
    with pytest.raises(NotPure):
        running.on_audit("subprocess.Popen", ())
    report: Any = SimpleNamespace(when="teardown", outcome="passed", longrepr=None)
    hook = running.pytest_runtest_makereport(item("room/test_x.py"))
    next(hook)
    with pytest.raises(StopIteration):
        hook.send(report)
    assert (report.outcome, report.longrepr) == (
        "failed",
        "A test of `make quick` left its process: subprocess.Popen",
    )


@pytest.mark.parametrize("last", [True, False])
def test_after_the_last_test_of_all_the_servers_of_others_may_be_stopped(running: Pure, last: bool) -> None:
    hook = running.pytest_runtest_teardown(None if last else item("room/test_y.py"))
    next(hook)
    if last:
        running.on_audit("subprocess.Popen", ())
    else:
        with pytest.raises(NotPure):
            running.on_audit("subprocess.Popen", ())
    hook.close()
