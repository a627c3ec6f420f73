"""What is shown while an operation works."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.chatops.execution import Steps
from tests.support.clocks import SteppedClock


@dataclass
class Screen:
    """What is shown, and what is told at once."""

    shown: list[str] = field(default_factory=list)
    alarms: list[str] = field(default_factory=list)

    def show(self, text: str) -> None:
        self.shown.append(text)

    def alarm(self, text: str) -> None:
        self.alarms.append(text)


async def test_a_step_takes_what_passed_since_the_last(clock: SteppedClock) -> None:
    screen = Screen()
    steps = Steps(clock, screen)
    await clock.advance(5)
    steps.begin()
    await clock.advance(0.5)
    steps.step("read")
    steps.note("nothing new")
    await clock.advance(0.25)
    steps.doing("writing")
    steps.step("written")
    steps.did("proved", 7)
    assert [step.seconds for step in steps.done] == [0.5, None, 0.25, 7]
    assert screen.shown[2] == "✓ read   0.5 s\n• nothing new\n… writing"
    assert screen.shown[-1].endswith("✓ proved   7.0 s\n… working")


async def test_an_alarm_is_told_at_once_and_stays_in_the_progress(clock: SteppedClock) -> None:
    screen = Screen()
    steps = Steps(clock, screen)
    steps.alarm("ALARM: nobody can sign in.\nWhy: it is away.")
    assert screen.alarms == ["✗ ALARM: nobody can sign in.\nWhy: it is away."]
    assert screen.shown == ["✗ ALARM: nobody can sign in.\n… working"]


async def test_what_lasts_and_what_counts_as_a_change(clock: SteppedClock) -> None:
    steps = Steps(clock, Screen())
    steps.step("read")
    steps.did("written", 1)
    steps.note("people must know")
    steps.remark("for now")
    steps.alarm("ALARM")
    assert [step.text for step in steps.done if step.change] == ["written"]
    assert [step.text for step in steps.done if step.lasting] == ["people must know"]


async def test_the_last_text_of_a_progress_without_steps_takes_no_time_to_read(clock: SteppedClock) -> None:
    steps = Steps(clock, Screen())
    steps.note("people must know")
    await clock.advance(0.2)
    assert steps.ended("!sso", told=True) == "Done."
    assert Steps(clock, Screen()).ended("!sso", well=False) == "Ended."


async def test_the_last_text_of_the_progress_says_how_long_it_took(clock: SteppedClock) -> None:
    steps = Steps(clock, Screen())
    await clock.advance(30)
    steps.begin()
    await clock.advance(2.5)
    steps.step("`/sso setup` done")
    steps.note("people must know")
    assert steps.ended("!sso") == "✓ `!sso setup` done   2.5 s\n• people must know\nEnded after 2.5 s."
    assert steps.ended("!sso", told=True) == "✓ `!sso setup` done   2.5 s\nEnded after 2.5 s."
