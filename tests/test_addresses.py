"""One reading of an address: what is plain is read alike by Python and by Node, and the rest is refused."""

from __future__ import annotations

import json
import subprocess
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.addresses import LONGEST, NotPlain, PlainAddress, is_plain, plain, same_address, same_origin

PLAIN = {
    "https://id.example.org": "https://id.example.org",
    "HTTPS://ID.Example.ORG:443/A/b/": "https://id.example.org/A/b/",
    "http://chat:3000/sub/path": "http://chat:3000/sub/path",
    "http://rocket_chat:80": "http://rocket_chat",
    "http://127.0.0.1:8080/": "http://127.0.0.1:8080/",
    "http://[::1]:3000/x": "http://[::1]:3000/x",
    "http://[2001:DB8:0:0::1]": "http://[2001:db8::1]",
    "https://xn--bcher-kva.example/": "https://xn--bcher-kva.example/",
    "https://a-b.c-d.example/.well-known/x_y~z@1:2+3,4=5": "https://a-b.c-d.example/.well-known/x_y~z@1:2+3,4=5",
    "https://1a.example:65535": "https://1a.example:65535",
}
REFUSED = [
    ("", "begin with http"),
    ("id.example.org", "begin with http"),
    ("//id.example.org/x", "begin with http"),
    ("ftp://id.example.org", "begin with http"),
    ("javascript://id.example.org/%0aalert(1)", "begin with http"),
    ("http:/id.example.org", "begin with http"),
    ("http:id.example.org", "begin with http"),
    ("http://evil.example\\@id.example.org/x", "backslash"),
    ("http://id.example.org\\.evil.example/", "backslash"),
    ("http:\\\\id.example.org", "backslash"),
    ("http://id.example.org/a\\b", "backslash"),
    ("http://user:pw@id.example.org/", "a user"),
    ("http://user@id.example.org/", "a user"),
    ("http://@id.example.org/", "a user"),
    ("http://id.example.org@evil.example/", "a user"),
    (" http://id.example.org", "spaces"),
    ("http://id.example.org ", "spaces"),
    ("http://id.example.org\n", "spaces"),
    ("http://id.exa\tmple.org/", "spaces"),
    ("ht\ntp://id.example.org/", "spaces"),
    ("http://id.example.org/\x00", "spaces"),
    ("http://id.example.org/a b", "spaces"),
    ("http://id.example.org/?x=1", "a query"),
    ("http://id.example.org/#x", "a query"),
    ("http://id.example.org?", "a query"),
    ("http://id.example.org/a/../b", "// or /."),
    ("http://id.example.org/.", "// or /."),
    ("http://id.example.org/a/..", "// or /."),
    ("http://id.example.org//evil.example/x", "// or /."),
    ("http://id.example.org/%2e%2e/x", "a path of letters"),
    ("http://id.example.org/a%2Fb", "a path of letters"),
    ("http://id.example.org/a%5cb", "a path of letters"),
    ("http://id.example.org/é", "a path of letters"),
    ("http://id.example.org/a;b", "a path of letters"),
    ("http://", "host or port"),
    ("http:///path", "host or port"),
    ("http://:80/", "host or port"),
    ("http://[", "host or port"),
    ("http://[::1", "host or port"),
    ("http://[::g]/", "host or port"),
    ("http://[fe80::1%25eth0]/", "host or port"),
    ("http://[1.2.3.4]/", "host or port"),
    ("http://id.example.org:/", "host or port"),
    ("http://id.example.org:0/", "host or port"),
    ("http://id.example.org:080/", "host or port"),
    ("http://id.example.org:65536/", "host or port"),
    ("http://id.example.org:8_0/", "host or port"),
    ("http://id.example.org:x/", "host or port"),
    ("http://id..example.org/", "host or port"),
    ("http://.example.org/", "host or port"),
    ("http://id.example.org./", "host or port"),
    ("http://id%2eexample.org/", "host or port"),
    ("http://127.1/", "host or port"),
    ("http://0x7f000001/", "host or port"),
    ("http://0x7f.0.0.1/", "host or port"),
    ("http://2130706433/", "host or port"),
    ("http://0177.0.0.1/", "host or port"),
    ("http://1.2.3.400/", "host or port"),
    ("http://example.1/", "host or port"),
    ("http://xn--a/", "host or port"),
    ("http://xn--/", "host or port"),
    ("http://xn--Example-/", "host or port"),
    (f"http://{'a' * 64}.example/", "host or port"),
    (f"http://{'.'.join(['a' * 60] * 5)}/", "host or port"),
    ("http://bücher.example/", "xn--"),
    ("http://id。example.org/", "xn--"),
    ("http://ⅰd.example.org/", "xn--"),
]


@pytest.mark.parametrize(("url", "spelling"), PLAIN.items())
def test_a_plain_address_has_one_spelling(url: str, spelling: str) -> None:
    assert str(plain(url)) == spelling
    assert plain(spelling) == plain(url)


def test_an_address_is_not_longer_than_any_is() -> None:
    url = "https://a.example/" + "x" * (LONGEST - 18)
    assert len(str(plain(url))) == LONGEST
    assert is_plain(f"{url}x") is False
    assert str(plain(f"{url}?{'x' * LONGEST}", tail=True)) == url


@pytest.mark.parametrize(("url", "why"), REFUSED)
def test_everything_else_is_refused(url: str, why: str) -> None:
    with pytest.raises(NotPlain, match=why):
        plain(url)
    assert not is_plain(url)


def test_the_parts() -> None:
    address = plain("https://ID.example.org:8443/oidc/token")
    assert address == PlainAddress("https", "id.example.org", 8443, "/oidc/token")
    assert (address.base, address.origin) == ("https://id.example.org:8443", ("https", "id.example.org", 8443))


@pytest.mark.parametrize("tail", ["?code=a%20b&state=x#y", "#a?b", "?", "?a=http://b/c"])
def test_a_tail_is_left_out_where_one_may_be(tail: str) -> None:
    assert str(plain(f"https://a.example/x{tail}", tail=True)) == "https://a.example/x"


@pytest.mark.parametrize("tail", ["?a b", "?a\\b", "#\n", "?é"])
def test_a_tail_is_printable(tail: str) -> None:
    with pytest.raises(NotPlain, match="spaces"):
        plain(f"https://a.example/x{tail}", tail=True)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://a.example", "https://a.example:443/x?y#z", True),
        ("http://a.example/", "http://A.example", True),
        ("http://a.example", "https://a.example", False),
        ("https://a.example", "https://a.example:8443", False),
        ("https://a.example", "https://b.example", False),
        ("https://a.example", "https://a.example@b.example/", False),
        ("https://a.example", "https://b.example\\@a.example/", False),
        ("https://a.example", "https://b.example@a.example/", False),
        ("https://a.example", "/relative", False),
        ("https://a.example", "https://a.example:port", False),
        ("https://a.example", "javascript:alert", False),
        ("http://[", "http://[", False),
        ("", "", False),
    ],
)
def test_origins_are_compared_by_scheme_host_and_port(one: str, other: str, same: bool) -> None:
    assert same_origin(one, other) is same


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://a.example/x?code=1", "https://A.example:443/x", True),
        ("https://a.example/x#error", "https://a.example/x", True),
        ("https://a.example/xyz", "https://a.example/x", False),
        ("https://a.example/X", "https://a.example/x", False),
        ("", "https://a.example/x", False),
    ],
)
def test_pages_are_compared_without_what_follows(one: str, other: str, same: bool) -> None:
    assert same_address(one, other) is same


@pytest.mark.parametrize("url", ["http://localhost:3000", "http://127.3.2.1:80", "http://[::1]", "http://a.localhost"])
def test_loopback(url: str) -> None:
    assert plain(url).is_loopback


@pytest.mark.parametrize("url", ["https://chat.example.org", "http://10.0.0.5", "http://0.1.2.3", "http://[::2]"])
def test_not_loopback(url: str) -> None:
    assert not plain(url).is_loopback


@given(st.text(alphabet="htps:/\\@?#[].%0x1-aZé ~_\t", max_size=40))
def test_what_is_plain_is_read_by_python_as_it_is_read_here(rest: str) -> None:
    try:
        found = plain(f"http://{rest}")
    except NotPlain:
        return
    parts = urlsplit(str(found))
    assert (parts.scheme, parts.hostname, parts.port or 80) == (found.scheme, found.host.strip("[]"), found.port)
    assert (parts.path, parts.query, parts.fragment, parts.username) == (found.path, "", "", None)
    assert plain(str(found)) == found


_ALPHABET = st.sampled_from([*"htps:/\\@?#[].%0x1-aZé ~_\t,;=+", "xn--", "127.", "0x7f", "::1", "//", "/../", "%2e"])
_ADDRESSES = st.lists(_ALPHABET, max_size=25).map("".join)
_READ = """
const read = (text) => { try { const u = new URL(text); return [u.protocol, u.hostname, u.port, u.pathname, u.search,
  u.hash, u.username]; } catch { return null; } };
let all = ""; process.stdin.on("data", (piece) => all += piece).on("end", () =>
  console.log(JSON.stringify(JSON.parse(all).map(read))));
"""


def made_up(number: int) -> list[str]:
    """So many plain addresses, of all kinds that hypothesis comes upon; each is a little changed in many ways, too."""
    found: dict[str, None] = {}

    @settings(
        max_examples=number, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
    )
    @given(_ADDRESSES, st.sampled_from([*PLAIN, "http://h"]), st.integers(0, 60))
    def collect(piece: str, base: str, at: int) -> None:
        for url in (f"http://{piece}", base[:at] + piece + base[at:], base + piece):
            if is_plain(url):
                found[url] = None

    collect()
    return list(found)


@pytest.mark.needs("node")
def test_what_is_plain_is_read_by_node_as_it_is_read_here() -> None:
    urls = [*PLAIN, *(url for url, _ in REFUSED), *(url + tail for url in PLAIN for tail in ("/", "x", "/x.y"))]
    urls = [*filter(is_plain, urls), *made_up(3000)]
    assert len(urls) > 500
    run = subprocess.run(["node", "-e", _READ], input=json.dumps(urls), capture_output=True, text=True, check=True)
    for url, seen in zip(urls, json.loads(run.stdout), strict=True):
        found = plain(url)
        port = "" if found.base.count(":") == 1 + found.host.count(":") else str(found.port)
        assert seen == [f"{found.scheme}:", found.host, port, found.path or "/", "", "", ""], url
