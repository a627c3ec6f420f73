"""The two routes of the sandbox: what the composer does with a line, and being somebody without a password."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.rocket import Reply, Rocket


async def act_as(rocket: Rocket, role: str, origin: str | None = None, **headers: str) -> Reply:
    sent = {"Origin": origin if origin is not None else rocket.standin.url, **headers}
    return await rocket.call("POST", f"/sandbox/act-as/{role}", who=None, headers=sent)


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("  hello ", {"outcome": "sent", "text": "hello"}),
        ("/sso setup", {"outcome": "swallowed", "reply": "No such command: `/sso`"}),
        ("/me waves", {"outcome": "command", "command": "me", "params": " waves"}),
        ("+:tada:", {"outcome": "reaction", "emoji": ":tada:"}),
        ("   ", {"outcome": "swallowed", "reply": ""}),
        ("x" * 5001, {"outcome": "too long", "limit": 5000}),
    ],
)
async def test_it_says_what_the_web_client_does_with_a_line(rocket: Rocket, text: str, outcome: Any) -> None:
    assert (await rocket.call("POST", "/sandbox/composer", {"text": text}, who=None)).body == outcome


async def test_it_follows_the_setting(rocket: Rocket) -> None:
    rocket.standin.settings.write("Message_AllowUnrecognizedSlashCommand", True)
    reply = await rocket.call("POST", "/sandbox/composer", {"text": "/sso setup"}, who=None)
    assert reply.body == {"outcome": "sent", "text": "/sso setup"}


@pytest.mark.parametrize("body", [None, [], {}, {"text": 1}])
async def test_it_refuses_what_is_no_line(rocket: Rocket, body: Any) -> None:
    assert (await rocket.call("POST", "/sandbox/composer", body, who=None)).status == 400


@pytest.mark.parametrize("role", ["admin", "member"])
async def test_it_logs_in_whom_the_page_offers(rocket: Rocket, role: str) -> None:
    reply = await act_as(rocket, role)
    assert reply.headers["Cache-Control"] == "no-store"
    headers = {"X-User-Id": reply.body["userId"], "X-Auth-Token": reply.body["authToken"]}
    me = await rocket.call("GET", "me", who=None, headers=headers)
    assert me.body["_id"] == rocket.standin.person(role).id


@pytest.mark.parametrize("role", ["bot", "admin2", "nobody"])
async def test_it_logs_in_nobody_else(rocket: Rocket, role: str) -> None:
    assert (await act_as(rocket, role)).status == 404


@pytest.mark.parametrize("origin", ["", "null", "https://elsewhere.example", "http://127.0.0.1:1"])
async def test_another_site_in_the_same_browser_gets_nothing(rocket: Rocket, origin: str) -> None:
    reply = await act_as(rocket, "admin", origin)
    assert (reply.status, "authToken" in reply.body) == (403, False)


async def test_a_foreign_name_for_this_machine_gets_nothing(rocket: Rocket) -> None:
    host = f"elsewhere.example:{rocket.standin.port}"
    assert (await act_as(rocket, "admin", f"http://{host}", Host=host)).status == 403


async def test_who_is_locked_out_stays_out(rocket: Rocket) -> None:
    rocket.standin.people.deactivate(rocket.standin.person("member"))
    assert (await act_as(rocket, "member")).status == 404
