"""facts/encvoy-id.md §2 "Claims", one row for each sentence, the sentence in the row.

A row says who the person is, what is asked, and what /oidc/me then answers to an ordinary application.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from joserfc import jwt

from sandbox.encvoy import EncvoyStandIn
from sandbox.encvoy.people import Person
from tests.support.idp_browser import Browser, Create, tokens_of

ALL = "openid profile email phone"
FULL: dict[str, Any] = {
    "email": "plain1@people.example",
    "phone_number": "79990000001",
    "nickname": "Plain One",
    "given_name": "Plain",
    "family_name": "One",
    "birthdate": "1990-01-02T00:00:00.000Z",
    "picture": "public/images/1.png",
    "custom_fields": {"badge": "7"},
}


@dataclass(frozen=True)
class Row:
    """One sentence and an example of it."""

    sentence: str
    scope: str
    published: str
    expected: dict[str, Any]
    profile: dict[str, Any] = field(default_factory=lambda: dict(FULL))
    main: bool = False


EVERYTHING = "email phone_number nickname given_name family_name login birthdate picture custom_fields"
ROWS = [
    Row("Two conditions must BOTH hold: the scope maps to the claim …", "openid", "email", {"sub": "4"}),
    Row("… AND the user has made the field public to applications", "openid email", "nickname", {"sub": "4"}),
    Row("Both hold", "openid email", "email", {"sub": "4", "email": FULL["email"]}),
    Row("openid: `sub` string: decimal user id", "openid", "", {"sub": "4"}),
    Row("email: `email` string/null", "openid email", "email", {"sub": "4", "email": None}, {"email": None}),
    Row(
        "`email_public`, `email_verified` only for MAIN: they are not fields a user can publish",
        "openid email",
        "email email_public email_verified",
        {"sub": "4", "email": FULL["email"]},
    ),
    Row(
        "email for MAIN",
        "openid email",
        "",
        {"sub": "4", "email": FULL["email"], "email_public": False, "email_verified": True},
        main=True,
    ),
    Row(
        "phone: `phone_number` string/null (digits)",
        "openid phone",
        "phone_number",
        {"sub": "4", "phone_number": "79990000001"},
    ),
    Row(
        "`phone_number_verified` only MAIN",
        "openid phone",
        "",
        {"sub": "4", "phone_number": "79990000001", "phone_number_verified": True},
        main=True,
    ),
    Row(
        "profile: `name` (given+family, only if both public)",
        "openid profile",
        "given_name family_name",
        {"sub": "4", "name": "Plain One", "given_name": "Plain", "family_name": "One"},
    ),
    Row(
        "profile: no `name` if one of them is not public",
        "openid profile",
        "given_name",
        {"sub": "4", "given_name": "Plain"},
    ),
    Row("profile: `nickname`", "openid profile", "nickname", {"sub": "4", "nickname": "Plain One"}),
    Row("profile: `login`", "openid profile", "login", {"sub": "4", "login": "plain1"}),
    Row("profile: `birthdate` (ISO)", "openid profile", "birthdate", {"sub": "4", "birthdate": FULL["birthdate"]}),
    Row(
        "profile: `picture` (absolute URL …)",
        "openid profile",
        "picture",
        {"sub": "4", "picture": "DOMAIN/public/images/1.png"},
    ),
    Row(
        "profile: `picture` (… or null)", "openid profile", "picture", {"sub": "4", "picture": None}, {"picture": None}
    ),
    Row(
        "profile: `custom_fields` (object)",
        "openid profile",
        "custom_fields",
        {"sub": "4", "custom_fields": {"badge": "7"}},
    ),
    Row(
        "MAIN also password_updated_at, password_change_required, deleted",
        "openid profile",
        "",
        {
            "sub": "4",
            "name": "Plain One",
            "login": "plain1",
            "picture": "DOMAIN/public/images/1.png",
            "password_updated_at": None,
            "password_change_required": False,
            "deleted": False,
        }
        | {name: FULL[name] for name in ("nickname", "given_name", "family_name", "birthdate", "custom_fields")},
        main=True,
    ),
    Row("accounts: `publicExternalAccounts` array", "openid accounts", "", {"sub": "4", "publicExternalAccounts": []}),
    Row(
        "lk: `lk` array of menu links, `systemClient`, `orgClient` strings",
        "openid lk",
        "",
        {"sub": "4", "lk": [], "systemClient": "MAIN", "orgClient": "MAIN"},
    ),
    Row("catalog: `catalog` boolean", "openid catalog", "", {"sub": "4", "catalog": False}),
    Row("locale: `locale` e.g. en-US", "openid locale", "", {"sub": "4", "locale": "en-US"}),
    Row(
        'Default for new users: `picture nickname`. With "openid profile email phone": no email, no login',
        ALL,
        "picture nickname",
        {"sub": "4", "nickname": "Plain One", "picture": None},
        FULL | {"picture": None},
    ),
    Row(
        "`nickname` is the display name, `login` is the unique login",
        "openid profile",
        "nickname login",
        {"sub": "4", "nickname": "Plain One", "login": "plain1"},
    ),
    Row(
        "Everything is public and asked for",
        ALL,
        EVERYTHING,
        {"sub": "4", "login": "plain1", "name": "Plain One"} | FULL | {"picture": "DOMAIN/public/images/1.png"},
    ),
]


async def userinfo(idp: EncvoyStandIn, browser: Browser, person: Person, scope: str, client: dict[str, str]) -> Any:
    """What an application with that scope learns; the id_token says the same."""
    answer = await browser.code(person, client["client_id"], scope=scope)
    tokens = (await browser.exchange(answer, client["client_id"], client["client_secret"])).json
    claims = (await browser.ask("GET", "/oidc/me", token=tokens["access_token"])).json
    of_the_protocol = {"iss", "aud", "iat", "exp", "at_hash"}
    id_token = jwt.decode(tokens["id_token"], idp.keys.key, algorithms=["RS256"]).claims
    assert {name: value for name, value in id_token.items() if name not in of_the_protocol} == claims
    return claims


@pytest.mark.parametrize("row", ROWS, ids=[row.sentence for row in ROWS])
async def test_a_sentence_about_claims(idp: EncvoyStandIn, browser: Browser, create: Create, row: Row) -> None:
    person = idp.person("person")
    for name, value in row.profile.items():
        setattr(person, name, value)
    person.public_profile_claims_oauth = row.published
    if row.main:
        token = (await tokens_of(idp, person, scope=row.scope))["access_token"]
        claims = (await browser.ask("GET", "/oidc/me", token=token)).json
    else:
        claims = await userinfo(idp, browser, person, row.scope, (await create()).json)
    assert claims == {name: _here(idp, value) for name, value in row.expected.items()}


def _here(idp: EncvoyStandIn, value: Any) -> Any:
    if value == "MAIN":
        return idp.state.main_id
    return value.replace("DOMAIN", idp.url) if isinstance(value, str) else value


async def test_root_yields_only_its_id(idp: EncvoyStandIn, browser: Browser, create: Create) -> None:
    """Root (id 1) yields only {"sub":"1"}."""
    assert await userinfo(idp, browser, idp.person("owner"), ALL, (await create()).json) == {"sub": "1"}


async def test_rules_attached_to_the_client_make_email_and_login_appear(
    idp: EncvoyStandIn, browser: Browser, create: Create, manager: str
) -> None:
    """Attach rules to the client … afterwards /me has the field."""
    made = (await create()).json
    rules = {rule["field_name"]: rule["id"] for rule in (await browser.ask("GET", "/api/v1/settings/rules")).json}
    for name in ("email", "login"):
        at = f"/api/v1/clients/{made['client_id']}/rules/{rules[name]}"
        attached = await browser.ask("POST", at, token=manager)
        assert (attached.status, attached.text) == (201, "")
    claims = await userinfo(idp, browser, idp.person("person"), ALL, made)
    expected = {
        "nickname": "Plain One",
        "picture": None,
        "email": "plain1@people.example",
        "login": "plain1",
        "sub": "4",
    }
    assert claims == expected


async def test_every_application_reads_what_was_published_for_one(
    idp: EncvoyStandIn, browser: Browser, create: Create, manager: str
) -> None:
    """The consent sets the user's own column, which every application of the installation reads, not only this one."""
    first, second = (await create()).json, (await create()).json
    at = f"/api/v1/clients/{first['client_id']}/rules/{idp.state.rule('email').id}"
    await browser.ask("POST", at, token=manager)
    await browser.code(idp.person("person"), first["client_id"])
    claims = await userinfo(idp, browser, idp.person("person"), "openid email", second)
    assert claims["email"] == "plain1@people.example"


async def test_the_setting_for_new_users_reaches_new_users_only(
    idp: EncvoyStandIn, browser: Browser, create: Create, editor: str
) -> None:
    """Administrator changes default_public_profile_claims_oauth (OWNER/EDITOR; new users only)."""
    setting = {"default_public_profile_claims_oauth": "picture nickname email login"}
    assert (await browser.ask("PUT", "/api/v1/settings", token=editor, body=setting)).status == 200
    user = {"login": "newcomer", "password": "generated-for-a-test", "email": "newcomer@people.example"}
    made = await browser.ask("POST", "/api/v1/users", token=editor, body=user)
    assert (made.status, set(made.json)) == (201, {"id", "nickname"})
    client = (await create()).json
    newcomer = idp.people.by_id[made.json["id"]]
    assert (await userinfo(idp, browser, newcomer, ALL, client))["email"] == "newcomer@people.example"
    browser.http.cookie_jar.clear()
    assert "email" not in await userinfo(idp, browser, idp.person("person"), ALL, client)


async def test_a_rule_cannot_be_attached_to_the_main_client(idp: EncvoyStandIn, browser: Browser, editor: str) -> None:
    """On MAIN: 400 T3E0026."""
    at = f"/api/v1/clients/{idp.state.main_id}/rules/{idp.state.rule('email').id}"
    answer = await browser.ask("POST", at, token=editor)
    assert (answer.status, answer.json["errorCode"]) == (400, "translation.errors.T3E0026")
