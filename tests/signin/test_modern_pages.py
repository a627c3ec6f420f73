"""What the modern engine answers, read."""

from __future__ import annotations

import pytest

from bot.signin.modern_pages import BackAtLogin, End, FactorPage, LoginCode, LoginToken, Start, read_end, read_start

CODE = "ab" * 32
CALLBACK = "https://chat.example/_oauth/encvoyid"
AUTHORIZE = (
    "https://id.example/oidc/auth?m=7f&redirect_uri=https%3A%2F%2Fchat.example%2F_oauth%2Fencvoyid&code_challenge=c"
)


def test_the_redirect_behind_the_button() -> None:
    assert read_start(AUTHORIZE) == Start(AUTHORIZE, CALLBACK)


@pytest.mark.parametrize(
    "location", ["", "/login", "http://[", "https://id.example/auth?redirect_uri=https%3A%2F%2Fchat.example"]
)
def test_what_is_no_start(location: str) -> None:
    assert read_start(location) is None


def word(end: End | None) -> tuple[str, str]:
    """Kind of an end, and what it holds."""
    match end:
        case LoginCode(code):
            return "code", code.reveal()
        case LoginToken(token):
            return "token", token.reveal()
        case FactorPage(method):
            return "second factor", method
        case BackAtLogin():
            return "login", ""
        case _:
            return "none", ""


@pytest.mark.parametrize(
    ("location", "read"),
    [
        (f"https://chat.example/home?loginCode={CODE}", ("code", CODE)),
        (f"https://chat.example/chat/home?loginCode={CODE}&loginClient=mobile", ("code", CODE)),
        ("/2fa/email/x1y2", ("second factor", "email")),
        ("https://chat.example/chat/2fa/totp/x1y2", ("second factor", "totp")),
        ("/login", ("login", "")),
        ("https://chat.example/chat/login", ("login", "")),
        ("/home", ("none", "")),
        ("http://[/login", ("none", "")),
        ("https://id.example/oidc/auth", ("none", "")),
    ],
)
def test_where_the_callback_leads(location: str, read: tuple[str, str]) -> None:
    assert word(read_end(location, "")) == read


@pytest.mark.parametrize(
    ("script", "read"),
    [
        (
            'opener.postMessage({"oauthPopupCommand": "oauth-login-with-token", "token": "tok-1"}, "*")',
            ("token", "tok-1"),
        ),
        ("opener.postMessage({oauthPopupCommand:'oauth-login-with-token',token:'tok-1'})", ("token", "tok-1")),
        (
            "const token = 'tok-1'; opener.postMessage({ oauthPopupCommand: 'oauth-login-with-token', token })",
            ("token", "tok-1"),
        ),
        ('postMessage({"oauthPopupCommand":"redirect","path":"\\/2fa\\/email\\/x1"})', ("second factor", "email")),
        ("postMessage({oauthPopupCommand:'redirect', path:'/home'})", ("none", "")),
        ("postMessage({oauthPopupCommand:'oauth-login-with-token'})", ("none", "")),
        ("window.close()", ("none", "")),
        ("", ("none", "")),
    ],
)
def test_what_a_window_tells(script: str, read: tuple[str, str]) -> None:
    assert word(read_end("", f"<script nonce='n'>{script}</script>")) == read


def test_neither_code_nor_token_can_be_printed() -> None:
    ends = (read_end(f"/home?loginCode={CODE}", ""), LoginToken)
    assert CODE not in repr(ends)
