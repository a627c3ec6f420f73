"""What was typed, apart from quotations and code marks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chatops.typed import without_code_marks, without_quotation

LINK = "[ ](https://chat.example.org/group/sso-admins?msg=abcDEF123)"


@pytest.mark.parametrize(
    ("text", "typed"),
    [
        ("!sso setup", "!sso setup"),
        (f"{LINK}\n!sso setup", "!sso setup"),
        (f"{LINK} !sso setup", "!sso setup"),
        (f"  {LINK}\r\n!sso setup\n", "!sso setup"),
        (f"{LINK}\n{LINK}\n!sso setup", "!sso setup"),
        (f"{LINK} ", ""),
        (LINK.replace("?msg", "?jump=1&msg") + "\nx", "x"),
        ("[ ](https://chat.example.org/group/a) x", "[ ](https://chat.example.org/group/a) x"),
        ("[here](https://chat.example.org/?msg=1) x", "[here](https://chat.example.org/?msg=1) x"),
        (f"x {LINK}", f"x {LINK}"),
    ],
)
def test_a_quotation_is_taken_off(text: str, typed: str) -> None:
    assert without_quotation(text) == typed


@pytest.mark.parametrize(
    ("text", "typed"),
    [
        ("setup", "setup"),
        ("`setup`", "setup"),
        ("`` setup ``", "setup"),
        ("```setup```", "setup"),
        ("```\nsetup\n```", "setup"),
        ("```bash\nsetup --dry-run\n```", "setup --dry-run"),
        ("```setup --dry-run\n```", "setup --dry-run"),
        ("```\nsetup\nrotate\n```", "setup\nrotate"),
        ("`setup", "`setup"),
        ("```setup\n```", "setup"),
        ("``", "``"),
        ("", ""),
    ],
)
def test_code_marks_are_taken_off(text: str, typed: str) -> None:
    assert without_code_marks(text) == typed


@pytest.mark.parametrize("piece", ["[ ](?msg=a) ", "[ ](", "?msg=", "`", "[ ](?msg=a", " ", "\n```"])
def test_100_kb_are_read_in_one_pass(piece: str) -> None:
    """A second pass for each piece would take minutes."""
    text = f"[ ](x{piece * (100_000 // len(piece))}"
    assert len(without_code_marks(without_quotation(text))) <= len(text)
    assert len(without_quotation(piece * (100_000 // len(piece)))) <= 100_000


@given(st.text(st.characters() | st.sampled_from("[]()`?&msg= \n"), max_size=200))
def test_any_text_is_no_longer_than_before(text: str) -> None:
    assert len(without_code_marks(without_quotation(text))) <= len(text)
