"""The userinfo endpoint and its refusals: facts/encvoy-id.md §2 and §9."""

from __future__ import annotations

import pytest

from sandbox.encvoy import EncvoyStandIn
from tests.support.idp_browser import Browser, Create


@pytest.mark.parametrize(
    ("path", "headers", "status", "error", "challenge"),
    [
        ("/oidc/me", {}, 400, "no access token provided", 'Bearer realm="{url}"'),
        (
            "/oidc/me",
            {"Authorization": "Bearer bogus"},
            401,
            "invalid token provided",
            'Bearer realm="{url}", error="invalid_token", error_description="invalid token provided"',
        ),
        (
            "/oidc/me?access_token=x",
            {},
            400,
            "access tokens must not be provided via query parameter",
            'Bearer realm="{url}", error="invalid_request", '
            'error_description="access tokens must not be provided via query parameter"',
        ),
    ],
)
async def test_userinfo_wants_the_header(
    idp: EncvoyStandIn, browser: Browser, path: str, headers: dict[str, str], status: int, error: str, challenge: str
) -> None:
    answer = await browser.ask("GET", path, headers=headers)
    assert (answer.status, answer.json["error_description"]) == (status, error)
    assert answer.headers["WWW-Authenticate"] == challenge.format(url=idp.url)


@pytest.mark.parametrize(
    ("scope", "asked", "lacking"), [("profile", "", "openid"), ("openid", "openid email", "email")]
)
async def test_userinfo_wants_the_scope(
    idp: EncvoyStandIn, browser: Browser, scope: str, asked: str, lacking: str
) -> None:
    token = (await browser.exchange(await browser.code(idp.person("person"), scope=scope))).json["access_token"]
    answer = await browser.ask("GET", "/oidc/me", token=token, params={"scope": asked})
    assert (answer.status, answer.json["error"], answer.json["scope"]) == (403, "insufficient_scope", lacking)


async def test_userinfo_takes_a_form_field_too(idp: EncvoyStandIn, browser: Browser) -> None:
    token = (await browser.exchange(await browser.code(idp.person("person")))).json["access_token"]
    assert (await browser.ask("POST", "/oidc/me", form={"access_token": token})).json == {"sub": "4"}


async def test_userinfo_can_be_asked_for_a_part(idp: EncvoyStandIn, browser: Browser) -> None:
    tokens = (await browser.exchange(await browser.code(idp.person("person"), scope="openid profile email"))).json
    answer = await browser.ask("GET", "/oidc/me", token=tokens["access_token"], params={"scope": "openid email"})
    assert set(answer.json) == {"sub", "email", "email_public", "email_verified"}


async def test_a_pairwise_client_learns_a_name_of_its_own(idp: EncvoyStandIn, browser: Browser, create: Create) -> None:
    subjects = []
    for uri in ("https://one.example/cb", "https://two.example/cb"):
        made = (await create(subject_type="pairwise", redirect_uris=[uri])).json
        page = (await browser.authorize(made["client_id"], redirect_uri=uri)).location
        done = await browser.sign_in(page, idp.person("person"))
        consent = (await browser.ask("GET", done.location)).location
        back = await browser.ask("GET", (await browser.ask("POST", f"{consent}/confirm")).location)
        token = (await browser.exchange(back, made["client_id"], made["client_secret"])).json["access_token"]
        subjects.append((await browser.ask("GET", "/oidc/me", token=token)).json["sub"])
    assert len({*subjects, "4"}) == 3
