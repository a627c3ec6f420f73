"""The session and its threads against small servers on loopback that misbehave in one way each."""

from __future__ import annotations

import asyncio
import gc
import hashlib
import json
import threading
import time
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

import pytest
from aiohttp import web

from bot.clock import SystemClock
from bot.errors import (
    BadAnswer,
    Busy,
    Forbidden,
    NoAnswer,
    Redirected,
    RemoteError,
    RouteAbsent,
    SecondFactorNeeded,
    Unreachable,
)
from bot.rocketchat.rest import WORKERS, Rest, encoded_query
from bot.secret import Secret, new_secret
from tests.support.served import Handler, served

TOKEN = new_secret()
PASSWORD = new_secret()
BODY_SECRET = new_secret()
QUERY_SECRET = new_secret()


@asynccontextmanager
async def asking(
    handler: Handler, *, path: str = "", limit: float = 8.0, password: Secret | None = None
) -> AsyncIterator[Rest]:
    """A client of a server whose every route is `handler`."""
    async with served(handler) as url:
        rest = client(f"{url}{path}", limit=limit, password=password)
        try:
            yield rest
        finally:
            rest.close()


@asynccontextmanager
async def asking_raw(
    talk: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]], **more: Any
) -> AsyncIterator[Rest]:
    """A client of a server that speaks in bytes."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await talk(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    rest = client(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", **more)
    try:
        yield rest
    finally:
        rest.close()
        server.close()


def client(url: str, *, limit: float = 8.0, password: Secret | None = None) -> Rest:
    return Rest(url, "bot-id", TOKEN, clock=SystemClock(), password=password, limit=limit)


async def head_of(reader: asyncio.StreamReader) -> bytes:
    return await reader.readuntil(b"\r\n\r\n")


def whole_chain(error: BaseException) -> str:
    """Everything that a log could show of an error."""
    text = "".join(traceback.format_exception(error)) + repr(error) + str(vars(error))
    for cause in (error.__cause__, error.__context__):
        if cause is not None:
            text += whole_chain(cause)
    return text


class TestWhatIsAsked:
    async def test_a_get_with_its_headers_and_its_query(self) -> None:
        asked: list[web.Request] = []

        async def handler(request: web.Request) -> web.Response:
            asked.append(request)
            return web.json_response({"success": True})

        async with asking(handler) as rest:
            await rest.get(
                "rooms.info",
                roomName="a b&c=d#é+",
                flag=True,
                count=0,
                oldest=datetime(2026, 11, 24, 10, tzinfo=UTC),
            )
        assert dict(asked[0].query) == {
            "roomName": "a b&c=d#é+",
            "flag": "true",
            "count": "0",
            "oldest": "2026-11-24T10:00:00.000Z",
        }
        assert asked[0].path == "/api/v1/rooms.info"
        assert asked[0].headers["X-Auth-Token"] == TOKEN.reveal()
        assert asked[0].headers["X-User-Id"] == "bot-id"
        assert "x-2fa-code" not in asked[0].headers
        assert "Authorization" not in asked[0].headers

    async def test_the_credentials_go_along_where_none_are_needed(self) -> None:
        """Newer servers let a bot pass their limit there too, if they know who it is (facts/rocketchat.md §1.6)."""
        asked: list[web.Request] = []

        async def handler(request: web.Request) -> web.Response:
            asked.append(request)
            return web.json_response({"success": True})

        async with asking(handler) as rest:
            await rest.get_open("settings.oauth")
            await rest.call(lambda api: api.info())
        for request in asked:
            assert (request.headers["X-Auth-Token"], request.headers["X-User-Id"]) == (TOKEN.reveal(), "bot-id")
        assert [request.path for request in asked] == ["/api/v1/settings.oauth", "/api/info"]

    async def test_a_post_is_json(self) -> None:
        async def handler(request: web.Request) -> web.Response:
            assert request.content_type == "application/json"
            return web.json_response({"path": request.path, "body": await request.json()})

        async with asking(handler, path="/sub") as rest:
            answer = await rest.post("settings/X", {"value": True})
        assert answer == {"path": "/sub/api/v1/settings/X", "body": {"value": True}}

    async def test_a_method(self) -> None:
        async def handler(request: web.Request) -> web.Response:
            message = json.loads((await request.json())["message"])
            result = {"msg": "result", "id": message["id"], "result": [message["method"], message["params"]]}
            return web.json_response({"success": True, "message": json.dumps(result)})

        async with asking(handler) as rest:
            assert await rest.method("removeOAuthService", "Encvoyid") == ["removeOAuthService", ["Encvoyid"]]

    async def test_a_netrc_password_is_not_sent(self, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        netrc = tmp_path / "netrc"
        netrc.write_text("machine 127.0.0.1 login somebody password something\n")
        monkeypatch.setenv("NETRC", str(netrc))

        async def handler(request: web.Request) -> web.Response:
            return web.json_response({"headers": list(request.headers)})

        async with asking(handler) as rest:
            assert "Authorization" not in (await rest.get("me"))["headers"]

    @pytest.mark.parametrize(("value", "encoded"), [(False, "false"), ("a/b", "a%2Fb"), (7, "7"), ("é", "%C3%A9")])
    def test_query_values(self, value: str | bool | int, encoded: str) -> None:
        assert encoded_query(value) == encoded


class TestProxy:
    async def test_the_environments_proxy_is_asked(self, monkeypatch: pytest.MonkeyPatch) -> None:
        lines: list[bytes] = []

        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            lines.append(await head_of(reader))
            writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{"ok":true}')
            await writer.drain()

        proxy = await asyncio.start_server(talk, "127.0.0.1", 0)
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy.sockets[0].getsockname()[1]}")
        rest = client("http://chat.invalid")
        assert await rest.get("me") == {"ok": True}
        rest.close()
        proxy.close()
        assert lines[0].startswith(b"GET http://chat.invalid/api/v1/me")

    async def test_a_proxy_that_hangs_is_cut(self, monkeypatch: pytest.MonkeyPatch) -> None:
        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read()

        proxy = await asyncio.start_server(talk, "127.0.0.1", 0)
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy.sockets[0].getsockname()[1]}")
        rest = client("http://chat.invalid", limit=0.2)
        started = time.monotonic()
        with pytest.raises(NoAnswer):
            await rest.get("me")
        await asyncio.get_running_loop().run_in_executor(None, rest._threads.shutdown)
        rest.close()
        proxy.close()
        assert time.monotonic() - started < 5


class TestSecondFactor:
    def needing(self, method: str, good: str, seen: list[Mapping[str, str]]) -> Handler:
        async def handler(request: web.Request) -> web.Response:
            seen.append(request.headers)
            if request.headers.get("x-2fa-code") == good and request.headers.get("x-2fa-method") == method:
                return web.json_response({"success": True})
            code = "totp-invalid" if "x-2fa-code" in request.headers else "totp-required"
            details = {"method": method, "codeGenerated": False, "availableMethods": []}
            body = {"success": False, "error": f"TOTP [{code}]", "errorType": code, "details": details}
            return web.json_response(body, status=400)

        return handler

    async def test_the_password_for_one_call_only(self) -> None:
        seen: list[Mapping[str, str]] = []
        good = hashlib.sha256(PASSWORD.reveal().encode()).hexdigest()
        async with asking(self.needing("password", good, seen), password=PASSWORD) as rest:
            await rest.post("settings", {"settings": []})
            await rest.post("settings", {"settings": []})
        assert ["x-2fa-code" in headers for headers in seen] == [False, True, False, True]

    async def test_a_wrong_password_is_tried_once(self) -> None:
        seen: list[Mapping[str, str]] = []
        async with asking(self.needing("password", "other", seen), password=PASSWORD) as rest:
            with pytest.raises(SecondFactorNeeded, match="to the password of the bot's account") as caught:
                await rest.post("settings", {})
        assert len(seen) == 2
        assert PASSWORD.reveal() not in whole_chain(caught.value)
        assert hashlib.sha256(PASSWORD.reveal().encode()).hexdigest() not in whole_chain(caught.value)

    @pytest.mark.parametrize(("method", "password"), [("totp", PASSWORD), ("email", PASSWORD), ("password", None)])
    async def test_what_a_bot_cannot_give(self, method: str, password: Secret | None) -> None:
        seen: list[Mapping[str, str]] = []
        async with asking(self.needing(method, "x", seen), password=password) as rest:
            with pytest.raises(SecondFactorNeeded, match="SSOBOT_ROCKETCHAT_PASSWORD"):
                await rest.post("settings", {})
        assert len(seen) == 1


class TestBadAnswers:
    async def refused(self, response: Callable[[], web.Response]) -> RemoteError:
        async def handler(request: web.Request) -> web.Response:
            return response()

        async with asking(handler) as rest:
            with pytest.raises(RemoteError) as caught:
                await rest.get("me", token=QUERY_SECRET.reveal())
        return caught.value

    async def test_html_with_200(self) -> None:
        error = await self.refused(lambda: web.Response(text="<html></html>", content_type="text/html"))
        assert isinstance(error, BadAnswer)
        assert error.route == "GET /api/v1/me"

    async def test_absent(self) -> None:
        assert isinstance(await self.refused(lambda: web.Response(status=404)), RouteAbsent)

    async def test_a_redirect_is_not_followed(self) -> None:
        asked: list[str] = []

        async def handler(request: web.Request) -> web.Response:
            asked.append(request.path)
            return web.Response(status=302, headers={"Location": "/elsewhere?x=y"})

        async with asking(handler) as rest:
            with pytest.raises(Redirected, match="SSOBOT_ROCKETCHAT_URL"):
                await rest.get("me")
        assert asked == ["/api/v1/me"]

    async def test_the_body_of_an_error_stays_behind(self) -> None:
        body = {"success": False, "error": BODY_SECRET.reveal(), "errorType": BODY_SECRET.reveal()}
        error = await self.refused(lambda: web.json_response(body, status=403))
        assert isinstance(error, Forbidden)
        assert BODY_SECRET.reveal() not in whole_chain(error)
        assert QUERY_SECRET.reveal() not in whole_chain(error)
        assert TOKEN.reveal() not in whole_chain(error)

    async def test_no_frame_of_the_traceback_is_one_that_held_headers_or_body(self) -> None:
        """A log with local variables must be as harmless as one without."""

        async def handler(request: web.Request) -> web.Response:
            return web.json_response({"success": False}, status=400)

        async with asking(handler) as rest:
            with pytest.raises(RemoteError) as caught:
                await rest.post("settings", {"secret": BODY_SECRET.reveal()})
        files = [entry.tb_frame.f_code.co_filename for entry in _entries(caught.value)]
        assert not [file for file in files if "rocketchat_API" in file or file.endswith("/session.py")]


def _entries(error: BaseException) -> Iterator[TracebackType]:
    entry = error.__traceback__
    while entry is not None:
        yield entry
        entry = entry.tb_next


class TestRateLimit:
    def limiting(self, seconds: float, times: int, asked: list[float]) -> Handler:
        async def handler(request: web.Request) -> web.Response:
            asked.append(time.monotonic())
            if len(asked) > times:
                return web.json_response({"success": True})
            reset = str(int((time.time() + seconds) * 1000))
            headers = {"X-RateLimit-Reset": reset, "Date": ""}
            return web.json_response({"success": False, "error": "x"}, status=429, headers=headers)

        return handler

    async def test_a_short_wait_is_waited(self) -> None:
        asked: list[float] = []
        async with asking(self.limiting(0.2, 1, asked)) as rest:
            await rest.post("chat.sendMessage", {})
        assert asked[1] - asked[0] >= 0.09

    async def test_once(self) -> None:
        asked: list[float] = []
        async with asking(self.limiting(0.1, 5, asked)) as rest:
            with pytest.raises(Busy):
                await rest.post("chat.sendMessage", {})
        assert len(asked) == 2

    async def test_a_long_wait_is_not(self) -> None:
        asked: list[float] = []
        async with asking(self.limiting(30, 1, asked)) as rest:
            with pytest.raises(Busy) as caught:
                await rest.post("chat.sendMessage", {})
        assert 29 < caught.value.retry_after <= 31
        assert len(asked) == 1

    async def test_not_where_calls_are_counted(self) -> None:
        asked: list[float] = []
        async with asking(self.limiting(0.1, 1, asked)) as rest:
            with pytest.raises(Busy):
                await rest.get_open("settings.oauth")
        assert len(asked) == 1


class TestSilence:
    async def test_nobody_listens(self) -> None:
        server = await asyncio.start_server(lambda r, w: None, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        server.close()
        await server.wait_closed()
        rest = client(f"http://127.0.0.1:{port}")
        with pytest.raises(Unreachable, match="SSOBOT_ROCKETCHAT_URL") as caught:
            await rest.get("me", token=QUERY_SECRET.reveal())
        rest.close()
        assert not caught.value.effect_unknown
        assert QUERY_SECRET.reveal() not in whole_chain(caught.value)

    async def test_a_name_that_does_not_exist(self) -> None:
        rest = client("http://nobody.invalid")
        with pytest.raises(Unreachable):
            await rest.get("me")
        rest.close()

    async def test_a_hang_is_no_answer(self) -> None:
        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read()

        async with asking_raw(talk, limit=0.3) as rest:
            with pytest.raises(NoAnswer) as caught:
                await rest.post("settings", {"secret": BODY_SECRET.reveal()})
        assert caught.value.route == "POST /api/v1/settings"
        assert BODY_SECRET.reveal() not in whole_chain(caught.value)

    @pytest.mark.parametrize(
        "start",
        [
            b"HTTP/1.1 200 OK\r\nX-Drip: ",
            b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        ],
        ids=["header", "body", "body to the end", "chunks"],
    )
    async def test_a_dripping_answer_is_cut_and_its_thread_is_free_again(self, start: bytes) -> None:
        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await head_of(reader)
            writer.write(start)
            while not reader.at_eof():
                writer.write(b"1")
                await writer.drain()
                await asyncio.wait({asyncio.ensure_future(reader.read(1))}, timeout=0.02)

        async with asking_raw(talk, limit=0.3) as rest:
            started = time.monotonic()
            with pytest.raises(NoAnswer):
                await rest.get("me")
            assert 0.25 < time.monotonic() - started < 5
            rest.close()
            await asyncio.get_running_loop().run_in_executor(None, rest._threads.shutdown)
            assert time.monotonic() - started < 5

    async def test_a_cancelled_call_frees_its_thread(self) -> None:
        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read()

        async with asking_raw(talk) as rest:
            task = asyncio.create_task(rest.get("me"))
            await asyncio.sleep(0.1)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            started = time.monotonic()
            await asyncio.get_running_loop().run_in_executor(None, rest._threads.shutdown)
            assert time.monotonic() - started < 5

    async def test_a_call_that_found_no_worker_was_not_sent(self) -> None:
        async def handler(request: web.Request) -> web.Response:
            return web.json_response({"success": True})

        free = threading.Event()
        async with asking(handler, limit=0.2) as rest:
            for _ in range(WORKERS):
                rest._threads.submit(free.wait)
            with pytest.raises(Unreachable):
                await rest.post("settings", {})
            free.set()


class TestClosedConnections:
    def closing(self, asked: list[bytes], *, answers: int) -> Callable[..., Awaitable[None]]:
        """Closes the connection, once asked again, after so many good answers on it; then starts anew."""

        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            for _ in range(answers):
                asked.append(await head_of(reader))
                writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{"ok":true}')
            asked.append(await head_of(reader))

        return talk

    async def test_reading_is_repeated_on_a_fresh_connection(self) -> None:
        asked: list[bytes] = []
        async with asking_raw(self.closing(asked, answers=1)) as rest:
            rest._threads._max_workers = 1
            await rest.get("me")
            assert await rest.get("me") == {"ok": True}
        assert len(asked) == 3

    async def test_writing_is_not(self) -> None:
        asked: list[bytes] = []
        async with asking_raw(self.closing(asked, answers=1)) as rest:
            rest._threads._max_workers = 1
            await rest.get("me")
            with pytest.raises(NoAnswer):
                await rest.post("settings", {})
        assert len(asked) == 2

    async def test_a_connection_that_idled_is_not_used_again(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("bot.rocketchat.session.IDLE_LIMIT", 0.05)
        asked: list[bytes] = []
        async with asking_raw(self.closing(asked, answers=1)) as rest:
            rest._threads._max_workers = 1
            await rest.get("me")
            await asyncio.sleep(0.1)
            assert await rest.post("settings", {}) == {"ok": True}
        assert len(asked) == 2

    async def test_reading_is_not_repeated_where_the_connection_was_fresh(self) -> None:
        asked: list[bytes] = []
        async with asking_raw(self.closing(asked, answers=0)) as rest:
            with pytest.raises(NoAnswer):
                await rest.get("me")
        assert len(asked) == 1

    async def test_half_an_answer_is_no_answer(self) -> None:
        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await head_of(reader)
            writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"ok"')
            await writer.drain()

        async with asking_raw(talk) as rest:
            with pytest.raises(NoAnswer):
                await rest.get("me")

    async def test_a_last_answer_ends_the_connection_on_our_side_too(self) -> None:
        ended = asyncio.Event()

        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await head_of(reader)
            writer.write(b'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 11\r\n\r\n{"ok":true}')
            await reader.read()
            ended.set()

        async with asking_raw(talk) as rest:
            await rest.get("me")
            await asyncio.wait_for(ended.wait(), 10)

    async def test_closing_leaves_no_socket_behind(self) -> None:
        ended = asyncio.Event()

        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await head_of(reader)
            writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{"ok":true}')
            await reader.read()
            ended.set()

        async with asking_raw(talk) as rest:
            await rest.get("me")
            rest.close()
            gc.collect()
            await asyncio.wait_for(ended.wait(), 10)
