"""Text to command: three answers, and nothing typed comes back raw."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chatops.grammar import LENGTH_LIMIT, Hint, Invocation, is_addressed, parse, reread
from tests.support.desk import example_registry

COMMANDS = example_registry().commands
USAGE = 'Type `!sso setup [--name "…"] [--dry-run] [--disabled]`.'
LIKE_AN_OPTION = "after `--name` looks like an option of `setup`; put it in quotation marks to use it as a value."


def read(text: str, *, bare: bool = False) -> Invocation | Hint | None:
    return parse(text, COMMANDS, bot_username="ssobot", bare=bare)


def understood(text: str, *, bare: bool = False) -> Invocation:
    result = read(text, bare=bare)
    assert isinstance(result, Invocation), result
    return result


def said(text: str, *, bare: bool = False) -> str:
    result = read(text, bare=bare)
    assert isinstance(result, Hint), result
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
        ("`!sso rotate`", "!sso"),
        ("``/sso rotate``", "/sso"),
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
        "```\n!sso rotate\n```",
        "`rotate`",
        "type `!sso rotate`",
        "`!sso rotate` and `!sso test`",
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


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("!sso rotate --help", "help rotate"),
        ("!sso rotate -h", "help rotate"),
        ("!sso --help", "help"),
        ("!sso --help setup", "help setup"),
        ('!sso setup --name "x" --disabled —help', "help setup"),
        ("!sso setup --name --help", "help setup"),
        ("!sso unheard-of --help", "help"),
        ("!sso help --help", "help"),
        ('!sso setup --name "--help"', 'setup --name "--help"'),
    ],
)
def test_help_is_also_an_option_and_changes_nothing(text: str, words: str) -> None:
    assert understood(text).words == words


def test_a_line_break_at_the_end_does_not_make_several_lines() -> None:
    assert understood("!sso setup\n").command.name == "setup"


@pytest.mark.parametrize("text", ["!sso", "/sso ", "@ssobot sso"])
def test_the_prefix_alone_is_help(text: str) -> None:
    assert understood(text).command.name == "help"


QUOTATION = "[ ](https://chat.example.org/group/sso-admins?msg=abc)"


@pytest.mark.parametrize(
    "text", [f"{QUOTATION}\n!sso rotate", f"{QUOTATION} /sso rotate", f"{QUOTATION}\n@ssobot sso rotate"]
)
def test_the_answer_to_a_quoted_message_is_what_was_typed(text: str) -> None:
    assert understood(text).command.name == "rotate"


@pytest.mark.parametrize(
    "text",
    [f"{QUOTATION}\nrotate", f"{QUOTATION} I typed !sso rotate", QUOTATION, f"!!sso {QUOTATION}", f"{QUOTATION}x"],
)
def test_a_quotation_makes_no_command(text: str) -> None:
    assert read(text) is None


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("!sso setup", None),
        ("!sso setup --name Encvoy", "Encvoy"),
        ("!sso setup --name=Encvoy", "Encvoy"),
        ("!sso setup —name Encvoy", "Encvoy"),
        ("!sso setup --Name = Encvoy", "Encvoy"),
        ('!sso setup --name "Encvoy ID"', "Encvoy ID"),
        ('!sso setup   --name   "Encvoy \t ID  " ', "Encvoy ID"),
        ('!sso setup --name="Encvoy ID"', "Encvoy ID"),
        ("!sso setup --name 'Encvoy ID'", "Encvoy ID"),
        ("!sso setup —name “Encvoy ID”", "Encvoy ID"),
        ("!sso setup –name „Encvoy ID“", "Encvoy ID"),
        ("!sso setup --name «\u00a0Encvoy ID\u202f»", "Encvoy ID"),
        ("!sso setup --name ‘Encvoy  ID’", "Encvoy ID"),
        ("!sso setup --name Anna's", "Anna's"),
        ('!sso setup --name "Anna\'s login"', "Anna's login"),
        ('!sso setup --name "--dry-run"', "--dry-run"),
        ('!sso setup --name= "dry-run"', "dry-run"),
        ("!sso setup --name=Dry", "Dry"),
        ("!sso setup --name=—5", "—5"),
        ("!sso setup --name -5", "-5"),
    ],
)
def test_names(text: str, name: str | None) -> None:
    invocation = understood(text)
    assert (invocation.arguments.get("name"), invocation.options) == (name, frozenset())


@pytest.mark.parametrize(
    "typed",
    ["--dry-run", "—dry-run", "–dry-run", "-dry-run", "--dry‑run", "——dry-run", "−−dry-run", "--DRY-Run", "--dry—run"],
)
def test_a_phone_s_dashes(typed: str) -> None:
    assert understood(f"!sso setup --name X {typed}").options == {"dry-run"}


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
        ("!sso stop", "I don't know `stop`. `!sso help` lists the commands."),
        ("!sso hlep", "I don't know `hlep`. Did you mean `!sso help`?"),
        ("!sso STAUTS", "I don't know `STAUTS`. Did you mean `!sso status`?"),
        ("!sso frobnicate", "I don't know `frobnicate`. `!sso help` lists the commands."),
        ("/sso frobnicate", "I don't know `frobnicate`. `/sso help` lists the commands."),
        ("!sso setup --dryrun", "`setup` has no option `--dryrun`. Did you mean `!sso setup --dry-run`?"),
        (
            "/sso setup --dryrun --name Encvoy --disabled",
            '`setup` has no option `--dryrun`. Did you mean `/sso setup --name "Encvoy" --dry-run --disabled`?',
        ),
        ("!sso setup --force", f"`setup` has no option `--force`. {USAGE}"),
        ("!sso setup --force Encvoy", f"`setup` has no option `--force`. {USAGE}"),
        ("!sso setup --name", f"`--name` needs a value. {USAGE}"),
        ("!sso setup --name=", f"`--name` needs a value. {USAGE}"),
        ('!sso setup --name ""', f"`--name` needs a value. {USAGE}"),
        ("!sso setup --name --dry-run", f"`--name` needs a value. {USAGE}"),
        ("!sso setup --name= --dry-run", f"`--name` needs a value. {USAGE}"),
        ("!sso setup --name = --disabled", f"`--name` needs a value. {USAGE}"),
        ("!sso setup --name=—dry-run", f"`--name` needs a value. {USAGE}"),
        ("!sso setup --name=-x", f"`--name` needs a value. {USAGE}"),
        ("!sso setup --name dry-run", f"`dry-run` {LIKE_AN_OPTION} {USAGE}"),
        ("!sso setup --name=Disabled", f"`Disabled` {LIKE_AN_OPTION} {USAGE}"),
        ("!sso setup --name dryrun", f"`dryrun` {LIKE_AN_OPTION} {USAGE}"),
        ("!sso setup --name [--dry-run]", f"`［--dry-run］` {LIKE_AN_OPTION} {USAGE}"),
        ("!sso setup --name ==--dry-run", f"`=--dry-run` {LIKE_AN_OPTION} {USAGE}"),
        ("!sso setup --name A—dry-run", f"`A—dry-run` {LIKE_AN_OPTION} {USAGE}"),
        ("!sso setup --name A --name A", f"`--name` is given twice. {USAGE}"),
        ("!sso setup --dry-run=false", f"`--dry-run` takes no value. {USAGE}"),
        ("!sso setup --dry-run false", f"`setup` takes no argument `false`. {USAGE}"),
        ("!sso rotat --dry-run", "I don't know `rotat`. Did you mean `!sso rotate --dry-run`?"),
        ("!sso rotat dryrun", "I don't know `rotat`. Did you mean `!sso rotate --dry-run`?"),
        ("!sso rotat --force", "I don't know `rotat`. `!sso help rotate` shows how `rotate` is used."),
        ("!sso --dry-run setup", "I don't know `--dry-run`. `!sso help` lists the commands."),
        ("!sso help frobnicate", "There is no command `frobnicate`. Type `!sso help [command]`."),
        ("!sso help rotat", "There is no command `rotat`. Did you mean `!sso help rotate`?"),
        ("/sso status --all", "`status` has no option `--all`. Type `/sso status`."),
        ("!sso rotate now", "`rotate` takes no argument `now`. Type `!sso rotate [--dry-run]`."),
        ("!sso slash", "`slash` needs `on` or `off`. Type `!sso slash on|off`."),
        ("!sso slash onn", "`slash` needs `on` or `off`, not `onn`. Did you mean `!sso slash on`?"),
        ("!sso slash maybe", "`slash` needs `on` or `off`, not `maybe`. Type `!sso slash on|off`."),
        ("!sso setup --name “Encvoy ID", "The quotation marks do not match: put one before and one after a value."),
        ("!sso setup --name Encvoy”", "The quotation marks do not match: put one before and one after a value."),
        ("!sso setup\nnow", "That has several lines, but a command must be a single line. Nothing was done."),
        ("!sso setup a\u200bb", "There are invisible characters in that command."),
        ("!sso setup \u202eevil", "There are invisible characters in that command."),
        ("!sso setup " + "x" * LENGTH_LIMIT, "That is too long for a command (more than 300 characters)."),
        ("!sso " + "x" * 100_000, "That is too long for a command (more than 300 characters)."),
        ("@ssobot rotate", "If that was meant for me: `@ssobot sso rotate` or `!sso rotate`."),
        ("!sso @all", "I don't know `＠all`. `!sso help` lists the commands."),
        (
            "!sso rotate *x* [a](http://b.example)",
            "`rotate` takes no argument `∗x∗ ［a］(http:\u200b//b.\u200bexample)`.",
        ),
    ],
)
def test_mistakes(text: str, answer: str) -> None:
    assert said(text).startswith(answer)


FREE_WORDS = {
    "setup dry-run": "setup --dry-run",
    "setup Dry Run": "setup --dry-run",
    "setup dryrun": "setup --dry-run",
    "setup -- dry-run": "setup --dry-run",
    "setup — dry—run": "setup --dry-run",
    "setup «--dry-run»": "setup --dry-run",
    'setup "dry-run" disabled': "setup --dry-run --disabled",
    "setup disabled": "setup --disabled",
    "setup disable": "setup --disabled",
    "setup Encvoy ID": 'setup --name "Encvoy ID"',
    "setup “Encvoy ID”": 'setup --name "Encvoy ID"',
    "setup Encvoy ID --disabled": 'setup --name "Encvoy ID" --disabled',
    "setup Encvoy dry-run": 'setup --name "Encvoy" --dry-run',
    "setup --name Encvoy ID": None,
    "setup name Encvoy ID": 'setup --name "Encvoy ID"',
    'setup --nme "Encvoy ID"': 'setup --name "Encvoy ID"',
    'setup "Encvoy `ID`"': None,
    'setup "login.example.com"': None,
    "setup --name A dry-run": 'setup --name "A" --dry-run',
    "setup is broken, can you help?": None,
    "setup now": None,
    "setup --": None,
    "setup status": "status",
    "rotate setup": "setup",
    "rotate dry-run": "rotate --dry-run",
    "rotate please": None,
    "slash on please": None,
}


@pytest.mark.parametrize("prefix", ["!sso ", "/sso ", "@ssobot sso ", ""])
@pytest.mark.parametrize("line", FREE_WORDS)
def test_free_words_are_refused_with_the_nearest_line(prefix: str, line: str) -> None:
    meant = FREE_WORDS[line]
    text = said(prefix + line, bare=not prefix)
    if meant is not None:
        assert text.endswith(f" Did you mean `{prefix}{meant}`?")
        understood(prefix + meant, bare=not prefix)
    else:
        assert "Did you mean" not in text
        assert f"`{prefix}{line.split()[0]}" in text


@pytest.mark.parametrize(
    "text",
    [
        "setup --name X",
        "Setup --name X",
        "/sso setup --name X",
        "sso setup --name X",
        "@ssobot sso setup --name X",
        "@ssobot setup --name X",
        "@ssobot: setup --name X",
        "`setup --name X`",
        "```\nsetup --name X\n```",
        "`!sso setup --name X`",
        f"{QUOTATION}\nsetup --name X",
        f"{QUOTATION} `SETUP —name “X”`\n",
    ],
)
def test_in_a_direct_message_the_whole_text_is_the_command(text: str) -> None:
    assert understood(text, bare=True).arguments == {"name": "X"}


@pytest.mark.parametrize("text", ["", QUOTATION, f"{QUOTATION}\n"])
def test_in_a_direct_message_nothing_typed_is_nothing(text: str) -> None:
    assert read(text, bare=True) is None


def test_in_a_direct_message_everything_is_answered() -> None:
    assert said("hello", bare=True) == "I don't know `hello`. `help` lists the commands."
    assert said("setup\nnow", bare=True).startswith("That has several lines")


SENTENCES = {
    "good morning": "That is not a command, so nothing was done; `help` lists the commands.",
    "Is the rotation over?": "That is not a command",
    "setup is broken, can you help?": f"That is not a command, so nothing was done; `help` lists the commands. "
    f"To run the command, type `{COMMANDS['setup'].usage}` and nothing else.",
    "rotate it for me when you have a minute": "That is not a command",
    "status of the new login page, please": "That is not a command",
    "test, test": "That is not a command",
    "setup encvoy id right now": "That is not a command",
    "setup\nplease": "That has several lines",
    "x" * 400: "That is too long",
}


@pytest.mark.parametrize("text", SENTENCES)
def test_in_a_direct_message_talk_gets_a_hint_for_once(text: str) -> None:
    answer = read(text, bare=True)
    assert isinstance(answer, Hint)
    assert answer.talk
    assert answer.text.startswith(SENTENCES[text])


@pytest.mark.parametrize(
    "text",
    ["setup dry-run", "setup --force please, now", "setup encvoy right now", "rotat", "!sso good morning", "slash onn"],
)
def test_in_a_direct_message_a_mistyped_command_is_no_talk(text: str) -> None:
    answer = read(text, bare=True)
    assert isinstance(answer, Hint)
    assert not answer.talk


LINES = st.sampled_from(["!sso status", "/sso setup --dry-run", "@ssobot sso help rotate", "status"])
MARKED = st.text(st.characters() | st.sampled_from("\"'“”«»`—-=[]()?&\n "), max_size=400)


SWITCHES = ("dry-run", "disabled")
OPENINGS = st.sampled_from(["", "--name", "--name ", "—name=", "--name= ", "--name = ", "--name ==", "--name “Q” "])
PIECES = st.sampled_from(["X", "[", "—", "-", '"Q"', "“ --dry-run ”", *(f"{d}{s}" for d in "-—" for s in SWITCHES)])


@given(OPENINGS, st.lists(st.tuples(PIECES, st.sampled_from([" ", ""])), max_size=5), st.booleans())
def test_no_option_that_was_typed_is_ever_taken_for_a_value(
    opening: str, pieces: list[tuple[str, str]], bare: bool
) -> None:
    """Whatever stands before it: the option counts, or the whole line is refused."""
    result = read(f"!sso setup {opening}" + "".join(piece + blank for piece, blank in pieces), bare=bare)
    if isinstance(result, Invocation) and result.command.name == "setup":
        assert {switch for switch in SWITCHES if any(piece[1:] == switch for piece, _ in pieces)} <= result.options


NAMELESS = MARKED.filter(lambda text: "name" not in text.lower())


@given(NAMELESS, st.sampled_from(["", " --dry-run", " --disabled"]), st.booleans())
def test_a_name_is_never_anything_but_the_value_of_its_option(text: str, before: str, bare: bool) -> None:
    result = read(f"!sso setup{before} {text}", bare=bare)
    if isinstance(result, Invocation) and result.command.name == "setup":
        assert "name" not in result.arguments


@given(st.text(max_size=400) | st.builds("!sso {}".format, MARKED) | LINES, st.booleans())
def test_any_text_has_one_of_three_answers(text: str, bare: bool) -> None:
    result = read(text, bare=bare)
    if result is None:
        assert not is_addressed(text, bot_username="ssobot")
        assert not (bare and text.strip())
    elif isinstance(result, Hint):
        assert result.text
    else:
        assert reread(result.words, COMMANDS) == replace(result, prefix="")


@given(st.text(min_size=1, max_size=250))
def test_nothing_typed_comes_back_raw(text: str) -> None:
    answer = said("!sso zzz" + text)
    assert "@" not in answer.replace("@ssobot", "")
    assert "\n" not in answer
    assert "://" not in answer
    assert len(answer) < 300


NAMES = st.text(st.characters(categories=("L", "N")), min_size=1, max_size=20)


@given(
    MARKED | st.lists(NAMES, min_size=1).map(" ".join),
    st.booleans(),
    st.sampled_from(["!sso ", "/sso ", "@ssobot sso "]),
)
def test_words_read_again_give_the_same(name: str, dry: bool, prefix: str) -> None:
    result = read(f"{prefix}setup --name “{name}”{' --dry-run' if dry else ''}")
    if not isinstance(result, Invocation):
        return
    again = reread(result.words, COMMANDS)
    assert isinstance(again, Invocation)
    assert (again.arguments, again.options, again.words) == (result.arguments, result.options, result.words)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("!sso", "help"),
        ("/SSO  Setup   —name “Encvoy ID” —dry-run", 'setup --name "Encvoy ID" --dry-run'),
        ("!sso setup --disabled --dry-run", "setup --dry-run --disabled"),
        ('@ssobot sso "rotate"', "rotate"),
        ("!sso slash ON", "slash on"),
    ],
)
def test_the_words_are_in_one_spelling(text: str, words: str) -> None:
    assert understood(text).words == words


def test_the_longest_name_is_read_again() -> None:
    """In its one spelling it may be longer than what may be typed."""
    typed = f"!sso setup --name={'x' * (LENGTH_LIMIT - 18)}"
    words = understood(typed).words
    assert isinstance(reread(words, COMMANDS), Invocation)


@pytest.mark.parametrize("words", ["", " ", "vanished", "setup My Name", "setup --name", "setup\nrotate", '"'])
def test_words_that_make_no_sense_are_no_command(words: str) -> None:
    assert reread(words, COMMANDS) is None


@pytest.mark.parametrize(
    "piece", ["-", "—x ", '"a" ', '"', "'", "--name=", "= ", "a", " . ", "[ ](?msg=a) ", "`", "\u202e"]
)
def test_100_kb_of_anything_are_read_at_once(piece: str) -> None:
    """A reading that went back for each piece would take minutes."""
    for text in (f"!sso setup {piece * (100_000 // len(piece))}", piece * (100_000 // len(piece))):
        for bare in (False, True):
            assert not isinstance(read(text, bare=bare), Invocation)


@pytest.mark.parametrize(
    ("text", "addressed"),
    [
        ("!sso status", True),
        ("/sso status", True),
        ("!sso whatever comes\n!sso then", True),
        ("sso status", False),
        ("hello\n!sso status", False),
        ("", False),
    ],
)
def test_how_a_message_begins_makes_it_a_command(text: str, addressed: bool) -> None:
    assert is_addressed(text, bot_username="ssobot") is addressed
