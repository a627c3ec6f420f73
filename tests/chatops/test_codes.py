"""Codes: bound to what was shown, to the command and to the person; five minutes; once; over restarts."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.chatops.codes import (
    ALPHABET,
    LENGTH,
    MOST,
    NOTE,
    REMEMBERED,
    VALID,
    Codes,
    Purpose,
    Worth,
    fingerprint,
    new_code,
)
from tests.support.chat import MemoryNotes
from tests.support.clocks import START

PURPOSE = Purpose("disable", fingerprint("c1", False, []), "anna")


@pytest.fixture
def notes() -> MemoryNotes:
    return MemoryNotes()


@pytest.fixture
def codes(notes: MemoryNotes) -> Codes:
    return Codes(notes)


async def test_a_code_is_accepted_once(codes: Codes) -> None:
    code = await codes.show(PURPOSE, START)
    assert await codes.take(code, PURPOSE, "op1", START + timedelta(minutes=1)) is Worth.ACCEPTED
    assert await codes.take(code, PURPOSE, "op2", START + timedelta(minutes=1)) is Worth.USED


async def test_an_operation_that_was_interrupted_may_use_its_own_code_again(codes: Codes) -> None:
    """Even if it is continued later than the code is valid: what it was for may be half done."""
    code = await codes.show(PURPOSE, START)
    await codes.take(code, PURPOSE, "op1", START)
    assert await codes.take(code, PURPOSE, "op1", START + 2 * VALID) is Worth.ACCEPTED


@pytest.mark.parametrize(
    ("purpose", "after", "expected"),
    [
        (PURPOSE, VALID - timedelta(seconds=1), Worth.ACCEPTED),
        (PURPOSE, VALID, Worth.EXPIRED),
        (PURPOSE, -timedelta(seconds=1), Worth.EXPIRED),
        (replace(PURPOSE, user_id="bert"), timedelta(0), Worth.OF_ANOTHER_PERSON),
        (replace(PURPOSE, command="remove"), timedelta(0), Worth.OF_ANOTHER_COMMAND),
        (replace(PURPOSE, shown=fingerprint("c1", None, [])), timedelta(0), Worth.OUTDATED),
    ],
    ids=["in time", "too late", "before it was shown", "another person", "another command", "something else was shown"],
)
async def test_what_a_code_is_worth(codes: Codes, purpose: Purpose, after: timedelta, expected: Worth) -> None:
    code = await codes.show(PURPOSE, START)
    assert await codes.take(code, purpose, "op1", START + after) is expected


async def test_what_is_not_accepted_uses_no_code_up(codes: Codes) -> None:
    code = await codes.show(PURPOSE, START)
    await codes.take(code, replace(PURPOSE, user_id="bert"), "op1", START)
    assert await codes.take(code, PURPOSE, "op2", START) is Worth.ACCEPTED


async def test_a_code_may_be_typed_in_lower_case(codes: Codes) -> None:
    code = await codes.show(PURPOSE, START)
    assert await codes.take(f" {code.lower()} ", PURPOSE, "op1", START) is Worth.ACCEPTED


async def test_a_code_that_was_never_shown(codes: Codes) -> None:
    assert await codes.take("4F7K", PURPOSE, "op1", START) is Worth.NEVER_SHOWN


async def test_a_restart_forgets_none(codes: Codes, notes: MemoryNotes) -> None:
    code = await codes.show(PURPOSE, START)
    assert await Codes(notes).take(code, PURPOSE, "op1", START) is Worth.ACCEPTED
    assert await Codes(notes).take(code, PURPOSE, "op2", START) is Worth.USED


@pytest.mark.parametrize("note", ["", "no JSON", "{}", "[1]", '[{"code": "4F7K"}]', '[{"code": 1, "purpose": {}}]'])
async def test_a_note_that_cannot_be_read_holds_none(codes: Codes, notes: MemoryNotes, note: str) -> None:
    await notes.put(NOTE, note)
    assert await codes.take("4F7K", PURPOSE, "op1", START) is Worth.NEVER_SHOWN
    code = await codes.show(PURPOSE, START)
    assert await codes.take(code, PURPOSE, "op1", START) is Worth.ACCEPTED


async def test_old_ones_are_forgotten_and_there_are_never_many(codes: Codes) -> None:
    first = await codes.show(PURPOSE, START)
    shown = [await codes.show(PURPOSE, START + timedelta(seconds=1)) for _ in range(MOST)]
    later = START + timedelta(seconds=2)
    assert await codes.take(first, PURPOSE, "op1", later) is Worth.NEVER_SHOWN
    assert await codes.take(shown[0], PURPOSE, "op1", later) is Worth.ACCEPTED
    await codes.show(PURPOSE, START + REMEMBERED + timedelta(minutes=1))
    assert await codes.take(shown[1], PURPOSE, "op1", later) is Worth.NEVER_SHOWN


def test_no_letter_or_digit_looks_like_another() -> None:
    assert len(set(ALPHABET)) == len(ALPHABET)
    assert not set(ALPHABET) & set("0O1IL2Z5S8BUVDQ")


def test_a_code_is_none_of_those_that_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    letters = iter("AAAA" + "CCCC")
    monkeypatch.setattr("bot.chatops.codes.secrets.choice", lambda _: next(letters))
    assert new_code(["A" * LENGTH]) == "C" * LENGTH


def test_the_same_that_is_shown_has_the_same_fingerprint() -> None:
    assert fingerprint("a", None, ["b"]) == fingerprint("a", None, ["b"])
    assert len({fingerprint("a", None), fingerprint("a", False), fingerprint("a", "None"), fingerprint("a")}) == 4
