"""Text to command: three answers, and nothing typed comes back raw."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chatops.grammar import LENGTH_LIMIT, Invocation, Reply, parse
from tests.support.desk import example_registry

COMMANDS = example_registry().commands


def read(text: str, *, bare: bool = False) -> Invocation | Reply | None:
    return parse(text, COMMANDS, bot_username="ssobot", bare=bare)


def understood(text: str, *, bare: bool = False) -> Invocation:
    result = read(text, bare=bare)
    assert isinstance(result, Invocation), result
    return result


def said(text: str, *, bare: bool = False) -> str:
    result = read(text, bare=bare)
    assert isinstance(result, Reply), result
    return result.text


@pytest.mark.parametrize(
    ("text", "prefix"),
    [
        ("/sso rotate", "/sso"),
        ("!sso rotate", "!sso"),
        ("  !sso   rotate  ", "!sso"),
        ("/SSO Rotate", "/sso"),
        ("!Sso ROTATE", "!sso"),
        ("!sso\u00a0rotate", "!sso"),
        ("!sso\trotate", "!sso"),
        ("@ssobot sso rotate", "@ssobot sso"),
        ("@SSObot SSO rotate", "@ssobot sso"),
        ("@ssobot: sso rotate", "@ssobot sso"),
        ("@ssobot, !sso rotate", "@ssobot sso"),
    ],
)
def test_prefixes(text: str, prefix: str) -> None:
    invocation = understood(text)
    assert (invocation.command.name, invocation.prefix) == ("rotate", prefix)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "rotate",
        "sso rotate",
        "/ssorotate",
        "!sso-rotate",
        "/ sso rotate",
        "please !sso rotate",
        "> !sso rotate",
        "`!sso rotate`",
        "@other sso rotate",
        "@ssobot2 sso rotate",
        "@ssobotsso rotate",
        "@ssobot is great",
        "two\nlines",
        "first\n!sso rotate",
        "x" * 100_000,
    ],
)
def test_talk_among_people_is_nothing(text: str) -> None:
    assert read(text) is None


def test_a_line_break_at_the_end_does_not_make_several_lines() -> None:
    assert understood("!sso setup\n").command.name == "setup"


@pytest.mark.parametrize("text", ["!sso", "/sso ", "@ssobot sso"])
def test_the_prefix_alone_is_help(text: str) -> None:
    assert understood(text).command.name == "help"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("!sso setup", None),
        ("!sso setup Encvoy", "Encvoy"),
        ("!sso setup Encvoy ID", "Encvoy ID"),
        ("!sso setup   Encvoy \t ID  ", "Encvoy ID"),
        ('!sso setup "Encvoy ID"', "Encvoy ID"),
        ("!sso setup 'Encvoy ID'", "Encvoy ID"),
        ("!sso setup “Encvoy ID”", "Encvoy ID"),
        ("!sso setup „Encvoy ID“", "Encvoy ID"),
        ("!sso setup «Encvoy ID»", "Encvoy ID"),
        ("!sso setup ‘Encvoy  ID’", "Encvoy ID"),
        ("!sso setup Anna's login", "Anna's login"),
        ('!sso setup ""', None),
        ('!sso setup "--dry-run"', "--dry-run"),
        ("!sso setup Encvoy --dry-run ID", "Encvoy ID"),
        ("!sso setup two-factor", "two-factor"),
        ("!sso setup 2 - 1", "2 - 1"),
        ("!sso setup -5", "-5"),
    ],
)
def test_names(text: str, name: str | None) -> None:
    assert understood(text).arguments.get("name") == name


@pytest.mark.parametrize(
    "typed",
    ["--dry-run", "—dry-run", "–dry-run", "-dry-run", "--dry‑run", "——dry-run", "−−dry-run", "--DRY-Run", "--dry—run"],
)
def test_a_phone_s_dashes(typed: str) -> None:
    assert understood(f"!sso setup X {typed}").options == {"dry-run"}


def test_several_options_and_their_repetition() -> None:
    invocation = understood("!sso setup --disabled —dry-run --disabled")
    assert invocation.options == {"disabled", "dry-run"}
    assert invocation.arguments == {}


@pytest.mark.parametrize(("typed", "value"), [("on", "on"), ("OFF", "off"), ('"On"', "on")])
def test_choices(typed: str, value: str) -> None:
    assert understood(f"/sso slash {typed}").arguments == {"state": value}


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("!sso rotat", "I don't know `rotat`. Did you mean `!sso rotate`?"),
        ("!sso STAUTS", "I don't know `STAUTS`. Did you mean `!sso status`?"),
        ("!sso frobnicate", "I don't know `frobnicate`. `!sso help` lists what I know."),
        ("/sso frobnicate", "I don't know `frobnicate`. `/sso help` lists what I know."),
        ("!sso setup --dryrun", "`setup` has no option `--dryrun`. Did you mean `--dry-run`?"),
        (
            "!sso setup --force",
            "`setup` has no option `--force`. Type `!sso setup [name] [--dry-run] [--disabled]`.",
        ),
        ("/sso status --all", "`status` has no option `--all`. Type `/sso status`."),
        ("!sso rotate now", "`now` is one word too many for `rotate`. Type `!sso rotate [--dry-run]`."),
        ("!sso slash", "`slash` needs `on` or `off`. Type `!sso slash on|off`."),
        ("!sso slash onn", "`slash` needs `on` or `off`, not `onn`. Did you mean `!sso slash on`?"),
        ("!sso slash maybe", "`slash` needs `on` or `off`, not `maybe`. Type `!sso slash on|off`."),
        (
            "!sso setup “Encvoy ID",
            "A quotation mark is open. Put one at the end of the name too, or leave both out.",
        ),
        ("!sso setup\nnow", "That has several lines, and a command is one line. Nothing was done."),
        ("!sso setup a\u200bb", "There are invisible characters in that command."),
        ("!sso setup \u202eevil", "There are invisible characters in that command."),
        ("!sso setup " + "x" * LENGTH_LIMIT, "That is too long for a command (more than 300 characters)."),
        ("!sso " + "x" * 100_000, "That is too long for a command (more than 300 characters)."),
        ("@ssobot rotate", "If that was meant for me: `@ssobot sso rotate` or `!sso rotate`."),
        ("!sso @all", "I don't know `＠all`. `!sso help` lists what I know."),
        ("!sso rotate `x` [a](http://b.example)", "`'x'` is one word too many for `rotate`."),
    ],
)
def test_mistakes(text: str, answer: str) -> None:
    assert said(text).startswith(answer)


@pytest.mark.parametrize(
    "text", ["setup Encvoy ID", "Setup Encvoy ID", "/sso setup Encvoy ID", "@ssobot sso setup Encvoy ID"]
)
def test_in_a_direct_message_the_prefix_may_be_left_out(text: str) -> None:
    assert understood(text, bare=True).arguments == {"name": "Encvoy ID"}


def test_in_a_direct_message_everything_is_answered() -> None:
    assert said("hello", bare=True) == "I don't know `hello`. Did you mean `help`?"
    assert said("good morning", bare=True) == "I don't know `good`. `help` lists what I know."
    assert said("setup\nnow", bare=True).startswith("That has several lines")


@given(st.text(max_size=400), st.booleans())
def test_any_text_has_one_of_three_answers(text: str, bare: bool) -> None:
    result = read(text, bare=bare)
    assert result is None or isinstance(result, Invocation | Reply)


@given(st.text(min_size=1, max_size=250))
def test_nothing_typed_comes_back_raw(text: str) -> None:
    result = read("!sso zzz" + text)
    if isinstance(result, Reply):
        assert "@" not in result.text.replace("@ssobot", "")
        assert "\n" not in result.text
        assert "://" not in result.text
        assert len(result.text) < 300


NAMES = st.text(st.characters(categories=("L", "N")), min_size=1, max_size=20)


@given(st.lists(NAMES, min_size=1, max_size=4), st.booleans(), st.sampled_from(["!sso ", "/sso ", "@ssobot sso "]))
def test_words_read_again_give_the_same(words: list[str], dry: bool, prefix: str) -> None:
    first = understood(f"{prefix}setup {' '.join(words)}{' --dry-run' if dry else ''}")
    assert first.arguments["name"] == " ".join(words)
    again = understood(first.words, bare=True)
    assert (again.arguments, again.options, again.words) == (first.arguments, first.options, first.words)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("!sso", "help"),
        ("/SSO  Setup   “Encvoy ID” —dry-run", "setup “Encvoy ID” —dry-run"),
        ('@ssobot sso "rotate"', "rotate"),
    ],
)
def test_the_words_begin_with_the_command(text: str, words: str) -> None:
    assert understood(text).words == words
