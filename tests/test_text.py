"""Foreign text made harmless, and long text made to fit."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.text import SIZE_LIMIT, blank_spaces, defuse, fit, has_invisible, quiet, quoted, size

DANGEROUS = set("@#`*_~|[]<>$\\\n\r\t")


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("Encvoy ID", "Encvoy ID"),
        ("Zoë Ünal", "Zoë Ünal"),
        ("@all", "＠all"),
        ("hi @here!", "hi ＠here!"),
        ("#general", "＃general"),
        ("```js", "'''js"),
        ("a`b", "a'b"),
        ("*bold* _it_ ~no~", "∗bold∗ ˍitˍ ∼no∼"),
        ("[text](url)", "［text］(url)"),
        ("<script>", "‹script›"),
        ("||spoiler||", "¦¦spoiler¦¦"),
        ("two\nlines\r\nthree", "two lines three"),
        ("tab\there\u00a0and\u2028there", "tab here and there"),
        ("a\u200bb\u202ec\u2066d\x00e\x1bf\ufeffg", "abcdefg"),
        ("", ""),
        ("   ", ""),
    ],
)
def test_defuse(raw: str, shown: str) -> None:
    assert defuse(raw) == shown


@pytest.mark.parametrize("raw", ["http://evil.example/x", "HTTPS://evil.example", "www.evil.example", "evil.example"])
def test_no_link_is_left(raw: str) -> None:
    shown = defuse(raw)
    assert "://" not in shown
    assert "evil.example" not in shown
    assert shown.replace("\u200b", "") == raw


@given(st.text(max_size=500), st.integers(5, 120))
def test_defused_text_is_harmless_and_bounded(raw: str, limit: int) -> None:
    shown = defuse(raw, limit)
    assert not DANGEROUS & set(shown)
    visible = shown.replace("\u200b", "")
    assert len(visible) <= limit
    assert all(unicodedata.category(c) not in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"} for c in visible)


@given(st.text(max_size=200))
def test_defusing_twice_is_defusing_once(raw: str) -> None:
    assert defuse(defuse(raw)) == defuse(raw)


@given(st.text(st.characters(categories=("L", "N")), max_size=60))
def test_plain_words_stay(raw: str) -> None:
    assert defuse(raw) == unicodedata.normalize("NFC", raw)


def test_a_cut_is_shown() -> None:
    assert defuse("x" * 200, 10) == "xxxxxxxxx…"
    assert defuse("a" + "\u0301" * 100_000, 10).endswith("…")


def test_quoted_is_never_empty_code() -> None:
    assert quoted("a`b") == "`a'b`"
    assert quoted("\u200b") == "` `"


@pytest.mark.parametrize(("raw", "invisible"), [("abc ü", False), ("a\u200b", True), ("\u202e", True), ("\x07", True)])
def test_invisible(raw: str, invisible: bool) -> None:
    assert has_invisible(raw) is invisible


def test_spaces() -> None:
    assert blank_spaces("a\u00a0b\u3000c\td") == "a b c d"


@pytest.mark.parametrize("raw", ["@all", "@here now", "x @ALL", "@all."])
def test_an_answer_calls_nobody(raw: str) -> None:
    assert quiet(raw).replace("\u200b", "") == raw
    assert "@all" not in quiet(raw).lower()
    assert "@here" not in quiet(raw).lower()


def test_other_mentions_in_our_own_answers_stay() -> None:
    assert quiet("`@ssobot sso help` @alles") == "`@ssobot sso help` @alles"


def test_size_counts_as_javascript_does() -> None:
    assert [size(t) for t in ("a", "é", "✓", "😀")] == [1, 1, 1, 2]


def test_what_fits_is_left_alone() -> None:
    assert fit("a\nb") == "a\nb"
    assert fit("x" * SIZE_LIMIT) == "x" * SIZE_LIMIT


def test_the_middle_is_left_out() -> None:
    text = "\n".join(f"line {number}" for number in range(2000))
    lines = fit(text).split("\n")
    assert (lines[0], lines[-1]) == ("line 0", "line 1999")
    [gap] = [line for line in lines if line.startswith("…")]
    assert gap == f"… (lines left out: {2000 - len(lines) + 1})"
    assert size("\n".join(lines)) > SIZE_LIMIT * 0.9


@given(st.lists(st.text(max_size=400), max_size=60), st.integers(200, 2000))
def test_it_always_fits(lines: list[str], limit: int) -> None:
    assert size(fit("\n".join(lines), limit)) <= limit


def test_one_endless_line_is_cut() -> None:
    shown = fit("😀" * 100_000)
    assert size(shown) <= SIZE_LIMIT
    assert shown.startswith("😀😀")
