"""Whatever cites the facts cites a place that is there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.citations import Sheet, complaints, sheet

ROOT = Path(__file__).parents[2]
FACTS = ROOT / "docs" / "facts"
ROOMS = ("bot", "commands", "docs", "migrations", "sandbox", "tests", "tools")
PLACES = (*ROOMS, "README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")
KINDS = {".py", ".md", ".js", ".mjs", ".css", ".html", ".txt"}
"""What people write in; what a tool writes cites nothing."""

SHEET = """# Facts
## 2. Tokens
Five minutes.
* **Refresh tokens** are single use.
### 2.1 Routes
TTLs (seconds): 60.
### 2.1b More routes
## 4 Ways in
4.1 The web client.
 4.2 By REST, 4.9 of all.
5.1 is another section's.
## 8. Traps
1. First.
12. Twelfth.
"""
ONE = {"a.md": sheet(SHEET)}
TWO = {"a.md": sheet(SHEET), "b.md": sheet("## 9. Nine\n")}


def files() -> Iterator[Path]:
    """Everything of the project that people wrote, but what is wrong on purpose here."""
    for place in PLACES:
        found = sorted((ROOT / place).rglob("*")) if (ROOT / place).is_dir() else [ROOT / place]
        for path in found:
            if path.suffix in KINDS and "node_modules" not in path.parts and path != Path(__file__):
                yield path


def wrong(text: str, sheets: dict[str, Sheet] = ONE, own: str | None = None) -> list[tuple[int, str]]:
    return [(found.line, found.why) for found in complaints(text, sheets, own, {"sign-ins.json"})]


def test_every_citation_of_the_project_leads_somewhere() -> None:
    sheets = {path.name: sheet(path.read_text()) for path in FACTS.glob("*.md")}
    others = {path.name for path in FACTS.iterdir()} - sheets.keys()
    found = [
        f"{path.relative_to(ROOT)}:{complaint.line}: {complaint.why}"
        for path in files()
        for complaint in complaints(path.read_text(), sheets, path.name if path.parent == FACTS else None, others)
    ]
    assert not found, "\n".join(found)


def test_the_project_has_citations_of_every_kind_of_file() -> None:
    """Else the test above would pass for want of files."""
    citing = {path.suffix for path in files() if "facts/rocketchat.md §" in path.read_text()}
    assert {".py", ".md", ".js", ".mjs"} <= citing


def test_sections_are_numbered_headings_and_numbered_paragraphs() -> None:
    assert list(ONE["a.md"].sections) == ["2", "2.1", "2.1b", "4", "4.1", "4.2", "8"]


def test_a_section_goes_as_far_as_its_parts() -> None:
    assert ONE["a.md"].sections["2"].endswith("### 2.1b More routes")
    assert ONE["a.md"].sections["2.1"] == "### 2.1 Routes\nTTLs (seconds): 60."


def test_two_sections_of_one_number_are_refused() -> None:
    with pytest.raises(ValueError, match="§1"):
        sheet("## 1. One\n## 1. Again\n")


@pytest.mark.parametrize(
    "text",
    [
        "facts/a.md §2, §2.1 and §2.1b",
        "facts/a.md §2–4.2",
        "facts/a.md §2 to §4",
        "facts/a.md §4.1, §8 no. 12",
        "facts/a.md §8, step 1",
        'facts/a.md §2 "Refresh tokens" and "TTLs", §4.',
        'facts/a.md §2, "Refresh\n    # tokens"',
        '"""facts/a.md §2."""\n\nx = 1  # §4.1',
        "§4.1 and §4.2 of facts/a.md",
        "facts/a.md §4, end; and facts/sign-ins.json",
        "RFC 7636 §99.1 and §98.2; RFC 9207 §97, of nobody's facts",
        "OpenID Connect Core §33.2.11",
        "RFC 9126 section 2.2; a section of its own; three sections",
        "facts/a.md §2-fold; it says no 12 times, facts/a.md §2",
    ],
)
def test_a_right_one_is_let_through(text: str) -> None:
    assert wrong(text) == []


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        ("x\nfacts/a.md §3", 2, "facts/a.md has no §3"),
        ("facts/a.md §2,\n§2.3", 2, "facts/a.md has no §2.3"),
        ("facts/a.md §2.1c", 1, "facts/a.md has no §2.1c"),
        ("facts/a.md §2–5", 1, "facts/a.md has no §5"),
        ("facts/a.md §5.1", 1, "facts/a.md has no §5.1"),
        ("facts/a.md §8 no. 2", 1, "facts/a.md §8 has no item 2"),
        ("facts/a.md §8.12", 1, "facts/a.md has no §8.12"),
        ("facts/a.md §2, step 1", 1, "facts/a.md §2 has no item 1"),
        ('facts/a.md §2 "Refresh tokens" and "Lives"', 1, 'facts/a.md §2 has no line that begins with "Lives"'),
        ('facts/a.md §2.1 "Refresh\ntokens"', 1, 'facts/a.md §2.1 has no line that begins with "Refresh tokens"'),
        ("facts/a.md §2 Claims", 1, "§2 Claims: the beginning of a line is cited in quotation marks"),
        ("facts/c.md §2", 1, "there is no facts/c.md"),
        ("x\nfacts/nonsense.json", 2, "there is no facts/nonsense.json"),
        ("facts/a.md § 99", 1, "§ 99: write it as in §2.5"),
        ("facts/a.md §2-4.2", 1, "§2-4.2: write it as in §2.4–2.6"),
        ("facts/a.md §8 no 99", 1, "§8 no 99: write it as in §8 no. 13"),
        ("facts/a.md §8, no 12", 1, "§8, no 12: write it as in §8 no. 13"),
        ("facts/a.md,\nsection 99", 2, "section 99: write it as in §2.5"),
        ("nobody's §2", 1, "§2 of which file?"),
        ("RFC 7636 §4.1; §2", 1, "§2 of which file?"),
        ('"""facts/a.md §2."""\n\nx = 1  # §3', 3, "facts/a.md has no §3"),
    ],
)
def test_a_wrong_one_is_named_with_its_line(text: str, line: int, why: str) -> None:
    assert wrong(text) == [(line, why)]


def test_where_two_files_are_named_a_number_belongs_to_the_one_before_it() -> None:
    assert wrong("facts/a.md §2, facts/b.md §9 and\n§2", TWO) == [(2, "facts/b.md has no §2")]


@pytest.mark.parametrize("apart", ["\n\n", '"""\n', '", "x",\n'])
def test_where_two_files_are_named_a_number_far_away_belongs_to_neither(apart: str) -> None:
    assert wrong(f"facts/a.md §2, facts/b.md §9{apart}§9", TWO) == [(2 + (apart == "\n\n"), "§9 of which file?")]


def test_a_file_of_facts_cites_itself() -> None:
    assert wrong("see §2.1 and §2.2", own="a.md") == [(1, "facts/a.md has no §2.2")]


def test_the_files_of_facts_cite_each_other_by_their_stem() -> None:
    sheets = {"rocketchat.md": sheet("## 1. One\n"), "encvoy-id.md": sheet("## 6. Six\n")}
    assert wrong("§1, encvoy-id §7", sheets, own="rocketchat.md") == [(1, "facts/encvoy-id.md has no §7")]
