"""Foreign text made harmless, and long text made to fit."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.text import SIZE_LIMIT, blank_spaces, defuse, fit, has_invisible, inert, quiet, quoted, size

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
        ("- item", "\u200b- item"),
        ("2. item", "\u200b2. item"),
        ("----", "\u200b----"),
        ("-5 and 2.5", "-5 and 2.\u200b5"),
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


@pytest.mark.parametrize(
    ("raw", "sent"),
    [
        ("Rocket.Chat's side, in Rocket.Chat.", "Rocket.\u2060Chat's side, in Rocket.\u2060Chat."),
        ("at http://127.0.0.1:3000/x, now", "at `http://127.0.0.1:3000/x`, now"),
        ("(see https://chat.example.org)", "(see `https://chat.example.org`)"),
        ("from rocket.chat.example.org.", "from `rocket.chat.example.org`."),
        ("127.0.0.1:8080; 10.0.0.7", "`127.0.0.1:8080`; `10.0.0.7`"),
        ("mail ada@example.org, run a.py", "mail `ada@example.org`, run `a.py`"),
        ("ask @ada, @all and @HERE", "ask @\u2060ada, @\u2060all and @\u2060HERE"),
        ("in #general, #FFF", "in #\u2060general, #\u2060FFF"),
        ("well :) (appendix B) :smile:", "well :\u2060) (appendix B\u2060) :\u2060smile:"),
        (r"\(a\) +491234567", "\\\u2060(a\\) +\u2060491234567"),
    ],
)
def test_what_is_sent_does_nothing_by_accident(raw: str, sent: str) -> None:
    assert inert(raw) == sent
    assert inert(sent) == sent


@pytest.mark.parametrize(
    "text",
    [
        "`Rocket.Chat at http://a.example, @ada :)`",
        "```\nRocket.Chat\n```",
        "[Encvoy ID](https://id.example.org/x) is ready",
        "@ada.lovelace rotated.\n@bob too",
        "✓ 8.8, v1.2.3, 2.5 s, e.g. 10:30:40; 83",
        "Accounts_OAuth_Custom-Encvoyid-key_field = a + b",
    ],
)
def test_what_is_meant_stays(text: str) -> None:
    assert inert(text) == text


@pytest.mark.parametrize("text", ["@all done", "x\n@here: y", "`@all`"])
def test_nobody_calls_everybody_not_even_at_the_beginning_of_a_line(text: str) -> None:
    assert not {"@all", "@here"} & set(inert(text).replace("`", " ").replace(":", " ").split())


@given(st.text(alphabet="aB8@.:/)(`[]#\\+-_ \n", max_size=40))
def test_sending_twice_is_sending_once(raw: str) -> None:
    assert inert(inert(raw)) == inert(raw)


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
    assert size(inert(fit("\n".join(lines), limit))) <= limit


def test_what_fits_only_before_it_is_sent_is_cut() -> None:
    text = "\n".join(["Rocket.Chat"] * 410)
    assert size(text) < SIZE_LIMIT < size(inert(text))
    assert SIZE_LIMIT * 0.9 < size(inert(fit(text))) <= SIZE_LIMIT


def test_one_endless_line_is_cut() -> None:
    shown = fit("😀" * 100_000)
    assert size(shown) <= SIZE_LIMIT
    assert shown.startswith("😀😀")
