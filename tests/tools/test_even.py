"""Two runs read the same, once what differs by nature is made even."""

from __future__ import annotations

import re

import pytest

from tools.even import CLIENT_ID, Implausible, even, untimed

RUN = """\
Rocket.Chat stand-in at http://127.0.0.1:{chat}, Encvoy ID stand-in at http://127.0.0.1:{identity}

       ✓ Application `Rocket.Chat (127.0.0.1:{chat})` created: `{client_id}`   {quick} s
       ✓ Its secret replaced with 64 random characters (fingerprint {first})   {quick} s
       ✓ On: the login page shows `Sign in with Encvoy ID`   {slow} s
       • Rocket.Chat at http://127.0.0.1:{chat}: saved: on, active: on, secret fingerprint {first}
       ✓ Rocket.Chat saved the secret {second}   {quick} s
       ✓ It has the previous secret ({first}), not a new one.
       ✓ Rocket.Chat saved the previous secret again ({second}).
       Rocket.Chat sent the request to another address: “http:​//127.​0.​0.​1:{chat}/by-hand”.
       ✓ Rocket.Chat's own address: Site_Url is http://localhost:{chat}
       – not checked: Rocket.Chat sent an unexpected response: GET /api/v1/{route} (502).
       Sign-ins may have failed for {gap} ms at most, seen by publication.
       • `{operation}`: `rotate` by `admin`, {day} 10:00 UTC ({ago})
           gap {gap} ms at most; fingerprint {first} → {second}
       • Seen to be active: {seen}
       Next: `!sso history {operation}`
       Messages that look like commands: 1 of the newest 1, the last on {day}
{{"reason": "It is away.", "retry_in": {retry_in}, "timestamp": "{at}", "level": "warning"}}

Everything was right on both sides after every answer. {whole} s.
"""
ONE = {
    "chat": "43195", "identity": "43863", "client_id": "iGOv2rbcQI664cUROS3NxH", "first": "f57a", "second": "eea5",
    "quick": "0.0", "slow": "2.5", "gap": "8", "whole": "9", "day": "2026-11-20",
    "operation": "0123456789ab", "ago": "just now", "seen": "Rocket.Chat published it",
    "retry_in": "0.5", "route": "settings.oauth", "at": "2026-11-20T08:01:02.345678Z",
}  # fmt: skip
OTHER = {
    "chat": "1024", "identity": "65535", "client_id": "0" * 22, "first": "0000", "second": "1234",
    "quick": "0.4", "slow": "2.7", "gap": "112", "whole": "17", "day": "2027-01-01",
    "operation": "f" * 12, "ago": "119 minutes ago", "seen": "found by asking Rocket.Chat",
    "retry_in": "12", "route": "service.configurations", "at": "2027-01-01T00:00:00Z",
}  # fmt: skip


def test_two_runs_read_the_same() -> None:
    assert even(RUN.format(**ONE)) == even(RUN.format(**OTHER))


def test_a_step_that_took_no_time_to_speak_of_reads_as_a_quick_one() -> None:
    assert even("✓ Switched on   0.1 s\nIt is on.") == even("✓ Switched on\nIt is on.")


def test_nothing_of_a_run_is_left() -> None:
    text = even(RUN.format(**ONE))
    assert CLIENT_ID in text
    assert not [value for value in ("43195", "43863", ONE["client_id"], "f57a", "eea5", "8 ms") if value in text]


@pytest.mark.parametrize("seconds", ["1.1", "2.0", "2.1", "2.4", "2.8", "7.5"])
def test_a_time_that_no_real_server_takes_is_refused_with_its_line(seconds: str) -> None:
    with pytest.raises(Implausible, match=f": ✓ It is active   {seconds} s$"):
        even(f"✓ Switched on   0.1 s\n       ✓ It is active   {seconds} s\nIt is on.")


def test_untimed_it_says_nothing_of_any_step() -> None:
    assert even(untimed("✓ It is active   7.5 s\nIt is on.")) == "✓ It is active\nIt is on."


def test_no_figure_is_shown_that_the_run_did_not_measure() -> None:
    """What is left of its times is in the run itself, or is no number."""
    times = re.findall(r"\S+ (?:s|ms)\b", even(RUN.format(**ONE)))
    assert times == [f"{ONE['slow']} s", "N ms", "N ms", "N s"]


@pytest.mark.parametrize(
    ("name", "value"),
    [("second", ONE["first"]), ("identity", ONE["chat"]), ("slow", "0.2")],
    ids=["not another secret", "one port", "no waiting"],
)
def test_what_tells_something_is_kept_apart(name: str, value: str) -> None:
    assert even(RUN.format(**ONE)) != even(RUN.format(**(ONE | {name: value})))


def test_everything_else_is_left_as_it_was() -> None:
    text = "admin> /sso setup\n       • 4 people, 64 characters, 2 minutes"
    assert even(text) == text


@pytest.mark.parametrize("indented", ["", "       "])
def test_how_long_an_operation_took_is_another_figure_in_each_run(indented: str) -> None:
    assert even(f"{indented}✓ Switched on\n{indented}Ended after 2.6 s.").endswith("Ended after N s.")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("GET /api/v1/`settings.oauth` (502)", "GET /api/v1/`service.configurations` (502)"),
        ("GET /api/v1/settings.oauth (502)", "GET /api/v1/service.configurations (502)"),
        ("on Mon 28 Dec 2026 02:13", "on Tue 1 Jan 2030 04:00"),
        ("since 28 Nov 02:01 UTC", "since 1 Jan 23:59 UTC"),
        ("everything works again after 2 h 5 min. It", "everything works again after 31 s. It"),
    ],
)
def test_what_depends_on_the_moment_reads_the_same(one: str, other: str) -> None:
    assert even(one) == even(other) != ""


@pytest.mark.parametrize("text", ["between 02:00 and 05:00", "on 28 Dec 2026", "GET /api/v1/settings (502)"])
def test_what_does_not_is_kept(text: str) -> None:
    assert even(text) == text
