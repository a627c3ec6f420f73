"""The pages as they are served; what a browser makes of them is in tests/browser."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from sandbox import looks
from sandbox.rocketchat import documents
from sandbox.rocketchat.oauth import pages as callback
from sandbox.rocketchat.web import pages
from tests.support.rocket import Rocket, running


async def connect(rocket: Rocket, **values: Any) -> None:
    """The service `encvoyid`, live."""
    await rocket.service(**{"url": "https://id.example", "id": "client", "secret": "generated-secret", **values})


async def page(rocket: Rocket, path: str = "/login") -> str:
    reply = await rocket.get(path, who=None)
    assert (reply.status, reply.headers["Content-Type"].split(";")[0]) == (200, "text/html")
    return reply.text


@pytest.mark.parametrize("path", ["/", "/home", "/login"])
async def test_a_button_for_each_live_service(rocket: Rocket, path: str) -> None:
    await connect(rocket)
    html = await page(rocket, path)
    assert re.findall(r'<button[^>]*data-service="(\w+)"[^>]*>([^<]*)<', html) == [
        ("encvoyid", "Sign in with Encvoyid")
    ]
    assert "generated-secret" not in html


async def test_the_button_has_its_text_and_colours(rocket: Rocket) -> None:
    await connect(rocket, button_label_text="Encvoy & Co", button_color="#123456", button_label_color="#abcdef")
    html = await page(rocket)
    assert ">Encvoy &amp; Co<" in html
    assert '"buttonColor": "#123456"' in html
    assert '"buttonLabelColor": "#abcdef"' in html


async def test_no_button_when_hidden_or_off(rocket: Rocket) -> None:
    await connect(rocket, show_button=False)
    assert "data-service=" not in await page(rocket)
    await connect(rocket, show_button=True)
    assert "data-service=" in await page(rocket)
    rocket.standin.settings.write("Accounts_OAuth_Custom-Encvoyid", False)
    rocket.standin.login_services.rewrite()
    assert "data-service=" not in await page(rocket)


async def test_the_form_can_be_hidden(rocket: Rocket) -> None:
    assert '<form id="form"' in await page(rocket)
    rocket.standin.settings.write("Accounts_ShowFormLogin", False)
    assert '<form id="form"' not in await page(rocket)


async def test_without_its_script_a_form_puts_no_password_into_an_address(rocket: Rocket) -> None:
    assert re.findall(r"<form[^>]*>", await page(rocket)) == ['<form id="form" method="post">']


async def test_nobody_but_people_is_offered_to_be(rocket: Rocket) -> None:
    assert re.findall(r'data-role="(\w+)"', await page(rocket)) == ["admin", "member"]


@pytest.mark.parametrize("path", ["/channel/sso-admins", "/group/sso-admins"])
async def test_a_room_is_named_in_title_and_heading(rocket: Rocket, path: str) -> None:
    html = await page(rocket, path)
    assert "<title>#sso-admins: Rocket.Chat</title>" in html
    assert re.findall(r"<h1>(.*)</h1>", html) == ["#sso-admins"]


async def test_the_name_of_a_room_stays_text(rocket: Rocket) -> None:
    html = await page(rocket, "/channel/%3Cscript%3Ealert(1)%3C%2Fscript%3E")
    assert "<script>alert" not in html
    assert "</script>alert" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html


@pytest.mark.parametrize("path", ["/login", "/channel/sso-admins"])
async def test_a_page_holds_no_secret(rocket: Rocket, path: str) -> None:
    html = await page(rocket, path)
    for account in rocket.standin.introduction.accounts:
        assert account.password not in html
        assert account.token not in html


@pytest.mark.parametrize("path", ["/login", "/channel/sso-admins", "/_oauth/nothing"])
async def test_no_script_stands_in_a_page_and_none_comes_from_elsewhere(rocket: Rocket, path: str) -> None:
    reply = await rocket.get(path, who=None)
    policy = dict(part.strip().split(" ", 1) for part in reply.headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self'"
    assert not re.search(r"<script(?![^>]*(src=|application/json))", reply.text)
    assert not re.search(r"\son\w+=|https?://(?!127\.0\.0\.1)", reply.text)


@pytest.mark.parametrize("name", [*pages._FILES, "plain.css"])
async def test_every_file_is_served_with_its_type(rocket: Rocket, name: str) -> None:
    reply = await rocket.get(f"/sandbox/{name}", who=None)
    kind = {".js": "text/javascript", ".css": "text/css"}[Path(name).suffix]
    assert (reply.status, reply.headers["Content-Type"].split(";")[0]) == (200, kind)


@pytest.mark.parametrize("path", ["/sandbox/nothing.js", "/sandbox/..%2Fpages.py", "/sandbox/%2e%2e%2fpages.py"])
async def test_nothing_else_is_served(rocket: Rocket, path: str) -> None:
    assert (await rocket.get(path, who=None)).status == 404


async def test_below_a_path_everything_is_found_there() -> None:
    async with running(path="/chat") as rocket:
        html = await page(rocket, "/channel/sso-admins")
        assert set(re.findall(r'(?:src|href)="(/[^"]*)"', html)) == {
            "/chat/sandbox/plain.css",
            "/chat/sandbox/room.css",
            "/chat/sandbox/room.js",
            "/chat/login",
        }
        assert (await rocket.get("/sandbox/room.js", who=None)).status == 200


def test_every_file_of_the_pages_is_shipped_with_the_code() -> None:
    def files(module: str, folder: str) -> set[str]:
        return {file.name for file in (Path(module).parent / folder).iterdir()}

    assert files(pages.__file__, "templates") == {"base.html", "login.html", "room.html"}
    assert files(pages.__file__, "files") == {
        "api.js", "ddp.js", "login.js", "markup.js", "messages.js", "parser.js", "room.css", "room.js",
    }  # fmt: skip
    ends = {"end_of_popup_response.js", "end_of_redirect_response.js"}
    modern = {"end_of_modern_popup.html", "express_error.html"}
    assert files(callback.__file__, "templates") == {"end_of_login.html", *ends, *modern}
    assert {"permissions.json", "workspace_settings.json"} <= files(documents.__file__, ".")
    assert "plain.css" in files(looks.__file__, ".")
