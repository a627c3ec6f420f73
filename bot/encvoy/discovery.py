"""Where Encvoy ID's endpoints are: the discovery document, read and checked.

The issuer is DOMAIN itself while the endpoints lie under `/oidc`, or elsewhere; the path that the vendor's guide names
answers 404 in a default installation (facts/encvoy-id.md §1). So three addresses are tried, and nothing else is
assumed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from bot.addresses import NotPlain, plain, same_origin
from bot.clock import Clock
from bot.connection.entrance import KeySet
from bot.connection.ports import ProviderMetadata
from bot.encvoy.responses import CHECK_PROXY, CHECK_URL, interpret_oidc, not_its_own
from bot.errors import Busy, ConfigError, RemoteError, RouteAbsent
from bot.http import HttpClient

WELL_KNOWN = "/.well-known/openid-configuration"
DESCRIPTION = "/api-json"
PLACES = (WELL_KNOWN, "/oidc" + WELL_KNOWN, "/api/oidc" + WELL_KNOWN)
KEPT_SECONDS = 60.0
"""How long the document is cached: about one operation. Endpoints move when a proxy is changed."""
KNOWN_SECONDS = 300.0
"""How long an old document is used if Encvoy ID asks to slow down."""

JSON = {"Accept": "application/json"}

_ENDPOINTS = {
    "authorize_url": "authorization_endpoint",
    "token_url": "token_endpoint",
    "identity_url": "userinfo_endpoint",
    "jwks_url": "jwks_uri",
}
_PAR = "pushed_authorization_request_endpoint"


class Discovery:
    """Reads the document when it is needed, once for all who need it at the same time, and believes it for a minute."""

    def __init__(self, http: HttpClient, domain: str, clock: Clock) -> None:
        """`domain` is SSOBOT_ENCVOY_URL, without trailing slash."""
        self._http = http
        self._domain = domain
        self._clock = clock
        self._kept: tuple[float, ProviderMetadata] | None = None
        self._known: tuple[float, ProviderMetadata] | None = None
        self._reading: asyncio.Task[ProviderMetadata] | None = None

    def forget(self) -> None:
        """The next call reads it again."""
        self._kept = self._reading = None

    async def provider(self) -> ProviderMetadata:
        """The checked document. ConfigError if it is that of another address, RouteAbsent if there is none."""
        if self._kept is not None and self._clock.monotonic() < self._kept[0]:
            return self._kept[1]
        if self._reading is None:
            self._reading = asyncio.create_task(self._renewed())
            self._reading.add_done_callback(self._read_by_now)
        # Shielded: one caller that gives up does not take the answer from the others.
        return await asyncio.shield(self._reading)

    def _read_by_now(self, task: asyncio.Task[ProviderMetadata]) -> None:
        if self._reading is task:
            self._reading = None
        if not task.cancelled():
            task.exception()  # seen, even if nobody waits any more

    async def _renewed(self) -> ProviderMetadata:
        try:
            provider = await self._read()
        except Busy:
            if self._known is None or self._clock.monotonic() - self._known[0] > KNOWN_SECONDS:
                raise
            return self._known[1]
        self._known = (self._clock.monotonic(), provider)
        self._kept = (self._clock.monotonic() + KEPT_SECONDS, provider)
        return provider

    async def keys(self) -> KeySet:
        """The key set behind `jwks_uri`."""
        provider = await self.provider()
        route = f"GET {urlsplit(provider.jwks_url).path}"
        return read_keys(await self._json(provider.jwks_url, route), route)

    async def version(self) -> str:
        """`1.0.10`, from its own OpenAPI document: the only place that says so (facts/encvoy-id.md §1)."""
        route = f"GET {DESCRIPTION}"
        document = await self._json(self._domain + DESCRIPTION, route)
        info = document.get("info") if isinstance(document, Mapping) else None
        version = info.get("version") if isinstance(info, Mapping) else None
        if not isinstance(version, str) or not version:
            raise not_its_own(route, "it names no version")
        return version.removeprefix("v")

    async def _read(self) -> ProviderMetadata:
        failures: list[RemoteError] = []
        for place in PLACES:
            url, route = self._domain + place, f"GET {place}"
            try:
                document = await self._json(url, route)
            except RemoteError as failure:
                if failure.status is None or isinstance(failure, Busy):
                    raise  # unreachable or busy: the other addresses are on the same server
                failures.append(failure.with_traceback(None))
                continue
            return read_provider(document, url, self._domain)
        # The error of a proxy says more than the 404 of a wrong address.
        telling = [failure for failure in failures if not isinstance(failure, RouteAbsent)]
        raise (telling or failures)[0]

    async def _json(self, url: str, route: str) -> Any:
        answer = await self._http.send("GET", url, route=route, headers=JSON)
        return interpret_oidc(answer.status, answer.headers, answer.body, route)


def read_provider(document: Any, discovery_url: str, domain: str) -> ProviderMetadata:
    """The endpoints in a discovery document. Pure.

    BadAnswer if it is none; ConfigError if the issuer or an endpoint is not on the same scheme, host and port as
    `domain`: a login there would lose its cookies, and secrets would go elsewhere.
    """
    route = f"GET {urlsplit(discovery_url).path}"
    if not isinstance(document, Mapping):
        raise not_its_own(route, "It is not a discovery document.", CHECK_URL)
    issuer = _text(document, "issuer", route)
    found = {name: _text(document, key, route) for name, key in _ENDPOINTS.items()}
    par = document.get(_PAR)
    if not same_origin(issuer, domain):
        raise ConfigError(
            "Encvoy ID uses a different address for itself than SSOBOT_ENCVOY_URL.",
            why="The issuer in its discovery document has another scheme, host or port.",
            fix=CHECK_URL,
        )
    par_url = _endpoint(_PAR, par, domain) if isinstance(par, str) else None
    urls = {name: _endpoint(_ENDPOINTS[name], url, domain) for name, url in found.items()}
    return ProviderMetadata(issuer=issuer, par_url=par_url, **urls)


def read_keys(document: Any, route: str) -> KeySet:
    """Count and algorithms of a key set. Pure; BadAnswer if it is none."""
    keys = document.get("keys") if isinstance(document, Mapping) else None
    if not isinstance(keys, list) or not all(isinstance(key, Mapping) for key in keys):
        raise not_its_own(route, "It is not a key set.")
    return KeySet(len(keys), frozenset(alg for key in keys if (alg := _algorithm(key)) is not None))


def _algorithm(key: Mapping[str, Any]) -> str | None:
    """`alg` is optional (RFC 7517 §4.4); an RSA key without one signs with RS256, the default of OpenID Connect."""
    alg = key.get("alg", "RS256" if key.get("kty") == "RSA" else None)
    return alg if isinstance(alg, str) else None


def _text(document: Mapping[str, Any], key: str, route: str) -> str:
    value = document.get(key)
    if not isinstance(value, str) or not value:
        raise not_its_own(route, f"The discovery document does not name a {key}.", CHECK_URL)
    return value


def _endpoint(key: str, url: str, domain: str) -> str:
    """The address in its normal form; ConfigError if it is not plain, or not at the origin of DOMAIN."""
    try:
        found, ours = plain(url), plain(domain)
        if not found.path:
            raise NotPlain("must have a path")
    except NotPlain as not_plain:
        raise ConfigError(
            "Encvoy ID's discovery document names an endpoint that is not a plain address.",
            why=f"Its {key} {not_plain}: it could lead Rocket.Chat to a different place than me.",
            fix=CHECK_PROXY,
        ) from None
    if found.origin == ours.origin:
        return str(found)
    if found.host == ours.host and found.scheme != ours.scheme:
        raise ConfigError(
            f"Encvoy ID is reached over {ours.scheme}, but its discovery document names {found.scheme} endpoints.",
            why="It builds them from the headers X-Forwarded-Proto and X-Forwarded-Host.",
            fix="Have the proxy in front of Encvoy ID pass on both headers, or correct SSOBOT_ENCVOY_URL.",
        )
    raise ConfigError(
        "Encvoy ID's discovery document names endpoints at another address than SSOBOT_ENCVOY_URL.",
        why="It builds them from the headers Host and X-Forwarded-Host.",
        fix="Have the proxy in front of Encvoy ID pass on both headers, or correct SSOBOT_ENCVOY_URL.",
    )
