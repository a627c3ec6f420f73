"""The two requests of the modern engine to the provider (facts/rocketchat.md §3.4, no. 4)."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import pytest

from tests.support.modern import Modern


async def test_the_code_goes_with_the_credentials_in_the_body_and_a_verifier(modern: Modern) -> None:
    asked = await modern.press()
    await modern.back(code="generated-code", state=asked["state"])
    headers, _, form = modern.provider.seen[0]
    verifier = form.pop("code_verifier")
    assert form == {
        "grant_type": "authorization_code",
        "redirect_uri": f"{modern.rocket.standin.url}/_oauth/encvoyid",
        "client_id": "client",
        "client_secret": "generated-secret",
        "code": "generated-code",
    }
    digest = hashlib.sha256(verifier.encode()).digest()
    assert base64.urlsafe_b64encode(digest).decode().rstrip("=") == asked["code_challenge"]
    assert headers["User-Agent"] == "Node-oauth"
    assert headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert {"Accept", "Accept-Encoding", "Authorization", "Cookie"}.isdisjoint(headers)


async def test_sent_via_header_makes_no_basic(modern: Modern) -> None:
    await modern.set(token_sent_via="header")
    await modern.sign_in()
    headers, _, form = modern.provider.seen[0]
    assert form["client_secret"] == "generated-secret"
    assert "Authorization" not in headers


@pytest.mark.parametrize(
    ("own", "of_the_token", "by_header"),
    [
        ("header", "payload", True),
        ("payload", "header", False),
        ("default", "header", True),
        ("default", "payload", False),
        ("", "header", False),
    ],
)
async def test_how_the_token_is_shown(modern: Modern, own: str, of_the_token: str, by_header: bool) -> None:
    await modern.set(identity_token_sent_via=own, token_sent_via=of_the_token)
    await modern.sign_in()
    headers, query, _ = modern.provider.seen[1]
    assert headers.get("Authorization") == ("Bearer generated-access" if by_header else None)
    assert query == ({} if by_header else {"access_token": "generated-access"})


@pytest.mark.parametrize("name", ["tok", ""])
async def test_in_the_query_it_has_the_configured_name_even_an_empty_one(modern: Modern, name: str) -> None:
    await modern.set(identity_token_sent_via="payload", access_token_param=name)
    await modern.sign_in()
    assert modern.provider.seen[1][1] == {name: "generated-access"}


@pytest.mark.parametrize("answer", ["access_token=generated-access&token_type=Bearer", {"access_token": "x"}])
async def test_a_token_answer_is_json_or_a_form(modern: Modern, answer: Any) -> None:
    modern.provider.token_answer = answer
    assert (await modern.arrive()).username == "ada"


async def test_an_absolute_identity_path_is_taken_as_it_is(modern: Modern) -> None:
    await modern.set(identity_path=f"{modern.provider.server.url}/me")
    assert (await modern.arrive()).username == "ada"


BROKEN: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "token refused": ({}, {"token_status": 401}, "obtain access token"),
    "no access token": ({}, {"token_answer": {"id_token": "x"}}, "obtain access token"),
    "an empty answer": ({}, {"token_answer": ""}, "obtain access token"),
    "token answer is a list": ({}, {"token_answer": ["x"]}, "obtain access token"),
    "absolute token path": ({"token_path": "http://127.0.0.1:9/token"}, {}, "obtain access token"),
    "nobody at the provider": ({"url": "http://127.0.0.1:9"}, {}, "obtain access token"),
    "identity refused": ({}, {"identity_status": 403}, "fetch identity"),
    "identity 201": ({}, {"identity_status": 201}, "fetch identity"),
    "claims are a list": ({}, {"claims": ["x"]}, "fetch identity"),
    "a claim is missing": ({"username_field": "nothing"}, {}, "Failed to extract username"),
    "no id": ({}, {"claims": {"login": "ada"}}, "id"),
}


@pytest.mark.parametrize(("fields", "provider_says", "logged"), BROKEN.values(), ids=BROKEN.keys())
async def test_every_failure_is_the_same_page(
    modern: Modern, fields: dict[str, Any], provider_says: dict[str, Any], logged: str
) -> None:
    for name, value in provider_says.items():
        setattr(modern.provider, name, value)
    if fields:
        await modern.set(**fields)
    before = len(modern.rocket.standin.people)
    reply = await modern.sign_in()
    assert (reply.status, reply.headers["Content-Type"].split(";")[0]) == (500, "text/html")
    assert reply.text == (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>Error</title>\n</head>\n'
        "<body>\n<pre>Internal Server Error</pre>\n</body>\n</html>\n"
    )
    assert logged in modern.problem()
    assert len(modern.rocket.standin.people) == before
