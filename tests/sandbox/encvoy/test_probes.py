"""Probes that need no person: facts/encvoy-id.md §9, and the secret of §7 and §8."""

from __future__ import annotations

from tests.support.idp_browser import CALLBACK, Browser, Create

REQUEST = {"response_type": "code", "redirect_uri": CALLBACK, "scope": "openid profile email"}
WRONG = "w" * 64


async def test_par_with_the_secret_in_the_body(browser: Browser, create: Create) -> None:
    made = (await create()).json
    answer = await browser.ask("POST", "/oidc/request", form=REQUEST | made)
    assert answer.status == 201
    assert answer.json["expires_in"] == 60
    assert answer.json["request_uri"].startswith("urn:ietf:params:oauth:request_uri:")
    assert answer.headers["Cache-Control"] == "no-store"
