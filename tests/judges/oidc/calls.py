"""Probes of one request, of a kind that programs send: discovery, PAR, token, userinfo, introspection, revocation."""

from __future__ import annotations

from collections.abc import Mapping

from tests.judges.oidc.ask import (
    ASSERTION_TYPE,
    BASIC,
    BROWSER,
    BY_CODE,
    BY_REFRESH,
    PAR,
    PROGRAM,
    WRONG,
    Ask,
    asserting,
    auth,
    par,
    post,
    token,
)
from tests.judges.oidc.records import BROKEN, secret_of
from tests.judges.oidc.visitor import CHALLENGE, VERIFIER, credentials
from tests.support.idp_browser import CALLBACK

DISCOVERY = {
    "discovery under the mount": Ask("GET", "/oidc/.well-known/openid-configuration"),
    "discovery at the root": Ask("GET", "/.well-known/openid-configuration"),
    "discovery through a proxy": Ask(
        "GET",
        "/oidc/.well-known/openid-configuration",
        {"headers": {"X-Forwarded-Host": "id.example", "X-Forwarded-Proto": "https"}},
    ),
    "jwks": Ask("GET", "/oidc/jwks"),
    "HEAD discovery": Ask("HEAD", "/oidc/.well-known/openid-configuration"),
    "POST discovery": Ask("POST", "/oidc/.well-known/openid-configuration"),
    "HEAD jwks": Ask("HEAD", "/oidc/jwks"),
    "HEAD userinfo": Ask("HEAD", "/oidc/me"),
    "HEAD authorization": Ask("HEAD", "/oidc/auth"),
    "HEAD token": Ask("HEAD", "/oidc/token"),
}

ROUTES = {
    "no dynamic registration": post("/oidc/reg"),
    "an unknown route": Ask("GET", "/oidc/unknown"),
    "an unknown route for a browser": Ask("GET", "/oidc/unknown", {"headers": BROWSER}),
    "GET token": Ask("GET", "/oidc/token"),
    "GET introspection": Ask("GET", "/oidc/token/introspection"),
    "POST jwks": post("/oidc/jwks"),
    "PUT userinfo": Ask("PUT", "/oidc/me"),
    "PUT authorization": Ask("PUT", "/oidc/auth"),
    **{f"{method} PAR": Ask(method, "/oidc/request") for method in ("GET", "PUT", "DELETE", "PATCH")},
    "the end of an unknown interaction": Ask("GET", "/oidc/auth/V1StGXR8_Z5jdHi6B-myT"),
    "logout confirmed without a session": post("/oidc/session/end/confirm", {"xsrf": "x", "logout": "yes"}),
}

PUSHED = {
    "PAR, good secret in the body": par(BASIC),
    "PAR, good secret by Basic": par({"client_id": "basic"}, auth=("basic", secret_of("basic"))),
    "PAR, good secret by Basic, no client_id in the body": par(auth=("basic", secret_of("basic"))),
    "PAR, bad secret in the body": par(BASIC, {"client_secret": WRONG}),
    "PAR, bad secret by Basic": par({"client_id": "basic"}, auth=("basic", WRONG)),
    "PAR, unknown client in the body": par(credentials("unknown")),
    "PAR, unknown client by Basic": par({"client_id": "unknown"}, auth=("unknown", WRONG)),
    "PAR, two client ids": par({"client_id": "post"}, auth=("basic", secret_of("basic"))),
    "PAR, Basic and body at once": par(BASIC, auth=("basic", secret_of("basic"))),
    "PAR, no credentials": par(),
    "PAR, a confidential client without its secret": par({"client_id": "basic"}),
    "PAR, a public client": par(credentials("public")),
    "PAR, a public client with a secret": par(credentials("public"), {"client_secret": WRONG}),
    "PAR, the main client": par(credentials("{main}"), {"redirect_uri": "{domain}/code"}),
    "PAR, Basic of a client that is registered for the body": par(
        {"client_id": "post"}, auth=("post", secret_of("post"))
    ),
    "PAR, secret in the body of a client registered for a signed token": par(credentials("jwt")),
    "PAR, foreign redirect_uri": par(BASIC, {"redirect_uri": "https://evil.example/"}),
    "PAR, redirect_uri with another slash": par(BASIC, {"redirect_uri": f"{CALLBACK}/"}),
    "PAR, redirect_uri with the host in capitals": par(BASIC, {"redirect_uri": CALLBACK.replace("chat", "CHAT")}),
    "PAR, redirect_uri with the port of https": par(
        BASIC, {"redirect_uri": CALLBACK.replace(".example", ".example:443")}
    ),
    "PAR, redirect_uri left out": par(BASIC, {"redirect_uri": None}),
    "PAR, redirect_uri left out of two": par(credentials("two"), {"redirect_uri": None}),
    "PAR, another port of a native client": par(
        credentials("native"), {"redirect_uri": "http://127.0.0.1:9999/callback"}
    ),
    "PAR, unknown response_type": par(BASIC, {"response_type": "bogus"}),
    "PAR, response_type of others": par(BASIC, {"response_type": "id_token", "nonce": "N"}),
    "PAR, response_type left out": par(BASIC, {"response_type": None}),
    "PAR, unknown scope": par(BASIC, {"scope": "openid bogus"}),
    "PAR, no scope": par(BASIC, {"scope": None}),
    "PAR, request": par(BASIC, {"request": "x"}),
    "PAR, request_uri": par(BASIC, {"request_uri": "urn:x"}),
    "PAR, plain PKCE": par(BASIC, {"code_challenge": CHALLENGE}),
    "PAR, S256": par(BASIC, {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}),
    "PAR, JSON": Ask("POST", "/oidc/request", {"body": PAR | BASIC}),
    "PAR, nothing at all": Ask("POST", "/oidc/request"),
    "PAR, bad secret, for a browser": par(BASIC, {"client_secret": WRONG}, headers=BROWSER),
    "PAR, bad redirect_uri, for a browser": par(BASIC, {"redirect_uri": "https://evil.example/"}, headers=BROWSER),
    "PAR, two states": Ask("POST", "/oidc/request", {"form": [*(PAR | BASIC).items(), ("state", "T")]}),
}

TOKEN = {
    "token, bogus code": token(BY_CODE, BASIC),
    "token, bogus code, by Basic": token(BY_CODE, auth=("basic", secret_of("basic"))),
    "token, bogus code, bad secret": token(BY_CODE, BASIC, {"client_secret": WRONG}),
    "token, bogus code, bad secret by Basic": token(BY_CODE, auth=("basic", WRONG)),
    "token, bogus code, unknown client": token(BY_CODE, credentials("unknown")),
    "token, bogus code, main client": token(BY_CODE, credentials("{main}"), {"redirect_uri": "{domain}/code"}),
    "token, bogus code, foreign redirect_uri": token(BY_CODE, BASIC, {"redirect_uri": "https://evil.example/"}),
    "token, bogus code, redirect_uri left out": token(BY_CODE, BASIC, {"redirect_uri": None}),
    "token, bogus code, redirect_uri left out of two": token(BY_CODE, credentials("two"), {"redirect_uri": None}),
    "token, code left out": token(BY_CODE, BASIC, {"code": None}),
    "token, code and redirect_uri left out": token(BY_CODE, credentials("two"), {"code": None, "redirect_uri": None}),
    "token, code given twice": Ask("POST", "/oidc/token", {"form": [*(BY_CODE | BASIC).items(), ("code", "other")]}),
    "token, bogus code with a verifier": token(BY_CODE, BASIC, {"code_verifier": VERIFIER}),
    "token, bogus refresh token": token(BY_REFRESH, BASIC),
    "token, bogus refresh token of a client without that grant": token(BY_REFRESH, credentials("no-refresh")),
    "token, refresh token left out": token(BY_REFRESH, BASIC, {"refresh_token": None}),
    "token, grant_type left out": token(BASIC),
    "token, grant_type given twice": Ask(
        "POST", "/oidc/token", {"form": [*(BY_CODE | BASIC).items(), ("grant_type", "refresh_token")]}
    ),
    **{
        f"token, {grant}": token({"grant_type": grant}, BASIC)
        for grant in (
            "client_credentials",
            "password",
            "implicit",
            "bogus",
            "urn:ietf:params:oauth:grant-type:device_code",
            "urn:ietf:params:oauth:grant-type:jwt-bearer",
        )
    },
    "token, no credentials": token(BY_CODE),
    "token, nothing at all": Ask("POST", "/oidc/token"),
    "token, a confidential client without its secret": token(BY_CODE, {"client_id": "basic"}),
    "token, Basic and body at once": token(BY_CODE, BASIC, auth=("basic", secret_of("basic"))),
    "token, Basic without a secret": token(BY_CODE, auth=("basic", "")),
    "token, Basic that is none": token(BY_CODE, headers={"Authorization": "Basic !"}),
    "token, Bearer instead of Basic": token(BY_CODE, headers={"Authorization": "Bearer x"}),
    "token, Basic with three parts": token(BY_CODE, headers={"Authorization": "Basic a b"}),
    "token, odd secret in the body": token(BY_CODE, credentials("odd secret")),
    "token, odd secret by Basic, not escaped": token(BY_CODE, auth=("odd secret", secret_of("odd secret"))),
    "token, odd secret by Basic, escaped": token(BY_CODE, auth=("odd+secret", "a%20b%3Ac%25%26%2B")),
    "token, an assertion that is none": token(
        BY_CODE, {"client_id": "jwt", "client_assertion": "x", "client_assertion_type": "y"}
    ),
    "token, an assertion and a secret": token(BY_CODE, BASIC, {"client_assertion": "a.b.c"}),
    "token, an assertion of no content": token(BY_CODE, asserting("")),
    "token, an assertion without a subject": token(BY_CODE, asserting("{}")),
    "token, an assertion of another client": token(BY_CODE, asserting('{"sub": "basic"}')),
    "token, an assertion of no type": token(BY_CODE, asserting('{"sub": "jwt"}')),
    "token, an assertion of another type": token(BY_CODE, asserting('{"sub": "jwt"}', "bogus")),
    "token, an assertion that nobody signed": token(BY_CODE, asserting('{"sub": "jwt"}', ASSERTION_TYPE)),
    "token, secret in the body of a client registered for a signed token": token(BY_CODE, credentials("jwt")),
    "token, JSON": Ask("POST", "/oidc/token", {"body": BY_CODE | BASIC}),
    "token, bogus code, for a browser": token(BY_CODE, BASIC, headers=BROWSER),
    "token, bad secret, for a browser": token(BY_CODE, BASIC, {"client_secret": WRONG}, headers=BROWSER),
    "token, bad secret, for a program": token(BY_CODE, BASIC, {"client_secret": WRONG}, headers=PROGRAM),
}

USERINFO = {
    "userinfo without a token": Ask("GET", "/oidc/me"),
    "userinfo without a token, for a browser": Ask("GET", "/oidc/me", {"headers": BROWSER}),
    "userinfo with a bad token": Ask("GET", "/oidc/me", {"token": "bogus"}),
    "userinfo with a token in the query": Ask("GET", "/oidc/me", {"params": {"access_token": "bogus"}}),
    "userinfo with a token in header and query": Ask(
        "GET", "/oidc/me", {"token": "bogus", "params": {"access_token": "bogus"}}
    ),
    "userinfo with a bad token in the body": post("/oidc/me", {"access_token": "bogus"}),
    "userinfo with a token in header and body": post("/oidc/me", {"access_token": "bogus"}, token="bogus"),
    "userinfo by POST without a token": Ask("POST", "/oidc/me"),
    "userinfo by POST of JSON": Ask("POST", "/oidc/me", {"body": {"access_token": "bogus"}}),
    "userinfo with Basic": Ask("GET", "/oidc/me", {"auth": ("basic", secret_of("basic"))}),
    "userinfo with a token of two words": Ask("GET", "/oidc/me", {"token": "two words"}),
    "userinfo with a bare header": Ask("GET", "/oidc/me", {"headers": {"Authorization": "Bearer"}}),
    "userinfo with the scheme in small letters": Ask("GET", "/oidc/me", {"headers": {"Authorization": "bearer x"}}),
}

INTROSPECTION = {
    f"{kind}, {name}": ask
    for kind, path in (("introspection", "/oidc/token/introspection"), ("revocation", "/oidc/token/revocation"))
    for name, ask in {
        "bogus token": post(path, {"token": "bogus"}, BASIC),
        "bogus token by Basic": post(path, {"token": "bogus"}, auth=("basic", secret_of("basic"))),
        "bad secret": post(path, {"token": "bogus"}, BASIC, {"client_secret": WRONG}),
        "bad secret by Basic": post(path, {"token": "bogus"}, auth=("basic", WRONG)),
        "unknown client": post(path, {"token": "bogus"}, credentials("unknown")),
        "no credentials": post(path, {"token": "bogus"}),
        "no token": post(path, BASIC),
        "token given twice": Ask("POST", path, {"form": [*BASIC.items(), ("token", "a"), ("token", "b")]}),
        "a hint that is none": post(path, {"token": "bogus", "token_type_hint": "bogus"}, BASIC),
        "a public client": post(path, {"token": "bogus"}, credentials("public")),
        "JSON": Ask("POST", path, {"body": {"token": "bogus"} | BASIC}),
        "bad secret, for a browser": post(path, {"token": "bogus"}, BASIC, {"client_secret": WRONG}, headers=BROWSER),
    }.items()
}

RECORDS = {
    f"broken record, {name}: {what}": ask
    for name in BROKEN
    for what, ask in {
        "PAR": par(credentials(name), {"redirect_uri": None}),
        "token": token(BY_CODE, credentials(name)),
        "authorization": auth(client_id=name, redirect_uri=None),
        "authorization, prompt=none": auth(client_id=name, prompt="none"),
    }.items()
}

CALLS: Mapping[str, Ask] = {**DISCOVERY, **ROUTES, **PUSHED, **TOKEN, **USERINFO, **INTROSPECTION, **RECORDS}
