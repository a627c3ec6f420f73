"""What must hold in the simulation, after each step and at its end."""

from __future__ import annotations

from bot.chatops.answer import is_over
from bot.chatops.origin import FromMessage, FromSchedule
from bot.chatops.ports import OperationState
from bot.chatops.posting import derived_id, second_id
from bot.errors import StoreUnavailable
from tests.support.simulation.world import World

ALARMED, RECOVERED = "✗", "✓ Recovered"


def hold(world: World) -> None:
    """All that must hold at any time."""
    assert not world.troubles, world.troubles
    assert not world.secrets.leaked, "a secret is in a text"
    assert not world.untrue, world.untrue
    assert not world.schedules.wrong, world.schedules.wrong
    assert not world.operations.late, world.operations.late
    a_secret_that_we_hold_is_valid(world)
    each_message_has_one_result(world)
    each_due_time_rotates_once(world)
    no_recovery_without_a_failure(world)


def a_secret_that_we_hold_is_valid(world: World) -> None:
    """Unless somebody else chose it."""
    connection, application = world.connection, world.application
    if connection is None or application is None or connection.current is None:
        return
    held = {connection.current, connection.pending}
    foreign = application.secret.reveal() in world.secrets.foreign
    assert application.secret in held or foreign, "no secret of the store is valid at Encvoy ID"


def each_message_has_one_result(world: World) -> None:
    """And it says one thing only."""
    for operation in world.operations.rows.values():
        posted = world.chat.posted.get(operation.reply_id)
        texts = set(posted.texts) if posted else set()
        # While the database is away an answer cannot be stored; a later start may know more of it, or less.
        assert len([text for text in texts if str(StoreUnavailable()) not in text]) < 2, texts
        origin = operation.origin
        if isinstance(origin, FromMessage):
            said = world.chat.posted.get(derived_id(origin.message_id, "said"))
            answers = [answer for answer in (said, posted) if answer is not None]
            late = any(answer.id in world.chat.late for answer in answers)
            assert late or len(answers) < 2, f"two answers: {[answer.text for answer in answers]}"
            known = {i for base in _parts(operation.reply_id) for i in (base, second_id(base))}
            thread = [p for p in world.chat.posted.values() if p.thread_id == origin.message_id]
            known.add(derived_id(origin.message_id, "said"))
            assert all(p.id in known or is_over(p.text) for p in thread), [p.text for p in thread]


def each_due_time_rotates_once(world: World) -> None:
    """One slot leads to one success."""
    assert all(times == 1 for times in world.schedules.begun.values()), world.schedules.begun
    rotated = [
        operation.origin.due.rsplit(" ", 1)[0]
        for operation in world.operations.rows.values()
        if isinstance(operation.origin, FromSchedule) and operation.state is OperationState.DONE
    ]
    assert len(rotated) == len(set(rotated)), rotated


def no_recovery_without_a_failure(world: World) -> None:
    """In the order in which they were posted."""
    failed = False
    for posted in world.chat.posted.values():
        if posted.thread_id is None:
            assert failed or not posted.text.startswith(RECOVERED), posted.text
            failed = failed or any(text.startswith(ALARMED) for text in posted.texts)


def come_to_rest(world: World) -> None:
    """Waits for whatever is unfinished."""
    world.weather.clear_up()
    for one in world.alive:
        one.go_on()
    if not world.alive:
        world.start()
    for _ in range(12):
        world.run(600)
        if all(operation.delivered for operation in world.operations.rows.values()):
            break
    left = [operation.words for operation in world.operations.rows.values() if not operation.delivered]
    assert not left, f"not answered: {left}"


def agree_or_say_why(world: World) -> None:
    """After `setup`, which mends whatever somebody else has changed."""
    if world.connection is None and world.ours() == (0, 0):
        return
    message_id = world.type("setup")
    world.run(600)
    [mine] = [
        o
        for o in world.operations.rows.values()
        if isinstance(o.origin, FromMessage) and o.origin.message_id == message_id
    ]
    assert mine.reply_text is not None
    if mine.state is OperationState.DONE:
        assert world.disagreement() is None, f"{mine.reply_text} But {world.disagreement()}."
        assert max(world.ours()) <= 1, f"{world.ours()} applications and services of ours"
    else:
        assert "Fix: " in mine.reply_text, mine.reply_text


def _parts(reply_id: str) -> list[str]:
    """The ids of all messages of one operation."""
    return [reply_id, derived_id(reply_id, "progress"), derived_id(reply_id, "alarm")]
