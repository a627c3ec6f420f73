"""Authorization responses: how an answer or an error gets to the client, or becomes a page.

Source: facts/encvoy-id.md §9 "Error shapes at OIDC endpoints".
"""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from aiohttp import web

from sandbox.encvoy.callbacks import is_registered
from sandbox.encvoy.client_auth import find_client
from sandbox.encvoy.clients import default_redirect_uri
from sandbox.encvoy.oidc_errors import NO_STORE, OidcError, html_error, invalid_redirect_uri, redirect
from sandbox.encvoy.pages import render
from sandbox.encvoy.state import State

MODES = ("query", "fragment", "form_post")

Params = dict[str, str]


def answer(request: web.Request, mode: str, redirect_uri: str, members: Params, form_status: int = 200) -> web.Response:
    """Brings an authorization response to the client: 303, or a form that submits itself."""
    if mode == "form_post":
        text = render("form_post.html", action=redirect_uri, members=members)
        return web.Response(status=form_status, text=text, content_type="text/html", headers=NO_STORE)
    parts = urlsplit(redirect_uri)
    if mode == "fragment":
        location = urlunsplit(parts._replace(fragment=urlencode(members)))
    else:
        before = parse_qsl(parts.query, keep_blank_values=True)
        location = urlunsplit(parts._replace(query=urlencode([*before, *members.items()])))
    return redirect(request, location)


def response_mode(params: Params) -> str:
    """The mode that is asked for, or the default of the response type."""
    front = set(params.get("response_type", "").split(" ")) & {"token", "id_token"}
    mode = params.get("response_mode")
    return mode if mode in MODES else "fragment" if front else "query"


def failed(state: State, request: web.Request, params: Params, error: OidcError) -> web.Response:
    """An authorization request that cannot go on: back to its redirect_uri if that is known to be the client's own."""
    try:
        client = find_client(state, params.get("client_id", ""))
    except OidcError:
        client = None
    if client is not None and error.may_redirect:
        default_redirect_uri(client, params)
        if "redirect_uri" in params and not is_registered(params["redirect_uri"], client["redirect_uris"]):
            error = invalid_redirect_uri()
    members = error.body(params.get("state")) | {"iss": state.domain}
    if client is None or "redirect_uri" not in params or not error.may_redirect:
        error.headers |= NO_STORE
        return html_error(error, members)
    return answer(request, response_mode(params), params["redirect_uri"], members, form_status=error.status)
