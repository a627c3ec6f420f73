"""The audit finds what it is there to find."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser

from tests.support.browser import AUDIT, IN_A_BROWSER

pytestmark = IN_A_BROWSER

GOOD = "<title>x</title><main><h1>x</h1><label>Name<input style='width:44px;height:44px'></label></main>"


@pytest.mark.parametrize(
    ("spoilt", "problem"),
    [
        (("<h1>", "<h1 style='color:#888;background:#fff'>"), ""),
        (("<h1>", "<h1 style='color:#999;background:#fff'>"), "contrast 2.85 of h1 “x”"),
        (("Name", "<b style='color:rgb(0 0 0 / 50%)'>Name</b>"), "contrast 3.98 of b “Name”"),
        (("height:44px", "height:43px"), "input “” is 44×43"),
        (("<h1>x", "<h1>x<p style='width:200vw;height:1px'></p>"), "scrolls sideways"),
        (("<label>Name", "<label></label>"), "has no label"),
        (("<h1>x</h1>", ""), "0 h1"),
        (("<main>", "<main id='a' aria-labelledby='b'><p id='a'></p>"), "id a twice"),
        (("<main>", "<main aria-labelledby='b'>"), "refers to #b"),
    ],
)
async def test_one_fault_is_found(chromium: Browser, spoilt: tuple[str, str], problem: str) -> None:
    page = await chromium.new_page()
    try:
        html = f"<!DOCTYPE html><html lang='en'><style>* {{ margin: 0; box-sizing: border-box }}</style>{GOOD}</html>"
        await page.set_content(html)
        assert await page.evaluate(AUDIT) == []
        await page.set_content(html.replace(*spoilt))
        assert problem in "; ".join(await page.evaluate(AUDIT))
    finally:
        await page.close()
