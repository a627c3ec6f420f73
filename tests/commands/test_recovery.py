"""What each command leaves when it is interrupted before its first write, and after it."""

from __future__ import annotations

import pytest

from bot.chatops.grammar import reread
from bot.chatops.ports import Person, Room
from bot.chatops.registry import Call, OperationRef, Recovery, Trace
from bot.connection.state import Connection
from bot.errors import Forbidden, NoAnswer, RemoteError
from commands.recovery import PATIENCE, PAUSE
from tests.commands.test_effects import EFFECTS, OWN, arranged
from tests.support.counter import WRITES, Counter

DESIRING = tuple(words for words in EFFECTS if words.split()[0] not in OWN)


class Killed(BaseException):
    """The process is gone: nothing catches it."""


async def interrupted(counter: Counter, words: str, *, writes: int) -> Connection | None:
    """The command is killed before its write number `writes + 1`, its own record not counted; what was desired before
    it."""
    before = counter.connections.row
    left = writes + (words == "rotate")  # which asks first, by an empty write, whether it may write

    def kill(call: str) -> RemoteError | None:
        nonlocal left
        name, _, when = call.partition(" ")
        if when == "before" and name in WRITES - {"save"}:
            left -= 1
            if left < 0:
                raise Killed
        return None

    counter.world.script = kill
    with pytest.raises(Killed):
        await counter.run(words)
    counter.world.script = lambda _: None
    return before


def recovery(counter: Counter, words: str) -> tuple[Recovery, Call]:
    invocation = reread(words, counter.registry.commands)
    assert invocation is not None
    found = invocation.command.recovery
    assert found is not None
    call = Call(
        who=Person("u1", "anna", None, active=True, type="user"),
        room=Room("r1", "sso-admins", "p", encrypted=False, members=3),
        arguments=invocation.arguments,
        options=frozenset(),
        progress=counter.spoken,
        authorize=counter._authorize,
        operation=OperationRef("op1", resumed=True),
        private=counter.private,
    )
    return found, call


def test_every_command_with_an_effect_knows_what_an_interrupted_run_leaves(counter: Counter) -> None:
    commands = counter.registry.commands.values()
    knowing = {command.name for command in commands if command.recovery is not None}
    assert knowing == {command.name for command in commands if command.effect} != set()


def test_every_command_with_an_effect_is_among_those_that_are_tried(counter: Counter) -> None:
    """So each is known to ask just before its first effect (`test_effects`), and to be traced (here)."""
    effects = {command.name for command in counter.registry.commands.values() if command.effect}
    assert {words.split()[0] for words in EFFECTS} == effects


@pytest.mark.parametrize("words", [words for words in EFFECTS if words not in ("adopt", "repair")])
async def test_before_its_first_write_nothing_shows_and_it_can_be_reverted(counter: Counter, words: str) -> None:
    await arranged(counter, words)
    counter.connections.befores.clear()
    before = await interrupted(counter, words, writes=0)
    found, call = recovery(counter, words)
    assert await found.trace(call) is Trace.NOTHING
    await found.revert(call)
    assert counter.connections.row == before


@pytest.mark.parametrize(
    ("words", "writes", "trace"),
    [("setup", 1, Trace.UNCLEAR), ("setup", 2, Trace.PART), ("rotate", 1, Trace.PART)],
    ids=["a service as anybody makes one", "setup", "rotate"],
)
async def test_after_its_first_writes_a_part_shows(counter: Counter, words: str, writes: int, trace: Trace) -> None:
    await arranged(counter, words)
    counter.connections.befores.clear()
    await interrupted(counter, words, writes=writes)
    found, call = recovery(counter, words)
    assert await found.trace(call) is trace


@pytest.mark.parametrize("words", EFFECTS)
async def test_done_it_shows(counter: Counter, words: str) -> None:
    await arranged(counter, words)
    counter.connections.befores.clear()
    await counter.run(words)
    found, call = recovery(counter, words)
    other = {"rotate": Trace.NOTHING, "remove": Trace.NOTHING, "repair": Trace.UNCLEAR}
    assert await found.trace(call) is other.get(words, Trace.PART), "the receipt of a rotation tells of it"


async def test_adopt_is_done_once_it_is_saved(counter: Counter) -> None:
    await arranged(counter, "adopt")
    counter.connections.befores.clear()
    found, call = recovery(counter, "adopt")
    assert await found.trace(call) is Trace.NOTHING
    await counter.run("adopt")
    kept = counter.connections.row
    assert await found.trace(call) is Trace.PART
    _, text = await counter.run("adopt", resumed=True)
    assert "• Rocket.Chat: `login_style`: `redirect` → `popup`" in text
    assert (counter.connections.row, counter.writes) == (kept, [])


@pytest.mark.parametrize("words", DESIRING)
async def test_without_a_saved_desired_state_nothing_was_begun(standing: Counter, words: str) -> None:
    standing.connections.befores.clear()
    found, call = recovery(standing, words)
    assert await found.trace(call) is Trace.NOTHING


async def test_what_only_drifted_cannot_be_told(standing: Counter) -> None:
    standing.connections.befores.clear()
    standing.rocketchat.settings["Encvoyid"]["token_path"] = "/wrong"
    before = await interrupted(standing, "setup", writes=0)
    found, call = recovery(standing, "setup")
    assert await found.trace(call) is Trace.UNCLEAR
    assert standing.connections.row == before


async def test_a_system_that_is_away_is_looked_for_and_then_an_error(counter: Counter) -> None:
    await interrupted(counter, "setup", writes=0)
    counter.world.script = lambda call: NoAnswer("Encvoy ID", "GET") if call == "applications before" else None
    found, call = recovery(counter, "setup")
    began = counter.world.clock.seconds
    with pytest.raises(NoAnswer):
        await found.trace(call)
    assert PATIENCE <= counter.world.clock.seconds - began <= PATIENCE + PAUSE


async def test_a_system_that_comes_late_is_seen(counter: Counter) -> None:
    await interrupted(counter, "setup", writes=0)
    errors = iter([NoAnswer("Encvoy ID", "GET")] * 3)
    counter.world.script = lambda call: next(errors, None) if call == "applications before" else None
    found, call = recovery(counter, "setup")
    assert await found.trace(call) is Trace.NOTHING


async def test_a_refusal_is_not_waited_out(counter: Counter) -> None:
    await interrupted(counter, "setup", writes=0)
    counter.world.script = lambda call: Forbidden("Encvoy ID", "GET") if call == "applications before" else None
    found, call = recovery(counter, "setup")
    began = counter.world.clock.seconds
    with pytest.raises(Forbidden):
        await found.trace(call)
    assert counter.world.clock.seconds - began < PAUSE


@pytest.mark.parametrize("writes", [0, 1])
async def test_to_see_what_became_of_disable_nothing_is_asked_of_encvoy_id(standing: Counter, writes: int) -> None:
    standing.connections.befores.clear()
    if writes:
        await standing.run("disable")
    else:
        await interrupted(standing, "disable", writes=0)
    standing.world.script = lambda call: NoAnswer("Encvoy ID", "GET") if "application" in call else None
    found, call = recovery(standing, "disable")
    assert await found.trace(call) is (Trace.PART if writes else Trace.NOTHING)


async def test_an_exchange_that_cannot_be_seen_is_waited_for(standing: Counter) -> None:
    standing.connections.befores.clear()
    await interrupted(standing, "rotate", writes=0)
    errors = iter([NoAnswer("Encvoy ID", "GET"), NoAnswer("Encvoy ID", "GET")])
    standing.world.script = lambda call: next(errors, None) if call == "application before" else None
    found, call = recovery(standing, "rotate")
    standing.world.calls.clear()
    assert await found.trace(call) is Trace.NOTHING
    assert standing.world.calls.count("application") == 3
