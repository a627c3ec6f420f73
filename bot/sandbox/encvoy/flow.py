"""What happens between an authorization request and its answer: interactions, sessions, grants, the code.

There is no silent sign-on: every authorization request asks for a login, also with a live session
(facts/encvoy-id.md §6).
"""

from __future__ import annotations

from aiohttp import web

from bot.sandbox.encvoy import cookies as names
from bot.sandbox.encvoy.authorize import Checked, Params, answer, check, failed, flat, granted, response_mode
from bot.sandbox.encvoy.client_auth import Form
from bot.sandbox.encvoy.cookies import Cookies
from bot.sandbox.encvoy.grants import (
    CODE_TTL,
    GRANT_TTL,
    INTERACTION_TTL,
    SESSION_TTL,
    Credential,
    Grant,
    Interaction,
    Session,
)
from bot.sandbox.encvoy.oidc_errors import OidcError, invalid_request, redirect
from bot.sandbox.encvoy.state import State
from bot.sandbox.encvoy.tokens import Tokens


class Flow:
    """`/auth` and `/auth/<uid>`."""

    def __init__(self, state: State, cookies: Cookies, tokens: Tokens) -> None:
        self.state = state
        self.cookies = cookies
        self.tokens = tokens

    def begin(self, request: web.Request, form: Form) -> web.Response:
        """`GET` or `POST /auth`: 303 to the login page, to the client with an error, or a 400 page."""
        params: Params = {name: values[0] for name, values in form.items() if len(values) == 1}
        try:
            params = flat(form)
            checked = check(self.state, self.tokens.keys, params)
            if "none" in checked.prompts:
                raise OidcError(400, "interaction_required", "End-User authentication is required")
        except OidcError as error:
            return failed(self.state, request, params, error)
        response = self._ask(request, checked, "login")
        session = self.state.vault.session(self.cookies.read_session(request))
        if session is not None:
            session.expires = self.state.now() + SESSION_TTL
            self.cookies.write_session(response, session.uid, SESSION_TTL)
        return response

    def resume(self, request: web.Request) -> web.Response:
        """`GET /auth/<uid>`: goes on where an interaction ended."""
        params: Params = {}
        try:
            interaction = self._waiting(request)
            params = dict(interaction.params)
            self.state.vault.interactions.pop(interaction.uid)
            checked = check(self.state, self.tokens.keys, dict(params))
            checked = Checked(checked.client, checked.params, interaction.par)
            response = self._go_on(request, interaction, checked)
        except OidcError as error:
            return failed(self.state, request, params, error)
        self.cookies.clear(response, names.RESUME, f"{self.state.switches.oidc_prefix}/auth/{interaction.uid}")
        return response

    def _waiting(self, request: web.Request) -> Interaction:
        uid = self.cookies.read(request, names.RESUME)
        if uid is None:
            raise _not_found("authorization request has expired")
        interaction = self.state.vault.interaction(uid)
        if interaction is None:
            raise _not_found("interaction session not found")
        if not request.path.endswith(f"/{uid}"):
            raise _not_found("authorization session and cookie identifier mismatch")
        here = self.cookies.read_session(request)
        if interaction.session_uid is not None and interaction.session_uid != here:
            raise _not_found("interaction session and authentication session mismatch")
        return interaction

    def _go_on(self, request: web.Request, interaction: Interaction, checked: Checked) -> web.Response:
        if not interaction.done or interaction.account_id is None:
            return self._ask(request, checked, interaction.prompt, interaction.session_uid)
        session = self._session(request, interaction.account_id)
        if interaction.prompt == "login" and self._consent_wanted(checked, session):
            response = self._ask(request, checked, "consent", session.uid, session.account_id)
        else:
            response = self._succeed(request, checked, session)
        self.cookies.write_session(response, session.uid, SESSION_TTL)
        return response

    def _session(self, request: web.Request, account_id: int) -> Session:
        """The session of this browser, or a new one for somebody else."""
        vault = self.state.vault
        session = vault.session(self.cookies.read_session(request))
        if session is not None and session.account_id != account_id:
            vault.end_session(session.uid)
            session = None
        if session is None:
            session = Session(account_id, 0.0)
            vault.sessions[session.uid] = session
        session.expires = self.state.now() + SESSION_TTL
        return session

    def _consent_wanted(self, checked: Checked, session: Session) -> bool:
        if "consent" in checked.prompts:
            return True
        client_id: str = checked.client["client_id"]
        return client_id != self.state.main_id and (client_id, session.account_id) not in self.state.consents

    def _ask(
        self,
        request: web.Request,
        checked: Checked,
        prompt: str,
        session_uid: str | None = None,
        account_id: int | None = None,
    ) -> web.Response:
        """303 to the page of a new interaction, with the two cookies that belong to it."""
        vault = self.state.vault
        if session_uid is None:
            session = vault.session(self.cookies.read_session(request))
            session_uid = session.uid if session else None
        expires = self.state.now() + INTERACTION_TTL
        interaction = Interaction(dict(checked.params), prompt, expires, session_uid, account_id, par=checked.par)
        vault.interactions[interaction.uid] = interaction
        path = f"/api/interaction/{interaction.uid}"
        resume = f"{self.state.switches.oidc_prefix}/auth/{interaction.uid}"
        response = redirect(request, self.state.domain + path)
        self.cookies.write(response, names.INTERACTION, interaction.uid, path, INTERACTION_TTL)
        self.cookies.write(response, names.RESUME, interaction.uid, resume, INTERACTION_TTL)
        return response

    def _succeed(self, request: web.Request, checked: Checked, session: Session) -> web.Response:
        scope = granted(checked.params)
        if not scope:
            raise OidcError(400, "access_denied")
        vault = self.state.vault
        pushed = vault.pushed.get(checked.par or "")
        if pushed is not None and pushed.consumed:
            raise OidcError(400, "invalid_request_uri", "request_uri is invalid, expired, or was already used")
        if pushed is not None:
            pushed.consumed = True
        client_id: str = checked.client["client_id"]
        if client_id in session.grants:
            vault.revoke(session.grants[client_id])
        grant = Grant(client_id, session.account_id, self.state.now() + GRANT_TTL)
        vault.grants[grant.id] = grant
        session.grants[client_id] = grant.id
        members = self._members(checked, session, grant, scope)
        return answer(request, response_mode(checked.params), checked.params["redirect_uri"], members)

    def _members(self, checked: Checked, session: Session, grant: Grant, scope: str) -> Params:
        """The members of the response for each word of the response type."""
        params, now = checked.params, self.state.now()
        words = params["response_type"].split(" ")
        ttl = {"code": CODE_TTL, "access": checked.client["access_token_ttl"]}
        carried = ("redirect_uri", "nonce", "code_challenge", "max_age")
        details: dict[str, object] = {name: params[name] for name in carried if name in params}

        def make(kind: str) -> Credential:
            return Credential(
                kind=kind,
                client_id=grant.client_id,
                account_id=grant.account_id,
                grant_id=grant.id,
                session_uid=session.uid,
                scope=scope,
                issued=now,
                expires=now + ttl[kind],
                details=details | {"auth_time": int(now)},
            )

        members: Params = {}
        hashed: dict[str, str] = {}
        if "code" in words:
            members["code"] = hashed["c_hash"] = self.state.vault.keep(make("code")).value
        if "token" in words:
            members["access_token"] = hashed["at_hash"] = self.state.vault.keep(make("access")).value
            members |= {"expires_in": str(ttl["access"]), "token_type": "Bearer", "scope": scope}
        if "id_token" in words:
            person = self.state.people.by_id[grant.account_id]
            if "state" in params:
                hashed["s_hash"] = params["state"]
            members["id_token"] = self.tokens.id_token(checked.client, person, make("code"), scope, **hashed)
        if "state" in params:
            members["state"] = params["state"]
        return members if "id_token" in words else members | {"iss": self.state.domain}


def _not_found(description: str) -> OidcError:
    return invalid_request(description)
