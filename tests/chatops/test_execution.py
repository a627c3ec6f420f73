"""What is shown while an operation works."""

from __future__ import annotations

from bot.chatops.execution import Steps
from tests.support.clocks import SteppedClock


async def test_a_step_takes_what_passed_since_the_last(clock: SteppedClock) -> None:
    shown: list[str] = []
    steps = Steps(clock, shown.append)
    await clock.advance(5)
    steps.begin()
    await clock.advance(0.5)
    steps.step("read")
    steps.note("nothing new")
    await clock.advance(0.25)
    steps.doing("writing")
    steps.step("written")
    steps.step("proved", seconds=7)
    assert [step.seconds for step in steps.done] == [0.5, None, 0.25, 7]
    assert shown[2] == "✓ read   0.5 s\n• nothing new\n… writing"
    assert shown[-1].endswith("✓ proved   7.0 s\n… working")
