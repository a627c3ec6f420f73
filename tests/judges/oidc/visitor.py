"""Whoever asks both servers: one cookie jar, the way through the login pages, and a record of what was answered."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.judges.oidc.records import secret_of
from tests.judges.oidc.sides import Side
from tests.support.idp_browser import CALLBACK, Answer, Jar

PROVIDER = ("/oidc/", "/.well-known/")
"""Where the library answers; only that is compared."""
PUBLIC = ("public", "native", "{main}")
"""Clients that send their id only."""
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


class Visitor(Jar):
    """Does the same at either server. `seen` is what the provider has answered."""

    def __init__(self, side: Side) -> None:
        super().__init__(side.url)
        self.side = side
        self.seen: list[Answer] = []

    async def ask(self, method: str, path: str, **how: Any) -> Answer:
        """As `Jar.ask`; in a parameter or a field of the form `{domain}` stands for the server's address, and `{main}`
        for the id of its main client."""
        for where in ("params", "form"):
            if isinstance(how.get(where), Mapping):
                how[where] = {name: self.filled(value) for name, value in how[where].items()}
        answer = await super().ask(method, path, **how)
        if path.removeprefix(self.url).startswith(PROVIDER):
            self.seen.append(answer)
        return answer

    def filled(self, text: str) -> str:
        """A text with this server's address and main client in it."""
        return text.replace("{domain}", self.url).replace("{main}", self.side.main)

    async def authorize(self, client_id: str, **params: str) -> Answer:
        """An authorization request."""
        request = {"client_id": client_id, "response_type": "code", "scope": "openid", "redirect_uri": CALLBACK}
        return await self.ask("GET", "/oidc/auth", params=request | {"state": "S"} | params)

    async def log_in(self, begun: Answer, person: str = "4") -> Answer:
        """From the redirect to the login page to the provider's next answer."""
        form = {"identifier": person, "password": self.side.password(person), "prompt": "login"}
        page = begun.location
        done = await self.ask("POST", f"{page}/auth", params={"type": "CREDENTIALS"}, form=form)
        return await self.ask("GET", done.location)

    async def consent(self, answer: Answer) -> Answer:
        """On to the answer that leads back to the client, consenting if that is asked for."""
        if "/api/interaction/" not in answer.headers.get("Location", ""):
            return answer
        done = await self.ask("POST", f"{answer.location}/confirm")
        return await self.ask("GET", done.location)

    async def through(self, begun: Answer, person: str = "4") -> Answer:
        """Through all pages, to the answer that leads back to the client."""
        return await self.consent(await self.log_in(begun, person))

    async def code(self, client_id: str, person: str = "4", **params: str) -> str:
        """A code."""
        back = await self.through(await self.authorize(client_id, **params), person)
        parts = urlsplit(back.location)
        return parse_qs(parts.query or parts.fragment)["code"][0]

    async def exchange(self, client_id: str, code: str, **form: str) -> Answer:
        """A code for tokens, the secret in the body. An empty value is as good as absent."""
        grant = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK}
        return await self.ask("POST", "/oidc/token", form=grant | credentials(client_id) | form)

    async def tokens(self, client_id: str, person: str = "4", **params: str) -> dict[str, str]:
        """The tokens of a sign-in."""
        code = await self.code(client_id, person, **params)
        answer = await self.exchange(client_id, code, redirect_uri=params.get("redirect_uri", CALLBACK))
        tokens: dict[str, str] = answer.json
        return tokens

    async def refresh(self, client_id: str, token: str, **form: str) -> Answer:
        """A refresh token for new tokens."""
        grant = {"grant_type": "refresh_token", "refresh_token": token}
        return await self.ask("POST", "/oidc/token", form=grant | credentials(client_id) | form)

    async def introspect(self, client_id: str, token: str, **form: str) -> Answer:
        """What a client may know of a token."""
        return await self.ask(
            "POST", "/oidc/token/introspection", form={"token": token} | credentials(client_id) | form
        )

    async def revoke(self, client_id: str, token: str, **form: str) -> Answer:
        """Ends a token."""
        return await self.ask("POST", "/oidc/token/revocation", form={"token": token} | credentials(client_id) | form)

    async def me(self, token: str, **params: str) -> Answer:
        """The claims."""
        return await self.ask("GET", "/oidc/me", token=token, params=params)


def credentials(client_id: str) -> dict[str, str]:
    """Id and secret as fields of a form; a client without a secret sends its id only."""
    public = client_id in PUBLIC
    return {"client_id": client_id} if public else {"client_id": client_id, "client_secret": secret_of(client_id)}
