"""The publication `meteor.loginServiceConfiguration` over a real socket (facts/rocketchat.md §5.5, §16)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from sandbox.rocketchat.ddp.sockets import Publication
from sandbox.rocketchat.oauth_settings import add_service
from tests.support.chat_server import ChatServer, Ddp, Frame, chat_server

NAME = "meteor.loginServiceConfiguration"
SERVICES = "meteor_accounts_loginServiceConfiguration"
K = "Accounts_OAuth_Custom-Encvoyid"


@pytest.fixture
async def server() -> AsyncIterator[ChatServer]:
    async with chat_server() as running:
        add_service(running.settings, "Encvoyid", gated=False)
        running.instances.first.load()
        yield running


def put(server: ChatServer, **fields: Any) -> None:
    """Writes the service, on unless told otherwise, and lets it become live."""
    for suffix, value in {"on": True, "id": "client", "secret": "generated-by-the-test", **fields}.items():
        server.settings.write(K if suffix == "on" else f"{K}-{suffix}", value)
    server.services.rewrite()


def refresh(server: ChatServer) -> None:
    server.instances.first.refresh()


async def heard(client: Ddp) -> list[Frame]:
    """What the collection's frames were up to now; they are taken out."""
    await client.quiet()
    frames = [frame for frame in client.heard if frame.get("collection") == SERVICES]
    client.heard.clear()
    return frames


async def subscribed(server: ChatServer) -> tuple[Ddp, list[Frame]]:
    """A session with the subscription, and the frames that came with it."""
    client = await server.ddp()
    assert (await client.subscribe(NAME))["msg"] == "ready"
    return client, await heard(client)


def kinds(frames: list[Frame]) -> list[str]:
    return [frame["msg"] for frame in frames]


# Who subscribed after the service was enabled.


async def test_live_services_come_before_ready_without_a_login(server: ChatServer) -> None:
    put(server)
    _, [added] = await subscribed(server)
    assert (added["msg"], added["collection"]) == ("added", SERVICES)
    assert added["id"] in {service.id for service in server.services.all()}
    assert (added["fields"]["service"], added["fields"]["clientId"]) == ("encvoyid", "client")


async def test_the_secret_is_never_published(server: ChatServer) -> None:
    put(server)
    client, frames = await subscribed(server)
    put(server, secret="another-generated-by-the-test", id="other")
    assert "generated-by-the-test" not in str([*frames, *await heard(client)])


async def test_subscribed_after_changed_names_differing_fields_only(server: ChatServer) -> None:
    put(server)
    client, [added] = await subscribed(server)
    put(server, id="other")
    changed = {"msg": "changed", "collection": SERVICES, "id": added["id"], "fields": {"clientId": "other"}}
    assert await heard(client) == [changed]


async def test_subscribed_after_a_new_secret_alone_is_not_seen(server: ChatServer) -> None:
    put(server)
    client, _ = await subscribed(server)
    put(server, secret="another-generated-by-the-test")
    assert await heard(client) == []


async def test_subscribed_after_disabled_is_removed(server: ChatServer) -> None:
    put(server)
    client, [added] = await subscribed(server)
    put(server, on=False)
    assert await heard(client) == [{"msg": "removed", "collection": SERVICES, "id": added["id"]}]


# Row "publication after an enable": silence for those who subscribed before.


async def test_subscribed_before_hears_nothing_of_enable_change_and_disable(server: ChatServer) -> None:
    client, frames = await subscribed(server)
    put(server)
    put(server, id="other")
    put(server, on=False)
    assert frames == await heard(client) == []


async def test_off_and_on_is_silent_again(server: ChatServer) -> None:
    put(server)
    client, _ = await subscribed(server)
    put(server, on=False)
    put(server)
    put(server, id="other")
    assert kinds(await heard(client)) == ["removed"]


async def test_refresh_silences_every_open_subscription_which_keeps_the_old_record(server: ChatServer) -> None:
    put(server)
    client, _ = await subscribed(server)
    refresh(server)
    put(server, id="other")
    put(server, on=False)
    assert await heard(client) == []


# A fresh subscription starts with a fresh find.


async def test_a_fresh_subscription_of_another_session_shows_what_is_there(server: ChatServer) -> None:
    old, _ = await subscribed(server)
    put(server)
    _, frames = await subscribed(server)
    assert kinds(frames) == ["added"]
    assert await heard(old) == []


async def test_a_second_subscription_then_without_the_first_does_not_flicker(server: ChatServer) -> None:
    put(server)
    client, _ = await subscribed(server)
    await client.subscribe(NAME)
    await client.send({"msg": "unsub", "id": "s1"})
    assert await heard(client) == []
    put(server, id="other")
    assert kinds(await heard(client)) == ["changed"]


async def test_a_second_subscription_brings_what_the_first_never_showed(server: ChatServer) -> None:
    client, _ = await subscribed(server)
    put(server)
    await client.subscribe(NAME)
    await client.send({"msg": "unsub", "id": "s1"})
    assert kinds(await heard(client)) == ["added"]


async def test_after_a_refresh_the_second_brings_the_new_record_and_the_first_takes_the_old_away(
    server: ChatServer,
) -> None:
    put(server)
    client, [old] = await subscribed(server)
    refresh(server)
    await client.subscribe(NAME)
    await client.send({"msg": "unsub", "id": "s1"})
    added, removed = await heard(client)
    assert (added["msg"], removed["msg"], removed["id"]) == ("added", "removed", old["id"])
    assert added["id"] != old["id"]


async def test_the_last_subscription_takes_everything_along(server: ChatServer) -> None:
    put(server)
    client, _ = await subscribed(server)
    await client.send({"msg": "unsub", "id": "s1"})
    await client.quiet()
    assert [(frame["msg"], frame.get("collection")) for frame in client.heard] == [
        ("removed", SERVICES),
        ("nosub", None),
    ]


async def test_a_login_begins_every_subscription_anew(server: ChatServer) -> None:
    put(server)
    client, [old] = await subscribed(server)
    refresh(server)
    await client.call("login", {"resume": server.bot.token})
    removed, added = await heard(client)
    assert (removed["msg"], removed["id"], added["msg"]) == ("removed", old["id"], "added")
    put(server, id="other")
    assert kinds(await heard(client)) == ["changed"]


async def test_a_login_with_nothing_new_says_nothing(server: ChatServer) -> None:
    put(server)
    client, _ = await subscribed(server)
    await client.call("login", {"resume": server.bot.token})
    assert await heard(client) == []


# The switches.


async def test_pushed_tells_all_of_it(server: ChatServer) -> None:
    server.sockets.login_services = Publication.PUSHED
    client, _ = await subscribed(server)
    put(server)
    put(server, id="other")
    refresh(server)
    put(server, on=False)
    frames = await heard(client)
    assert kinds(frames) == ["added", "changed", "removed", "added", "removed"]
    assert frames[1]["fields"] == {"clientId": "other"}


async def test_the_streamer_tells_of_a_new_record_as_changed(server: ChatServer) -> None:
    server.sockets.login_services = Publication.STREAMER
    client, _ = await subscribed(server)
    put(server)
    put(server, on=False)
    changed, removed = await heard(client)
    assert (changed["msg"], removed["msg"]) == ("changed", "removed")
    assert changed["fields"]["service"] == "encvoyid"
    assert "secret" not in changed["fields"]


async def test_stale_answers_with_what_was_there_at_first(server: ChatServer) -> None:
    put(server)
    server.sockets.login_services = Publication.STALE
    first, [before] = await subscribed(server)
    put(server, id="other")
    _, frames = await subscribed(server)
    assert frames == [before]
    assert await heard(first) == []
