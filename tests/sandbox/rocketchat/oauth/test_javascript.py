"""Truth, text and equality of another language."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.rocketchat.oauth.javascript import (
    UNDEFINED,
    JsTypeError,
    holds,
    identical,
    member,
    parse,
    read,
    regular_expression,
    same,
    text,
    truthy,
)


@pytest.mark.parametrize("value", [[], {}, "0", "false", -1, float("inf"), True])
def test_what_is_true(value: Any) -> None:
    assert truthy(value)


@pytest.mark.parametrize("value", [None, UNDEFINED, "", 0, 0.0, False, float("nan")])
def test_what_is_false(value: Any) -> None:
    assert not truthy(value)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("x", "x"),
        (None, "null"),
        (UNDEFINED, "undefined"),
        (True, "true"),
        (False, "false"),
        (42, "42"),
        (42.0, "42"),
        (100, "100"),
        (0, "0"),
        (1.5, "1.5"),
        (-2.5, "-2.5"),
        (12345678901234567890, "12345678901234567000"),
        (1e21, "1e+21"),
        (float("-inf"), "-Infinity"),
        (1.5e-7, "1.5e-7"),
        (0.000001, "0.000001"),
        ([1, None, "a", [2]], "1,,a,2"),
        ({"a": 1}, "[object Object]"),
    ],
)
def test_what_is_written(value: Any, written: str) -> None:
    assert text(value) == written


@pytest.mark.parametrize(
    ("left", "right", "equal"),
    [
        (1, 1.0, True),
        (1, True, False),
        (0, False, False),
        ("1", 1, False),
        (2**53, 2**53 + 1, True),
        (None, UNDEFINED, True),
        (None, "", False),
        ([1, {"a": None}], [1.0, {"a": None}], True),
        ([1], [1, 2], False),
        ({"a": 1}, {"a": 2}, False),
    ],
)
def test_what_the_database_finds_equal(left: Any, right: Any, equal: bool) -> None:
    assert same(left, right) is same(right, left) is equal


def test_two_lists_are_never_identical() -> None:
    assert not identical([1], [1])
    assert identical("a", "a")


def test_a_list_is_found_by_itself_and_by_its_items() -> None:
    assert holds(["a", "b"], "b")
    assert holds(["a", "b"], ["a", "b"])
    assert not holds(["a", "b"], ["b"])


@pytest.mark.parametrize(
    ("value", "name", "found"),
    [({"a": 1}, "a", 1), (["x"], "0", "x"), ("xy", "1", "y"), (["x"], "length", 1), (["x"], "01", UNDEFINED)],
)
def test_members(value: Any, name: str, found: Any) -> None:
    assert member(value, name) == found


@pytest.mark.parametrize("value", [None, UNDEFINED])
def test_nothing_has_no_members(value: Any) -> None:
    with pytest.raises(JsTypeError, match=rf"Cannot read properties of {text(value)} \(reading 'a'\)"):
        read(value, "a")


def test_named_groups_are_written_otherwise() -> None:
    found = regular_expression("(?<user>.+)(?<!x)@")("ada@people.example")
    assert found
    assert found.group(1) == "ada"


def test_an_expression_that_is_none() -> None:
    with pytest.raises(JsTypeError, match=r"Invalid regular expression: /\(/"):
        regular_expression("(")


def test_great_numbers_lose_their_last_digits() -> None:
    assert parse('{"a": 9007199254740993, "b": 7}') == {"a": 9007199254740992.0, "b": 7}


@pytest.mark.parametrize(
    ("broken", "complaint"),
    [
        ("<html>", "Unexpected token '<', \"<html>\" is not valid JSON"),
        ("<!doctype html><html><head></head></html>", "Unexpected token '<', \"<!doctype \"... is not valid JSON"),
        ("", "Unexpected end of JSON input"),
        ("NaN", "Unexpected token 'N', \"NaN\" is not valid JSON"),
    ],
)
def test_what_is_no_json_is_said_in_v8s_words(broken: str, complaint: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the text is compared whole
        parse(broken)
    assert str(caught.value) == complaint
