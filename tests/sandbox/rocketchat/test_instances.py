"""Several instances behind one address (facts/rocketchat.md §2.4, §2.5)."""

from __future__ import annotations

import json
from typing import Any

import aiohttp
import pytest

from sandbox.rocketchat.instance import Timing
from sandbox.rocketchat.instances import Sticky
from sandbox.rocketchat.oauth_settings import service_settings, setting_ids
from sandbox.rocketchat.standin import Switches
from tests.support.instances import KEY, Rig
from tests.support.rocket import Rocket, running


def written(rig: Rig) -> list[tuple[str, str]]:
    """Which instance wrote which secret into the shared record, in order."""
    return [(entry.body["instance"], entry.body["secret"]) for entry in rig.ledger.of("live")]


async def on(rig: Rig) -> Rig:
    """The service is on, and every instance knows the first secret."""
    rig.settings.write(f"{KEY}-secret", "generated-old")
    rig.settings.write(KEY, True)
    rig.table.rewrite()
    rig.ledger.entries.clear()
    return rig


# With broadcasts.


async def test_all_hear_of_a_single_write_before_it_is_answered() -> None:
    rig = Rig(count=3)
    rig.two.save(f"{KEY}-id", "x")
    assert [instance.get(f"{KEY}-id") for instance in rig.instances.each] == ["x", "x", "x"]


async def test_each_runs_for_itself_and_all_write_the_one_record() -> None:
    rig = await on(Rig(count=3, timing=Timing(2.5, jitter=(0.0, 0.2))))
    rig.one.save(f"{KEY}-secret", "generated-new")
    await rig.settled()
    assert {by for by, _ in written(rig)} == {instance.id for instance in rig.instances.each}
    assert {secret for _, secret in written(rig)} == {"generated-new"}
    assert len({entry.at for entry in rig.ledger.of("live")}) == 3, "each has a jitter of its own"
    assert len(rig.table.all()) == 1


async def test_on_the_modern_engine_each_has_its_secret_since_its_own_run() -> None:
    rig = await on(Rig(count=2, timing=Timing(2.5, jitter=(0.0, 0.2)), seed=3))
    rig.one.save(f"{KEY}-secret", "generated-new")
    first, second = (entry.at for entry in await settled(rig))
    assert first < second
    rig = await on(Rig(count=2, timing=Timing(2.5, jitter=(0.0, 0.2)), seed=3))
    rig.one.save(f"{KEY}-secret", "generated-new")
    await rig.clock.advance((first + second) / 2)
    held = sorted(instance.strategies["encvoyid"]["secret"] for instance in rig.instances.each)
    assert held == ["generated-new", "generated-old"]
    assert rig.live()["secret"] == "generated-new"


async def settled(rig: Rig) -> list[Any]:
    await rig.settled()
    return rig.ledger.of("live")


async def test_nobody_is_told_of_settings_that_were_made() -> None:
    rig = Rig(count=2)
    rig.one.add(service_settings("Other", gated=False))
    assert rig.one.get("Accounts_OAuth_Custom-Other-scope") == "openid"
    assert rig.two.get("Accounts_OAuth_Custom-Other-scope") is None
    rig.two.add(service_settings("Other", gated=False))
    assert rig.two.get("Accounts_OAuth_Custom-Other-scope") == "openid"


async def test_all_hear_of_a_removal() -> None:
    rig = Rig(count=2)
    rig.one.remove(setting_ids("Encvoyid"))
    await rig.settled()
    assert rig.two.get(f"{KEY}-scope") is None


# Without.


async def test_without_broadcasts_the_other_cache_goes_stale() -> None:
    rig = await on(Rig(count=2, broadcasts=False))
    rig.one.save(f"{KEY}-secret", "generated-new")
    await rig.settled()
    assert rig.stored("-secret") == "generated-new"
    assert (rig.one.get(f"{KEY}-secret"), rig.two.get(f"{KEY}-secret")) == ("generated-new", "generated-old")
    assert written(rig) == [(rig.one.id, "generated-new")]


async def test_without_broadcasts_a_later_run_there_writes_the_old_secret_back() -> None:
    rig = await on(Rig(count=2, broadcasts=False))
    rig.one.save(f"{KEY}-secret", "generated-new")
    await rig.settled()
    rig.two.save(f"{KEY}-button_label_color", "#ffffff")
    await rig.settled()
    assert written(rig) == [(rig.one.id, "generated-new"), (rig.two.id, "generated-old")]
    assert rig.live()["secret"] == "generated-old"


async def test_an_equal_write_repairs_a_stale_cache_and_restarts_only_that_instance() -> None:
    rig = await on(Rig(count=2, broadcasts=False))
    rig.one.save(f"{KEY}-secret", "generated-new")
    await rig.settled()
    for instance in rig.instances.each:
        instance.save(f"{KEY}-secret", "generated-new")
    await rig.settled()
    assert written(rig) == [(rig.one.id, "generated-new"), (rig.two.id, "generated-new")]


async def test_an_equal_bulk_write_repairs_nothing() -> None:
    rig = await on(Rig(count=2, broadcasts=False))
    rig.one.save(f"{KEY}-secret", "generated-new")
    rig.two.save_all({f"{KEY}-secret": "generated-new"})
    await rig.settled()
    assert rig.two.get(f"{KEY}-secret") == "generated-old"


async def test_a_restart_reads_the_database_and_runs_where_the_cache_was_stale() -> None:
    rig = await on(Rig(count=2, broadcasts=False))
    rig.one.save(f"{KEY}-secret", "generated-new")
    await rig.settled()
    rig.instances.suspend()
    rig.instances.resume()
    await rig.settled()
    assert written(rig)[1:] == [(rig.two.id, "generated-new")]


# Over a socket.


async def ids(rocket: Rocket, times: int) -> list[str]:
    return [(await rocket.get("me")).headers["X-Instance-ID"] for _ in range(times)]


async def test_every_answer_names_its_instance(rocket: Rocket) -> None:
    answers = [
        await rocket.get("me"),
        await rocket.get("me", who=None),
        await rocket.get("nothing"),
        await rocket.get("/login", who=None),
        await rocket.get("/no/such/page", who=None),
    ]
    assert [answer.status for answer in answers][:3] == [200, 401, 404]
    assert {answer.headers.get("X-Instance-ID") for answer in answers} == {rocket.standin.instances.first.id}


async def test_below_a_path_it_is_named_too() -> None:
    async with running(path="/chat") as rocket:
        assert (await rocket.get("nothing")).headers["X-Instance-ID"] == rocket.standin.instances.first.id


async def test_an_older_server_names_none() -> None:
    async with running(switches=Switches(instance_header=False)) as rocket:
        assert "X-Instance-ID" not in (await rocket.get("me")).headers


async def test_requests_go_to_the_next_instance() -> None:
    async with running(switches=Switches(instances=3)) as rocket:
        seen = await ids(rocket, 7)
        assert len(set(seen[:3])) == 3
        assert seen == [*seen[:3], *seen[:3], seen[0]]
        assert [entry.instance for entry in rocket.standin.ledger.requests("GET", "/me")] == seen


@pytest.mark.parametrize("sticky", [Sticky.CONNECTION, Sticky.ADDRESS])
async def test_a_sticky_balancer_keeps_a_client_where_it_is(sticky: Sticky) -> None:
    async with running(switches=Switches(instances=3, sticky=sticky)) as rocket:
        assert len(set(await ids(rocket, 5))) == 1


@pytest.mark.parametrize(("sticky", "instances"), [(Sticky.CONNECTION, 2), (Sticky.ADDRESS, 1)])
async def test_sticky_by_connection_moves_with_another_connection(sticky: Sticky, instances: int) -> None:
    async with running(switches=Switches(instances=3, sticky=sticky)) as rocket:
        seen = set(await ids(rocket, 2))
        async with aiohttp.ClientSession() as another, another.get(f"{rocket.standin.url}/api/info") as response:
            seen.add(response.headers["X-Instance-ID"])
        assert len(seen) == instances


async def listening(rocket: Rocket, client: aiohttp.ClientSession) -> tuple[str, aiohttp.ClientWebSocketResponse]:
    """A websocket of the bot that hears of settings, and the instance where it was opened."""
    socket = await client.ws_connect(f"{rocket.standin.url}/websocket")
    where = rocket.standin.instances.each
    await socket.send_json({"msg": "connect", "version": "1", "support": ["1"]})
    token = rocket.standin.introduction.account("bot").token
    await socket.send_json({"msg": "method", "method": "login", "id": "1", "params": [{"resume": token}]})
    params = ["private-settings-changed", False]
    await socket.send_json({"msg": "sub", "id": "s", "name": "stream-notify-logged", "params": params})
    async for message in socket:
        if json.loads(message.data).get("msg") == "ready":
            break
    [connection] = rocket.standin.sockets.open
    at = connection.instance  # type: ignore[attr-defined]
    assert at in {instance.id for instance in where}
    return at, socket


@pytest.mark.parametrize(("broadcasts", "heard"), [(True, ["0", "1", "2"]), (False, ["0"])])
async def test_a_websocket_stays_where_it_was_opened_and_hears_that_instance(
    broadcasts: bool, heard: list[str]
) -> None:
    switches = Switches(instances=3, broadcasts=broadcasts)
    async with running(switches=switches) as rocket, aiohttp.ClientSession() as client:
        at, socket = await listening(rocket, client)
        instances = sorted(rocket.standin.instances.each, key=lambda instance: instance.id != at)
        for number, instance in enumerate(instances):
            instance.save("Site_Name", str(number))
        await socket.send_json({"msg": "ping"})
        values = []
        async for message in socket:
            frame = json.loads(message.data)
            if frame.get("msg") == "pong":
                break
            if frame.get("collection") == "stream-notify-logged":
                values.append(frame["fields"]["args"][1]["value"])
        assert values == heard


async def test_a_single_write_is_known_to_the_instance_that_answered() -> None:
    async with running(switches=Switches(instances=3, broadcasts=False)) as rocket:
        await rocket.post("settings.addCustomOAuth", {"name": "Encvoy ID"})
        answer = await rocket.post(f"settings/{KEY}-secret", {"value": "generated"})
        knows = [i.id for i in rocket.standin.instances.each if i.get(f"{KEY}-secret") == "generated"]
        assert knows == [answer.headers["X-Instance-ID"]]
