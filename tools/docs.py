"""Writes what is generated in README.md, docs/architecture.md and docs/rotation.md, each section between two markers,
and docs/answers.

python -m tools.docs            writes it anew
python -m tools.docs --check    exit status 1 and the names of the sections that differ; answers differ in their tests
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import cast

import click

from bot.chatops.registry import Registry
from bot.config import VARIABLES, Variable
from bot.doctor.checks import CatalogueEntry
from bot.doctor.verdict import CATALOGUES
from commands import register_all
from commands.context import CommandContext
from tools import answers
from tools import round_trips as trips
from tools.rotation_states import states
from tools.transcript import transcript

ROOT = Path(__file__).parent.parent
DOCUMENTS = (ROOT / "README.md", ROOT / "docs" / "architecture.md", ROOT / "docs" / "rotation.md")
ROOMS = ("bot", "commands", "migrations", "sandbox", "tools")
END = "<!-- end -->"
_BLOCK = re.compile(rf"(<!-- generated: (\w+) -->\n).*?({END})", re.DOTALL)

Section = Callable[[], str]
"""Makes the text of one section, without a newline at its end."""


def commands() -> str:
    """Every chat command. Declaring them needs no server, so there is none."""
    return register_all(Registry(), cast(CommandContext, None)).table().rstrip()


def variables() -> str:
    """Every variable, those that must be given first."""
    rows = ["| Variable | Default | What it is |", "|---|---|---|"]
    return "\n".join([*rows, *(_variable(variable) for variable in VARIABLES)])


def _variable(variable: Variable) -> str:
    default = f"`{variable.default}`" if variable.default else "**required**" if variable.required else "none"
    return f"| `{variable.name}` | {default} | {_cell(variable.meaning)} |"


def shown() -> str:
    """The demo's transcript."""
    return f"```\n{transcript()}\n```"


def checks() -> str:
    """The catalogue of the doctor, in the order in which it is read."""
    entries = [entry for catalogue in CATALOGUES for entry in catalogue.entries]
    rows = ["| Check | What holds when it passes | Source |", "|---|---|---|"]
    return "\n".join([*rows, *(_check(entry) for entry in entries)])


def _check(entry: CatalogueEntry) -> str:
    return f"| {_cell(entry.name)} | {_cell(_first_line(entry.check.__doc__))} | {_cell(entry.source)} |"


def round_trips() -> str:
    """What each command costs at most, in requests."""
    return trips.table(trips.BOUNDS)


def rooms() -> str:
    """Every folder and every module, by the first sentence of its docstring."""
    lines: list[str] = []
    for top in ROOMS:
        folders = [ROOT / top, *sorted(path for path in (ROOT / top).rglob("*") if path.is_dir())]
        for folder in folders:
            lines += _room(folder)
    return "\n".join(lines)


def _room(folder: Path) -> list[str]:
    modules = sorted(path for path in folder.glob("*.py") if path.name != "__init__.py")
    if not modules:
        return []
    own = folder / "__init__.py"
    said = _said(own) if own.exists() else ""
    head = f"\n**`{folder.relative_to(ROOT)}/`**" + (f": {said}" if said else "")
    rows = [f"- `{path.name}`: {said}" for path in modules if (said := _said(path))]
    return [head, "", *rows]


def _said(path: Path) -> str:
    return _first_line(ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))))


def _first_line(docstring: str | None) -> str:
    """The first paragraph's first sentence, which may run over lines."""
    paragraph = " ".join((docstring or "").strip().split("\n\n")[0].split())
    return re.split(r"(?<=[.!?]) (?=[A-Z])", paragraph)[0]


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


SECTIONS: Mapping[str, Section] = {
    "commands": commands,
    "variables": variables,
    "transcript": shown,
    "checks": checks,
    "round_trips": round_trips,
    "rotation_states": states,
    "rooms": rooms,
}


def sections(text: str) -> dict[str, str]:
    """What stands between the markers now, by name."""
    return {block[2]: block[0][len(block[1]) : -len(block[3])].strip() for block in _BLOCK.finditer(text)}


def renewed(text: str, made: Mapping[str, str]) -> str:
    """The document with these sections in place of what stood there; a section that was not made stays as it is.

    ValueError for a section that holds a marker itself: it would be cut short the next time.
    """
    if held := [name for name, section in made.items() if END in section]:
        raise ValueError(f"a marker stands in {', '.join(held)}")

    def fill(block: re.Match[str]) -> str:
        return f"{block[1]}\n{made[block[2]].strip()}\n\n{block[3]}" if block[2] in made else block[0]

    return _BLOCK.sub(fill, text)


def make(names: set[str]) -> dict[str, str]:
    """These sections, made anew."""
    return {name: SECTIONS[name]() for name in sorted(names)}


def differing(without: frozenset[str] = frozenset()) -> list[str]:
    """Names of sections that are not what would be made now, of markers that nobody fills, and of sections without a
    marker. `without` leaves some out: the transcript takes a run of the demo."""
    there: dict[str, str] = {}
    for document in DOCUMENTS:
        there |= sections(document.read_text(encoding="utf-8"))
    wrong = set(there) ^ set(SECTIONS)
    for name, text in make(set(SECTIONS) - wrong - without).items():
        if there[name] != text.strip():
            wrong.add(name)
    return sorted(wrong - without)


@click.command()
@click.option("--check", is_flag=True, help="Write nothing, only compare.")
def main(check: bool) -> None:
    """Generate the tables and the transcript of the documents."""
    if check:
        wrong = differing()
        for name in wrong:
            click.echo(f"`{name}` is not up to date: run `make docs`.", err=True)
        sys.exit(1 if wrong else 0)
    made = make(set(SECTIONS))
    for document in DOCUMENTS:
        before = document.read_text(encoding="utf-8")
        after = renewed(before, made)
        if after != before:
            document.write_text(after, encoding="utf-8")
            click.echo(f"{document.relative_to(ROOT)} was written.")
    answers.renew(answers.heard(), answers.declared())


if __name__ == "__main__":
    main()
