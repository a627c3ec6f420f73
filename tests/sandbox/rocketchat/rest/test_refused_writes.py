"""Writes of settings that are refused for what is written, or whatever is written (facts/rocketchat.md §2.4)."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.rocketchat.standin import Switches
from tests.support.rocket import Rocket, running

WRITES = ["one", "many", "method"]


async def write(rocket: Rocket, way: str, values: dict[str, Any]) -> tuple[int, str]:
    """Status, and the code or the text of the error."""
    rows = [{"_id": name, "value": value} for name, value in values.items()]
    if way == "method":
        inner = await rocket.method(
            "saveSettings", rows, {"twoFactorCode": rocket.factor("bot"), "twoFactorMethod": "password"}
        )
        return (400, str(inner["error"].get("error"))) if "error" in inner else (200, "")
    [(name, value), *_] = values.items()
    path, body = (f"settings/{name}", {"value": value}) if way == "one" else ("settings", {"settings": rows})
    reply = await rocket.post(path, body)
    return reply.status, str(reply.body.get("errorType", reply.body.get("error", "")))


@pytest.mark.parametrize("way", WRITES)
async def test_a_rule_of_newer_servers_refuses_a_value_and_everything_with_it(way: str) -> None:
    await _refused(Switches(value_rules={"Site_Name": "[a-z]+"}), way, "error-setting-validation-failed")


@pytest.mark.parametrize(
    ("way", "says"), [("one", "restricted-workspace"), ("many", "restricted-workspace"), ("method", "500")]
)
async def test_a_workspace_that_is_offline_past_its_grace_period_takes_no_write(way: str, says: str) -> None:
    await _refused(Switches(restricted=True), way, says)


async def _refused(switches: Switches, way: str, says: str) -> None:
    async with running(switches=switches) as rocket:
        before = {setting.id: setting.value for setting in rocket.standin.settings}
        assert await write(rocket, way, {"Site_Name": "Not 1", "Message_MaxAllowedSize": 4}) == (400, says)
        assert {setting.id: setting.value for setting in rocket.standin.settings} == before


async def test_a_value_that_the_rule_allows_is_taken() -> None:
    async with running(switches=Switches(value_rules={"Site_Name": "[a-z]+"})) as rocket:
        assert await write(rocket, "one", {"Site_Name": "fine"}) == (200, "")
        assert rocket.standin.settings.get("Site_Name") == "fine"
