"""The pages for people: what a browser may load for them, a second try, and the sandbox's people without a password."""

from __future__ import annotations

import base64
import hashlib
import re

import pytest

from sandbox.encvoy import EncvoyStandIn
from tests.support.idp_browser import Browser


async def test_the_only_script_in_a_page_is_the_one_that_its_policy_names(browser: Browser) -> None:
    page = await browser.ask("GET", (await browser.authorize()).location)
    [script] = re.findall(r"<script[^>]*>(.*?)</script>", page.text)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'self' 'sha256-{digest}';" in page.headers["Content-Security-Policy"]


async def test_the_stylesheet_is_served(browser: Browser) -> None:
    sheet = await browser.ask("GET", "/sandbox/plain.css")
    assert (sheet.status, sheet.kind) == (200, "text/css")


async def test_who_mistyped_the_password_types_nothing_else_again(idp: EncvoyStandIn, browser: Browser) -> None:
    page = (await browser.authorize()).location
    again = await browser.sign_in(page, idp.person("person"), identifier='pl"ain', password="wrong")
    assert 'value="pl&#34;ain"' in again.text
    assert "<title>Error: " in again.text
    assert re.search(r'name="password"[^>]*aria-describedby="problem" autofocus', again.text)
    assert "wrong" not in again.text


@pytest.mark.parametrize("role", ["person", "person2"])
async def test_one_press_signs_in_one_of_the_people(idp: EncvoyStandIn, browser: Browser, role: str) -> None:
    page = (await browser.authorize()).location
    answer = await browser.ask("POST", f"{page}/play", form={"role": role})
    assert answer.status == 302
    assert (await browser.ask("GET", answer.location)).status == 303


@pytest.mark.parametrize("form", [{"role": "manager"}, {"role": "owner"}, {"role": "1"}, {}])
async def test_it_signs_in_nobody_else(browser: Browser, form: dict[str, str]) -> None:
    page = (await browser.authorize()).location
    answer = await browser.ask("POST", f"{page}/play", form=form)
    assert (answer.status, answer.widget["initialRoute"]) == (201, "error")


async def test_it_signs_in_only_the_browser_that_began(browser: Browser) -> None:
    page = (await browser.authorize()).location
    browser.http.cookie_jar.clear()
    answer = await browser.ask("POST", f"{page}/play", form={"role": "person"})
    assert answer.widget["envVars"]["MESSAGE_DETAIL"] == "Interaction details failed: 500"


async def test_who_is_blocked_stays_out(idp: EncvoyStandIn, browser: Browser) -> None:
    idp.person("person").blocked = True
    page = (await browser.authorize()).location
    answer = await browser.ask("POST", f"{page}/play", form={"role": "person"})
    assert answer.widget["envVars"]["MESSAGE"] == "User is blocked"
