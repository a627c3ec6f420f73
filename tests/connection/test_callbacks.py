"""Which spellings of a callback address are one to Encvoy ID (facts/encvoy-id.md §7)."""

from __future__ import annotations

import json
import subprocess
import time
from dataclasses import replace

import pytest

from bot.addresses import LONGEST
from bot.connection.callbacks import has_callback, same_callback
from bot.connection.needs import foreign_callbacks
from tests.connection.test_plan import APPLICATION, AT_REST

OURS = "https://chat.example.org/_oauth/encvoyid"
SAME = (
    OURS,
    "HTTPS://Chat.Example.ORG/_oauth/encvoyid",
    "https://chat.example.org:443/_oauth/encvoyid",
    "https://chat.example.org:0443/_oauth/encvoyid",
    "https://chat.example.org/x/../_oauth/encvoyid",
    "https://chat.example.org/./_oauth/./encvoyid",
    "https://chat.example.org/../../_oauth/encvoyid",
    "https://chat.example.org/x/%2E%2e/_oauth/encvoyid",
    "https://chat.example.org\\_oauth\\encvoyid",
    "https:/chat.example.org/_oauth/encvoyid",
    " https://chat.example.org/_oauth/encvoyid\n",
)
OTHER = (
    "http://chat.example.org/_oauth/encvoyid",
    "https://chat.example.org:8443/_oauth/encvoyid",
    "https://chat.example.org/_OAuth/encvoyid",
    "https://chat.example.org/_oauth/encvoyid/",
    "https://chat.example.org/_oauth/encvoyid/.",
    "https://chat.example.org/_oauth/encvoyid?",
    "https://chat.example.org/_oauth/encvoyid#",
    "https://chat.example.org/_oauth/%65ncvoyid",
    "https://chat.example.org//_oauth/encvoyid",
    "https://user@chat.example.org/_oauth/encvoyid",
    "https://chat.example.org./_oauth/encvoyid",
    "https://other.example.org/_oauth/encvoyid",
    "app.example://chat.example.org/_oauth/encvoyid",
    "https://chat.example.org:x/_oauth/encvoyid",
    "chat.example.org/_oauth/encvoyid",
    "",
)


@pytest.mark.parametrize("spelled", SAME)
def test_it_is_the_same(spelled: str) -> None:
    assert same_callback(spelled, OURS)
    assert has_callback(("https://other.example.org/cb", spelled), OURS)


@pytest.mark.parametrize(
    "long", ["http://a.example" + "/a" * 50_000 + "/.." * 50_000, "http://" + "ü." * 100_000 + "/"]
)
def test_one_longer_than_any_is_another_and_takes_no_time(long: str) -> None:
    before = time.process_time()
    assert not same_callback(long, OURS)
    assert time.process_time() - before < 0.1


@pytest.mark.parametrize("other", OTHER)
def test_it_is_another(other: str) -> None:
    assert not same_callback(other, OURS)
    assert not same_callback(OURS, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("http://127.1:3000/cb", "http://127.0.0.1:3000/cb"),
        ("http://0x7f.1:3000/cb", "http://127.0.0.1:3000/cb"),
        ("https://münchen.example/cb", "https://xn--mnchen-3ya.example/cb"),
        ("https://id.example", "https://id.example/"),
    ],
)
def test_hosts_have_spellings_too(one: str, other: str) -> None:
    assert same_callback(one, other)


@pytest.mark.parametrize("end", [".", "x/..", "%2e", "x/%2E.", "./."])
def test_dots_at_the_end_lead_to_the_folder(end: str) -> None:
    folder = "https://id.example/cb/"
    assert same_callback(folder + end, folder)
    assert not same_callback(folder + end, "https://id.example/cb")


def test_the_longest_that_encvoy_id_takes_is_read() -> None:
    longest = f"{OURS}/".ljust(LONGEST, "a")
    assert same_callback(longest, longest)
    assert not same_callback(f"{longest}a", f"{longest}a")


def test_localhost_and_its_address_are_two() -> None:
    assert not same_callback("http://localhost:3000/cb", "http://127.0.0.1:3000/cb")


@pytest.mark.needs("node")
def test_it_is_as_node_normalises() -> None:
    script = """
        const href = url => URL.canParse(url) ? new URL(url).href : ""
        console.log(JSON.stringify(JSON.parse(process.argv[1]).map(href)))
    """
    asked = [OURS, *SAME, *OTHER]
    said = subprocess.run(["node", "-e", script, json.dumps(asked)], capture_output=True, text=True, check=True)
    ours, *hrefs = json.loads(said.stdout)
    assert [same_callback(url, OURS) for url in asked[1:]] == [href == ours for href in hrefs]


def test_another_spelling_of_our_callback_is_not_foreign() -> None:
    theirs = "https://elsewhere.example.org/cb"
    spelled = AT_REST.redirect_uri.replace("/_oauth", "/x/../_oauth")
    application = replace(APPLICATION, redirect_uris=(spelled, AT_REST.redirect_uri, theirs))
    assert foreign_callbacks(AT_REST, application) == (theirs,)
