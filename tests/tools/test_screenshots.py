"""The pictures of the README: there, small, and told to those who do not see them."""

from __future__ import annotations

import re

from tools import answers
from tools.docs import ROOT, sections
from tools.even import untimed
from tools.screenshots import FOLDER, LARGEST, SAID

SHOWN = re.findall(r"!\[([^\]]*)\]\((docs/images/[^)]+)\)", (ROOT / "README.md").read_text(encoding="utf-8"))


def test_the_readme_shows_every_picture_and_no_other() -> None:
    assert SHOWN
    assert sorted(path for _, path in SHOWN) == sorted(str(path.relative_to(ROOT)) for path in FOLDER.glob("*.png"))


def test_every_picture_is_told_in_words() -> None:
    assert [path for words, path in SHOWN if len(words.split()) < 8] == []


def test_every_picture_is_small() -> None:
    assert [path.name for path in FOLDER.glob("*.png") if path.stat().st_size > LARGEST] == []


def test_the_bot_still_says_what_the_pictures_show() -> None:
    """The transcript is that of a run (`tests/system/test_demo.py`), the answers those of `tests/answers`."""
    transcript = untimed(sections((ROOT / "README.md").read_text(encoding="utf-8"))["transcript"])
    texts = [transcript, *answers.shown().values()]
    texts += [text.replace("`!sso ", "`/sso ") for text in texts]
    played = {line.strip() for text in texts for line in text.splitlines()}
    lines = SAID.read_text(encoding="utf-8").splitlines()
    assert len(lines) > 20
    assert [line for line in lines if line.strip() not in played] == [], "run `make screenshots`"
