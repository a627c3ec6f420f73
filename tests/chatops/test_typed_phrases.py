"""Commands with a phrase, as they are typed in a room and in a direct message."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chatops.answer import Answer
from bot.chatops.grammar import Hint, Invocation, parse, reread
from bot.chatops.phrases import read_history, read_mute
from bot.chatops.registry import Argument, Call, Option, Phrase, Registry
from bot.schedule.phrases import USAGE, in_normal_form

REASON = Option("reason", "why", takes_value=True)


async def done(call: Call) -> Answer:
    return Answer("Done.")


def dummy() -> Registry:
    """`help`, `status`, and three commands with phrases."""
    registry = Registry()
    which = Argument("command", "which", choices=registry.commands.keys())
    registry.command("help", summary="Lists", help="", arguments=(which,), effect=False, everyone=True)(done)
    registry.command("status", summary="Shows what is", help="", effect=False, everyone=True)(done)
    registry.command(
        "schedule",
        summary="Shows or sets what runs by itself",
        help="",
        phrase=Phrase("asked", "what is to be done when", USAGE, in_normal_form),
        options=(REASON, Option("dry-run", "shows what would be done")),
        effect=True,
        examples=("schedule", "schedule rotate every 30 days"),
    )(done)
    history = Phrase("which", "how many", "[n|<operation id>]", lambda words: read_history(words).words)
    registry.command("history", summary="Shows what was done", help="", phrase=history, effect=False)(done)
    mute = Phrase("duration", "how long", "2h|off", lambda words: read_mute(words).words)
    registry.command("mute", summary="Holds back", help="", phrase=mute, options=(REASON,), effect=True)(done)
    return registry


COMMANDS = dummy().commands
TYPE = f'Type `!sso schedule {USAGE} [--reason "…"] [--dry-run]`.'
THIRTY = "rotate every 30 days between 02:00 and 05:00"


def read(text: str, *, bare: bool = False) -> Invocation | Hint | None:
    return parse(text, COMMANDS, bot_username="ssobot", bare=bare)


def understood(text: str, *, bare: bool = False) -> Invocation:
    result = read(text, bare=bare)
    assert isinstance(result, Invocation), result
    return result


def said(text: str, *, bare: bool = False) -> Hint:
    result = read(text, bare=bare)
    assert isinstance(result, Hint), result
    return result


@pytest.mark.parametrize(
    ("text", "phrase", "words"),
    [
        ("!sso schedule", "", "schedule"),
        ("/sso SCHEDULE Rotate every 30 days", THIRTY, f"schedule {THIRTY}"),
        ("@ssobot sso schedule test hourly", "test every hour", "schedule test every hour"),
        ("!sso schedule “rotate every 30 days”", THIRTY, f"schedule {THIRTY}"),
        ("!sso\u00a0schedule\u202frotate every\u00a030 days", THIRTY, f"schedule {THIRTY}"),
        ("!sso schedule rotate every 30 days mon–fri", f"{THIRTY} mon-fri", f"schedule {THIRTY} mon-fri"),
        ("!sso schedule rotate every 30 days mon – fri", f"{THIRTY} mon-fri", f"schedule {THIRTY} mon-fri"),
        ("!sso schedule rotate —dry-run every 30 days", THIRTY, f"schedule {THIRTY} --dry-run"),
        ("`!sso schedule skip`", "skip", "schedule skip"),
        (
            "!sso schedule freeze 20 Dec to 7 Jan —reason „end of year“",
            "freeze 20 Dec to 7 Jan",
            'schedule freeze 20 Dec to 7 Jan --reason "end of year"',
        ),
        (
            "!sso schedule --reason upgrade freeze “20 Dec” to “7 Jan”",
            "freeze 20 Dec to 7 Jan",
            'schedule freeze 20 Dec to 7 Jan --reason "upgrade"',
        ),
        ('!sso schedule skip --reason "--dry-run"', "skip", 'schedule skip --reason "--dry-run"'),
        ("!sso history", "", "history"),
        ("!sso history `4F0C1D2E3A4B`", "4f0c1d2e3a4b", "history 4f0c1d2e3a4b"),
        ("!sso mute 2h --reason=upgrade", "2 hours", 'mute 2 hours --reason "upgrade"'),
        ("!sso mute off", "off", "mute off"),
    ],
)
def test_a_phrase_is_understood_in_its_one_spelling(text: str, phrase: str, words: str) -> None:
    invocation = understood(text)
    (name,) = (w.name for w in invocation.command.words)
    assert (invocation.arguments[name], invocation.words) == (phrase, words)
    assert reread(words, COMMANDS) == replace(invocation, prefix="")


def test_in_a_direct_message_the_prefix_may_be_left_out() -> None:
    assert understood("schedule skip", bare=True).arguments == {"asked": "skip"}


def test_help_is_an_option_here_too() -> None:
    assert understood("!sso schedule rotate --help").words == "help schedule"


@pytest.mark.parametrize("prefix", ["!sso ", "/sso ", "@ssobot sso ", ""])
@pytest.mark.parametrize(
    ("line", "answer"),
    [
        (
            "schedule rotate every 30 days Madrid",
            f"There is no time zone `Madrid`. Did you mean `{{}}schedule {THIRTY} Europe/Madrid`?",
        ),
        (
            "schedule rotate every 30 days new york",
            f"There is no time zone `new york`. Did you mean `{{}}schedule {THIRTY} America/New_York`?",
        ),
        (
            "schedule freeze 24 Dec --dry-run —reason “end of year”",
            "A freeze needs its last day, too. Did you mean "
            '`{}schedule freeze 24 Dec to 24 Dec --reason "end of year" --dry-run`?',
        ),
        (
            "schedule postpone --dry-run 31 days",
            "A postponement is 1 to 30 days, not 31 days. Type, for example, `{}schedule postpone 2 days --dry-run`.",
        ),
        ("schedul test hourly", "I don't know `schedul`. Did you mean `{}schedule test every hour`?"),
        ("schedul frobnicate", "I don't know `schedul`. `{}help schedule` shows how `schedule` is used."),
        (
            "schedule skip --dryrun",
            "`schedule` has no option `--dryrun`. Did you mean `{}schedule skip --dry-run`?",
        ),
        (
            "schedule skip --resaon end of year --dryrun",
            '`schedule` has no option `--resaon`. Did you mean `{}schedule skip --reason "end of year" --dry-run`?',
        ),
        (
            "mute 2h --reason end of year",
            "Put the whole value of `--reason` in quotation marks. "
            'Did you mean `{}mute 2 hours --reason "end of year"`?',
        ),
        (
            "mute --reason upgrade of the server 2h",
            "`of the server 2h` is not a duration. Put the whole value of `--reason` in quotation marks. "
            'Type `{}mute 2h|off [--reason "…"]`.',
        ),
        ("mute", "A duration is missing. Type, for example, `{}mute 2h`."),
        (
            "history all",
            "`all` is neither a number from 1 to 200 nor the id of an operation (12 of `0-9a-f`). "
            "Type, for example, `{}history 20`.",
        ),
    ],
)
def test_a_mistake_has_a_line_to_copy(prefix: str, line: str, answer: str) -> None:
    hint = said(prefix + line, bare=not prefix)
    assert hint.text == answer.format(prefix)
    if "Did you mean" in hint.text or "for example" in hint.text:
        understood(hint.text.rpartition(" `")[2].rstrip("`?."), bare=not prefix)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("!sso schedule --force skip", f"`schedule` has no option `--force`. {TYPE}"),
        ("!sso schedule frobnicate --force", f"I don't know `frobnicate` here. {TYPE}"),
        ("!sso schedule skip --reason", f"`--reason` needs a value. {TYPE}"),
        ("!sso schedule skip --reason a --reason b", f"`--reason` is given twice. {TYPE}"),
        ("!sso schedule skip --dry-run=false", f"`--dry-run` takes no value. {TYPE}"),
        ("!sso schedule skip --reason dryrun", "`dryrun` after `--reason` looks like an option of `schedule`;"),
        ('!sso schedule mute --reason "@all"', f"I don't know `mute` here. {TYPE}"),
        (
            "!sso schedule skip --reason see #ops or @all",
            f"Put the whole value of `--reason` in quotation marks. {TYPE}",
        ),
        (
            "!sso schedule skip --reason a \" ' \" ' “ ' ” «b",
            "The quotation marks do not match: put one before and one after a value.",
        ),
        ('!sso schedule skip —reason x"', "The quotation marks do not match"),
        (
            "!sso schedule skip —reason x y\" y' z« a‹ b「 c『 d《",
            "Put the whole value of `--reason` in quotation marks.",
        ),
        ("!sso schedule @all", "I don't know `＠all` here."),
        ("!sso schedule *x* [a](http://b.example)", "I don't know `∗x∗` here."),
        (
            "!sso schedule rotate every 30 days http://b.example",
            "There is no time zone `http:\u200b//b.\u200bexample`.",
        ),
    ],
)
def test_mistakes(text: str, answer: str) -> None:
    hint = said(text)
    assert hint.text.startswith(answer)
    assert not hint.talk


@pytest.mark.parametrize(
    "text",
    [
        "schedule is nice, isn't it?",
        "schedule the rotation for next week, please",
        "history repeats itself, as they say",
        "mute it, will you?",
        "schedule test is what I need, right?",
    ],
)
def test_in_a_direct_message_talk_stays_talk(text: str) -> None:
    hint = said(text, bare=True)
    assert hint.talk
    name = text.split()[0]
    assert hint.text == (
        "That is not a command, so nothing was done; `help` lists the commands. "
        f"To run the command, type `{COMMANDS[name].usage}` and nothing else."
    )


@pytest.mark.parametrize(
    "text",
    [
        "schedule rotate every 30 dayz between 2:00 and 5:00",
        "schedule rotate every 30 days, between 2:00 and 5:00, Madrid!",
        "schedule freeze 20 Dec to 7 Jan, everybody is away.",
        "!sso schedule is nice, isn't it?",
        "schedule frobnicate",
        "mute a while",
        "mute 2h --reason end of the year, at last!",
    ],
)
def test_in_a_direct_message_a_mistyped_phrase_is_no_talk(text: str) -> None:
    assert not said(text, bare=True).talk


def test_the_declaration_is_shown_to_people() -> None:
    history = COMMANDS["history"]
    assert history.usage == "history [n|<operation id>]"
    assert history.manual("/sso") == ("`/sso history [n|<operation id>]`\nShows what was done.\n• `which`: how many")


def test_a_command_with_a_phrase_has_no_arguments() -> None:
    phrase = Phrase("p", "", "", in_normal_form)
    with pytest.raises(ValueError, match="has arguments and a phrase"):
        Registry().command(
            "x", summary="", help="", arguments=(Argument("a", "", choices=("b",)),), phrase=phrase, effect=False
        )


def test_a_phrase_and_an_option_have_two_names() -> None:
    with pytest.raises(ValueError, match="of one name"):
        Registry().command(
            "x", summary="", help="", phrase=Phrase("reason", "", "", in_normal_form), options=(REASON,), effect=False
        )


PIECES = st.sampled_from(
    [
        "rotate every 30 days",
        "mon–fri",
        "skip",
        "--dry-run",
        "—reason",
        "--reason=x",
        '"end of year"',
        "«2h»",
        "off",
        "x",
    ]
)


@given(
    st.sampled_from(["schedule", "history", "mute"]), st.lists(PIECES | st.text(max_size=9), max_size=6), st.booleans()
)
def test_any_line_is_understood_again_or_refused(name: str, pieces: list[str], bare: bool) -> None:
    result = read(f"!sso {name} {' '.join(pieces)}", bare=bare)
    if isinstance(result, Invocation):
        assert reread(result.words, COMMANDS) == replace(result, prefix="")
        assert ("dry-run" in result.options) >= ("--dry-run" in pieces and result.command.name == "schedule")
    else:
        assert isinstance(result, Hint)
        assert "@" not in result.text
