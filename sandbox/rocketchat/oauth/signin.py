"""The legacy login engine: callback, parked credentials, completion (facts/rocketchat.md §3.1b, §3.3)."""

from __future__ import annotations

import hmac
import secrets
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import aiohttp

from sandbox.rocketchat.documents import Document
from sandbox.rocketchat.instance import Instance
from sandbox.rocketchat.login_services import built
from sandbox.rocketchat.oauth import claims, ending, exchange
from sandbox.rocketchat.oauth.ending import Credential, EndOfLogin, OAuthState
from sandbox.rocketchat.oauth.fetch import PATIENCE
from sandbox.rocketchat.oauth.hooks import Hooks
from sandbox.rocketchat.oauth.javascript import text, truthy
from sandbox.rocketchat.oauth.resolve import AccountResolver, resolve
from sandbox.rocketchat.people import User
from sandbox.rocketchat.problems import MeteorError, PlainError, Wordless
from sandbox.rocketchat.workspace import Workspace

NO_MATCH = 0x8ACDC2F
_LIFE = 60.0
_LIFE_WITH_2FA = 120.0
_WINDOW = 10.0


@dataclass
class Manners:
    """How the engine behaves where servers differ; a test may change it at run time."""

    patience: float = PATIENCE
    """Seconds that the provider has for each of the two requests."""
    tells_app: bool = True
    """Whether the mobile app hears why an exchange failed (facts/rocketchat.md §3.1b)."""
    hangs_for: float = 60.0
    """Seconds after which a callback that is never answered loses its connection."""
    at_most: int | None = None
    """How many callbacks are answered in ten seconds, for tests of the rate limit; None: all."""


@dataclass
class Parked:
    """A finished or failed exchange, waiting for the client's `login`."""

    secret: str | None
    expires: float
    service: str = ""
    identity: Document | None = None
    """None where the exchange failed."""


class Process:
    """What one instance was configured with, by its own runs."""

    def __init__(self, workspace: Workspace) -> None:
        self.cached: dict[str, Document] = {}
        """By service, those that are off by now included."""
        self.accounts = AccountResolver(workspace.people, workspace.settings, Hooks())

    def follow(self, instance: Instance) -> None:
        """After a run: configures each service again. One without an address fails there, and stays unchanged."""
        for service, fields in built(instance):
            if fields and fields.get("custom") and isinstance(fields.get("serverURL"), str):
                self.cached[service] = fields
                self.accounts.hooks.configure(fields)

    def forget(self) -> None:
        """The process restarts."""
        self.cached.clear()
        self.accounts.hooks.restart()


class SignIn:
    """Logins by single sign-on. What is parked is in the database of all instances; what they were configured with is
    each one's own."""

    def __init__(self, workspace: Workspace, client: Callable[[], aiohttp.ClientSession]) -> None:
        self._workspace = workspace
        self._client = client
        self._parked: dict[Any, Parked] = {}
        self._callbacks: deque[float] = deque()
        self.manners = Manners()
        self._processes = {instance.id: Process(workspace) for instance in workspace.instances.each}
        for instance in workspace.instances.each:
            instance.after_run.append(partial(self._processes[instance.id].follow, instance))

    def restart(self) -> None:
        """The server starts: of what it was configured with only what is there now counts."""
        for instance in self._workspace.instances.each:
            self._processes[instance.id].forget()
            self._processes[instance.id].follow(instance)

    async def callback(self, service: str, query: Document, at: str) -> EndOfLogin | None:
        """`GET /_oauth/<service>`, answered by the instance `at`. What goes wrong is parked for the client to fetch;
        None: no answer ever comes."""
        state = OAuthState.of(str(query.get("state", "")))
        error = text(query["error"]) if query.get("error") else ""
        credential = None
        if not error:
            try:
                credential, error = await self._exchanged(service, query, state, self._processes[at])
            except (exchange.ExchangeFailed, claims.IdentityFailed) as failure:
                self._fail(service, state, str(failure))
                error = f"Error: {failure}"
        end = ending.end(state, self._site(), credential, error, tells=self.manners.tells_app)
        if end is None:
            self._fail(service, state, "the page cannot be made")
        return end

    def overrun(self) -> bool:
        """Counts a callback; whether it is one too many."""
        now = self._workspace.clock.monotonic()
        while self._callbacks and self._callbacks[0] <= now - _WINDOW:
            self._callbacks.popleft()
        if self.manners.at_most is not None and len(self._callbacks) >= self.manners.at_most:
            return True
        self._callbacks.append(now)
        return False

    def log_in(
        self, credential_token: str, credential_secret: str | None, code: str | None, at: str
    ) -> tuple[User, str]:
        """The client's `login` with `{oauth: …}` at an instance: the user and a new login token. A credential is good
        for one login; where a second factor is asked for it is kept a little longer. What went wrong before is not
        told: nothing since 4.8 of a failed exchange, one text for all since 7.0 (facts/rocketchat.md §3.3)."""
        if self._workspace.version.major >= 9:
            raise MeteorError(400, "Unrecognized options for login request")
        now = self._workspace.clock.monotonic()
        parked = self._parked.get(credential_token)
        if parked is None or parked.expires <= now or not _equal(parked.secret, credential_secret):
            raise self._hidden(MeteorError(NO_MATCH, "No matching login attempt found"))
        if parked.identity is None:
            del self._parked[credential_token]
            raise Wordless
        try:
            user = self._resolved(parked.service, parked.identity, self._processes[at])
        except MeteorError:
            del self._parked[credential_token]
            raise
        try:
            self._workspace.second_factor.at_oauth_login(user, code or "")
        except MeteorError as error:
            parked.expires = max(parked.expires, now + _LIFE_WITH_2FA)
            self._note(parked.service, str(error))
            raise
        del self._parked[credential_token]
        self._note(parked.service, "", user.id)
        return user, self._workspace.people.log_in(user)

    def _resolved(self, service: str, identity: Document, process: Process) -> User:
        """The person; refusals as the texts that leave the server."""
        try:
            if service not in process.cached:
                raise MeteorError(NO_MATCH, f"No registered oauth service found for: {service}")
            return resolve(identity, process.cached[service], process.accounts)
        except (MeteorError, PlainError) as refusal:
            self._note(service, str(refusal))
            if isinstance(refusal, MeteorError) and refusal.code == "error-user-is-not-activated":
                raise
            raise self._hidden(refusal) from None

    def _hidden(self, refusal: Exception) -> MeteorError:
        """What a client is told of a refusal before the person is known."""
        if self._workspace.version >= (7, 0):
            return MeteorError(401, "User not found")
        return refusal if isinstance(refusal, MeteorError) else MeteorError(500, "Internal server error")

    async def _exchanged(
        self, service: str, query: Document, state: OAuthState, process: Process
    ) -> tuple[Credential | None, str]:
        """Exchanges the code at the provider and parks the result; the credential, or the error for the page."""
        if service not in process.cached:
            raise exchange.ExchangeFailed(f"Unexpected OAuth service {service}")
        record = self._workspace.login_services.get(service)
        if record is None:
            self._fail(service, state, "Service not configured")
            return None, "ServiceConfiguration.ConfigError: Service not configured"
        configuration = exchange.Configuration(record.fields, process.cached[service])
        client, patience = self._client(), self.manners.patience
        token = await exchange.access_token(client, configuration, query, self._site(), patience)
        given = await exchange.claims(client, configuration, token, patience)
        identity = claims.identity_of(given, configuration.cached)
        credential = Credential(state.credential_token, secrets.token_urlsafe(32))
        expires = self._workspace.clock.monotonic() + _LIFE
        self._parked[state.credential_token] = Parked(credential.secret, expires, service, identity)
        return (credential, "") if ending.safe(state.credential_token) else (None, ending.UNSAFE)

    def _fail(self, service: str, state: OAuthState, problem: str) -> None:
        self._note(service, problem)
        if truthy(state.credential_token):
            expires = self._workspace.clock.monotonic() + _LIFE
            self._parked[state.credential_token] = Parked(None, expires, service)

    def _site(self) -> str:
        return str(self._workspace.settings.get("Site_Url", "")).rstrip("/")

    def _note(self, service: str, problem: str, user_id: str | None = None) -> None:
        """An entry of kind `sign-in`: who came in, or why not."""
        self._workspace.ledger.add("sign-in", who=user_id, body={"service": service, "problem": problem})


def _equal(kept: str | None, given: str | None) -> bool:
    if kept is None or given is None:
        return kept is None and given is None
    return hmac.compare_digest(kept, given)
