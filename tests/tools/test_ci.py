"""`.ci/run` with commands that do nothing: it ends as `make test` does, or says that it took too long."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tools.docs import ROOT


def run(folder: Path, make: str, limit: str = "1m") -> subprocess.CompletedProcess[str]:
    """Runs a copy of it, with `make` being this line of shell."""
    (folder / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "run", folder / ".ci" / "run")
    commands = folder / "bin"
    commands.mkdir()
    for name, line in {
        "make": make,
        **dict.fromkeys(("python3", "node", "npm", "chromium", "pgbouncer"), "true"),
    }.items():
        (commands / name).write_text(f"#!/bin/sh\n{line}\n")
        (commands / name).chmod(0o755)
    env = {"PATH": f"{commands}:{os.environ['PATH']}", "CI_LIMIT": limit}
    return subprocess.run(
        [folder / ".ci" / "run"], env=env, capture_output=True, text=True, check=False, timeout=30
    )  # fmt: skip


@pytest.mark.parametrize("status", [0, 2])
def test_it_ends_as_the_tests_do(tmp_path: Path, status: int) -> None:
    done = run(tmp_path, f'[ "$*" = test ] && [ "$SSOBOT_TEST_REQUIRE" = all ] && exit {status}; exit 9')
    assert (done.returncode, done.stderr) == (status, "")


def test_what_hangs_ends_with_a_message(tmp_path: Path) -> None:
    done = run(tmp_path, "sleep 20; echo too late", limit="0.5s")
    assert done.returncode == 124
    assert done.stderr == "It did not end within 0.5s: something hangs, or this machine is too slow.\n"
    assert "too late" not in done.stdout
