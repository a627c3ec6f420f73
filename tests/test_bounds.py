"""How much is taken in, and what is not read at all."""

from __future__ import annotations

import gzip
import json
import zlib
from typing import Any

import pytest

from bot.bounds import (
    MAX_BODY,
    MAX_DEPTH,
    MAX_TOGETHER,
    MAX_VALUES,
    PIECE,
    Intake,
    NotJson,
    Unreadable,
    read_json,
    unpacked,
    values_in,
)

BODY = b'{"a": "' + b"x" * 5000 + b'"}'


@pytest.mark.parametrize(
    ("encoding", "raw"),
    [
        ("", BODY),
        ("identity", BODY),
        ("gzip", gzip.compress(BODY)),
        (" GZip ", gzip.compress(BODY)),
        ("x-gzip", gzip.compress(BODY)),
        ("deflate", zlib.compress(BODY)),
    ],
    ids=range(6),
)
def test_a_body_is_unpacked(encoding: str, raw: bytes) -> None:
    assert unpacked([raw[:10], raw[10:]], encoding) == BODY


def test_an_empty_body_is_empty_whatever_its_header_says() -> None:
    assert unpacked([], "gzip") == b""


@pytest.mark.parametrize(
    ("encoding", "raw", "why"),
    [
        ("br", BODY, "not requested"),
        ("gzip, gzip", gzip.compress(gzip.compress(BODY)), "not requested"),
        ("gzip", BODY, "damaged"),
        ("gzip", gzip.compress(BODY)[:-9], "damaged"),
        ("gzip", gzip.compress(bytes(MAX_BODY + 1)), "longer than 8 MB"),
    ],
    ids=range(5),
)
def test_what_cannot_be_unpacked_within_the_bound_is_refused(encoding: str, raw: bytes, why: str) -> None:
    with pytest.raises(Unreadable, match=why):
        unpacked([raw], encoding)


def test_a_body_of_just_the_bound_is_taken() -> None:
    assert len(unpacked([gzip.compress(bytes(MAX_BODY))], "gzip")) == MAX_BODY


@pytest.mark.parametrize(
    "value",
    [None, True, "", "é\U0001f511\u2028", [], {}, {"a": [1, -2.5, 1e300, 2**53, {"a": {}}]}, 123456789012345678901],
)
def test_json_is_read(value: Any) -> None:
    assert read_json(json.dumps(value)) == read_json(json.dumps(value, ensure_ascii=False).encode()) == value


@pytest.mark.parametrize(
    "text", ["", " ", "<html>", "{", "{}{}", "'a'", '{"a":1,}', "[" * 100_000, '{"a":' * 50_000], ids=range(9)
)
def test_what_is_no_json_is_said_to_be_none(text: str) -> None:
    with pytest.raises(NotJson):
        read_json(text)


@pytest.mark.parametrize(
    "body", [b'"\xff"', '"ä"'.encode("latin-1"), "{}".encode("utf-16"), b"\xef\xbb\xbf{}"], ids=range(4)
)
def test_only_utf_8_is_json(body: bytes) -> None:
    with pytest.raises(NotJson):
        read_json(body)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{"success": false, "success": true}', "a duplicate key"),
        ('[{"a": {"b": 1, "b": 1}}]', "a duplicate key"),
        ("NaN", "not a number"),
        ("[-Infinity]", "not a number"),
        ("1e999", "too large"),
        ("-1e999", "too large"),
        ("9" * 5000, "too large"),
        ("1." + "9" * 5000, "too large"),
        ("[" + "[]," * (MAX_VALUES // 2) + "[]]", "too many values"),
        ("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1), "nested too deeply"),
        ('{"a":' * (MAX_DEPTH + 1) + "1" + "}" * (MAX_DEPTH + 1), "nested too deeply"),
        ('[0, {"a": ' + "[" * MAX_DEPTH + "]" * MAX_DEPTH + "}]", "nested too deeply"),
    ],
)
def test_what_others_would_read_otherwise_is_refused(text: str, why: str) -> None:
    with pytest.raises(Unreadable, match=why) as caught:
        read_json(text)
    assert not isinstance(caught.value, NotJson)


def test_a_bound_can_be_lower() -> None:
    assert read_json(b'"xx"', 4) == "xx"
    with pytest.raises(Unreadable, match="too long"):
        read_json(b'"xxx"', 4)


def test_what_is_deep_enough_is_read() -> None:
    assert read_json("[" * MAX_DEPTH + "]" * MAX_DEPTH) is not None


@pytest.mark.parametrize("text", ["", "1", "[]", '{"a": [1, 2], "b": {}}', '"a,[{"'])
def test_values_are_counted_alike_in_bytes_and_text(text: str) -> None:
    assert values_in(text) == values_in(text.encode()) == sum(text.count(sign) for sign in ",[{")


def test_pieces_are_taken_in_until_they_are_too_long_together() -> None:
    intake = Intake("The pieces")
    intake.take(MAX_TOGETHER // 2 - PIECE)
    intake.take(MAX_TOGETHER // 2 - PIECE)
    with pytest.raises(Unreadable, match=r"^The pieces are together longer than 16 MB\.$"):
        intake.take(0)


def test_pieces_are_taken_in_until_they_have_too_many_values_together() -> None:
    intake = Intake("The pieces")
    intake.take(1, MAX_VALUES)
    with pytest.raises(Unreadable, match=r"^The pieces have too many values together\.$"):
        intake.take(1, 1)
    intake.take(1, 0)


def test_a_short_piece_counts_for_what_it_costs() -> None:
    intake = Intake("The pieces")
    intake.take(0, pieces=MAX_TOGETHER // PIECE)
    with pytest.raises(Unreadable):
        intake.take(0)


def test_a_piece_that_was_refused_or_given_back_does_not_count() -> None:
    intake = Intake("The pieces")
    intake.take(PIECE)
    with pytest.raises(Unreadable):
        intake.take(MAX_TOGETHER)
    intake.give_back(PIECE)
    intake.take(MAX_TOGETHER - PIECE)
    intake.give_back(MAX_TOGETHER - PIECE)
    intake.take(MAX_TOGETHER - 2 * PIECE, pieces=2)
