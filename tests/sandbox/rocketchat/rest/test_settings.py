"""Settings and custom OAuth services by REST and by method (facts/rocketchat.md §2, §3.1, §0.2)."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio

from sandbox.rocketchat.oauth_settings import FIELDS
from sandbox.rocketchat.standin import Switches
from tests.support.rocket import Rocket, running

KEY = "Accounts_OAuth_Custom-Encvoyid"


@pytest_asyncio.fixture
async def added(rocket: Rocket) -> Rocket:
    """A workspace with a service that was added and never switched on."""
    await rocket.post("settings.addCustomOAuth", {"name": "Encvoy ID"})
    return rocket


async def test_adding_makes_all_settings_and_echoes_no_name(rocket: Rocket) -> None:
    reply = await rocket.post("settings.addCustomOAuth", {"name": "Encvoy ID"})
    assert (reply.status, reply.body) == (200, {"success": True})
    made = {s.id for s in rocket.standin.settings if s.id.startswith(KEY)}
    assert made == {KEY, *(f"{KEY}-{field.suffix}" for field in FIELDS)}


@pytest.mark.parametrize("body", [{}, {"name": ""}, {"name": "  "}])
async def test_a_blank_name_has_a_code(rocket: Rocket, body: Any) -> None:
    reply = await rocket.post("settings.addCustomOAuth", body)
    assert (reply.status, reply.body["errorType"]) == (400, "error-name-param-not-provided")


async def test_adding_again_keeps_what_is_stored(added: Rocket) -> None:
    await added.post(f"settings/{KEY}-id", {"value": "mine"})
    await added.post("settings.addCustomOAuth", {"name": "encvoy-id"})
    assert (await added.get(f"settings/{KEY}-id")).body["value"] == "mine"


async def test_a_setting_is_read_with_its_value_secrets_in_clear(added: Rocket) -> None:
    await added.post(f"settings/{KEY}-secret", {"value": "generated-secret"})
    reply = await added.get(f"settings/{KEY}-secret")
    assert reply.body == {"_id": f"{KEY}-secret", "value": "generated-secret", "success": True}


@pytest.mark.parametrize("name", ["Nothing", "Cloud_Workspace_Client_Secret"])
async def test_unknown_and_hidden_settings_are_bare_failures(rocket: Rocket, name: str) -> None:
    read, written = await rocket.get(f"settings/{name}"), await rocket.post(f"settings/{name}", {"value": "x"})
    assert (read.status, read.body) == (written.status, written.body) == (400, {"success": False})


async def test_an_unknown_sub_id_of_a_service_is_refused(added: Rocket) -> None:
    assert (await added.post(f"settings/{KEY}-nonsense", {"value": "x"})).status == 400


async def test_a_single_write_does_not_look_at_types(added: Rocket) -> None:
    assert (await added.post(f"settings/{KEY}", {"value": "true"})).status == 200
    assert added.standin.settings.get(KEY) == "true"


@pytest.mark.parametrize(
    ("body", "status"),
    [({"value": 1}, 200), ({"editor": "color", "value": "x"}, 200), ({"execute": True}, 400), ({"other": 1}, 400)],
)
async def test_forms_of_a_single_write(rocket: Rocket, body: Any, status: int) -> None:
    assert (await rocket.post("settings/Site_Name", body)).status == status


async def test_a_selected_setting_needs_both_permissions(rocket: Rocket) -> None:
    rocket.standin.settings.write("Accounts_TwoFactorAuthentication_Enabled", False)
    permissions = rocket.standin.people.permissions
    permissions["manage-selected-settings"] = {"user"}
    assert (await rocket.post("settings/Site_Name", {"value": "x"}, who="member")).status == 403
    permissions["change-setting-Site_Name"] = {"user"}
    assert (await rocket.post("settings/Site_Name", {"value": "x"}, who="member")).status == 200
    assert (await rocket.post("settings/Site_Url", {"value": "x"}, who="member")).status == 403


async def test_a_bulk_write_stores_everything(added: Rocket) -> None:
    rows = [{"_id": f"{KEY}-id", "value": "me"}, {"_id": f"{KEY}-merge_users", "value": True}]
    assert (await added.post("settings", {"settings": rows})).body == {"success": True}
    assert added.standin.settings.get(f"{KEY}-id") == "me"
    assert added.standin.settings.get(f"{KEY}-merge_users") is True


# Row "bulk write: unknown id with text; wrong type": 200 and nothing stored; "Match error: Expected …".


@pytest.mark.parametrize(
    ("setting", "value", "text"),
    [
        (KEY, "true", "Match error: Expected boolean, got string"),
        (KEY, 1, "Match error: Expected boolean, got number"),
        (f"{KEY}-id", 1, "Match error: Expected string, got number"),
        (f"{KEY}-id", True, "Match error: Expected string, got boolean"),
        (f"{KEY}-id", None, "Match error: Expected string, got null"),
        (f"{KEY}-login_style", [], "Match error: Expected string, got object"),
        (f"{KEY}-groups_channel_map", {}, "Match error: Expected string, got object"),
        ("Message_MaxAllowedSize", "7", "Match error: Expected number, got string"),
        ("Nothing", 1, "Match error: Expected string, got number"),
    ],
)
async def test_a_bulk_write_of_a_wrong_type_is_a_match_error_and_stores_nothing(
    added: Rocket, setting: str, value: Any, text: str
) -> None:
    rows = [{"_id": f"{KEY}-scope", "value": "changed"}, {"_id": setting, "value": value}]
    reply = await added.post("settings", {"settings": rows})
    assert (reply.status, reply.body) == (400, {"success": False, "error": text})
    assert added.standin.settings.get(f"{KEY}-scope") == "openid"


async def test_a_bulk_write_of_no_integer_has_a_code(rocket: Rocket) -> None:
    reply = await rocket.post("settings", {"settings": [{"_id": "Message_MaxAllowedSize", "value": 1.5}]})
    assert (reply.status, reply.body["errorType"]) == (400, "error-invalid-setting-value")
    assert (await rocket.post("settings", {"settings": [{"_id": "Message_MaxAllowedSize", "value": 7}]})).status == 200


@pytest.mark.parametrize(("text", "status"), [("{", 400), ("", 200), ('{"a": 1}', 200)])
async def test_a_bulk_write_of_code_is_json(added: Rocket, text: str, status: int) -> None:
    rows = [{"_id": f"{KEY}-groups_channel_map", "value": text}]
    reply = await added.post("settings", {"settings": rows})
    assert reply.status == status
    if status == 400:
        assert reply.body["errorType"] == "Invalid JSON provided"


async def test_a_bulk_write_of_an_unknown_id_with_text_is_200_and_stores_nothing(rocket: Rocket) -> None:
    rows = [{"_id": "Site_Name", "value": "x"}, {"_id": "Nothing", "value": "x"}]
    assert (await rocket.post("settings", {"settings": rows})).body == {"success": True}
    assert "Nothing" not in rocket.standin.settings
    assert rocket.standin.settings.get("Site_Name") == "x"


async def test_a_bulk_write_names_what_it_may_not(rocket: Rocket) -> None:
    rocket.standin.settings.write("Accounts_TwoFactorAuthentication_Enabled", False)
    rocket.standin.people.permissions |= {"manage-selected-settings": {"user"}, "change-setting-Site_Name": {"user"}}
    rows = [{"_id": "Site_Name", "value": "x"}, {"_id": "Language", "value": "x"}]
    reply = await rocket.post("settings", {"settings": rows}, who="member")
    assert (reply.status, reply.body["errorType"]) == (400, "error-action-not-allowed")
    assert reply.body["details"]["settingIds"] == ["Language"]
    assert rocket.standin.settings.get("Site_Name") == "Rocket.Chat"


async def test_a_single_write_is_known_when_it_is_answered(added: Rocket) -> None:
    await added.post(f"settings/{KEY}-id", {"value": "x"})
    assert added.standin.instances.first.get(f"{KEY}-id") == "x"


async def test_a_bulk_write_may_be_answered_before_it_is_known(added: Rocket) -> None:
    added.standin.instances.timing = replace(added.standin.instances.timing, unawaited=(0.2, 0.2))
    await added.post("settings", {"settings": [{"_id": f"{KEY}-id", "value": "x"}]})
    assert added.standin.settings.get(f"{KEY}-id") == "x"
    assert added.standin.instances.first.get(f"{KEY}-id") == ""


# Row "name `!!!`": thirty useless settings.


async def test_a_name_without_letters_makes_thirty_useless_settings_and_cannot_be_removed(rocket: Rocket) -> None:
    before = {setting.id for setting in rocket.standin.settings}
    assert (await rocket.post("settings.addCustomOAuth", {"name": "!!!"})).body == {"success": True}
    made = {setting.id for setting in rocket.standin.settings} - before
    assert len(made) == 30
    assert all(setting_id.startswith("Accounts_OAuth_Custom-") for setting_id in made)
    reply = await rocket.post("settings.removeCustomOAuth", {"name": "!!!"})
    assert (reply.status, reply.body["errorType"]) == (400, "error-invalid-name")


# Row "add again after removal, no restart": documents without value.


async def test_after_removal_and_add_again_documents_have_no_value(added: Rocket) -> None:
    await added.post("settings.removeCustomOAuth", {"name": "Encvoy ID"})
    await asyncio.sleep(0.02)
    await added.post("settings.addCustomOAuth", {"name": "Encvoy ID"})
    assert (await added.get(f"settings/{KEY}-scope")).body == {"_id": f"{KEY}-scope", "success": True}
    rows = {row["_id"]: row for row in (await added.get("settings", count="0")).body["settings"]}
    assert "value" not in rows[f"{KEY}-scope"]
    await added.post(f"settings/{KEY}-scope", {"value": "openid"})
    assert (await added.get(f"settings/{KEY}-scope")).body["value"] == "openid"


async def test_the_list_comes_in_pages(added: Rocket) -> None:
    first = (await added.get("settings")).body
    assert (first["count"], first["offset"], len(first["settings"])) == (50, 0, 50)
    rest = (await added.get("settings", offset="50", count="100")).body
    assert rest["offset"] == 50
    assert first["total"] == rest["total"] == 50 + rest["count"]


async def test_count_zero_is_everything_and_a_page_is_100_at_most(rocket: Rocket) -> None:
    for name in ("One", "Two", "Three"):
        await rocket.post("settings.addCustomOAuth", {"name": name})
    total = (await rocket.get("settings", count="1")).body["total"]
    assert (await rocket.get("settings", count="0")).body["count"] == total > 100
    assert (await rocket.get("settings", count="1000")).body["count"] == 100


async def test_the_list_is_sorted_and_shows_a_few_fields_of_each(added: Rocket) -> None:
    rows = (await added.get("settings", count="0")).body["settings"]
    ids = [row["_id"] for row in rows]
    assert ids == sorted(ids)
    assert "Cloud_Workspace_Client_Secret" not in ids
    free, premium = rows[ids.index("Site_Url")], rows[ids.index(f"{KEY}-map_channels")]
    assert set(free) == {"_id", "value", "enterprise"}
    assert set(premium) == {"_id", "value", "enterprise", "invalidValue", "modules"}


async def test_a_switch_shows_whole_documents() -> None:
    async with running(switches=Switches(whole_documents=True)) as rocket:
        rows = {row["_id"]: row for row in (await rocket.get("settings", count="0")).body["settings"]}
        names = {"_id", "value", "type", "group", "section", "i18nLabel", "public", "hidden", "blocked", "valueSource"}
        assert names <= set(rows["Site_Url"])
        assert "packageValue" not in rows["Site_Url"]


async def test_a_method_shows_whole_documents_to_who_may_see_them(rocket: Rocket) -> None:
    rows = {row["_id"]: row for row in (await rocket.method("private-settings/get"))["result"]}
    assert rows["Site_Name"]["type"] == "string"
    assert rows["Site_Name"]["valueSource"] == "packageValue"
    assert "Cloud_Workspace_Client_Secret" not in rows
    assert (await rocket.method("private-settings/get", who="member"))["result"] == []


# What the environment forces (facts/rocketchat.md §8 no. 1).


async def test_a_setting_forced_by_the_environment_can_be_written_until_the_next_start() -> None:
    async with running(switches=Switches(overwritten={"Site_Name": "Forced"})) as rocket:
        assert (await rocket.get("settings/Site_Name")).body["value"] == "Forced"
        assert (await rocket.post("settings/Site_Name", {"value": "Mine"})).status == 200
        assert (await rocket.get("settings/Site_Name")).body["value"] == "Mine"
        await rocket.standin.restart()
        assert (await rocket.get("settings/Site_Name")).body["value"] == "Forced"


async def test_a_forced_setting_is_marked_where_whole_documents_are_shown() -> None:
    async with running(switches=Switches(overwritten={"Site_Name": "Forced", "Language": "en"})) as rocket:
        await rocket.post("settings/Site_Name", {"value": "Mine"})
        rows = {row["_id"]: row for row in (await rocket.method("private-settings/get"))["result"]}
        name, language = rows["Site_Name"], rows["Language"]
        assert (name["value"], name["processEnvValue"], name["valueSource"]) == ("Mine", "Forced", "processEnvValue")
        assert (language["valueSource"], "processEnvValue" in language) == ("packageValue", False)


async def test_a_forced_setting_of_a_service_is_so_from_the_first_and_live_again_after_a_restart() -> None:
    async with running(switches=Switches(overwritten={f"{KEY}-scope": "openid forced"})) as rocket:
        await rocket.service()
        [service] = (await rocket.get("settings.oauth")).body["services"]
        assert service["scope"] == "openid forced"
        rocket.standin.settings.write(f"{KEY}-scope", "openid")
        rocket.standin.login_services.rewrite()
        await rocket.standin.restart()
        lives = len(rocket.standin.ledger.of("live"))
        await rocket.standin.ledger.wait_for(lambda ledger: len(ledger.of("live")) > lives, timeout=2)
        assert rocket.standin.ledger.of("live")[-1].body["fields"]["scope"] == "openid forced"


async def test_defaults_come_on_request(rocket: Rocket) -> None:
    reply = await rocket.get("settings", count="0", includeDefaults="true")
    assert all("packageValue" in row for row in reply.body["settings"])


async def test_defaults_and_unsafe_parameters_by_version() -> None:
    async with running("7.9") as rocket:
        assert (await rocket.get("settings", includeDefaults="true")).status == 400
    async with running("9.0") as rocket:
        assert (await rocket.get("settings", query="{}")).status == 400
    async with running("8.8") as rocket:
        ignored = await rocket.get("settings", query='{"_id":"Site_Url"}')
        assert ignored.body["count"] > 1


async def test_without_permission_the_list_shows_public_ones_only(rocket: Rocket) -> None:
    rows = (await rocket.get("settings", who="member", count="100")).body["settings"]
    shown = [rocket.standin.settings.find(row["_id"]) for row in rows]
    assert shown
    assert all(setting is not None and setting.public for setting in shown)


async def test_public_settings_are_for_everybody(rocket: Rocket) -> None:
    reply = await rocket.get("settings.public", who=None, _id="Site_Url,SMTP_Host,Nothing")
    assert [(row["_id"], row["value"]) for row in reply.body["settings"]] == [("Site_Url", rocket.standin.url)]


async def test_the_modern_switch_is_there_from_8_7_to_8_9() -> None:
    for version, there in (("8.6", False), ("8.7", True), ("8.9", True), ("9.0", False)):
        async with running(version) as rocket:
            assert ("Accounts_OAuth_Use_Modern_Flow" in rocket.standin.settings) is there


# Live services.


async def test_live_services_are_public_without_their_secret(rocket: Rocket) -> None:
    await rocket.service(id="client", secret="generated-secret", url="https://id.example")
    reply = await rocket.get("settings.oauth", who=None)
    [service] = reply.body["services"]
    assert (service["service"], service["clientId"], service["custom"]) == ("encvoyid", "client", True)
    assert service["serverURL"] == "https://id.example"
    assert "_id" in service
    assert "generated-secret" not in reply.text
    assert service.pop("hideButtonOnMobile") is False
    assert (await rocket.get("service.configurations", who=None)).body["configurations"] == [service]


async def test_built_in_services_are_shown_shorter(rocket: Rocket) -> None:
    rocket.standin.settings.write("Accounts_OAuth_Github_id", "client")
    rocket.standin.settings.write("Accounts_OAuth_Github", True)
    rocket.standin.login_services.rewrite()
    [service] = (await rocket.get("settings.oauth", who=None)).body["services"]
    assert (service["name"], service["clientId"], service["custom"]) == ("github", "client", False)
    assert "service" not in service


async def test_what_is_written_becomes_live_after_the_debounce(added: Rocket) -> None:
    await added.post(f"settings/{KEY}", {"value": True})
    assert (await added.get("settings.oauth")).body["services"] == []
    await added.standin.ledger.wait_for(lambda ledger: bool(ledger.of("live")), timeout=2)
    assert len((await added.get("settings.oauth")).body["services"]) == 1
    stored, live = added.standin.ledger.of("stored")[-1], added.standin.ledger.of("live")[0]
    assert 0.1 <= live.at - stored.at < 0.5


async def test_removing_a_live_service_leaves_a_zombie_until_refresh(rocket: Rocket) -> None:
    await rocket.service()
    assert (await rocket.post("settings.removeCustomOAuth", {"name": "Encvoy ID"})).body == {"success": True}
    assert KEY not in rocket.standin.settings
    rocket.standin.login_services.rewrite()
    assert len((await rocket.get("settings.oauth")).body["services"]) == 1
    await rocket.post("settings.refreshOAuthServices")
    assert (await rocket.get("settings.oauth")).body["services"] == []


async def test_refresh_is_rebuilt_at_once_with_another_id(rocket: Rocket) -> None:
    await rocket.service()
    [before] = (await rocket.get("settings.oauth")).body["services"]
    assert (await rocket.post("settings.refreshOAuthServices")).body == {"success": True}
    [after] = (await rocket.get("settings.oauth")).body["services"]
    assert before.pop("_id") != after.pop("_id")
    assert before == after


async def test_the_methods_do_the_same_before_8_7() -> None:
    async with running("8.5") as rocket:
        await rocket.method("addOAuthService", "Encvoy ID")
        assert KEY in rocket.standin.settings
        await rocket.method("removeOAuthService", "Encvoy ID")
        assert KEY not in rocket.standin.settings
        assert "error" not in await rocket.method("refreshOAuthService")
        saved = await rocket.method("saveSettings", [{"_id": "Site_Name", "value": "x"}])
        assert saved["result"] is True
        assert rocket.standin.settings.get("Site_Name") == "x"


@pytest.mark.parametrize(
    ("version", "status", "success"), [("7.10", 200, True), ("8.0", 400, False), ("9.0", 400, False)]
)
@pytest.mark.parametrize("kind", ["method.call", "method.callAnon"])
async def test_an_error_of_a_method_is_400_since_8(version: str, status: int, success: bool, kind: str) -> None:
    async with running(version) as rocket:
        message = json.dumps({"msg": "method", "id": "1", "method": "nothing", "params": []})
        reply = await rocket.post(f"{kind}/nothing", {"message": message})
        assert (reply.status, set(reply.body), reply.body["success"]) == (status, {"message", "success"}, success)
        assert json.loads(reply.body["message"])["error"]["error"] == 404


async def test_a_method_hides_what_did_not_match() -> None:
    async with running("8.5") as rocket:
        saved = await rocket.method("saveSettings", [{"_id": "Site_Name", "value": 1}])
        assert (saved["error"]["error"], saved["error"]["reason"]) == (400, "Match failed")


async def test_the_methods_are_gone_in_9() -> None:
    async with running("9.0") as rocket:
        assert (await rocket.method("removeOAuthService", "x"))["error"]["error"] == 404


# The licence gate of 9.0 (facts/rocketchat.md §0.2).


async def test_9_refuses_to_add_without_the_module() -> None:
    async with running("9.0") as rocket:
        reply = await rocket.post("settings.addCustomOAuth", {"name": "Encvoy ID"})
        assert reply.body["errorType"] == "error-action-not-allowed"
        assert KEY not in rocket.standin.settings


async def test_9_stores_true_and_counts_it_as_false_when_the_licence_is_gone() -> None:
    async with running("9.0", switches=Switches(modules=["oauth-enterprise"])) as rocket:
        await rocket.service()
        assert len((await rocket.get("settings.oauth")).body["services"]) == 1
        rocket.standin.modules.clear()
        assert (await rocket.post(f"settings/{KEY}", {"value": True})).body == {"success": True}
        await asyncio.sleep(0.15)
        assert (await rocket.get(f"settings/{KEY}")).body["value"] is True
        assert (await rocket.get("settings.oauth")).body["services"] == []


async def test_9_marks_the_switch_as_premium() -> None:
    async with running("9.0", switches=Switches(modules=["oauth-enterprise"])) as rocket:
        await rocket.service()
        rows = {row["_id"]: row for row in (await rocket.get("settings", count="0")).body["settings"]}
        switch = rows[KEY]
        assert (switch["enterprise"], switch["modules"], switch["invalidValue"]) == (True, ["oauth-enterprise"], False)


@pytest.mark.parametrize(("version", "alert"), [("8.8", None), ("8.9", "Premium_required_from_9_0_0_alert")])
async def test_8_9_only_warns(version: str, alert: str | None) -> None:
    async with running(version) as rocket:
        await rocket.service()
        rows = {row["_id"]: row for row in (await rocket.method("private-settings/get"))["result"]}
        assert rows[KEY].get("alert") == alert
        assert len((await rocket.get("settings.oauth")).body["services"]) == 1


async def test_8_needs_no_licence(rocket: Rocket) -> None:
    await rocket.service()
    assert len((await rocket.get("settings.oauth")).body["services"]) == 1
