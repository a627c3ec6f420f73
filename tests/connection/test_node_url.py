"""Addresses as Node reads them; where it matters both users of it are held against Node itself (test_callbacks.py)."""

from __future__ import annotations

import pytest

from bot.connection.node_url import NodeUrl, ip_address_of, read


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("https://id.example/cb?a=1#b", NodeUrl("https", "", "id.example", 443, "/cb", "?a=1#b")),
        (" \tHTTP:\\\\Id.Example:8080\\x\n", NodeUrl("http", "", "id.example", 8080, "\\x", "")),
        ("http://me:pw@[::1]:81", NodeUrl("http", "me:pw@", "::1", 81, "", "")),
        ("https:id.example", NodeUrl("https", "", "id.example", 443, "", "")),
        ("http://0x7f.1/", NodeUrl("http", "", "127.0.0.1", 80, "/", "")),
        ("https://bücher.example", NodeUrl("https", "", "xn--bcher-kva.example", 443, "", "")),
        ("https://id.example.", NodeUrl("https", "", "id.example.", 443, "", "")),
    ],
)
def test_the_parts_of_one(url: str, address: NodeUrl) -> None:
    assert read(url) == address


@pytest.mark.parametrize(
    "url", ["", "ftp://id.example", "id.example", "https://", "https://id.example:x", f"https://{'a' * 254}"]
)
def test_what_is_none(url: str) -> None:
    assert read(url) is None


def test_the_longest_host_and_the_longest_port_are_read() -> None:
    labels = ".".join(["a" * 63] * 4)[:253]
    found = read(f"https://{labels}:0000000443/")
    assert found is not None
    assert (found.host, found.port) == (labels, 443)
    assert read(f"https://{labels}a/") is None
    assert read("https://id.example:00000000443/") is None


def test_a_host_of_one_letter_and_lines_in_an_address_are_read() -> None:
    """Node takes line breaks out wherever they are, so nothing hides behind one."""
    assert read("https://a/b\nc") == NodeUrl("https", "", "a", 443, "/bc", "")


@pytest.mark.parametrize("host", ["127.1", "2130706433", "0177.0.0.1", "127.0.0.1.", "::ffff:127.0.0.1"])
def test_every_spelling_of_an_ip_address(host: str) -> None:
    assert str(ip_address_of(host)) == "127.0.0.1"


@pytest.mark.parametrize(
    "host",
    [
        "1.2.3.4.5",
        "256.1.1.1",
        "1.256.1.1",
        "1.1.256.1",
        "1.1.1.08",
        "id.example",
        "1..2",
        "0xg",
        "1.16777216",
        "1.2.3.256",
    ],
)
def test_no_ip_address(host: str) -> None:
    assert ip_address_of(host) is None
