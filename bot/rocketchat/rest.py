"""Rocket.Chat's REST for asyncio: rocketchat-API in a few worker threads, each with a session of its own.

    await rest.call(lambda api: api.users_info(user_id=quote(uid)))     where the library has the method
    await rest.get("settings.oauth")                                   where it lacks the route
    await rest.post("settings.addCustomOAuth", {"name": "Encvoyid"})

A call takes at most 8 s in all, with a second factor and the repetition below. A rate limit that ends soon is waited
for once: a 429 has had no effect, so this is safe for a POST too. Nothing else that writes is ever repeated here.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any
from urllib.parse import quote

from rocketchat_API.rocketchat import RocketChat

from bot.bounds import Intake
from bot.clock import Clock, steady
from bot.errors import Busy, NoAnswer, RemoteError, Unreachable
from bot.http import BeforeWrite, at_once
from bot.rocketchat.cancellation import CancellableCall
from bot.rocketchat.messages import iso
from bot.rocketchat.remedies import REFUSED
from bot.rocketchat.responses import SYSTEM, interpret_method
from bot.rocketchat.session import CONNECT_TIMEOUT, LONGEST_INSTANCE, READ_TIMEOUT, LeashedSession
from bot.secret import Secret
from bot.tls import client_context

LIMIT = 8.0
"""Seconds for one call in all."""
PATIENCE = 5.0
"""A rate limit is waited for only if it ends within so many seconds of a call: three are left for the answer."""
WORKERS = 10
"""Calls at once: as many as the doctor has to make before it knows what else to ask."""
INSTANCE_SECONDS = 600.0
"""For how long an instance that answered counts as one of those that may answer."""
MOST_INSTANCES = 64

QueryValue = str | bool | int | datetime
"""A query value: booleans go out as `true`, moments as ISO with `Z`, everything percent-encoded."""
ClientCall = Callable[[Any], Any]
"""Calls one method of rocketchat-API's client and returns what it returns."""


class Rest:
    """Errors: `bot.errors.RemoteError`, without any piece of an address's query, of a header or of a body."""

    def __init__(
        self,
        url: str,
        user_id: str,
        token: Secret,
        *,
        clock: Clock,
        password: Secret | None = None,
        tls: ssl.SSLContext | None = None,
        limit: float = LIMIT,
        before_write: BeforeWrite = at_once,
    ) -> None:
        """`url` without trailing slash. `tls` where more than the system's authorities is trusted. `before_write` comes
        before each POST."""
        self.url = url.rstrip("/")
        self.user_id = user_id
        self._token = token
        self._password = password
        self._tls = tls or client_context()
        self._clock = clock
        self._limit = limit
        self._before_write = before_write
        self._threads = ThreadPoolExecutor(WORKERS, thread_name_prefix="rocketchat")
        self._local = threading.local()
        self._sessions: list[LeashedSession] = []
        self._instances: dict[str, float] = {}

    async def call(self, use: ClientCall, *, patient: bool = True, intake: Intake | None = None) -> dict[str, Any]:
        """The answer to one GET by a method of rocketchat-API. `patient`: waits out a rate limit that ends soon.
        `intake`: what it is a piece of."""
        return (await self._noting(use, patient=patient, intake=intake))[0]

    async def write(self, use: ClientCall) -> tuple[dict[str, Any], str]:
        """The answer to one POST by a method of rocketchat-API, and which instance of Rocket.Chat answered; empty if it
        does not say."""
        await self._before_write(self._limit)
        return await self._noting(use, writes=True)

    async def _noting(
        self, use: ClientCall, *, patient: bool = True, intake: Intake | None = None, writes: bool = False
    ) -> tuple[dict[str, Any], str]:
        started = self._clock.monotonic()
        try:
            return await self._once(use, self._limit, intake, writes)
        except Busy as busy:
            wait = busy.retry_after
            if not patient or self._clock.monotonic() - started + wait > PATIENCE:
                raise
        await self._clock.sleep(wait)
        return await self._once(use, self._limit - (self._clock.monotonic() - started), intake, writes)

    def instances(self) -> frozenset[str]:
        """Those that answered within the last minutes (facts/rocketchat.md §2.4)."""
        now = self._clock.monotonic()
        return frozenset(name for name, at in self._instances.items() if now - at <= INSTANCE_SECONDS)

    async def meet_instances(self) -> None:
        """If there is more than one instance, sends a request over every connection: a load balancer may bind each of
        them to one instance, and unknown instances would not be written to. Failures are ignored."""
        if len(self.instances()) > 1:
            asked = (self.call(lambda api: api.me(), patient=False) for _ in range(WORKERS))
            await asyncio.gather(*asked, return_exceptions=True)

    def credentials(self) -> dict[str, str]:
        """The headers of a request that is not made here (facts/rocketchat.md §1.1)."""
        return {"X-User-Id": self.user_id, "X-Auth-Token": self._token.reveal(), "Accept": "application/json"}

    async def get(self, route: str, **query: QueryValue) -> dict[str, Any]:
        """`GET /api/v1/<route>`."""
        return await self.call(_getting(route, query))

    async def get_open(self, route: str, **query: QueryValue) -> dict[str, Any]:
        """The same for a route that needs no login: its calls are counted (`bot.rocketchat.rate_budget`), and none is
        made twice."""
        return await self.call(_getting(route, query), patient=False)

    async def post(self, route: str, body: Mapping[str, object]) -> dict[str, Any]:
        """`POST /api/v1/<route>` with a JSON body."""
        return (await self.write(lambda api: api.call_api_post(route, body=dict(body))))[0]

    async def method(self, name: str, *params: object) -> Any:
        """A method of the realtime side by `method.call` (facts/rocketchat.md §1.7); in its address a slash of the name
        is a colon (§2.3)."""
        message = json.dumps({"msg": "method", "id": "1", "method": name, "params": params})
        route = f"method.call/{name.replace('/', ':')}"
        return interpret_method(await self.post(route, {"message": message}), f"POST /api/v1/{route}")

    def close(self) -> None:
        """Ends the threads; running calls are cancelled by their callers."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        for session in self._sessions:
            session.close()

    async def _once(
        self, use: ClientCall, limit: float, intake: Intake | None, writes: bool
    ) -> tuple[dict[str, Any], str]:
        call = CancellableCall(intake, until=steady() + limit, writes=writes)
        future = asyncio.get_running_loop().run_in_executor(self._threads, self._work, call, use)
        try:
            done, _ = await asyncio.wait({future}, timeout=limit)
        except asyncio.CancelledError:
            _abandon(future, call)
            raise
        if done:
            answer = future.result()
            self.saw(call.instance)
            return answer, call.instance
        _abandon(future, call)
        raise (NoAnswer if call.sent else Unreachable)(SYSTEM, call.route or "no worker was free", fix=REFUSED)

    def saw(self, instance: str) -> None:
        """Notes the instance that answered. Bounded, so that made-up names cannot fill the memory."""
        instance = instance[:LONGEST_INSTANCE]
        if instance and (instance in self._instances or len(self._instances) < MOST_INSTANCES):
            self._instances[instance] = self._clock.monotonic()

    def _work(self, call: CancellableCall, use: ClientCall) -> dict[str, Any]:
        """In a worker thread."""
        api = self._api()
        api.session.line.begin(call)
        try:
            answer: dict[str, Any] = use(api)
            return answer
        except RemoteError as error:
            # Its traceback would keep the library's frames, with headers and body, for a log of local variables.
            raise error.with_traceback(None) from None
        finally:
            api.session.line.end()

    def _api(self) -> Any:
        """This thread's own client."""
        if not hasattr(self._local, "api"):
            session = LeashedSession(self.url, self._password, self._tls)
            self._sessions.append(session)
            self._local.api = RocketChat(
                user_id=self.user_id,
                auth_token=self._token.reveal(),
                server_url=self.url,
                timeout=(CONNECT_TIMEOUT, READ_TIMEOUT),
                session=session,
            )
        return self._local.api


class Walk:
    """One list, page by page. BadAnswer where its pages are too much together, however little each of them is."""

    def __init__(self, rest: Rest) -> None:
        self._rest = rest
        self._intake = Intake("The pages of this list")

    async def get(self, route: str, **query: QueryValue) -> dict[str, Any]:
        """`GET /api/v1/<route>`: the next page."""
        return await self._rest.call(_getting(route, query), intake=self._intake)


def _getting(route: str, query: Mapping[str, QueryValue]) -> ClientCall:
    encoded = {name: encoded_query(value) for name, value in query.items()}
    return lambda api: api.call_api_get(route, **encoded)


def encoded_query(value: QueryValue) -> str:
    """A value as it stands in an address; the library concatenates without encoding (facts/rocketchat.md §14)."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return quote(iso(value) if isinstance(value, datetime) else str(value), safe="")


def _abandon(future: asyncio.Future[dict[str, Any]], call: CancellableCall) -> None:
    """Drops a queued call, or cuts the connection of a running one."""
    future.cancel()
    call.cut()
