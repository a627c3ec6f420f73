"""What an answer looks like."""

from __future__ import annotations

import pytest

from bot.chatops.answer import (
    Answer,
    Mark,
    Step,
    buttons,
    fixes_in,
    render,
    render_ended,
    render_failure,
    render_internal,
    render_working,
)
from bot.errors import Busy, ConfigError, UserError
from bot.text import SIZE_LIMIT, size

STEPS = (Step("Discovery read", 0.14), Step("16 settings written", 2.06))


@pytest.mark.parametrize(
    ("step", "line"),
    [
        (Step("Written", 0.25), "✓ Written   0.2 s"),
        (Step("Written", 0.05), "✓ Written   0.1 s"),
        (Step("Written", 0.049), "✓ Written"),
        (Step("Written"), "✓ Written"),
        (Step("No one has signed in yet", mark=Mark.NOTE), "• No one has signed in yet"),
        (Step("ALARM: nobody can sign in", mark=Mark.FAILED), "✗ ALARM: nobody can sign in"),
    ],
)
def test_a_step_is_one_line(step: Step, line: str) -> None:
    assert step.render() == line


def test_a_result_has_the_verdict_first_and_no_steps() -> None:
    steps = (*STEPS, Step("300 accounts", mark=Mark.NOTE, lasting=True), Step("for now", mark=Mark.NOTE))
    answer = Answer("✓ On", ("24 checks passed", "A line"), next=("test --login", "status"))
    assert render(steps, answer, prefix="/sso").split("\n") == [
        "✓ On",
        "24 checks passed",
        "A line",
        "• 300 accounts",
        "Next: `/sso test --login`, `/sso status`",
    ]


@pytest.mark.parametrize(
    ("prefix", "shown"), [("!sso", "`!sso status`"), ("@ssobot sso", "`@ssobot sso status`"), ("", "`status`")]
)
def test_next_is_told_as_it_was_typed(prefix: str, shown: str) -> None:
    assert render((), Answer("Done", next=("status",)), prefix=prefix) == f"Done\nNext: {shown}"


def test_while_it_works() -> None:
    assert render_working(STEPS[:1], "waiting for Rocket.Chat") == "✓ Discovery read   0.1 s\n… waiting for Rocket.Chat"


def test_once_it_is_over() -> None:
    assert render_ended(STEPS[:1], 6.26) == "✓ Discovery read   0.1 s\nEnded after 6.3 s."


def test_a_failure_has_three_parts_and_tells_what_had_been_done() -> None:
    error = UserError("The service is off.", why="Rocket.Chat refused.", fix="Type `repair`.")
    steps = (*STEPS, Step("A", 1, change=True), Step("B", 1, change=True), Step("C", mark=Mark.NOTE, lasting=True))
    assert render_failure(steps, error, next=("status",)).split("\n") == [
        "✗ Not done: The service is off.",
        "Why: Rocket.Chat refused.",
        "Fix: Type `repair`.",
        "Done before that: A; B.",
        "Next: `/sso status`",
    ]


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (UserError(), "✗ Not done: This cannot be done."),
        (ConfigError(fix="Set it."), "✗ Not done: The configuration cannot work.\nFix: Set it."),
        (
            Busy("Encvoy ID", "PUT /api/x", status=429),
            "✗ Not done: Encvoy ID asks to slow down: PUT /api/x (429).",
        ),
    ],
)
def test_parts_that_are_missing_leave_no_gap(error: UserError, text: str) -> None:
    assert render_failure((), error) == text


def test_an_internal_error_shows_its_id_and_the_way_on() -> None:
    shown = render_internal(STEPS[:1], "1f2e3d4c", prefix="!sso")
    assert "✗ Result unknown: internal error 1f2e3d4c." in shown
    assert shown.endswith("Next: `!sso status`")


def test_an_answer_fits_and_keeps_its_end() -> None:
    shown = render((), Answer("✓ Done", tuple(f"line {n}" for n in range(2000)), next=("status",)))
    assert size(shown) <= SIZE_LIMIT
    assert shown.startswith("✓ Done\nline 0\n")
    assert shown.endswith("Next: `/sso status`")


@pytest.mark.parametrize("prefix", ["/sso", "!sso", "@ssobot sso", ""])
@pytest.mark.parametrize("following", [("status",), ("test --all", 'setup --name "Encvoy ID" --dry-run')])
def test_each_command_to_type_next_is_a_button_that_every_client_sends(prefix: str, following: tuple[str, ...]) -> None:
    text = render((), Answer("✓ On", ("`/sso rotate` creates one",), next=following), prefix=prefix)
    expected = tuple(f"!sso {line}" for line in following)
    assert buttons(text) == expected
    assert buttons(f"{text}\nThis is the reply to `rotate`.") == expected


def test_at_most_four_buttons_and_none_for_what_is_only_named() -> None:
    assert len(buttons(render((), Answer("x", next=("a", "b", "c", "d", "e"))))) == 4
    assert buttons("`/sso status` shows it") == ()
    assert buttons("Next: `/sso status`\nFix: none") == ()


@pytest.mark.parametrize(
    ("fix", "commands"),
    [
        ("`/sso disable` and `/sso enable` make Rocket.Chat read its settings again.", ()),
        ("`/sso disable` removes the button; `/sso setup` fixes the rest.", ("setup",)),
        ("`/sso enable` switches it on.", ("enable",)),
        ("`/sso setup` brings it back; `/sso remove` takes the rest away.", ("setup",)),
        ("`/sso remove --adopted-too` removes it; `/sso remove --dry-run` shows what.", ("remove --dry-run",)),
        ("Type `/sso disable --code 4F7K`.", ()),
    ],
)
def test_nobody_is_led_to_take_sign_in_away(fix: str, commands: tuple[str, ...]) -> None:
    assert fixes_in(fix) == commands


def test_the_commands_that_texts_tell_to_type() -> None:
    text = "`/sso setup` fixes it; then `/sso rotate`, or `/sso setup` again. `status` and `/sso …` are none."
    assert fixes_in(text) == ("setup", "rotate")
    assert fixes_in("`/sso rotate`", text) == ("rotate", "setup")
    assert render((), Answer("x", next=("a", "b", "a"))) == "x\nNext: `/sso a`, `/sso b`"
