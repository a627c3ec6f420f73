"""Rocket.Chat's own parser of messages as one script, in the place of `parser.js` of the sandbox's pages: what is drawn
of it is what people will see.
"""

from __future__ import annotations

import functools
import shutil
import subprocess
from pathlib import Path

PAGES = "**/sandbox/parser.js"
"""Where the pages load their own."""
_JUDGES = Path(__file__).parent.parent / "tests" / "judges"
_ESBUILD = _JUDGES / "node_modules" / ".bin" / "esbuild"


def missing() -> str:
    """Why there is none; empty if there is one."""
    if shutil.which("node") and _ESBUILD.exists():
        return ""
    return "Node or its packages are not installed; `make judges` installs the packages."


@functools.cache
def script() -> str:
    """Exports `parse(text)`."""
    words = (_ESBUILD, _JUDGES / "browser_parser.mjs", "--bundle", "--format=esm", "--platform=browser")
    return subprocess.run(words, check=True, capture_output=True, encoding="utf-8").stdout  # noqa: S603 - our own words
