"""The clients and people that both servers have: rows as Encvoy ID's database would hold them.

The stand-in creates them, and the library gets the very same rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.encvoy import EncvoyStandIn
from sandbox.encvoy.clients import Record
from tests.support.idp_browser import CALLBACK

NATIVE = "http://127.0.0.1:8765/callback"
HYBRID = ("code", "code id_token", "code token", "code id_token token", "id_token", "none")

SOUND: Mapping[str, Record] = {
    "basic": {},
    "post": {"token_endpoint_auth_method": "client_secret_post"},
    "jwt": {"token_endpoint_auth_method": "client_secret_jwt"},
    "public": {"token_endpoint_auth_method": "none"},
    "two": {"redirect_uris": [CALLBACK, f"{CALLBACK}/two"]},
    "no-refresh": {"grant_types": ["authorization_code"]},
    "hybrid": {"grant_types": ["authorization_code", "implicit", "refresh_token"], "response_types": list(HYBRID)},
    "native": {"application_type": "native", "redirect_uris": [NATIVE], "token_endpoint_auth_method": "none"},
    "pairwise": {"subject_type": "pairwise"},
    "auth-time": {"require_auth_time": True},
    "short": {"access_token_ttl": 10, "refresh_token_ttl": 20},
    "changing": {},
    "doomed": {},
    "odd secret": {"client_secret": "a b:c%&+"},
}
"""Records that the provider loads, by client_id; the columns that differ from the defaults."""

FRESH: Record = {"client_secret": "secret-of-changing", "redirect_uris": [CALLBACK], "access_token_ttl": 1800}
"""What scenes change in the record `changing`, as it is at the beginning of each."""

BROKEN: Mapping[str, Record] = {
    "no redirect_uris": {"redirect_uris": []},
    "an empty redirect_uri": {"redirect_uris": [""]},
    "a fragment": {"redirect_uris": [f"{CALLBACK}#part"]},
    "no scheme": {"redirect_uris": ["chat.example/cb"], "post_logout_redirect_uris": [CALLBACK]},
    "a scheme of one's own": {"redirect_uris": ["com.app://cb"]},
    "a scheme of one's own, logout apart": {
        "redirect_uris": ["com.app://cb"],
        "post_logout_redirect_uris": ["https://chat.example"],
    },
    "a short scheme in a native client": {
        "application_type": "native",
        "redirect_uris": ["app://cb"],
        "post_logout_redirect_uris": ["https://chat.example"],
    },
    "http in a native client": {"application_type": "native", "redirect_uris": ["http://chat.example/cb"]},
    "https to itself in a native client": {"application_type": "native", "redirect_uris": ["https://localhost/cb"]},
    "an empty secret": {"client_secret": ""},
    "an empty secret of a public client": {"client_secret": "", "token_endpoint_auth_method": "none"},
    "a secret beyond ASCII": {"client_secret": "секрет"},
    "no grant types": {"grant_types": []},
    "an unknown grant type": {"grant_types": ["bogus"]},
    "client_credentials": {"grant_types": ["client_credentials"]},
    "id_token without implicit": {"response_types": ["id_token"]},
    "an unknown response type": {"response_types": ["bogus"]},
    "no response types": {"response_types": []},
    "an empty response type": {"response_types": [""]},
    "implicit over http": {
        "grant_types": ["authorization_code", "implicit"],
        "redirect_uris": ["http://chat.example/cb"],
    },
    "implicit to localhost": {
        "grant_types": ["authorization_code", "implicit"],
        "redirect_uris": ["https://localhost/cb"],
    },
    "an algorithm without a key": {"id_token_signed_response_alg": "PS256"},
    "private_key_jwt without keys": {"token_endpoint_auth_method": "private_key_jwt"},
    "pairwise with two hosts": {
        "subject_type": "pairwise",
        "redirect_uris": [CALLBACK, "https://other.example/cb"],
    },
}
"""Records that the management API takes and the provider does not (facts/encvoy-id.md §4), and their like."""

PEOPLE: Mapping[str, Mapping[str, Any]] = {
    "4": {"nickname": "Plain One", "picture": None},
    "5": {
        "email": "plain2@people.example",
        "phone_number": "15550100",
        "nickname": "Plain Two",
        "given_name": "Plain",
        "family_name": "Two",
        "name": "Plain Two",
        "login": "plain2",
        "birthdate": "1990-01-02T00:00:00.000Z",
        "picture": "https://people.example/2.png",
        "custom_fields": {"team": "red"},
    },
}
"""What each person shows to applications, by id. The first has changed nothing since the account was made."""

OF_EVERYBODY = {"publicExternalAccounts": [], "lk": [], "catalog": False, "locale": "en-US"}
"""Claims that need no leave."""


def secret_of(client_id: str) -> str:
    """The secret of a client, unless its record says otherwise."""
    return str(SOUND.get(client_id, {}).get("client_secret", f"secret-of-{client_id}".replace(" ", "-")))


def seed(idp: EncvoyStandIn) -> dict[str, Any]:
    """Creates everything in the stand-in; what `oidc_provider.mjs` is to be told."""
    for client_id, columns in {**SOUND, **BROKEN}.items():
        row = {"client_id": client_id, "client_secret": secret_of(client_id), "redirect_uris": [CALLBACK], **columns}
        idp.clients.create(idp.state.iso(), row)
    for number, claims in PEOPLE.items():
        person = idp.people.by_id[int(number)]
        for name, value in claims.items():
            if name != "name":
                setattr(person, name, value)
        person.publish(*claims)
    main = idp.state.main_id
    everybody = OF_EVERYBODY | {"systemClient": main, "orgClient": main}
    return {
        "main": main,
        "clients": list(idp.clients.by_id.values()),
        "people": {number: {**claims, **everybody} for number, claims in PEOPLE.items()},
    }
