"""Who answers at `Site_Url`: asked over a real socket, of ourselves, of others, and of nobody."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import pytest
from aiohttp import web

from bot.connection.reachable import Site
from bot.connection.unknown import Unknown
from bot.errors import Busy
from bot.http import HttpClient
from bot.rocketchat.site import who_answers
from tests.support.served import served


@dataclass
class Own:
    """What the bot knows of its own Rocket.Chat."""

    release: tuple[int, int] = (8, 8)
    id: str = "ours"
    busy: str = ""
    """The route that may not be asked now."""

    async def version(self) -> tuple[int, int]:
        if self.busy == "info":
            raise Busy("Rocket.Chat", "GET /api/info")
        return self.release

    async def public_settings(self, *names: str) -> dict[str, str]:
        if self.busy == "settings":
            raise Busy("Rocket.Chat", "GET /api/v1/settings.public")
        return {"uniqueID": self.id} if self.id else {}


Asks = Callable[..., Awaitable["Site | Unknown"]]


@pytest.fixture
async def asks() -> AsyncIterator[Asks]:
    """Asks a server that answers like this below `path`."""
    http = HttpClient("Rocket.Chat", timeout=5.0)

    async def ask(
        info: object = None, *, identity: object = "ours", own: Own | None = None, path: str = "", status: int = 200
    ) -> Site | Unknown:
        async def answer(request: web.Request) -> web.Response:
            assert "X-Auth-Token" not in request.headers
            assert request.path.startswith(path)
            if request.path.endswith("settings.public"):
                rows = [{"_id": "Other", "value": 1}, {"_id": "uniqueID", "value": identity}] if identity else []
                return web.json_response({"settings": rows, "success": True})
            if info is None:
                return web.Response(text="<h1>Welcome</h1>", content_type="text/html", status=status)
            return web.json_response(info, status=status)

        async with served(answer) as url:
            return await who_answers(url + path, http, own or Own())  # type: ignore[arg-type]

    yield ask
    await http.close()


OURS = {"version": "8.8", "success": True}


@pytest.mark.parametrize("path", ["", "/chat"])
async def test_ours(asks: Asks, path: str) -> None:
    assert await asks(OURS, path=path) is Site.OURS


@pytest.mark.parametrize("info", [{"info": {"version": "8.8.1"}, "success": True}, {**OURS, "more": [1]}])
async def test_ours_in_other_words(asks: Asks, info: object) -> None:
    assert await asks(info) is Site.OURS


async def test_another_workspace_of_the_same_version(asks: Asks) -> None:
    assert await asks(OURS, identity="theirs") is Site.ANOTHER


@pytest.mark.parametrize("version", ["8.7", "8.9", "9.0"])
async def test_ours_while_it_is_being_upgraded_and_two_versions_answer(asks: Asks, version: str) -> None:
    assert await asks({"version": version}) is Site.OURS


WITHOUT_ID = [(None, Own()), ("theirs", Own(id=""))]


@pytest.mark.parametrize(("identity", "own"), WITHOUT_ID)
async def test_where_one_has_no_id_those_of_one_version_are_taken_for_the_same(
    asks: Asks, identity: object, own: Own
) -> None:
    assert await asks(OURS, identity=identity, own=own) is Site.OURS


@pytest.mark.parametrize(("identity", "own"), WITHOUT_ID)
async def test_where_one_has_no_id_another_version_is_another(asks: Asks, identity: object, own: Own) -> None:
    assert await asks({"version": "8.7"}, identity=identity, own=own) is Site.ANOTHER


@pytest.mark.parametrize("status", [200, 404, 405])
@pytest.mark.parametrize("info", [None, {"version": 8}, {"hello": "world"}, [1]])
async def test_something_else(asks: Asks, info: object, status: int) -> None:
    assert await asks(info, status=status) is Site.STRANGER


@pytest.mark.parametrize("status", [301, 401, 403, 429, 500, 502])
async def test_what_says_nothing_is_not_taken_for_something_else(asks: Asks, status: int) -> None:
    found = await asks(status=status)
    assert isinstance(found, Unknown)
    assert str(status) in found.reason


async def test_nobody(asks: Asks) -> None:
    http = HttpClient("Rocket.Chat", timeout=5.0)
    found = await who_answers("http://127.0.0.1:9", http, Own())  # type: ignore[arg-type]
    await http.close()
    assert isinstance(found, Unknown)
    assert "From here it cannot be reached" in found.reason


async def test_no_address(asks: Asks) -> None:
    http = HttpClient("Rocket.Chat")
    assert isinstance(await who_answers("chat.example.org", http, Own()), Unknown)  # type: ignore[arg-type]
    await http.close()


@pytest.mark.parametrize(("identity", "busy"), [("ours", "settings"), (None, "info")])
async def test_where_ours_may_not_be_asked_now_nothing_is_claimed(asks: Asks, identity: object, busy: str) -> None:
    assert isinstance(await asks(OURS, identity=identity, own=Own(busy=busy)), Unknown)
