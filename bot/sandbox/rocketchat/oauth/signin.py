"""The legacy login engine: callback, parked credentials, completion (facts/rocketchat.md §3.3)."""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass

import aiohttp

from bot.sandbox.rocketchat.documents import Document
from bot.sandbox.rocketchat.oauth import claims, exchange
from bot.sandbox.rocketchat.oauth.resolve import Accounts, resolve
from bot.sandbox.rocketchat.people import User
from bot.sandbox.rocketchat.problems import MeteorError
from bot.sandbox.rocketchat.workspace import Workspace

NO_MATCH = 0x8ACDC2F
STORAGE_PREFIX = "Meteor.oauth.credentialSecret-"
_LIFE = 60.0
_LIFE_WITH_2FA = 120.0


@dataclass(frozen=True)
class State:
    """What the browser put into `state`."""

    login_style: str = "popup"
    credential_token: str = ""
    redirect_url: str = ""
    cordova: bool = False

    @classmethod
    def of(cls, text: str) -> State:
        """Reads base64 of JSON; anything else is an empty popup state, as Meteor falls back."""
        try:
            given = json.loads(base64.b64decode(text, validate=True))
            style, token = given["loginStyle"], given["credentialToken"]
        except (ValueError, KeyError, TypeError, binascii.Error):
            return cls()
        if style not in {"popup", "redirect"} or not isinstance(token, str):
            return cls()
        return cls(style, token, str(given.get("redirectUrl") or ""), bool(given.get("isCordova")))


@dataclass
class Parked:
    """A finished or failed exchange, waiting for the client's `login`."""

    secret: str | None
    expires: float
    service: str = ""
    fields: Document | None = None
    identity: Document | None = None
    error: MeteorError | None = None


@dataclass(frozen=True)
class EndOfLogin:
    """What the page after the callback is made of."""

    login_style: str
    config: Document


class SignIn:
    """Logins by single sign-on."""

    def __init__(self, workspace: Workspace, client: Callable[[], aiohttp.ClientSession]) -> None:
        self._workspace = workspace
        self._client = client
        self.accounts = Accounts(workspace.people, workspace.settings)
        self._parked: dict[str, Parked] = {}

    def redirect_uri(self, service: str) -> str:
        """The callback of a service (facts/rocketchat.md §3.2)."""
        return f"{self._site()}/_oauth/{service}"

    async def callback(self, service: str, query: Document) -> EndOfLogin:
        """`GET /_oauth/<service>`. Never fails: what goes wrong is parked for the client to fetch."""
        state = State.of(str(query.get("state", "")))
        now = self._workspace.clock.monotonic()
        if "error" in query:
            return self._end(state, None)
        try:
            fields, identity = await self._exchange(service, query)
        except (exchange.ExchangeFailed, claims.IdentityFailed) as error:
            return self._fail(service, state, MeteorError(500, str(error)))
        secret = secrets.token_urlsafe(32)
        self._parked[state.credential_token] = Parked(secret, now + _LIFE, service, fields, identity)
        return self._end(state, secret)

    def log_in(self, credential_token: str, credential_secret: str | None, code: str | None = None) -> tuple[User, str]:
        """The client's `login` with `{oauth: …}`: the user and a new login token. A credential is good for one login;
        where a second factor is asked for it is kept a little longer."""
        if self._workspace.version.major >= 9:
            raise MeteorError(400, "Unrecognized options for login request")
        now = self._workspace.clock.monotonic()
        parked = self._parked.get(credential_token)
        if parked is None or parked.expires <= now or not _equal(parked.secret, credential_secret):
            raise MeteorError(NO_MATCH, "No matching login attempt found")
        if parked.error is not None:
            del self._parked[credential_token]
            raise parked.error
        assert parked.fields is not None
        assert parked.identity is not None
        try:
            user = resolve(parked.identity, parked.fields, self.accounts)
            self._workspace.second_factor.at_oauth_login(user, code or "")
        except MeteorError as error:
            if error.code in {"totp-required", "totp-invalid"}:
                parked.expires = max(parked.expires, now + _LIFE_WITH_2FA)
            else:
                del self._parked[credential_token]
            self._note(parked.service, str(error))
            raise
        del self._parked[credential_token]
        self._note(parked.service, "", user.id)
        return user, self._workspace.people.log_in(user)

    async def _exchange(self, service: str, query: Document) -> tuple[Document, Document]:
        """The live record, read now, and the identity that the provider gives for the code."""
        record = self._workspace.login_services.get(service)
        if record is None or not record.fields["custom"]:
            raise exchange.ExchangeFailed(f"Unexpected OAuth service {service}")
        fields, client = record.fields, self._client()
        token = await exchange.access_token(
            client, fields, str(query.get("code", "")), str(query.get("state", "")), self.redirect_uri(service)
        )
        return fields, claims.identity_of(await exchange.identity(client, fields, token), fields)

    def _fail(self, service: str, state: State, error: MeteorError) -> EndOfLogin:
        self._note(service, str(error))
        if state.credential_token:
            expires = self._workspace.clock.monotonic() + _LIFE
            self._parked[state.credential_token] = Parked(None, expires, service, error=error)
        return self._end(state, None)

    def _end(self, state: State, secret: str | None) -> EndOfLogin:
        """The page's data. A redirect may lead to the workspace only."""
        config: Document = {"setCredentialToken": False, "storagePrefix": STORAGE_PREFIX, "isCordova": state.cordova}
        home = f"{self._site()}/"
        own = state.redirect_url.startswith(home)
        if state.login_style == "redirect":
            config["redirectUrl"] = state.redirect_url if own else home
        if secret is not None and (own or state.login_style == "popup"):
            config |= {
                "setCredentialToken": True,
                "credentialToken": state.credential_token,
                "credentialSecret": secret,
            }
        return EndOfLogin(state.login_style, config)

    def _site(self) -> str:
        return str(self._workspace.settings.get("Site_Url", "")).rstrip("/")

    def _note(self, service: str, problem: str, user_id: str | None = None) -> None:
        """An entry of kind `sign-in`: who came in, or why not."""
        self._workspace.ledger.add("sign-in", who=user_id, body={"service": service, "problem": problem})


def _equal(kept: str | None, given: str | None) -> bool:
    if kept is None or given is None:
        return kept is None and given is None
    return hmac.compare_digest(kept, given)
