"""What a process with the modern engine holds of a service, and since when (facts/rocketchat.md §3.4, §5.5)."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.rocketchat.oauth.modern_strategies import Strategy
from tests.sandbox.rocketchat.oauth.provider import Provider
from tests.support.modern import KEY, Modern, modern_at, query_of

FIELDS = {
    "custom": True,
    "serverURL": "https://id.example",
    "authorizePath": "/auth",
    "tokenPath": "/token",
    "identityPath": "/me",
    "clientId": "client",
    "secret": "generated-secret",
    "scope": "openid profile",
    "loginStyle": "redirect",
}


def strategy(**fields: Any) -> Strategy:
    return Strategy("encvoyid", FIELDS | fields, "https://chat.example/_oauth/encvoyid", "openid profile", (FIELDS,))


def test_the_authorize_address_has_exactly_these_parameters() -> None:
    location = strategy().authorize_url("handle", "challenge")
    assert location.startswith("https://id.example/auth?")
    assert query_of(location) == {
        "response_type": "code",
        "redirect_uri": "https://chat.example/_oauth/encvoyid",
        "scope": "openid profile",
        "state": "handle",
        "code_challenge": "challenge",
        "code_challenge_method": "S256",
        "client_id": "client",
    }


def test_a_query_of_the_path_is_merged_and_never_wins() -> None:
    location = strategy(authorizePath="/auth?m=7f&state=mine&empty=").authorize_url("handle", "challenge")
    assert location.count("?") == 1
    query = query_of(location)
    assert (query["m"], query["empty"], query["state"]) == ("7f", "", "handle")


def test_blanks_are_encoded_as_node_encodes_them() -> None:
    assert "scope=openid%20profile&" in strategy().authorize_url("handle", "challenge")


def test_addresses_are_joined_as_text_so_absolute_ones_break() -> None:
    absolute = strategy(authorizePath="https://id.example/auth", tokenPath="https://id.example/token")
    assert absolute.token_url == "https://id.examplehttps://id.example/token"
    assert absolute.authorize_url("h", "c").startswith("https://id.examplehttps:")


def test_the_identity_path_alone_may_be_absolute() -> None:
    assert strategy().identity_url == "https://id.example/me"
    assert strategy(identityPath="https://elsewhere.example/me").identity_url == "https://elsewhere.example/me"


@pytest.mark.parametrize(("style", "popup"), [("popup", True), ("redirect", False), ("", False)])
def test_the_style_decides_how_it_ends(style: str, popup: bool) -> None:
    assert strategy(loginStyle=style).popup is popup


def test_the_secret_cannot_be_printed() -> None:
    assert "generated-secret" not in repr(strategy())


# When the router steps aside.


async def is_shell(modern: Modern, path: str = "/oauth/encvoyid") -> bool:
    """Whether the application's own page came."""
    reply = await modern.get(path)
    return reply.status == 200 and "data-role=" in reply.text


@pytest.mark.parametrize("suffix", ["id", "secret", "url"])
async def test_without_id_secret_or_address_there_is_no_strategy(modern: Modern, suffix: str) -> None:
    assert not await is_shell(modern)
    await modern.set(**{suffix: ""})
    assert await is_shell(modern)
    assert await is_shell(modern, "/_oauth/encvoyid")


async def test_a_switch_that_is_off_counts_at_once(modern: Modern) -> None:
    modern.rocket.standin.settings.write(KEY, False)
    assert modern.rocket.standin.login_services.get("encvoyid") is not None, "not settled yet"
    assert await is_shell(modern)


async def test_a_service_that_nobody_made_has_none(modern: Modern) -> None:
    assert await is_shell(modern, "/oauth/another")


async def test_without_the_licence_the_switch_counts_as_off(modern: Modern) -> None:
    modern.rocket.standin.modules.clear()
    modern.rocket.standin.login_services.rewrite()
    assert await is_shell(modern)
    assert modern.rocket.standin.login_services.get("encvoyid") is None


@pytest.mark.parametrize("version", ["8.7", "8.9"])
async def test_the_public_setting_chooses_the_engine_in_8_7_to_8_9(provider: Provider, version: str) -> None:
    async with modern_at(provider, version) as modern:
        assert not await is_shell(modern)
        assert (await modern.back(code="c", state="s")).headers["Location"] == "/login"
        modern.rocket.standin.settings.write("Accounts_OAuth_Use_Modern_Flow", False)
        assert await is_shell(modern)
        assert 'id="config"' in (await modern.back(code="c", state="s")).text


async def test_before_8_7_there_is_no_such_engine(provider: Provider) -> None:
    async with modern_at(provider, "8.6") as modern:
        assert await is_shell(modern)
        assert 'id="config"' in (await modern.back(code="c", state="s")).text
        assert modern.rocket.standin.ledger.of("strategy") == []
        assert (await modern.rocket.post("loginCode.redeem", {"code": "x"}, who=None)).status == 404


async def test_ten_sign_ins_a_minute_may_begin_from_one_address(modern: Modern) -> None:
    modern.rocket.standin.settings.write("API_Enable_Rate_Limiter", True)
    replies = [await modern.get("/oauth/encvoyid") for _ in range(11)]
    assert [reply.status for reply in replies] == [302] * 10 + [429]
    assert replies[-1].text == '{"success": false, "error": "Too many requests. Please try again later."}'
    modern.rocket.clock.shift = 61.0
    assert (await modern.get("/oauth/encvoyid")).status == 302


# What is held, and since when.


async def test_what_the_process_held_at_its_last_run_counts(modern: Modern) -> None:
    settings = modern.rocket.standin.settings
    settings.write(f"{KEY}-id", "another")
    settings.write(f"{KEY}-secret", "generated-later")
    assert (await modern.press())["client_id"] == "client"
    await modern.sign_in()
    assert modern.provider.seen[0][2]["client_secret"] == "generated-secret"
    modern.rocket.standin.login_services.rewrite()
    assert (await modern.press())["client_id"] == "another"


async def test_the_document_is_not_read(modern: Modern) -> None:
    record = modern.rocket.standin.login_services.get("encvoyid")
    assert record is not None
    record.fields["secret"] = "generated-elsewhere"
    await modern.sign_in()
    assert modern.provider.seen[0][2]["client_secret"] == "generated-secret"


async def test_the_ledger_tells_since_when_each_secret_is_used(modern: Modern) -> None:
    ledger = modern.rocket.standin.ledger
    before = ledger.now()
    await modern.set(secret="generated-later")
    assert ledger.of("strategy")[-1].body["secret"] == "generated-later"
    assert before <= ledger.of("strategy")[-1].at <= ledger.now()
    assert modern.rocket.standin.live("encvoyid")["secret"] == "generated-later"  # type: ignore[index]


async def test_a_restart_builds_it_again_from_the_settings(modern: Modern) -> None:
    await modern.rocket.standin.restart()
    assert (await modern.press())["client_id"] == "client"


async def test_after_a_removal_nothing_is_left_to_press(modern: Modern) -> None:
    await modern.rocket.post("settings.removeCustomOAuth", {"name": "Encvoyid"})
    modern.rocket.standin.login_services.rewrite()
    assert modern.rocket.standin.login_services.get("encvoyid") is not None, "no zombie"
    assert await is_shell(modern)


@pytest.mark.parametrize(("stale", "scope"), [(False, "openid email"), (True, "openid profile")])
async def test_the_scope_may_stay_stale_until_a_restart(provider: Provider, stale: bool, scope: str) -> None:
    async with modern_at(provider, stale_scope=stale) as modern:
        await modern.set(scope="openid email")
        assert (await modern.press())["scope"] == scope
        await modern.rocket.standin.restart()
        assert (await modern.press())["scope"] == "openid email"


def hooks(modern: Modern) -> list[bool]:
    """Whether each of its hooks merges, the oldest first."""
    found = modern.rocket.standin.modern.strategies.get("encvoyid")
    assert found is not None
    return [hook["mergeUsers"] for hook in found.hooks]


async def test_each_change_adds_a_hook_and_the_old_ones_stay_until_a_restart(modern: Modern) -> None:
    first = hooks(modern)
    await modern.set(merge_users=True)
    await modern.set(merge_users=True)
    assert hooks(modern) == [*first, True]
    await modern.set(on=False)
    await modern.set(on=True)
    assert hooks(modern) == [*first, True]
    await modern.rocket.standin.restart()
    assert hooks(modern) == [True]


async def test_each_instance_holds_a_strategy_of_its_own(provider: Provider) -> None:
    """Facts/rocketchat.md §5.5: without broadcasts the caches go stale, and so do the strategies."""
    async with modern_at(provider, instances=2, broadcasts=False) as modern:
        one, two = modern.rocket.standin.instances.each
        one.save(f"{KEY}-id", "another")
        one.run()
        asked = [(await modern.press())["client_id"] for _ in range(4)]
        assert sorted(asked) == ["another", "another", "client", "client"]
        two.catch_up()
        assert {(await modern.press())["client_id"] for _ in range(4)} == {"another"}
        entries = modern.rocket.standin.ledger.of("strategy")[-2:]
        assert [entry.body["instance"] for entry in entries] == [one.id, two.id]
