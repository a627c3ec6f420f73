"""docs/answers: every answer of the bot, a file for each command, as the tests in tests/answers have heard them.

python -m tools.answers renew            runs those tests and writes the folder anew (minutes)
python -m tools.answers renew HEARD      puts in what some of them have heard: the file that SSOBOT_TEST_ANSWERS named

A test belongs to one case. It compares what it hears with what the folder shows for that case, so the folder is right
as long as the tests pass.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from bot.chatops.answer import is_over
from bot.doctor.verdict import Verdict

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "docs" / "answers"
INDEX = "README.md"
TESTS = "tests/answers"
HEARD = "SSOBOT_TEST_ANSWERS"
"""Names the file to which the tests write what they hear, a JSON object a line, instead of comparing it."""
OWN_CODE = {"PYTHONPATH": str(ROOT)}
"""So that programs which tests start run this tree's code, whichever tree is installed."""
TERMINAL = "On the terminal"
WHATEVER = "Whatever the command"
UNASKED = "Unasked"
COMMANDS = (
    "setup",
    "repair",
    "adopt",
    "status",
    "people",
    "test",
    "rotate",
    "history",
    "schedule",
    "ack",
    "mute",
    "enable",
    "disable",
    "rename",
    "remove",
    "slash",
    "help",
)
GROUPS = (WHATEVER, *COMMANDS, UNASKED, TERMINAL)
"""In the order of the index."""
FILES = {WHATEVER: "any-command", UNASKED: "unasked", TERMINAL: "terminal"}
"""Of the groups that are no command; a command's file has its name."""
INTRODUCTION = """# What ssobot answers

Every answer that the bot can give, whole, by command and by what has happened. Each is the text of a test in
`tests/answers`, heard from the running bot; addresses, ids, fingerprints and times are examples. Where a heading has
several messages, a blank line is between them; one that says how long it took was the progress, and the result follows.
What no test can make it say stands in `tests/answers/unheard.txt`.
`.venv/bin/python -m tools.answers renew` writes this folder.
"""
BY_EYE = """## By what you see

`/sso test` finds the cause of what is wrong with signing in, and its answer names the fix.
"""
SEEN: Mapping[str, tuple[tuple[str, str], ...]] = {
    "The bot does not answer in the room": (
        (UNASKED, "Slash commands are off"),
        (UNASKED, "The admin room was encrypted while the bot runs"),
        (UNASKED, "A command was typed while the bot was away"),
        (TERMINAL, "There is no such admin room"),
    ),
    "The bot does not start": (
        (TERMINAL, "A variable is missing"),
        (TERMINAL, "The token of Rocket.Chat is wrong"),
        (TERMINAL, "`ssobot run`: Rocket.Chat is not there"),
        (TERMINAL, "The database cannot be created"),
    ),
    "The button is not on the login page": (
        ("test", "The service was switched off in Rocket.Chat"),
        ("test", "The login page does not show the button, though the service is on"),
        ("test", "The service was removed from Rocket.Chat"),
        ("test", "The licence ran out"),
    ),
    "Encvoy ID shows an error (`invalid_client`, `invalid_redirect_uri`)": (
        ("test", "The callback address is not registered at Encvoy ID"),
        ("test", "The application was deleted at Encvoy ID"),
        ("test", "Rocket.Chat's Site URL was changed"),
    ),
    "People come back from Encvoy ID and are not signed in": (
        ("test", "The client secret was changed in Rocket.Chat"),
        ("test", "The client secret was changed at Encvoy ID"),
        ("test", "Rocket.Chat uses an outdated client secret"),
        ("test", "Rocket.Chat's own server does not find Encvoy ID"),
        ("test", "Something else answers at the callback address"),
        ("people", "There is a connection"),
    ),
    "Something was changed, and nobody remembers by whom": (
        ("history", "Setup, a rotation and a failure are listed"),
        ("history", "A rotation in full"),
    ),
    "Encvoy ID lets only some people in": (
        ("test", "Encvoy ID excludes people, and the application has another callback address"),
    ),
}
"""What people see before they have read anything, and the answers that explain it, by group and title."""
BY_SYMPTOM = """## By what you read

The sentence that tells what became of what you typed, without the sign in front of it, and where it is explained.
"""
SECTIONS = {
    "✗ Not done: ": "Not done",
    "✗ Not finished: ": "Not finished",
    "✗ Result unknown: ": "Result unknown",
    "✗ failed: ": "A check failed",
    "✗ ": "Something is wrong",
    "– not checked: ": "A check could not be made",
    "• ": "To note",
    "": "Everything else",
}
"""Of the index, in order: how the line begins, and what such lines are called. The first that fits."""
_LOGGED = '{"reason": "'
_ROUTE = re.compile(r": (GET|POST|PUT|DELETE|websocket) \S+( \([^()]*\))?\.$")
"""What was asked, which is another thing from command to command, and with which code it was refused."""
_CASE = re.compile(r"^## ([^\n]+)\n\n(?:(`[^\n]+`)\n\n)?```text\n(.*?)\n```$", re.MULTILINE | re.DOTALL)


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
    """Where a case has several messages, a blank line is between them."""

    @property
    def address(self) -> str:
        """Of its heading, from within the folder."""
        return f"{file_of(self.group)}#{anchor(self.title)}"


class NotHeard(Exception):
    """The tests did not come to their end."""


def file_of(group: str) -> str:
    """The name of the file in which this group's answers are."""
    return f"{FILES.get(group, group)}.md"


def anchor(heading: str) -> str:
    """By which a heading is linked, as GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def symptoms(text: str) -> list[tuple[str, str]]:
    """For each message in it that is no progress: the section of the index, and the first sentence of what tells
    most."""
    messages = [message.splitlines() for message in text.split("\n\n")]
    return [_symptom(lines) for lines in messages if not is_over("\n".join(lines))]


def _symptom(lines: list[str]) -> tuple[str, str]:
    line = next(_telling(lines))
    beginning = next(beginning for beginning in SECTIONS if line.startswith(beginning))
    rest = line.removeprefix(beginning).removeprefix("✓ ").removeprefix(_LOGGED)
    sentence = re.split(r"(?<=[.!?]) (?=[^a-z])", rest)[0]
    return SECTIONS[beginning], _ROUTE.sub(".", sentence)


def _telling(lines: list[str]) -> Iterator[str]:
    """The lines of an answer, those first that tell most: what is wrong, what is unknown, the verdict, which is a
    sentence; where it is only that no check failed, a note."""
    yield from (line for line in lines if line.startswith("✗ failed: "))
    yield from (line for line in lines if line.startswith("✗ "))
    yield from (line for line in lines if line.startswith("– "))
    if lines[0].startswith("✓ ") and lines[0].endswith(".") and lines[0] != Verdict(()).headline():
        yield lines[0]
    yield from (line for line in lines if not line.startswith(("✓ ", "• ", "    ", "Next: ")))
    yield from (line for line in lines if line.startswith("• "))
    yield from reversed([line for line in lines if line.startswith("✓ ")])
    yield from lines


def render(cases: Iterable[Case]) -> dict[str, str]:
    """The files of the folder, by name."""
    known = sorted(cases, key=lambda case: GROUPS.index(case.group))
    files = {INDEX: _index(known)}
    for group in GROUPS:
        if own := [case for case in known if case.group == group]:
            head = f"# {_heading(group)}\n\n[All answers]({INDEX})\n"
            files[file_of(group)] = "\n".join([head, *(_rendered(case) for case in own)])
    return files


def _index(cases: list[Case]) -> str:
    counts = {group: sum(case.group == group for case in cases) for group in GROUPS}
    files = [f"- [{_heading(group)}]({file_of(group)}): {count}" for group, count in counts.items() if count]
    by_key = {(case.group, case.title): case for case in cases}
    seen = [_entry(what, [_link(by_key[key]) for key in keys if key in by_key]) for what, keys in SEEN.items()]
    parts = [INTRODUCTION, *files, "", BY_EYE, *seen, "", BY_SYMPTOM]
    where: dict[str, dict[str, list[str]]] = {section: {} for section in SECTIONS.values()}
    for case in cases:
        for section, sentence in symptoms(case.text):
            links = where[section].setdefault(sentence, [])
            if (link := _link(case)) not in links:
                links.append(link)
    for section, sentences in where.items():
        if sentences:
            parts += [f"### {section}", ""]
            parts += [_entry(sentence, sentences[sentence]) for sentence in sorted(sentences, key=_as_sorted)]
            parts.append("")
    return "\n".join(parts)


def _link(case: Case) -> str:
    return f"[{_heading(case.group)}: {case.title}]({case.address})"


def _entry(sentence: str, links: list[str]) -> str:
    if len(links) == 1:
        return f"- {sentence}\\\n  → {links[0]}"
    return "\n".join([f"- {sentence}", *(f"  - {link}" for link in links)])


def _as_sorted(sentence: str) -> str:
    return re.sub(r"\W", "", sentence).lower()


def _heading(group: str) -> str:
    return group if group[0].isupper() else f"`{group}`"


def _rendered(case: Case) -> str:
    typed = f"`` {case.typed} ``\n\n" if "`" in case.typed else f"`{case.typed}`\n\n" if case.typed else ""
    return f"## {case.title}\n\n{typed}```text\n{case.text}\n```\n"


def read(files: Mapping[str, str]) -> dict[tuple[str, str], Case]:
    """What these files show, by group and title."""
    found: dict[tuple[str, str], Case] = {}
    for group in GROUPS:
        for match in _CASE.finditer(files.get(file_of(group), "")):
            title, typed, text = match[1], (match[2] or "").strip("`").strip(), match[3]
            found[group, title] = Case(group, title, typed, text)
    return found


def shown() -> dict[str, str]:
    """The files of the folder as they are, by name."""
    return {path.name: path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.md"))}


def heard() -> list[Case]:
    """Runs the tests; NotHeard with what pytest said if one fails."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "heard"
        words = ("-p", "no:cacheprovider", "-n", "2", "-m", "", "--deselect", f"{TESTS}/test_document.py", TESTS)
        done = subprocess.run(  # noqa: S603 - our own words
            [sys.executable, "-m", "pytest", *words],
            cwd=ROOT, env={**os.environ, HEARD: str(file), **OWN_CODE}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode != 0:
            raise NotHeard(done.stdout[-4000:])
        return written(file)


def written(file: Path) -> list[Case]:
    """What tests wrote to the file of `HEARD`."""
    return [Case(**json.loads(line)) for line in file.read_text(encoding="utf-8").splitlines()]


def line(case: Case) -> str:
    """For the file of `HEARD`."""
    return json.dumps(asdict(case)) + "\n"


def declared() -> list[tuple[str, str]]:
    """Group and title of each case, in the order of the tests, which are asked as a program of their own."""
    words = [sys.executable, "-m", "tests.answers.declared"]
    told = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True).stdout  # noqa: S603 - our own words
    return [(group, title) for group, title in json.loads(told)]


def renew(new: Iterable[Case], order: Iterable[tuple[str, str]]) -> None:
    """Writes the folder: these cases over those that it shows, each of `order` once, and no other."""
    known = read(shown()) | {(case.group, case.title): case for case in new}
    files = render([known[key] for key in order if key in known])
    FOLDER.mkdir(exist_ok=True)
    for name in shown().keys() - files.keys():
        (FOLDER / name).unlink()
    for name, text in files.items():
        (FOLDER / name).write_text(text, encoding="utf-8")


@click.group()
def main() -> None:
    """The answers that docs/answers shows."""


@main.command("renew")
@click.argument("file", metavar="[HEARD]", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
def renew_command(file: Path | None) -> None:
    """Write them anew, as all tests hear them, or as some have."""
    try:
        renew(written(file) if file else heard(), declared())
    except NotHeard as failed:
        raise click.ClickException(f"The tests failed:\n{failed}") from None


if __name__ == "__main__":
    main()
