"""The two servers that are compared: the Encvoy ID stand-in, and `oidc-provider` in a process of Node."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, Protocol

import aiohttp

from sandbox.encvoy import EncvoyStandIn
from tests.judges.oidc import records
from tests.support.needs import JUDGES

SCRIPT = "oidc_provider.mjs"
READY_WITHIN = 30.0
ENDS_WITHIN = 10.0


class Side(Protocol):
    """One of them, with what no client could do from outside."""

    @property
    def url(self) -> str:
        """DOMAIN, without trailing slash."""
        ...

    @property
    def main(self) -> str:
        """Id of the main client."""
        ...

    @property
    def now(self) -> float:
        """Seconds since the epoch, as that server believes."""
        ...

    def password(self, person: str) -> str:
        """The password of a person, by id."""
        ...

    async def pass_by(self, seconds: float) -> None:
        """Time goes on there."""
        ...

    async def change(self, client_id: str, **columns: object) -> None:
        """Changes a record in the database."""
        ...

    async def delete(self, client_id: str) -> None:
        """Deletes one."""
        ...


@dataclass
class Clock:
    """The real time, and what passed by on top of it."""

    ahead: float = 0.0

    def __call__(self) -> float:
        """Seconds since the epoch."""
        return time.time() + self.ahead


@dataclass
class StandInSide:
    """The one that is judged."""

    idp: EncvoyStandIn
    clock: Clock

    @property
    def url(self) -> str:
        """See `Side`."""
        return self.idp.url

    @property
    def main(self) -> str:
        """See `Side`."""
        return self.idp.state.main_id

    @property
    def now(self) -> float:
        """See `Side`."""
        return self.clock()

    def password(self, person: str) -> str:
        """See `Side`."""
        return self.idp.people.by_id[int(person)].password

    async def pass_by(self, seconds: float) -> None:
        """See `Side`."""
        self.clock.ahead += seconds

    async def change(self, client_id: str, **columns: object) -> None:
        """See `Side`."""
        self.idp.state.update_client(self.idp.clients.by_id[client_id], columns)

    async def delete(self, client_id: str) -> None:
        """See `Side`."""
        self.idp.clients.delete(client_id)


@dataclass
class LibrarySide:
    """The one that judges."""

    url: str
    main: str
    clock: Clock = field(default_factory=Clock)

    @property
    def now(self) -> float:
        """See `Side`."""
        return self.clock()

    def password(self, person: str) -> str:
        """None is asked for there."""
        return "none"

    async def pass_by(self, seconds: float) -> None:
        """See `Side`."""
        self.clock.ahead += seconds
        await self._tell(seconds=str(seconds))

    async def change(self, client_id: str, **columns: object) -> None:
        """See `Side`."""
        await self._tell(client_id=client_id, columns=json.dumps(columns))

    async def delete(self, client_id: str) -> None:
        """See `Side`."""
        await self._tell(client_id=client_id, columns="null")

    async def _tell(self, **form: str) -> None:
        async with aiohttp.ClientSession() as http, http.post(f"{self.url}/judge", data=form) as answer:
            answer.raise_for_status()


@contextlib.asynccontextmanager
async def stand_in() -> AsyncIterator[tuple[StandInSide, dict[str, Any]]]:
    """A stand-in with the records of `records`, and what the library is to be told."""
    clock = Clock()
    idp = EncvoyStandIn(clock=clock)
    await idp.start()
    try:
        yield StandInSide(idp, clock), records.seed(idp)
    finally:
        await idp.stop()


@contextlib.asynccontextmanager
async def library(told: dict[str, Any], domain: str) -> AsyncIterator[LibrarySide]:
    """The library with these clients and people, in whose records `domain` is replaced by its own."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec("node", SCRIPT, cwd=JUDGES, stdin=pipe, stdout=pipe)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(json.dumps(told).replace(domain, "{domain}").encode() + b"\n")
        async with asyncio.timeout(READY_WITHIN):
            port = (await process.stdout.readline()).decode().strip()
        if not port:
            raise RuntimeError(f"{SCRIPT} ended before it said its port")
        yield LibrarySide(f"http://127.0.0.1:{port}", told["main"])
    finally:
        process.stdin.close()
        try:
            async with asyncio.timeout(ENDS_WITHIN):
                await process.wait()
        finally:
            if process.returncode is None:
                process.kill()
