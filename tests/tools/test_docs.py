"""The documents say what the program says, and a document that does not is found."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.config import VARIABLES
from tools import docs

RUN = frozenset({"transcript"})
"""`tests/system/test_demo.py` compares it, which plays the demo anyway."""


def test_the_generated_parts_are_up_to_date() -> None:
    assert docs.differing(without=RUN) == [], "run `make docs`"


@pytest.fixture
def document(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A document in place of the real ones, with every marker and what belongs there."""
    path = tmp_path / "doc.md"
    made = docs.make(set(docs.SECTIONS) - RUN) | {"transcript": "played"}
    empty = "".join(f"# {name}\n\n<!-- generated: {name} -->\n<!-- end -->\n\n" for name in docs.SECTIONS)
    path.write_text(docs.renewed(empty, made))
    monkeypatch.setattr(docs, "DOCUMENTS", (path,))
    return path


def test_what_was_just_made_does_not_differ(document: Path) -> None:
    assert docs.differing(without=RUN) == []


@pytest.mark.parametrize(
    ("section", "word"),
    [
        ("commands", "`/sso rotate"),
        ("variables", "SSOBOT_CA_FILE"),
        ("checks", "Secret accepted"),
        ("round_trips", "| `rotate` |"),
        ("rooms", "plan.py"),
    ],
)
def test_one_changed_word_is_found_in_its_section_only(document: Path, section: str, word: str) -> None:
    text = document.read_text()
    assert word in docs.sections(text)[section]
    document.write_text(text.replace(word, "changed"))
    assert docs.differing(without=RUN) == [section]


def test_a_section_without_a_marker_is_found(document: Path) -> None:
    document.write_text(document.read_text().replace("generated: variables", "variables"))
    assert docs.differing(without=RUN) == ["variables"]


def test_a_marker_that_nobody_fills_is_found(document: Path) -> None:
    document.write_text(document.read_text() + "<!-- generated: poems -->\n<!-- end -->\n")
    assert docs.differing(without=RUN) == ["poems"]


def test_check_writes_nothing_names_what_differs_and_fails(document: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(docs, "transcript", lambda: "another play")
    before = document.read_text()
    done = CliRunner().invoke(docs.main, ["--check"])
    assert done.exit_code == 1
    assert done.output == "`transcript` is not up to date: run `make docs`.\n"
    assert document.read_text() == before


def test_what_stands_around_the_markers_is_left_alone() -> None:
    text = (
        "before\n<!-- generated: commands -->\nold\n<!-- end -->\nafter\n<!-- generated: poems -->\nx\n<!-- end -->\n"
    )
    assert docs.renewed(text, {"commands": "new"}) == text.replace("old", "\nnew\n")


def test_a_section_that_holds_a_marker_is_refused() -> None:
    with pytest.raises(ValueError, match="a marker stands in commands"):
        docs.renewed("", {"commands": f"x {docs.END} y"})


def test_every_command_and_every_variable_has_a_row() -> None:
    assert docs.commands().count("\n| `/sso ") == 17
    assert docs.variables().count("\n| `SSOBOT_") == len(VARIABLES)


def test_a_module_is_described_by_its_first_sentence() -> None:
    assert "- `plan.py`: `plan(desired, observed)`: the changes that make them equal, in order." in docs.rooms()
