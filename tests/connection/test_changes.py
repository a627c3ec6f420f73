"""Which changes write, and where."""

from __future__ import annotations

import pytest

from bot.connection.changes import (
    AwaitLive,
    Change,
    CommitSecret,
    CreateApplication,
    CreateService,
    Live,
    Prove,
    ProveInUse,
    WriteApplicationSecret,
    WriteServiceSecret,
)


@pytest.mark.parametrize(
    ("change", "where"),
    [
        (CreateService(), "Rocket.Chat"),
        (WriteServiceSecret(), "Rocket.Chat"),
        (CreateApplication(), "Encvoy ID"),
        (WriteApplicationSecret(), "Encvoy ID"),
        (AwaitLive(Live.ON), None),
        (Prove(), None),
        (ProveInUse(), None),
        (CommitSecret(), None),
    ],
)
def test_what_has_a_side_writes_there(change: Change, where: str | None) -> None:
    assert change.side == where


def test_what_rocketchat_uses_is_proved_at_once_unless_it_is_said_otherwise() -> None:
    assert ProveInUse() == ProveInUse(later=False) != ProveInUse(later=True)
