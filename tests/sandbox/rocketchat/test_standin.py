"""The stand-in as a whole: start, outage, faults, and the way from a write to a frame on a websocket."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp
import pytest

from sandbox.faults import Fault, FaultEffect, When
from sandbox.rocketchat.standin import RocketChatStandIn, Switches
from sandbox.rocketchat.version import Version
from tests.support.clocks import START, ManualClock
from tests.support.rocket import Rocket, running

KEY = "Accounts_OAuth_Custom-Encvoyid"


@pytest.mark.parametrize(
    ("text", "version", "short"), [("8.8", (8, 8, 0), "8.8"), ("7.10", (7, 10, 0), "7.10"), ("8.8.1", (8, 8, 1), "8.8")]
)
def test_versions_compare_as_numbers(text: str, version: tuple[int, int, int], short: str) -> None:
    assert Version.of(text) == version
    assert Version.of(text).short == short
    assert Version.of("7.10") > Version.of("7.9")


async def test_after_a_restart_it_is_the_same_workspace_at_the_same_address(rocket: Rocket) -> None:
    await rocket.service()
    url = rocket.standin.url
    await rocket.standin.restart()
    assert rocket.standin.url == url
    assert (await rocket.get("me")).status == 200
    assert len((await rocket.get("settings.oauth")).body["services"]) == 1


async def test_the_header_date_is_of_the_same_clock_as_the_messages() -> None:
    clock = ManualClock((datetime(2031, 5, 6, 7, 8, tzinfo=UTC) - START).total_seconds())
    standin = RocketChatStandIn(clock=clock)
    await standin.start()
    async with aiohttp.ClientSession() as http, http.get(f"{standin.url}/api/info") as response:
        assert parsedate_to_datetime(response.headers["Date"]) == clock.now().replace(microsecond=0)
    await standin.stop()


async def test_while_it_is_stopped_nobody_answers(rocket: Rocket) -> None:
    await rocket.standin.stop()
    with pytest.raises(aiohttp.ClientConnectionError):
        await rocket.get("me")
    await rocket.standin.start()
    assert (await rocket.get("me")).status == 200


async def test_a_debounce_that_was_under_way_is_made_good_at_the_start(rocket: Rocket) -> None:
    await rocket.post("settings.addCustomOAuth", {"name": "Encvoy ID"})
    await rocket.post(f"settings/{KEY}", {"value": True})
    await rocket.standin.stop()
    await asyncio.sleep(0.15)
    await rocket.standin.start()
    assert (await rocket.get("settings.oauth")).body["services"] == []
    await rocket.standin.ledger.wait_for(lambda ledger: bool(ledger.of("live")), timeout=2)
    assert len((await rocket.get("settings.oauth")).body["services"]) == 1


async def test_passwords_and_tokens_differ_from_start_to_start() -> None:
    secrets = {
        secret
        for _ in range(2)
        for account in RocketChatStandIn(seed=7).introduction.accounts
        for secret in (account.password, account.token)
    }
    assert len(secrets) == 16


async def test_seeded_accounts_are_past_the_grace_of_the_second_factor(rocket: Rocket) -> None:
    for role in ("admin", "admin2", "bot", "member"):
        assert rocket.clock.now() - rocket.user(role).created_at > timedelta(days=29)


async def test_a_fault_before_keeps_the_effect_away(rocket: Rocket) -> None:
    rocket.standin.faults.add(Fault("POST", "/api/v1/settings/", status=502, body="{}", times=1))
    assert (await rocket.post("settings/Site_Name", {"value": "x"})).status == 502
    assert rocket.standin.settings.get("Site_Name") == "Rocket.Chat"
    assert (await rocket.post("settings/Site_Name", {"value": "x"})).status == 200


async def test_a_fault_after_hides_an_effect_that_happened(rocket: Rocket) -> None:
    rocket.standin.faults.add(Fault("POST", "/api/v1/settings/", effect=FaultEffect.DROP, when=When.AFTER))
    with pytest.raises(aiohttp.ClientError):
        await rocket.post("settings/Site_Name", {"value": "x"})
    assert rocket.standin.settings.get("Site_Name") == "x"


async def test_what_hangs_is_let_go_by_stop(rocket: Rocket) -> None:
    rocket.standin.faults.add(Fault("GET", "/api/v1/me", effect=FaultEffect.HANG))
    hanging = asyncio.ensure_future(rocket.get("me"))
    await asyncio.sleep(0.02)
    assert not hanging.done()
    await asyncio.wait_for(rocket.standin.stop(), 10)
    with pytest.raises(aiohttp.ClientError):
        await hanging


@pytest.mark.parametrize(("allowed", "value"), [(False, False), (True, True)])
async def test_the_switch_for_unrecognised_slash_commands(allowed: bool, value: bool) -> None:
    async with running(switches=Switches(allow_unrecognised_slash=allowed)) as rocket:
        reply = await rocket.get("settings.public", who=None, _id="Message_AllowUnrecognizedSlashCommand")
        assert reply.body["settings"][0]["value"] is value


async def test_site_url_may_be_another_than_the_address() -> None:
    standin = RocketChatStandIn(site_url="http://localhost:{port}")
    await standin.start()
    try:
        assert standin.settings.get("Site_Url") == f"http://localhost:{standin.port}"
        assert standin.url == f"http://127.0.0.1:{standin.port}"
    finally:
        await standin.stop()


# On a websocket.


async def frames(socket: aiohttp.ClientWebSocketResponse, kind: str, **fields: Any) -> dict[str, Any]:
    """The next frame of that kind, and with these values."""
    async with asyncio.timeout(5):
        async for message in socket:
            frame: dict[str, Any] = json.loads(message.data)
            if frame.get("msg") == kind and fields.items() <= frame.items():
                return frame
    raise AssertionError(f"the socket ended before {kind}")


async def test_a_change_reaches_the_publication_when_it_becomes_live(rocket: Rocket) -> None:
    await rocket.service(id="client", secret="generated-secret")
    async with aiohttp.ClientSession() as client, client.ws_connect(f"{rocket.standin.url}/websocket") as socket:
        await socket.send_json({"msg": "connect", "version": "1", "support": ["1"]})
        await socket.send_json({"msg": "sub", "id": "s", "name": "meteor.loginServiceConfiguration", "params": []})
        added = await frames(socket, "added", collection="meteor_accounts_loginServiceConfiguration")
        assert added["fields"]["clientId"] == "client"
        assert "generated-secret" not in json.dumps(added)
        await frames(socket, "ready")
        rows = [
            {"_id": f"{KEY}-secret", "value": "generated-other"},
            {"_id": f"{KEY}-button_label_color", "value": "#ffffff"},
        ]
        await rocket.post("settings", {"settings": rows})
        changed = await frames(socket, "changed")
        assert (changed["id"], changed["fields"]) == (added["id"], {"buttonLabelColor": "#ffffff"})
        live = rocket.standin.ledger.of("live")[-1]
        assert live.body["secret"] == "generated-other"


async def test_the_second_factor_error_of_an_email_code_reaches_the_socket(rocket: Rocket) -> None:
    rocket.user("member").services["email2fa"] = {"enabled": True}
    password = {"digest": rocket.factor("member"), "algorithm": "sha-256"}
    login = {"user": {"username": "member"}, "password": password}
    async with aiohttp.ClientSession() as client, client.ws_connect(f"{rocket.standin.url}/websocket") as socket:
        await socket.send_json({"msg": "connect", "version": "1", "support": ["1"]})
        await socket.send_json({"msg": "method", "method": "login", "id": "1", "params": [login]})
        result = await frames(socket, "result")
        assert result["error"]["error"] == "totp-required"
        assert "$date" in result["error"]["details"]["codeExpires"][0]


# 9.0 without the legacy engine (facts/rocketchat.md §0.3).


async def test_9_has_no_legacy_engine() -> None:
    async with running("9.0") as rocket:
        callback = await rocket.get("/_oauth/encvoyid", who=None, code="x", state="y")
        assert callback.status == 200
        assert 'id="config"' not in callback.text
        answer = await rocket.method("login", {"oauth": {"credentialToken": "x"}}, who=None)
        assert answer["error"]["reason"] == "Unrecognized options for login request"
        assert '"legacy": false' in (await rocket.get("/login", who=None)).text
