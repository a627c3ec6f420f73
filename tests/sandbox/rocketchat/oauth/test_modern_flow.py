"""The modern engine's way back, and whom it lets in (facts/rocketchat.md §3.4)."""

from __future__ import annotations

import re

import pytest

from tests.support.modern import Modern, query_of


async def test_a_person_comes_in_and_is_the_same_the_next_time(modern: Modern) -> None:
    first = await modern.arrive()
    assert (first.username, first.services["encvoyid"]["id"]) == ("ada", "1")
    assert (await modern.arrive()).id == first.id


async def test_the_handle_and_the_verifier_are_others_each_time(modern: Modern) -> None:
    first, second = await modern.press(), await modern.press()
    assert first["state"] != second["state"]
    assert first["code_challenge"] != second["code_challenge"]
    assert re.fullmatch(r"[\w-]{24}", first["state"])
    assert re.fullmatch(r"[\w-]{43}", first["code_challenge"])


async def test_the_end_is_a_code_at_home(modern: Modern) -> None:
    reply = await modern.sign_in()
    address, _, _ = reply.headers["Location"].partition("?")
    assert address == f"{modern.rocket.standin.url}/home"
    assert re.fullmatch(r"[0-9a-f]{64}", query_of(reply.headers["Location"])["loginCode"])


@pytest.mark.parametrize(("client", "said"), [("desktop", "desktop"), ("mobile", "mobile"), ("<x>", None), ("", None)])
async def test_the_kind_of_client_comes_back(modern: Modern, client: str, said: str | None) -> None:
    reply = await modern.sign_in(loginClient=client)
    assert query_of(reply.headers["Location"]).get("loginClient") == said


async def test_the_bare_callback_begins_a_new_sign_in(modern: Modern) -> None:
    reply = await modern.back()
    asked = query_of(reply.headers["Location"])
    assert reply.status == 302
    assert asked["redirect_uri"].endswith("/_oauth/encvoyid")
    assert (await modern.back(code="c", state=asked["state"])).headers["Location"] != "/login"


@pytest.mark.parametrize("query", [{"error": "access_denied"}, {"code": "c", "state": "wrong"}, {"code": "c"}])
async def test_who_was_refused_or_is_unknown_goes_to_the_login_page(modern: Modern, query: dict[str, str]) -> None:
    await modern.press()
    reply = await modern.back(**query)
    assert (reply.status, reply.headers["Location"]) == (302, "/login")
    assert modern.provider.seen == []


async def test_without_a_session_too(modern: Modern) -> None:
    state = (await modern.press())["state"]
    modern.cookie = ""
    assert (await modern.back(code="c", state=state)).headers["Location"] == "/login"


async def test_any_other_error_is_a_broken_page(modern: Modern) -> None:
    await modern.press()
    assert (await modern.back(error="server_error")).status == 500
    assert "server_error" in modern.problem()


async def test_a_sign_in_cannot_be_played_twice(modern: Modern) -> None:
    state = (await modern.press())["state"]
    assert "loginCode" in (await modern.back(code="c", state=state)).headers["Location"]
    assert (await modern.back(code="c", state=state)).headers["Location"] == "/login"


async def test_who_may_not_come_in_sees_the_broken_page(modern: Modern) -> None:
    modern.rocket.standin.people.add("ada")
    reply = await modern.sign_in()
    assert reply.status == 500
    assert "already exists" in modern.problem()
    assert "ada" not in reply.text


async def test_the_ledger_says_who_came_in(modern: Modern) -> None:
    user = await modern.arrive()
    entry = modern.rocket.standin.ledger.of("sign-in")[-1]
    assert (entry.who, entry.body) == (user.id, {"service": "encvoyid", "problem": ""})


# Hooks that accumulate (facts/rocketchat.md §3.4, end).


async def renamed(modern: Modern) -> int:
    """They come back under another name: how it ends."""
    modern.provider.claims["name"] = "Renamed"
    return (await modern.sign_in()).status


async def test_after_merging_was_switched_on_a_renamed_person_is_still_refused(modern: Modern) -> None:
    await modern.set(merge_users=False, name_field="name")
    await modern.arrive()
    await modern.set(merge_users=True)
    assert await renamed(modern) == 500
    await modern.rocket.standin.restart()
    assert await renamed(modern) == 302


async def test_where_it_was_on_from_the_start_they_come_in(modern: Modern) -> None:
    await modern.set(on=False, merge_users=True, name_field="name")
    await modern.rocket.standin.restart()
    await modern.set(on=True)
    await modern.arrive()
    assert await renamed(modern) == 302


async def test_after_distinct_services_was_switched_off_a_stranger_still_enters_a_local_account(modern: Modern) -> None:
    local = modern.rocket.standin.people.add("ada", name="Ada")
    await modern.set(merge_users=True, merge_users_distinct_services=True)
    await modern.set(merge_users_distinct_services=False)
    await modern.rocket.standin.restart()
    assert (await modern.sign_in()).status == 500, "after a restart they are refused"
    await modern.set(merge_users_distinct_services=True)
    await modern.set(merge_users_distinct_services=False)
    assert (await modern.arrive()).id == local.id
