"""Life of tokens: facts/encvoy-id.md §2 "Refresh tokens" and "TTLs", §6."""

from __future__ import annotations

import base64
import hashlib
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from sandbox.encvoy import EncvoyStandIn
from tests.support.idp_browser import CALLBACK, Answer, Browser, Create, Wall, tokens_of

OFFLINE = {"prompt": "consent", "scope": "openid offline_access"}
BAD_GRANT = {"error": "invalid_grant", "error_description": "grant request is invalid"}


async def refresh(browser: Browser, token: str, **more: str) -> Answer:
    """One refresh, for the main client unless told otherwise."""
    main = {"client_id": browser.stand_in.state.main_id}
    form = {"grant_type": "refresh_token", "refresh_token": token} | main | more
    return await browser.ask("POST", "/oidc/token", form=form)


async def managing(browser: Browser, token: str) -> int:
    """The status that the management API has for a token."""
    return (await browser.ask("GET", "/api/v1/clients", token=token)).status


@pytest.fixture
async def offline(idp: EncvoyStandIn) -> dict[str, Any]:
    """Tokens of the manager with a refresh token."""
    return await tokens_of(idp, idp.person("manager"), **OFFLINE)


async def test_offline_access_is_dropped_without_consent(idp: EncvoyStandIn) -> None:
    tokens = await tokens_of(idp, idp.person("manager"), scope="openid offline_access")
    assert "refresh_token" not in tokens
    assert tokens["scope"] == "openid"


async def test_offline_access_is_dropped_for_a_client_without_the_grant(idp: EncvoyStandIn) -> None:
    idp.main["grant_types"] = ["authorization_code"]
    tokens = await tokens_of(idp, idp.person("manager"), **OFFLINE)
    assert "refresh_token" not in tokens


async def test_a_refresh_token_of_a_public_client_is_used_once(browser: Browser, offline: dict[str, Any]) -> None:
    renewed = (await refresh(browser, offline["refresh_token"])).json
    assert renewed["refresh_token"] != offline["refresh_token"]
    assert await managing(browser, renewed["access_token"]) == 200


async def test_reusing_it_kills_the_whole_chain(browser: Browser, offline: dict[str, Any]) -> None:
    renewed = (await refresh(browser, offline["refresh_token"])).json
    reused = await refresh(browser, offline["refresh_token"])
    assert (reused.status, reused.json) == (400, BAD_GRANT)
    assert (await refresh(browser, renewed["refresh_token"])).json == BAD_GRANT
    assert await managing(browser, renewed["access_token"]) == 401
    assert await managing(browser, offline["access_token"]) == 401


async def test_a_new_refresh_token_lives_as_long_as_the_old_one_would(
    idp: EncvoyStandIn, browser: Browser, offline: dict[str, Any], wall: Wall
) -> None:
    wall.pass_by(8)
    renewed = (await refresh(browser, offline["refresh_token"])).json
    held = idp.state.vault.credentials[renewed["refresh_token"]]
    assert held.expires - wall.seconds == 86_400 - 8


async def test_a_chain_ends_a_day_after_the_login(browser: Browser, offline: dict[str, Any], wall: Wall) -> None:
    token = offline["refresh_token"]
    for _ in range(23):
        wall.pass_by(3600)
        token = (await refresh(browser, token)).json["refresh_token"]
    wall.pass_by(3600)
    assert (await refresh(browser, token)).json == BAD_GRANT


async def test_an_access_token_lives_half_an_hour(idp: EncvoyStandIn, browser: Browser, wall: Wall) -> None:
    token = (await tokens_of(idp, idp.person("manager")))["access_token"]
    wall.pass_by(1799)
    assert await managing(browser, token) == 200
    wall.pass_by(1)
    assert await managing(browser, token) == 401


async def test_the_life_of_access_tokens_can_be_set_but_the_session_bounds_it(
    idp: EncvoyStandIn, browser: Browser, editor: str, wall: Wall
) -> None:
    at = f"/api/v1/clients/{idp.state.main_id}"
    assert (await browser.ask("PUT", at, token=editor, body={"access_token_ttl": 200_000})).status == 200
    tokens = await tokens_of(idp, idp.person("manager"))
    assert tokens["expires_in"] == 200_000
    wall.pass_by(86_399)
    assert await managing(browser, tokens["access_token"]) == 200
    wall.pass_by(1)
    assert await managing(browser, tokens["access_token"]) == 401


async def test_a_second_login_in_the_same_jar_kills_the_first_token(idp: EncvoyStandIn, browser: Browser) -> None:
    first = (await browser.exchange(await browser.code(idp.person("manager")))).json["access_token"]
    second = (await browser.exchange(await browser.code(idp.person("manager")))).json["access_token"]
    assert await managing(browser, first) == 401
    assert await managing(browser, second) == 200


async def test_separate_jars_do_not_disturb_each_other(idp: EncvoyStandIn, browser: Browser) -> None:
    first = (await tokens_of(idp, idp.person("manager")))["access_token"]
    await tokens_of(idp, idp.person("manager"))
    assert await managing(browser, first) == 200


async def test_a_code_works_once_and_its_reuse_revokes_what_came_of_it(idp: EncvoyStandIn, browser: Browser) -> None:
    answer = await browser.code(idp.person("manager"))
    token = (await browser.exchange(answer)).json["access_token"]
    again = await browser.exchange(answer)
    assert (again.status, again.json) == (400, BAD_GRANT)
    assert await managing(browser, token) == 401


async def test_a_code_lives_a_minute(idp: EncvoyStandIn, browser: Browser, wall: Wall) -> None:
    answer = await browser.code(idp.person("manager"))
    wall.pass_by(60)
    assert (await browser.exchange(answer)).json == BAD_GRANT


async def test_a_code_belongs_to_its_redirect_uri(idp: EncvoyStandIn, browser: Browser) -> None:
    answer = await browser.code(idp.person("manager"))
    form = {"grant_type": "authorization_code", "code": answer.query["code"], "client_id": idp.state.main_id}
    other = await browser.ask("POST", "/oidc/token", form=form | {"redirect_uri": f"{idp.url}/login"})
    assert other.json == BAD_GRANT


@pytest.mark.parametrize(("verifier", "status"), [("v" * 43, 200), ("w" * 43, 400), ("", 400), ("v", 400)])
async def test_pkce_is_checked_where_it_was_begun(
    idp: EncvoyStandIn, browser: Browser, verifier: str, status: int
) -> None:
    challenge = base64.urlsafe_b64encode(hashlib.sha256(b"v" * 43).digest()).rstrip(b"=").decode()
    answer = await browser.code(idp.person("manager"), code_challenge=challenge, code_challenge_method="S256")
    form = {
        "grant_type": "authorization_code",
        "code": answer.query["code"],
        "client_id": idp.state.main_id,
        "redirect_uri": f"{idp.url}/code",
        "code_verifier": verifier,
    }
    assert (await browser.ask("POST", "/oidc/token", form=form)).status == status


async def test_an_id_token_is_signed_by_the_published_key(idp: EncvoyStandIn, browser: Browser, wall: Wall) -> None:
    tokens = await tokens_of(idp, idp.person("person"), nonce="N", scope="openid profile")
    jwks = await browser.ask("GET", "/oidc/jwks")
    assert [key.get("d") for key in jwks.json["keys"]] == [None]
    token = jwt.decode(tokens["id_token"], KeySet.import_key_set(jwks.json), algorithms=["RS256"])
    assert token.header["alg"] == "RS256"
    claims = token.claims
    assert (claims["iss"], claims["aud"], claims["sub"]) == (idp.url, idp.state.main_id, "4")
    assert (claims["nonce"], claims["nickname"]) == ("N", "Plain One")
    assert (claims["iat"], claims["exp"]) == (wall.seconds, wall.seconds + 1800)
    digest = hashlib.sha256(tokens["access_token"].encode()).digest()[:16]
    assert claims["at_hash"] == base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


async def test_max_age_brings_the_time_of_the_login(idp: EncvoyStandIn, wall: Wall) -> None:
    tokens = await tokens_of(idp, idp.person("person"), max_age="100")
    claims = jwt.decode(tokens["id_token"], idp.keys.key, algorithms=["RS256"]).claims
    assert claims["auth_time"] == wall.seconds


@pytest.mark.parametrize("response_type", ["code id_token", "code token", "id_token", "code id_token token"])
async def test_implicit_and_hybrid_answers_come_in_the_fragment(
    idp: EncvoyStandIn, browser: Browser, create: Create, response_type: str
) -> None:
    grants = ["authorization_code", "implicit"]
    made = (await create(grant_types=grants, response_types=[response_type])).json
    answer = await browser.authorize(made["client_id"], response_type=response_type, nonce="N")
    await browser.sign_in(answer.location, idp.person("person"))
    consent = await browser.ask("GET", answer.location.replace("/api/interaction", "/oidc/auth"))
    await browser.ask("POST", f"{consent.location}/confirm")
    back = await browser.ask("GET", consent.location.replace("/api/interaction", "/oidc/auth"))
    members = parse_qs(urlsplit(back.location).fragment)
    assert {word for word in ("code", "id_token") if word in members} == set(response_type.split()) - {"token"}
    assert ("access_token" in members) == ("token" in response_type.split())
    if "id_token" in members:
        claims = jwt.decode(members["id_token"][0], idp.keys.key, algorithms=["RS256"]).claims
        assert (claims["nonce"], "c_hash" in claims) == ("N", "code" in response_type)


async def test_a_lost_key_file_means_another_key(idp: EncvoyStandIn, browser: Browser) -> None:
    before = (await browser.ask("GET", "/oidc/jwks")).json
    idp.keys.lose()
    after = (await browser.ask("GET", "/oidc/jwks")).json
    assert before["keys"][0]["kid"] != after["keys"][0]["kid"]


async def test_revoking_the_access_token_leaves_the_refresh_token(
    idp: EncvoyStandIn, browser: Browser, offline: dict[str, Any]
) -> None:
    form = {"token": offline["access_token"], "client_id": idp.state.main_id}
    revoked = await browser.ask("POST", "/oidc/token/revocation", form=form)
    assert (revoked.status, revoked.text) == (200, "")
    assert await managing(browser, offline["access_token"]) == 401
    assert (await refresh(browser, offline["refresh_token"])).status == 200


async def test_revoking_the_refresh_token_kills_both(
    idp: EncvoyStandIn, browser: Browser, offline: dict[str, Any]
) -> None:
    form = {"token": offline["refresh_token"], "client_id": idp.state.main_id}
    await browser.ask("POST", "/oidc/token/revocation", form=form)
    assert await managing(browser, offline["access_token"]) == 401
    assert (await refresh(browser, offline["refresh_token"])).json == BAD_GRANT


async def test_logging_out_ends_the_tokens_of_the_session(idp: EncvoyStandIn, browser: Browser) -> None:
    tokens = (await browser.exchange(await browser.code(idp.person("manager"), **OFFLINE))).json
    page = await browser.ask("GET", "/oidc/session/end")
    assert 'action="/oidc/session/end/confirm"' in page.text
    forged = await browser.ask("POST", "/oidc/session/end/confirm", form={"logout": "yes", "xsrf": "forged"})
    assert (forged.status, forged.json["error_description"]) == (400, "xsrf token invalid")
    assert await managing(browser, tokens["access_token"]) == 200
    xsrf = page.text.partition('name="xsrf" value="')[2].partition('"')[0]
    await browser.ask("POST", "/oidc/session/end/confirm", form={"logout": "yes", "xsrf": xsrf})
    assert await managing(browser, tokens["access_token"]) == 401
    assert (await refresh(browser, tokens["refresh_token"])).json == BAD_GRANT


async def test_introspection_tells_only_the_owner_of_a_token(
    idp: EncvoyStandIn, browser: Browser, offline: dict[str, Any], create: Create
) -> None:
    token = {"token": offline["access_token"]}
    own = await browser.ask("POST", "/oidc/token/introspection", form=token | {"client_id": idp.state.main_id})
    assert own.json["active"] is True
    assert (own.json["sub"], own.json["client_id"], own.json["iss"]) == ("2", idp.state.main_id, idp.url)
    foreign = await browser.ask("POST", "/oidc/token/introspection", form=token | (await create()).json)
    assert foreign.json == {"active": False}


async def test_a_confidential_client_keeps_its_refresh_token_for_most_of_its_life(
    idp: EncvoyStandIn, browser: Browser, create: Create, wall: Wall
) -> None:
    made = (await create()).json
    answer = await browser.code(idp.person("person"), made["client_id"], **OFFLINE)
    tokens = (await browser.exchange(answer, made["client_id"], made["client_secret"])).json
    wall.pass_by(86_400 * 0.6)
    kept = (await refresh(browser, tokens["refresh_token"], **made)).json
    assert kept["refresh_token"] == tokens["refresh_token"]
    wall.pass_by(86_400 * 0.15)
    rotated = (await refresh(browser, tokens["refresh_token"], **made)).json
    assert rotated["refresh_token"] != tokens["refresh_token"]


async def test_a_refresh_cannot_widen_the_scope(browser: Browser, offline: dict[str, Any]) -> None:
    answer = await refresh(browser, offline["refresh_token"], scope="openid email")
    assert (answer.status, answer.json["error"]) == (400, "invalid_scope")


async def test_a_token_of_another_client_is_no_management_token(
    idp: EncvoyStandIn, browser: Browser, create: Create
) -> None:
    made = (await create()).json
    answer = await browser.code(idp.person("manager"), made["client_id"])
    token = (await browser.exchange(answer, made["client_id"], made["client_secret"])).json["access_token"]
    refused = await browser.ask("GET", "/api/v1/clients", token=token)
    assert (refused.status, refused.json["errorCode"]) == (401, "translation.errors.T3E0068")
    assert answer.location.startswith(CALLBACK)


@pytest.mark.parametrize(
    "grant_type", ["client_credentials", "password", "urn:ietf:params:oauth:grant-type:device_code"]
)
async def test_no_other_grant_is_supported(idp: EncvoyStandIn, browser: Browser, grant_type: str) -> None:
    form = {"grant_type": grant_type, "client_id": idp.state.main_id}
    answer = await browser.ask("POST", "/oidc/token", form=form)
    assert (answer.status, answer.json["error"]) == (400, "unsupported_grant_type")
