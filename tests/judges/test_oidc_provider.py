"""`oidc-provider` judges the Encvoy ID stand-in: the same is asked of both, and the same must come back.

What is asked is in `oidc/calls.py`, `oidc/authorization.py` and the scenes beside them, what is compared in
`oidc/seen.py`, and what may differ, and why, in `oidc/differences.py`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web

from sandbox.encvoy import EncvoyStandIn, authorize, client_auth, oidc_errors
from sandbox.encvoy.cookies import Cookies
from sandbox.encvoy.oidc_errors import NO_STORE, OidcError
from sandbox.encvoy.tokens import Tokens
from sandbox.faults import Fault
from tests.judges.oidc import codes, sessions, sign_ins, tokens
from tests.judges.oidc.authorization import AUTHORIZATION
from tests.judges.oidc.calls import CALLS
from tests.judges.oidc.differences import DIFFERENCES, listed
from tests.judges.oidc.records import FRESH
from tests.judges.oidc.seen import Facets, differing, facets
from tests.judges.oidc.sides import LibrarySide, Side, StandInSide, library, stand_in
from tests.judges.oidc.visitor import Visitor

pytestmark = [pytest.mark.needs("node"), pytest.mark.asyncio(loop_scope="module")]

Probe = Callable[[Visitor], Awaitable[None]]
PROBES: Mapping[str, Probe] = {
    **CALLS,
    **AUTHORIZATION,
    **sign_ins.SCENES,
    **codes.SCENES,
    **tokens.SCENES,
    **sessions.SCENES,
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sides() -> AsyncIterator[tuple[StandInSide, LibrarySide]]:
    """The judged and the judge, with the same records and people."""
    async with stand_in() as (judged, told), library(told, judged.url) as judge:
        yield judged, judge


async def seen(side: Side, probe: Probe) -> list[Facets]:
    """What one side answers."""
    await side.change("changing", **FRESH)
    async with Visitor(side) as visitor:
        await probe(visitor)
        return [facets(answer, side) for answer in visitor.seen]


async def verdict(sides: tuple[Side, Side], name: str) -> dict[str, tuple[Any, Any]]:
    """The facets in which both differ, by the number of the answer and the name."""
    judged, judge = sides
    return differing(await seen(judged, PROBES[name]), await seen(judge, PROBES[name]))


@pytest.mark.parametrize("name", PROBES)
async def test_the_stand_in_answers_as_the_library_does(sides: tuple[StandInSide, LibrarySide], name: str) -> None:
    found = await verdict(sides, name)
    difference = listed(name)
    if difference is None:
        assert found == {}
        return
    assert set(found) == {f"1 {facet}" for facet in difference.facets}, f"see oidc/differences.py: {difference.why}"
    assert (await seen(sides[0], PROBES[name]))[0]["status"] == difference.statuses[name]


async def test_every_listed_difference_names_a_probe_and_a_fact() -> None:
    assert {name for difference in DIFFERENCES for name in difference.statuses} <= set(PROBES)
    assert all(difference.why.startswith("facts/encvoy-id.md §") for difference in DIFFERENCES)


BAD_SECRET = "PAR, bad secret by Basic"
GOOD_SECRET = "PAR, good secret in the body"
SIGN_IN = "a sign-in of the main client, which is never asked for consent"


def a_wrong_field_name(idp: EncvoyStandIn, patch: pytest.MonkeyPatch) -> None:
    body = OidcError.body

    def renamed(self: OidcError, state: str | None = None) -> dict[str, str]:
        return {"message" if name == "error_description" else name: text for name, text in body(self, state).items()}

    patch.setattr(OidcError, "body", renamed)


def a_missing_header(idp: EncvoyStandIn, patch: pytest.MonkeyPatch) -> None:
    patch.delitem(NO_STORE, "Cache-Control")


def a_missing_challenge(idp: EncvoyStandIn, patch: pytest.MonkeyPatch) -> None:
    def silent(request: web.Request, error: OidcError) -> web.Response:
        error.headers.pop("WWW-Authenticate", None)
        return oidc_errors.respond(request, error)

    patch.setattr("sandbox.encvoy.provider.respond", silent)


def a_wrong_status(idp: EncvoyStandIn, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(
        client_auth, "invalid_client", lambda: OidcError(400, "invalid_client", "client authentication failed")
    )


def a_wrong_error(idp: EncvoyStandIn, patch: pytest.MonkeyPatch) -> None:
    idp.faults.add(Fault("POST", "/oidc/token", status=400, body='{"error": "invalid_request"}'))


def a_wrong_media_type(idp: EncvoyStandIn, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(oidc_errors, "prefers_html", lambda accept: True)


def a_wrong_life(idp: EncvoyStandIn, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(authorize, "PAR_TTL", 90)


def a_wrong_claim(idp: EncvoyStandIn, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Tokens, "claims", lambda *_: {"id": "4"})


def a_cookie_for_every_path(idp: EncvoyStandIn, patch: pytest.MonkeyPatch) -> None:
    write = Cookies.write
    patch.setattr(
        Cookies,
        "write",
        lambda self, response, name, value, path, *more: write(self, response, name, value, "/", *more),
    )


@pytest.mark.parametrize(
    ("fault", "probe", "facet"),
    [
        (a_wrong_field_name, BAD_SECRET, "1 body"),
        (a_missing_header, GOOD_SECRET, "1 Cache-Control"),
        (a_missing_challenge, BAD_SECRET, "1 WWW-Authenticate"),
        (a_wrong_status, BAD_SECRET, "1 status"),
        (a_wrong_error, "token, bogus code", "1 body"),
        (a_wrong_media_type, "userinfo without a token", "1 Content-Type"),
        (a_wrong_life, GOOD_SECRET, "1 body"),
        (a_wrong_claim, SIGN_IN, "4 body"),
        (a_cookie_for_every_path, "authorization", "1 Set-Cookie"),
    ],
)
async def test_a_fault_in_the_stand_in_does_not_pass(
    sides: tuple[StandInSide, LibrarySide],
    monkeypatch: pytest.MonkeyPatch,
    fault: Callable[[EncvoyStandIn, pytest.MonkeyPatch], None],
    probe: str,
    facet: str,
) -> None:
    judged, _ = sides
    assert await verdict(sides, probe) == {}
    fault(judged.idp, monkeypatch)
    try:
        assert facet in await verdict(sides, probe)
    finally:
        judged.idp.faults.clear()
