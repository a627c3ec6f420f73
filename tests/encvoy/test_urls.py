"""The rows are those of facts/encvoy-id.md §4, "URL rule" and "Accepted by the API but broken"."""

from __future__ import annotations

import pytest

from bot.encvoy.urls import leads_back, resolve, why_refused, why_refused_as_callback


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:3000",
        "http://127.0.0.1:3000/",
        "http://10.0.0.5",
        "http://rc:3000",
        "ftp://x.y",
        "com.app://cb",
        "https://e.example/path?query=1",
        "https://e.example/path#fragment",
        "https://e.example/*",
        "https://user:word@e.example",
        "https://bücher.example",
        "https://chat-1.e.example:65535/sub/_oauth/encvoyid",
    ],
)
def test_encvoy_id_takes_it(url: str) -> None:
    assert why_refused(url) is None


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("", "empty"),
        ("e.example", "no scheme"),
        ("https:/e.example", "no scheme"),
        ("HTTPS://e.example", "scheme"),
        ("https://E.example", "lower case"),
        ("https://chat.Example.org/_oauth/encvoyid", "lower case"),
        ("http://[::1]:3000", "IPv6"),
        ("http://::1", "IPv6"),
        ("http://rocket_chat:3000", "underscore"),
        ("http://rc:3", "port"),
        ("http://rc:", "port"),
        ("http://rc:123456", "port"),
        ("http://rc:70000", "65535"),
        ("http://1.2.3.400", "IPv4"),
        ("http://1.2.3", "IPv4"),
        ("http://", "no host"),
        ("http:///path", "no host"),
        ("http://a..b", "dot"),
        ("http://a b", "white space"),
        ("http://a\nb", "white space"),
        ("http://a%20b", "other characters"),
        ("https://e.example/" + "x" * 2000, "2000"),
    ],
)
def test_encvoy_id_refuses_it_and_the_reason_is_named(url: str, reason: str) -> None:
    said = why_refused(url)

    assert said is not None
    assert reason in said
    assert said.endswith(".")


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("com.app://cb", "begins with neither"),
        ("https://e.example/cb#x", "fragment"),
        ("http://a_b/cb", "underscore"),
        ("https://user:pw@e.example/cb", "user or a password"),
        ("https://e.example\\@f.example/cb", "backslash"),
        ("https://bücher.example/cb", "xn--"),
        ("https://e.example/cb?x", "query"),
    ],
)
def test_a_callback_is_also_refused_where_it_would_break_the_application(url: str, reason: str) -> None:
    assert reason in (why_refused_as_callback(url) or "")


def test_a_callback_with_sub_path_is_fine() -> None:
    assert why_refused_as_callback("https://e.example/chat/_oauth/encvoyid") is None


@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("/oidc/auth/u1", "https://a.example/oidc/auth/u1"),
        ("https://b.example/x", "https://b.example/x"),
        ("//b.example/x", "https://b.example/x"),
        ("http://[", ""),
    ],
)
def test_a_location_is_resolved_relative_or_absolute(location: str, target: str) -> None:
    assert resolve("https://a.example/api/interaction/u1/auth?type=X", location) == target


@pytest.mark.parametrize("location", ["http://[", "https://[::1/x", "//[x]y/"])
def test_a_location_that_is_no_address_leads_nowhere(location: str) -> None:
    assert resolve("https://a.example/x", location) == ""


@pytest.mark.parametrize(
    ("url", "back"),
    [
        ("https://chat.example/_oauth/x?code=1&state=2", True),
        ("https://CHAT.example:443/_oauth/x?code=1", True),
        ("https://chat.example/_oauth/x", True),
        ("http://chat.example/_oauth/x?code=1", False),
        ("https://chat.example:8443/_oauth/x?code=1", False),
        ("https://chat.example/_OAUTH/x?code=1", False),
        ("https://chat.example/_oauth/x/?code=1", False),
        ("https://chat.example/_oauth/xy?code=1", False),
        ("https://somebody@chat.example/_oauth/x?code=1", False),
        ("https://chat.example@evil.example/_oauth/x?code=1", False),
        ("https://evil.example/?https://chat.example/_oauth/x", False),
        ("/_oauth/x?code=1", False),
        ("", False),
    ],
)
def test_what_leads_back_is_the_callback_alone(url: str, back: bool) -> None:
    assert leads_back(url, "https://chat.example/_oauth/x") is back


def test_a_query_of_the_callbacks_own_stays_before_the_answer() -> None:
    assert leads_back("https://chat.example/_oauth/x?close&code=1", "https://chat.example/_oauth/x?close")
    assert not leads_back("https://chat.example/_oauth/x?code=1", "https://chat.example/_oauth/x?close")
