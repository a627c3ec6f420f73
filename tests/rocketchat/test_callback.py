"""What Rocket.Chat says of an exchange that is brought to its callback: the verdict, and both forms over sockets
(facts/rocketchat.md §3.1b)."""

from __future__ import annotations

import logging
import ssl
from collections.abc import AsyncIterator, Callable
from typing import Any
from urllib.parse import quote

import pytest
import trustme
from aiohttp import web

from bot.connection.in_use import InUse, Use
from bot.rocketchat.callback import APP, LONGEST_REASON, MOST, WITHIN, verdict
from sandbox.faults import Fault, FaultEffect
from sandbox.serving import Server
from tests.support.both_clients import NAME, Joined
from tests.support.both_clients import joined as joining

TOKEN_URL = "https://id.example/oidc/token"
HANDSHAKE = f"Error: Failed to complete OAuth handshake with encvoyid at {TOKEN_URL}. "
CALLBACK = "/_oauth/encvoyid"


def ended(error: str, target: str = APP) -> dict[str, Any]:
    """The configuration of a page that ends a sign-in."""
    url = f"{target}?host=https://chat.example/&type=oauth&error={quote(error)}"
    return {"setCredentialToken": False, "storagePrefix": "x", "isCordova": False, "redirectUrl": url}


@pytest.mark.parametrize(
    ("reason", "use"),
    [
        ("Bad Request", Use.PROVED),
        ("Unauthorized", Use.OTHER),
        ("Not Found", Use.FAILED),
        ("request to https://id.example failed, reason: getaddrinfo ENOTFOUND id.example", Use.FAILED),
        ("request to https://id.example failed, reason: connect ECONNREFUSED 10.0.0.1:443", Use.FAILED),
        ("self-signed certificate", Use.FAILED),
        ("unable to verify the first certificate", Use.FAILED),
        ("Hostname/IP does not match certificate's altnames: Host: id.example.", Use.FAILED),
        ("invalid json response body at https://id.example reason: Unexpected token '<'", Use.FAILED),
        ("The user aborted a request.", Use.FAILED),
        ("error-ssrf-validation-failed", Use.FAILED),
        ("Service Unavailable", Use.UNKNOWN),
        ("Forbidden", Use.UNKNOWN),
        ("bad request", Use.UNKNOWN),
        ("Bad Requests", Use.UNKNOWN),
        ("It was Unauthorized", Use.UNKNOWN),
    ],
)
def test_only_known_words_are_a_verdict(reason: str, use: Use) -> None:
    assert verdict(ended(HANDSHAKE + reason), TOKEN_URL).use is use


@pytest.mark.parametrize(
    "error",
    [
        "ServiceConfiguration.ConfigError: Service not configured",
        "Error: Failed to fetch identity from encvoyid at https://id.example/oidc/me. Unauthorized",
        "access_denied",
        "Unauthorized",
        "Bad Request",
        HANDSHAKE.strip(),
    ],
)
def test_what_is_no_handshake_is_shown_and_is_no_verdict(error: str) -> None:
    said = verdict(ended(error), TOKEN_URL)
    assert said.use is Use.UNKNOWN
    assert said.words.startswith("Rocket.Chat says: “")


@pytest.mark.parametrize("reason", ["Bad Request", "Unauthorized", "Not Found"])
def test_an_exchange_at_another_address_is_no_verdict(reason: str) -> None:
    said = verdict(ended(HANDSHAKE + reason), "https://moved.example/oidc/token")
    assert said.use is Use.UNKNOWN
    assert "another address" in said.words


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"setCredentialToken": False},
        {"setCredentialToken": False, "redirectUrl": None},
        {"setCredentialToken": False, "redirectUrl": 7},
        {"setCredentialToken": False, "redirectUrl": f"{APP}?host=https://chat.example/&type=oauth"},
        ended(""),
        ended(HANDSHAKE + "Bad Request", "https://chat.example/home"),
        ended(HANDSHAKE + "Unauthorized", "https://evil.example/rocketchat://auth"),
        ended(HANDSHAKE + "Unauthorized", "rocketchat://authority"),
        ended(HANDSHAKE + "Unauthorized", "rocketchat://["),
        ended(HANDSHAKE + "Unauthorized", "http://["),
    ],
)
def test_without_the_apps_own_return_it_says_nothing(config: dict[str, Any]) -> None:
    assert verdict(config, TOKEN_URL).use is Use.SILENT


@pytest.mark.parametrize("error", ["", HANDSHAKE + "Bad Request"])
def test_a_bogus_code_that_is_accepted_proves_nothing(error: str) -> None:
    assert verdict(ended(error) | {"setCredentialToken": True}, TOKEN_URL).use is Use.UNKNOWN


HOSTILE = (
    "request to @all `code` *bold* [link](https://evil.example) <b> https://evil.example\n> quoted",
    "request to \u202e@here\u200b #general |||| $x$ ~a~ _b_",
    "request to " + "x" * 10_000,
    "request to " + "@all " * 10_000,
)


@pytest.mark.parametrize("reason", HOSTILE)
def test_hostile_words_are_harmless(reason: str) -> None:
    said = verdict(ended(HANDSHAKE + reason), TOKEN_URL)
    assert said.use is Use.FAILED
    assert len(said.words) < LONGEST_REASON + 40
    assert not set("@`*_~|[]<>#$\n\u202e") & set(said.words)
    assert "://" not in said.words


@pytest.mark.parametrize("text", ["x" * 10_000, HANDSHAKE * 1_000, HANDSHAKE.replace(" at ", " at" * 5_000)])
def test_long_texts_are_no_verdict(text: str) -> None:
    assert verdict(ended(text), TOKEN_URL).use is Use.UNKNOWN


# Over sockets.


@pytest.fixture
async def joined() -> AsyncIterator[Joined]:
    async with joining() as pair:
        yield pair


async def bogus(pair: Joined, token_url: str = "") -> InUse:
    """Where Rocket.Chat asks what it is to ask, unless told otherwise."""
    return await pair.rocketchat.bring_bogus_code(NAME, token_url or pair.connection.token_url)


async def test_the_live_secret_is_the_right_one(joined: Joined) -> None:
    assert await bogus(joined) == InUse(Use.PROVED)


async def test_below_a_path() -> None:
    async with joining(path="/chat") as pair:
        assert await bogus(pair) == InUse(Use.PROVED)


async def test_another_secret_is_live(joined: Joined) -> None:
    joined.accept_another_secret()
    assert await bogus(joined) == InUse(Use.OTHER, "Rocket.Chat says: “Unauthorized”")


async def test_an_application_that_is_gone(joined: Joined) -> None:
    del joined.encvoy.clients.by_id[joined.client_id]
    assert (await bogus(joined)).use is Use.OTHER


async def test_encvoy_id_is_away(joined: Joined) -> None:
    await joined.encvoy.stop()
    said = await bogus(joined)
    assert said.use is Use.FAILED
    assert "ECONNREFUSED" in said.words


async def test_its_name_is_not_known_there(joined: Joined) -> None:
    joined.rocket.standin.unresolved.add("127.0.0.1")
    said = await bogus(joined)
    assert said.use is Use.FAILED
    assert "getaddrinfo ENOTFOUND" in said.words


async def test_the_path_is_wrong(joined: Joined) -> None:
    await joined.serve(token_path="/oidc/nothing")
    assert await bogus(joined, f"{joined.encvoy.url}/oidc/nothing") == InUse(
        Use.FAILED, "Rocket.Chat says: “Not Found”"
    )


async def test_a_path_that_answers_400_to_anything_proves_nothing(joined: Joined) -> None:
    """Another endpoint refuses the request before it looks at the client."""
    await joined.serve(token_path="/oidc/me")
    assert (await bogus(joined)).use is Use.UNKNOWN


async def test_a_page_comes_instead_of_json(joined: Joined) -> None:
    page = "<html>it's a proxy</html>"
    joined.encvoy.faults.add(Fault("POST", "/oidc/token", status=200, body=page, content_type="text/html"))
    said = await bogus(joined)
    assert said.use is Use.FAILED
    assert "invalid json response body" in said.words


async def test_encvoy_id_never_answers(joined: Joined) -> None:
    joined.encvoy.faults.add(Fault("POST", "/oidc/token", effect=FaultEffect.HANG))
    joined.rocket.standin.sign_in.manners.patience = 0.1
    assert await bogus(joined) == InUse(Use.FAILED, "Rocket.Chat says: “The user aborted a request.”")


async def test_encvoy_id_is_in_trouble(joined: Joined) -> None:
    joined.encvoy.faults.add(Fault("POST", "/oidc/token", status=502))
    assert (await bogus(joined)).use is Use.UNKNOWN


def unknown_authority(context: ssl.SSLContext) -> None:
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)


def self_signed(context: ssl.SSLContext) -> None:
    ca = trustme.CA()
    with ca.cert_pem.tempfile() as certificate, ca.private_key_pem.tempfile() as key:
        context.load_cert_chain(certificate, key)


@pytest.mark.parametrize(
    ("certificate", "words"), [(unknown_authority, "unable to verify"), (self_signed, "self-signed certificate")]
)
async def test_a_certificate_that_rocketchat_does_not_trust(
    joined: Joined, certificate: Callable[[ssl.SSLContext], None], words: str
) -> None:
    said = await over_tls(joined, certificate)
    assert said.use is Use.FAILED
    assert words in said.words


async def test_a_certificate_for_another_name(joined: Joined) -> None:
    ca = trustme.CA()
    joined.rocket.standin.trusted = ssl.create_default_context()
    ca.configure_trust(joined.rocket.standin.trusted)
    await joined.rocket.standin.restart()
    said = await over_tls(joined, ca.issue_cert("other.example").configure_cert)
    assert said.use is Use.FAILED
    assert "does not match certificate" in said.words


async def over_tls(pair: Joined, certificate: Callable[[ssl.SSLContext], None]) -> InUse:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate(context)
    server = Server(web.Application(), tls=context)
    await server.start()
    await pair.serve(url=server.url)
    said = await bogus(pair, f"{server.url}/oidc/token")
    await server.stop()
    return said


async def test_a_server_that_leaves_the_reason_out(joined: Joined) -> None:
    joined.rocket.standin.sign_in.manners.tells_app = False
    joined.accept_another_secret()
    assert (await bogus(joined)).use is Use.SILENT


async def test_a_service_that_is_off(joined: Joined) -> None:
    joined.rocket.standin.settings.write("Accounts_OAuth_Custom-Encvoyid", False)
    joined.rocket.standin.login_services.rewrite()
    said = await bogus(joined)
    assert said.use is Use.UNKNOWN
    assert "Service not configured" in said.words


@pytest.mark.parametrize(
    "fault",
    [
        Fault("GET", CALLBACK, status=404, body="<html>", content_type="text/html"),
        Fault("GET", CALLBACK, status=200, body="<html>", content_type="text/html"),
        Fault("GET", CALLBACK, status=502),
        Fault("GET", CALLBACK, status=302, headers={"Location": "https://evil.example/"}),
        Fault("GET", CALLBACK, effect=FaultEffect.DROP),
    ],
    ids=lambda fault: f"{fault.effect.value} {fault.status}",
)
async def test_a_callback_that_does_not_answer_as_rocketchat_is_no_verdict(joined: Joined, fault: Fault) -> None:
    joined.rocket.standin.faults.add(fault)
    said = await bogus(joined)
    assert said.use is Use.UNKNOWN
    assert "callback did not respond" in said.words


async def test_rocketchat_is_away(joined: Joined) -> None:
    await joined.rocket.standin.stop()
    assert (await bogus(joined)).use is Use.UNKNOWN
    await joined.rocket.standin.start()


async def test_after_five_in_ten_seconds_the_next_one_waits_for_its_turn(joined: Joined) -> None:
    joined.rocket.standin.sign_in.manners.at_most = MOST
    assert {(await bogus(joined)).use for _ in range(MOST)} == {Use.PROVED}
    clock, waits = joined.rocket.clock, list[float]()

    async def skip(seconds: float) -> None:
        waits.append(seconds)
        clock.shift += seconds

    clock.sleep = skip  # type: ignore[method-assign]
    assert (await bogus(joined)).use is Use.PROVED
    assert sum(waits) == pytest.approx(WITHIN, abs=2.0)


async def test_a_bogus_code_signs_nobody_in(joined: Joined) -> None:
    before = len(joined.rocket.standin.people)
    await bogus(joined)
    assert len(joined.rocket.standin.people) == before
    assert [entry.who for entry in joined.rocket.standin.ledger.of("sign-in")] == [None]


# The completed exchange.


async def test_a_real_code_proves_it(joined: Joined) -> None:
    assert await joined.rocketchat.bring_code(NAME, await joined.code()) == InUse(Use.PROVED)


async def test_nobody_is_signed_in_by_it(joined: Joined) -> None:
    people = joined.rocket.standin.people
    before = len(people)
    await joined.rocketchat.bring_code(NAME, await joined.code())
    assert len(people) == before
    assert joined.rocket.standin.ledger.of("sign-in") == []
    assert [e for e in joined.rocket.standin.ledger.writes() if "login" in e.path] == []


async def test_another_secret_fails_without_a_reason(joined: Joined) -> None:
    joined.accept_another_secret()
    said = await joined.rocketchat.bring_code(NAME, await joined.code())
    assert said.use is Use.UNKNOWN
    assert "does not say why" in said.words


async def test_a_code_is_good_for_one_exchange(joined: Joined) -> None:
    code = await joined.code()
    await joined.rocketchat.bring_code(NAME, code)
    assert (await joined.rocketchat.bring_code(NAME, code)).use is Use.UNKNOWN


async def test_nothing_of_the_page_is_logged(joined: Joined, caplog: pytest.LogCaptureFixture) -> None:
    """The bot and what it talks through; the stand-in's own server keeps a log of requests that is not the bot's."""
    caplog.set_level(logging.DEBUG)
    code = await joined.code()
    said = await joined.rocketchat.bring_code(NAME, code)
    await bogus(joined)
    told = "".join(r.getMessage() for r in caplog.records if r.name != "aiohttp.access") + repr(said)
    kept = list(joined.rocket.standin.sign_in._parked)
    assert kept
    assert not [text for text in (code.reveal(), *kept, "setCredentialToken", "_oauth") if text in told]


async def test_a_callback_that_may_not_be_asked_now_is_not_called_somebody_elses(joined: Joined) -> None:
    joined.rocket.standin.faults.add(Fault("GET", "/_oauth/", status=429, body="Too many requests"))
    said = await bogus(joined)
    assert said == InUse(
        Use.UNKNOWN, "its callback was not checked: too many requests: Rocket.Chat can be asked again in 60 s"
    )
