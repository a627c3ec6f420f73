"""A service that somebody made by hand is recognised in whatever way it is written."""

from __future__ import annotations

import json
import subprocess
import time

import pytest

from bot.connection.leads_to import leads_to, place_of
from bot.connection.ports import ProviderMetadata
from bot.connection.state import SettingValue


def provider(base: str) -> ProviderMetadata:
    return ProviderMetadata(
        issuer=base,
        authorize_url=f"{base}/oidc/auth",
        token_url=f"{base}/oidc/token",
        identity_url=f"{base}/oidc/me",
        par_url=None,
        jwks_url=f"{base}/oidc/jwks",
    )


def written(url: SettingValue, **paths: SettingValue) -> dict[str, SettingValue]:
    return {"url": url, "token_path": "/t", "authorize_path": "/a", "identity_path": "/me"} | paths


OURS = provider("https://id.example.org")


@pytest.mark.parametrize(
    "settings",
    [
        written("https://id.example.org"),
        written("https://id.example.org/"),
        written("https://ID.Example.ORG"),
        written("HTTPS://id.example.org"),
        written("https://id.example.org:443"),
        written("https://id.example.org:0443/"),
        written("http://id.example.org"),
        written("http://id.example.org:80"),
        written("https://id.example.org./"),
        written(" https://id.example.org "),
        written("https://id.example.org\t"),
        written("https://id.example\n.org"),
        written("https:\\\\id.example.org\\"),
        written("https:/id.example.org"),
        written("https:id.example.org"),
        written("https://user:pw@id.example.org"),
        written("https://evil.example@id.example.org"),
        written("https://id。example.org"),
        written("https://id.example.org/auth/realms/x"),
        written("http://encvoy:3000", authorize_path="https://id.example.org/oidc/auth"),
        written("http://encvoy:3000", token_path=" HTTPS://ID.example.org:443/oidc/token"),
        written("", identity_path="https://id.example.org/oidc/me", token_path="", authorize_path=""),
        written("https://id.example", token_path=".org/oidc/token"),
        {"url": "https://id.example.org"},
        {"authorize_path": "https://id.example.org/oidc/auth"},
    ],
)
def test_it_leads_to_our_encvoy_id(settings: dict[str, SettingValue]) -> None:
    assert leads_to(settings, OURS)


@pytest.mark.parametrize(
    "settings",
    [
        written("https://elsewhere.example"),
        written("https://id.example.org.evil.example"),
        written("https://id.example.org@evil.example"),
        written("https://id.example.org:8443"),
        written("https://evil.example\\@id.example.org"),
        written("https://id.example.org:99999999999999999999"),
        written("ftp://id.example.org"),
        written("id.example.org"),
        written("/oidc"),
        written("http://["),
        written(""),
        written(True, token_path=False),
        {},
    ],
)
def test_it_leads_elsewhere(settings: dict[str, SettingValue]) -> None:
    assert not leads_to(settings, OURS)


@pytest.mark.parametrize(
    ("url", "ours"),
    [
        ("http://127.0.0.1:4000", "http://localhost:4000"),
        ("http://127.1:4000", "http://127.0.0.1:4000"),
        ("http://0x7f.1:4000", "http://127.0.0.1:4000"),
        ("http://2130706433:4000", "http://127.0.0.1:4000"),
        ("http://0177.0.0.1:4000", "http://127.0.0.1:4000"),
        ("http://[::1]:4000", "http://localhost:4000"),
        ("http://[::ffff:7f00:1]:4000", "http://127.0.0.1:4000"),
        ("http://[0:0:0:0:0:0:0:1]:4000", "http://[::1]:4000"),
        ("http://10.0.5:4000", "http://10.0.0.5:4000"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
        ("https://BÜCHER.example", "https://xn--bcher-kva.example"),
    ],
)
def test_hosts_are_compared_in_one_spelling(url: str, ours: str) -> None:
    assert leads_to(written(url), provider(ours))


@pytest.mark.parametrize("host", ["ü." * 100_000, "ü" * 100_000, "a." * 1_000_000, "1." * 1_000_000])
def test_a_host_longer_than_any_leads_nowhere_and_takes_no_time(host: str) -> None:
    before = time.process_time()
    assert place_of(f"http://{host}/") is None
    assert time.process_time() - before < 0.2


def test_another_port_of_this_machine_is_another_server() -> None:
    assert not leads_to(written("http://127.0.0.1:5000"), provider("http://127.0.0.1:4000"))


_PLACE = """
const read = (text) => { try { const u = new URL(text); return [u.hostname, u.port]; } catch { return null; } };
console.log(JSON.stringify(JSON.parse(process.argv[1]).map(read)));
"""


@pytest.mark.needs("node")
def test_hosts_are_read_as_node_reads_them() -> None:
    urls = [
        "https:\\\\id.example.org\\x",
        "https:id.example.org",
        "https:////id.example.org",
        "https://id.example\n.org",
        "\x01 https://id.example.org\x1f ",
        "https://evil.example\\@id.example.org",
        "https://a@b@id.example.org:444/",
        "https://id。example.org",
        "https://BÜCHER.example",
        "http://0x7f.1:4000",
        "http://0300.1:4000",
        "http://10.0.5",
        "http://[0:0::2]:4000",
        "https://id.example.org?x@y",
        "https://id.example.org#x@y",
    ]
    run = subprocess.run(["node", "-e", _PLACE, json.dumps(urls)], capture_output=True, text=True, check=True)
    for url, (host, port) in zip(urls, json.loads(run.stdout), strict=True):
        plainly = f"http://{host}:{port or 443}"
        assert place_of(url) == place_of(plainly), url
