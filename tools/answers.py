"""docs/answers.md: every answer of the bot, grouped by command, as the tests in tests/answers have heard them.

A test belongs to one case. It compares what it hears with what the document shows for that case, so the document is
right as long as the tests pass; `make docs` runs them to write it anew.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
DOCUMENT = ROOT / "docs" / "answers.md"
TESTS = "tests/answers"
HEARD = "SSOBOT_TEST_ANSWERS"
"""Names the file to which the tests write what they hear, a JSON object a line, instead of comparing it."""
TERMINAL = "On the terminal"
WHATEVER = "Whatever the command"
UNASKED = "Unasked"
GROUPS = (WHATEVER, "setup", "status", "test", "rotate", "enable", "disable", "slash", "help", UNASKED, TERMINAL)
"""In the order of the document."""
INTRODUCTION = """# What ssobot answers

Every answer that the bot can give, by command and by what has happened. Each is the text of a test in `tests/answers`,
heard from the running bot; addresses, ids, fingerprints and times are examples. What no test can make it say stands in
`tests/answers/unheard.txt`. `make docs` writes this file.
"""
_CASE = re.compile(r"^### ([^\n]+)\n\n(?:(`[^\n]+`)\n\n)?```text\n(.*?)\n```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Case:
    """One answer."""

    group: str
    """A command, or another of `GROUPS`."""
    title: str
    """What has happened."""
    typed: str
    """What was typed before; empty if nothing was."""
    text: str


class NotHeard(Exception):
    """The tests did not come to their end."""


def render(cases: Iterable[Case]) -> str:
    """The document."""
    known = list(cases)
    parts = [INTRODUCTION]
    for group in GROUPS:
        own = [case for case in known if case.group == group]
        if own:
            parts.append(f"## {group if ' ' in group or group[0].isupper() else f'`{group}`'}\n")
            parts += [_rendered(case) for case in own]
    return "\n".join(parts)


def read(document: str) -> dict[tuple[str, str], Case]:
    """What the document shows, by group and title."""
    found: dict[tuple[str, str], Case] = {}
    for section in document.split("\n## ")[1:]:
        heading, _, body = section.partition("\n")
        group = heading.strip("`")
        for match in _CASE.finditer(body):
            title, typed, text = match[1], (match[2] or "").strip("`").strip(), match[3]
            found[group, title] = Case(group, title, typed, text)
    return found


def heard() -> list[Case]:
    """Runs the tests; NotHeard with what pytest said if one fails."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "heard"
        words = ("-p", "no:cacheprovider", "-p", "no:xdist", "-m", "", "--deselect", f"{TESTS}/test_document.py", TESTS)
        done = subprocess.run(  # noqa: S603 - our own words
            [sys.executable, "-m", "pytest", *words],
            cwd=ROOT, env={**os.environ, HEARD: str(file)}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode != 0:
            raise NotHeard(done.stdout[-4000:])
        return [Case(**json.loads(line)) for line in file.read_text().splitlines()]


def line(case: Case) -> str:
    """For the file of `HEARD`."""
    return json.dumps(asdict(case)) + "\n"


def _rendered(case: Case) -> str:
    typed = f"`` {case.typed} ``\n\n" if "`" in case.typed else f"`{case.typed}`\n\n" if case.typed else ""
    return f"### {case.title}\n\n{typed}```text\n{case.text}\n```\n"
