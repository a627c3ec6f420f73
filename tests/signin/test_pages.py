"""Rocket.Chat's login engine as data (facts/rocketchat.md §3.1, §3.3)."""

from __future__ import annotations

import base64
import html
import json
import time
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from bot.signin.pages import (
    LONGEST_CONFIG,
    Button,
    CallbackOutcome,
    MethodError,
    authorize_url,
    method_call,
    new_credential_token,
    read_button,
    read_config,
    read_method_answer,
    read_outcome,
    read_settings,
    state_of,
)

BUTTON = Button("encvoyid", "abc", "https://id.example.org", "/oidc/auth", "openid profile email", "redirect")
CALLBACK = "https://chat.example.org/_oauth/encvoyid"


def test_the_address_has_the_web_clients_parameters_and_no_others() -> None:
    url = authorize_url(BUTTON, CALLBACK, "st+te=")

    assert parse_qsl(urlsplit(url).query) == [
        ("client_id", "abc"),
        ("redirect_uri", CALLBACK),
        ("response_type", "code"),
        ("state", "st+te="),
        ("scope", "openid profile email"),
    ]
    assert url.startswith("https://id.example.org/oidc/auth?client_id=abc&redirect_uri=https%3A%2F%2Fchat")
    assert "openid%20profile" in url


@pytest.mark.parametrize(
    ("path", "beginning"),
    [
        ("/oidc/auth", "https://id.example.org/oidc/auth?client_id="),
        ("https://other.example/auth", "https://other.example/auth?client_id="),
        ("/auth?a=b", "https://id.example.org/auth?a=b&client_id="),
    ],
)
def test_the_path_may_be_absolute_or_hold_a_query(path: str, beginning: str) -> None:
    button = Button("encvoyid", "abc", "https://id.example.org", path, "openid", "popup")

    assert authorize_url(button, CALLBACK, "s").startswith(beginning)


@pytest.mark.parametrize(
    ("style", "more"), [("popup", {}), ("redirect", {"redirectUrl": "https://chat.example.org/home"})]
)
def test_the_state_is_base64_of_json(style: str, more: dict[str, Any]) -> None:
    button = Button("encvoyid", "abc", "https://id.example.org", "/a", "openid", style)

    state = json.loads(base64.b64decode(state_of(button, "tok", "https://chat.example.org/home")))

    assert state == {"loginStyle": style, "credentialToken": "tok", "isCordova": False} | more


def test_a_credential_token_is_43_characters_and_new_each_time() -> None:
    assert len(new_credential_token()) == 43
    assert new_credential_token() != new_credential_token()


def page(config: Any) -> str:
    """The page at the callback, as Meteor makes it."""
    return (
        '<!DOCTYPE html><html><head><script src="/packages/oauth/end_of_redirect_response.js"></script></head><body>'
        f'<p id="completedText">Done</p><div id="config" style="display:none;">{html.escape(json.dumps(config))}</div>'
        "</body></html>"
    )


def test_a_success_is_read() -> None:
    config = {"setCredentialToken": True, "credentialToken": "t", "credentialSecret": "s", "isCordova": False}

    assert read_outcome(page(config)) == CallbackOutcome(True, "t", "s")


@pytest.mark.parametrize(
    "config",
    [
        {"setCredentialToken": False, "credentialToken": "t"},
        {"setCredentialToken": True, "credentialToken": "t", "credentialSecret": None},
        {"setCredentialToken": True, "credentialToken": "t", "credentialSecret": ""},
        {"setCredentialToken": "true", "credentialToken": "t", "credentialSecret": "s"},
        {},
    ],
)
def test_anything_less_is_no_success(config: Any) -> None:
    outcome = read_outcome(page(config))

    assert outcome is not None
    assert not outcome.succeeded


@pytest.mark.parametrize("tag", ['<div id="config">', "<p class='x' id='config' >", "<div hidden\nid=config>"])
def test_the_element_is_found_however_it_is_written(tag: str) -> None:
    assert read_outcome(f'<i id="config2">{{}}</i>{tag}{{"setCredentialToken": false}}</div>') == CallbackOutcome(
        False, "", None
    )


@pytest.mark.parametrize("beginning", ["", "<i id=config>"])
@pytest.mark.parametrize("unit", ["<a ", "<", "<!--", "<![", "<a b='", " id=config", "<a id=config>", "[", "&", "&#1;"])
def test_no_page_takes_long_to_read(beginning: str, unit: str) -> None:
    before = time.process_time()

    assert read_outcome(beginning + unit * (1_000_000 // len(unit)) + "</i>") is None

    assert time.process_time() - before < 2


@pytest.mark.parametrize(
    "text", ["", "<html>app shell</html>", page([1]), '<div id="config">{</div>', '<div id="config">{}']
)
def test_another_page_is_none(text: str) -> None:
    assert read_outcome(text) is None


def test_an_ampersand_in_the_configuration_survives() -> None:
    config = {"setCredentialToken": True, "credentialToken": "a&<b>", "credentialSecret": "s"}

    outcome = read_outcome(page(config))

    assert outcome is not None
    assert outcome.credential_token == "a&<b>"


def test_an_apostrophe_is_a_quotation_mark_inside_a_text() -> None:
    """So Rocket.Chat writes it (facts/rocketchat.md §3.1b): each text escaped by itself, the JSON around it not."""
    shown = '{"redirectUrl":"rocketchat:&#x2F;&#x2F;auth?a=1&amp;error=certificate&quot;s%20names"}'

    assert read_config(f'<div id="config">{shown}</div>') == {
        "redirectUrl": 'rocketchat://auth?a=1&error=certificate"s%20names'
    }


NUMBER_WITHOUT_END = f"&#{'9' * 5000};"
ODD = ["[1]", "[&quot;a&quot;]", "7", "&quot;", "{&quot;", "", NUMBER_WITHOUT_END, f'{{"a":"{NUMBER_WITHOUT_END}"}}']


@pytest.mark.parametrize("shown", ODD, ids=range(len(ODD)))
def test_a_configuration_that_is_none(shown: str) -> None:
    assert read_config(f'<div id="config">{shown}</div>') is None


def test_no_more_of_a_page_is_read_than_a_configuration_has() -> None:
    shown = json.dumps({"a": "x" * (LONGEST_CONFIG - 10)})
    assert len(shown) == LONGEST_CONFIG - 1
    assert read_config(f'<div id="config">{shown}</div>') == json.loads(shown)
    assert read_config(f'<div id="config">{shown} </div>') is None


def test_the_button_is_found_among_others() -> None:
    document = {
        "services": [
            "nonsense",
            {"name": "github", "clientId": "g", "custom": False},
            {"service": "other", "custom": True},
            {
                "service": "encvoyid",
                "custom": True,
                "clientId": "abc",
                "serverURL": "https://id.example.org",
                "authorizePath": "/oidc/auth",
                "scope": "openid profile email",
                "loginStyle": "redirect",
            },
        ]
    }

    assert read_button(document, "encvoyid") == BUTTON


def test_an_empty_login_style_is_a_popup() -> None:
    button = read_button({"services": [{"service": "x", "custom": True, "loginStyle": ""}]}, "x")

    assert button is not None
    assert button.login_style == "popup"


@pytest.mark.parametrize("document", [None, [], {}, {"services": None}, {"services": [{"service": "encvoyid"}]}])
def test_no_button_is_none(document: Any) -> None:
    assert read_button(document, "encvoyid") is None


def test_settings_are_read_by_id() -> None:
    rows = [{"_id": "Site_Url", "value": "https://a.example"}, {"value": 1}, "text"]

    assert read_settings({"settings": rows}) == {"Site_Url": "https://a.example"}


def test_a_method_call_is_json_in_json() -> None:
    inner = json.loads(method_call("login", {"oauth": {}})["message"])

    assert inner == {"msg": "method", "id": "1", "method": "login", "params": [{"oauth": {}}]}


def answered(inner: Any) -> dict[str, Any]:
    """An answer to a method call."""
    return {"success": True, "message": json.dumps(inner)}


def test_a_result_is_read() -> None:
    assert read_method_answer(answered({"msg": "result", "id": "1", "result": {"id": "u"}})) == {"id": "u"}


@pytest.mark.parametrize(
    ("error", "read"),
    [
        ({"error": 403, "reason": "Username already exists."}, MethodError("403", "Username already exists.")),
        ({"error": "totp-required", "message": "TOTP"}, MethodError("totp-required", "TOTP")),
        ({}, MethodError("", "")),
    ],
)
def test_an_error_is_read(error: Any, read: MethodError) -> None:
    assert read_method_answer(answered({"msg": "result", "error": error})) == read


@pytest.mark.parametrize(
    "document", [None, {}, {"message": 7}, {"message": "{"}, {"message": "[]"}, {"message": '{"result": 7}'}]
)
def test_what_is_no_answer_is_none(document: Any) -> None:
    assert read_method_answer(document) is None
