"""The pictures of the README: there, small, and told to those who do not see them."""

from __future__ import annotations

import re

from tools.docs import ROOT
from tools.screenshots import FOLDER, LARGEST

SHOWN = re.findall(r"!\[([^\]]*)\]\((docs/images/[^)]+)\)", (ROOT / "README.md").read_text(encoding="utf-8"))


def test_the_readme_shows_every_picture_and_no_other() -> None:
    assert sorted(path for _, path in SHOWN) == sorted(str(path.relative_to(ROOT)) for path in FOLDER.iterdir())


def test_every_picture_is_told_in_words() -> None:
    assert [path for words, path in SHOWN if len(words.split()) < 8] == []


def test_every_picture_is_small() -> None:
    assert [path.name for path in FOLDER.iterdir() if path.stat().st_size > LARGEST] == []
