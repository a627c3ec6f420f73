"""Meteor's merge box: what several subscriptions of one session hold together."""

from __future__ import annotations

import pytest

from sandbox.rocketchat.ddp.merge_box import MergeBox, MergedFrame


@pytest.fixture
def box() -> MergeBox:
    box = MergeBox()
    assert box.add("one", "x", {"a": 1, "b": 1}) == [MergedFrame("added", "x", {"a": 1, "b": 1})]
    return box


def test_a_change_sends_what_differs(box: MergeBox) -> None:
    assert box.change("one", "x", {"a": 2, "b": 1}) == [MergedFrame("changed", "x", {"a": 2})]
    assert box.change("one", "x", {"a": 2, "b": 1}) == []


def test_none_clears_a_field(box: MergeBox) -> None:
    assert box.change("one", "x", {"a": None}) == [MergedFrame("changed", "x", {}, ("a",))]


def test_nothing_is_sent_of_what_nobody_holds(box: MergeBox) -> None:
    assert box.change("one", "y", {"a": 1}) == []
    assert box.remove("one", "y") == []


def test_the_first_to_care_for_a_field_counts(box: MergeBox) -> None:
    assert box.add("two", "x", {"a": 9, "c": 9}) == [MergedFrame("changed", "x", {"c": 9})]
    assert box.change("two", "x", {"a": 8}) == []
    assert box.change("one", "x", {"a": 2}) == [MergedFrame("changed", "x", {"a": 2})]


def test_when_the_first_lets_go_the_second_counts(box: MergeBox) -> None:
    box.add("two", "x", {"a": 9})
    assert box.drop("one") == [MergedFrame("changed", "x", {"a": 9}, ("b",))]
    assert box.drop("two") == [MergedFrame("removed", "x")]


def test_dropping_one_of_two_that_say_the_same_is_silent(box: MergeBox) -> None:
    box.add("two", "x", {"a": 1, "b": 1})
    assert box.drop("one") == []


def test_who_only_told_of_a_change_holds_nothing(box: MergeBox) -> None:
    box.change("two", "x", {"a": 1})
    assert box.drop("two") == []
    assert box.remove("one", "x") == [MergedFrame("removed", "x")]


def test_beginning_anew_sends_the_difference(box: MergeBox) -> None:
    assert box.replace({"one": {"x": {"a": 1, "b": 2}, "y": {"a": 1}}}) == [
        MergedFrame("changed", "x", {"b": 2}),
        MergedFrame("added", "y", {"a": 1}),
    ]
    assert box.replace({"one": {}}) == [MergedFrame("removed", "x"), MergedFrame("removed", "y")]
