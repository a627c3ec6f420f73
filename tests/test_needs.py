"""What is left out where something is missing is said, or fails."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import needs


def run(folder: Path, *words: str, require: str = "") -> subprocess.CompletedProcess[str]:
    """A run of `tests/support/needing.py` on a machine whose every program is in `folder`."""
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-pno:cacheprovider", *words, "tests/support/needing.py"],
        env={"PATH": str(folder), needs.REQUIRE: require, "PYTHONPATH": os.environ.get("PYTHONPATH", "")},
        cwd=Path(__file__).parent.parent, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("words", [(), ("-n", "2")], ids=["alone", "in parallel"])
def test_the_last_line_says_in_capitals_what_was_skipped_and_why(tmp_path: Path, words: tuple[str, ...]) -> None:
    done = run(tmp_path, *words)
    assert done.returncode == 0
    assert "1 passed, 2 skipped" in done.stdout.splitlines()[-2]
    assert done.stdout.splitlines()[-1] == (
        "2 TESTS WERE SKIPPED: CHROMIUM IS NOT INSTALLED; NODE 20 OR NEWER IS NOT INSTALLED"
    )


@pytest.mark.parametrize("words", [(), ("-n", "2")], ids=["alone", "in parallel"])
def test_where_all_is_required_a_skip_is_a_failure(tmp_path: Path, words: tuple[str, ...]) -> None:
    done = run(tmp_path, *words, require="all")
    assert done.returncode == 1
    assert "SSOBOT_TEST_REQUIRE=all, but it was skipped: Chromium is not installed" in done.stdout
    assert "1 passed, 2 errors" in done.stdout.splitlines()[-1]


def test_a_node_that_is_too_old_is_named(tmp_path: Path) -> None:
    node = tmp_path / "node"
    node.write_text("#!/bin/sh\necho v18.20.4\n")
    node.chmod(node.stat().st_mode | stat.S_IXUSR)
    assert "NODE IS V18.20.4; IT TAKES 20 OR NEWER" in run(tmp_path).stdout.splitlines()[-1]


def test_nothing_is_said_where_nothing_was_skipped() -> None:
    assert needs.last_line([]) == ""
