"""The demo's transcript, as the README shows it: a real run, with everything that differs from run to run made even."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from itertools import count

CLIENT_ID = "cvkMymB3jni2ZW8EKfrhHg"
"""In place of the id that Encvoy ID gives an application."""
FIRST_PORT = 3000
WITHIN = 90.0

_PORT = re.compile(r"127\.0\.0\.1:(\d+)")
_CLIENT_ID = re.compile(r"(?<=`)[A-Za-z0-9]{22}(?=`)")
_FINGERPRINT = re.compile(r"(?<=secret )[0-9a-f]{4}\b|(?<=fingerprint )[0-9a-f]{4}\b")
_TOOK = re.compile(r"(?<=   )(\d+\.\d) s$", re.MULTILINE)
_GAP = re.compile(r"\d+ ms at most")
_WHOLE = re.compile(r"(?<=answer\. )\d+ s\.")


class DemoBroken(Exception):
    """The demo did not play to its end."""


def transcript() -> str:
    """Plays the demo; DemoBroken with what it said if it fails."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-m", "bot", "demo"],
            cwd=folder, capture_output=True, text=True, timeout=WITHIN, check=False,
        )  # fmt: skip
    if done.returncode != 0:
        raise DemoBroken(done.stderr.strip())
    return even(done.stdout)


def even(text: str) -> str:
    """The same text whichever run it is of: ports, ids and fingerprints by the order in which they come, times by what
    they are usually."""
    ports, fingerprints = count(FIRST_PORT), count(0x9C1F, 0x1B37)
    text = _by_order(_PORT, text, lambda: f"127.0.0.1:{next(ports)}")
    text = _by_order(_FINGERPRINT, text, lambda: f"{next(fingerprints) & 0xFFFF:04x}")
    text = _CLIENT_ID.sub(CLIENT_ID, text)
    text = _TOOK.sub(lambda took: "2.1 s" if float(took[1]) > 1 else "0.1 s", text)
    text = _GAP.sub("4 ms at most", text)
    text = _WHOLE.sub("9 s.", text)
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


def _by_order(pattern: re.Pattern[str], text: str, fresh: Callable[[], str]) -> str:
    names: dict[str, str] = {}

    def name(match: re.Match[str]) -> str:
        if match[0] not in names:
            names[match[0]] = fresh()
        return names[match[0]]

    return pattern.sub(name, text)
