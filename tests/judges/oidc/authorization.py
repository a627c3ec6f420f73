"""Probes of one request at the authorization endpoint, where browsers arrive."""

from __future__ import annotations

from tests.judges.oidc.ask import HINTS, PAR, PROGRAM, Ask, auth, post
from tests.judges.oidc.visitor import CHALLENGE
from tests.support.idp_browser import CALLBACK

AUTHORIZATION = {
    "authorization": auth(),
    "authorization by POST": post("/oidc/auth", PAR, {"client_id": "basic"}),
    "authorization by POST of JSON": Ask("POST", "/oidc/auth", {"body": PAR | {"client_id": "basic"}}),
    "authorization, for a program": Ask(
        "GET", "/oidc/auth", {"params": PAR | {"client_id": "basic"}, "headers": PROGRAM}
    ),
    "authorization of the main client": auth(client_id="{main}", redirect_uri="{domain}/code"),
    "authorization, prompt=none": auth(prompt="none"),
    "authorization, prompt=none, without state": auth(prompt="none", state=None),
    "authorization, prompt=none, as a form": auth(prompt="none", response_mode="form_post"),
    "authorization, prompt=none, in the fragment": auth(prompt="none", response_mode="fragment"),
    "authorization, prompt=none, hybrid": auth(
        prompt="none", client_id="hybrid", response_type="code id_token", nonce="N"
    ),
    "authorization, prompt=none, unknown client": auth(prompt="none", client_id="unknown"),
    "authorization, prompt=none, foreign redirect_uri": auth(prompt="none", redirect_uri="https://evil.example/"),
    "authorization, prompt=login": auth(prompt="login"),
    "authorization, prompt=consent": auth(prompt="consent"),
    "authorization, prompt=none login": auth(prompt="none login"),
    "authorization, unknown prompt": auth(prompt="bogus"),
    "authorization, prompt=select_account": auth(prompt="select_account"),
    "authorization, unknown client": auth(client_id="unknown"),
    "authorization, unknown client, for a program": Ask(
        "GET", "/oidc/auth", {"params": PAR | {"client_id": "unknown"}, "headers": PROGRAM}
    ),
    "authorization, no client_id": auth(client_id=None),
    "authorization, nothing at all": Ask("GET", "/oidc/auth"),
    "authorization, client_id given twice": Ask(
        "GET", "/oidc/auth", {"params": [*PAR.items(), ("client_id", "basic"), ("client_id", "post")]}
    ),
    "authorization, state given twice": Ask(
        "GET", "/oidc/auth", {"params": [*(PAR | {"client_id": "basic"}).items(), ("state", "T")]}
    ),
    "authorization, foreign redirect_uri": auth(redirect_uri="https://evil.example/"),
    "authorization, redirect_uri that is none": auth(redirect_uri="evil"),
    "authorization, redirect_uri with the host in capitals": auth(redirect_uri=CALLBACK.replace("chat", "CHAT")),
    "authorization, redirect_uri left out": auth(redirect_uri=None),
    "authorization, redirect_uri left out of two": auth(redirect_uri=None, client_id="two"),
    "authorization, another port of a native client": auth(
        client_id="native", redirect_uri="http://127.0.0.1:9999/callback"
    ),
    "authorization, response_type left out": auth(response_type=None),
    "authorization, unknown response_type": auth(response_type="bogus"),
    "authorization, response_type of others": auth(response_type="id_token", nonce="N"),
    "authorization, response_type token alone": auth(response_type="token", client_id="hybrid"),
    "authorization, id_token without nonce": auth(response_type="id_token", client_id="hybrid"),
    "authorization, id_token without openid": auth(
        response_type="id_token", client_id="hybrid", nonce="N", scope="email"
    ),
    "authorization, id_token in the query": auth(
        response_type="id_token", client_id="hybrid", nonce="N", response_mode="query"
    ),
    "authorization, response type words turned round": auth(
        response_type="id_token code", client_id="hybrid", nonce="N"
    ),
    "authorization, unknown response_mode": auth(response_mode="bogus"),
    "authorization, no scope": auth(scope=None),
    "authorization, unknown scope": auth(scope="openid bogus"),
    "authorization, only an unknown scope": auth(scope="bogus"),
    "authorization, no openid of a client with auth_time": auth(client_id="auth-time", scope="email"),
    "authorization, the parameter claims": auth(scope="email", claims="{}"),
    **{f"authorization, {name} without openid": auth(scope="email", **{name: value}) for name, value in HINTS.items()},
    "authorization, max_age that is no number": auth(max_age="x"),
    "authorization, max_age below zero": auth(max_age="-1"),
    "authorization, a hint that is no token": auth(id_token_hint="x"),
    "authorization, S256": auth(code_challenge=CHALLENGE, code_challenge_method="S256"),
    "authorization, plain": auth(code_challenge=CHALLENGE, code_challenge_method="plain"),
    "authorization, no method": auth(code_challenge=CHALLENGE),
    "authorization, no challenge": auth(code_challenge_method="S256"),
    "authorization, a challenge too short": auth(code_challenge="c", code_challenge_method="S256"),
    "authorization, a challenge too long": auth(code_challenge="c" * 129, code_challenge_method="S256"),
    "authorization, a challenge with a blank": auth(code_challenge="c" * 42 + " ", code_challenge_method="S256"),
    "authorization, request": auth(request="x"),
    "authorization, registration": auth(registration="{}"),
    "authorization, request_uri by http": auth(request_uri="https://chat.example/request"),
    "authorization, request_uri of another kind": auth(request_uri="urn:x"),
    "authorization, request_uri without a scheme": auth(request_uri="x"),
    "authorization, request_uri that nobody pushed": auth(request_uri="urn:ietf:params:oauth:request_uri:bogus"),
    "authorization, state with markup": auth(state="<b>&\"'+ ", client_id="unknown"),
    "authorization, state with markup, back to the client": auth(state="<b>&\"'+ ä", prompt="none"),
}
