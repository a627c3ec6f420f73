"""The end in a window of its own (facts/rocketchat.md §3.4, no. 5)."""

from __future__ import annotations

import json
import re
from typing import Any

from sandbox.rocketchat.second_factor import enrol_totp
from tests.support.modern import Modern


async def told(modern: Modern) -> tuple[dict[str, Any], str]:
    """What the window tells the one that opened it, and whom it tells."""
    reply = await modern.sign_in()
    assert (reply.status, reply.headers["Content-Type"].split(";")[0]) == (200, "text/html")
    policy = reply.headers["Content-Security-Policy"]
    nonce = re.search(r"script-src 'nonce-([\w-]+)'", policy)
    assert nonce
    assert f'<script nonce="{nonce.group(1)}">' in reply.text
    found = re.search(r"postMessage\((\{.*\}), (\".*\")\)", reply.text)
    assert found
    return json.loads(found.group(1)), json.loads(found.group(2))


async def test_a_popup_hands_a_login_token_over(modern: Modern) -> None:
    await modern.set(login_style="popup")
    message, origin = await told(modern)
    assert message["oauthPopupCommand"] == "oauth-login-with-token"
    found = modern.rocket.standin.people.with_token(message["token"])
    assert found is not None
    assert found[0].username == "ada"
    assert origin == modern.rocket.standin.url


async def test_the_nonce_is_another_each_time(modern: Modern) -> None:
    await modern.set(login_style="popup")
    policies = {(await modern.sign_in()).headers["Content-Security-Policy"] for _ in range(2)}
    assert len(policies) == 2


async def test_a_second_factor_leads_the_opener_to_its_page(modern: Modern) -> None:
    enrol_totp(await modern.arrive())
    await modern.set(login_style="popup")
    message, _ = await told(modern)
    assert message["oauthPopupCommand"] == "redirect"
    assert re.fullmatch(r"/2fa/totp/\w+", message["path"])


async def test_its_page_knows_the_challenge(modern: Modern) -> None:
    enrol_totp(await modern.arrive())
    reply = await modern.sign_in()
    page = await modern.get(reply.headers["Location"])
    challenge = reply.headers["Location"].rpartition("/")[2]
    assert page.status == 200
    assert f'"challenge": {{"challenge": "{challenge}", "method": "totp"}}' in page.text


async def test_the_login_page_says_which_engine_it_is(modern: Modern) -> None:
    assert '"legacy": false' in (await modern.get("/login")).text
