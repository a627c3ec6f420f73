"""Errors of the OpenID provider, and the two shapes in which `oidc-provider` 8.8 answers them.

Source: facts/encvoy-id.md §9 "Error shapes at OIDC endpoints".
"""

from __future__ import annotations

import html
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field

from aiohttp import web

from sandbox.encvoy.pages import render

NO_STORE = {"Cache-Control": "no-store"}


@dataclass
class OidcError(Exception):
    """`error` and `error_description` of OAuth 2.0, with the HTTP status."""

    status: int
    error: str
    description: str | None = None
    may_redirect: bool = True
    """Whether an authorization request that fails with it goes back to its redirect_uri."""
    headers: dict[str, str] = field(default_factory=dict)
    scope: str | None = None
    """The scope that is missing or not allowed."""

    def __post_init__(self) -> None:
        super().__init__(self.error, self.description)

    def body(self, state: str | None = None) -> dict[str, str]:
        """The members of the answer, in the order of the real one."""
        members = {"error": self.error, "error_description": self.description, "scope": self.scope, "state": state}
        return {name: value for name, value in members.items() if value is not None}


def invalid_request(description: str, status: int = 400) -> OidcError:
    """The request cannot be understood."""
    return OidcError(status, "invalid_request", description)


def invalid_client() -> OidcError:
    """The client could not be authenticated: unknown id, wrong secret and wrong method look the same."""
    return OidcError(401, "invalid_client", "client authentication failed")


def invalid_grant() -> OidcError:
    """The code or refresh token is invalid, for any reason."""
    return OidcError(400, "invalid_grant", "grant request is invalid")


def invalid_redirect_uri() -> OidcError:
    """The redirect_uri is not registered; such a request is never redirected."""
    text = "redirect_uri did not match any of the client's registered redirect_uris"
    return OidcError(400, "invalid_redirect_uri", text, may_redirect=False)


def listed(names: Iterable[str], last: str = "and") -> str:
    """`'a'`, `'a' and 'b'`, `'a', 'b', and 'c'`."""
    quoted = [f"'{name}'" for name in names]
    if len(quoted) < 3:
        return f" {last} ".join(quoted)
    return f"{', '.join(quoted[:-1])}, {last} {quoted[-1]}"


def require(given: Container[str], *names: str) -> None:
    """Raises an error that lists the mandatory parameters that were not given."""
    absent = [name for name in names if name not in given]
    if absent:
        raise invalid_request(f"missing required parameter{'' if len(absent) == 1 else 's'} {listed(absent)}")


def prefers_html(accept: str) -> bool:
    """Whether the Accept header prefers HTML to JSON; the generic `*/*`, as from curl, means JSON."""
    if not accept.strip():
        return False
    ranked = []
    for index, offered in enumerate(("application/json", "text/html")):
        best: tuple[int, float, int] | None = None
        for order, entry in enumerate(accept.split(",")):
            kind, *parameters = (part.strip() for part in entry.split(";"))
            weight = next((part[2:] for part in parameters if part.startswith("q=")), "1")
            specificity = {offered: 6, offered.split("/")[0] + "/*": 4, "*/*": 0}.get(kind.lower())
            if specificity is not None and (best is None or specificity > best[0]):
                best = specificity, float(weight), order
        if best is not None and best[1] > 0:
            ranked.append((-best[1], -best[0], best[2], index))
    return bool(ranked) and min(ranked)[-1] == 1


def redirect(request: web.Request, location: str) -> web.Response:
    """303 with the body that Koa sends: plain text, or HTML for a browser."""
    accept = request.headers.get("Accept", "*/*")
    if "text/html" in accept or "*/*" in accept:
        safe = html.escape(location)
        text, kind = f"Redirecting to {safe}.", "text/html"
    else:
        text, kind = f"Redirecting to {location}.", "text/plain"
    return web.Response(status=303, headers=NO_STORE | {"Location": location}, text=text, content_type=kind)


def html_error(error: OidcError, members: Mapping[str, str]) -> web.Response:
    """An error as the provider's own page, whatever the caller accepts."""
    text = render("error.html", members=members)
    return web.Response(status=error.status, headers=error.headers, text=text, content_type="text/html")


def respond(request: web.Request, error: OidcError) -> web.Response:
    """An error of an endpoint that programs call: JSON, or HTML if that is what they accept."""
    if prefers_html(request.headers.get("Accept", "")):
        return html_error(error, error.body())
    return web.json_response(error.body(), status=error.status, headers=error.headers)
