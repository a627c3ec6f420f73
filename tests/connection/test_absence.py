"""What is said of an application that is gone or hidden: nothing that would make it worse."""

from __future__ import annotations

import pytest

from bot.connection.absence import ChangedByOthers, gone, hidden, replaced
from bot.connection.state import NotVisible

THERE, UNCLEAR = hidden(NotVisible("c1")), hidden(NotVisible("c1", there=False))


@pytest.mark.parametrize("said", [gone("c1"), THERE, UNCLEAR])
def test_it_names_the_application_and_the_command(said: ChangedByOthers) -> None:
    assert "c1" in said.what
    assert "`/sso setup` creates a new one" in said.fix


@pytest.mark.parametrize("said", [THERE, UNCLEAR])
def test_whoever_gives_a_role_is_told_which_one_to_leave(said: ChangedByOthers) -> None:
    assert "Do not change the user's role in Encvoy ID itself" in said.fix


def test_no_role_is_asked_for_where_it_is_gone() -> None:
    assert "EDITOR" not in gone("c1").fix


def test_only_what_was_seen_is_called_there() -> None:
    assert "exists" in THERE.what
    assert "exists" not in UNCLEAR.what


@pytest.mark.parametrize("said", [gone("c1").fix, replaced("c1")])
def test_accounts_are_promised_to_the_same_encvoy_id_alone(said: str) -> None:
    assert "everybody keeps their account as long as it is the same Encvoy ID" in said
    assert "people would get into each other's accounts" in said


def test_what_a_new_one_costs_is_said_before() -> None:
    assert "asks each person for consent once more" in replaced("c1")
