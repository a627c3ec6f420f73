"""What a command costs is counted as it is meant, and a cost beyond its bound is found."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sandbox.ledger import Ledger, LedgerEntry
from tools.round_trips import BOUNDS, Cost, Who, cost, longest_chain, missed, table

WHO = Who("bot", "anna", "main")
SWITCH = "/api/v1/settings/Accounts_OAuth_Custom-Encvoyid"


def request(began: float, at: float, path: str = "/api/v1/me", **more: Any) -> LedgerEntry:
    return LedgerEntry(
        **{"at": at, "kind": "request", "method": "GET", "path": path, "who": "bot", "began": began, **more}
    )


def counted(*rocketchat: LedgerEntry, encvoy: tuple[LedgerEntry, ...] = ()) -> Cost:
    return cost(Ledger(list(rocketchat)), Ledger(list(encvoy)), WHO, since=0.5)


@pytest.mark.parametrize(
    ("intervals", "length"),
    [
        ([], 0),
        ([(1, 2), (1, 2), (1.5, 3)], 1),
        ([(1, 2), (2, 3), (3, 4)], 3),
        ([(1, 9), (2, 3), (4, 5)], 2),
        ([(1, 3), (2, 4), (3, 5), (4, 6)], 2),
    ],
)
def test_a_chain_is_the_longest_row_that_does_not_overlap(intervals: list[tuple[float, float]], length: int) -> None:
    assert longest_chain(request(*interval) for interval in intervals) == length


def test_requests_of_both_systems_make_one_chain() -> None:
    assert counted(request(1, 2), encvoy=(request(2, 3, "/oidc/auth"), request(1, 2, "/oidc/auth"))) == Cost(2, 3)


def test_what_others_ask_and_what_was_asked_before_is_not_counted() -> None:
    theirs = request(1, 2, "/oidc/token", body={"client_id": "rocketchat"}), request(1, 2, "/oidc/me")
    assert counted(request(0.1, 0.2), request(1, 2, who="anna"), encvoy=theirs) == Cost(0, 0)


def test_the_bots_own_login_is_counted() -> None:
    assert counted(encvoy=(request(1, 2, "/oidc/token", body={"client_id": "main"}),)) == Cost(1, 1)


def test_messages_and_role_checks_are_counted_apart() -> None:
    message, check = request(1, 2, "/api/v1/chat.update"), request(1, 2, "/api/v1/users.info", query="userId=anna")
    assert counted(message, check) == Cost(0, 0, roles=1, answer=1)


def test_the_doctor_looks_at_people_too() -> None:
    check = request(1, 2, "/api/v1/users.info", query="userId=anna")
    holders = request(3, 4, "/api/v1/roles.getUsersInRole")
    assert counted(check, holders, replace(check, began=5, at=6)) == Cost(2, 2, roles=1)


@pytest.mark.parametrize("kind", ["live", "gone"])
def test_what_passes_the_time_of_a_wait_is_no_part_of_the_chain(kind: str) -> None:
    written = request(1, 2, SWITCH, method="POST")
    polls = [request(at, at + 0.5, "/api/v1/settings.oauth") for at in (3, 4, 5)]
    warming = request(2.5, 3, "/api/v1/settings")
    after = request(6, 7, "/api/v1/settings"), request(6, 7, "/api/v1/settings.oauth")
    found = counted(written, *polls, LedgerEntry(5.2, kind), *after, encvoy=(warming,))
    assert found == Cost(chain=2, own=4, polls=3)


def test_each_bound_is_looked_at() -> None:
    most = BOUNDS["rotate"]
    assert missed("rotate", most) == ()
    for name in ("chain", "own", "roles"):
        assert len(missed("rotate", replace(most, **{name: getattr(most, name) + 1}))) == 1


def test_the_table_has_a_row_for_each() -> None:
    assert table({"status": Cost(1, 4, roles=2)}).splitlines()[-1] == "| `status` | 1 | 4 | 2 |"
