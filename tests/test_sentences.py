"""What sentences never say: who is to blame, because nobody saw it, and words that people have to translate first."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot import app
from bot.errors import SsobotError

ROOT = Path(app.__file__).parent.parent
BLAME = re.compile(r"\b(somebody|someone)\b|\bby hand\b|\bby (me|others)\b", re.IGNORECASE)
NO_CAUSE = re.compile(
    r"Give somebody |Ask someone |type it by hand"  # whoever reads it is told what to do
    r"|may mean that somebody|cannot tell whether it means that somebody"  # said to be a doubt
    r"|who somebody is|arrives as somebody else|that somebody made visible|belongs to somebody else"  # anybody at all
)

OLD = {
    r"\bmend(s|ed|ing)?\b": "`Fix:` stands before what to do",
    r"not its own answer|\bas itself\b": "a system “sent an unexpected response”",
    r"\bas desired\b": "both systems are “in sync”, or not",
    r"\bproved:|\bnot proved from\b|reads? back equal": "what was checked is “Verified:”",
    r"\bof before\b": "it is “the previous” one",
    r"\bputs? (it|them|mine|the rest) right\b|\bput right\b": "a command “fixes” it",
    r"\bin circles\b": "it is “stuck in a redirect loop”",
    r"\bwhoever\b|\bwherever\b|\bto who\b|\bmeanwhile\b": "“anyone who”, “where”",
    r"\bnot made for\b": "“an unexpected error occurred”",
    r"\bI was away\b": "the bot was “offline”",
    r"\b(stored|live|wanted) (on|off)\b": "it “should be on; saved: on, active: on”",
    r"\bset up to its end\b": "it is “not fully set up”",
    r"\bcomes? first$": "say what to do: “fix … first”",
    r"\basked too often\b": "“too many requests”",
    r"has signed its": "a certificate “is not signed by a trusted authority”",
    r"\b(does|did)n.t understand .* after\b": "a command “takes no argument …”",
    r"\bsecret\b.* is refused, and so is\b|\bonly told to\b": "say what is revealed to which client",
}
"""What was said once -> what is said now."""


def sentences(root: Path, *rooms: str) -> Iterator[str]:
    """Every text that is no docstring; the parts of one that is put together from several are joined by `…`."""
    for path in sorted(path for room in rooms for path in (root / room).rglob("*.py")):
        yield from _texts(ast.parse(path.read_text(encoding="utf-8")))


def _texts(node: ast.AST) -> Iterator[str]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
            continue  # a docstring, or what stands in the place of one below a name
        if isinstance(child, ast.JoinedStr):
            yield "".join(p.value if isinstance(p, ast.Constant) else "…" for p in child.values)  # type: ignore[misc]
        elif isinstance(child, ast.Constant) and isinstance(child.value, str):
            yield child.value
        yield from _texts(child)


def errors(kind: type[SsobotError] = SsobotError) -> Iterator[str]:
    """Their docstrings are their texts where nothing else is said."""
    for one in kind.__subclasses__():
        yield (inspect.getdoc(one) or "").split("\n\n")[0]
        yield from errors(one)


def blaming(texts: Iterator[str]) -> list[str]:
    return [text for text in texts if BLAME.search(NO_CAUSE.sub("", text))]


def test_no_sentence_blames_anybody_unseen() -> None:
    assert blaming(sentences(ROOT, "bot", "commands")) == []
    assert blaming(errors()) == []


@pytest.mark.parametrize(
    "code",
    [
        'x = UserError("Not done.", why="Somebody changed it.")',
        'x = f"{one} was put back by hand."',
        'x = one + " not by me."',
        'x = f"Give somebody {role}, which someone took away."',
    ],
)
def test_a_sentence_that_blames_somebody_is_found(tmp_path: Path, code: str) -> None:
    (tmp_path / "bot").mkdir()
    (tmp_path / "bot" / "new.py").write_text(f'"""What somebody may read."""\n{code}\n"""By hand."""\n')
    assert len(blaming(sentences(tmp_path, "bot"))) >= 1


def help_texts() -> Iterator[str]:
    """The docstrings of the command line are its help."""
    for name in ("__main__.py", "keys.py"):
        for node in ast.walk(ast.parse((ROOT / "bot" / name).read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.decorator_list:
                yield ast.get_docstring(node) or ""


def outdated(texts: Iterator[str]) -> list[str]:
    return [f"{text!r}: {now}" for text in texts for old, now in OLD.items() if re.search(old, text, re.IGNORECASE)]


def test_no_text_says_it_in_the_old_words() -> None:
    assert outdated(sentences(ROOT, "bot", "commands")) == []
    assert outdated(errors()) == []
    assert outdated(help_texts()) == []
    assert outdated(iter((ROOT / "README.md").read_text(encoding="utf-8").splitlines())) == []


@pytest.mark.parametrize("old", ["Mend: type it again.", "✓ Both systems are as desired.", "stored on, live off"])
def test_old_words_are_found(old: str) -> None:
    assert len(outdated(iter([old, "Fix: type it again."]))) >= 1
