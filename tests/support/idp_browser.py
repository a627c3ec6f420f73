"""A browser and a client for tests of the Encvoy ID stand-in, independent of the bot."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urljoin, urlsplit

import aiohttp
from multidict import MultiMapping

from sandbox.encvoy import EncvoyStandIn
from sandbox.encvoy.people import Person

WIDGET = re.compile(r'<body><script id="__WIDGET_DATA__">window\.__WIDGET_DATA__ = (.*?);</script>')
CALLBACK = "https://chat.example/_oauth/encvoy"


@dataclass(frozen=True)
class Answer:
    """One response, read whole."""

    status: int
    headers: MultiMapping[str]
    text: str
    cookies: Mapping[str, Any] = field(default_factory=dict)

    @property
    def json(self) -> Any:
        """The parsed body."""
        return json.loads(self.text)

    @property
    def location(self) -> str:
        """Where it redirects to."""
        return self.headers["Location"]

    @property
    def query(self) -> dict[str, str]:
        """The query of where it redirects to."""
        return {name: values[0] for name, values in parse_qs(urlsplit(self.location).query).items()}

    @property
    def widget(self) -> dict[str, Any]:
        """What the page of an interaction says about itself."""
        found = WIDGET.search(self.text)
        assert found, "no widget data directly after <body>"
        data: dict[str, Any] = json.loads(found[1])
        return data

    @property
    def kind(self) -> str:
        """The media type."""
        return self.headers.get("Content-Type", "").partition(";")[0]


Create = Callable[..., Awaitable[Answer]]
"""Creates a client; fields of the body as keyword arguments."""


class Jar:
    """One cookie jar at one server. Follows no redirects."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.http = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self.http.close()

    async def ask(
        self,
        method: str,
        path: str,
        *,
        token: str | None = None,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        form: Any = None,
        body: Any = None,
        data: Any = None,
        auth: tuple[str, str] | None = None,
        timeout: float = 10.0,
    ) -> Answer:
        """One request. `form` is sent url-encoded, `body` as JSON, `auth` as Basic."""
        sent = dict(headers or {})
        if auth is not None:
            sent["Authorization"] = "Basic " + base64.b64encode(":".join(auth).encode()).decode()
        if token is not None:
            sent["Authorization"] = f"Bearer {token}"
        async with self.http.request(
            method,
            urljoin(self.url + "/", path),
            headers=sent,
            params=params,
            data=form if form is not None else data,
            json=body,
            allow_redirects=False,
            timeout=aiohttp.ClientTimeout(total=timeout),
        ) as response:
            return Answer(response.status, response.headers.copy(), await response.text(), dict(response.cookies))


class Browser(Jar):
    """A browser at the stand-in, with its people and its main client."""

    def __init__(self, stand_in: EncvoyStandIn) -> None:
        super().__init__(stand_in.url)
        self.stand_in = stand_in

    async def authorize(self, client_id: str | None = None, **more: str) -> Answer:
        """Step 1: the authorization request; for the main client unless told otherwise."""
        main = self.stand_in.state.main_id
        params = {
            "client_id": client_id or main,
            "response_type": "code",
            "scope": "openid",
            "redirect_uri": f"{self.stand_in.url}/code" if client_id in (None, main) else CALLBACK,
            "state": "S",
        }
        return await self.ask("GET", "/oidc/auth", params=params | more)

    async def sign_in(self, page: str, person: Person, **more: str) -> Answer:
        """Step 2: login and password to the page of an interaction."""
        form = {"identifier": person.login, "password": person.password, "prompt": "login"} | more
        return await self.ask("POST", f"{page}/auth", params={"type": "CREDENTIALS"}, form=form)

    async def code(self, person: Person, client_id: str | None = None, **more: str) -> Answer:
        """All steps up to the answer that brings the code, consenting to everything on the way."""
        page = (await self.authorize(client_id, **more)).location
        answer = await self.sign_in(page, person)
        for _ in range(12):
            if answer.status in (302, 303):
                if "/code?" in answer.location or answer.location.startswith(CALLBACK):
                    return answer
                if "/api/interaction/" in answer.location:
                    page = answer.location
                answer = await self.ask("GET", answer.location)
            elif answer.widget["initialRoute"] == "publicity":
                answer = await self.ask("POST", f"{page}/steps", form={"public_profile_consent": "true"})
            elif answer.widget["initialRoute"] == "steps":
                values = {name: f"{name}.of.{person.login}" for name in answer.widget["details"]["fields"]}
                answer = await self.ask("POST", f"{page}/steps", form=values)
            elif answer.widget["initialRoute"] == "access":
                answer = await self.ask("POST", f"{page}/confirm")
            else:
                return answer
        raise AssertionError("the sign-in does not end")

    async def exchange(self, answer: Answer, client_id: str | None = None, secret: str | None = None) -> Answer:
        """Step 5: the code for tokens."""
        main = self.stand_in.state.main_id
        form = {
            "grant_type": "authorization_code",
            "code": answer.query["code"],
            "redirect_uri": answer.location.partition("?")[0],
            "client_id": client_id or main,
        }
        return await self.ask("POST", "/oidc/token", form=form | ({"client_secret": secret} if secret else {}))


async def tokens_of(stand_in: EncvoyStandIn, person: Person, **more: str) -> dict[str, Any]:
    """The tokens of a fresh login to the main client, in a jar of its own."""
    async with Browser(stand_in) as browser:
        answer = await browser.exchange(await browser.code(person, **more))
        assert answer.status == 200, answer.status
        tokens: dict[str, Any] = answer.json
        return tokens


async def token_of(stand_in: EncvoyStandIn, role: str) -> str:
    """A management token of a seeded person."""
    return str((await tokens_of(stand_in, stand_in.person(role)))["access_token"])


@dataclass
class Wall:
    """A clock that a test moves; starts at a fixed moment."""

    seconds: float = 1_800_000_000.0

    def __call__(self) -> float:
        """Seconds since the epoch."""
        return self.seconds

    def pass_by(self, seconds: float) -> None:
        """Moves the time forward."""
        self.seconds += seconds
