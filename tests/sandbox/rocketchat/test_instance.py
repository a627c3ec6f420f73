"""One instance: its cache, its two debounces, its writes (facts/rocketchat.md §2.4–2.6, §16)."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.rocketchat.instance import Timing
from sandbox.rocketchat.oauth_settings import FIELDS, service_settings, setting_ids
from sandbox.rocketchat.settings import Setting
from tests.support.instances import KEY, Rig


@pytest.fixture
def rig() -> Rig:
    return Rig()


def secrets(rig: Rig) -> list[tuple[float, Any]]:
    """When each secret became live."""
    return [(entry.at, entry.body["secret"]) for entry in rig.ledger.of("live")]


# Row "settle": 0.5 s per key, then 2.0 s.


async def test_settle_is_half_a_second_for_the_key_and_then_two_seconds(rig: Rig) -> None:
    rig.one.save(KEY, True)
    await rig.clock.advance(2.49)
    assert rig.names() == []
    await rig.clock.advance(0.02)
    assert rig.names() == ["encvoyid"]
    assert [at for at, _ in secrets(rig)] == [2.5]


@pytest.mark.parametrize("settle", [0.1, 2.5, 10.0])
async def test_both_debounces_scale_with_their_sum(settle: float) -> None:
    rig = Rig(timing=Timing(settle, jitter=(0.0, 0.0)))
    assert rig.instances.timing.key * 4 == pytest.approx(rig.instances.timing.run)
    rig.one.save(KEY, True)
    await rig.clock.advance(settle * 2)
    assert secrets(rig)[0][0] == pytest.approx(settle)


@pytest.mark.parametrize("jitter", [(0.005, 0.020), (0.0, 0.200)])
async def test_the_jitter_comes_on_top_and_is_seeded(jitter: tuple[float, float]) -> None:
    moments = []
    for _ in range(2):
        rig = Rig(timing=Timing(2.5, jitter=jitter), seed=7)
        rig.one.save(KEY, True)
        await rig.settled()
        moments.append(secrets(rig)[0][0])
    assert moments[0] == moments[1]
    assert jitter[0] <= moments[0] - 2.5 <= jitter[1]


async def test_a_key_that_changes_again_waits_anew(rig: Rig) -> None:
    rig.one.save(f"{KEY}-secret", "generated-1")
    rig.one.save(KEY, True)
    await rig.clock.advance(0.4)
    rig.one.save(f"{KEY}-secret", "generated-2")
    await rig.settled()
    assert secrets(rig) == [(2.9, "generated-2")]


async def test_the_run_is_trailing(rig: Rig) -> None:
    rig.one.save(KEY, True)
    await rig.clock.advance(2.4)
    rig.one.save(f"{KEY}-id", "later")
    await rig.settled()
    assert [at for at, _ in secrets(rig)] == [2.5, 4.9]


async def test_each_key_that_settles_starts_the_wait_for_the_run_anew(rig: Rig) -> None:
    rig.one.save(KEY, True)
    await rig.clock.advance(1.9)
    rig.one.save(f"{KEY}-id", "later")
    await rig.settled()
    assert [at for at, _ in secrets(rig)] == [4.4]


async def test_a_built_in_provider_restarts_it_too(rig: Rig) -> None:
    rig.settings.add(Setting("Accounts_OAuth_Github_id", "string", ""))
    await rig.settled()
    began = rig.clock.seconds
    rig.one.save(KEY, True)
    await rig.clock.advance(1.0)
    rig.one.save("Accounts_OAuth_Github_id", "x")
    await rig.settled()
    assert secrets(rig)[0][0] - began == pytest.approx(3.5)


async def test_a_setting_of_something_else_starts_no_run(rig: Rig) -> None:
    await rig.switched_on()
    rig.settings.add(Setting("Site_Name", "string", ""))
    rig.one.save("Site_Name", "x")
    await rig.settled()
    assert len(secrets(rig)) == 1


async def test_what_is_written_just_before_a_pending_run_goes_live_with_it(rig: Rig) -> None:
    rig.one.save(KEY, True)
    await rig.clock.advance(2.49)
    rig.one.save(f"{KEY}-secret", "generated-late")
    await rig.clock.advance(0.02)
    assert secrets(rig) == [(2.5, "generated-late")]


# Row "write of an equal value": ignored.


async def test_write_of_an_equal_value_is_ignored(rig: Rig) -> None:
    await rig.switched_on()
    rig.one.save(f"{KEY}-id", "")
    rig.one.save(KEY, True)
    await rig.settled()
    assert len(secrets(rig)) == 1


async def test_write_of_an_equal_value_restarts_nothing(rig: Rig) -> None:
    rig.one.save(KEY, True)
    await rig.clock.advance(1.0)
    rig.one.save(KEY, True)
    await rig.settled()
    assert [at for at, _ in secrets(rig)] == [2.5]


async def test_a_value_of_another_type_is_no_equal_one(rig: Rig) -> None:
    await rig.switched_on()
    rig.one.save(KEY, 1)
    await rig.settled()
    assert rig.names() == ["encvoyid"], "no boolean: skipped"
    rig.one.save(KEY, False)
    await rig.settled()
    assert rig.names() == []


# What a run does.


async def test_several_writes_are_one_run(rig: Rig) -> None:
    for value in ("one", "two", "three"):
        rig.one.save(f"{KEY}-id", value)
    rig.one.save(KEY, True)
    await rig.settled()
    assert [entry.body["client_id"] for entry in rig.ledger.of("live")] == ["three"]


async def test_the_text_true_does_not_switch_on(rig: Rig) -> None:
    rig.one.save(KEY, "true")
    await rig.settled()
    assert rig.names() == []


async def test_an_instance_knows_what_it_signs_in_with(rig: Rig) -> None:
    rig.one.save(f"{KEY}-secret", "generated-1")
    await rig.switched_on()
    assert rig.one.strategies["encvoyid"]["secret"] == "generated-1"
    rig.one.save(KEY, False)
    await rig.settled()
    assert rig.one.strategies == {}


async def test_removed_while_on_leaves_a_zombie_which_refresh_buries(rig: Rig) -> None:
    await rig.switched_on()
    rig.one.remove(setting_ids("Encvoyid"))
    await rig.settled()
    assert rig.names() == ["encvoyid"]
    rig.one.refresh()
    assert rig.names() == []


@pytest.mark.parametrize(("name", "live"), [("1password", []), ("Password1", ["password1"])])
async def test_a_name_that_begins_with_a_digit_is_off_after_half_a_second(rig: Rig, name: str, live: list[str]) -> None:
    switch = f"Accounts_OAuth_Custom-{name}"
    rig.one.add(service_settings(name, gated=False))
    rig.one.save(switch, True)
    await rig.settled()
    assert rig.names() == [name.lower()]
    rig.one.save(switch, False)
    await rig.clock.advance(0.6)
    assert rig.names() == live


@pytest.mark.parametrize(("modules", "live"), [(set(), []), ({"oauth-enterprise"}, ["encvoyid"])])
async def test_a_gated_service_is_live_only_with_the_licence(modules: set[str], live: list[str]) -> None:
    rig = Rig(modules=modules, gated=True)
    rig.one.save(KEY, True)
    await rig.settled()
    assert rig.names() == live
    assert rig.stored() is True


async def test_premium_fields_count_as_their_default_without_licence(rig: Rig) -> None:
    rig.one.save(f"{KEY}-map_channels", True)
    rig.one.save(f"{KEY}-roles_claim", "custom")
    await rig.switched_on()
    assert (rig.live()["mapChannels"], rig.live()["rolesClaim"]) == (False, "roles")


# Row "refresh": rebuilt at once, new ids.


async def test_refresh_rebuilds_at_once_with_new_ids(rig: Rig) -> None:
    await rig.switched_on()
    before = rig.table.all()[0].id
    rig.one.refresh()
    assert rig.names() == ["encvoyid"]
    assert rig.table.all()[0].id != before
    assert [kind for kind, _ in rig.heard] == ["emptied", "added"]


async def test_refresh_rebuilds_from_the_cache_without_waiting_for_a_debounce(rig: Rig) -> None:
    await rig.switched_on()
    rig.one.save(f"{KEY}-id", "later")
    rig.one.refresh()
    assert rig.live()["clientId"] == "later"


# Row "bulk write": not ordered, and told later.


def orders(count: int) -> set[tuple[str, ...]]:
    """The orders in which three settings of a bulk write were stored, over so many seeds."""
    seen = set()
    for seed in range(count):
        rig = Rig(seed=seed)
        rig.one.save_all({f"{KEY}-id": "a", f"{KEY}-secret": "generated-b", f"{KEY}-scope": "c"})
        seen.add(tuple(entry.body["_id"] for entry in rig.ledger.of("stored")))
        rig.instances.suspend()
    return seen


async def test_a_bulk_write_stores_in_any_order_and_a_seed_decides() -> None:
    assert len(orders(40)) == 6
    assert orders(1) == orders(1)


async def test_a_bulk_write_is_answered_before_the_cache_knows() -> None:
    rig = Rig(timing=Timing(2.5, jitter=(0.0, 0.0), unawaited=(0.003, 0.003)))
    rig.one.save_all({f"{KEY}-id": "x", KEY: True})
    assert rig.stored("-id") == "x"
    assert rig.one.get(f"{KEY}-id") == ""
    await rig.clock.advance(0.004)
    assert rig.one.get(f"{KEY}-id") == "x"
    await rig.settled()
    assert secrets(rig)[0][0] == pytest.approx(2.503)


async def test_between_the_notifications_of_a_bulk_write_a_pending_run_sees_half_of_it() -> None:
    halves = set()
    for seed in range(30):
        rig = Rig(timing=Timing(2.5, jitter=(0.0, 0.0), unawaited=(0.0, 0.1)), seed=seed)
        rig.one.save(KEY, True)
        await rig.clock.advance(2.45)
        rig.one.save_all({f"{KEY}-secret": "generated", f"{KEY}-button_label_color": "#ffffff"})
        await rig.clock.advance(0.06)
        first = rig.ledger.of("live")[0].body["fields"]
        halves.add((first["secret"] == "generated", first["buttonLabelColor"] == "#ffffff"))
        rig.instances.suspend()
    assert (False, True) in halves, "the marker without the secret"


async def test_a_bulk_write_stores_and_tells_only_what_differs(rig: Rig) -> None:
    told: list[str] = []
    rig.instances.listen(lambda notice, by: told.append(notice.document["_id"]))
    rig.one.save_all({f"{KEY}-scope": "openid", f"{KEY}-id": "x", "Nothing": "text"})
    await rig.settled()
    assert told == [f"{KEY}-id"]
    assert [entry.body["_id"] for entry in rig.ledger.of("stored")] == [f"{KEY}-id"]
    assert "Nothing" not in rig.settings


async def test_a_single_write_tells_even_of_an_equal_value(rig: Rig) -> None:
    told: list[str] = []
    rig.instances.listen(lambda notice, by: told.append(notice.told.value))
    rig.one.save(f"{KEY}-scope", "openid")
    assert told == ["updated"]


# Row "add again after removal, no restart": documents without value.


async def removed_and_added(rig: Rig) -> Rig:
    rig.one.save(f"{KEY}-url", "https://id.example")
    rig.one.remove(setting_ids("Encvoyid"))
    await rig.settled()
    rig.one.add(service_settings("Encvoyid", gated=False))
    return rig


async def test_add_again_after_removal_makes_documents_without_value(rig: Rig) -> None:
    await removed_and_added(rig)
    found = [rig.settings.find(setting_id) for setting_id in setting_ids("Encvoyid")]
    assert len(found) == len(FIELDS) + 1
    assert all(setting is not None and setting.value is None for setting in found)


async def test_add_again_after_removal_is_not_healed_by_adding_once_more(rig: Rig) -> None:
    await removed_and_added(rig)
    rig.one.add(service_settings("Encvoyid", gated=False))
    assert rig.stored("-token_path") is None


async def test_add_again_after_removal_is_not_healed_by_a_restart(rig: Rig) -> None:
    await removed_and_added(rig)
    rig.instances.resume()
    rig.one.add(service_settings("Encvoyid", gated=False))
    assert rig.stored("-token_path") is None


async def test_add_again_after_removal_is_healed_by_writing_each(rig: Rig) -> None:
    await removed_and_added(rig)
    for setting in service_settings("Encvoyid", gated=False):
        rig.one.save(setting.id, setting.value)
    await rig.switched_on()
    assert None not in rig.live().values()


async def test_add_again_after_removal_and_a_restart_has_its_values(rig: Rig) -> None:
    rig.one.remove(setting_ids("Encvoyid"))
    await rig.settled()
    rig.instances.resume()
    rig.one.add(service_settings("Encvoyid", gated=False))
    assert rig.stored("-token_path") == "/oauth/token"


async def test_a_service_without_values_is_live_without_fields(rig: Rig) -> None:
    await removed_and_added(rig)
    rig.one.save(KEY, True)
    await rig.settled()
    assert set(rig.table.all()[0].public) == {"service", "custom"}


async def test_a_switch_lets_them_come_back_with_their_values() -> None:
    rig = await removed_and_added(Rig(remembers_removals=False))
    assert (rig.stored("-token_path"), rig.stored("-url")) == ("/oauth/token", "")


async def test_adding_what_is_there_keeps_its_values(rig: Rig) -> None:
    rig.one.save(f"{KEY}-url", "https://id.example")
    rig.one.add(service_settings("Encvoyid", gated=False))
    assert rig.stored("-url") == "https://id.example"


# Row "name `!!!`": thirty useless settings.


async def test_a_name_without_letters_makes_thirty_settings_that_no_run_looks_at(rig: Rig) -> None:
    rig.one.add(service_settings("", gated=False))
    assert sum(setting.id.startswith("Accounts_OAuth_Custom--") for setting in rig.settings) == 29
    rig.one.save("Accounts_OAuth_Custom-", True)
    await rig.settled()
    assert rig.names() == []


# Start and stop.


async def test_what_was_under_way_is_made_good_after_the_start(rig: Rig) -> None:
    rig.one.save(KEY, True)
    await rig.clock.advance(1.0)
    rig.instances.suspend()
    await rig.settled()
    assert rig.names() == []
    rig.instances.resume()
    await rig.clock.advance(1.99)
    assert rig.names() == []
    await rig.clock.advance(0.02)
    assert rig.names() == ["encvoyid"]


async def test_a_notification_under_way_is_lost_and_the_start_reads_the_database(rig: Rig) -> None:
    rig.one.save_all({KEY: True})
    rig.instances.suspend()
    rig.instances.resume()
    await rig.settled()
    assert rig.names() == ["encvoyid"]


async def test_a_start_with_nothing_to_make_good_runs_nothing(rig: Rig) -> None:
    await rig.switched_on()
    rig.instances.suspend()
    rig.instances.resume()
    await rig.settled()
    assert len(secrets(rig)) == 1


def test_a_write_without_a_loop_is_noted_for_the_start(rig: Rig) -> None:
    rig.settings.write(KEY, True)
    rig.table.rewrite()
    assert rig.names() == ["encvoyid"]


async def test_rewrite_takes_over_what_is_stored_and_waits_for_nothing(rig: Rig) -> None:
    stored = rig.settings.find(KEY)
    assert stored is not None
    stored.value = True
    rig.one.save(f"{KEY}-id", "x")
    rig.table.rewrite()
    await rig.settled()
    assert len(secrets(rig)) == 1
    rig.settings.delete(KEY)
    rig.table.rewrite()
    assert rig.names() == ["encvoyid"], "a zombie"


def test_ids_of_instances_are_uuids_and_seeded() -> None:
    ids = [instance.id for instance in Rig(count=3, seed=5).instances.each]
    assert len(set(ids)) == 3
    assert ids == [instance.id for instance in Rig(count=3, seed=5).instances.each]
    assert all(len(id_) == 36 for id_ in ids)
