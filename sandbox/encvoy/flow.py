"""What happens between an authorization request and its answer: interactions, sessions, grants, the code.

There is no silent sign-on: every authorization request asks for a login, also with a live session
(facts/encvoy-id.md §6).
"""

from __future__ import annotations

from aiohttp import web

from sandbox.encvoy import cookies as names
from sandbox.encvoy.auth_response import Params, answer, failed, response_mode
from sandbox.encvoy.authorize import Checked, check, flat, granted, invalid_request_uri, load_client
from sandbox.encvoy.client_auth import Form, body_of
from sandbox.encvoy.grants import CODE_TTL, GRANT_TTL, INTERACTION_TTL, Credential, Grant, Interaction, Session, nano_id
from sandbox.encvoy.oidc_errors import OidcError, invalid_request, redirect
from sandbox.encvoy.sessions import Sessions
from sandbox.encvoy.state import State
from sandbox.encvoy.tokens import Tokens


class Flow:
    """`/auth` and `/auth/<uid>`."""

    def __init__(self, state: State, sessions: Sessions, tokens: Tokens) -> None:
        self.state = state
        self.sessions = sessions
        self.cookies = sessions.cookies
        self.tokens = tokens

    def begin(self, request: web.Request, form: Form) -> web.Response:
        """`GET /auth`: 303 to the login page, to the client with an error, or a 400 page."""
        params: Params = {name: values[0] for name, values in form.items() if len(values) == 1}
        session = self.sessions.of(request)
        try:
            params = flat(form)
            checked = check(self.state, self.tokens.keys, params)
            if "none" in checked.prompts:
                raise OidcError(400, "interaction_required", "End-User authentication is required")
            response = self._ask(request, checked, "login", session)
        except OidcError as error:
            response = failed(self.state, request, params, error)
        return self.sessions.keep(response, session)

    async def begin_posted(self, request: web.Request, path: str) -> web.Response:
        """The same from a form; any other body gets a page too."""
        try:
            form = await body_of(request, path)
        except OidcError as error:
            return self.sessions.keep(failed(self.state, request, {}, error), self.sessions.of(request))
        return self.begin(request, form)

    def resume(self, request: web.Request) -> web.Response:
        """`GET /auth/<uid>`: continues after an interaction."""
        session = self.sessions.of(request)
        try:
            interaction = self._waiting(request, session)
        except OidcError as error:
            return self.sessions.keep(failed(self.state, request, {}, error), session)
        if session is not None and session.account_id != (interaction.logged_in or session.account_id):
            return self.sessions.keep(self._log_out_first(request, interaction, session), session)
        self.state.vault.interactions.pop(interaction.uid)
        if interaction.logged_in is not None:
            session = session or self.sessions.begin(interaction.logged_in)
        params = dict(interaction.params)
        try:
            checked = Checked(load_client(self.state, params), params, interaction.par)
            response = self._go_on(request, interaction, checked, session)
        except OidcError as error:
            response = failed(self.state, request, params, error)
        self.cookies.clear(response, names.RESUME, self._resume_path(interaction))
        return self.sessions.keep(response, session)

    def _waiting(self, request: web.Request, session: Session | None) -> Interaction:
        uid = self.cookies.read(request, names.RESUME)
        if uid is None:
            raise invalid_request("authorization request has expired")
        interaction = self.state.vault.interaction(uid)
        if interaction is None:
            raise invalid_request("interaction session not found")
        if not request.path.endswith(f"/{uid}"):
            raise invalid_request("authorization session and cookie identifier mismatch")
        if interaction.session_uid is not None and (session is None or interaction.session_uid != session.uid):
            raise invalid_request("interaction session and authentication session mismatch")
        return interaction

    def _log_out_first(self, request: web.Request, interaction: Interaction, session: Session) -> web.Response:
        """Another person has logged in: a form that ends the session of this browser automatically, and returns
        here."""
        interaction.session_uid = None
        session.xsrf, session.return_to = nano_id(), self.state.domain + self._resume_path(interaction)
        action = f"{self.state.domain}{self.state.switches.oidc_prefix}/session/end/confirm"
        return answer(request, "form_post", action, {"xsrf": session.xsrf, "logout": "yes"})

    def _go_on(
        self, request: web.Request, interaction: Interaction, checked: Checked, session: Session | None
    ) -> web.Response:
        if not interaction.done or session is None:
            return self._ask(request, checked, "login", session)
        if interaction.prompt == "login" and self._consent_wanted(checked, session):
            return self._ask(request, checked, "consent", session)
        return self._succeed(request, checked, session)

    def _consent_wanted(self, checked: Checked, session: Session) -> bool:
        if "consent" in checked.prompts:
            return True
        client_id: str = checked.client["client_id"]
        return client_id != self.state.main_id and (client_id, session.account_id) not in self.state.consents

    def _ask(self, request: web.Request, checked: Checked, prompt: str, session: Session | None) -> web.Response:
        """303 to the page of a new interaction, with the two cookies that belong to it."""
        expires = self.state.now() + INTERACTION_TTL
        interaction = Interaction(
            dict(checked.params), prompt, expires, session.uid if session else None, par=checked.par
        )
        if session is not None and prompt == "consent":
            interaction.account_id = session.account_id
        self.state.vault.interactions[interaction.uid] = interaction
        path = f"/api/interaction/{interaction.uid}"
        response = redirect(request, self.state.domain + path)
        self.cookies.write(response, names.INTERACTION, interaction.uid, path, INTERACTION_TTL)
        self.cookies.write(response, names.RESUME, interaction.uid, self._resume_path(interaction), INTERACTION_TTL)
        return response

    def _resume_path(self, interaction: Interaction) -> str:
        return f"{self.state.switches.oidc_prefix}/auth/{interaction.uid}"

    def _succeed(self, request: web.Request, checked: Checked, session: Session) -> web.Response:
        scope = granted(checked.params)
        if not scope:
            raise OidcError(400, "access_denied")
        vault = self.state.vault
        pushed = vault.pushed.get(checked.par or "")
        if pushed is not None:
            if pushed.consumed:
                raise invalid_request_uri()
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
        bearer: Params = {}
        hashed: Params = {}
        if "code" in words:
            members["code"] = hashed["c_hash"] = self.state.vault.keep(make("code")).value
        if "token" in words:
            hashed["at_hash"] = token = self.state.vault.keep(make("access")).value
            bearer = {"access_token": token, "expires_in": str(ttl["access"]), "token_type": "Bearer", "scope": scope}
        if "id_token" in words:
            person = self.state.people.by_id[grant.account_id]
            if "state" in params:
                hashed["s_hash"] = params["state"]
            members["id_token"] = self.tokens.id_token(checked.client, person, make("code"), scope, **hashed)
        members |= bearer
        if "state" in params:
            members["state"] = params["state"]
        return members if "id_token" in words else members | {"iss": self.state.domain}
