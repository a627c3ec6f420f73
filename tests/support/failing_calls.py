"""How one remote call fails, in each way: for the fault matrix."""

from __future__ import annotations

import contextlib
import re
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import aiohttp
import pytest
import requests
from aiohttp import web

from sandbox.faults import Fault, FaultEffect, When
from sandbox.rocketchat.ddp.sockets import Publication
from tests.support.crash_matrix import is_call_of
from tests.support.crashes import WRITING
from tests.support.world import World

MARK = "X-Second-Time"
HTML = "<html><body><h1>502 Bad Gateway</h1></body></html>"
CUT = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n{"success": tr'


@dataclass(frozen=True, order=True)
class Call:
    """One kind of remote call of a command."""

    system: str
    """`rocketchat` or `encvoy`."""
    method: str
    path: str
    """Without ids."""

    def __str__(self) -> str:
        return f"{self.method} {self.path} of {self.system}"

    @property
    def writes(self) -> bool:
        """Whether it may change something."""
        return self.method in WRITING


@dataclass(frozen=True)
class Case:
    """One call that fails in one way, so many times."""

    command: str
    call: Call
    failure: str
    times: int

    def __str__(self) -> str:
        return f"{self.command}: {self.call}, {self.failure}, {self.times} times"


def _fault(status: int, body: str = "{}", **values: Any) -> partial[Fault]:
    return partial(Fault, status=status, body=body, **values)


def _cut(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.write(CUT)


FAULTS: dict[str, partial[Fault]] = {
    "time-out without effect": partial(Fault, effect=FaultEffect.HANG),
    "time-out with effect": partial(Fault, effect=FaultEffect.HANG, when=When.AFTER),
    "401": _fault(401),
    "403": _fault(403),
    "429 with the header": _fault(429, headers={"Retry-After": "1"}),
    "429 without the header": _fault(429),
    "500": _fault(500),
    "502 in HTML": _fault(502, HTML, content_type="text/html"),
    "cut off": partial(Fault, effect=FaultEffect.DROP, when=When.AFTER, call=_cut),
    "JSON of the wrong shape": _fault(200, '{"odd": [1]}', when=When.AFTER),
}
"""What a stand-in's fault can do."""
UNSENT = ("refused connection", "TLS failure")
OWN = ("carried out twice", "stale read", "silent publication")
FAILURES = (*UNSENT, *FAULTS, *OWN)


def shape(path: str) -> str:
    """Without the ids in it."""
    path = re.sub(r"Accounts_OAuth_Custom-Encvoyid", "SERVICE", path)
    return re.sub(r"/(?=[^/]*\d)(?!v1/)[A-Za-z0-9_-]{12,}(?=/|$)", "/:id", path)


def applies(call: Call, failure: str) -> bool:
    """Whether a call can fail in this way."""
    if failure == "carried out twice":
        return call.writes
    if failure == "stale read":
        return call.method == "GET" and call.path.startswith(("/api/v1/settings", "/api/v1/clients"))
    if failure == "silent publication":
        return call.writes and call.system == "rocketchat" and call.path.startswith("/api/v1/settings")
    return True


@contextlib.contextmanager
def injected(world: World, case: Case) -> Iterator[None]:
    """The call of this case fails, until the faults of both stand-ins are cleared."""
    with pytest.MonkeyPatch.context() as patch:
        if case.failure in UNSENT:
            _unsent(world, case, patch)
        elif case.failure == "silent publication":
            world.rocketchat.sockets.login_services = Publication.SILENT
            world.rocketchat.sockets.cut()
        elif case.failure == "stale read":
            _stale(world, case)
        elif case.failure == "carried out twice":
            _add(world, case, Fault(effect=FaultEffect.PASS, when=When.AFTER, call=partial(_again, world, case.call)))
        else:
            _add(world, case, FAULTS[case.failure]())
        yield


def _standin(world: World, call: Call) -> Any:
    return world.rocketchat if call.system == "rocketchat" else world.encvoy


def _is(world: World, call: Call) -> Callable[[web.Request, Any], bool]:
    ours = is_call_of(world)

    def matches(request: web.Request, body: Any) -> bool:
        if MARK in request.headers or request.method != call.method or shape(request.path) != call.path:
            return False
        return call.system == "encvoy" or ours(request, body)

    return matches


def _add(world: World, case: Case, fault: Fault) -> None:
    fault.times, fault.matches = case.times, _is(world, case.call)
    _standin(world, case.call).faults.add(fault)


async def _again(world: World, call: Call, request: web.Request) -> None:
    await _fetch(_standin(world, call).url + request.path_qs, request, request.method, await request.read())


async def _fetch(url: str, like: web.Request, method: str = "GET", body: bytes = b"") -> str:
    kept = ("Authorization", "X-User-Id", "X-Auth-Token", "Cookie", *(("Content-Type",) if body else ()))
    headers = {name: like.headers[name] for name in kept if name in like.headers} | {MARK: "1"}
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, url, headers=headers, data=body or None, allow_redirects=False) as answer,
    ):
        return await answer.text()


def _stale(world: World, case: Case) -> None:
    """The first answer after a write is what was answered just before it."""
    standin, is_it = _standin(world, case.call), _is(world, case.call)
    seen: dict[str, str] = {}
    addresses: dict[str, web.Request] = {}
    stale = Fault(effect=FaultEffect.ANSWER, status=200, times=case.times)

    async def note(_: web.Request) -> None:
        for address, request in addresses.items():
            seen[address] = await _fetch(standin.url + address, request)

    def is_write(request: web.Request, _: Any) -> bool:
        return MARK not in request.headers and request.method in WRITING and request.path.startswith("/api/v1/")

    def is_read(request: web.Request, body: Any) -> bool:
        if not is_it(request, body):
            return False
        addresses.setdefault(request.path_qs, request)
        if request.path_qs not in seen:
            return False
        stale.body = seen[request.path_qs]
        return True

    stale.matches = is_read
    standin.faults.add(Fault(effect=FaultEffect.PASS, matches=is_write, call=note))
    standin.faults.add(stale)


def _unsent(world: World, case: Case, patch: pytest.MonkeyPatch) -> None:
    """Nothing leaves the bot: no connection, or none that can be trusted."""
    base, left = _standin(world, case.call).url, case.times
    plain, blocking = aiohttp.ClientSession._request, requests.Session.request
    tls = case.failure == "TLS failure"

    def hit(method: str, url: str) -> bool:
        nonlocal left
        path = url.removeprefix(base).partition("?")[0]
        found = (
            url.startswith(base) and method.upper() == case.call.method and shape(path) == case.call.path and left > 0
        )
        left -= found
        return found

    async def request(self: aiohttp.ClientSession, method: str, url: Any, **kwargs: Any) -> Any:
        if "X-User-Id" not in self.headers and hit(method, str(url)):
            raise _refusal(str(url), tls)
        return await plain(self, method, url, **kwargs)

    def request_blocking(self: requests.Session, method: Any, url: Any, *args: Any, **kwargs: Any) -> Any:
        if hit(str(method), str(url)):
            if tls:
                raise requests.exceptions.SSLError(_untrusted())
            raise requests.exceptions.ConnectionError(ConnectionRefusedError(111, "refused"))
        return blocking(self, method, url, *args, **kwargs)

    patch.setattr(aiohttp.ClientSession, "_request", request)
    patch.setattr(requests.Session, "request", request_blocking)


def _untrusted() -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_code = 20
    return error


def _refusal(url: str, tls: bool) -> aiohttp.ClientError:
    key: Any = aiohttp.client_reqrep.ConnectionKey("127.0.0.1", 1, tls, True, None, None, None)
    if tls:
        return aiohttp.ClientConnectorCertificateError(key, _untrusted())
    return aiohttp.ClientConnectorError(key, ConnectionRefusedError(111, "refused"))
