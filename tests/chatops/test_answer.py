"""What an answer looks like."""

from __future__ import annotations

import pytest

from bot.chatops.answer import Answer, Mark, Step, render, render_failure, render_internal, render_working
from bot.chatops.text import SIZE_LIMIT, size
from bot.errors import Busy, ConfigError, UserError

STEPS = (Step("Discovery read", 0.14), Step("16 settings written", 2.06))


@pytest.mark.parametrize(
    ("step", "line"),
    [
        (Step("Written", 0.25), "✓ Written   0.2 s"),
        (Step("Written", 0.05), "✓ Written   0.1 s"),
        (Step("Written", 0.049), "✓ Written"),
        (Step("Written"), "✓ Written"),
        (Step("No one has signed in yet", mark=Mark.NOTE), "• No one has signed in yet"),
        (Step("the callback", mark=Mark.FAILED), "✗ failed: the callback"),
    ],
)
def test_a_step_is_one_line(step: Step, line: str) -> None:
    assert step.render() == line


def test_a_whole_answer() -> None:
    answer = Answer((Step("24 checks passed"), "A line as it is"), next=("test --login", "status"))
    assert render(STEPS, answer, prefix="/sso").split("\n") == [
        "✓ Discovery read   0.1 s",
        "✓ 16 settings written   2.1 s",
        "✓ 24 checks passed",
        "A line as it is",
        "Next: `/sso test --login`, `/sso status`",
    ]


@pytest.mark.parametrize(
    ("prefix", "shown"), [("!sso", "`!sso status`"), ("@ssobot sso", "`@ssobot sso status`"), ("", "`status`")]
)
def test_next_is_told_as_it_was_typed(prefix: str, shown: str) -> None:
    assert render((), Answer(next=("status",)), prefix=prefix) == f"Next: {shown}"


def test_while_it_works() -> None:
    assert render_working(STEPS[:1], "waiting for Rocket.Chat") == "✓ Discovery read   0.1 s\n… waiting for Rocket.Chat"


def test_a_failure_keeps_the_steps_and_has_three_parts() -> None:
    error = UserError("The service is off.", why="Rocket.Chat refused.", mend="Type `repair`.")
    assert render_failure(STEPS[:1], error, next=("status",)).split("\n") == [
        "✓ Discovery read   0.1 s",
        "✗ Not done: The service is off.",
        "Why: Rocket.Chat refused.",
        "Fix: Type `repair`.",
        "Next: `/sso status`",
    ]


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (UserError(), "✗ Not done: This cannot be done."),
        (ConfigError(mend="Set it."), "✗ Not done: The configuration cannot work.\nFix: Set it."),
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
    shown = render([Step(f"line {n}", 0.1) for n in range(2000)], Answer(next=("status",)))
    assert size(shown) <= SIZE_LIMIT
    assert shown.endswith("Next: `/sso status`")


def test_an_answer_calls_nobody() -> None:
    assert "@all" not in render((), Answer(("hello @all",)))
