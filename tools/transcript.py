"""The demo's transcript, as the README shows it: a real run, with everything that differs from run to run made even."""

from __future__ import annotations

import subprocess
import sys
import tempfile

from tools.even import Implausible, even

WITHIN = 90.0


class DemoBroken(Exception):
    """The demo did not play to its end."""


def transcript() -> str:
    """Plays the demo; DemoBroken with what it said if it fails, or with the step that took a time not to be shown."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-m", "bot", "demo"],
            cwd=folder, capture_output=True, text=True, timeout=WITHIN, check=False,
        )  # fmt: skip
    if done.returncode != 0:
        raise DemoBroken(done.stderr.strip())
    try:
        return even(done.stdout)
    except Implausible as implausible:
        raise DemoBroken(str(implausible)) from None
